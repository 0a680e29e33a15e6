"""Laplace operators that are declared by their sides and coefficients."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import null_space

from phimath import batch, channel, precision, spatial, tensor, vec, wrap
from phimath.errors import BoundaryError, ShapeError
from phimath.sparse import StencilOperator
from phimath.testing.assertions import assert_close

SIDES = ("closed", "face", "node")
PAIRS = (("periodic", "periodic"), *((lower, upper) for lower in SIDES for upper in SIDES))
# Distance to the point where u is zero, in cells → what the diagonal has for that side.
OUTSIDE = {"closed": 0.0, "face": 2.0, "node": 1.0}


def second_difference(sides, faces):
    """−d/dx(a du/dx) as a matrix, from the values of a on n + 1 faces."""
    n = len(faces) - 1
    matrix = np.zeros((n, n))
    for face in range(1, n):
        matrix[[face - 1, face], [face - 1, face]] += faces[face]
        matrix[[face - 1, face], [face, face - 1]] -= faces[face]
    if sides[0] == "periodic":
        for i, j in ((0, n - 1), (n - 1, 0)):
            matrix[i, i] += faces[0]
            matrix[i, j] -= faces[0]
    else:
        matrix[0, 0] += OUTSIDE[sides[0]] * faces[0]
        matrix[-1, -1] += OUTSIDE[sides[1]] * faces[-1]
    return matrix


def matrix_of(operator):
    """The columns are what comes of unit vectors."""
    cells = operator.cells
    units = np.eye(cells.volume).reshape(cells.volume, *cells.int_sizes)
    columns = operator.apply(tensor(units, batch("column"), cells))
    rows = columns.numpy([*cells.names, "column"])
    return np.asarray(rows).reshape(cells.volume, cells.volume)


@pytest.mark.parametrize("size", [1, 2, 5])
@pytest.mark.parametrize("sides", PAIRS, ids="-".join)
def test_every_pair_of_sides_gives_the_matrix_of_finite_volumes(sides, size):
    with precision(64):
        operator = StencilOperator.of(spatial(x=size), {"x": sides}, 0.5)
        expected = second_difference(sides, np.full(size + 1, 4.0))
        assert_close(matrix_of(operator), expected, atol=1e-12)
        diagonal = np.diag(expected)
        assert_close(
            operator.diagonal.expanded(operator.cells).numpy("x"),
            np.where(diagonal > 0, diagonal, 1.0),
        )
        assert_close(float(operator.norm), np.abs(expected).sum(1).max())


def test_axes_have_their_own_sides_spacing_and_coefficient(backend):
    with precision(64):
        operator = StencilOperator.of(
            spatial(x=3, y=4),
            {"x": ("closed", "face"), "y": "periodic"},
            vec(x=0.5, y=2.0),
            coefficients={"x": 3.0, "y": 1.0},
            shift=0.25,
        )
        x = second_difference(("closed", "face"), np.full(4, 12.0))
        y = second_difference(("periodic", "periodic"), np.full(5, 0.25))
        expected = np.kron(x, np.eye(4)) + np.kron(np.eye(3), y) + 0.25 * np.eye(12)
        assert_close(matrix_of(operator), expected, atol=1e-12)
        assert_close(float(operator.norm), np.abs(expected).sum(1).max())
        assert not operator.is_singular


@pytest.mark.parametrize("sides", PAIRS, ids="-".join)
def test_coefficients_lie_on_faces(backend, sides):
    faces = np.random.default_rng(0).random(6) + 0.5
    if sides[0] == "periodic":
        faces[-1] = faces[0]
    with precision(64):
        operator = StencilOperator.of(
            spatial(x=5), {"x": sides}, coefficients={"x": tensor(faces, spatial("x"))}
        )
        expected = second_difference(sides, faces)
        assert_close(matrix_of(operator), expected, atol=1e-12)
        assert float(operator.norm) >= np.abs(expected).sum(1).max() * (1 - 1e-12)


def test_periodic_coefficients_may_leave_the_last_face_out():
    faces = np.array([1.0, 2.0, 3.0, 4.0])
    operator = StencilOperator.of(
        spatial(x=4), "periodic", coefficients={"x": wrap(faces, spatial("x"))}
    )
    expected = second_difference(("periodic", "periodic"), np.append(faces, 1.0))
    assert_close(matrix_of(operator), expected.astype(np.float32))


@pytest.mark.parametrize("sides", ["closed", "periodic", "face"])
def test_what_has_no_effect_is_projected_out(backend, sides):
    """A wall divides a box of 4 × 5 cells; one cell is left out."""
    open_x, open_y = np.ones((5, 5)), np.ones((4, 6))
    open_x[2] = 0
    mask = np.ones((4, 5))
    mask[0, 0] = 0
    cells = spatial(x=4, y=5)
    with precision(64):
        operator = StencilOperator.of(
            cells,
            {"x": "closed", "y": sides},
            coefficients={"x": tensor(open_x, spatial("x,y")), "y": tensor(open_y, spatial("x,y"))},
            mask=tensor(mask, spatial("x,y")),
        )
        matrix = matrix_of(operator)
        # Rows of cells without any open face are zero.
        null = null_space(matrix)
        b = np.random.default_rng(0).standard_normal((4, 5))
        expected = b.reshape(-1) - null @ (null.T @ b.reshape(-1))
        projected = operator.project(tensor(b, spatial("x,y")))
        assert_close(projected.numpy("x,y").reshape(-1), expected, atol=1e-12)
        assert operator.is_singular
    assert np.allclose(matrix, matrix.T)


def test_batch_entries_have_their_own_spacing_and_rooms(backend):
    faces = np.ones((2, 5))
    faces[1, 2] = 0
    with precision(64):
        operator = StencilOperator.of(
            spatial(x=4),
            "closed",
            wrap([1.0, 2.0], batch("b")),
            coefficients={"x": tensor(faces, batch("b"), spatial("x"))},
        )
        values = np.array([1.0, 2.0, 5.0, 8.0])
        projected = operator.project(tensor(values, spatial("x"))).numpy("b,x")
        applied = operator.apply(tensor(values, spatial("x"))).numpy("b,x")
    assert_close(projected[0], values - 4, atol=1e-12)
    assert_close(projected[1], np.array([-0.5, 0.5, -1.5, 1.5]), atol=1e-12)
    assert_close(applied[0], second_difference(("closed", "closed"), faces[0]) @ values)
    assert_close(applied[1], second_difference(("closed", "closed"), faces[1] / 4) @ values)


def test_components_are_independent_systems(backend):
    operator = StencilOperator.of(spatial(x=4), "face")
    values = np.random.default_rng(0).random((2, 4)).astype(np.float32)
    applied = operator.apply(tensor(values, channel(vector="a,b"), spatial("x")))
    expected = values @ second_difference(("face", "face"), np.ones(5))
    assert_close(applied.numpy("vector,x"), expected.astype(np.float32), rtol=1e-5, atol=1e-5)


def test_masked_cells_with_a_shift_are_left_out(backend):
    mask = tensor(np.array([1.0, 1.0, 0.0, 1.0]), spatial("x"))
    with precision(64):
        operator = StencilOperator.of(spatial(x=4), "closed", shift=2.0, mask=mask)
        faces = np.array([0.0, 1.0, 0.0, 0.0, 0.0])
        expected = second_difference(("closed", "closed"), faces) + 2 * np.eye(4)
        assert_close(matrix_of(operator), expected)
        assert_close(operator.project(wrap(np.ones(4), spatial("x"))).numpy("x"), mask.numpy("x"))


def test_the_average_of_an_operator_has_the_means_of_its_coefficients():
    faces = np.array([5.0, 1.0, 2.0, 3.0, 7.0])
    operator = StencilOperator.of(
        spatial(x=4),
        {"x": ("node", "face")},
        coefficients={"x": wrap(faces, spatial("x"))},
        shift=wrap([1.0, 2.0, 3.0, 6.0], spatial("x")),
    )
    expected = second_difference(("node", "face"), np.full(5, 2.0)) + 3 * np.eye(4)
    assert_close(matrix_of(operator.averaged()), expected.astype(np.float32))


def test_sides_and_coefficients_that_do_not_fit_are_errors():
    cells = spatial(x=4, y=3)
    with pytest.raises(BoundaryError, match="no side 'open', given along 'x'"):
        StencilOperator.of(cells, {"x": "open", "y": "closed"})
    with pytest.raises(BoundaryError, match="along x, but the cells extend along x, y"):
        StencilOperator.of(cells, {"x": "closed"})
    with pytest.raises(BoundaryError, match="one side is periodic and the other is not"):
        StencilOperator.of(cells, {"x": ("periodic", "face"), "y": "closed"})
    with pytest.raises(ShapeError, match="coefficients on 4 faces along 'x', but 4 cells have 5"):
        StencilOperator.of(
            cells, "closed", coefficients={"x": wrap(np.ones(4), spatial("x")), "y": 1.0}
        )
    with pytest.raises(ShapeError, match="no value for 'y', only for x"):
        StencilOperator.of(cells, "closed", {"x": 1.0})

"""Exact solutions on boxes against pseudo-inverses, and how large the residual of large ones is."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from phimath import batch, channel, jit_compile, precision, spatial, tensor, vec, wrap
from phimath.errors import Diverged
from phimath.solve import Solve, SolveTape, solve_linear
from phimath.solve.separable import NearlySeparable, Separable
from phimath.sparse import StencilOperator
from phimath.testing.assertions import assert_close

SIDES = ("closed", "face", "node")
PAIRS = (("periodic", "periodic"), *product(SIDES, SIDES))


def matrix_of(operator, cells):
    units = np.eye(cells.volume).reshape(cells.volume, *cells.int_sizes)
    columns = operator.apply(tensor(units, batch("column"), cells))
    rows = columns.numpy([*cells.names, "column"])
    return np.asarray(rows).reshape(cells.volume, cells.volume)


@pytest.mark.parametrize("size", [1, 2, 5, 6])
@pytest.mark.parametrize("sides", PAIRS, ids="-".join)
def test_it_is_the_pseudo_inverse_for_every_pair_of_sides(backend, sides, size):
    with precision(64):
        operator = StencilOperator.of(spatial(x=size), {"x": sides}, 0.5)
        inverse = matrix_of(Separable.of(operator), operator.cells)
        expected = np.linalg.pinv(matrix_of(operator, operator.cells))
    assert_close(inverse, expected, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("sides", PAIRS, ids="-".join)
def test_long_axes_are_solved_by_way_of_fourier_transforms(backend, sides):
    """Longer than what backends transform by a matrix product."""
    size = backend.longest_product + 2
    with precision(64):
        operator = StencilOperator.of(spatial(x=size), {"x": sides})
        b = operator.project(wrap(np.random.default_rng(0).standard_normal(size), spatial("x")))
        x = Separable.of(operator).apply(b + tensor(np.zeros(size), spatial("x")))
        assert_close(operator.apply(x).numpy("x"), b.numpy("x"), atol=1e-9)


@pytest.mark.parametrize("shift", [None, 0.5])
@pytest.mark.parametrize(
    "sides",
    [
        ("periodic", "periodic", "periodic"),
        ("periodic", ("closed", "face"), "periodic"),
        ("closed", "periodic", "closed"),
        ("node", ("face", "node"), "closed"),
    ],
    ids=str,
)
def test_axes_may_have_different_sides_sizes_and_spacings(backend, sides, shift):
    with precision(64):
        operator = StencilOperator.of(
            spatial(x=3, y=4, z=5),
            dict(zip("xyz", sides, strict=True)),
            vec(x=0.5, y=1.0, z=2.0),
            shift=shift,
        )
        inverse = matrix_of(Separable.of(operator), operator.cells)
        expected = np.linalg.pinv(matrix_of(operator, operator.cells))
    assert_close(inverse, expected, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("sides", ["closed", "periodic", "face"])
def test_batch_entries_may_have_their_own_spacing_and_shift(backend, sides):
    b = np.random.default_rng(0).standard_normal((2, 4, 3))
    b -= b.mean((1, 2), keepdims=True)
    dx, shift = wrap([0.5, 2.0], batch("b")), wrap([1.0, 0.1], batch("b"))
    with precision(64):
        for c in (None, shift):
            operator = StencilOperator.of(spatial(x=4, y=3), sides, dx, shift=c)
            x = Separable.of(operator).apply(tensor(b, batch("b"), spatial("x,y")))
            assert_close(operator.apply(x).numpy("b,x,y"), b, atol=1e-12)


def test_components_are_solved_for_independently(backend):
    operator = StencilOperator.of(spatial(x=4, y=3), "face")
    b = np.random.default_rng(0).random((4, 2, 3)).astype(np.float32)
    order = (spatial("x"), channel(vector="a,b"), spatial("y"))
    x = Separable.of(operator).apply(tensor(b, *order))
    assert_close(operator.apply(x).numpy("x,vector,y"), b, rtol=1e-5, atol=1e-5)


def test_right_hand_sides_may_be_complex_or_the_same_in_all_cells(backend):
    operator = StencilOperator.of(spatial(x=4, y=3), "face")
    inverse = Separable.of(operator)
    b = tensor(np.full((4, 3), 1 + 2j, np.complex64), spatial("x,y"))
    expected = inverse.apply(tensor(np.ones((4, 3), np.float32), spatial("x,y")))
    assert_close(
        inverse.apply(b).numpy("x,y"), expected.numpy("x,y") * np.complex64(1 + 2j), rtol=1e-5
    )
    assert_close(
        inverse.apply(tensor(np.float32(1))).numpy("x,y"), expected.numpy("x,y"), rtol=1e-5
    )


@pytest.mark.parametrize("sides", ["closed", "periodic", ("face", "closed")], ids=str)
def test_compiled_functions_may_compute_the_spacing(backend, sides):
    cells = spatial(x=4, y=3)

    @jit_compile
    def solved(b, dx):
        return Separable.of(StencilOperator.of(cells, dict.fromkeys("xy", sides), dx)).apply(b)

    b = np.random.default_rng(0).random((4, 3)).astype(np.float32)
    b -= b.mean()
    for dx in (0.5, 2.0):
        operator = StencilOperator.of(cells, dict.fromkeys("xy", sides), dx)
        x = solved(tensor(b, spatial("x,y")), tensor(np.float32(dx)))
        assert_close(operator.apply(x).numpy("x,y"), b, atol=1e-5)


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("is_smooth", [False, True], ids=["white", "smooth"])
@pytest.mark.parametrize(
    ("sizes", "sides"),
    [
        ((256, 256), ("closed", "closed")),
        ((256, 256), ("periodic", "face")),
        ((256, 256), ("node", ("closed", "face"))),
        ((64, 64, 64), ("closed", "periodic", ("face", "closed"))),
    ],
    ids=str,
)
def test_the_residual_is_that_of_rounding(backend, sizes, sides, is_smooth, bits):
    cells = spatial(**dict(zip("xyz", sizes, strict=False)))
    b = np.random.default_rng(0).standard_normal(sizes)
    b = (gaussian_filter(b, sizes[0] / 10) * 10 if is_smooth else b).astype(f"float{bits}")
    with precision(bits):
        operator = StencilOperator.of(
            cells, dict(zip(cells.names, sides, strict=True)), 1 / sizes[0]
        )
        known = operator.project(tensor(b, cells))
        x = Separable.of(operator).apply(known).numpy(cells)
        known = known.numpy(cells)
    # The matrix in extended precision, from the definition of the sides.
    r, norm = known.astype(np.longdouble), 0.0
    for axis, pair in enumerate(operator.sides):
        outside = "wrap" if pair[0] == "periodic" else "constant"
        widths = [(1, 1) if i == axis else (0, 0) for i in range(len(sizes))]
        factors = np.ones(sizes[axis] + 1)
        for i, side in zip((0, -1), pair, strict=True):
            factors[i] = {"closed": 0, "face": 2}.get(side, 1)
        factors = factors.reshape([-1 if i == axis else 1 for i in range(len(sizes))])
        slope = np.diff(np.pad(x.astype(np.longdouble), widths, outside), axis=axis)
        r += np.diff(factors * slope, axis=axis) * sizes[0] ** 2
        norm += 4 * sizes[0] ** 2

    def length(a):
        return float(np.sqrt((a.astype(np.longdouble) ** 2).sum()))

    assert length(r) <= 2 * np.finfo(b.dtype).eps * (norm * length(x) + length(known))


def test_operators_that_are_not_separable_are_left_to_other_methods():
    cells = spatial(x=4)
    varying = wrap([1.0, 2.0, 3.0, 4.0], spatial("x"))
    faces = {"x": wrap(np.arange(5) + 1.0, spatial("x"))}
    assert Separable.of(StencilOperator.of(cells, "face", coefficients=faces)) is None
    assert Separable.of(StencilOperator.of(cells, "face", shift=varying)) is None
    assert Separable.of(StencilOperator.of(cells, "face", mask=varying > 1)) is None


def eigenvalues_without_null_space(operator, preconditioner):
    matrix = matrix_of(operator, operator.cells)
    inverse = matrix_of(preconditioner, operator.cells)
    assert_close(inverse, inverse.T, atol=1e-12)
    found = np.sort(np.linalg.eigvals(inverse @ matrix).real)
    return found[found > 1e-9]


@pytest.mark.parametrize("size", [16, 64])
def test_smooth_coefficients_are_scaled_away(size):
    """However fine the grid, and though they vary by a factor of 100."""
    faces = 10 ** np.sin(np.pi * np.arange(size + 1) / size)
    cells = spatial(x=size)
    with precision(64):
        operator = StencilOperator.of(cells, "face", coefficients={"x": wrap(faces, spatial("x"))})
        found = eigenvalues_without_null_space(operator, NearlySeparable.of(operator))
    assert found.max() / found.min() < 5


def test_a_mask_leaves_few_eigenvalues_to_a_preconditioner():
    """Only cells beside those that are left out see a difference."""
    mask = np.ones((8, 8))
    mask[3:5, 3:5] = 0
    cells = spatial(x=8, y=8)
    with precision(64):
        operator = StencilOperator.of(cells, "closed", mask=wrap(mask, cells))
        found = eigenvalues_without_null_space(operator, NearlySeparable.of(operator))
    assert len(found) == 64 - 4 - 1
    assert (abs(found - 1) < 1e-9).sum() >= 59 - 16


# --- through the public call ---


def closed_box(size=8, **kwargs):
    return StencilOperator.of(spatial(x=size, y=size), "closed", 0.5, **kwargs)


@pytest.mark.parametrize("size", [1e-30, 1.0, 1e30])
@pytest.mark.parametrize("run", [lambda f: f, jit_compile], ids=["eager", "compiled"])
def test_numbers_of_any_size_are_solved_for_and_reported(backend, run, size):
    operator = closed_box()
    b = np.random.default_rng(0).standard_normal((8, 8)).astype(np.float32)
    mean = b.mean()
    solved = run(lambda b: solve_linear(operator, b, Solve()))
    with SolveTape() as tape:
        x = solved(tensor(b * np.float32(size), spatial("x,y"))) / size
    assert_close(operator.apply(x).numpy("x,y"), b - mean, atol=1e-4)
    assert tape[0].method == "separable"
    assert tape[0].iterations == 1
    assert_close(float(tape[0].removed) / size, abs(mean) * 8, rtol=1e-3)


@pytest.mark.parametrize("run", [lambda f: f, jit_compile], ids=["eager", "compiled"])
def test_a_right_hand_side_with_nan_is_told(backend, run):
    operator = closed_box()
    b = np.full((8, 8), np.nan, np.float32)
    with pytest.raises(Diverged, match="right-hand side"):
        run(lambda b: solve_linear(operator, b, Solve()))(tensor(b, spatial("x,y")))


@pytest.mark.parametrize(
    ("asked", "used"), [(None, "multigrid"), ("separable", "separable")], ids=["auto", "by the box"]
)
def test_masked_operators_are_preconditioned(asked, used):
    mask = np.ones((32, 32), np.float32)
    mask[10:20, 12:18] = 0
    operator = closed_box(32, mask=wrap(mask, spatial("x,y")))
    b = operator.project(wrap(np.random.default_rng(0).standard_normal((32, 32)), spatial("x,y")))
    with SolveTape() as tape, precision(64):
        solve_linear(operator, b, Solve(rel_tol=1e-8, preconditioner=asked))
    assert (tape[0].method, tape[0].preconditioner) == ("CG", used)
    assert tape[0].iterations < 20

"""Balances of fluxes against matrices by SciPy, and multigrid as their preconditioner."""

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.sparse.linalg import spsolve

from phimath.context import using
from phimath.dimension import batch, spatial
from phimath.dtype import precision
from phimath.errors import NotSupported
from phimath.solve import Solve, SolveTape, solve_linear
from phimath.solve.multigrid import Multigrid, SingleMultigrid
from phimath.solve.multigrid.balance import FluxBalance
from phimath.sparse import StencilOperator
from phimath.tensor import Tensor
from phimath.testing.assertions import assert_close
from phimath.transform import jit_compile
from phimath.tree import flatten
from phimath.wrap import wrap
from tests.phimath.flux_problems import (
    COEFFICIENTS,
    PERIODIC,
    SIDES,
    balance_of,
    cut_disc,
    disc,
    face_weights,
    iterations,
    matrix,
    noise,
    random_weights,
    rng,
)

# Where operations without compiler take no second each, the first time.
quickly = pytest.mark.only_on("numpy", "strict", "torch")


def inverse_matrix(backend, preconditioner, shape):
    """Matrix of the preconditioner, from all unit vectors at once."""
    cells = int(np.prod(shape))
    units = np.eye(cells).reshape(cells, *shape)
    dims = [batch("unit"), *(spatial(axis) for axis in preconditioner.axes)]
    columns = preconditioner.apply(wrap(backend.from_numpy(units), *dims))
    return columns.numpy(("unit", *preconditioner.axes)).reshape(cells, cells).T


# More cells than are solved for at once.
CASES = [
    ((90,), ["mixed"]),
    ((128,), ["periodic"]),
    ((97,), ["periodic"]),
    ((12, 10), ["closed", "closed"]),
    ((11, 13), ["open", "closed"]),
    ((10, 15), ["periodic", "mixed"]),
    ((13, 9), ["periodic", "periodic"]),
    ((1, 80), ["open", "closed"]),
    ((1, 75), ["periodic", "periodic"]),
    ((5, 6, 7), ["closed", "periodic", "open"]),
]
cases = pytest.mark.parametrize(("shape", "kinds"), CASES)


@cases
@quickly
def test_balance_of_fluxes_is_that_of_the_matrix(backend, shape, kinds):
    sides = [SIDES[kind] for kind in kinds]
    weights, x, shift = random_weights(shape, sides), rng().normal(size=shape), rng().random(shape)
    a = matrix(weights, sides, shift)
    with precision(64):
        balance = balance_of(backend, weights, sides, shift)
        result = balance.apply(wrap(backend.from_numpy(x), spatial(",".join(balance.axes))))
        diagonal = balance.diagonal()
    names = balance.axes
    assert_close(result.numpy(names).ravel(), a @ x.ravel(), rtol=1e-12, atol=1e-11)
    assert_close(diagonal.numpy(names).ravel(), a.diagonal(), rtol=1e-12, atol=1e-12)


@cases
@quickly
def test_preconditioner_is_symmetric_and_inverts_up_to_a_factor(backend, shape, kinds):
    """Eigenvalues of M A, but those of the null space, lie around 1, and none is negative."""
    sides = [SIDES[kind] for kind in kinds]
    weights = random_weights(shape, sides, jump=1.0)
    with precision(64):
        preconditioner = Multigrid.of_balance(balance_of(backend, weights, sides))
        inverse = inverse_matrix(backend, preconditioner, shape)
    scale = np.abs(inverse).max()
    assert_close(inverse, inverse.T, rtol=0, atol=1e-12 * scale)
    root = np.linalg.cholesky(inverse + 1e-14 * scale * np.eye(len(inverse)))
    found = np.linalg.eigvalsh(root.T @ matrix(weights, sides).toarray() @ root)
    singular = all(pair in {SIDES["closed"], PERIODIC} for pair in sides)
    nonzero = found[1:] if singular else found
    assert nonzero[0] > 0.1
    assert nonzero[-1] < 4


@pytest.mark.parametrize("coefficients", COEFFICIENTS)
@pytest.mark.parametrize("kinds", [("closed", "closed"), ("mixed", "periodic")])
@pytest.mark.only_on("numpy")
def test_iterations_hardly_grow_with_resolution(backend, coefficients, kinds):
    sides = [SIDES[kind] for kind in kinds]
    with precision(64):
        coarse, fine = (
            iterations(backend, COEFFICIENTS[coefficients]((n, n), sides), sides) for n in (48, 192)
        )
    assert fine <= 22
    assert fine < 1.5 * coarse


@pytest.mark.parametrize("coefficients", ["disc", "log-normal", "bubble"])
@pytest.mark.only_on("numpy")
def test_iterations_in_three_dimensions(backend, coefficients):
    sides = [SIDES["closed"]] * 3
    with precision(64):
        coarse, fine = (
            iterations(backend, COEFFICIENTS[coefficients]((n,) * 3, sides), sides)
            for n in (12, 30)
        )
    assert fine <= 17
    assert fine < 1.5 * coarse


@pytest.mark.parametrize("aspect", [4.0, 100.0])
@pytest.mark.parametrize("shape", [(40, 40), (63, 20)])
@quickly
def test_cells_may_have_any_aspect_ratio(backend, aspect, shape):
    sides = [SIDES["closed"], SIDES["open"]]
    first, second = face_weights(np.ones(shape), sides)
    with precision(64):
        assert iterations(backend, [first * aspect**2, second], sides) <= 12


@quickly
def test_single_precision_suffices(backend):
    sides = [SIDES["closed"]] * 2
    weights = [w * 512**2 for w in cut_disc((64, 64), sides)]
    assert iterations(backend, weights, sides, 1e-5) <= 9


@quickly
def test_cells_without_open_face_get_zero(backend):
    solid = disc((20, 14))
    mask = wrap(backend.from_numpy(1.0 - solid), spatial("x,y"))
    with precision(64):
        operator = StencilOperator.of(mask.shape, "closed", mask=mask)
        inverse = inverse_matrix(backend, Multigrid.of(operator), (20, 14))
    assert_close(inverse, inverse.T, rtol=0, atol=1e-12 * np.abs(inverse).max())
    assert np.all(inverse[solid.ravel()] == 0)
    assert np.all(inverse[:, solid.ravel()] == 0)


@pytest.mark.parametrize("wall", [16, 17])
@quickly
def test_values_do_not_leak_through_closed_faces(backend, wall):
    """A wall between two rooms, on a face between pairs of cells or inside of a pair."""
    sides = [SIDES["closed"]] * 2
    weights = random_weights((32, 24), sides)
    weights[0][wall] = 0
    b = rng().normal(size=(32, 24))
    b[wall:] = 0
    b[:wall] -= b[:wall].mean()
    with precision(64):
        preconditioner = Multigrid.of_balance(balance_of(backend, weights, sides))
        x = preconditioner.apply(wrap(backend.from_numpy(b), spatial("x,y"))).numpy("x,y")
    assert np.abs(x[wall:]).max() <= 1e-12 * np.abs(x).max()


@quickly
def test_systems_of_a_batch_are_independent(backend):
    sides = [SIDES["closed"], SIDES["open"]]
    weights = [face_weights(10 ** rng().uniform(-i, i, (19, 16)), sides) for i in range(3)]
    b = rng().normal(size=(3, 19, 16))
    dims = [batch("b"), spatial("x"), spatial("y")]
    with precision(64):
        together = FluxBalance(
            ("x", "y"),
            (False, False),
            tuple(wrap(backend.from_numpy(np.stack(w)), *dims) for w in zip(*weights, strict=True)),
        )
        x = Multigrid.of_balance(together).apply(wrap(backend.from_numpy(b), *dims)).numpy("b,x,y")
        for i in range(3):
            alone = Multigrid.of_balance(balance_of(backend, weights[i], sides))
            expected = alone.apply(wrap(backend.from_numpy(b[i]), spatial("x,y"))).numpy("x,y")
            assert_close(x[i], expected, rtol=1e-10, atol=1e-12)


@quickly
def test_weights_may_lack_dimensions_in_which_they_do_not_vary(backend):
    walls = np.array([0.0, *[1.0] * 22, 2.0]), np.array([2.0, *[1.0] * 15, 2.0])
    full = [np.repeat(walls[0][:, None], 16, 1), np.repeat(walls[1][None], 23, 0)]
    b = wrap(backend.from_numpy(rng().normal(size=(23, 16))), spatial("x,y"))
    with precision(64):
        lazy = FluxBalance(
            ("x", "y"),
            (False, False),
            tuple(
                wrap(backend.from_numpy(w), spatial(n)) for w, n in zip(walls, "xy", strict=True)
            ),
        )
        reference = Multigrid.of_balance(balance_of(backend, full, [(0.0, 2.0), (2.0, 2.0)]))
        expected = reference.apply(b)
        preconditioner = Multigrid.of_balance(lazy)
        assert_close(preconditioner.apply(b).numpy("x,y"), expected.numpy("x,y"), atol=1e-12)
    assert "y" not in preconditioner.levels[1].balance.weights[0].shape


@pytest.mark.parametrize("bits", [32, 64])
def test_compiled_preconditioner_is_the_eager_one(backend, bits):
    """With weights that are traced values."""
    sides = [SIDES["mixed"], PERIODIC]
    weights = face_weights(np.ones((20, 15)), sides, disc((20, 15)))
    b = wrap(backend.from_numpy(rng().normal(size=(20, 15))), spatial("x,y"))

    def approximate_solution(balance, b):
        return Multigrid.of_balance(balance).apply(b)

    with precision(bits), using(backend):
        balance = balance_of(backend, weights, sides)
        eager = approximate_solution(balance, b)
        compiled = jit_compile(approximate_solution)(balance, b)
        assert compiled.dtype.precision == bits
    tolerance = {32: 1e-4, 64: 1e-11}[bits]
    assert_close(compiled.numpy("x,y"), eager.numpy("x,y"), rtol=0, atol=tolerance)


def test_norm_is_refused(backend):
    sides = [SIDES["open"]]
    with pytest.raises(NotSupported, match="Multigrid does not know its norm"):
        _ = Multigrid.of_balance(balance_of(backend, face_weights(np.ones(4), sides), sides)).norm


@quickly
def test_solves_are_preconditioned_by_name(backend):
    """An obstacle next to an open side: the solution is that of SciPy."""
    solid, b = disc((16, 12)), rng().normal(size=(16, 12))
    dims = spatial("x,y")
    mask = wrap(backend.from_numpy(1.0 - solid), dims)
    settings = Solve("CG", rel_tol=1e-10, preconditioner="multigrid")
    sides = [SIDES["closed"], SIDES["open"]]
    with precision(64):
        operator = StencilOperator.of(mask.shape, {"x": "closed", "y": "face"}, mask=mask)
        x = solve_linear(operator, wrap(backend.from_numpy(b * ~solid), dims), settings)
    a = matrix(face_weights(np.ones((16, 12)), sides, solid), sides) + sp.diags_array(
        solid.ravel().astype(float)
    )
    expected = spsolve(sp.csc_array(a), (b * ~solid).ravel()).reshape(16, 12)
    assert_close(x.numpy("x,y"), expected, rtol=0, atol=1e-7)


@quickly
def test_the_cycle_of_systems_in_64_bit_takes_32_and_no_more_iterations(backend):
    cells, conductivity = spatial(x=24, y=20), 1 + 1e4 * disc((24, 20))
    with using(backend), precision(64):
        faces = {
            axis: wrap(backend.from_numpy(w), spatial(x=24 + (axis == "x"), y=20 + (axis == "y")))
            for axis, w in zip("xy", face_weights(conductivity, [SIDES["closed"]] * 2), strict=True)
        }
        operator = StencilOperator.of(cells, "closed", 1e-3, coefficients=faces)
        single, double = SingleMultigrid.of(operator), Multigrid.of(operator)
        assert {t.dtype.name for t in flatten(single.cycle.levels, Tensor)[0]} == {"float32"}
        b = wrap(backend.from_numpy(1e-20 * noise((24, 20))), cells)
        x = single.apply(b)
        assert x.dtype.name == "float64"
        counts = []
        for preconditioner in (single, double):
            with SolveTape() as tape:
                solve_linear(operator, b, Solve("CG", 1e-10, preconditioner=preconditioner))
            counts.append(tape[0].iterations)
    assert counts[0] <= counts[1] + 1

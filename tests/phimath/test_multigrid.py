"""Balances of fluxes against matrices by SciPy, and multigrid as their preconditioner."""

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.ndimage import gaussian_filter
from scipy.sparse.csgraph import connected_components
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

# Where operations without compiler take no second each, the first time.
quickly = pytest.mark.only_on("numpy", "strict", "torch")

DIRICHLET, NEUMANN, PERIODIC = 2.0, 0.0, None
SIDES = {
    "closed": (NEUMANN, NEUMANN),
    "open": (DIRICHLET, DIRICHLET),
    "mixed": (NEUMANN, DIRICHLET),
    "periodic": PERIODIC,
}


def along(array, axis, *part):
    return array[(slice(None),) * axis + (slice(*part),)]


def face_weights(k, sides, solid=None):
    """Harmonic means of a coefficient per cell on all faces, closed around solid cells."""
    weights = []
    for axis, pair in enumerate(sides):
        padded = np.concatenate([along(k, axis, -1, None), k, along(k, axis, 0, 1)], axis)
        lower, upper = along(padded, axis, None, -1), along(padded, axis, 1, None)
        w = 2 / (1 / lower + 1 / upper)
        if pair is not PERIODIC:
            along(w, axis, 0, 1)[:] = pair[0] * along(k, axis, 0, 1)
            along(w, axis, -1, None)[:] = pair[1] * along(k, axis, -1, None)
        if solid is not None:
            filled = np.concatenate(
                [along(solid, axis, -1, None), solid, along(solid, axis, 0, 1)], axis
            )
            if pair is not PERIODIC:
                along(filled, axis, 0, 1)[:] = along(solid, axis, 0, 1)
                along(filled, axis, -1, None)[:] = along(solid, axis, -1, None)
            w = np.where(along(filled, axis, None, -1) | along(filled, axis, 1, None), 0, w)
        weights.append(w)
    return weights


def matrix(weights, sides, shift=None):
    """The same balance, assembled face by face."""
    shape = tuple(n - (i == 0) for i, n in enumerate(weights[0].shape))
    index = np.arange(np.prod(shape)).reshape(shape)
    total = sp.diags_array(np.zeros(index.size) if shift is None else shift.ravel())
    for axis, (w, pair) in enumerate(zip(weights, sides, strict=True)):
        lower = np.concatenate([along(index, axis, -1, None), index], axis).ravel()
        upper = np.concatenate([index, along(index, axis, 0, 1)], axis).ravel()
        rows = np.arange(lower.size)
        below = sp.csr_array((np.ones(lower.size), (rows, lower)), (lower.size, index.size))
        above = sp.csr_array((np.ones(lower.size), (rows, upper)), (lower.size, index.size))
        keep = np.ones(w.shape)
        first, last = np.zeros(w.shape), np.zeros(w.shape)
        along(first, axis, 0, 1)[:] = 1
        along(last, axis, -1, None)[:] = 1
        if pair is PERIODIC:
            keep -= last  # the first face again
            difference = above - below
        else:
            inside = lambda mask: sp.diags_array(1 - mask.ravel())  # noqa: E731
            difference = inside(last) @ above - inside(first) @ below
        total = total + difference.T @ sp.diags_array((w * keep).ravel()) @ difference
    return sp.csr_array(total)


def balance_of(backend, weights, sides, shift=None):
    names = "xyz"[: len(weights)]
    axes = spatial(",".join(names))

    def tensor(values):
        return wrap(backend.from_numpy(np.asarray(values)), axes)

    return FluxBalance(
        tuple(names),
        tuple(pair is PERIODIC for pair in sides),
        tuple(tensor(w) for w in weights),
        None if shift is None else tensor(shift),
    )


def rng():
    return np.random.default_rng(0)


def random_weights(shape, sides, jump=2.0):
    return face_weights(10 ** rng().uniform(-jump, jump, shape), sides)


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


def conjugate_gradient(apply, b, precondition, project, tolerance):
    """Number of iterations that reach the tolerance."""
    r, z = b, project(precondition(b))
    p, rho = z, np.sum(b * z)
    for iteration in range(1, 100):
        q = apply(p)
        r = r - rho / np.sum(p * q) * q
        if np.linalg.norm(r) <= tolerance * np.linalg.norm(b):
            return iteration
        z = project(precondition(r))
        previous, rho = rho, np.sum(r * z)
        p = z + rho / previous * p
    return 100


def projection(weights, sides):
    """Without the mean over each part that is cut off and has no open side."""
    a = matrix(weights, sides)
    a.eliminate_zeros()
    _, label = connected_components(a, directed=False)
    outflow = np.bincount(label, np.abs(a.sum(1)))
    closed = outflow <= 1e-10 * np.bincount(label, np.abs(a).sum(1)) + 1e-300
    count = np.bincount(label)

    def project(x):
        means = np.bincount(label, x.ravel()) / count
        return x - np.where(closed, means, 0)[label].reshape(x.shape)

    return project


def iterations(backend, weights, sides, tolerance=1e-8):
    balance = balance_of(backend, weights, sides)
    preconditioner = Multigrid.of_balance(balance)
    dims = spatial(",".join(balance.axes))
    project = projection(weights, sides)

    def as_numpy(function):
        return lambda x: function(wrap(backend.from_numpy(x), dims)).numpy(balance.axes)

    shape = tuple(n - (i == 0) for i, n in enumerate(weights[0].shape))
    return conjugate_gradient(
        as_numpy(balance.apply),
        project(rng().normal(size=shape)).astype(as_numpy(balance.apply)(np.ones(shape)).dtype),
        as_numpy(preconditioner.apply),
        project,
        tolerance,
    )


def centers(shape):
    return np.stack(np.meshgrid(*((np.arange(n) + 0.5) / n for n in shape), indexing="ij"))


def disc(shape):
    return np.sum((centers(shape) - 0.47) ** 2, 0) < 0.04


def cut_disc(shape, sides):
    """Weights with the open fractions of faces next to a disc, by sampling."""
    sharp = 16
    weights = face_weights(np.ones(shape), sides)
    for axis, w in enumerate(weights):
        points = np.meshgrid(
            *(
                np.arange(n + 1) / n if i == axis else (np.arange(n * sharp) + 0.5) / (n * sharp)
                for i, n in enumerate(shape)
            ),
            indexing="ij",
        )
        outside = np.sum((np.stack(points) - 0.47) ** 2, 0) >= 0.04
        for i, n in enumerate(shape):
            if i != axis:
                split = (*outside.shape[:i], n, sharp, *outside.shape[i + 1 :])
                outside = outside.reshape(split).mean(i + 1)
        w *= outside
    return weights


def log_normal(shape):
    """Varies smoothly by 10⁴."""
    noise = gaussian_filter(rng().normal(size=shape), [n / 16 for n in shape], mode="wrap")
    return 10 ** (4 * (noise - noise.min()) / np.ptp(noise) - 2)


def blocks(shape, count):
    """Neighbouring blocks differ by 10⁴."""
    parity = np.sum((centers(shape) * count).astype(int), 0) % 2
    return 10.0 ** (4 * parity - 2)


COEFFICIENTS = {
    "disc": lambda shape, sides: cut_disc(shape, sides),
    "stairs": lambda shape, sides: face_weights(np.ones(shape), sides, disc(shape)),
    "log-normal": lambda shape, sides: face_weights(log_normal(shape), sides),
    "blocks": lambda shape, sides: face_weights(blocks(shape, 8), sides),
    "unaligned blocks": lambda shape, sides: face_weights(blocks(shape, 7), sides),
    "bubble": lambda shape, sides: face_weights(1 + 1e4 * disc(shape), sides),
}


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


def noise(shape):
    values = np.random.default_rng(2).standard_normal(shape)
    return values - values.mean()

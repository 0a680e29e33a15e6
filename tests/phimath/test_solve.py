"""Linear solves against SciPy's direct ones, their failures and their derivatives."""

from dataclasses import dataclass

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.sparse.linalg import spsolve

from phimath.boundary import pad
from phimath.create import zeros_like
from phimath.dimension import batch, spatial
from phimath.dtype import precision
from phimath.elementwise import abs as magnitude
from phimath.errors import Diverged, NotConverged, NotSupported, ValueRangeError
from phimath.reduce import max as max_of
from phimath.reduce import mean
from phimath.reduce import sum as sum_of
from phimath.solve import Solve, solve_linear
from phimath.solve.engine import solve_plain
from phimath.sparse import SymmetricOperator
from phimath.tensor import Tensor
from phimath.testing.assertions import assert_close
from phimath.transform import gradient
from phimath.wrap import wrap
from tests.support import of

differentiates = pytest.mark.needs("value_and_gradient")
STEP = 1e-5


@dataclass(frozen=True, eq=False)
class Conduction(SymmetricOperator):
    """−∇·(k ∇x) with unit spacing; k on n + 1 faces per axis, zero outside (Dirichlet).

    Faces with k = 0 at all sides make it singular (Neumann).
    """

    conductivity: dict[str, Tensor]
    closed: bool = False

    @property
    def is_singular(self):
        return self.closed

    def apply(self, x):
        total = zeros_like(x)
        for axis, k in self.conductivity.items():
            padded = pad(x, {axis: (1, 1)}, 0.0)
            flux = k * (padded.get({axis: slice(1, None)}) - padded.get({axis: slice(None, -1)}))
            total += flux.get({axis: slice(None, -1)}) - flux.get({axis: slice(1, None)})
        return total

    @property
    def diagonal(self):
        total = wrap(0.0)
        for axis, k in self.conductivity.items():
            total += k.get({axis: slice(1, None)}) + k.get({axis: slice(None, -1)})
        return total

    @property
    def norm(self):
        return 2.0 * max_of(magnitude(self.diagonal), self.diagonal.shape.non_batch)

    def project(self, x):
        return x - mean(x) if self.is_singular else x


def faces(n, closed):
    values = np.ones(n + 1)
    values[[0, -1]] = 0.0 if closed else 1.0
    return values


def conduction(backend, *faces_per_axis):
    """Operator whose conductivity per axis doesn't vary along the others."""
    names = "xyz"[: len(faces_per_axis)]
    conductivity = {
        name: of(backend, values, spatial(name))
        for name, values in zip(names, faces_per_axis, strict=True)
    }
    closed = all(values[0] == values[-1] == 0 for values in faces_per_axis)
    return Conduction(conductivity, closed)


def matrix(*faces_per_axis):
    """The same operator by sums of Kronecker products of tridiagonal matrices."""
    sizes = [len(values) - 1 for values in faces_per_axis]
    total = sp.csr_matrix((np.prod(sizes),) * 2)
    for axis, k in enumerate(faces_per_axis):
        line = sp.diags_array([-k[1:-1], k[1:] + k[:-1], -k[1:-1]], offsets=[-1, 0, 1])
        before, after = np.prod(sizes[:axis], dtype=int), np.prod(sizes[axis + 1 :], dtype=int)
        total = total + sp.kron(sp.kron(sp.eye_array(before), line), sp.eye_array(after))
    return total.tocsc()


def random(*sizes):
    return np.random.default_rng(0).standard_normal(sizes)


def test_dirichlet_problem_has_the_solution_of_a_direct_solver(backend):
    walls = faces(8, closed=False), faces(6, closed=False)
    b = random(8, 6)
    with precision(64):
        x = solve_linear(conduction(backend, *walls), of(backend, b, spatial("x,y")), Solve())
    expected = spsolve(matrix(*walls), b.ravel()).reshape(8, 6)
    assert_close(x.numpy("x,y"), expected, rtol=0, atol=1e-11)


def test_coefficients_may_jump_by_orders_of_magnitude(backend):
    k = np.exp(4 * random(21))
    b = random(20)
    with precision(64):
        x = solve_linear(conduction(backend, k), of(backend, b, spatial("x")), Solve())
    expected = spsolve(matrix(k), b)
    assert_close(x.numpy(), expected, rtol=0, atol=1e-8 * np.abs(expected).max())


@pytest.mark.parametrize("offset", [0.0, 1.0])
def test_singular_system_has_the_solution_without_null_space(backend, offset):
    """Rows 33: an inconsistent right-hand side is projected."""
    walls = faces(8, closed=True), faces(5, closed=True)
    b = random(8, 5)
    b -= b.mean()
    with precision(64):
        operator = conduction(backend, *walls)
        x = solve_linear(operator, of(backend, b + offset, spatial("x,y")), Solve())
    expected = np.linalg.lstsq(matrix(*walls).toarray(), b.ravel())[0].reshape(8, 5)
    assert abs(x.numpy("x,y").mean()) < 1e-15
    assert_close(x.numpy("x,y"), expected, rtol=0, atol=1e-10)


def test_single_precision_reaches_its_default_tolerance(backend):
    walls = faces(32, closed=True), faces(32, closed=True)
    b = random(32, 32)
    b -= b.mean()
    x = solve_linear(conduction(backend, *walls), of(backend, b, spatial("x,y")), Solve())
    assert x.dtype.precision == 32
    residual = b.ravel() - matrix(*walls) @ x.numpy("x,y").ravel().astype(float)
    assert np.linalg.norm(residual) <= 1.1e-5 * np.linalg.norm(b)


def test_one_dimension_takes_no_more_iterations_than_cells(backend):
    with precision(64):
        operator = conduction(backend, faces(8, closed=False))
        info = solve_plain(operator, of(backend, random(8), spatial("x")), Solve()).info
    assert info.iterations <= 9  # one more after the residual is computed anew
    assert info.converged.item()
    assert "converged after" in repr(info)


@pytest.mark.parametrize("magnitude", [1e-30, 1e-12, 1e30])
def test_numbers_of_any_size_are_solved_for(backend, magnitude):
    b = random(8)
    operator = conduction(backend, faces(8, closed=False))
    x = solve_linear(operator, of(backend, b * magnitude, spatial("x")), Solve())
    expected = spsolve(matrix(faces(8, closed=False)), b)
    assert_close(x.numpy() / magnitude, expected, rtol=0, atol=1e-4)


def test_zero_has_solution_zero_without_iterations(backend):
    operator = conduction(backend, faces(8, closed=True))
    info = solve_plain(operator, of(backend, np.zeros(8), spatial("x")), Solve()).info
    assert info.iterations == 0
    assert_close(info.x.numpy(), np.zeros(8))


def test_entries_of_a_batch_converge_each_to_their_tolerance(backend):
    k = np.stack([np.ones(21), np.exp(2 * random(21)), np.ones(21)])
    b = np.stack([random(20), 1e6 * random(20), np.zeros(20)])
    operator = Conduction({"x": of(backend, k, batch("b"), spatial("x"))})
    with precision(64):
        info = solve_plain(operator, of(backend, b, batch("b"), spatial("x")), Solve()).info
    assert info.residual.shape is batch(b=3)
    for i in range(3):
        expected = spsolve(matrix(k[i]), b[i])
        atol = 1e-8 * np.abs(expected).max()
        assert_close(info.x.b[i].numpy(), expected, rtol=0, atol=atol)


def test_batch_may_be_in_the_operator_alone(backend):
    k = np.stack([np.ones(9), 2 * np.ones(9)])
    operator = Conduction({"x": of(backend, k, batch("b"), spatial("x"))})
    b = random(8)
    with precision(64):
        x = solve_linear(operator, of(backend, b, spatial("x")), Solve())
    expected = spsolve(matrix(k[0]), b)
    assert_close(x.numpy("b,x"), np.stack([expected, expected / 2]), rtol=0, atol=1e-10)


def test_guess_saves_iterations(backend):
    operator = conduction(backend, faces(16, closed=False), faces(16, closed=False))
    b = of(backend, random(16, 16), spatial("x,y"))
    cold = solve_plain(operator, b, Solve()).info
    near = solve_plain(operator, b * 1.001, Solve(x0=cold.x)).info
    assert near.iterations < 0.7 * cold.iterations
    assert solve_plain(operator, b, Solve(x0=cold.x)).info.iterations == 0


def test_absolute_tolerance_ends_earlier(backend):
    operator = conduction(backend, faces(32, closed=False))
    b = of(backend, random(32), spatial("x"))
    loose = solve_plain(operator, b, Solve(abs_tol=1.0)).info
    assert loose.decided_by == "abs_tol"
    assert loose.iterations < solve_plain(operator, b, Solve()).info.iterations
    assert float(loose.residual) <= 1.0


def test_tolerance_below_rounding_is_decided_by_rounding(backend):
    operator = conduction(backend, faces(16, closed=False))
    info = solve_plain(operator, of(backend, random(16), spatial("x")), Solve(rel_tol=0.0)).info
    assert info.decided_by == "rounding"
    assert info.converged.item()


def test_too_few_iterations_raise_with_the_partial_result(backend):
    """Row 39."""
    operator = conduction(backend, faces(8, closed=False))
    b = of(backend, random(2, 8), batch("b"), spatial("x"))
    with pytest.raises(NotConverged, match=r"in 1 iterations for 2 of 2 systems") as caught:
        solve_linear(operator, b, Solve(max_iterations=1))
    partial = solve_linear(operator, b, Solve(max_iterations=1, suppress=[NotConverged]))
    assert_close(partial.numpy("b,x"), caught.value.result.x.numpy("b,x"))
    assert not caught.value.result.converged.numpy().any()
    assert "not converged after 1 iterations" in repr(caught.value.result)


def test_nan_diverges_and_says_where_to_look(backend):
    operator = conduction(backend, faces(4, closed=False))
    b = of(backend, [1.0, np.nan, 0.0, 0.0], spatial("x"))
    with pytest.raises(Diverged, match="NaN or an infinite number in: right-hand side") as caught:
        solve_linear(operator, b, Solve())
    assert caught.value.result.diverged.item()
    with pytest.raises(Diverged):
        solve_linear(operator, b, Solve(suppress=[NotConverged]))


def test_nan_in_one_entry_leaves_the_others_alone(backend):
    operator = conduction(backend, faces(4, closed=False))
    b = of(backend, [[1.0, np.nan, 0, 0], [1.0, 2, 3, 4]], batch("b"), spatial("x"))
    x = solve_linear(operator, b, Solve(suppress=[Diverged]))
    expected = spsolve(matrix(faces(4, closed=False)), [1.0, 2, 3, 4])
    assert_close(x.b[1].numpy(), expected, rtol=1e-4)


def test_real_operator_solves_for_real_and_imaginary_part(backend):
    operator = conduction(backend, faces(4, closed=False))
    b = np.array([1.0, 2j, 3 - 1j, -0.5])
    with precision(64):
        x = solve_linear(operator, of(backend, b, spatial("x")), Solve())
    expected = np.linalg.solve(matrix(faces(4, closed=False)).toarray(), b)
    assert_close(x.numpy(), expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"method": "magic"}, NotSupported, "no solver 'magic'"),
        ({"rel_tol": -1.0}, ValueRangeError, "rel_tol must be a finite number"),
        ({"abs_tol": float("inf")}, ValueRangeError, "abs_tol must be a finite number"),
        ({"max_iterations": -1}, ValueRangeError, "at least 0, not -1"),
    ],
)
def test_wrong_settings_are_refused(settings, error, message):
    with pytest.raises(error, match=message):
        Solve(**settings)


# --- implicit derivatives ---


@differentiates
def test_gradient_of_the_sum_by_the_right_hand_side(backend):
    """Row 43: −∇² with walls is its own adjoint."""
    operator = conduction(backend, faces(3, closed=False))
    solution_sum = gradient(lambda b: sum_of(solve_linear(operator, b, Solve())))
    _, slope = solution_sum(of(backend, [1.0, 2.0, 3.0], spatial("x")))
    assert_close(slope.numpy(), np.array([1.5, 2.0, 1.5]), rtol=1e-5)


@differentiates
@pytest.mark.parametrize("closed", [False, True])
def test_gradients_match_finite_differences_of_direct_solves(backend, closed):
    def loss(b, k):
        operator = Conduction({"x": k}, closed)
        return sum_of(weights * solve_linear(operator, b, Solve()) ** 2)

    def expected_loss(b, k):
        return (w * (np.linalg.pinv(matrix(k).toarray()) @ b) ** 2).sum()

    w, b, k = random(6) ** 2, random(2, 6)[1], faces(6, closed) * (1 + random(7) ** 2)
    with precision(64):
        weights = of(backend, w, spatial("x"))
        arguments = of(backend, b, spatial("x")), of(backend, k, spatial("x"))
        value, (by_b, by_k) = gradient(loss, "b,k")(*arguments)
    assert_close(float(value), expected_loss(b, k), rtol=1e-10)
    inner = slice(1, -1) if closed else slice(None)  # the null space must stay as it is
    expected = finite_differences(lambda b: expected_loss(b, k), b)
    assert_close(by_b.numpy(), expected, rtol=1e-7, atol=1e-7)
    expected = finite_differences(lambda k: expected_loss(b, k), k)
    assert_close(by_k.numpy()[inner], expected[inner], rtol=1e-7, atol=1e-6)


def finite_differences(function, values):
    result = np.zeros_like(values)
    for i in range(len(values)):
        step = np.eye(len(values))[i] * STEP
        result[i] = (function(values + step) - function(values - step)) / (2 * STEP)
    return result


@differentiates
def test_second_derivative_by_a_coefficient(backend):
    """x = A⁻¹ b / c, so that d²(∑x)/dc² = 2 ∑(A⁻¹ b) / c³."""

    def solution_sum(c):
        ones = of(backend, np.ones(4), spatial("x"))
        return sum_of(solve_linear(Conduction({"x": c * ones}), b, Solve()))

    def slope(c):
        return gradient(solution_sum, get_output=False)(c)

    with precision(64):
        b = of(backend, np.array([1.0, 2.0, 3.0]), spatial("x"))
        curvature = gradient(slope, get_output=False)(of(backend, 2.0))
    total = spsolve(matrix(np.ones(4)), [1.0, 2.0, 3.0]).sum()
    assert float(curvature) == pytest.approx(2 * total / 8, rel=1e-9)


@differentiates
def test_adjoint_solve_has_settings_of_its_own(backend):
    operator = conduction(backend, faces(16, closed=False))
    strict = Solve(gradient_solve=Solve(max_iterations=1))
    b = of(backend, random(16), spatial("x"))
    assert_close(
        solve_linear(operator, b, strict).numpy(),
        solve_linear(operator, b, Solve()).numpy(),
    )
    with pytest.raises(NotConverged, match="in 1 iterations"):
        gradient(lambda b: sum_of(solve_linear(operator, b, strict)))(b)


@differentiates
def test_examples_of_a_batch_get_their_own_gradients(backend):
    operator = conduction(backend, faces(3, closed=False))
    b = of(backend, random(2, 3), batch("b"), spatial("x"))
    scale = of(backend, [1.0, 10.0], batch("b"))
    _, slope = gradient(lambda b: sum_of(scale * solve_linear(operator, b, Solve())))(b)
    assert_close(slope.numpy("b,x"), np.array([[1.5, 2, 1.5], [15, 20, 15]]), rtol=1e-4)


@pytest.mark.parametrize("bits", [32, 64])
def test_a_guess_far_from_a_zero_solution_does_no_harm(backend, bits):
    with precision(bits):
        operator = Conduction({"x": wrap(faces(20, False), spatial("x"))})
        guess = wrap(np.random.default_rng(0).standard_normal(20), spatial("x"))
        for right in (np.zeros(20), np.full(20, 1e-30)):
            b = of(backend, right, spatial("x"))
            report = solve_plain(operator, b, Solve(x0=guess)).info
            assert np.abs(report.x.numpy("x")).max() <= 60 * np.abs(right).max()


@pytest.mark.parametrize("bits", [32, 64])
def test_a_right_hand_side_in_the_null_space_is_solved_by_zero(backend, bits):
    with precision(bits):
        operator = Conduction({"x": wrap(faces(20, True), spatial("x"))}, closed=True)
        noise = np.random.default_rng(0).standard_normal(20) * 2.0 ** (-20 if bits == 32 else -50)
        b = of(backend, 3.0 + noise * 0.1, spatial("x"))
        report = solve_plain(operator, b, Solve()).info
        assert report.iterations < 100
        assert np.abs(report.x.numpy("x")).max() < 100 * np.abs(noise).max()

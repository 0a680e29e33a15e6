"""Singular systems: null spaces that are given, and those that are found."""

import numpy as np
import pytest

from phimath.boundary import ZERO_GRADIENT, pad
from phimath.dimension import batch, channel, dual, spatial
from phimath.dtype import precision
from phimath.errors import Diverged, NotConverged, SolveError, ValueRangeError
from phimath.solve import Solve, SolveTape, solve_linear
from phimath.testing.assertions import assert_close
from tests.support import of

N = 8


def random(*sizes):
    return np.random.default_rng(len(sizes)).standard_normal(sizes)


def insulated(x):
    """Second differences between closed ends."""
    padded = pad(x, {"x": (1, 1)}, ZERO_GRADIENT)
    return padded.x[2:] + padded.x[:-2] - 2.0 * x


def insulated_matrix(n=N):
    lines = np.eye(n, k=1) + np.eye(n, k=-1) - 2 * np.eye(n)
    lines[0, 0] = lines[-1, -1] = -1
    return lines


def singular(rank_deficiency):
    """An unsymmetric matrix with null spaces in general position."""
    u, s, vh = np.linalg.svd(random(N, N))
    s[N - rank_deficiency :] = 0
    return u @ np.diag(s) @ vh


@pytest.mark.parametrize("method", ["auto", "CG", "MINRES", "GMRES", "BiCGStab"])
@pytest.mark.parametrize("offset", [0.0, 1.0])
@pytest.mark.parametrize("given", [None, 1, "vector"])
def test_constants_are_removed_from_the_right_and_the_solution(backend, method, offset, given):
    """Row 33: also of an inconsistent right-hand side; the report says how much that was."""
    b = random(N)
    b += offset - b.mean()
    with precision(64), SolveTape() as tape:
        null = of(backend, np.full(N, 3.0), spatial("x")) if given == "vector" else given
        right = of(backend, b, spatial("x"))
        x = solve_linear(insulated, right, Solve(method, rank_deficiency=null))
    assert_close(x.numpy(), np.linalg.pinv(insulated_matrix()) @ b, rtol=0, atol=1e-10)
    assert_close(float(tape[0].removed), offset * np.sqrt(N), rtol=0, atol=1e-12)


def test_inconsistent_right_hand_side_of_what_is_said_to_be_regular_is_told(backend):
    """Row 34."""
    right = of(backend, random(N) + 1.0, spatial("x"))
    for method in ("CG", "MINRES", "GMRES", "BiCGStab"):
        with pytest.raises(SolveError, match="did not reach") as caught:
            solve_linear(insulated, right, Solve(method, rank_deficiency=0))
        assert np.isfinite(caught.value.result.x.numpy()).all()


@pytest.mark.parametrize("method", ["direct", "GMRES"])
@pytest.mark.parametrize("count", [1, 2])
def test_null_spaces_of_a_matrix_are_found_by_its_singular_vectors(backend, method, count):
    a, b = singular(count), random(N)
    with precision(64):
        tensor = of(backend, a, spatial("x"), dual("x"))
        right = of(backend, b, spatial("x"))
        x = solve_linear(tensor, right, Solve(method, rank_deficiency=count))
    assert_close(x.numpy(), np.linalg.pinv(a, rcond=1e-12) @ b, rtol=0, atol=1e-9)


def test_null_spaces_of_a_batch_are_those_of_each_matrix(backend):
    a = np.stack([singular(1), insulated_matrix()])
    b = random(2, N, 3)
    with precision(64):
        tensor = of(backend, a, batch("b"), spatial("x"), dual("x"))
        right = of(backend, b, batch("b"), spatial("x"), channel("v"))
        x = solve_linear(tensor, right, Solve(rank_deficiency=1))
    assert_close(x.numpy("b,x,v"), np.linalg.pinv(a, rcond=1e-12) @ b, rtol=0, atol=1e-9)


def test_row_sums_that_are_only_small_are_no_null_space(backend):
    """A long implicit step keeps the mean, whatever the precision."""
    b = random(N) + 5
    x = solve_linear(lambda x: x - 1e3 * insulated(x), of(backend, b, spatial("x")))
    assert_close(float(x.numpy().mean()), b.mean(), rtol=1e-3)


def test_null_space_without_left_partner_is_found(backend):
    """Rows sum to zero, columns do not: an inconsistent right-hand side can't be projected."""
    a = np.diag(np.arange(1.0, N + 1)) @ insulated_matrix()
    b = a @ random(N)
    with precision(64):
        x = solve_linear(
            lambda x: of(backend, np.arange(1.0, N + 1), spatial("x")) * insulated(x),
            of(backend, b, spatial("x")),
            Solve("GMRES"),
        )
    assert_close(a @ x.numpy(), b, rtol=0, atol=1e-9)
    assert abs(x.numpy().mean()) < 1e-12


def test_singular_matrix_without_null_space_is_told(backend):
    tensor = of(backend, np.diag([1.0, 0, 2]), spatial("x"), dual("x"))
    right = of(backend, [1.0, 1, 1], spatial("x"))
    with pytest.raises(Diverged, match=r"singular.*rank_deficiency") as caught:
        solve_linear(tensor, right)
    assert np.isfinite(caught.value.result.x.numpy()).all()


def test_vectors_that_are_not_in_the_null_space_are_refused(backend):
    right = of(backend, random(N), spatial("x"))
    with pytest.raises(ValueRangeError, match="mapped to numbers of up to"):
        solve_linear(lambda x: insulated(x) - x, right, Solve(rank_deficiency=1))
    with pytest.raises(ValueRangeError, match="doesn't say which vectors"):
        solve_linear(insulated, right, Solve(rank_deficiency=2))


def test_few_iterations_leave_a_partial_result_without_null_space(backend):
    right = of(backend, random(N), spatial("x"))
    with pytest.raises(NotConverged) as caught:
        solve_linear(insulated, right, Solve("CG", max_iterations=1))
    assert abs(caught.value.result.x.numpy().mean()) < 1e-6

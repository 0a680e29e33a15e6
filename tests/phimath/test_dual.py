"""Rules of dual arrays for what the conformance cases leave out, against finite differences.

`phimath.testing.conformance` differentiates all its cases by dual arrays.
"""

import inspect

import numpy as np
import pytest
from scipy import special

from phimath.backend import load
from phimath.backend.support import contract_methods
from phimath.errors import NotSupported
from phimath.testing.assertions import assert_close
from phimath.testing.conformance import sparse
from phimath.testing.conformance.modes import MODES
from phimath.testing.conformance.suite import TOPICS, reason_to_fail
from phimath.transform.tracer import tracing
from phimath.transform.tracer.dual import DualBackend

NUMPY = load("numpy")
GENERATOR = np.random.default_rng(0)
STEP = 1e-6


def normal(*sizes, is_complex=False):
    values = GENERATOR.standard_normal(sizes)
    return values + 1j * GENERATOR.standard_normal(sizes) if is_complex else values


def hermitian(*sizes, is_complex=False):
    a = normal(*sizes, is_complex=is_complex)
    return a + np.conj(np.swapaxes(a, -1, -2))


def pushed(function, *pairs):
    """Tangents of what a function of backend and arrays gives, for (primal, tangent) pairs."""
    with tracing(DualBackend, NUMPY) as tracer:
        duals = [tracer.dual(np.asarray(p), None if t is None else np.asarray(t)) for p, t in pairs]
        results = function(tracer, *duals)
        results = results if isinstance(results, tuple) else (results,)
        return [result.tangent for result in results]


def difference(function, *pairs):
    """The same by central differences."""

    def at(step):
        moved = [np.asarray(p) + (0 if t is None else step * np.asarray(t)) for p, t in pairs]
        results = function(NUMPY, *moved)
        return results if isinstance(results, tuple) else (results,)

    return [(a - b) / (2 * STEP) for a, b in zip(at(STEP), at(-STEP), strict=True)]


def check(function, *pairs, rtol=1e-7):
    for found, expected in zip(pushed(function, *pairs), difference(function, *pairs), strict=True):
        assert_close(found, expected, rtol=rtol, atol=rtol)


# --- completeness ---


def test_there_is_a_rule_for_each_method_of_the_contract():
    # What these run is made of methods that have a rule.
    derived = {"replay", "separately"}
    for name in set(contract_methods()) - derived:
        origin = inspect.getmodule(inspect.getattr_static(DualBackend, name))
        assert origin is not None
        assert origin.__name__.startswith("phimath.transform.tracer."), name


@pytest.mark.only_on("numpy", "strict")
@pytest.mark.parametrize(
    "topic",
    [t for t in TOPICS if t is not sparse],
    ids=lambda topic: topic.__name__.rpartition(".")[2],
)
def test_primals_are_what_the_inner_backend_gives(backend, topic):
    # A native function gets the arrays of the inner backend: those of the case are another's.
    cases = [case for case in topic.CASES if case.method != "native_call"]
    for case in cases:
        if reason_to_fail(backend, case) is None:
            with tracing(DualBackend, backend) as tracer:
                MODES["eager"](tracer, case)


# --- elementwise ---


@pytest.mark.parametrize("name", ["abs", "sign", "angle", "conj", "real", "imag"])
def test_functions_of_complex_numbers_that_are_not_holomorphic(name):
    z, dz = normal(5, is_complex=True), normal(5, is_complex=True)
    check(lambda b, z: b.function(name)(z), (z, dz))


def test_angle_and_sign_of_real_numbers_do_not_vary():
    for name in ("angle", "sign"):
        assert pushed(lambda b, x, n=name: b.function(n)(x), (normal(3), normal(3))) == [None]


def test_derivative_of_log_gamma_is_digamma():
    x = np.array([-3.3, -0.5, 0.2, 0.5, 1.0, 4.0, 1e3])
    (found,) = pushed(lambda b, x: b.log_gamma(x), (x, np.ones(7)))
    assert_close(found, special.digamma(x), rtol=1e-13)


def test_second_derivative_of_log_gamma_is_trigamma():
    x = np.array([-0.5, 0.2, 1.0, 40.0])

    def slope(backend, x):
        with tracing(DualBackend, backend) as tracer:
            return tracer.log_gamma(
                tracer.dual(x, backend.full((4,), 1.0, backend.dtype(x)))
            ).tangent

    (found,) = pushed(slope, (x, np.ones(4)))
    assert_close(found, special.polygamma(1, x), rtol=1e-12)


def test_power_of_zero_varies_by_its_base_only():
    pairs = (np.array([0.0, 0.0, 0.0]), np.ones(3)), (np.array([0.0, 1.0, 2.0]), None)
    (found,) = pushed(lambda b, x, y: b.function("pow")(x, y), *pairs)
    assert_close(found, np.array([0.0, 1.0, 0.0]))


def test_incomplete_gamma_has_no_derivative_by_its_first_argument():
    def function(b, a, x):
        return b.lower_incomplete_gamma(a, x)

    a, x = np.array([1.3]), np.array([0.6])
    with pytest.raises(NotSupported, match=r"argument 1 in forward mode.*stop_gradient"):
        pushed(function, (a, np.ones(1)), (x, None))
    check(function, (a, None), (x, np.ones(1)))


@pytest.mark.parametrize("name", ["add", "multiply", "maximum", "atan2", "where"])
def test_tangent_of_a_smaller_operand_is_repeated(name):
    condition = np.array([[True], [False]])

    def function(b, x, y):
        operands = (x, y) if name != "where" else (b.from_numpy(condition), x, y)
        return b.function(name)(*operands)

    pairs = (normal(3), normal(3)), (normal(2, 3), None)
    check(function, *pairs)
    (found,) = pushed(function, *pairs)
    assert found.shape == (2, 3)


def test_infinite_tangents_of_what_is_not_selected_do_not_matter():
    x, dx = np.array([1.0, 2.0]), np.array([np.inf, 1.0])
    (found,) = pushed(lambda b, x: b.function("maximum")(x, 1.5), (x, dx))
    assert_close(found, np.array([0.0, 1.0]))


# --- reductions and selections ---


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7])
def test_product_with_zero_factors(count):
    x = normal(2, count)
    x[0, 0] = 0.0
    x[1, -2:] = 0.0
    check(lambda b, x: b.prod(x, (1,)), (x, normal(2, count)))


def test_product_of_nothing_does_not_vary():
    (found,) = pushed(lambda b, x: b.prod(x, (1,)), (normal(2, 0), normal(2, 0)))
    assert_close(found, np.zeros(2))


def test_equal_extrema_share_the_tangent():
    x, dx = np.array([3.0, 1.0, 3.0]), np.array([1.0, 5.0, 2.0])
    (found,) = pushed(lambda b, x: b.max(x, (0,)), (x, dx))
    assert_close(found, np.asarray(1.5))


@pytest.mark.parametrize(("mode", "expected"), [("max", 2.0), ("min", 1.0), ("add", 7.0)])
def test_scattered_values_bring_their_tangents(mode, expected):
    def function(b, base, values):
        return b.scatter(base, b.from_numpy(np.array([[0, 0]])), values, mode)

    base = np.array([[[1.0], [1.0]]]), np.array([[[4.0], [5.0]]])
    values = np.array([[[2.0], [0.0]]]), np.array([[[2.0], [1.0]]])
    (found,) = pushed(function, base, values)
    assert_close(found, np.array([[[expected], [5.0]]]))


# --- linear algebra ---

MATRICES = {
    "square": (3, 3), "tall": (4, 3), "wide": (3, 5), "batch": (2, 4, 3), "wide batch": (2, 2, 3),
}  # fmt: skip


@pytest.mark.parametrize("is_complex", [False, True])
@pytest.mark.parametrize("sizes", MATRICES.values(), ids=MATRICES)
def test_qr_decomposition(sizes, is_complex):
    a, da = normal(*sizes, is_complex=is_complex), normal(*sizes, is_complex=is_complex)
    check(lambda b, a: b.qr(a), (a, da), rtol=1e-6)


@pytest.mark.parametrize("is_complex", [False, True])
@pytest.mark.parametrize("sizes", MATRICES.values(), ids=MATRICES)
def test_singular_values_and_what_their_vectors_span(sizes, is_complex):
    a, da = normal(*sizes, is_complex=is_complex), normal(*sizes, is_complex=is_complex)
    weights = np.arange(1.0, min(sizes[-2:]) + 1)

    def function(b, a):
        u, s, vh = b.svd(a)
        scale = b.cast(b.from_numpy(weights), b.dtype(u))
        # Both are the same for vectors of any phase.
        return b.matmul(b.function("multiply")(u, scale), vh), s

    check(function, (a, da), rtol=1e-6)


@pytest.mark.parametrize("is_complex", [False, True])
@pytest.mark.parametrize("sizes", [(3, 3), (2, 4, 4)])
def test_eigenvalues_of_hermitian_matrices_and_what_their_vectors_span(sizes, is_complex):
    a, da = hermitian(*sizes, is_complex=is_complex), hermitian(*sizes, is_complex=is_complex)

    def function(b, a):
        w, v = b.eigh(a)
        powers = b.function("pow")(b.from_numpy(np.arange(1.0, sizes[-1] + 1)), 2)
        scaled = b.function("multiply")(v, b.cast(powers, b.dtype(v)))
        rank = len(sizes)
        adjoint = b.transpose(b.function("conj")(v), (*range(rank - 2), rank - 1, rank - 2))
        return w, b.matmul(scaled, adjoint)

    check(function, (a, da), rtol=1e-6)


@pytest.mark.parametrize("is_complex", [False, True])
@pytest.mark.parametrize("sizes", [(3, 3), (2, 3, 3)])
def test_eigenvalues(sizes, is_complex):
    a, da = normal(*sizes, is_complex=is_complex), normal(*sizes, is_complex=is_complex)
    check(lambda b, a: b.eigenvalues(a), (a, da), rtol=1e-6)


def test_second_derivative_of_eigenvalues():
    a, da = normal(3, 3), normal(3, 3)

    def slope(backend, a):
        with tracing(DualBackend, backend) as tracer:
            return tracer.eigenvalues(tracer.dual(a, backend.from_numpy(da))).tangent

    check(slope, (a, da), rtol=1e-5)


# --- loops and given derivatives ---


def test_loop_carries_a_tangent_that_appears_in_its_body():
    def function(b, x):
        add, multiply, less = (b.function(name) for name in ("add", "multiply", "less"))
        start = (
            b.from_numpy(np.asarray(0)),
            b.full((), 1.0, b.dtype(x)),
            b.full((), 0.0, b.dtype(x)),
        )

        def body(i, power, total):
            return add(i, 1), multiply(power, x), add(total, power)

        return b.while_loop(lambda i, *_: less(i, 4), body, start)[1:]

    x, dx = np.asarray(1.3), np.asarray(0.7)
    power, total = pushed(function, (x, dx))
    assert_close(power, 4 * x**3 * dx)
    assert_close(total, (1 + 2 * x + 3 * x**2) * dx)


@pytest.mark.parametrize("reverse", [False, True])
def test_scan_with_rows_and_what_it_keeps(reverse):
    def function(b, x, rows):
        add, multiply = b.function("add"), b.function("multiply")

        def body(total, row):
            following = add(multiply(total, x), row)
            return following, multiply(following, row)

        final, kept, count = b.scan(body, (x,), (rows,), 3, None, None, reverse)
        assert int(b.to_numpy(count)) == 3
        return (*final, *kept)

    check(function, (np.asarray(1.3), np.asarray(0.7)), (normal(3), normal(3)))


def test_scan_ends_early_by_values():
    def function(b, x):
        less, multiply = b.function("less"), b.function("multiply")
        limit = b.from_numpy(np.asarray(10.0))
        body = lambda y: (multiply(y, x), y)  # noqa: E731
        final, kept, _ = b.scan(body, (x,), (), 6, lambda y: less(y, limit), None, False)
        return (*final, *kept)

    check(function, (np.asarray(2.3), np.asarray(1.0)))


def test_linear_map_is_applied_to_the_tangent():
    def function(b, x):
        matrix = b.from_numpy(np.array([[1.0, 2.0], [3.0, 4.0]]))
        return b.linear_map(lambda x: b.matmul(matrix, x), lambda _: 1 / 0, x)

    check(function, (normal(2, 1), normal(2, 1)))


def test_given_pullback_needs_gradients_of_the_inner_backend():
    def function(b, x):
        return b.custom_gradient(lambda x: (x,), lambda inputs, outputs, c: c, (x,))

    with pytest.raises(NotSupported, match=r"numpy.*jvp=rule"):
        pushed(function, (normal(2), normal(2)))
    assert pushed(function, (normal(2), None)) == [None]


@pytest.mark.needs("value_and_gradient")
def test_tangent_of_a_given_pullback_is_what_it_transposes(backend):
    x, dx = (backend.from_numpy(a) for a in normal(2, 3))

    def triple(inputs, outputs, cotangents):
        return tuple(tracer.function("multiply")(c, 3.0) for c in cotangents)

    with tracing(DualBackend, backend) as tracer:
        given = (tracer.dual(x, dx),)
        (y,) = tracer.custom_gradient(lambda x: (tracer.function("exp")(x),), triple, given)
        assert_close(backend.to_numpy(y.primal), np.exp(backend.to_numpy(x)))
        assert_close(backend.to_numpy(y.tangent), 3 * backend.to_numpy(dx))


@pytest.mark.needs("vjp")
def test_pullback_of_cubes_varies_with_their_argument_and_the_cotangent(backend):
    x, dx, c, dc = normal(4, 3)

    def cube(x):
        multiply = tracer.function("multiply")
        return multiply(multiply(x, x), x), tracer.full((), 1.0, tracer.dtype(x))

    with tracing(DualBackend, backend) as tracer:

        def dual(*parts):
            return tracer.dual(*map(backend.from_numpy, parts))

        outputs, pullback = tracer.vjp(cube, (dual(x, dx),))
        (found,) = pullback((dual(c, dc), None))
        assert_close(backend.to_numpy(outputs[0].tangent), 3 * x**2 * dx)
        assert_close(backend.to_numpy(found.primal), 3 * x**2 * c)
        assert_close(backend.to_numpy(found.tangent), 6 * x * dx * c + 3 * x**2 * dc)


@pytest.mark.needs("value_and_gradient")
def test_gradient_of_integers_is_zero(backend):
    def loss(x, n):
        total = tracer.function("multiply")(x, tracer.cast(n, tracer.dtype(x)))
        return tracer.sum(total, (0,)), (n,)

    with tracing(DualBackend, backend) as tracer:
        x = tracer.dual(*(backend.from_numpy(a) for a in (np.ones(2), np.ones(2))))
        n = tracer.from_numpy(np.array([2, 3]))
        value, extra, slopes = tracer.value_and_gradient(loss, (x, n))
        assert float(backend.to_numpy(value.tangent)) == 5.0
        assert_close(backend.to_numpy(extra[0].primal), np.array([2, 3]))
        assert_close(backend.to_numpy(slopes[0].primal), np.array([2.0, 3.0]))
        assert_close(backend.to_numpy(slopes[1].primal), np.array([0, 0]))

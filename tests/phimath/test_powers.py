"""Powers with constant exponents, and lengths, whose derivatives at 0 need care."""

import numpy as np
import pytest

from phimath.dimension import channel, instance, spatial
from phimath.dtype import DType
from phimath.elementwise import safe_div, safe_sqrt
from phimath.errors import ValueRangeError
from phimath.norm import norm
from phimath.reduce import sum as sum_of
from phimath.testing.assertions import assert_close
from phimath.transform import gradient, jit_compile, jvp
from phimath.wrap import wrap

differentiates = pytest.mark.needs("value_and_gradient")
EXPONENTS = (-3, -2.5, -2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 2.5, 3, 4, 6, 12, 16.5, 17, 0.3)
POSITIVE = np.array([0.2, 0.7, 1.0, 1.9, 2.5])
SIGNED = np.array([-1.5, -0.4, 0.3, 2.0])


def of(backend, values, *dims):
    return wrap(backend.from_numpy(np.asarray(values)), *(dims or (spatial("x"),)))


def slope(values, exponent):
    return exponent * values ** (exponent - 1.0)


@pytest.mark.parametrize("exponent", EXPONENTS)
def test_power_is_that_of_numpy(backend, double, exponent):
    for values in (POSITIVE, SIGNED) if exponent % 1 == 0 else (POSITIVE,):
        expected = values ** float(exponent)
        x = of(backend, values)
        assert_close(x**exponent, expected, rtol=1e-14)
        assert_close(jit_compile(lambda x: x**exponent, optimize="off")(x), expected, rtol=1e-14)


@pytest.mark.parametrize("exponent", EXPONENTS)
def test_tangent_is_that_of_the_power(backend, double, exponent):
    tangent = np.array([1.0, -2.0, 0.5, 3.0, 1.5])
    x, dx = of(backend, POSITIVE), of(backend, tangent)
    value, change = jvp(lambda x: x**exponent, (x,), (dx,))
    assert_close(value, POSITIVE ** float(exponent), rtol=1e-14)
    assert_close(change, slope(POSITIVE, exponent) * tangent, rtol=1e-13)
    second = jvp(lambda x: jvp(lambda x: x**exponent, (x,), (dx,))[1], (x,), (dx,))[1]
    expected = exponent * (exponent - 1) * POSITIVE ** (exponent - 2.0) * tangent**2
    assert_close(second, expected, rtol=1e-12)


@differentiates
@pytest.mark.parametrize("exponent", EXPONENTS)
@pytest.mark.parametrize("compiled", [False, True])
def test_gradients_of_all_orders_are_those_of_the_power(backend, double, exponent, compiled):
    derivative = gradient(lambda x: sum_of(x**exponent), get_output=False)
    second = gradient(lambda x: sum_of(derivative(x)), get_output=False)
    if compiled:
        derivative, second = (jit_compile(f, optimize="off") for f in (derivative, second))
    x = of(backend, POSITIVE)
    assert_close(derivative(x), slope(POSITIVE, exponent), rtol=1e-13)
    assert_close(second(x), exponent * (exponent - 1) * POSITIVE ** (exponent - 2.0), rtol=1e-12)


AT_ZERO = {1: 1.0, 1.5: 0.0, 2: 0.0, 2.5: 0.0, 3: 0.0, 0.5: np.inf, 4: 0.0}


@differentiates
@pytest.mark.parametrize(("exponent", "expected"), AT_ZERO.items())
def test_derivative_at_zero_is_exact(backend, exponent, expected):
    zero = of(backend, [0.0, 0.0])
    derivative = gradient(lambda x: sum_of(x**exponent), get_output=False)
    assert_close(derivative(zero), np.full(2, expected))
    assert_close(jit_compile(derivative, optimize="off")(zero), np.full(2, expected))


@pytest.mark.parametrize(("exponent", "expected"), AT_ZERO.items())
def test_tangent_at_zero_is_exact(backend, exponent, expected):
    zero, one = of(backend, [0.0]), of(backend, [1.0])
    with np.errstate(divide="ignore"):
        assert_close(jvp(lambda x: x**exponent, (zero,), (one,))[1], np.array([expected]))


@differentiates
@pytest.mark.parametrize(("exponent", "expected"), {1.5: np.inf, 2: 2.0, 2.5: 0.0, 3: 0.0}.items())
def test_second_derivative_at_zero_is_exact(backend, exponent, expected):
    derivative = gradient(lambda x: sum_of(x**exponent), get_output=False)
    second = gradient(lambda x: sum_of(derivative(x)), get_output=False)
    assert_close(second(of(backend, [0.0])), np.array([expected]))


@differentiates
def test_derivatives_of_negative_powers_do_not_overflow_before_they_must(backend):
    small = of(backend, np.float32([1e-10, 1e10]))
    for exponent in (-1, -1.5, -2, -2.5):
        derivative = gradient(lambda x, e=exponent: sum_of(x**e), get_output=False)
        values = np.array([1e-10, 1e10])
        assert_close(derivative(small), slope(values, exponent), rtol=1e-5, atol=0)


def test_integers_stay_integers(backend):
    numbers = np.array([-3, 0, 2, 7])
    x = of(backend, numbers)
    for exponent in (0, 1, 2, 3, 5):
        result = x**exponent
        assert result.dtype is x.dtype
        assert_close(result, numbers**exponent)
    assert_close(of(backend, np.array([1, 4])) ** -0.5, np.array([1.0, 0.5]))
    assert (x**2.0).dtype is DType("float32")
    with pytest.raises(ValueRangeError, match="negative power -2"):
        x**-2


def test_roots_of_negative_numbers_are_no_numbers(backend):
    with np.errstate(invalid="ignore"):
        for exponent in (-1.5, -0.5, 0.5, 1.5, 2.5):
            assert np.isnan((of(backend, [-2.0, -0.5]) ** exponent).numpy()).all()


def test_complex_powers_are_the_principal_ones(backend, double):
    values = np.array([1 + 2j, -1.5 + 0.5j, -2 - 1j])
    for exponent in (-2, -1.5, 0.5, 1.5, 2, 3):
        assert_close(of(backend, values) ** exponent, values**exponent, rtol=1e-13)


@differentiates
def test_complex_gradient_of_a_power(backend, double):
    values = np.array([1 + 2j, -1.5 + 0.5j])
    z = of(backend, values)
    for exponent in (1.5, 2, -1.5):
        loss = lambda z, e=exponent: sum_of(abs(z**e) ** 2)  # noqa: E731
        power = values**exponent
        expected = 2 * power * np.conj(exponent * values ** (exponent - 1))
        assert_close(gradient(loss, get_output=False)(z), expected, rtol=1e-12)


# --- lengths ---


VECTORS = np.array([[3.0, 4.0], [0.0, 0.0], [-1.0, 0.5]])


def vectors_of(backend, values=VECTORS):
    return of(backend, values, instance("points"), channel(vector="x,y"))


@differentiates
@pytest.mark.parametrize("compiled", [False, True])
def test_gradient_of_a_length_is_its_direction_and_zero_at_zero(backend, double, compiled):
    derivative = gradient(lambda x: sum_of(norm(x)), get_output=False)
    if compiled:
        derivative = jit_compile(derivative, optimize="off")
    lengths = np.linalg.norm(VECTORS, axis=1, keepdims=True)
    expected = VECTORS / np.where(lengths == 0, 1, lengths)
    assert_close(derivative(vectors_of(backend)).numpy("points,vector"), expected)


@differentiates
@pytest.mark.parametrize("compiled", [False, True])
def test_second_derivative_of_a_length_is_its_curvature(backend, double, compiled):
    def along(x, direction):
        first = gradient(lambda x: sum_of(norm(x)), get_output=False)(x)
        return sum_of(first * direction)

    second = gradient(along, "x", get_output=False)
    if compiled:
        second = jit_compile(second, optimize="off")
    direction = np.array([[1.0, -2.0], [1.0, 1.0], [0.5, 0.3]])
    found = second(vectors_of(backend), vectors_of(backend, direction)).numpy("points,vector")
    for x, d, f in zip(VECTORS, direction, found, strict=True):
        size = np.linalg.norm(x)
        expected = (d - x * (x @ d) / size**2) / size if size else np.zeros(2)
        assert_close(f, expected)


def test_tangent_of_a_length(backend, double):
    direction = np.array([[1.0, -2.0], [1.0, 1.0], [0.5, 0.3]])
    value, change = jvp(norm, (vectors_of(backend),), (vectors_of(backend, direction),))
    lengths = np.linalg.norm(VECTORS, axis=1)
    expected = np.sum(VECTORS * direction, 1) / np.where(lengths == 0, 1, lengths)
    assert_close(value, lengths)
    assert_close(change, expected)


@differentiates
def test_safe_root_has_no_slope_at_zero(backend, double):
    x = of(backend, [0.0, 4.0])
    assert_close(safe_sqrt(x), np.array([0.0, 2.0]))
    derivative = gradient(lambda x: sum_of(safe_sqrt(x)), get_output=False)
    assert_close(derivative(x), np.array([0.0, 0.25]))
    second = gradient(lambda x: sum_of(derivative(x)), get_output=False)
    assert_close(second(x), np.array([0.0, -1 / 32]))


@differentiates
@pytest.mark.parametrize("compiled", [False, True])
def test_attraction_of_stars_has_finite_derivatives(backend, double, compiled):
    """The formula of the galaxy: a vector over the cube of its length, 0 where that is 0."""

    def energy(x):
        return sum_of(safe_div(x, norm(x) ** 3) ** 2)

    derivative = gradient(energy, get_output=False)
    if compiled:
        derivative = jit_compile(derivative, optimize="off")
    size = np.linalg.norm(VECTORS, axis=1, keepdims=True)
    expected = -4 * VECTORS / np.where(size == 0, 1, size) ** 6  # that of r⁻⁴
    assert_close(derivative(vectors_of(backend)).numpy("points,vector"), expected)


# --- guarded quotients ---


NUMERATORS = np.array([1.5, -2.0, 3.0, 0.0])
DENOMINATORS = np.array([0.5, 0.0, -4.0, 0.0])
INVERSE = np.array([2.0, 0.0, -0.25, 0.0])


def quotients(a, b):
    return sum_of(safe_div(a, b) * wrap(np.array([1.0, 2.0, 3.0, 4.0]), spatial("x")))


@differentiates
@pytest.mark.parametrize("compiled", [False, True])
def test_derivatives_of_a_guarded_quotient_are_zero_where_it_is(backend, double, compiled):
    weights = np.array([1.0, 2.0, 3.0, 4.0])
    both = gradient(quotients, "a,b", get_output=False)

    def mixed(a, b):  # ∂²/∂b² and ∂²/∂a∂b
        return gradient(lambda a, b: sum_of(both(a, b)[1]), "a,b", get_output=False)(a, b)

    if compiled:
        both, mixed = (jit_compile(f, optimize="off") for f in (both, mixed))
    a, b = of(backend, NUMERATORS), of(backend, DENOMINATORS)
    by_a, by_b = both(a, b)
    assert_close(by_a, weights * INVERSE)
    assert_close(by_b, -weights * NUMERATORS * INVERSE**2)
    by_ab, by_bb = mixed(a, b)
    assert_close(by_ab, -weights * INVERSE**2)
    assert_close(by_bb, 2 * weights * NUMERATORS * INVERSE**3)


def test_tangent_of_a_guarded_quotient(backend, double):
    a, b = of(backend, NUMERATORS), of(backend, DENOMINATORS)
    da, db = np.array([1.0, -1.0, 0.5, 2.0]), np.array([0.3, 1.0, -2.0, 1.0])
    value, change = jvp(safe_div, (a, b), (of(backend, da), of(backend, db)))
    assert_close(value, NUMERATORS * INVERSE)
    assert_close(change, da * INVERSE - NUMERATORS * INVERSE**2 * db)


@differentiates
def test_guarded_quotients_broadcast_in_derivatives(backend, double):
    a, b = of(backend, VECTORS, spatial("y"), channel(vector="x,y")), of(backend, [2.0, 0.0, 4.0])
    derivative = gradient(lambda b, a: sum_of(safe_div(a, b)), get_output=False)
    expected = -VECTORS.sum() * np.array([0.25, 0.0, 1 / 16])
    assert_close(derivative(b, a), expected)
    by_number = gradient(lambda a: sum_of(safe_div(a, 4)), get_output=False)
    assert_close(by_number(b), np.full(3, 0.25))


def test_guarded_quotients_of_integers_and_complex_numbers(backend, double):
    halves = safe_div(of(backend, np.array([3, 1])), of(backend, np.array([2, 0])))
    assert_close(halves, np.array([1.5, 0.0]))
    z = np.array([1 + 2j, 3j])
    assert_close(safe_div(of(backend, z), of(backend, np.array([2j, 0j]))), np.array([1 - 0.5j, 0]))

"""Elementwise functions: derivatives of the table, the one dtype rule, guarded operations."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import special

from phimath import elementwise
from phimath.create import vec
from phimath.dimension import channel, spatial
from phimath.dtype import DType, precision
from phimath.errors import DTypeError
from phimath.join import stack
from phimath.stacked import Stacked
from phimath.table import OPERATIONS
from phimath.tensor import apply
from phimath.testing.assertions import assert_close
from phimath.wrap import wrap

# Where to differentiate: inside of the domain, away from jumps and kinks.
POINTS = {
    "arccosh": ([1.5, 3.0],),
    "log": ([0.3, 2.0],),
    "log2": ([0.3, 2.0],),
    "log10": ([0.3, 2.0],),
    "sqrt": ([0.3, 2.0],),
    "safe_sqrt": ([0.3, 2.0],),
    "power": ([0.7, 2.3], [1.7, -0.8]),
    "incomplete_gamma": ([1.3, 2.2], [0.6, 3.1]),
    "remainder": ([5.3, -2.2], [1.7, 0.9]),
    "divide": ([0.7, -1.3], [2.0, 0.6]),
}
UNARY_POINTS = ([-0.6, 0.4],)
BINARY_POINTS = ([0.7, -1.3], [-0.4, 0.6])
TABLE = SimpleNamespace(
    **{name: lambda *x, row=row: apply(row, *x) for name, row in OPERATIONS.items()}
)
PARTIALS = [
    (row.name, argument)
    for row in OPERATIONS.values()
    if row.derivative and row.rule != "select"
    for argument, partial in enumerate(row.derivative)
    if partial is not None
]


def values_of(function, points):
    return np.asarray(function(*(wrap(np.array(p), spatial("x")) for p in points)).numpy())


@pytest.mark.parametrize(("name", "argument"), PARTIALS)
def test_derivative_of_the_table_matches_finite_differences(name, argument):
    row = OPERATIONS[name]
    points = POINTS.get(name, BINARY_POINTS if row.arity == 2 else UNARY_POINTS)
    with precision(64):
        step = 1e-6
        ahead = [np.array(p) + step * (i == argument) for i, p in enumerate(points)]
        behind = [np.array(p) - step * (i == argument) for i, p in enumerate(points)]
        function = getattr(TABLE, name)
        expected = (values_of(function, ahead) - values_of(function, behind)) / (2 * step)
        operands = [wrap(np.array(p), spatial("x")) for p in points]
        assert row.derivative is not None
        result = row.derivative[argument](TABLE, function(*operands), *operands)
        actual = result if isinstance(result, int) else result.numpy()
        assert_close(np.broadcast_to(actual, (2,)) * 1.0, expected, rtol=1e-7, atol=1e-9)


def test_derivative_of_where_is_its_condition():
    condition = wrap([True, False], spatial("x"))
    derivative = OPERATIONS["where"].derivative
    assert derivative is not None
    _, by_true, by_false = derivative
    assert by_true is not None
    assert by_false is not None
    assert_close(by_true(TABLE, None, condition, None, None), np.array([True, False]))
    assert_close(by_false(TABLE, None, condition, None, None), np.array([False, True]))


NUMPY_FUNCTIONS = {
    "abs": np.abs,
    "sign": np.sign,
    "round": np.round,
    "ceil": np.ceil,
    "floor": np.floor,
    "exp": np.exp,
    "expm1": np.expm1,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "arcsin": np.arcsin,
    "arccos": np.arccos,
    "arctan": np.arctan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "arcsinh": np.arcsinh,
    "arctanh": np.arctanh,
    "log1p": np.log1p,
    "sigmoid": special.expit,
    "erf": special.erf,
    "soft_plus": lambda x: np.logaddexp(0, x),
    "is_nan": np.isnan,
    "is_inf": np.isinf,
    "is_finite": np.isfinite,
    "radians_to_degrees": np.degrees,
    "degrees_to_radians": np.radians,
    "real": np.real,
    "imag": np.imag,
    "conjugate": np.conj,
    "angle": np.angle,
}
POSITIVE_FUNCTIONS = {
    "sqrt": np.sqrt,
    "log": np.log,
    "log2": np.log2,
    "log10": np.log10,
    "log_gamma": special.gammaln,
    "factorial": special.factorial,
}


@pytest.mark.parametrize("name", [*NUMPY_FUNCTIONS, *POSITIVE_FUNCTIONS])
def test_function_matches_numpy_and_scipy(backend, name):
    function = NUMPY_FUNCTIONS.get(name) or POSITIVE_FUNCTIONS[name]
    data = np.array([-0.7, -0.2, 0.3, 0.9] if name in NUMPY_FUNCTIONS else [0.3, 0.9, 2.0])
    with precision(64):
        x = wrap(backend.from_numpy(data), spatial("x"))
        assert_close(getattr(elementwise, name)(x), function(data), rtol=1e-6, atol=1e-9)


def test_python_numbers_give_scalars():
    assert float(elementwise.exp(0.0)) == 1
    assert elementwise.maximum(2, 3).dtype is DType(int, 64)


@pytest.mark.parametrize("bits", [32, 64])
def test_floating_results_have_the_precision_of_the_context(backend, bits):
    double = wrap(backend.from_numpy(np.array([1.0, 2.0])), spatial("x"))
    integer = wrap(backend.from_numpy(np.array([1, 2])), spatial("x"))
    with precision(bits):
        results = [
            double * 2.0,
            double * double,
            integer / integer,
            integer * 2.0,
            elementwise.sqrt(integer),
            elementwise.abs(double),
            elementwise.where(integer > 1, double, 0),
        ]
        assert {str(r.dtype) for r in results} == {f"float{bits}"}
        assert {backend.dtype(r.native()) for r in results} == {DType(float, bits)}


def test_sums_of_booleans_are_integers(backend):
    a = wrap(backend.from_numpy(np.array([True, False])), spatial("x"))
    b = wrap(backend.from_numpy(np.array([True, True])), spatial("x"))
    for result in (a + b, a + True):
        assert result.dtype is DType(int, 64)
        assert_close(result, np.array([2, 1]))


def test_round_takes_halves_to_the_even_integer(backend):
    x = wrap(backend.from_numpy(np.array([0.5, 1.5, 2.5])), spatial("x"))
    assert_close(elementwise.round(x), np.array([0.0, 2.0, 2.0]))


def test_arctan_with_divisor_covers_all_quadrants():
    height, position = np.array([1.0, 1, -1, -1]), np.array([1.0, -1, -1, 1])
    result = elementwise.arctan(wrap(height, spatial("x")), wrap(position, spatial("x")))
    assert_close(result, np.arctan2(height, position), rtol=1e-6)


def test_clip_takes_vectors_as_limits():
    assert_close(elementwise.clip(vec(x=-1.0, y=9.0), 0, vec(x=1.0, y=2.0)), vec(x=0.0, y=2.0))


def test_where_takes_numbers_in_both_branches(backend):
    x = wrap(backend.from_numpy(np.array([1, 2, 3])), spatial("x"))
    assert_close(elementwise.where(x > 1, 1, 2), np.array([2, 1, 1]))
    assert elementwise.where(x > 1, 1, 2).dtype is DType(int, 64)
    assert_close(elementwise.where(x > 1, 0.5, x), np.array([1, 0.5, 0.5]))


def test_where_works_component_by_component():
    velocity = vec(x=1.0, y=-1.0)
    result = elementwise.where(velocity > 0, velocity, 0.0)
    assert isinstance(result, type(velocity))
    assert_close(result, vec(x=1.0, y=0.0))


def test_where_refuses_conditions_that_are_not_boolean():
    with pytest.raises(DTypeError, match="boolean condition, not by int64"):
        elementwise.where(wrap([0, 1], spatial("x")), 1, 2)


def test_safe_div_gives_0_where_the_divisor_is_0():
    x, y = wrap([0.0, 1.0, 6.0], spatial("x")), wrap([0.0, 0.0, 3.0], spatial("x"))
    assert_close(elementwise.safe_div(x, y), np.array([0.0, 0.0, 2.0]))
    assert float(elementwise.safe_div(1, 0)) == 0


def test_safe_mul_gives_0_where_the_factor_is_0():
    x = wrap([1.0, np.inf, np.nan], spatial("x"))
    result = elementwise.safe_mul(x, wrap([2.0, 0.0, 0.0], spatial("x")))
    assert_close(result, np.array([2.0, 0.0, 0.0]))


def test_nan_to_0_keeps_infinities():
    result = elementwise.nan_to_0(wrap([np.nan, np.inf, 1.0], spatial("x")))
    assert_close(result, np.array([0.0, np.inf, 1.0]))


def test_factorial_of_integers_is_exact_up_to_20():
    result = elementwise.factorial(wrap([0, 1, 5, 20], spatial("x")))
    assert result.dtype is DType(int, 64)
    assert_close(result, np.array([1, 1, 120, 2432902008176640000]), rtol=0)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, special.gammainc),
        ({"upper": True}, special.gammaincc),
        ({"regularized": False}, lambda a, x: special.gammainc(a, x) * special.gamma(a)),
    ],
)
def test_incomplete_gamma_matches_scipy(options, expected):
    a, x = np.array([0.5, 2.0, 3.5]), np.array([0.2, 2.5, 6.0])
    with precision(64):
        result = elementwise.incomplete_gamma(
            wrap(a, spatial("x")), wrap(x, spatial("x")), **options
        )
    assert_close(result, expected(a, x), rtol=1e-8)


def test_functions_run_on_each_component_of_varying_size():
    parts = [wrap([1.0, 4.0], spatial("x")), wrap([9.0], spatial("x"))]
    result = elementwise.sqrt(Stacked(parts, channel(c=2).single))
    assert_close(result.c[0], np.array([1.0, 2.0]))
    assert_close(result.c[1], np.array([3.0]))
    assert stack(parts, channel("c")).shape is result.shape

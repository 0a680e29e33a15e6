"""Cases of the topic `elementwise`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy import special

from phimath.testing.conformance.case import (
    ALL,
    COMPLEXES,
    FLOATING,
    FLOATS,
    INTEGERS,
    NUMERIC,
    REAL,
    Case,
    is_double,
    real_of,
    reference,
    sample,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_ANY: Final = (-2.5, -1.2, -0.5, 0.3, 1.5, 2.0)
_POSITIVE: Final = (0.1, 0.7, 1.0, 2.5, 10.0, 0.01)
_UNIT: Final = (-0.9, -0.5, -0.1, 0.2, 0.6, 0.95)
_ABOVE_ONE: Final = (1.1, 1.5, 2.0, 5.0, 1.01, 30.0)
_HALVES: Final = (-2.5, -1.5, -0.3, 0.5, 0.7, 2.5)
_SPECIAL: Final = (np.nan, np.inf, -np.inf, 0.0, 1.0, -1.0)


def _sign(x: np.ndarray) -> np.ndarray:
    return np.where(x == 0, 0, x / np.where(x == 0, 1, np.abs(x)))


# name: (NumPy's or SciPy's function, values, element types, whether it is differentiable)
_UNARY: Final[dict[str, tuple[Callable[..., Any], tuple[float, ...], tuple[str, ...], bool]]] = {
    "negative": (np.negative, _ANY, NUMERIC, True),
    "abs": (np.abs, _ANY, NUMERIC, True),
    "sign": (_sign, (*_ANY[:5], 0.0), NUMERIC, False),
    "floor": (np.floor, _HALVES, REAL, False),
    "ceil": (np.ceil, _HALVES, REAL, False),
    "round": (np.round, _HALVES, REAL, False),
    "exp": (np.exp, _ANY, FLOATING, True),
    "expm1": (np.expm1, (*_UNIT[:5], 1e-3), FLOATING, True),
    "log": (np.log, _POSITIVE, FLOATING, True),
    "log2": (np.log2, _POSITIVE, FLOATING, True),
    "log10": (np.log10, _POSITIVE, FLOATING, True),
    "log1p": (np.log1p, (*_UNIT[:5], 1e-3), FLOATING, True),
    "sqrt": (np.sqrt, _POSITIVE, FLOATING, True),
    "safe_sqrt": (np.sqrt, _POSITIVE, FLOATS, True),
    "reciprocal": (np.reciprocal, _ANY, FLOATING, True),
    "sin": (np.sin, _ANY, FLOATING, True),
    "cos": (np.cos, _ANY, FLOATING, True),
    "tan": (np.tan, _UNIT, FLOATING, True),
    "asin": (np.arcsin, _UNIT, FLOATING, True),
    "acos": (np.arccos, _UNIT, FLOATING, True),
    "atan": (np.arctan, _ANY, FLOATING, True),
    "sinh": (np.sinh, _ANY, FLOATING, True),
    "cosh": (np.cosh, _ANY, FLOATING, True),
    "tanh": (np.tanh, _ANY, FLOATING, True),
    "asinh": (np.arcsinh, _ANY, FLOATING, True),
    "acosh": (np.arccosh, _ABOVE_ONE, FLOATING, True),
    "atanh": (np.arctanh, _UNIT, FLOATING, True),
    "conj": (np.conj, _ANY, NUMERIC, True),
    "real": (np.real, _ANY, NUMERIC, True),
    "imag": (np.imag, _ANY, NUMERIC, True),
    "angle": (np.angle, _ANY, FLOATING, False),
    "isfinite": (np.isfinite, _SPECIAL, ALL, False),
    "isnan": (np.isnan, _SPECIAL, ALL, False),
    "isinf": (np.isinf, _SPECIAL, ALL, False),
    "logical_not": (np.logical_not, (0.0, 1.0), ("bool",), False),
    "bitwise_invert": (np.invert, (-7.0, 0.0, 5.0), INTEGERS, False),
    "sigmoid": (special.expit, (*_ANY, 1000.0, -1000.0), FLOATS, True),
    "softplus": (lambda x: np.logaddexp(x, 0), (*_ANY, 1000.0, -1000.0), FLOATS, True),
    "erf": (special.erf, _ANY, FLOATS, True),
    "log_gamma": (special.gammaln, (*_POSITIVE, -0.5, -2.3), FLOATS, False),
}

# name: (NumPy's or SciPy's function, values of both operands, element types, differentiable in)
_SIGNS: Final = ((-5.5, 5.5, -7.1, 7.1, 3.7, 0.4), (2.0, 2.0, -3.0, -3.0, 1.0, 4.0))
_BASES: Final = ((0.5, 2.0, 3.0, 1.0, 1.7, 4.0), (2.0, 3.0, 0.0, 5.0, 1.0, 2.0))
_PAIRS: Final = ((1.0, -2.0, 3.0, 0.0, 2.0, -1.0), (1.0, 2.0, -3.0, 1.0, 1.0, -1.0))
_APART: Final = ((1.2, -2.4, 3.1, 0.3, 2.0, -1.5), (1.9, 2.2, -3.7, 1.1, 1.0, -0.9))
_BITS: Final = ((12.0, 10.0, -7.0, 0.0, 255.0, 1.0), (10.0, 3.0, 5.0, 6.0, 15.0, 1.0))
_SHIFTS: Final = ((12.0, 10.0, -7.0, 0.0, 255.0, 1.0), (1.0, 0.0, 2.0, 3.0, 4.0, 5.0))
_FLAGS: Final = ((0.0, 0.0, 1.0, 1.0, 0.0, 1.0), (0.0, 1.0, 0.0, 1.0, 0.0, 1.0))
_GAMMA: Final = ((0.5, 1.0, 2.5, 5.0, 0.1, 3.0), (0.2, 1.0, 2.0, 8.0, 0.5, 0.01))
_Values = tuple[tuple[float, ...], tuple[float, ...]]
_BINARY: Final[dict[str, tuple[Callable[..., Any], _Values, tuple[str, ...], tuple[int, ...]]]] = {
    "add": (np.add, _APART, NUMERIC, (0, 1)),
    "subtract": (np.subtract, _APART, NUMERIC, (0, 1)),
    "multiply": (np.multiply, _APART, NUMERIC, (0, 1)),
    "divide": (np.divide, _APART, FLOATING, (0, 1)),
    "safe_divide": (np.divide, _APART, FLOATING, (0, 1)),
    "floor_divide": (np.floor_divide, _SIGNS, REAL, ()),
    "remainder": (np.remainder, _SIGNS, REAL, (0,)),
    "pow": (np.power, _BASES, NUMERIC, (0, 1)),
    "maximum": (np.maximum, _APART, REAL, (0, 1)),
    "minimum": (np.minimum, _APART, REAL, (0, 1)),
    "atan2": (np.arctan2, _APART, FLOATS, (0, 1)),
    "equal": (np.equal, _PAIRS, ALL, ()),
    "not_equal": (np.not_equal, _PAIRS, ALL, ()),
    "less": (np.less, _PAIRS, REAL, ()),
    "less_equal": (np.less_equal, _PAIRS, REAL, ()),
    "greater": (np.greater, _PAIRS, REAL, ()),
    "greater_equal": (np.greater_equal, _PAIRS, REAL, ()),
    "logical_and": (np.logical_and, _FLAGS, ("bool",), ()),
    "logical_or": (np.logical_or, _FLAGS, ("bool",), ()),
    "logical_xor": (np.logical_xor, _FLAGS, ("bool",), ()),
    "bitwise_and": (np.bitwise_and, _BITS, INTEGERS, ()),
    "bitwise_or": (np.bitwise_or, _BITS, INTEGERS, ()),
    "bitwise_xor": (np.bitwise_xor, _BITS, INTEGERS, ()),
    "bitwise_left_shift": (np.left_shift, _SHIFTS, INTEGERS, ()),
    "bitwise_right_shift": (np.right_shift, _SHIFTS, INTEGERS, ()),
    "lower_incomplete_gamma": (special.gammainc, _GAMMA, FLOATS, ()),
}

# Functions that a backend may have to compose by itself, so that an empty array is a case of its
# own.
_COMPOSED: Final = {
    *"sign round angle sigmoid softplus erf log_gamma lower_incomplete_gamma".split(),
    *"conj imag add pow remainder less".split(),
}
_TESTS: Final = {"isfinite", "isnan", "isinf", "equal", "not_equal", "less", "less_equal"} | {
    "greater",
    "greater_equal",
}
_TO_REAL: Final = {"abs", "real", "imag", "angle"}
# Series and approximations, which no framework rounds correctly.
_ULPS: Final = {"log_gamma": 512, "lower_incomplete_gamma": 4096, "pow": 128, "tan": 128}


def _values(numbers: tuple[float, ...], dtype: str) -> np.ndarray:
    """The numbers in this type; complex ones off the real axis, away from branch cuts."""
    with np.errstate(invalid="ignore"):
        if dtype in COMPLEXES:
            return (np.asarray(numbers) + 0.3j).astype(dtype)
        if dtype in INTEGERS:
            return np.nan_to_num(np.asarray(numbers), posinf=9, neginf=-9).astype(dtype)
        return np.asarray(numbers).astype(dtype)


def _result_type(name: str, dtype: str) -> str:
    if name in _TESTS:
        return "bool"
    return real_of(dtype) if name in _TO_REAL else dtype


def _unary() -> Iterator[Case]:
    for name, (function, numbers, dtypes, differentiable) in _UNARY.items():
        ulps = _ULPS.get(name, 64)
        for dtype in dtypes:
            values = _values(numbers, dtype)
            expected = reference(function, _result_type(name, dtype))
            wrt = (0,) if differentiable and is_double(dtype) else ()
            yield Case(dtype, name, (values,), expected, ulps=ulps, differentiable=wrt)
        values = _values(numbers, dtypes[0])
        expected = reference(function, _result_type(name, dtypes[0]))
        if name in _COMPOSED:
            yield Case("empty", name, (values[:0].reshape(0, 2),), expected)
        single = np.asarray(values[1])
        yield Case("rank-0", name, (single,), expected, ulps=ulps)


def _binary() -> Iterator[Case]:
    for name, (function, numbers, dtypes, differentiable) in _BINARY.items():
        ulps = _ULPS.get(name, 64)
        for dtype in dtypes:
            left, right = (_values(n, dtype) for n in numbers)
            expected = reference(function, _result_type(name, dtype))
            wrt = differentiable if is_double(dtype) else ()
            yield Case(dtype, name, (left, right), expected, ulps=ulps, differentiable=wrt)
        dtype = dtypes[0]
        expected = reference(function, _result_type(name, dtype))
        left, right = (_values(n, dtype) for n in numbers)
        if name in _COMPOSED:
            yield Case("empty", name, (left[:0], right[:0]), expected)
        yield Case("rank-0", name, (np.asarray(left[1]), np.asarray(right[1])), expected, ulps=ulps)
        pair = (left.reshape(6, 1), right[:2])
        yield Case("broadcast", name, pair, expected, ulps=ulps)
        yield Case("rank-0-first", name, (np.asarray(left[1]), right[:2]), expected, ulps=ulps)
        for dtype in (d for d in dtypes if d in ("float64", "int32", "complex64", "bool")):
            number = _NUMBERS[np.dtype(dtype).kind]
            expected = reference(function, _result_type(name, dtype))
            pair = (_values(numbers[0], dtype), number)
            yield Case(f"{dtype}-{number}", name, pair, expected, ulps=ulps)
        if "float32" in dtypes:
            expected = reference(function, _result_type(name, "float32"))
            yield Case("float32-2", name, (_values(numbers[0], "float32"), 2), expected, ulps=ulps)


_NUMBERS: Final = {"f": 1.5, "i": 2, "c": 1.5, "b": True}


def _exact_divisions() -> Iterator[Case]:
    pair = (np.asarray([6.0, -6.0, 0.0], "float32"), np.asarray([3.0, 2.0, -1.0], "float32"))
    for name, function in (("remainder", np.remainder), ("floor_divide", np.floor_divide)):
        yield Case("exact", name, pair, reference(function, "float32"))


_EXPONENTS: Final = (-3, -2.5, -2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 2.5, 3, 7, 1.3, 17.0)


def _constant_powers() -> Iterator[Case]:
    for exponent in _EXPONENTS:
        is_integer = isinstance(exponent, int)
        dtypes = (*FLOATING, *INTEGERS) if is_integer and exponent >= 0 else FLOATING
        for dtype in dtypes:
            numbers = _ANY if is_integer or dtype in COMPLEXES else _ABOVE_ONE
            values = _values(numbers, dtype)
            expected = reference(np.power, dtype)
            wrt = (0,) if is_double(dtype) and abs(exponent) < 8 else ()
            name = f"{dtype}-{exponent}"
            yield Case(name, "power_of", (values, exponent), expected, ulps=128, differentiable=wrt)
    zero = np.zeros(2)
    pair = np.array([1.5, 0.0, -2.0, np.inf]), np.array([0.0, 0.0, 4.0, 0.0])
    yield Case("zero", "safe_divide", pair, lambda *_: np.array([0.0, 0.0, -0.5, 0.0]))
    yield Case("number-0", "safe_divide", (pair[0], 0), lambda *_: np.zeros(4))
    yield Case("zero", "safe_sqrt", (zero,), reference(np.sqrt, "float64"))
    for exponent in (1, 1.5, 2, 2.5, 3):
        yield Case(f"zero-{exponent}", "power_of", (zero, exponent), reference(np.power, "float64"))


def _where() -> Iterator[Case]:
    condition = np.array([True, False, True])
    for dtype in ALL:
        pair = (sample(dtype, 2, 3), sample(dtype, 2, 3, seed=1))
        wrt = (1, 2) if is_double(dtype) else ()
        expected = reference(np.where, dtype)
        yield Case(dtype, "where", (condition, *pair), expected, differentiable=wrt)
    scalars = (np.asarray(True), np.asarray(1.5), np.asarray(2.5))
    yield Case("rank-0", "where", scalars, reference(np.where, "float64"))


CASES: Final = (*_unary(), *_binary(), *_exact_divisions(), *_constant_powers(), *_where())

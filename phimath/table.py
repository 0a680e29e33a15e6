"""The table of elementwise operations, as plain data.

Each row names the operation, the backend function behind it, its rule for data types, its
derivative and its algebraic facts. Tensors of every storage and all tracers work from these rows,
so that a new operation is one new row.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import log as natural_logarithm
from math import pi, sqrt
from typing import TYPE_CHECKING, Any, Literal

from phimath.dtype import BOOL, DEFAULT_INT, DType, promote
from phimath.errors import DTypeError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Rule = Literal[
    "numeric", "float", "real", "phase", "equal", "order", "test", "logic", "shift", "select"
]


@dataclass(frozen=True, eq=False)
class Operation:
    """One row.

    function: name in the backend contract; boolean_function: the one for booleans, where it
    differs.
    derivative: one partial derivative per argument, `None` where it is zero or unknown.
    unknown_derivative: arguments by which there is a derivative, but no formula for it here.
    tangent: change of the result for the change `dx` of a complex argument, where that is no
    product with a number, because the function is not holomorphic.
    linear_in: arguments in which it is linear while the others are constant; jointly_linear: linear
    in all at once.
    zero_preserving: the result is zero wherever the first argument is, so that sparse patterns
    survive.
    """

    name: str
    function: str
    arity: int
    rule: Rule
    symbol: str = ""
    derivative: tuple[Callable[..., Any] | None, ...] | None = None
    linear_in: tuple[int, ...] = ()
    jointly_linear: bool = False
    zero_preserving: bool = False
    boolean_function: str = ""
    unknown_derivative: tuple[int, ...] = ()
    tangent: Callable[..., Any] | None = None

    def __repr__(self) -> str:
        return self.name


def _two_over_root_pi_gauss(op: Any, y: Any, x: Any) -> Any:
    return (2 / sqrt(pi)) * op.exp(-(x * x))


def _power_by_base(op: Any, y: Any, a: Any, b: Any) -> Any:
    # a⁰ is constant also at 0, where a⁻¹ is infinite.
    return op.where(b == 0, 0, b * a ** op.where(b == 0, 1, b - 1))


def _safe_inverse(op: Any, y: Any, a: Any, b: Any) -> Any:
    is_zero = b == 0
    return op.where(is_zero, 0, 1 / op.where(is_zero, 1, b))


def _half_over_root(op: Any, y: Any, x: Any) -> Any:
    is_zero = y == 0
    return op.where(is_zero, 0, 0.5 / op.where(is_zero, 1, y))


# Bernoulli numbers B₂ₖ / 2k, k = 1 … 7.
_DIGAMMA_SERIES = (1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12)


def _digamma(op: Any, y: Any, x: Any) -> Any:
    """Derivative of log|Γ(x)|; Abramowitz & Stegun (1964), 6.3.5, 6.3.7 and 6.3.18."""
    mirrored = x < 0.5
    positive = op.where(mirrored, 1 - x, x)
    far = positive + 8
    inverse_square = 1 / (far * far)
    series = inverse_square * _DIGAMMA_SERIES[-1]
    for coefficient in _DIGAMMA_SERIES[-2::-1]:
        series = inverse_square * (series + coefficient)
    result = op.log(far) - 0.5 / far - series
    for step in range(8):
        result = result - 1 / (positive + step)
    # Of the distance to the nearest integer, for which the tangent is exact.
    tangent = op.tan(pi * op.where(mirrored, x - op.round(x), 0.25))
    return op.where(mirrored, result - pi / tangent, result)


# --- complex numbers: real parts of products, as none of these functions is holomorphic ---


def _tangent_of_abs(op: Any, y: Any, x: Any, dx: Any) -> Any:
    return op.real(op.conjugate(op.sign(x)) * dx)


def _tangent_of_sign(op: Any, y: Any, x: Any, dx: Any) -> Any:
    twice_size = 2 * x * op.conjugate(y)
    return (dx - y * y * op.conjugate(dx)) / op.where(x == 0, 1, twice_size)


def _tangent_of_angle(op: Any, y: Any, x: Any, dx: Any) -> Any:
    return op.imag(op.conjugate(x) * dx) / op.real(op.conjugate(x) * x)


_ROWS = (
    # name, function, arity, rule
    Operation(
        "add", "add", 2, "numeric", "+",
        (lambda op, y, a, b: 1, lambda op, y, a, b: 1),
        (), True,
    ),
    Operation(
        "subtract", "subtract", 2, "numeric", "-",
        (lambda op, y, a, b: 1, lambda op, y, a, b: -1),
        (), True,
    ),
    Operation(
        "multiply", "multiply", 2, "numeric", "*",
        (lambda op, y, a, b: b, lambda op, y, a, b: a),
        (0, 1), False, True,
    ),
    Operation(
        "divide", "divide", 2, "float", "/",
        (lambda op, y, a, b: 1 / b, lambda op, y, a, b: -y / b),
        (0,), False, True,
    ),
    Operation(
        "safe_div", "safe_divide", 2, "float", "",
        (_safe_inverse, lambda op, y, a, b: -y * _safe_inverse(op, y, a, b)),
        (0,), False, True,
    ),
    Operation("floor_divide", "floor_divide", 2, "numeric", "//", (None, None), (), False, True),
    Operation(
        "remainder", "remainder", 2, "numeric", "%",
        (lambda op, y, a, b: 1, lambda op, y, a, b: -op.floor_divide(a, b)),
        (), False, True,
    ),
    Operation(
        "power", "pow", 2, "numeric", "**",
        (
            _power_by_base,
            lambda op, y, a, b: y * op.log(op.where(a == 0, 1, a)),
        ),
    ),
    Operation("maximum", "maximum", 2, "numeric", "", (
        lambda op, y, a, b: a >= b, lambda op, y, a, b: a < b)),
    Operation("minimum", "minimum", 2, "numeric", "", (
        lambda op, y, a, b: a <= b, lambda op, y, a, b: a > b)),
    Operation("arctan2", "atan2", 2, "float", "", (
        lambda op, y, a, b: b / (a * a + b * b), lambda op, y, a, b: -a / (a * a + b * b))),
    Operation("equal", "equal", 2, "equal", "=="),
    Operation("not_equal", "not_equal", 2, "equal", "!="),
    Operation("less", "less", 2, "order", "<"),
    Operation("less_equal", "less_equal", 2, "order", "<="),
    Operation("greater", "greater", 2, "order", ">"),
    Operation("greater_equal", "greater_equal", 2, "order", ">="),
    Operation("bitwise_and", "bitwise_and", 2, "logic", "&",
        boolean_function="logical_and", zero_preserving=True),
    Operation("bitwise_or", "bitwise_or", 2, "logic", "|", boolean_function="logical_or"),
    Operation("bitwise_xor", "bitwise_xor", 2, "logic", "^", boolean_function="logical_xor"),
    Operation("shift_left", "bitwise_left_shift", 2, "shift", "<<", zero_preserving=True),
    Operation("shift_right", "bitwise_right_shift", 2, "shift", ">>", zero_preserving=True),
    Operation("invert", "bitwise_invert", 1, "logic", "~", boolean_function="logical_not"),
    Operation("negative", "negative", 1, "numeric", "-", (lambda op, y, x: -1,), (0,), True, True),
    Operation("abs", "abs", 1, "real", "",
        (lambda op, y, x: op.sign(x),), zero_preserving=True, tangent=_tangent_of_abs),
    Operation("sign", "sign", 1, "numeric", "",
        (None,), zero_preserving=True, tangent=_tangent_of_sign),
    Operation("floor", "floor", 1, "numeric", "", (None,), zero_preserving=True),
    Operation("ceil", "ceil", 1, "numeric", "", (None,), zero_preserving=True),
    Operation("round", "round", 1, "numeric", "", (None,), zero_preserving=True),
    Operation("exp", "exp", 1, "float", "", (lambda op, y, x: y,)),
    Operation("expm1", "expm1", 1, "float", "", (lambda op, y, x: y + 1,), zero_preserving=True),
    Operation("log", "log", 1, "float", "", (lambda op, y, x: 1 / x,)),
    Operation("log2", "log2", 1, "float", "", (lambda op, y, x: (1 / natural_logarithm(2)) / x,)),
    Operation("log10", "log10", 1, "float", "",
        (lambda op, y, x: (1 / natural_logarithm(10)) / x,)),
    Operation("log1p", "log1p", 1, "float", "",
        (lambda op, y, x: 1 / (1 + x),), zero_preserving=True),
    Operation("sqrt", "sqrt", 1, "float", "", (lambda op, y, x: 0.5 / y,), zero_preserving=True),
    Operation("safe_sqrt", "safe_sqrt", 1, "float", "", (_half_over_root,), zero_preserving=True),
    Operation("reciprocal", "reciprocal", 1, "float", "", (lambda op, y, x: -y * y,)),
    Operation("sin", "sin", 1, "float", "", (lambda op, y, x: op.cos(x),), zero_preserving=True),
    Operation("cos", "cos", 1, "float", "", (lambda op, y, x: -op.sin(x),)),
    Operation("tan", "tan", 1, "float", "", (lambda op, y, x: 1 + y * y,), zero_preserving=True),
    Operation("arcsin", "asin", 1, "float", "",
        (lambda op, y, x: 1 / op.sqrt(1 - x * x),), zero_preserving=True),
    Operation("arccos", "acos", 1, "float", "", (lambda op, y, x: -1 / op.sqrt(1 - x * x),)),
    Operation("arctan", "atan", 1, "float", "",
        (lambda op, y, x: 1 / (1 + x * x),), zero_preserving=True),
    Operation("sinh", "sinh", 1, "float", "", (lambda op, y, x: op.cosh(x),), zero_preserving=True),
    Operation("cosh", "cosh", 1, "float", "", (lambda op, y, x: op.sinh(x),)),
    Operation("tanh", "tanh", 1, "float", "", (lambda op, y, x: 1 - y * y,), zero_preserving=True),
    Operation("arcsinh", "asinh", 1, "float", "",
        (lambda op, y, x: 1 / op.sqrt(x * x + 1),), zero_preserving=True),
    Operation("arccosh", "acosh", 1, "float", "", (lambda op, y, x: 1 / op.sqrt(x * x - 1),)),
    Operation("arctanh", "atanh", 1, "float", "",
        (lambda op, y, x: 1 / (1 - x * x),), zero_preserving=True),
    Operation("sigmoid", "sigmoid", 1, "float", "", (lambda op, y, x: y * (1 - y),)),
    Operation("soft_plus", "softplus", 1, "float", "", (lambda op, y, x: op.sigmoid(x),)),
    Operation("erf", "erf", 1, "float", "", (_two_over_root_pi_gauss,), zero_preserving=True),
    Operation("log_gamma", "log_gamma", 1, "float", "", (_digamma,)),
    Operation("incomplete_gamma", "lower_incomplete_gamma", 2, "float", "", (
        None, lambda op, y, a, x: op.exp((a - 1) * op.log(x) - x - op.log_gamma(a))),
        unknown_derivative=(0,)),
    Operation("conjugate", "conj", 1, "numeric", "", (lambda op, y, x: 1,),
        zero_preserving=True, tangent=lambda op, y, x, dx: op.conjugate(dx)),
    Operation("real", "real", 1, "real", "", (lambda op, y, x: 1,),
        zero_preserving=True, tangent=lambda op, y, x, dx: op.real(dx)),
    Operation("imag", "imag", 1, "real", "", (None,),
        zero_preserving=True, tangent=lambda op, y, x, dx: op.imag(dx)),
    Operation("angle", "angle", 1, "phase", "", (None,), tangent=_tangent_of_angle),
    Operation("is_finite", "isfinite", 1, "test"),
    Operation("is_nan", "isnan", 1, "test", zero_preserving=True),
    Operation("is_inf", "isinf", 1, "test", zero_preserving=True),
    Operation(
        "where", "where", 3, "select", "",
        (None, lambda op, y, c, a, b: c, lambda op, y, c, a, b: op.invert(c)),
        (1, 2),
    ),
)  # fmt: skip

OPERATIONS: dict[str, Operation] = {row.name: row for row in _ROWS}


@lru_cache(maxsize=4096)
def result_dtypes(
    operation: Operation, bits: int, operands: tuple[DType | type, ...]
) -> tuple[DType, DType]:
    """Type that the operands are cast to, and type of the result, at `bits` of precision.

    A Python number is given by its class: it adapts to the kind of the tensors, not to their width.
    """
    rule = operation.rule
    if rule == "select":
        _check_condition(operation, operands[0])
        operands = operands[1:]
    if rule == "test":
        assert isinstance(operands[0], DType)
        return operands[0], BOOL
    common = _common(operands, bits)
    if common is BOOL and rule not in _WITH_BOOLEANS:
        common = DEFAULT_INT
    _check_kind(operation, common)
    if rule in ("equal", "order"):
        return common, BOOL
    if rule in ("float", "phase") and not common.is_floating:
        common = promote(common, _FLOAT, bits=bits)
    if rule in ("real", "phase") and common.kind == "complex":
        return common, DType(float, common.bits // 2)
    return common, common


_WITH_BOOLEANS = ("equal", "logic", "select")


def _check_condition(operation: Operation, condition: DType | type) -> None:
    if condition not in (BOOL, bool):
        name = condition.name if isinstance(condition, DType) else condition.__name__
        raise DTypeError(
            f"{operation.name}() selects by a boolean condition, not by {name}. "
            "Compare first, e.g. where(x > 0, …)."
        )


def _check_kind(operation: Operation, common: DType) -> None:
    if operation.rule == "logic" and common.is_floating:
        raise DTypeError(
            f"'{operation.symbol}' is defined for booleans and integers, not for {common}. "
            "Compare or cast first, e.g. (x > 0)."
        )
    if operation.rule == "shift" and common.is_floating:
        raise DTypeError(
            f"'{operation.symbol}' shifts integers, not {common}. Cast to an integer type."
        )
    if common.kind == "complex" and (operation.rule == "order" or operation.function in _REAL_ONLY):
        raise DTypeError(
            f"{operation.name} is not defined for complex numbers. Use real(x), imag(x) or abs(x)."
        )


_FLOAT = DType("float32")
_REAL_ONLY = frozenset(
    (
        "maximum minimum floor ceil round floor_divide remainder "
        "atan2 sigmoid softplus erf log_gamma lower_incomplete_gamma"
    ).split()
)


def _common(operands: Sequence[DType | type], bits: int) -> DType:
    tensors = [o for o in operands if isinstance(o, DType)]
    numbers = [o for o in operands if not isinstance(o, DType)]
    kinds = [DType(number, bits=None) for number in numbers]
    if any(kind.is_floating for kind in kinds):
        return promote(*tensors, *kinds, bits=bits)
    dtype = promote(*(tensors or kinds), bits=bits)
    return promote(dtype, DEFAULT_INT, bits=bits) if dtype is BOOL and int in numbers else dtype

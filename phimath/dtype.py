"""Data types: one interned object per kind and width, and the one rule for result types.

Floating results have the precision of the context, whatever the inputs; integers and booleans
promote as the Array API standard says
(https://data-apis.org/array-api/latest/API_specification/type_promotion.html).
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING, Final, NoReturn, final

from phimath.errors import DTypeError

if TYPE_CHECKING:
    from collections.abc import Iterator

_NUMBER_KINDS: Final[dict[type, str]] = {
    bool: "bool",
    int: "int",
    float: "float",
    complex: "complex",
}


@final
class DType:
    """One element type, e.g. `DType(float, 32)` or `DType("float32")`.

    Interned: compare with `is`.
    """

    __slots__ = ("__weakref__", "bits", "is_floating", "kind", "name")

    kind: str
    bits: int
    name: str
    is_floating: bool

    def __new__(cls, kind: type | str | DType, bits: int | None = None) -> DType:
        """Look up a type by kind (`bool`, `int`, `float`, `complex`, a name) and width in bits."""
        if isinstance(kind, DType):
            return kind
        name = kind if isinstance(kind, str) else _NUMBER_KINDS.get(kind, "")
        if name in _BY_NAME:
            return _BY_NAME[name]
        if bits is not None:
            found = _BY_NAME.get("bool" if name == "bool" else f"{name}{bits}")
        elif name in ("float", "complex"):
            found = float_dtype() if name == "float" else complex_dtype()
        else:
            found = _BY_NAME.get(f"{name}64")
        if found is None:
            raise DTypeError(
                f"There is no data type {kind!r}{'' if bits is None else f' with {bits} bits'}. "
                f"Available are {', '.join(_BY_NAME)}, and bool, int, float, complex of Python."
            )
        return found

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"Data types are shared and can't be changed: '{name}' cannot be set.")

    def __repr__(self) -> str:
        return self.name

    def __reduce__(self) -> tuple[type[DType], tuple[str]]:
        return DType, (self.name,)

    @property
    def is_numeric(self) -> bool:
        """Everything but `bool`."""
        return self.kind != "bool"

    @property
    def itemsize(self) -> int:
        """Bytes per element."""
        return self.bits // 8

    @property
    def precision(self) -> int | None:
        """Bits of the (real) mantissa's type for floating types, `None` for the others."""
        return (
            self.bits
            if self.kind == "float"
            else self.bits // 2
            if self.kind == "complex"
            else None
        )


_BY_NAME: dict[str, DType] = {}


def _define(kind: str, bits: int) -> DType:
    dtype = object.__new__(DType)
    object.__setattr__(dtype, "kind", kind)
    object.__setattr__(dtype, "bits", bits)
    object.__setattr__(dtype, "name", kind if kind == "bool" else f"{kind}{bits}")
    object.__setattr__(dtype, "is_floating", kind in ("float", "complex"))
    _BY_NAME[dtype.name] = dtype
    return dtype


BOOL = _define("bool", 8)
INT8, INT16, INT32, INT64 = (_define("int", bits) for bits in (8, 16, 32, 64))
UINT8, UINT16, UINT32, UINT64 = (_define("uint", bits) for bits in (8, 16, 32, 64))
FLOAT16, FLOAT32, FLOAT64 = (_define("float", bits) for bits in (16, 32, 64))
COMPLEX64, COMPLEX128 = (_define("complex", bits) for bits in (64, 128))
DEFAULT_INT = INT64

FLOAT_OF_PRECISION: Final = {16: FLOAT16, 32: FLOAT32, 64: FLOAT64}
# There is no 32-bit complex type in any backend: half precision computes complex numbers in 64
# bits.
COMPLEX_OF_PRECISION: Final = {16: COMPLEX64, 32: COMPLEX64, 64: COMPLEX128}

_default_precision = [32]
_precision: ContextVar[int | None] = ContextVar("precision", default=None)


def precision_bits() -> int:
    """Bits of floating results in this context: 16, 32 (default) or 64."""
    return _precision.get() or _default_precision[0]


def get_precision() -> int:
    """Bits of floating results in this context: 16, 32 (default) or 64."""
    return precision_bits()


def _checked_precision(bits: int) -> int:
    if bits not in FLOAT_OF_PRECISION:
        raise DTypeError(f"Precision must be 16, 32 or 64 bits, not {bits!r}.")
    return bits


def set_precision(bits: int) -> None:
    """Make `bits` (16, 32 or 64) the precision of floating results in the whole process."""
    _default_precision[0] = _checked_precision(bits)


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Compute with `bits` (16, 32, 64) inside of the `with` block, in this thread or task only."""
    token = _precision.set(_checked_precision(bits))
    try:
        yield
    finally:
        _precision.reset(token)


def float_dtype() -> DType:
    """The real floating type of this context."""
    return FLOAT_OF_PRECISION[precision_bits()]


def complex_dtype() -> DType:
    """The complex type of this context."""
    return COMPLEX_OF_PRECISION[precision_bits()]


def number_kind(number: object) -> str | None:
    """Kind of a Python number, `None` for anything else."""
    return _NUMBER_KINDS.get(type(number))


@cache
def promote(*dtypes: DType, bits: int) -> DType:
    """The type in which values of all `dtypes` can be combined at `bits` of precision."""
    kinds = {d.kind for d in dtypes}
    if "complex" in kinds:
        return COMPLEX_OF_PRECISION[bits]
    if "float" in kinds:
        return FLOAT_OF_PRECISION[bits]
    result = dtypes[0]
    for dtype in dtypes[1:]:
        result = _promote_integers(result, dtype)
    return result


def _promote_integers(a: DType, b: DType) -> DType:
    if a is b or b is BOOL:
        return a
    if a is BOOL:
        return b
    if a.kind == b.kind:
        return a if a.bits >= b.bits else b
    unsigned, signed = (a, b) if a.kind == "uint" else (b, a)
    if unsigned.bits < signed.bits:
        return signed
    if unsigned.bits == 64:
        raise DTypeError(
            f"No integer type holds both {a} and {b}. Cast one of them first, "
            "e.g. with cast(x, DType(int, 64))."
        )
    return _BY_NAME[f"int{2 * unsigned.bits}"]

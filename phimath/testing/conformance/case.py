"""What a case is: one call of the contract on NumPy values, and what it must give.

Cases are data: the modes in `modes.py` decide how each is run, e.g. eagerly, on another device or
differentiated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy.sparse import issparse

from phimath.backend.contract.elementwise import BINARY, DERIVED, UNARY
from phimath.dtype import DType

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.backend import Backend

FLOATS: Final = ("float32", "float64")
COMPLEXES: Final = ("complex64", "complex128")
INTEGERS: Final = ("int32", "int64")
FLOATING: Final = FLOATS + COMPLEXES
REAL: Final = FLOATS + INTEGERS
NUMERIC: Final = REAL + COMPLEXES
ALL: Final = (*NUMERIC, "bool")

REAL_OF: Final = {"complex64": "float32", "complex128": "float64"}
ELEMENTWISE: Final = (*UNARY, *BINARY, *DERIVED, "where")


@dataclass(frozen=True, eq=False)
class Plain:
    """An argument to be passed as it is, e.g. a NumPy array that must not become native."""

    value: Any  # any type that the contract takes


@dataclass(frozen=True, eq=False)
class Made:
    """An argument that is made from the backend, e.g. a function of native arrays."""

    make: Callable[[Backend[Any]], Any]


@dataclass(frozen=True, eq=False)
class Case:
    """One row.

    method: name of a contract method or elementwise function.
    arguments: NumPy arrays become native, also inside of lists and tuples; `Plain`, `Made` and
        all others as described there.
    expected: gives the results from the arguments as they stand here; arrays have the exact
        element type that is promised.
    observe: what of the results, as NumPy values, is compared where they are not unique
        (eigenvectors have any phase).
    result_types: element types of the native results where `observe` hides them.
    ulps: allowed deviation in units of the precision.
    differentiable: positions of the arguments whose derivative is compared with finite differences.
    differentiated: positions of those results that enter this derivative, all by default.
    takes_device: whether the method has an argument `device`.
    program_arguments: for methods whose result is a program: what it is called with, twice.  The
        results of the second call count.
    """

    name: str
    method: str
    arguments: tuple[Any, ...]
    expected: Callable[..., Any]
    observe: Callable[..., Any] | None = None
    result_types: tuple[str, ...] = ()
    ulps: float = 64
    differentiable: tuple[int, ...] = ()
    differentiated: tuple[int, ...] | None = None
    takes_device: bool = False
    program_arguments: tuple[Any, ...] | None = None

    def __str__(self) -> str:
        return f"{self.method}-{self.name}"


def element_types(argument: Any) -> set[str]:
    """Names of the element types that an argument, or a list of them, needs."""
    if isinstance(argument, (list, tuple)):
        return {name for part in argument for name in element_types(part)}
    value = argument.value if isinstance(argument, Plain) else argument
    if isinstance(value, DType):
        return {value.name}
    return {value.dtype.name} if isinstance(value, np.ndarray) else set()


def to_native(backend: Backend[Any], argument: Any, device: str | None = None) -> Any:
    """The argument as the method takes it."""
    if isinstance(argument, Plain):
        return argument.value
    if isinstance(argument, Made):
        return argument.make(backend)
    if isinstance(argument, np.ndarray):
        return backend.from_numpy(argument, device)
    if isinstance(argument, list):
        return [to_native(backend, a, device) for a in argument]
    if isinstance(argument, tuple):
        return tuple(to_native(backend, a, device) for a in argument)
    return argument


def method_of(backend: Backend[Any], name: str) -> Callable[..., Any]:
    """The method, or the elementwise function as programs get it."""
    return backend.function(name) if name in ELEMENTWISE else getattr(backend, name)


def to_numpy(backend: Backend[Any], result: Any) -> Any:
    """Native arrays become NumPy's, inside of tuples too; all others stay."""
    if isinstance(result, (tuple, list)):
        return tuple(to_numpy(backend, r) for r in result)
    if backend.is_sparse(result) or issparse(result):  # SciPy's, where there are none of its own
        return to_numpy(backend, backend.sparse_parts(result))
    return np.asarray(backend.to_numpy(result)) if backend.owns(result) else result


def reference(function: Callable[..., Any], dtype: str) -> Callable[..., Any]:
    """`function` of NumPy arrays, evaluated in double precision and rounded to `dtype`."""

    def expected(*arguments: Any) -> np.ndarray:
        with np.errstate(all="ignore"):
            return np.asarray(function(*map(_widen, arguments))).astype(dtype)

    return expected


def _widen(value: Any) -> Any:
    if isinstance(value, Plain):
        return value.value
    if isinstance(value, list):
        return [_widen(v) for v in value]
    if isinstance(value, np.ndarray) and value.dtype.kind in "fc":
        return value.astype("complex128" if value.dtype.kind == "c" else "float64")
    return value


def sample(dtype: str, *sizes: int, seed: int = 0) -> np.ndarray:
    """Values of magnitude about 1 and of both signs, small integers, or booleans."""
    generator = np.random.default_rng(seed)
    if dtype == "bool":
        return np.asarray(generator.random(sizes) < 0.5)
    if dtype.startswith(("int", "uint")):
        lowest = 0 if dtype.startswith("u") else -5
        return np.asarray(generator.integers(lowest, 6, sizes)).astype(dtype)
    values = generator.standard_normal(sizes)
    if dtype.startswith("complex"):
        values = values + 1j * generator.standard_normal(sizes)
    return np.asarray(values).astype(dtype)


def real_of(dtype: str) -> str:
    """The real type of a complex one; all others are their own."""
    return REAL_OF.get(dtype, dtype)


def is_double(dtype: str) -> bool:
    """Whether derivatives can be compared with finite differences."""
    return dtype in ("float64", "complex128")

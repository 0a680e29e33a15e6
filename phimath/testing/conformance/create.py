"""Cases of the topic `create`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from phimath.dtype import DType
from phimath.testing.conformance.case import Case

if TYPE_CHECKING:
    from collections.abc import Iterator

_FILLS: Final[dict[str, complex]] = {
    "float16": 1.5,
    "float32": -2.5,
    "float64": 0.1,
    "int8": -3,
    "uint8": 200,
    "int32": 2**31 - 1,
    "int64": 2**62,
    "bool": True,
    "complex64": 1 - 2j,
    "complex128": 0.1j,
}


def _full(sizes: tuple[int, ...], value: complex, dtype: DType) -> np.ndarray:
    return np.full(sizes, value, dtype.name)


def _range(start: int, stop: int, step: int, dtype: DType) -> np.ndarray:
    return np.arange(start, stop, step).astype(dtype.name)


def _cases() -> Iterator[Case]:
    def case(name: str, method: str, *arguments: Any) -> Case:
        function = _full if method == "full" else _range
        return Case(name, method, arguments, function, takes_device=True, ulps=0)

    for name, value in _FILLS.items():
        yield case(name, "full", (2, 3), value, DType(name))
        yield case(f"{name}-rank-0", "full", (), value, DType(name))
    yield case("empty", "full", (0, 2), 1.0, DType("float32"))
    yield case("int-in-float", "full", (2,), 3, DType("float64"))
    yield case("int-in-complex", "full", (2,), 3, DType("complex64"))
    for name in ("int32", "int64", "float32", "float64"):
        yield case(f"{name}-up", "arange", 0, 5, 1, DType(name))
        yield case(f"{name}-steps", "arange", -3, 8, 3, DType(name))
        yield case(f"{name}-down", "arange", 5, -2, -2, DType(name))
        yield case(f"{name}-nothing", "arange", 3, 3, 1, DType(name))


CASES: Final = tuple(_cases())

"""Topic `convert` for NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np

from phimath.backend.array_api.convert import NAMES
from phimath.backend.contract.convert import Convert
from phimath.dtype import DType
from phimath.errors import DTypeError


class _DTypes(dict[np.dtype, DType]):
    """Lookup without a method call on the common path; `dtype` is asked for every wrapped array."""

    def __missing__(self, native: np.dtype) -> DType:
        found = self.get(native.newbyteorder("="))
        if found is None:
            raise DTypeError(
                f"NumPy elements of type {native} are not supported. "
                f"Convert them first with array.astype(...) to one of {', '.join(NAMES)}."
            )
        return found


_NATIVE = {DType(name): np.dtype(name) for name in NAMES}
_OF_NATIVE = _DTypes({native: dtype for dtype, native in _NATIVE.items()})


class NumpyConvert(Convert[np.ndarray]):
    """One device, no asynchrony, no tracing; NumPy scalars count as arrays without axes."""

    def owns(self, array: object) -> bool:
        """Arrays and NumPy scalars."""
        return isinstance(array, np.ndarray | np.generic)

    def dtype(self, array: np.ndarray) -> DType:
        """0.1 µs by a dict, 0.2 µs by the generic method."""
        return _OF_NATIVE[array.dtype]

    def native_dtype(self, dtype: DType) -> np.dtype:
        """A `numpy.dtype`."""
        return _NATIVE[dtype]

    def cast(self, array: np.ndarray, dtype: DType) -> np.ndarray:
        """By `astype`, on the real part where the imaginary part is dropped."""
        if array.dtype.kind == "c" and dtype.kind not in ("complex", "bool"):
            array = np.real(array)
        return array.astype(_NATIVE[dtype], copy=False)

    def sizes(self, array: np.ndarray) -> tuple[int, ...]:
        """Attribute `shape`."""
        return array.shape

    def from_numpy(self, array: np.ndarray, device: str | None = None) -> np.ndarray:
        """The same array; foreign byte order is the one thing that costs a copy."""
        return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))

    def to_numpy(self, array: np.ndarray) -> np.ndarray:
        """A read-only view."""
        view = np.asarray(array).view()
        view.flags.writeable = False
        return view

    def from_dlpack(self, array: Any) -> np.ndarray:
        """By `numpy.from_dlpack`, read-only."""
        return np.from_dlpack(array)

    def copy(self, array: np.ndarray) -> np.ndarray:
        """By `copy`."""
        return array.copy()

    def devices(self) -> tuple[str, ...]:
        """The CPU."""
        return ("cpu",)

    def device(self, array: np.ndarray) -> str:
        """The CPU."""
        return "cpu"

    def to_device(self, array: np.ndarray, device: str) -> np.ndarray:
        """The same array: there is one device."""
        return array

"""Topic `convert` over an Array API namespace."""

from __future__ import annotations

from functools import cached_property
from typing import Any, ClassVar, TypeVar

import numpy as np

from phimath.backend.contract.convert import Convert
from phimath.dtype import DType
from phimath.errors import DTypeError

A = TypeVar("A")

NAMES = (
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "float32", "float64", "complex64", "complex128"),
)


class ArrayApiConvert(Convert[A]):
    """Conversions by the standard's `asarray`, `astype`, `from_dlpack` and inspection functions."""

    xp: ClassVar[Any]  # namespaces share no type

    def owns(self, array: object) -> bool:
        """Arrays know their namespace."""
        namespace = getattr(array, "__array_namespace__", None)
        return namespace is not None and not isinstance(array, type) and namespace() is self.xp

    @cached_property
    def _native(self) -> dict[DType, Any]:
        return {DType(name): getattr(self.xp, name) for name in NAMES if hasattr(self.xp, name)}

    @cached_property
    def _of_native(self) -> dict[Any, DType]:
        # Some namespaces offer constructors under these names; arrays report something else.
        return {self.xp.empty(0, dtype=n).dtype: dtype for dtype, n in self._native.items()}

    def dtype(self, array: A) -> DType:
        """Look up what the array reports."""
        native: Any = array.dtype  # pyright: ignore[reportAttributeAccessIssue]
        try:
            return self._of_native[native]
        except KeyError as error:
            raise DTypeError(
                f"Elements of type {native} are not supported. "
                f"Convert them first to one of {', '.join(NAMES)}."
            ) from error

    def native_dtype(self, dtype: DType) -> Any:
        """Look up the name in the namespace."""
        try:
            return self._native[dtype]
        except KeyError as error:
            raise DTypeError(
                f"{self.xp.__name__} has no data type {dtype}. Choose another precision."
            ) from error

    def cast(self, array: A, dtype: DType) -> A:
        """The standard forbids complex to real, so that the real part is taken first."""
        if dtype.kind != "complex" and self.dtype(array).kind == "complex":
            array = self.xp.not_equal(array, 0) if dtype.kind == "bool" else self.xp.real(array)
        return self.xp.astype(array, self.native_dtype(dtype), copy=False)

    def sizes(self, array: A) -> tuple[int, ...]:
        """Attribute `shape`."""
        return tuple(array.shape)  # pyright: ignore[reportAttributeAccessIssue]

    def from_numpy(self, array: np.ndarray, device: str | None = None) -> A:
        """By `asarray`."""
        return self.xp.asarray(array, device=self._native_device(device))

    def to_numpy(self, array: A) -> np.ndarray:
        """By DLPack, read-only."""
        result = np.from_dlpack(array).view()  # pyright: ignore[reportArgumentType]
        result.flags.writeable = False
        return result

    def from_dlpack(self, array: Any) -> A:
        """By `from_dlpack`."""
        return self.xp.from_dlpack(array)

    def copy(self, array: A) -> A:
        """By `asarray(copy=True)`."""
        return self.xp.asarray(array, copy=True)

    @cached_property
    def _devices(self) -> dict[str, Any]:
        info = self.xp.__array_namespace_info__()
        devices = sorted(info.devices(), key=lambda device: device != info.default_device())
        return {self.device_name(device): device for device in devices}

    def device_name(self, device: Any) -> str:  # device objects share no type
        """How a native device is called here."""
        return str(device).lower()

    def _native_device(self, device: str | None) -> Any:
        return None if device is None else self._devices[device]

    def devices(self) -> tuple[str, ...]:
        """As the namespace's inspection tells."""
        return tuple(self._devices)

    def device(self, array: A) -> str:
        """Attribute `device`."""
        return self.device_name(array.device)  # pyright: ignore[reportAttributeAccessIssue]

    def to_device(self, array: A, device: str) -> A:
        """Method `to_device`."""
        return array.to_device(self._devices[device])  # pyright: ignore[reportAttributeAccessIssue]

    def synchronize(self, array: A) -> None:
        """Nothing to wait for: the standard knows no asynchronous execution."""

    def is_available(self, array: A) -> bool:
        """Always: the standard knows no tracing."""
        return True

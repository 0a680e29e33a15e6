"""Topic `convert`: data types, devices, and the way to and from NumPy and other frameworks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from phimath.backend.constants import constant
from phimath.errors import NotSupported

if TYPE_CHECKING:
    import numpy as np

    from phimath.backend.contract import Backend
    from phimath.dtype import DType

A = TypeVar("A")


class Convert(ABC, Generic[A]):
    """What an array is, and how it changes type, device and framework."""

    @abstractmethod
    def owns(self, array: object) -> bool:
        """Whether `array` is a native (or traced) array of this framework; sparse ones need not."""

    @abstractmethod
    def dtype(self, array: A) -> DType:
        """Element type of the array; fast, it is called for every wrapped array."""

    @abstractmethod
    def native_dtype(self, dtype: DType) -> Any:  # the frameworks' dtype objects share no type
        """The framework's own object for an element type."""

    @abstractmethod
    def cast(self, array: A, dtype: DType) -> A:
        """Convert elements; complex to real drops the imaginary part, float to int truncates."""

    @abstractmethod
    def sizes(self, array: A) -> tuple[int, ...]:
        """Sizes of all axes as Python integers."""

    @abstractmethod
    def from_numpy(self, array: np.ndarray, device: str | None = None) -> A:
        """Native array with the values of a NumPy array of the same element type, on `device`."""

    @abstractmethod
    def to_numpy(self, array: A) -> np.ndarray:
        """NumPy array of equal values; shares memory where it can, detached from gradients."""

    @abstractmethod
    def from_dlpack(self, array: Any) -> A:  # anything with __dlpack__, of any framework
        """Native array made by DLPack from one of another framework, without a copy if possible."""

    def adopt(self, source: Backend[Any], array: Any) -> A:  # of whatever framework
        """Native array with the values of one of `source`, which joins this backend.

        By way of NumPy, if it is another one.  What a tracer follows would get lost on that way.
        """
        if source is self:
            return array
        if source.inner is not None:
            raise NotSupported(
                f"A value of {source.name} cannot become a constant of {self}: its derivative "
                "would get lost. Give it to the function as an argument, or say that it is "
                "constant by stop_gradient(x)."
            )
        return constant(array, lambda: self.from_numpy(source.to_numpy(array)))

    @abstractmethod
    def copy(self, array: A) -> A:
        """Array of equal values in memory of its own."""

    @abstractmethod
    def devices(self) -> tuple[str, ...]:
        """Names of all devices, the default one first: `cpu`, `cuda:0`, `gpu:0` …."""

    @abstractmethod
    def device(self, array: A) -> str:
        """Name of the device that holds the array."""

    @abstractmethod
    def to_device(self, array: A, device: str) -> A:
        """Copy the array to a device of `devices()`; the caller has checked the name."""

    @abstractmethod
    def synchronize(self, array: A) -> None:
        """Wait until the array has been computed, for measurements of time."""

    @abstractmethod
    def is_available(self, array: A) -> bool:
        """Whether values can be read now; false for arrays traced by a compiler."""

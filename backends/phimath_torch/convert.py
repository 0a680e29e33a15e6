"""Topic `convert` on PyTorch: data types, devices, the way to and from NumPy and others."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from torch import Tensor
from torch._C import _functorch as functorch  # pyright: ignore[reportAttributeAccessIssue]
from torch._subclasses import FakeTensor
from torch._subclasses.functional_tensor import FunctionalTensor
from torch.utils._python_dispatch import _disable_current_modes

from phimath.backend.contract.convert import Convert
from phimath.dtype import (
    BOOL,
    COMPLEX64,
    COMPLEX128,
    FLOAT16,
    FLOAT32,
    FLOAT64,
    INT8,
    INT16,
    INT32,
    INT64,
    UINT8,
    UINT16,
    UINT32,
    UINT64,
)
from phimath.errors import BackendError, DTypeError

if TYPE_CHECKING:
    from phimath.dtype import DType

NATIVE: Final[dict[DType, torch.dtype]] = {
    BOOL: torch.bool,
    INT8: torch.int8,
    INT16: torch.int16,
    INT32: torch.int32,
    INT64: torch.int64,
    UINT8: torch.uint8,
    UINT16: torch.uint16,
    UINT32: torch.uint32,
    UINT64: torch.uint64,
    FLOAT16: torch.float16,
    FLOAT32: torch.float32,
    FLOAT64: torch.float64,
    COMPLEX64: torch.complex64,
    COMPLEX128: torch.complex128,
}


class _DTypeOf(dict[torch.dtype, "DType"]):
    """Our type for each of PyTorch's: a look-up for the known, an explanation for the others."""

    def __missing__(self, native: torch.dtype) -> DType:
        raise DTypeError(
            f"PyTorch's {native} has no counterpart among {', '.join(map(str, NATIVE))}. "
            "Convert the tensor first, e.g. with tensor.to(torch.float32)."
        )


_DTYPE_OF: Final = _DTypeOf({native: dtype for dtype, native in NATIVE.items()})


class TorchConvert(Convert[Tensor]):
    """Conversions share memory wherever PyTorch can express the layout."""

    def owns(self, array: object) -> bool:
        """Tensors of any subclass, traced ones included."""
        return isinstance(array, Tensor)

    def dtype(self, array: Tensor) -> DType:
        """By look-up."""
        return _DTYPE_OF[array.dtype]

    def native_dtype(self, dtype: DType) -> torch.dtype:
        """By look-up."""
        return NATIVE[dtype]

    def cast(self, array: Tensor, dtype: DType) -> Tensor:
        """By `to`."""
        if array.is_complex() and dtype.kind not in ("complex", "bool"):
            array = array.real  # `to` would do the same, but warns
        return array.to(NATIVE[dtype])

    def sizes(self, array: Tensor) -> tuple[int, ...]:
        """The `shape` as a plain tuple."""
        return tuple(array.shape)

    def from_numpy(self, array: np.ndarray, device: str | None = None) -> Tensor:
        """By `from_numpy`; read-only memory is shared too, so don't write into the result."""
        tensor = _share(np.asarray(array))
        target = torch.get_default_device() if device is None else device
        return tensor.to(target)

    def to_numpy(self, array: Tensor) -> np.ndarray:
        """By `numpy`, detached and moved to the CPU."""
        if isinstance(array, (FakeTensor, FunctionalTensor)):
            raise BackendError(
                f"A traced tensor of sizes {tuple(array.shape)} has no values to convert to NumPy. "
                "Keep the computation inside of the compiled function in native operations."
            )
        plain = _without_transforms(array)
        if plain is array and not torch._C._len_torch_dispatch_stack():
            return array.numpy(force=True)
        # A constant inside of a trace or transform: reading it must not become a part of that.
        with _disable_current_modes(), torch._C._DisableFuncTorch():
            return plain.numpy(force=True)

    def from_dlpack(self, array: Any) -> Tensor:  # anything with __dlpack__, of any framework
        """By `from_dlpack`."""
        try:
            return torch.from_dlpack(array)
        except BufferError:  # e.g. NumPy 2.0 does not export read-only arrays
            return self.from_numpy(np.array(array))

    def copy(self, array: Tensor) -> Tensor:
        """By `clone`."""
        return array.clone()

    def devices(self) -> tuple[str, ...]:
        """CPU, NVIDIA GPUs and Apple's, the default of PyTorch first."""
        names = ["cpu", *(f"cuda:{i}" for i in range(torch.cuda.device_count()))]
        if torch.backends.mps.is_available():
            names.append("mps")
        default = _name(torch.get_default_device())
        return (default, *(name for name in names if name != default))

    def device(self, array: Tensor) -> str:
        """Type and, for NVIDIA, index of the native device."""
        return _name(array.device)

    def to_device(self, array: Tensor, device: str) -> Tensor:
        """By `to`."""
        return array.to(device)

    def synchronize(self, array: Tensor) -> None:
        """Wait for the GPU; the CPU is never ahead."""
        if array.device.type == "cuda":
            torch.cuda.synchronize(array.device)
        elif array.device.type == "mps":
            torch.mps.synchronize()

    def is_available(self, array: Tensor) -> bool:
        """False for fake, functional, traced and batched tensors."""
        return is_available(array)


def is_available(array: Tensor) -> bool:
    """Whether the values exist now and are no input or intermediate result of a trace or vmap."""
    array = _without_transforms(array)
    if (
        isinstance(array, (FakeTensor, FunctionalTensor))
        or array.is_meta
        or functorch.is_functorch_wrapped_tensor(array)
        or torch.compiler.is_compiling()
    ):
        return False
    tracing = torch._C._get_dispatch_mode(torch._C._TorchDispatchModeKey.PROXY)
    return tracing is None or array not in tracing.tracer.tensor_tracker


@cache
def _name(device: torch.device) -> str:
    if device.type == "cuda":
        return f"cuda:{device.index or 0}"
    return device.type


def _share(array: np.ndarray) -> Tensor:
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    if any(stride < 0 or stride % array.itemsize for stride in array.strides):
        array = array.copy()  # PyTorch has neither negative strides nor packed records
    if not array.flags.writeable:
        array = np.asarray(_Writable(array))
    return torch.from_numpy(array)


class _Writable:
    """Declares read-only memory writable for `from_numpy`, which would warn about it.

    Unlike `from_dlpack`, `from_numpy` is seen by tracers, and NumPy 2.0 can't export such arrays.
    """

    def __init__(self, array: np.ndarray) -> None:
        address, _ = array.__array_interface__["data"]
        self.__array_interface__ = {**array.__array_interface__, "data": (address, False)}
        self.owner = array  # NumPy keeps this object, and with it the memory, alive


def _without_transforms(array: Tensor) -> Tensor:
    while functorch.is_gradtrackingtensor(array):
        array = functorch.get_unwrapped(array)
    return array

"""Topic `host` on PyTorch: in traced code, an operator of our own that compilers don't look into.

Its node holds the function by number, because operators take no Python objects, and keeps it alive.
"""

from __future__ import annotations

from functools import cache
from itertools import count
from typing import TYPE_CHECKING, Final, final
from weakref import WeakValueDictionary

import numpy as np
import torch
from torch import Tensor
from torch.fx.experimental.proxy_tensor import get_proxy_mode

from phimath.backend.contract.host import Host, called
from phimath.dtype import DType
from phimath_torch.capture import is_recording
from phimath_torch.convert import NATIVE, TorchConvert
from phimath_torch.nodes import HOST, operands

if TYPE_CHECKING:
    from collections.abc import Sequence

    from phimath.backend.contract.host import ArrayTypes, HostFunction

_functions: Final[WeakValueDictionary[int, HostCall]] = WeakValueDictionary()
_numbers: Final = count()
_convert: Final = TorchConvert()


class TorchHost(Host[Tensor]):
    """By the operator `phimath::host_call` in traced code."""

    def host_call(
        self, function: HostFunction, arguments: tuple[Tensor, ...], outputs: ArrayTypes
    ) -> tuple[Tensor, ...]:
        """Now, or each time the program runs."""
        if not (is_recording() and outputs):
            return super().host_call(function, arguments, outputs)
        device = arguments[0].device if arguments else torch.get_default_device()
        return HostCall(function, outputs, device)(*arguments)


@final
class HostCall:
    """A function of NumPy arrays as one of tensors."""

    def __init__(self, function: HostFunction, outputs: ArrayTypes, device: torch.device) -> None:
        self._function = function
        self._outputs = outputs
        self._device = device
        self._number = next(_numbers)
        _functions[self._number] = self

    def __call__(self, *arrays: Tensor) -> tuple[Tensor, ...]:
        """Results now, or the node that gives them."""
        if not is_recording():
            return tuple(self.run(arrays))
        # Compiled code is kept by its text, which must tell all that it depends on.
        results = host_call(list(arrays), self._number, _text(self._outputs), self._device)
        mode = get_proxy_mode()
        assert mode is not None, "it is recording"
        proxy = mode.tracer.unwrap_proxy(results[0])
        operands(proxy.node)[0].meta[HOST] = self
        return tuple(results)

    def run(self, arrays: Sequence[Tensor]) -> list[Tensor]:
        """Call the function."""
        given = [_convert.to_numpy(array) for array in arrays]
        results = called(self._function, given, self._outputs)
        # A function may return views, and what it was given.
        copies = [np.array(result, order="C") for result in results]
        return [torch.from_numpy(copy).to(self._device) for copy in copies]


@torch.library.custom_op(
    "phimath::host_call",
    mutates_args=(),
    schema="(Tensor[] arrays, int function, str outputs, Device device) -> Tensor[]",
)
def host_call(
    arrays: list[Tensor], function: int, outputs: str, device: torch.device
) -> list[Tensor]:
    """Call the function that was given this number."""
    del outputs, device
    return _functions[function].run(arrays)


@host_call.register_fake
def _(arrays: list[Tensor], function: int, outputs: str, device: torch.device) -> list[Tensor]:
    return [
        torch.empty(sizes, dtype=NATIVE[dtype], device=device) for sizes, dtype in _types(outputs)
    ]


def _text(outputs: ArrayTypes) -> str:
    """E.g. `float32:3,4;int64:`."""
    return ";".join(f"{dtype}:{','.join(map(str, sizes))}" for sizes, dtype in outputs)


@cache
def _types(text: str) -> ArrayTypes:
    """Inverse of `_text`."""
    parts = (part.split(":") for part in text.split(";"))
    return tuple((tuple(map(int, filter(None, s.split(",")))), DType(dtype)) for dtype, s in parts)

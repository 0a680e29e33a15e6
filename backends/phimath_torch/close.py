"""Functions without the tensors from around them that derivatives are taken by."""

from __future__ import annotations

import warnings
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, final

import torch
from torch import Tensor
from torch._subclasses import FakeTensorMode
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_map_only

from phimath_torch.capture import (
    explained,
    is_recording,
    lift_attributes,
    like,
    record,
    record_apart,
)
from phimath_torch.program import python_program

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from phimath_torch.capture import Recording

Arrays = tuple[Tensor, ...]

_replaced: ContextVar[Mapping[int, Tensor] | None] = ContextVar("replaced tensors", default=None)
"""What stands for tensors from around the function that runs, by the id of these."""


@final
class ClosedFunction:
    """A function of its arguments, and of what it used from around it.

    Its graph is run where nothing is differentiated; else the function itself, because a graph has
    lost the derivative rules of what it contains.
    """

    def __init__(self, function: Callable[..., Arrays], sample: Sequence[Tensor]) -> None:
        """Runs the function once."""
        self._function = function
        self._count = len(sample)
        # Tensors that the function uses may stand for others, here and where it runs again.
        self._standing = _replaced.get() or {}
        recording = _recorded(function, sample)
        self.captured = tuple(lift_attributes((recording,), lambda tensor: tensor.requires_grad))
        self._graph = python_program(recording.module()).run

    def __call__(self, *arrays: Tensor) -> Arrays:
        """Results for these arguments and captured tensors."""
        if not (torch.is_grad_enabled() and any(array.requires_grad for array in arrays)):
            return self._graph(*arrays)
        values = arrays[self._count :]
        given = dict(zip(map(id, self.captured), values, strict=True))
        standing = {key: given.get(id(tensor), tensor) for key, tensor in self._standing.items()}
        token = _replaced.set(standing | given)
        try:
            with _Replacing():
                return tuple(self._function(*arrays[: self._count]))
        finally:
            _replaced.reset(token)


def replaced(tensor: Tensor) -> Tensor:
    """What stands for a tensor here; needed where PyTorch tells modes of no use of it."""
    values = _replaced.get()
    return tensor if values is None else values.get(id(tensor), tensor)


class _Replacing(TorchFunctionMode):
    """Replace tensors in the arguments of all operations."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        given: Any = tree_map_only(Tensor, replaced, (args, kwargs or {}))
        return func(*given[0], **given[1])


def _recorded(function: Callable[..., Arrays], sample: Sequence[Tensor]) -> Recording:
    with torch.no_grad():
        if is_recording():
            return record_apart(function, sample)
        with (
            FakeTensorMode(allow_non_fake_inputs=True),
            explained(),
            warnings.catch_warnings(),
        ):
            # PyTorch looks at `.grad` of each tensor from around, and warns of it.
            warnings.filterwarnings("ignore", message="The .grad attribute of a Tensor")
            return record(function, [like(array) for array in sample])

"""Topic `gradient` on PyTorch: reverse-mode derivatives by its autograd."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from torch import Tensor

from phimath.backend.contract.gradient import Gradient
from phimath_torch.close import ClosedFunction, replaced

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

R = TypeVar("R")

_differentiating: ContextVar[bool] = ContextVar("differentiating", default=False)
"""Whether an outer `value_and_gradient` evaluates its function, which may contain closures."""


class TorchGradient(Gradient[Tensor]):
    """Each level of differentiation has leaves of its own: levels nest and leave `.grad` alone."""

    def value_and_gradient(
        self,
        function: Callable[..., tuple[Tensor, tuple[Tensor, ...]]],
        arguments: Sequence[Tensor],
    ) -> tuple[Tensor, tuple[Tensor, ...], tuple[Tensor, ...]]:
        """Detach the results unless there is an outer differentiation: ours, or of an argument."""
        nested = _is_nested(arguments)
        leaves, (loss, extra) = _recorded(function, arguments, nested)
        gradients = _gradients(loss, leaves, nested)
        if not nested:
            loss, extra = loss.detach(), tuple(output.detach() for output in extra)
        return loss, extra, gradients

    def custom_gradient(
        self,
        forward: Callable[..., tuple[Tensor, ...]],
        backward: Callable[
            [tuple[Tensor, ...], tuple[Tensor, ...], tuple[Tensor | None, ...]],
            tuple[Tensor | None, ...],
        ],
        arguments: Sequence[Tensor],
    ) -> tuple[Tensor, ...]:
        """By an `autograd.Function`, differentiable again if `backward` is."""
        return _CustomGradient.apply(forward, backward, *map(replaced, arguments))

    def stop_gradient(self, a: Tensor) -> Tensor:
        """By `detach`."""
        return a.detach()

    def vjp(
        self, function: Callable[..., tuple[Tensor, ...]], arguments: Sequence[Tensor]
    ) -> tuple[tuple[Tensor, ...], Callable[[Sequence[Tensor | None]], tuple[Tensor, ...]]]:
        """By `autograd.grad`, whose graph lives as long as the pullback."""
        nested = _is_nested(arguments)
        leaves, outputs = _recorded(function, arguments, nested)

        def pullback(cotangents: Sequence[Tensor | None]) -> tuple[Tensor, ...]:
            pairs = [
                (output, cotangent)
                for output, cotangent in zip(outputs, cotangents, strict=True)
                if cotangent is not None and output.requires_grad
            ]
            if not pairs:
                return tuple(map(torch.zeros_like, leaves))
            given = [cotangent for _, cotangent in pairs]
            differentiated = nested or any(cotangent.requires_grad for cotangent in given)
            return torch.autograd.grad(
                [output for output, _ in pairs],
                leaves,
                given,
                retain_graph=True,
                create_graph=torch.is_grad_enabled() and differentiated,
                materialize_grads=True,
            )

        return outputs if nested else tuple(o.detach() for o in outputs), pullback

    def close(
        self, function: Callable[..., tuple[Tensor, ...]], arguments: Sequence[Tensor]
    ) -> tuple[Callable[..., tuple[Tensor, ...]], tuple[Tensor, ...]]:
        """By recording the operations."""
        closed = ClosedFunction(function, arguments)
        return closed, closed.captured

    def records(self, arrays: Sequence[Tensor]) -> bool | None:
        """Whether one of them requires a gradient."""
        return torch.is_grad_enabled() and any(array.requires_grad for array in arrays)


def _is_nested(arguments: Sequence[Tensor]) -> bool:
    """Whether there is an outer differentiation: ours, or of an argument."""
    return torch.is_grad_enabled() and (
        _differentiating.get() or any(argument.requires_grad for argument in arguments)
    )


def _recorded(
    function: Callable[..., R], arguments: Sequence[Tensor], nested: bool
) -> tuple[list[Tensor], R]:
    """Leaves that stand for the arguments, and the function of them, recorded."""
    token = _differentiating.set(True)
    try:
        with torch.enable_grad():
            leaves = [_leaf(argument, nested) for argument in arguments]
            return leaves, function(*leaves)
    finally:
        _differentiating.reset(token)


def _leaf(argument: Tensor, nested: bool) -> Tensor:
    if not _is_differentiable(argument):
        return argument
    if nested and argument.requires_grad:
        # A node of this level that outer levels differentiate through.
        return argument.view_as(argument)
    return argument.detach().requires_grad_()


def _gradients(loss: Tensor, leaves: Sequence[Tensor], nested: bool) -> tuple[Tensor, ...]:
    wanted = [leaf for leaf in leaves if leaf.requires_grad]
    if not (loss.requires_grad and wanted):
        return tuple(torch.zeros_like(leaf) for leaf in leaves)
    found = iter(torch.autograd.grad(loss, wanted, create_graph=nested, materialize_grads=True))
    return tuple(next(found) if leaf.requires_grad else torch.zeros_like(leaf) for leaf in leaves)


def _is_differentiable(array: Tensor) -> bool:
    return array.is_floating_point() or array.is_complex()


class _CustomGradient(torch.autograd.Function):
    """A function whose backward pass is given; itself differentiable as often as that is."""

    generate_vmap_rule = True

    @staticmethod
    def forward(
        forward: Callable[..., tuple[Tensor, ...]],
        backward: Callable[..., tuple[Tensor | None, ...]],
        *arguments: Tensor,
    ) -> tuple[Tensor, ...]:
        given = {id(argument) for argument in arguments}
        # PyTorch can't save an argument that is an output as well, but a view of it.
        return tuple(o.view_as(o) if id(o) in given else o for o in forward(*arguments))

    @staticmethod
    def setup_context(
        ctx: Any,  # the context takes any attribute
        inputs: tuple[Any, ...],  # the two callables, then tensors
        output: tuple[Tensor, ...],
    ) -> None:
        _, ctx.rule, *arguments = inputs
        ctx.count = len(arguments)
        ctx.set_materialize_grads(False)  # zeros for the trajectory of a loop can be large
        ctx.mark_non_differentiable(*(o for o in output if not _is_differentiable(o)))
        ctx.save_for_backward(*arguments, *output)

    @staticmethod
    def backward(ctx: Any, *cotangents: Tensor | None) -> tuple[Tensor | None, ...]:
        saved = ctx.saved_tensors
        arguments, outputs = saved[: ctx.count], saved[ctx.count :]
        found = ctx.rule(arguments, outputs, cotangents)
        return (
            None,
            None,
            *(c if _is_differentiable(a) else None for a, c in zip(arguments, found, strict=True)),
        )

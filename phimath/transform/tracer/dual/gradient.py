"""Topic `gradient` of dual arrays: derivatives of derivatives, and given ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phimath.backend.support import supports
from phimath.dtype import DType
from phimath.errors import NotSupported
from phimath.transform.tracer.dual.parts import DualParts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from phimath.backend.contract import Backend
    from phimath.broadcast import Native
    from phimath.transform.tracer.dual.array import Dual


class DualGradient(DualParts):
    """Reverse mode is that of the inner backend, applied to the forward mode of this one."""

    def value_and_gradient(
        self, function: Callable[..., tuple[Dual, tuple[Dual, ...]]], arguments: Sequence[Dual]
    ) -> tuple[Dual, tuple[Dual, ...], tuple[Dual, ...]]:
        """By one gradient of the tangent of the loss.

        For tangents v of the arguments x it is ∇L(x)·v, plus the part of what the function holds
        of the outer derivative.  Its gradient by v is that of the loss, its gradient by x the
        change of that: reverse over forward, Griewank and Walther, section 5.4.
        """
        inner, count = self.inner, len(arguments)
        is_variable = [self.dtype(argument).is_floating for argument in arguments]
        primals = [argument.primal for argument in arguments]
        changes = [
            self.change(argument)
            for argument, variable in zip(arguments, is_variable, strict=True)
            if variable
        ]
        has_tangent: list[bool] = []

        def slope(*natives: Native) -> tuple[Native, tuple[Native, ...]]:
            given = iter(natives[count:])
            duals = [
                self.dual(native, next(given) if variable else None)
                for native, variable in zip(natives[:count], is_variable, strict=True)
            ]
            loss, extra = function(*duals)
            has_tangent[:] = [output.tangent is not None for output in extra]
            outputs = [loss.primal, *(output.primal for output in extra)]
            outputs += [output.tangent for output in extra if output.tangent is not None]
            return self.change(loss), tuple(outputs)

        tangent, outputs, found = inner.value_and_gradient(slope, [*primals, *changes])
        given = iter(outputs[1 + len(has_tangent) :])
        extra = tuple(
            self.dual(output, next(given) if has else None)
            for output, has in zip(outputs[1:], has_tangent, strict=False)
        )
        by_change = iter(found[count:])
        gradients = tuple(
            self.dual(next(by_change), by_primal) if variable else self.constant(by_primal)
            for by_primal, variable in zip(found[:count], is_variable, strict=True)
        )
        return self.dual(outputs[0], tangent), extra, gradients

    def custom_gradient(
        self,
        forward: Callable[..., tuple[Dual, ...]],
        backward: Callable[
            [tuple[Dual, ...], tuple[Dual, ...], tuple[Dual, ...]], tuple[Dual | None, ...]
        ],
        arguments: Sequence[Dual],
    ) -> tuple[Dual, ...]:
        """With the tangents that belong to the given pullback."""

        def inner_forward(*natives: Native) -> tuple[Native, ...]:
            return tuple(output.primal for output in forward(*self.constants(natives)))

        def inner_backward(*parts: tuple[Native, ...]) -> tuple[Native | None, ...]:
            found = backward(*(self.constants(part) for part in parts))  # type: ignore[arg-type]  # three
            return tuple(None if cotangent is None else cotangent.primal for cotangent in found)

        primals = tuple(argument.primal for argument in arguments)
        results = self.inner.custom_gradient(inner_forward, inner_backward, primals)
        changes = tuple(argument.tangent for argument in arguments)
        tangents = transposed(self.inner, inner_backward, primals, results, changes)
        pairs = zip(results, tangents, strict=True)
        return tuple(self.dual(result, tangent) for result, tangent in pairs)

    def stop_gradient(self, a: Dual) -> Dual:
        """A constant."""
        return self.constant(self.inner.stop_gradient(a.primal))


def transposed(
    backend: Backend[Any],
    backward: Callable[..., tuple[Native | None, ...]],
    inputs: tuple[Native, ...],
    outputs: tuple[Native, ...],
    tangents: Sequence[Native | None],
) -> list[Native | None]:
    """Tangents of the outputs of a function whose pullback is given.

    ⟨pullback(c), dx⟩ is linear in c, and its gradient by c the tangent.

    Raises:
        NotSupported: the backend has no gradients.
    """
    is_variable = [backend.dtype(output).is_floating for output in outputs]
    if all(tangent is None for tangent in tangents) or not any(is_variable):
        return [None] * len(outputs)
    if not supports(backend, "value_and_gradient"):
        raise NotSupported(
            "The derivative of this function is given for reverse mode only, from which "
            f"{backend} can't get that of jvp. Give a rule for it, too: "
            "custom_gradient(f, vjp, jvp=rule); or use torch, jax or tensorflow."
        )
    zeros = [
        backend.full(backend.sizes(o), 0, backend.dtype(o), backend.device(o)) for o in outputs
    ]

    def pairing(*cotangents: Native) -> tuple[Native, tuple[()]]:
        given = iter(cotangents)
        parts = zip(zeros, is_variable, strict=True)
        found = backward(inputs, outputs, tuple(next(given) if v else zero for zero, v in parts))
        return _inner_product(backend, found, tangents, real), ()

    variables = [zero for zero, variable in zip(zeros, is_variable, strict=True) if variable]
    real = DType(float, backend.dtype(variables[0]).precision)
    _, _, gradients = backend.value_and_gradient(pairing, variables)
    given = iter(gradients)
    return [next(given) if variable else None for variable in is_variable]


def _inner_product(
    backend: Backend[Any],
    cotangents: Sequence[Native | None],
    tangents: Sequence[Native | None],
    dtype: DType,
) -> Native:
    """Re ∑ conj(a) b as a number of a real type."""
    function = backend.function
    total = backend.full((), 0, dtype)
    for cotangent, tangent in zip(cotangents, tangents, strict=True):
        if cotangent is not None and tangent is not None:
            product = function("multiply")(function("conj")(cotangent), tangent)
            product, rank = function("real")(product), len(backend.sizes(product))
            part = backend.sum(product, tuple(range(rank))) if rank else product
            total = function("add")(total, backend.cast(part, dtype))
    return total

"""Topic `gradient` of dual arrays: derivatives of derivatives, and given ones."""

from __future__ import annotations

from itertools import compress
from typing import TYPE_CHECKING, Any

from phimath.backend.support import supports
from phimath.differentiation import differentiated
from phimath.dtype import DType
from phimath.errors import NotSupported
from phimath.transform.tracer.dual.parts import DualParts, have_tangents

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
            has_tangent[:] = have_tangents(extra)
            return self.change(loss), (loss.primal, *self.apart(extra))

        tangent, outputs, found = inner.value_and_gradient(slope, [*primals, *changes])
        extra = self.together(outputs[1:], has_tangent)
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
            [tuple[Dual, ...], tuple[Dual, ...], tuple[Dual | None, ...]], tuple[Dual | None, ...]
        ],
        arguments: Sequence[Dual],
    ) -> tuple[Dual, ...]:
        """With the tangents that belong to the given pullback."""

        def inner_forward(*natives: Native) -> tuple[Native, ...]:
            return tuple(output.primal for output in forward(*self.constants(natives)))

        def inner_backward(
            inputs: tuple[Native, ...],
            outputs: tuple[Native, ...],
            cotangents: tuple[Native | None, ...],
        ) -> tuple[Native | None, ...]:
            given = tuple(None if c is None else self.constant(c) for c in cotangents)
            found = backward(self.constants(inputs), self.constants(outputs), given)
            return tuple(None if c is None else c.primal for c in found)

        primals = tuple(argument.primal for argument in arguments)
        results = self.inner.custom_gradient(inner_forward, inner_backward, primals)
        changes = tuple(argument.tangent for argument in arguments)
        tangents = transposed(self.inner, inner_backward, primals, results, changes)
        pairs = zip(results, tangents, strict=True)
        return tuple(self.dual(result, tangent) for result, tangent in pairs)

    def linear_map(
        self, function: Callable[[Dual], Dual], transposed: Callable[[Dual], Dual], argument: Dual
    ) -> Dual:
        """The same function of the tangent."""

        def inner_function(native: Native) -> Native:
            return function(self.constant(native)).primal

        def inner_transposed(native: Native) -> Native:
            return transposed(self.constant(native)).primal

        def apply(native: Native) -> Native:
            return self.inner.linear_map(inner_function, inner_transposed, native)

        return self.linear(apply, argument)

    def vjp(
        self, function: Callable[..., tuple[Dual, ...]], arguments: Sequence[Dual]
    ) -> tuple[tuple[Dual, ...], Callable[[Sequence[Dual | None]], tuple[Dual, ...]]]:
        """By one pullback of values and tangents.

        Of (x, v) ↦ (f(x), J v), J being the Jacobian at x, the cotangents (dc, c) go to v as Jᵀ c,
        and to x as the change of that.
        """
        inner, count = self.inner, len(arguments)
        has_tangent: list[bool] = []

        def pushed(*natives: Native) -> tuple[Native, ...]:
            outputs = function(*map(self.dual, natives[:count], natives[count:]))
            has_tangent[:] = have_tangents(outputs)
            return self.apart(outputs)

        given = (*(a.primal for a in arguments), *map(self.change, arguments))
        results, inner_pullback = inner.vjp(pushed, given)
        outputs = self.together(results, has_tangent)

        def pullback(cotangents: Sequence[Dual | None]) -> tuple[Dual, ...]:
            of_tangents = [
                None if c is None else c.primal for c in compress(cotangents, has_tangent)
            ]
            of_primals = [None if c is None else c.tangent for c in cotangents]
            found = inner_pullback([*of_tangents, *of_primals])
            return tuple(map(self.dual, found[count:], found[:count]))

        return outputs, pullback

    def close(
        self, function: Callable[..., tuple[Dual, ...]], arguments: Sequence[Dual]
    ) -> tuple[Callable[..., tuple[Dual, ...]], tuple[Dual, ...]]:
        """The function itself, traced once: rules of this backend see what it holds.

        Where the inner backend needs a closed function, it closes that of values and tangents.
        """
        has_tangent = have_tangents(arguments)

        def apart(*natives: Native) -> tuple[Native, ...]:
            return self.apart(function(*self.together(natives, has_tangent)))

        self.inner.close(apart, self.apart(arguments))
        return function, ()

    def records(self, arrays: Sequence[Dual]) -> bool | None:
        """Whether the inner backend does, of values or tangents."""
        return self.inner.records(self.apart(arrays))

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
    variables = [
        backend.full(backend.sizes(o), 0, backend.dtype(o), backend.device(o))
        for o, variable in zip(outputs, is_variable, strict=True)
        if variable
    ]

    def pairing(*cotangents: Native) -> tuple[Native, tuple[()]]:
        given = iter(cotangents)
        with differentiated():
            complete = tuple(next(given) if variable else None for variable in is_variable)
            found = backward(inputs, outputs, complete)
        return _inner_product(backend, found, tangents, real, device), ()

    real, device = DType(float, backend.dtype(variables[0]).precision), backend.device(variables[0])
    _, _, gradients = backend.value_and_gradient(pairing, variables)
    given = iter(gradients)
    return [next(given) if variable else None for variable in is_variable]


def _inner_product(
    backend: Backend[Any],
    cotangents: Sequence[Native | None],
    tangents: Sequence[Native | None],
    dtype: DType,
    device: str,
) -> Native:
    """Re ∑ conj(a) b as a number of a real type."""
    function = backend.function
    total = backend.full((), 0, dtype, device)
    for cotangent, tangent in zip(cotangents, tangents, strict=True):
        if cotangent is not None and tangent is not None:
            product = function("multiply")(function("conj")(cotangent), tangent)
            product, rank = function("real")(product), len(backend.sizes(product))
            part = backend.sum(product, tuple(range(rank))) if rank else product
            total = function("add")(total, backend.cast(part, dtype))
    return total

"""Topic `host` of dual arrays."""

from __future__ import annotations

from itertools import compress
from typing import TYPE_CHECKING

from phimath.transform.tracer.dual.gradient import transposed
from phimath.transform.tracer.dual.parts import DualParts, have_tangents

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from phimath.backend.contract.host import ArrayTypes, HostFunction
    from phimath.broadcast import Native
    from phimath.transform.tracer.dual.array import Dual


class DualHost(DualParts):
    """Whoever calls the host brings a derivative rule; the framework has one for its own code."""

    def host_call(
        self, function: HostFunction, arguments: tuple[Dual, ...], outputs: ArrayTypes
    ) -> tuple[Dual, ...]:
        """Constants."""
        primals = tuple(argument.primal for argument in arguments)
        return self.constants(self.inner.host_call(function, primals, outputs))

    def native_call(
        self, function: Callable[..., tuple[Native, ...]], arguments: Sequence[Dual]
    ) -> tuple[Dual, ...]:
        """With tangents that belong to the framework's pullback, which is linear."""
        inner, primals = self.inner, [argument.primal for argument in arguments]
        varies = have_tangents(arguments)

        def backward(
            inputs: tuple[Native, ...],
            outputs: tuple[Native, ...],
            cotangents: tuple[Native | None, ...],
        ) -> tuple[Native | None, ...]:
            def of_variables(*variables: Native) -> tuple[Native, ...]:
                given = iter(variables)
                parts = zip(inputs, varies, strict=True)
                complete = [next(given) if varies else native for native, varies in parts]
                return inner.native_call(function, complete)

            _, pullback = inner.vjp(of_variables, tuple(compress(inputs, varies)))
            found = iter(pullback(cotangents))
            return tuple(next(found) if varies else None for varies in varies)

        results = inner.native_call(function, primals)
        changes = [argument.tangent for argument in arguments]
        tangents = transposed(inner, backward, tuple(primals), results, changes)
        return tuple(map(self.dual, results, tangents))

"""Topic `host` of dual arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phimath.transform.tracer.dual.parts import DualParts

if TYPE_CHECKING:
    from phimath.backend.contract.host import ArrayTypes, HostFunction
    from phimath.transform.tracer.dual.array import Dual


class DualHost(DualParts):
    """Whoever calls the host brings a derivative rule."""

    def host_call(
        self, function: HostFunction, arguments: tuple[Dual, ...], outputs: ArrayTypes
    ) -> tuple[Dual, ...]:
        """Constants."""
        primals = tuple(argument.primal for argument in arguments)
        return self.constants(self.inner.host_call(function, primals, outputs))

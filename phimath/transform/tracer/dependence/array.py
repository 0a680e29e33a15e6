"""Arrays that know which variables their elements depend on."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from phimath.transform.tracer.base import Box, Run

if TYPE_CHECKING:
    from phimath.broadcast import Native
    from phimath.transform.tracer.dependence.layers import Layers


@final
class Linear(Box):
    """An array whose elements are linear or affine functions of variables.

    primal: The values at some point.
    layers: Numbers of the variables; `None` for a constant.
    """

    __slots__ = ("layers",)

    layers: Layers | None

    def __init__(self, primal: Native, layers: Layers | None, run: Run) -> None:
        self.primal = primal
        self.layers = layers
        self.run = run

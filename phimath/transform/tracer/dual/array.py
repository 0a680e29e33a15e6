"""Dual numbers: an array and its change along the direction of a derivative."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from phimath.transform.tracer.base import Box, Run

if TYPE_CHECKING:
    from phimath.broadcast import Native


@final
class Dual(Box):
    """`primal + ε tangent` with ε² = 0.

    primal: The values.
    tangent: Their derivative, of the same sizes and type; `None` for zero, as of all integers.

    Source: Griewank and Walther, Evaluating Derivatives, section 3.1; Clifford (1871).
    """

    __slots__ = ("tangent",)

    tangent: Native | None

    def __init__(self, primal: Native, tangent: Native | None, run: Run) -> None:
        self.primal = primal
        self.tangent = tangent
        self.run = run

"""Topic `loop` on PyTorch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

from phimath.backend.contract.loop import Loop
from phimath_torch.loop_nodes import replay, scan, while_loop

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from phimath_torch.loop_nodes import Arrays


class TorchLoop(Loop[Tensor]):
    """Nodes of the graph in traced code, else loops in Python."""

    def while_loop(
        self, condition: Callable[..., Tensor], body: Callable[..., Arrays], state: Arrays
    ) -> Arrays:
        """By PyTorch's loop operator in traced code."""
        return while_loop(condition, body, state)

    def scan(
        self,
        body: Callable[..., Arrays],
        state: Arrays,
        rows: Arrays,
        length: int,
        condition: Callable[..., Tensor] | None,
        count: Tensor | None,
        reverse: bool,
    ) -> tuple[Arrays, Arrays, Tensor]:
        """By a node of our own in traced code; rows are written in place."""
        results = scan(body, condition, state, rows, length, count, reverse)
        carried = len(state)
        return results[:carried], results[carried:-1], results[-1]

    def replay(
        self,
        step: Callable[..., Arrays],
        reverse: Callable[..., Arrays],
        state: Arrays,
        cotangents: Arrays,
        actions: Sequence[tuple[int, int, int, bool]],
    ) -> Arrays:
        """By a node of our own in traced code."""
        return replay(step, reverse, state, cotangents, actions)

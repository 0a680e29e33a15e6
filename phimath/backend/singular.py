"""Systems of linear equations for frameworks that raise if any of the matrices is singular."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from phimath.backend.contract import Backend

A = TypeVar("A")


def solve_each(backend: Backend[A], a: A, b: A) -> A:
    """`backend.solve` of each matrix on its own, and NaN for those that are singular."""
    sizes_a, sizes_b = backend.sizes(a), backend.sizes(b)
    if len(sizes_a) == len(sizes_b) == 2:
        return backend.function("multiply")(b, float("nan"))
    lead = np.broadcast_shapes(sizes_a[:-2], sizes_b[:-2])
    a = backend.broadcast_to(a, (*lead, *sizes_a[-2:]))
    b = backend.broadcast_to(b, (*lead, *sizes_b[-2:]))
    rest = (slice(None),) * (len(lead) + 1)
    parts = [(backend.get(a, (i, *rest)), backend.get(b, (i, *rest))) for i in range(lead[0])]
    return backend.stack([backend.solve(*part) for part in parts], 0)

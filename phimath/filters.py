"""Functions that select dimensions by type; each also is a filter, e.g. `sum(x, non_batch)`."""

from __future__ import annotations

from phimath.dimension import Shaped
from phimath.shape import Shape


def _shape(value: Shape | Shaped) -> Shape:
    return value if isinstance(value, Shape) else value.shape


def primal(value: Shape | Shaped) -> Shape:
    """The instance and spatial dimensions of a shape or of what has one."""
    return _shape(value).primal


def non_batch(value: Shape | Shaped) -> Shape:
    """All but the batch dimensions of a shape or of what has one."""
    return _shape(value).non_batch


def non_dual(value: Shape | Shaped) -> Shape:
    """All but the dual dimensions of a shape or of what has one."""
    return _shape(value).non_dual


def non_instance(value: Shape | Shaped) -> Shape:
    """All but the instance dimensions of a shape or of what has one."""
    return _shape(value).non_instance


def non_spatial(value: Shape | Shaped) -> Shape:
    """All but the spatial dimensions of a shape or of what has one."""
    return _shape(value).non_spatial


def non_channel(value: Shape | Shaped) -> Shape:
    """All but the channel dimensions of a shape or of what has one."""
    return _shape(value).non_channel


def non_primal(value: Shape | Shaped) -> Shape:
    """The batch, dual and channel dimensions of a shape or of what has one."""
    return _shape(value).non_primal


__all__ = [
    "non_batch",
    "non_channel",
    "non_dual",
    "non_instance",
    "non_primal",
    "non_spatial",
    "primal",
]

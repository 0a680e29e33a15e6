"""NumPy's arrays; there is no compiler."""

from __future__ import annotations

from contextlib import nullcontext as single_threaded
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

__all__ = ["array", "compiled", "single_threaded", "synchronize"]


def array(values: np.ndarray) -> np.ndarray:
    """The array itself."""
    return values


def synchronize(result: Any) -> None:
    """NumPy computes at once."""


def compiled(function: Callable[..., Any]) -> None:
    """There is none."""

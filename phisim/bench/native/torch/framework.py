"""PyTorch's tensors and compiler."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np

__all__ = ["array", "compiled", "single_threaded", "synchronize"]


def array(values: np.ndarray) -> torch.Tensor:
    """On the CPU."""
    return torch.from_numpy(values.copy())


def synchronize(result: Any) -> None:
    """PyTorch computes at once on the CPU."""


@contextmanager
def single_threaded() -> Iterator[None]:
    """One thread per operation."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """By Inductor, without falling back to Python anywhere."""
    return torch.compile(function, fullgraph=True, dynamic=False)

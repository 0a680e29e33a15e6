"""Functions of native arrays without arrays from around them, so that derivative rules see all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from phimath.differentiation import derivatives_taken, not_differentiated

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from phimath.backend.contract import Backend
    from phimath.broadcast import Native

Arrays = tuple[Any, ...]


class Closed(NamedTuple):
    """A function of its arguments and of the arrays from around it that derivatives are taken by.

    plain: evaluates it; the loops in it keep nothing for a backward pass.
    differentiable: evaluates it where a derivative is taken.
    """

    plain: Callable[..., Arrays]
    differentiable: Callable[..., Arrays]
    captured: Arrays

    def open(self, *arrays: Native) -> Arrays:
        """Results for these arguments where no derivative is taken."""
        return self.plain(*arrays, *self.captured)

    @staticmethod
    def of(backend: Backend[Any], function: Callable[..., Arrays], sample: Arrays) -> Closed:
        """Close a function, which runs in Python for that."""
        closed, captured = backend.close(function, sample)
        if not derivatives_taken() or backend.records(()) is not None:  # it chooses by itself
            return Closed(closed, closed, captured)
        with not_differentiated():
            plain, used = backend.close(function, sample)
        # Constants that are made while the function runs differ between the two.
        everything = {id(array): array for array in (*captured, *used)}
        positions = {key: i for i, key in enumerate(everything)}
        return Closed(
            _of_chosen(plain, len(sample), [positions[id(array)] for array in used]),
            _of_chosen(closed, len(sample), [positions[id(array)] for array in captured]),
            tuple(everything.values()),
        )


def _of_chosen(
    function: Callable[..., Arrays], count: int, chosen: Sequence[int]
) -> Callable[..., Arrays]:
    """The same function, which of the arrays after the first `count` takes the chosen ones only."""

    def call(*arrays: Native) -> Arrays:
        given = arrays[count:]
        return function(*arrays[:count], *(given[i] for i in chosen))

    return call


def may_be_differentiated(backend: Backend[Any], arrays: Sequence[Native]) -> bool:
    """Whether a derivative may be taken of what is computed from these arrays and closures."""
    return derivatives_taken() > 0 or bool(backend.records(arrays))


def is_floating(backend: Backend[Any], array: Native) -> bool:
    """Whether an array has derivatives."""
    return backend.dtype(array).is_floating


def zeros_like(backend: Backend[Any], array: Native) -> Native:
    """Zeros of the same sizes and type."""
    return backend.full(backend.sizes(array), 0, backend.dtype(array), backend.device(array))

"""Topic `host`: functions from outside of the contract, of NumPy arrays or of native ones."""

from __future__ import annotations

from abc import ABC
from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar, cast

import numpy as np

from phimath.errors import BackendError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from phimath.backend.contract import Backend
    from phimath.dtype import DType

A = TypeVar("A")
HostFunction: TypeAlias = Callable[..., tuple[np.ndarray, ...]]
ArrayTypes: TypeAlias = "tuple[tuple[tuple[int, ...], DType], ...]"
"""Sizes and element type of each array."""


class Host(ABC, Generic[A]):
    """What no framework can compute is left to Python; what users wrote for theirs, to that."""

    def host_call(
        self, function: HostFunction, arguments: tuple[A, ...], outputs: ArrayTypes
    ) -> tuple[A, ...]:
        """Results of a function of read-only NumPy arrays, on the device of the arguments.

        Traced code calls it each time it runs: maybe in another thread, maybe more than once, and
        maybe not at all if nobody uses the results.  They have no derivative.

        outputs: of what the function returns, exactly.
        """
        backend = cast("Backend[A]", self)
        arrays = [backend.to_numpy(argument) for argument in arguments]
        device = backend.device(arguments[0]) if arguments else None
        results = called(function, arrays, outputs)
        return tuple(backend.from_numpy(result, device) for result in results)

    def native_call(
        self, function: Callable[..., tuple[A, ...]], arguments: Sequence[A]
    ) -> tuple[A, ...]:
        """Results of a function that may use the framework as it likes, with its derivative.

        Tracers have rules for it; frameworks see what it does.
        """
        return tuple(function(*arguments))


def called(
    function: HostFunction, arrays: Sequence[np.ndarray], outputs: ArrayTypes
) -> tuple[np.ndarray, ...]:
    """Results of a host function, which must be what was announced.

    Raises:
        BackendError: they are not.
    """
    results = tuple(np.asarray(result) for result in function(*map(_read_only, arrays)))
    found = [(result.shape, result.dtype.name) for result in results]
    expected = [(sizes, dtype.name) for sizes, dtype in outputs]
    if found != expected:
        raise BackendError(
            f"A function called from a program returned arrays of {found}, but {expected} was "
            "announced. Return NumPy arrays of these sizes and types."
        )
    return results


def _read_only(array: np.ndarray) -> np.ndarray:
    view = np.asarray(array).view()
    view.flags.writeable = False
    return view

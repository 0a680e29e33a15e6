"""Arrays whose values nobody may read, on backends that know no others.

What a compiler refuses, such as an `if` that depends on data, is refused here, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, cast, final

import numpy as np

from phimath.backend.contract.elementwise import BINARY, UNARY
from phimath.backend.support import contract_methods
from phimath.errors import BackendError, NotSupported
from phimath.transform.tracer.base import Box, Run, Tracer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from phimath.backend.contract.host import ArrayTypes, HostFunction
    from phimath.broadcast import Native


@final
class Hidden(Box):
    """An array without values, as far as one can see."""

    __slots__ = ()

    def __init__(self, primal: Native, run: Run) -> None:
        self.primal = primal
        self.run = run


class _CheckedParts(Tracer[Hidden]):
    """What differs from the inner backend."""

    purpose = "jit_compile"

    def constant(self, array: Native) -> Hidden:
        """In a box."""
        return Hidden(array, self.run)

    def function(self, name: str) -> Callable[..., Hidden]:
        """Of boxes."""
        function = self.inner.function(name)
        return lambda *operands: self.constant(function(*map(self.opened, operands)))

    def native_dtype(self, dtype: Any) -> Any:
        """That of the inner backend."""
        return self.inner.native_dtype(dtype)

    def is_available(self, array: Hidden) -> bool:
        """Never."""
        return False

    def to_numpy(self, array: Hidden) -> NoReturn:
        """Raises an error."""
        raise BackendError(
            f"A traced array of sizes {self.inner.sizes(array.primal)} has no values to convert to "
            "NumPy. Keep the computation inside of the compiled function in operations of phimath."
        )

    def nonzero(self, mask: Hidden) -> NoReturn:
        """Raises an error."""
        raise _sizes_depend_on_values("positions of true elements")

    def boolean_mask(self, a: Hidden, mask: Hidden, axis: int) -> NoReturn:
        """Raises an error."""
        raise _sizes_depend_on_values("elements under a mask")

    def host_call(
        self, function: HostFunction, arguments: tuple[Hidden, ...], outputs: ArrayTypes
    ) -> tuple[Hidden, ...]:
        """What the function computes on the host, it may look at."""
        return self.closed(self.inner.host_call(function, self.opened(arguments), outputs))

    def native_call(
        self, function: Callable[..., tuple[Native, ...]], arguments: Sequence[Hidden]
    ) -> tuple[Hidden, ...]:
        """What users write for the framework gets its arrays."""
        return self.closed(self.inner.native_call(function, self.opened(arguments)))

    def close(
        self, function: Callable[..., tuple[Hidden, ...]], arguments: Sequence[Hidden]
    ) -> tuple[Callable[..., tuple[Hidden, ...]], tuple[Hidden, ...]]:
        """The function itself, which is checked by running it once."""
        # What comes of these numbers nobody sees: a loop may never run its body on them.
        with np.errstate(all="ignore"):
            function(*arguments)
        return function, ()

    def opened(self, value: Any) -> Any:
        """What the inner backend takes: arrays out of boxes, functions of arrays."""
        if isinstance(value, Hidden):
            return value.primal
        if isinstance(value, tuple):
            return tuple(map(self.opened, value))
        if isinstance(value, list):
            return list(map(self.opened, value))
        if callable(value):
            return lambda *arrays: self.opened(value(*self.closed(arrays)))
        return value

    def closed(self, value: Any) -> Any:
        """What the inner backend gives, with arrays in boxes."""
        if isinstance(value, tuple):
            return tuple(map(self.closed, value))
        if self.inner.owns(value):
            return self.constant(value)
        if callable(value):
            return lambda *arrays: self.closed(value(*self.opened(arrays)))
        return value


def _sizes_depend_on_values(what: str) -> NotSupported:
    return NotSupported(
        f"How many {what} there are depends on values, which don't exist while jit_compile traces "
        "the function. Use operations with fixed sizes, e.g. where(…) instead of a mask, or do "
        "this step outside of the compiled function."
    )


def _forwarded(name: str) -> Callable[..., Any]:
    def method(self: _CheckedParts, *args: Any, **options: Any) -> Any:
        result = getattr(self.inner, name)(*self.opened(args), **self.opened(options))
        return self.closed(result)

    method.__name__ = name
    method.__doc__ = f"`{name}` of the inner backend."
    return method


def _elementwise(name: str) -> Callable[..., Any]:
    def method(self: _CheckedParts, *operands: Any) -> Any:
        return self.function(name)(*operands)

    method.__name__ = name
    method.__doc__ = f"Elementwise {name}."
    return method


_OWN = {*vars(_CheckedParts), *vars(Tracer)}

# Made from the contract: what is not checked is done by the inner backend.
CheckedBackend = cast(
    "type[Tracer[Hidden]]",
    type(
        "CheckedBackend",
        (_CheckedParts,),
        {
            "__doc__": "The inner backend, without values.",
            **{name: _forwarded(name) for name in contract_methods() if name not in _OWN},
            **{name: _elementwise(name) for name in (*UNARY, *BINARY)},
        },
    ),
)

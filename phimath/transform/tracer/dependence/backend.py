"""The backend of linear arrays, joined from its topics; all else takes constants only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from phimath.backend.contract.elementwise import BINARY, UNARY
from phimath.backend.contract.loop import Loop
from phimath.backend.support import contract_methods
from phimath.transform.tracer.base import Tracer
from phimath.transform.tracer.dependence.arrange import DependenceArrange
from phimath.transform.tracer.dependence.array import Linear
from phimath.transform.tracer.dependence.elementwise import DependenceElementwise
from phimath.transform.tracer.dependence.index import DependenceIndex
from phimath.transform.tracer.dependence.linear_algebra import DependenceLinearAlgebra
from phimath.transform.tracer.dependence.parts import DependenceParts, not_linear
from phimath.transform.tracer.dependence.reduce import DependenceReduce

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from phimath.dtype import DType


class _Rules(
    DependenceElementwise,
    DependenceArrange,
    DependenceReduce,
    DependenceIndex,
    DependenceLinearAlgebra,
):
    """The rules of all topics that know layers."""

    def dtype(self, array: Linear) -> DType:
        """That of the primal."""
        return self.inner.dtype(array.primal)

    def native_dtype(self, dtype: DType) -> Any:
        """That of the inner backend."""
        return self.inner.native_dtype(dtype)

    def sizes(self, array: Linear) -> tuple[int, ...]:
        """Those of the primal."""
        return self.inner.sizes(array.primal)

    def device(self, array: Linear) -> str:
        """That of the primal."""
        return self.inner.device(array.primal)

    def cast(self, array: Linear, dtype: DType) -> Linear:
        """Linear between floating types."""
        if array.layers is not None and not dtype.is_floating:
            raise not_linear(f"cast to {dtype}")
        return self.linear(self.inner.cast(array.primal, dtype), array.layers)

    def copy(self, array: Linear) -> Linear:
        """The same values."""
        return self.linear(self.inner.copy(array.primal), array.layers)

    def to_device(self, array: Linear, device: str) -> Linear:
        """The same values."""
        return self.linear(self.inner.to_device(array.primal, device), array.layers)

    def synchronize(self, array: Linear) -> None:
        """Wait for the values."""
        self.inner.synchronize(array.primal)

    def is_available(self, array: Linear) -> bool:
        """Constants, if their values are."""
        return array.layers is None and self.inner.is_available(array.primal)

    def to_numpy(self, array: Linear) -> Any:
        """Values of a constant."""
        return self.known(array, "numpy()")

    def stop_gradient(self, a: Linear) -> Linear:
        """The same values."""
        return self.linear(self.inner.stop_gradient(a.primal), a.layers)

    def linear_map(
        self,
        function: Callable[[Linear], Linear],
        transposed: Callable[[Linear], Linear],
        argument: Linear,
    ) -> Linear:
        """The function itself."""
        del transposed
        return function(argument)

    def custom_gradient(
        self,
        forward: Callable[..., tuple[Linear, ...]],
        backward: Callable[..., Any],
        arguments: Sequence[Linear],
    ) -> tuple[Linear, ...]:
        """The function itself."""
        del backward
        return forward(*arguments)

    def close(
        self, function: Callable[..., tuple[Linear, ...]], arguments: Sequence[Linear]
    ) -> tuple[Callable[..., tuple[Linear, ...]], tuple[Linear, ...]]:
        """The function itself: no derivative is taken of what is traced."""
        del arguments
        return function, ()

    def records(self, arrays: Sequence[Linear]) -> bool | None:
        """No."""
        del arrays
        return False

    def while_loop(
        self,
        condition: Callable[..., Linear],
        body: Callable[..., tuple[Linear, ...]],
        state: tuple[Linear, ...],
    ) -> tuple[Linear, ...]:
        """In Python, if the condition doesn't depend on variables."""
        while bool(self.known(condition(*state), "A loop")):
            state = tuple(body(*state))
        return state

    def scan(
        self,
        body: Callable[..., tuple[Linear, ...]],
        state: tuple[Linear, ...],
        rows: tuple[Linear, ...],
        length: int,
        condition: Callable[..., Linear] | None,
        count: Linear | None,
        reverse: bool,
    ) -> tuple[tuple[Linear, ...], tuple[Linear, ...], Linear]:
        """In Python, if the condition doesn't depend on variables."""

        def goes_on(*arrays: Linear) -> bool:
            assert condition is not None
            return bool(self.known(condition(*arrays), "A loop"))

        times = None if count is None else int(self.known(count, "A loop"))
        # The derived loop asks for the truth of what the condition returns only.
        return Loop.scan(
            cast("Any", self), body, state, rows, length,
            None if condition is None else cast("Any", goes_on), cast("Any", times), reverse,
        )  # fmt: skip


def _of_constants(name: str) -> Callable[..., Any]:
    def method(self: DependenceParts, *args: Any, **options: Any) -> Any:
        given = self.without_variables(name, args)
        named = {key: self.without_variables(name, value) for key, value in options.items()}
        return self.boxed(getattr(self.inner, name)(*given, **named))

    method.__name__ = name
    method.__doc__ = f"`{name}` of the inner backend, of constants."
    return method


def _elementwise(name: str) -> Callable[..., Any]:
    def method(self: DependenceElementwise, *operands: Any) -> Any:
        return self.function(name)(*operands)

    method.__name__ = name
    method.__doc__ = f"Elementwise {name}."
    return method


_OWN = {
    name
    for kind in _Rules.__mro__
    if kind.__module__.startswith("phimath.transform.tracer.dependence")
    for name in vars(kind)
} | set(vars(Tracer))
_DERIVED = ("replay",)  # in Python, of other methods

# Made from the contract: what knows no layers is done by the inner backend, for constants.
DependenceBackend = cast(
    "type[DependenceParts]",
    type(
        "DependenceBackend",
        (_Rules,),
        {
            "__doc__": "Follows which variables the elements of arrays depend on, linearly.",
            **{
                name: _of_constants(name)
                for name in contract_methods()
                if name not in _OWN and name not in _DERIVED
            },
            **{name: _elementwise(name) for name in (*UNARY, *BINARY)},
        },
    ),
)

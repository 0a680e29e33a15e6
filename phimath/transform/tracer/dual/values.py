"""Native arrays with operators, as the formulas of derivatives are written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

from phimath.table import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.backend.contract import Backend
    from phimath.broadcast import Native


@final
class Value:
    """A native array of a backend; Python numbers and values of one element type combine."""

    __slots__ = ("native", "on")
    __hash__ = None  # type: ignore[assignment]  # == is elementwise

    def __init__(self, native: Native, on: Values) -> None:
        self.native = native
        self.on = on

    def __add__(self, other: Any) -> Value:
        return self.on.call("add", self, other)

    def __sub__(self, other: Any) -> Value:
        return self.on.call("subtract", self, other)

    def __mul__(self, other: Any) -> Value:
        return self.on.call("multiply", self, other)

    def __truediv__(self, other: Any) -> Value:
        return self.on.call("divide", self, other)

    def __pow__(self, other: Any) -> Value:
        if not isinstance(other, Value) and other == 1:
            return self
        return self.on.call("pow", self, other)

    def __neg__(self) -> Value:
        return self.on.call("negative", self)

    # A number stands on the left.
    __radd__ = __add__
    __rmul__ = __mul__

    def __rsub__(self, number: Any) -> Value:
        return -self + number

    def __rtruediv__(self, number: Any) -> Value:
        return self.on.full(number, self) / self

    def __rpow__(self, number: Any) -> Value:
        return self.on.full(number, self) ** self

    def __eq__(self, other: object) -> Value:  # type: ignore[override]  # elementwise
        return self.on.call("equal", self, other)

    def __lt__(self, other: Any) -> Value:
        return self.on.call("less", self, other)

    def __le__(self, other: Any) -> Value:
        return self.on.call("less_equal", self, other)

    def __gt__(self, other: Any) -> Value:
        return self.on.call("greater", self, other)

    def __ge__(self, other: Any) -> Value:
        return self.on.call("greater_equal", self, other)

    @property
    def is_boolean(self) -> bool:
        """Whether its elements are true or false."""
        return self.on.backend.dtype(self.native).kind == "bool"


@final
class Values:
    """Elementwise functions of the values of one backend, by the names of the operation table."""

    def __init__(self, backend: Backend[Any]) -> None:
        self.backend = backend
        self._functions: dict[str, Callable[..., Native]] = {}

    def of(self, native: Native) -> Value:
        """The array with operators."""
        return Value(native, self)

    def call(self, function: str, *operands: Any) -> Value:
        """Run a function of the contract; the first operand is a value."""
        found = self._functions.get(function)
        if found is None:
            found = self._functions[function] = self.backend.function(function)
        return Value(found(*[_native(operand) for operand in operands]), self)

    def full(self, number: Any, like: Value) -> Value:
        """One number of the type of another value."""
        backend, native = self.backend, like.native
        return Value(backend.full((), number, backend.dtype(native), backend.device(native)), self)

    def where(self, condition: Any, true: Any, false: Any) -> Any:
        """Selection; of numbers in Python, if the condition is one, too."""
        if isinstance(condition, bool):
            return true if condition else false
        array = true if isinstance(true, Value) else false
        assert isinstance(array, Value), "one of them has the type of the result"
        true = true if isinstance(true, Value) else self.full(true, array)
        false = false if isinstance(false, Value) else self.full(false, array)
        return Value(self.backend.where(condition.native, true.native, false.native), self)

    def __getattr__(self, name: str) -> Callable[..., Value]:
        row = OPERATIONS[name]

        def run(*operands: Any) -> Value:
            name = row.function
            if row.boolean_function and operands[0].is_boolean:
                name = row.boolean_function
            return self.call(name, *operands)

        return run


def _native(operand: Any) -> Any:
    return operand.native if isinstance(operand, Value) else operand

"""Arrays in boxes: what tracers compute with, and what nothing but a tracer can."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, NoReturn

from phimath.errors import NotSupported

if TYPE_CHECKING:
    from phimath.backend.contract import Backend


class Boxed:
    """An array in a box, which knows its backend because its type doesn't tell it.

    primal: The array that is in it, of the inner backend.
    """

    __slots__ = ("primal",)

    primal: Any

    __array_ufunc__ = None
    __hash__ = object.__hash__

    @property
    @abstractmethod
    def backend(self) -> Backend[Any]:
        """The tracer that made the box."""

    def _advice(self) -> str:
        return (
            f"A native array of {self.backend.name} is a box, which no framework can compute "
            "with. Use the functions of phimath instead of native ones, or take the values as "
            "constants: stop_gradient(x).native(…)."
        )

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise NotSupported(self._advice())

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"There is no attribute '{name}'. {self._advice()}")

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = _refuse
    __rtruediv__ = __pow__ = __rpow__ = __matmul__ = __rmatmul__ = __neg__ = __abs__ = _refuse
    __lt__ = __le__ = __gt__ = __ge__ = __eq__ = __ne__ = _refuse
    __array__ = __bool__ = __float__ = __int__ = __len__ = __iter__ = __getitem__ = _refuse


def opened(array: Any, backend: Backend[Any]) -> Any:
    """What a backend can take out of the boxes around an array that belongs to none of them."""
    while isinstance(array, Boxed) and not backend.owns(array):
        array = array.primal
    return array

"""A backend stricter than reality: NumPy behind a wall that refuses what the contract forbids.

A framework may accept a list, an integer division or an implicit promotion; a program that passes
here uses none of them.
"""

from __future__ import annotations

import inspect
import re
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Final, NoReturn, cast, final

import numpy as np

from phimath.backend import Backend, load
from phimath.backend.contract.elementwise import BINARY, DERIVED, UNARY
from phimath.backend.support import contract_methods
from phimath.dtype import number_kind
from phimath.errors import BackendError
from phimath.testing import strict_rules as rules

if TYPE_CHECKING:
    from collections.abc import Callable


class ContractError(BackendError, AssertionError):
    """A backend was called in a way that the contract does not allow."""


@final
class StrictArray:
    """Immutable array that nothing but `StrictBackend` can compute with."""

    __slots__ = ("__weakref__", "_values")

    __array__ = None
    __array_ufunc__ = None
    __hash__ = object.__hash__

    def __init__(self, values: np.ndarray) -> None:
        self._values = values.view()
        self._values.flags.writeable = False

    def __repr__(self) -> str:
        return f"StrictArray({self._values!r})"

    def _refuse(self, *_: object) -> NoReturn:
        raise ContractError("Native arrays are used through their backend only, not by operators.")

    __eq__ = __bool__ = __len__ = __iter__ = __getitem__ = __float__ = __int__ = _refuse

    def __dlpack__(self, **options: Any) -> Any:  # the options and the capsule are the protocol's
        """Hand out a copy: this array stays as it is."""
        return self._values.copy().__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        """Main memory."""
        return self._values.__dlpack_device__()


def _unwrap(value: Any) -> Any:
    if isinstance(value, StrictArray):
        return value._values  # pyright: ignore[reportPrivateUsage]
    if isinstance(value, (tuple, list)):
        return tuple(_unwrap(v) for v in value)
    return value


def _wrap(value: Any) -> Any:
    if isinstance(value, (np.ndarray, np.generic)):
        return StrictArray(np.asarray(value))
    if callable(value):  # a program
        return _checked_program(value)
    return tuple(_wrap(v) for v in value) if isinstance(value, tuple) else value


def _checked_program(program: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arrays: Any) -> Any:
        fits = all(isinstance(array, StrictArray) for array in arrays)
        _refuse_call("a program", "" if fits else f"takes native arrays only, got {arrays!r}")
        return _wrap(program(*_unwrap(arrays)))

    return call


def _wrap_callback(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *arguments: _unwrap(function(*_wrap(arguments)))


def _refuse_call(method: str, complaint: str) -> None:
    if complaint:
        raise ContractError(f"{method}: {complaint}. The contract does not allow this call.")


_SEVERAL: Final[dict[str, tuple[tuple[type, ...], str]]] = {
    "Sequence[A]": ((tuple, list), "a tuple or list of native arrays"),
    "tuple[A, ...]": ((tuple,), "a tuple of native arrays"),
}


def _check_argument(method: str, name: str, annotation: str, value: Any) -> None:
    if annotation == "A":
        fits, expected = isinstance(value, StrictArray), "a native array"
    elif annotation in _SEVERAL:
        types, expected = _SEVERAL[annotation]
        fits = isinstance(value, types) and all(isinstance(v, StrictArray) for v in value)
    else:
        fits = rules.PLAIN.get(annotation, lambda _: True)(value)
        expected = annotation
    _refuse_call(method, "" if fits else f"'{name}' must be {expected}, got {value!r}")


_CONTRACT: Final = {
    name: method
    for name, method in contract_methods().items()
    if name not in (*DERIVED, "function", "owns")
}


def _checked_method(name: str) -> Callable[..., Any]:
    signature = inspect.signature(_CONTRACT[name])
    gives_arrays = re.search(r"\bA\b", str(signature.return_annotation)) is not None

    def method(self: Any, *args: Any, **options: Any) -> Any:
        bound = signature.bind(self, *args, **options)
        bound.apply_defaults()
        for argument, parameter in list(signature.parameters.items())[1:]:
            value, annotation = bound.arguments[argument], str(parameter.annotation)
            several = parameter.kind is inspect.Parameter.VAR_POSITIONAL
            for each in value if several else (value,):
                _check_argument(name, argument, annotation, each)
            is_callback = annotation.startswith("Callable") and callable(value)
            wrapped = _wrap_callback(value) if is_callback else value
            bound.arguments[argument] = _unwrap(wrapped) if annotation != "Any" else value
        for rule in rules.RULES.get(name, ()):
            _refuse_call(name, rule(bound.arguments))
        result = getattr(self.numpy, name)(*bound.args[1:], **bound.kwargs)
        return _wrap(result) if gives_arrays else result

    method.__name__ = name
    method.__doc__ = f"Check the arguments, then compute `{name}` with NumPy."
    method.__signature__ = signature  # type: ignore[attr-defined]
    return method


def _checked_loop(method: Callable[..., Any]) -> Callable[..., Any]:
    """A loop in Python may do what a traced one can't: change the sizes and types of its state."""

    def while_loop(
        self: Any, condition: Callable[..., Any], body: Callable[..., Any], state: tuple[Any, ...]
    ) -> Any:
        def flag(*arrays: Any) -> Any:
            result = condition(*arrays)
            _refuse_call("while_loop", rules.complaint_about_flag(_unwrap(result)))
            return result

        def checked(*arrays: Any) -> Any:
            results = body(*arrays)
            _refuse_call("while_loop", rules.changes_of_state(_unwrap(arrays), _unwrap(results)))
            return results

        return method(self, flag, checked, state)

    while_loop.__doc__ = method.__doc__
    return while_loop


def _checked_function(backend: Any, name: str) -> Callable[..., Any]:
    function = backend.numpy.function(name)
    allowed = rules.ELEMENTWISE.get(name, rules.FLOATING)

    def call(*operands: Any) -> StrictArray:
        if not operands or not isinstance(operands[0], StrictArray):
            raise ContractError(f"{name}: the first operand must be a native array: {operands!r}.")
        for operand in operands[1:]:
            fits = isinstance(operand, StrictArray) or number_kind(operand) is not None
            _refuse_call(name, "" if fits else f"operand {operand!r} is no array and no number")
        natives = _unwrap(operands)
        _refuse_call(name, _complaint_about_operands(natives, allowed))
        return _wrap(function(*natives))

    return call


def _complaint_about_operands(natives: tuple[Any, ...], allowed: str) -> str:
    arrays = {str(i): native for i, native in enumerate(natives) if isinstance(native, np.ndarray)}
    try:
        np.broadcast_shapes(*(array.shape for array in arrays.values()))
    except ValueError:
        return f"sizes {[array.shape for array in arrays.values()]} don't match"
    numbers = [native for native in natives if not isinstance(native, np.ndarray)]
    return (
        rules.same_type(*arrays)(arrays)
        or rules.kinds("0", allowed)(arrays)
        or next(filter(None, (rules.number_fits(natives[0].dtype, n) for n in numbers)), "")
    )


class _StrictParts:
    """What is not made from the contract's list of methods."""

    name = "strict"

    @cached_property
    def numpy(self) -> Backend[Any]:
        """The backend that computes."""
        return load("numpy")

    @property
    def unsupported(self) -> dict[str, str]:
        """What NumPy can't do, this can't do."""
        return self.numpy.unsupported

    def owns(self, array: object) -> bool:
        """Its own arrays only."""
        return isinstance(array, StrictArray)

    @cache  # noqa: B019  # one instance per process
    def function(self, name: str) -> Callable[..., Any]:
        """The checked elementwise function."""
        return self.where if name == "where" else _checked_function(self, name)  # type: ignore[attr-defined]


def _elementwise_method(name: str) -> Callable[..., Any]:
    def method(self: Any, *operands: Any) -> Any:
        return self.function(name)(*operands)

    method.__name__ = name
    method.__doc__ = f"Check the operands, then compute `{name}` with NumPy."
    if name in DERIVED:
        method.__signature__ = inspect.signature(getattr(Backend, name))  # type: ignore[attr-defined]
    return method


# Made from the contract, so that a new method of the contract is checked from its first day.
StrictBackend = cast(
    "Callable[[], Backend[StrictArray]]",
    type(
        "StrictBackend",
        (_StrictParts, Backend),
        {
            "__doc__": "NumPy behind the wall, made from the contract and the tables of rules.",
            **{name: _checked_method(name) for name in _CONTRACT},
            "while_loop": _checked_loop(_checked_method("while_loop")),
            **{name: _elementwise_method(name) for name in (*UNARY, *BINARY, *DERIVED)},
        },
    ),
)

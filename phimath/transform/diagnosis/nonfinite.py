"""Where the first infinity or NaN of a computation came from."""

from __future__ import annotations

import linecache
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, final

import numpy as np

from phimath.sparse import Sparse
from phimath.table import OPERATIONS
from phimath.tensor import Dense, Tensor, apply
from phimath.tensor_tree import tensors_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from phimath.table import Operation

_PACKAGE = str(Path(__file__).parents[2])  # phimath


class Origin(NamedTuple):
    """What gave the first non-finite number, in words, and the line of the caller's code."""

    what: str
    where: str

    def __str__(self) -> str:
        return f"{self.what}, {self.where}" if self.where else self.what


def first_nonfinite(function: Callable[..., Any], *args: Any) -> Origin | None:
    """Call a function and say where the first non-finite number came from, `None` if from nowhere.

    Looks at the results of all operations with finite operands, and at the derivatives of
    elementwise ones by what depends on the arguments: `sqrt(0)` is finite, its derivative is not.
    Slow, because it watches all calls; for diagnosis.
    """
    for tensor in tensors_in(args):
        if bad := _first_bad(tensor):
            return Origin(f"an argument of shape {tensor.shape} is {bad}", "")
    watch = _Watch(tensors_in(args))
    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        function(*args)
    finally:
        sys.setprofile(before)
    return watch.value or watch.derivative or watch.constant


@final
class _Watch:
    """Profiling function that sees each result of phimath."""

    def __init__(self, variables: list[Tensor]) -> None:
        # Kept alive, so that identities stay unique.
        self._active = {id(tensor): tensor for tensor in variables}
        self.value: Origin | None = None
        self.derivative: Origin | None = None
        self.constant: Origin | None = None

    def __call__(self, frame: FrameType, event: str, result: object) -> None:
        if event != "return" or not isinstance(result, Tensor) or self.value:
            return
        if not frame.f_code.co_filename.startswith(_PACKAGE):
            return
        arguments = _arguments(frame)
        operands = tensors_in(arguments)
        if any(id(operand) in self._active for operand in operands):
            self._active[id(result)] = result
        values = [*operands, *(a for a in arguments if isinstance(a, float | complex))]
        if not operands or not all(map(_is_finite, values)):
            self._check_constant(frame, values, result)
            return
        operation = frame.f_locals.get("operation")
        if bad := _first_bad(result):
            self.value = Origin(f"{_name(frame)} of finite numbers gave {bad}", _caller(frame))
        elif operation is not None and self.derivative is None:
            self._check_derivative(frame, operation, arguments, result)

    def _check_constant(self, frame: FrameType, values: list[Any], result: Tensor) -> None:
        # Infinite constants are often meant, as where nothing is to be found: a last resort.
        constants = [value for value in values if id(value) not in self._active]
        variables = [value for value in values if id(value) in self._active]
        if self.constant is None and all(map(_is_finite, variables)) and _first_bad(result):
            bad = next((v for v in constants if not _is_finite(v)), None)
            if bad is not None:
                text = _first_bad(bad) if isinstance(bad, Tensor) else f"{bad}"
                what = f"{_name(frame)} was given a constant that is {text}"
                self.constant = Origin(what, _caller(frame))

    def _check_derivative(
        self, frame: FrameType, operation: Operation, arguments: list[Any], result: Tensor
    ) -> None:
        operands = [a for a in arguments if isinstance(a, Tensor | int | float | complex)]
        if len(operands) != operation.arity:
            return
        for operand, partial in zip(operands, operation.derivative or (), strict=False):
            if partial is not None and id(operand) in self._active:
                slope = partial(_Operations(), result, *operands)
                bad = _first_bad(slope) if isinstance(slope, Tensor) else ""
                if bad:
                    what = f"the derivative of {operation.name} is {bad}"
                    self.derivative = Origin(what, _caller(frame))


@final
class _Operations:
    """The operations by name, as the derivatives in the table expect them."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return lambda *operands: apply(OPERATIONS[name], *operands)


def _arguments(frame: FrameType) -> list[Any]:
    """What a function was called with; tuples of operands one by one."""
    code = frame.f_code
    count = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & 0x04)
    values = [frame.f_locals.get(name) for name in code.co_varnames[:count]]
    return [part for v in values for part in (v if isinstance(v, tuple | list) else (v,))]


def _is_finite(value: Any) -> bool:
    return not _first_bad(value) if isinstance(value, Tensor) else bool(np.isfinite(value))


def _first_bad(tensor: Tensor) -> str:
    """The first non-finite number and its place, e.g. `nan at x=3`; empty if all are finite."""
    parts = [tensor] if isinstance(tensor, Dense) else _dense_parts(tensor)
    for part in parts:
        if part.dtype.is_floating and part.available:
            values = part.backend.to_numpy(part.stored_native)
            bad = np.argwhere(~np.isfinite(values))
            if len(bad):
                names = part.signature.stored.names
                place = ", ".join(f"{n}={i}" for n, i in zip(names, bad[0], strict=True))
                number = values[tuple(bad[0])]
                return f"{number} at {place}" if place else f"{number}"
    return ""


def _dense_parts(tensor: Tensor) -> list[Dense]:
    if isinstance(tensor, Sparse):
        return _dense_parts(tensor.values)
    if tensor.shape.is_uniform:
        return [tensor.dense()]
    name = tensor.shape.non_uniform.dims[0].size.along  # type: ignore[union-attr]  # it varies
    return [part for piece in tensor.unstacked(name) for part in _dense_parts(piece)]


def _name(frame: FrameType) -> str:
    """Name of the operation, or of the function of phimath that the caller called."""
    operation = frame.f_locals.get("operation")
    return operation.name if operation is not None else _outermost(frame).f_code.co_name


def _outermost(frame: FrameType) -> FrameType:
    while frame.f_back is not None and frame.f_back.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    return frame


def _caller(frame: FrameType) -> str:
    caller = _outermost(frame).f_back
    if caller is None:
        return ""
    file, line = caller.f_code.co_filename, caller.f_lineno
    text = linecache.getline(file, line).strip()
    return f"{Path(file).name}, line {line}" + (f": {text}" if text else "")

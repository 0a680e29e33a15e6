"""States of all steps, stacked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from phimath.broadcast import Signature
from phimath.create import zeros_like
from phimath.errors import PhiError, ShapeError
from phimath.join import concat, stack, stack_plan
from phimath.tensor import Dense, Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from phimath.backend.contract import Backend
    from phimath.broadcast import Native
    from phimath.dimension import Dim
    from phimath.shape import Shape
    from phimath.transform.loop.repeated import Repeated
    from phimath.transform.natives import TensorForm, TreeForm


@runtime_checkable
class _WithValues(Protocol):
    """Values at places, e.g. a field: zeros like it are at the same places."""

    values: Any

    def with_values(self, values: Any) -> Any: ...


def stacked_states(states: Sequence[tuple[Any, ...]], dim: Shape) -> tuple[Any, ...]:
    """Trajectory of each entry of the state; the initial ones may be `None`."""
    return tuple(_stacked(entries, dim) for entries in zip(*states, strict=True))


def with_rows(
    first: Sequence[tuple[Any, ...]], loop: Repeated, dim: Shape, backend: Backend[Any]
) -> tuple[Any, ...]:
    """Trajectory of the first states, and then of those that a loop kept."""
    if not loop.kept:
        return stacked_states(first, dim)
    count = backend.sizes(loop.kept[0])[0]
    rows = _assembled(loop.kept_form, loop.kept, dim.with_sizes(count).single)
    begun = (_stacked(entries, dim) for entries in zip(*first, strict=True))
    return tuple(
        None if row is None else _explained(concat, [before, row], dim)
        for before, row in zip(begun, rows, strict=True)
    )


def _stacked(entries: Sequence[Any], dim: Shape) -> Any:
    """Trajectory of one entry of the state, `None` if there is nothing but `None`."""
    if all(entry is None for entry in entries):
        return None
    if entries[0] is None and len(entries) > 1:
        entries = (_zeros_like(entries[1]), *entries[1:])
    return _explained(stack, entries, dim.with_sizes(len(entries)))


def _explained(join: Callable[..., Any], entries: Sequence[Any], dim: Shape) -> Any:
    try:
        return join(entries, dim)
    except PhiError as error:
        raise ShapeError(
            f"The states can't be stacked along '{dim.name}', because they differ: {error} "
            f"Pass a number instead of {dim} to get the final state only, and save others in "
            "`callback`."
        ) from error


def _zeros_like(value: Any) -> Any:
    # Not so the places: a grid needs its cell size.
    if isinstance(value, _WithValues):
        return value.with_values(zeros_like(value.values))
    return zeros_like(value)


def _assembled(form: TreeForm, arrays: Sequence[Native], dim: Dim) -> Any:
    """Tree of arrays with one more leading axis than the form tells, which is `dim`."""
    source = iter(arrays)
    return form.structure.unflatten([_with_dim(part, source, dim) for part in form.tensors])


def _with_dim(form: TensorForm, arrays: Iterator[Native], dim: Dim) -> Tensor:
    if not isinstance(form, Signature):
        return form.head([_with_dim(part, arrays, dim) for part in form.components])
    native = next(arrays)
    axis, result = stack_plan(form, dim)
    if axis:
        order = [*range(1, axis + 1), 0, *range(axis + 1, form.stored.rank + 1)]
        native = form.backend.transpose(native, tuple(order))
    return Dense(native, result)

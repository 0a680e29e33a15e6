"""Tensors as text: a number, a row, the full values, or a summary; and as tables in notebooks."""

from __future__ import annotations

import builtins
import html
import re
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from phimath.errors import ValueRangeError
from phimath.stacked import Stacked
from phimath.tensor import HOOKS, Tensor

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.shape import Shape

LAYOUTS: Final = ("full", "row", "summary", "numpy")
ROW_LIMIT: Final = 8
"""Number of elements up to which a tensor of rank 1 prints its values by default."""
TABLE_LIMIT: Final = 32
"""Rows and columns that a notebook shows at most."""

_NUMBER_SPEC = re.compile(r"[-+ ]?#?0?\d*[,_]?(\.\d+)?[bdeEfFgGnoxX%]?")


def format_tensor(tensor: Tensor, spec: str = "") -> str:
    """Text of a tensor.

    Args:
        tensor: any tensor; one that a compiler traces prints its shape and element type.
        spec: layout `full`, `row`, `summary` or `numpy`, a format of numbers like `.3f`, or both:
            `row:.2f`.  Without layout, numbers and short vectors print their values, others a
            summary: mean ± standard deviation (smallest…largest).

    Raises:
        ValueRangeError: the specification is neither.  Values never make it fail.
    """
    layout, number_spec = _parse_spec(spec)
    try:
        if not tensor.available:
            return f"{tensor.shape} {tensor.dtype} traced by {tensor.backend}"
        return _LAYOUT_FUNCTIONS[layout](tensor, number_spec)
    # Debuggers and error messages print tensors in any state, e.g. ones whose memory has been
    # donated.
    except Exception as error:
        return f"{tensor.shape} (no values: {type(error).__name__}: {error})"


def _parse_spec(spec: str) -> tuple[str, str]:
    layout, _, number_spec = (
        spec.partition(":") if spec.partition(":")[0] in LAYOUTS else ("", "", spec)
    )
    if not _NUMBER_SPEC.fullmatch(number_spec):
        raise ValueRangeError(
            f"'{spec}' is no format of a tensor. Use {', '.join(LAYOUTS)}, a format of numbers "
            "like '.3f', "
            "or both, e.g. 'row:.2f'."
        )
    return layout, number_spec


# --- layouts ---


def _default(tensor: Tensor, spec: str) -> str:
    if tensor.rank == 0 or (tensor.rank == 1 and tensor.shape.volume <= ROW_LIMIT):
        return _row(tensor, spec)
    return _summary(tensor, spec)


def _row(tensor: Tensor, spec: str) -> str:
    """`(x=1.000, y=2.000)`, `(1, 2, 3) along xˢ`, `((1, 2), (3, 4)) along (xˢ=2, yˢ=2)`."""
    if tensor.rank == 0:
        return _single(tensor, spec)
    if not tensor.shape.is_uniform:
        parts = ", ".join(_row(part, spec) for part in _components(tensor))
        return f"({parts}) along {_along(tensor)}"
    number = _number_format(_stored_values(tensor), spec)
    dim = tensor.shape.dims[0]
    if tensor.rank == 1 and dim.labels:
        values = zip(dim.labels, tensor.numpy().tolist(), strict=True)
        pairs = ", ".join(f"{label}={number(value)}" for label, value in values)
        is_vector = dim.name == "vector" and dim.type.name == "channel"
        return f"({pairs})" if is_vector else f"({pairs}) along {dim.name}{dim.type.superscript}"
    text = _nested(tensor.numpy(tensor.shape).tolist(), number)
    where = f"{dim.name}{dim.type.superscript}" if tensor.rank == 1 else str(tensor.shape)
    return f"{text} along {where}"


def _nested(values: Any, number: Callable[[Any], str]) -> str:
    if isinstance(values, list):
        return f"({', '.join(_nested(value, number) for value in values)})"
    return number(values)


def _full(tensor: Tensor, spec: str) -> str:
    """Shape and type, then a matrix of the last two dimensions per element of the others."""
    if tensor.rank == 0:
        return _single(tensor, spec)
    header = f"{tensor.shape} {tensor.dtype}"
    if not tensor.shape.is_uniform:
        parts = [
            f"{_along(tensor)}={i}: {_full(p, spec)}" for i, p in enumerate(_components(tensor))
        ]
        return "\n".join([header, *parts])
    number = _number_format(_stored_values(tensor), spec)
    outer, inner = tensor.shape[: max(0, tensor.rank - 2)], tensor.shape[max(0, tensor.rank - 2) :]
    array = tensor.numpy(tensor.shape)
    lines = [header]
    for index in np.ndindex(*outer.int_sizes):
        if outer:
            lines.append(", ".join(f"{n}={i}" for n, i in zip(outer.names, index, strict=True)))
        lines += _matrix(array[index], inner, number)
    return "\n".join(lines)


def _matrix(array: np.ndarray, shape: Shape, number: Callable[[Any], str]) -> list[str]:
    cells = [[number(value) for value in row] for row in np.atleast_2d(array).tolist()]
    columns = shape.dims[-1].labels
    if columns:
        cells.insert(0, list(columns))
    rows = shape.dims[0].labels if shape.rank == 2 else None
    if rows:
        titles = ["", *rows] if columns else list(rows)
        cells = [[title, *row] for title, row in zip(titles, cells, strict=True)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return ["  ".join(c.rjust(w) for c, w in zip(row, widths, strict=True)) for row in cells]


def _numpy(tensor: Tensor, spec: str) -> str:
    """As NumPy prints the array with axes in the order of the shape."""
    array = tensor.numpy(tensor.shape)
    number = _number_format(array, spec)
    return np.array2string(
        array, formatter={"all": lambda value: number(np.asarray(value).item())} if spec else None
    )


def _summary(tensor: Tensor, spec: str) -> str:
    """`(xˢ=64, yˢ=64) float32 1.2e-01 ± 3e-01 (-1e+00…1e+00)`."""
    return f"{tensor.shape} {tensor.dtype} {_statistics(tensor, spec)}"


def _statistics(tensor: Tensor, spec: str) -> str:
    values = _stored_values(tensor)
    if tensor.shape.volume == 0:
        return "empty"
    if values.size == 1:
        return f"const {_number_format(values, spec)(values.item())}"
    if values.dtype.kind == "b":
        volume = tensor.shape.volume
        return f"{np.count_nonzero(values) * volume // values.size} of {volume} true"
    with np.errstate(all="ignore"):
        mean = values.mean(dtype=_wide(values))
        deviation = values.std(dtype=_wide(values)).real
        magnitudes = np.abs(values) if values.dtype.kind == "c" else values
        low, high = magnitudes.min().item(), magnitudes.max().item()
    text = f"{mean:{spec or '.1e'}} ± {deviation:{spec or '.0e'}}"
    limits = f"{low:{spec or '.0e'}}…{high:{spec or '.0e'}}"
    return f"{text} (|…| {limits})" if values.dtype.kind == "c" else f"{text} ({limits})"


def _wide(values: np.ndarray) -> type:
    return np.complex128 if values.dtype.kind == "c" else np.float64


_LAYOUT_FUNCTIONS: dict[str, Callable[[Tensor, str], str]] = {
    "": _default,
    "row": _row,
    "full": _full,
    "numpy": _numpy,
    "summary": _summary,
}


# --- values ---


def _components(tensor: Tensor) -> tuple[Tensor, ...]:
    return tensor.components if isinstance(tensor, Stacked) else tensor.unstacked(_along(tensor))


def _along(tensor: Tensor) -> str:
    return tensor.along if isinstance(tensor, Stacked) else tensor.shape.names[0]


def _stored_values(tensor: Tensor) -> np.ndarray:
    """All values, flat; those that a dense tensor repeats lazily come once."""
    if isinstance(tensor, Stacked):
        return np.concatenate([_all_values(part) for part in tensor.components])
    dense = tensor.dense()
    return np.asarray(dense.backend.to_numpy(dense.stored_native)).reshape(-1)


def _all_values(tensor: Tensor) -> np.ndarray:
    """All values, flat, also of components whose own sizes vary."""
    if isinstance(tensor, Stacked) and not tensor.shape.is_uniform:
        return np.concatenate([_all_values(part) for part in tensor.components])
    return tensor.numpy(tensor.shape).reshape(-1)


def _single(tensor: Tensor, spec: str) -> str:
    scalar = tensor.numpy()[()]
    return format(scalar.item(), spec) if spec else str(scalar)


def _number_format(values: np.ndarray, spec: str) -> Callable[[Any], str]:
    """Format of single values: integers and booleans as they are, floats by their magnitude."""
    if spec:
        return lambda value: format(value, spec)
    if values.dtype.kind in "biu":
        return str
    finite = np.abs(values[np.isfinite(values)])
    largest = finite.max(initial=0)
    float_spec = ".3f" if largest == 0 or 1e-2 <= largest < 1e5 else ".2e"
    return lambda value: format(value, float_spec)


# --- notebooks and print ---


def format_html(tensor: Tensor) -> str:
    """Text for notebooks: a table for tensors of rank 1 and 2, else the summary."""
    caption = f"<code>{html.escape(format_tensor(tensor, 'summary'))}</code>"
    try:
        is_table = tensor.rank in (1, 2) and tensor.shape.is_uniform and tensor.available
        return _table(tensor, caption) if is_table else caption
    except Exception:  # as for text: the caption says what is wrong
        return caption


def _table(tensor: Tensor, caption: str) -> str:
    number = _number_format(_stored_values(tensor), "")
    array = np.atleast_2d(tensor.numpy(tensor.shape))[:TABLE_LIMIT, :TABLE_LIMIT]
    *first, last = tensor.shape.dims
    row_titles = _titles(first[0].labels, array.shape[0]) if first else [""]
    titles = ("", *_titles(last.labels, array.shape[1]))
    head = "".join(f"<th>{html.escape(title)}</th>" for title in titles)
    body = "".join(
        f"<tr><th>{html.escape(title)}</th>{''.join(f'<td>{number(v)}</td>' for v in row)}</tr>"
        for title, row in zip(row_titles, array.tolist(), strict=True)
    )
    return f"<table><caption>{caption}</caption><tr>{head}</tr>{body}</table>"


def _titles(labels: tuple[str, ...] | None, count: int) -> list[str]:
    return list(labels[:count]) if labels else [str(i) for i in range(count)]


def print(obj: Any = None, name: str = "") -> None:
    """Print all values of a tensor, with a title; other objects as the builtin does."""
    if name:
        builtins.print(name)
    builtins.print(format(obj, "full") if isinstance(obj, Tensor) else "" if obj is None else obj)


HOOKS["format"] = format_tensor
HOOKS["html"] = format_html

__all__ = ["format_html", "format_tensor", "print"]

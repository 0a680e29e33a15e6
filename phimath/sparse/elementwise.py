"""Elementwise operations on sparse tensors, from the facts in the operation table.

Where the result is zero wherever the operands store nothing, it is sparse; otherwise it would be
dense, which needs to be asked for.  A zero that is not stored stays zero whatever it is multiplied
with or divided by, infinity included.
"""

from __future__ import annotations

from functools import lru_cache, reduce
from itertools import product
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from phimath.dtype import BOOL, DType
from phimath.errors import NotSupported, PhiError
from phimath.join import concat_tensors
from phimath.sparse.coordinate import TracedCoordinates
from phimath.sparse.pattern import ENTRIES, Pattern
from phimath.sparse.patterns import aligned, coalesced, common, located, same_pattern, union
from phimath.sparse.tensor import RULES, Sparse, at_entries
from phimath.stacked import Stacked
from phimath.table import OPERATIONS
from phimath.tensor import Dense, Tensor, apply
from phimath.wrap import wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from phimath.table import Operation

Operands = tuple[Any, ...]  # tensors and numbers

# Operations of one tensor that may be done before entries at one position are added up.
_ADDITIVE: Final = ("negative", "real", "imag", "conjugate")


def elementwise(operation: Operation, operands: Sequence[Any]) -> Tensor:
    """Run an operation in which at least one operand is sparse.

    Raises:
        NotSupported: the result would be dense.
    """
    for operand in operands:
        if isinstance(operand, Stacked) and _holds_sparse(operand):
            return operand.elementwise(operation, operands)
    lead = next(o for o in operands if isinstance(o, Sparse))
    names = set(lead.pattern.dims.names)
    # What is sparse along other dimensions counts as dense here.
    given = tuple(
        o.dense() if isinstance(o, Sparse) and set(o.pattern.dims.names) != names else o
        for o in operands
    )
    sparse = [i for i, o in enumerate(given) if isinstance(o, Sparse)]
    vanishing = [i for i in sparse if _vanishes_with(operation, i)]
    if len(sparse) > 1 or not _is_additive(operation, sparse[0]):
        given = tuple(_unique(operation, o) if isinstance(o, Sparse) else o for o in given)
    if vanishing:
        return _where_all_are_stored(operation, given, vanishing)
    if is_zero_at_zero(operation, tuple(_kind(operand) for operand in given)):
        return _where_any_is_stored(operation, given, sparse)
    return _dense(operation, given, names)


def _holds_sparse(stack: Stacked) -> bool:
    return any(
        isinstance(part, Sparse) or (isinstance(part, Stacked) and _holds_sparse(part))
        for part in stack.components
    )


def _vanishes_with(operation: Operation, position: int) -> bool:
    """Whether the result is zero where one operand is, whatever the others are there."""
    if operation.name == "where" or operation.jointly_linear:
        return operation.arity == 1 and operation.zero_preserving
    return position in operation.linear_in or (position == 0 and operation.zero_preserving)


def _is_additive(operation: Operation, position: int) -> bool:
    """Whether it may be done to each of several entries at one position."""
    if operation.name in _ADDITIVE:
        return True
    return position in operation.linear_in and operation.name != "where"


def _unique(operation: Operation, tensor: Sparse) -> Sparse:
    if operation.jointly_linear and isinstance(tensor.pattern, TracedCoordinates):
        return tensor
    return coalesced(tensor)


# A tensor's element type, the number itself, or the kind of a dense tensor.
_Kind = tuple[str, Any]


def _kind(operand: Any) -> _Kind:
    if isinstance(operand, Sparse):
        return "sparse", operand.dtype
    if isinstance(operand, Tensor):
        return "dense", operand.dtype
    return "number", operand


@lru_cache(maxsize=1024)
def is_zero_at_zero(operation: Operation, operands: tuple[_Kind, ...]) -> bool:
    """Whether an operation gives zero where all sparse operands are, by trying it."""
    choices = [_values_where_nothing_is_stored(kind, given) for kind, given in operands]
    with np.errstate(all="ignore"):
        for values in product(*choices):
            try:
                result = apply(operation, *(wrap(value) for value in values))
            except PhiError:  # not defined for such numbers
                return False
            if not bool(result == 0 if result.dtype is not BOOL else ~result):
                return False
    return True


def _values_where_nothing_is_stored(kind: str, given: Any) -> tuple[Any, ...]:
    if kind == "number":
        return (given,)
    if kind == "sparse":
        return (np.zeros((), given.name),)
    # NaN stands for any number: what doesn't depend on it is no NaN.
    return (False, True) if given is BOOL else (np.full((), np.nan, _floating(given)),)


def _floating(dtype: DType) -> str:
    return dtype.name if dtype.is_floating else "float64"


def _where_all_are_stored(operation: Operation, operands: Operands, vanishing: list[int]) -> Tensor:
    """The result is zero where one of these operands is."""
    first, *others = vanishing
    pattern = operands[first].pattern
    at = {first: operands[first].values}
    for i in others:
        pattern, at = _restricted(pattern, at, i, operands[i])
    for i, operand in enumerate(operands):
        if i not in at and isinstance(operand, Sparse):
            at[i] = located(operand.pattern, pattern).values_of(operand.values)
    return _at_pattern(operation, operands, pattern, at)


def _restricted(
    pattern: Pattern, at: dict[int, Tensor], position: int, operand: Sparse
) -> tuple[Pattern, dict[int, Tensor]]:
    """Entries that a further operand stores, too."""
    if same_pattern(pattern, operand.pattern):
        return pattern, {**at, position: operand.values}
    shared, mine, theirs = common(pattern, operand.pattern)
    reduced = {i: mine.values_of(values) for i, values in at.items()}
    return shared, {**reduced, position: theirs.values_of(operand.values)}


def _where_any_is_stored(operation: Operation, operands: Operands, sparse: list[int]) -> Tensor:
    """The result is zero where all of these operands are."""
    first, *others = sparse
    pattern = operands[first].pattern
    at = {first: operands[first].values}
    for i in others:
        operand = operands[i]
        if same_pattern(pattern, operand.pattern):
            at[i] = operand.values
            continue
        if operation.jointly_linear and not (pattern.is_constant and operand.pattern.is_constant):
            return _one_after_the_other(operation, [operands[i] for i in sparse])
        pattern, mine, theirs = union(pattern, operand.pattern)
        at = {j: mine.values_of(values) for j, values in at.items()}
        at[i] = theirs.values_of(operand.values)
    return _at_pattern(operation, operands, pattern, at)


def _one_after_the_other(operation: Operation, operands: list[Sparse]) -> Sparse:
    """A sum whose entries are those of both operands, some maybe at one position."""
    signs = [1, -1 if operation.name == "subtract" else 1]
    values = [o.values * sign for o, sign in zip(operands, signs, strict=True)]
    shape = reduce(lambda a, b: a & b, (v.shape.without(ENTRIES) for v in values))
    first, *rest = (aligned(o.pattern, operands[0].pattern) for o in operands)
    like = values[0].dense()
    row, column = (
        concat_tensors([p.position(group, like) for p in (first, *rest)], ENTRIES).dense()
        for group in (first.rows.names, first.columns.names)
    )
    pattern = TracedCoordinates(first.rows, first.columns, row, column, is_unique=False)
    return Sparse(pattern, concat_tensors([v.expanded(shape) for v in values], ENTRIES))


def _at_pattern(
    operation: Operation, operands: Operands, pattern: Pattern, at: dict[int, Tensor]
) -> Sparse:
    parts = [
        at[i] if i in at else at_entries(o, pattern) if isinstance(o, Tensor) else o
        for i, o in enumerate(operands)
    ]
    return Sparse(pattern, apply(operation, *parts))


def _dense(operation: Operation, operands: Operands, names: set[str]) -> Tensor:
    """A dense result, if another operand is as large as that."""
    for operand in operands:
        if isinstance(operand, Tensor) and not isinstance(operand, Sparse):
            stored = operand.signature.stored if isinstance(operand, Dense) else operand.shape
            if names <= set(stored.names):
                dense = (o.dense() if isinstance(o, Sparse) else o for o in operands)
                return apply(operation, *dense)
    lead = next(o for o in operands if isinstance(o, Sparse))
    symbol = OPERATIONS[operation.name].symbol
    raise NotSupported(
        f"The result of {operation.name}{f' ({symbol})' if symbol else ''} is not zero where the "
        f"sparse tensor of shape {lead.shape} stores nothing, so that it would be dense. Use "
        "dense(x) first if that is wanted, or change the stored values only: "
        "tensor_like(x, f(stored_values(x)))."
    )


RULES["elementwise"] = elementwise

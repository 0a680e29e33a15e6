"""What a compiled program depends on, and what made another one necessary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from phimath.context import Default
from phimath.transform.natives import described_form
from phimath.tree import Structure

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from phimath.transform.natives import TensorForm


class Key(NamedTuple):
    """What a program depends on; all else is data."""

    structure: Structure
    leaves: tuple[TensorForm | type, ...]
    static: tuple[tuple[str, Any], ...]
    precision: int
    default: Default
    devices: tuple[str, ...]
    details: bool


def difference(before: Key, after: Key, arguments: Sequence[str]) -> str:
    """What changed from one key to another, in words."""
    changes: list[str] = []
    if before.structure != after.structure:
        changes += _changes_of_structure(before, after, arguments)
    elif before.leaves != after.leaves:
        changes += _changes_of_leaves(before, after, arguments)
    old = dict(before.static)
    changes += [
        f"{name}: {old.get(name)!r} became {value!r}"
        for name, value in after.static
        if old.get(name) != value
    ]
    if before.precision != after.precision:
        changes.append(f"precision: {before.precision} became {after.precision} bit")
    if before.default != after.default:
        changes.append("the default backend or device changed")
    if before.details != after.details:
        changes.append("histories of solves are recorded, or no longer")
    if before.devices != after.devices:
        changes.append("devices of tensors changed")
    return "; ".join(changes)


def _paths(key: Key, arguments: Sequence[str]) -> list[str]:
    """Where the leaves are, beginning with the name of an argument."""
    return [_named(path, arguments) for path in key.structure.paths()]


def _named(path: str, arguments: Sequence[str]) -> str:
    step, _, rest = path[1:].partition("]")
    if step.isdecimal():  # arguments by position
        return (arguments[int(step)] if int(step) < len(arguments) else f"argument {step}") + rest
    return step.strip("'\"") + rest


def _changes_of_leaves(before: Key, after: Key, arguments: Sequence[str]) -> Iterator[str]:
    for path, old, new in zip(_paths(after, arguments), before.leaves, after.leaves, strict=True):
        if old == new:
            continue
        texts = _text(old), _text(new)
        if texts[0] != texts[1]:
            yield f"{path}: {texts[0]} became {texts[1]}"
        else:  # such as zeros, of which one is stored
            yield f"{path}: {texts[0]}, but other dimensions are stored"


def _changes_of_structure(before: Key, after: Key, arguments: Sequence[str]) -> Iterator[str]:
    old, new = _paths(before, arguments), _paths(after, arguments)
    appeared = [path for path in new if path not in old]
    vanished = [path for path in old if path not in new]
    if appeared:
        yield f"new: {', '.join(appeared)}"
    if vanished:
        yield f"no longer there: {', '.join(vanished)}"
    if not appeared and not vanished:
        yield "the containers or values that are part of the program changed"


def _text(form: TensorForm | type) -> str:
    if isinstance(form, type):
        return form.__name__.lower()
    return described_form(form)

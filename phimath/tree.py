"""Trees of tuples, lists, dicts and frozen dataclasses, taken apart and put together again.

What is neither such a container nor a leaf is static: it becomes part of the `Structure`.  What a
leaf is says the caller, because tensors are defined above this module.  A dataclass may declare
more: the fields named by its method `static_fields()` are static whatever they hold, and its method
`check_rebuilt()` is called on instances made of new leaves, which `__init__` has not seen.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar, final

from phimath.errors import NotSupported, ShapeError

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")
LeafTypes = type | tuple[type, ...]

_LEAF: Final = "leaf"
# A node is `_LEAF`, a `_Static`, a `_Constant`, or `(class, keys, children)`.  Plain tuples hash
# and compare without calling Python.
_Node = Any
_Builder = Callable[[Iterator[Any]], Any]


class _Static(NamedTuple):
    """A value that is no container; its class is compared too, so that 1, 1.0 and True differ."""

    kind: type
    value: Any


@final
class _ByIdentity:
    """Stands for a value that cannot be hashed: equal only to itself."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByIdentity) and self.value is other.value

    def __hash__(self) -> int:
        return id(self.value)


@final
class _Constant:
    """A container without leaves, given back as it came; compared by its content."""

    __slots__ = ("is_immutable", "node", "value")

    def __init__(self, value: object, node: _Node, *, is_frozen: bool = True) -> None:
        self.value = value
        self.node = node
        self.is_immutable = is_frozen and all(
            part.is_immutable if isinstance(part, _Constant) else isinstance(part, _Static)
            for part in node[2]
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Constant) and self.node == other.node

    def __hash__(self) -> int:
        return hash(self.node)


@final
class Structure:
    """A tree without its leaves.  Hashable.

    Equal structures have equal containers, keys in equal order, and equal static values.
    """

    __slots__ = ("_builders", "_hash", "_node", "leaf_count")

    leaf_count: int

    def __init__(self, node: _Node, leaf_count: int) -> None:
        """Made by `flatten`."""
        self._node = node
        self._hash = hash(node)
        self._builders: dict[bool, _Builder] = {}
        self.leaf_count = leaf_count

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Structure) and self._hash == other._hash and self._node == other._node
        )

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return _text(self._node)

    def unflatten(self, leaves: Sequence[Any], *, are_alike: bool = False) -> Any:
        """The tree with these leaves, in the order in which `flatten` gave them.

        are_alike: they differ from those that `flatten` gave by what `check_rebuilt()` doesn't look
            at, so that it isn't called.
        """
        if len(leaves) != self.leaf_count:
            raise ShapeError(
                f"The structure {self} has {self.leaf_count} leaves, but {len(leaves)} were given. "
                "Give one per leaf, in the order of flatten()."
            )
        build = self._builders.get(are_alike)
        if build is None:
            build = self._builders[are_alike] = _builder(self._node, not are_alike)
        return build(iter(leaves))

    def leaves_of(self, tree: Any, leaf_types: LeafTypes) -> list[Any] | None:
        """Leaves of a tree that has this structure, `None` if it has another one.

        Faster than `flatten`, which finds out which one.
        """
        leaves: list[Any] = []
        return leaves if _matches(tree, self._node, leaf_types, leaves) else None

    def paths(self) -> tuple[str, ...]:
        """Where each leaf is, e.g. `[0].velocity['x']`."""
        return tuple(_paths(self._node, ""))


def flatten(tree: Any, leaf_types: LeafTypes) -> tuple[list[Any], Structure]:
    """Leaves of a tree, i.e. its instances of `leaf_types`, and the structure to put them back.

    Raises:
        NotSupported: a dataclass that holds leaves is not frozen.
    """
    leaves: list[Any] = []
    node = _take_apart(tree, leaf_types, leaves)
    return leaves, Structure(node, len(leaves))


def map_leaves(function: Callable[..., Any], *trees: Any, leaf_types: LeafTypes) -> Any:
    """Tree of `function(leaf, …)` over trees of one structure.

    Raises:
        ShapeError: the structures of the trees differ.
    """
    leaves, structure = flatten(trees[0], leaf_types)
    columns = [leaves]
    for tree in trees[1:]:
        others, other = flatten(tree, leaf_types)
        if other != structure:
            raise ShapeError(
                f"Cannot combine trees of different structure: {structure} and {other} "
                "(* is a leaf). Give trees with equal containers, keys and static values."
            )
        columns.append(others)
    return structure.unflatten([function(*row) for row in zip(*columns, strict=True)])


@lru_cache(maxsize=1024)
def field_names(cls: type) -> tuple[str, ...] | None:
    """Names of the fields of a dataclass, `None` for other classes."""
    return tuple(field.name for field in fields(cls)) if is_dataclass(cls) else None


def rebuild(cls: type[T], values: dict[str, Any]) -> T:
    """Dataclass with these fields; skips `__init__` and `__post_init__`, which ran before."""
    instance = object.__new__(cls)
    for name, value in values.items():
        object.__setattr__(instance, name, value)
    return instance


def _take_apart(tree: Any, leaf_types: LeafTypes, leaves: list[Any]) -> _Node:
    cls = tree.__class__
    kind = _kind(cls, leaf_types)
    if kind == _LEAF:
        leaves.append(tree)
        return _LEAF
    if kind == "static":
        return _static(tree)
    if kind == "sequence":
        count = len(leaves)
        node = (cls, None, tuple([_take_apart(child, leaf_types, leaves) for child in tree]))
        return _Constant(tree, node) if len(leaves) == count and isinstance(tree, tuple) else node
    if kind == "dict":
        children = tuple([_take_apart(child, leaf_types, leaves) for child in tree.values()])
        return (OrderedDict if cls is OrderedDict else dict, tuple(tree), children)
    count = len(leaves)
    names = field_names(cls)
    assert names is not None
    static = tree.static_fields() if hasattr(cls, "static_fields") else ()
    children = [
        _static(getattr(tree, name))
        if name in static
        else _take_apart(getattr(tree, name), leaf_types, leaves)
        for name in names
    ]
    if len(leaves) == count:
        is_frozen = cls.__dataclass_params__.frozen
        return _Constant(tree, (cls, names, tuple(children)), is_frozen=is_frozen)
    _require_frozen(cls)
    return (cls, names, tuple(children))


# Asking abstract classes takes most of the time of `flatten` otherwise.
@lru_cache(maxsize=4096)
def _kind(cls: type, leaf_types: LeafTypes) -> str:
    if issubclass(cls, leaf_types):
        return _LEAF
    if issubclass(cls, (tuple, list)):
        return "sequence"
    if issubclass(cls, dict):
        return "dict"
    return "static" if field_names(cls) is None else "dataclass"


def _static(value: object) -> _Static:
    kind = value.__class__
    try:
        hash(value)
    except TypeError:
        value = _ByIdentity(value)
    # Past the constructor, which is a function in Python.
    return tuple.__new__(_Static, (kind, value))


def _require_frozen(cls: type) -> None:
    if not cls.__dataclass_params__.frozen:  # type: ignore[attr-defined]
        raise NotSupported(
            f"The dataclass {cls.__name__} holds tensors but can be changed, so that it cannot be "
            "a tree. Declare it with @dataclass(frozen=True)."
        )


def _matches(tree: Any, node: _Node, leaf_types: LeafTypes, leaves: list[Any]) -> bool:
    """Whether `_take_apart` would give this node; adds the leaves."""
    cls = tree.__class__
    if node is _LEAF:
        leaves.append(tree)
        return _kind(cls, leaf_types) == _LEAF
    if node.__class__ is _Static:
        return (tree is node.value and cls is node.kind) or (
            _kind(cls, leaf_types) == "static" and _static(tree) == node
        )
    if node.__class__ is _Constant:
        if tree is node.value and node.is_immutable:
            return True
        found: list[Any] = []
        return _take_apart(tree, leaf_types, found) == node and not found
    return cls is node[0] and _children_match(tree, node, leaf_types, leaves)


def _children_match(tree: Any, node: _Node, leaf_types: LeafTypes, leaves: list[Any]) -> bool:
    cls, keys, nodes = node
    static: Sequence[str] = ()
    if keys is None:
        keys, children = range(len(nodes)), tree
    elif issubclass(cls, dict):
        children = tree.values() if tuple(tree) == keys else None
    else:
        children = [getattr(tree, name) for name in keys]
        static = tree.static_fields() if hasattr(cls, "static_fields") else ()
    if children is None or len(children) != len(nodes):
        return False
    for key, child, part in zip(keys, children, nodes, strict=True):
        if key in static:
            if _static(child) != part:
                return False
        elif not _matches(child, part, leaf_types, leaves):
            return False
    return True


def _builder(node: _Node, is_checked: bool) -> _Builder:
    """Function that takes its leaves from an iterator."""
    if node is _LEAF:
        return next
    if _is_fixed(node):
        value = _fixed_value(node)
        return lambda _: value
    cls, keys, nodes = node
    if keys is not None and not issubclass(cls, dict):
        return _dataclass_builder(cls, keys, nodes, is_checked)
    parts = [_builder(part, is_checked) for part in nodes]
    if keys is not None:
        return lambda leaves: cls(zip(keys, [part(leaves) for part in parts], strict=True))
    make: Callable[[Sequence[Any]], Any] = getattr(cls, "_make", cls)
    return lambda leaves: make([part(leaves) for part in parts])


def _dataclass_builder(
    cls: type, keys: Sequence[str], nodes: Sequence[_Node], is_checked: bool
) -> _Builder:
    """Of values without leaves, which are always the same, and of the others."""
    pairs = list(zip(keys, nodes, strict=True))
    fixed = {key: _fixed_value(node) for key, node in pairs if _is_fixed(node)}
    others = [(key, _builder(node, is_checked)) for key, node in pairs if not _is_fixed(node)]
    check: Callable[[Any], None] | None = getattr(cls, "check_rebuilt", None)
    if not is_checked:
        check = None

    def build(leaves: Iterator[Any]) -> Any:
        tree = rebuild(cls, {**fixed, **{key: part(leaves) for key, part in others}})
        if check is not None:
            check(tree)
        return tree

    return build


def _is_fixed(node: _Node) -> bool:
    return isinstance(node, (_Static, _Constant))


def _fixed_value(node: _Static | _Constant) -> Any:
    return node.value.value if isinstance(node.value, _ByIdentity) else node.value


def _text(node: _Node) -> str:
    if node is _LEAF:
        return "*"
    if isinstance(node, _Static):
        return repr(node.value.value if isinstance(node.value, _ByIdentity) else node.value)
    if isinstance(node, _Constant):
        return repr(node.value)
    cls, keys, children = node
    texts = [_text(child) for child in children]
    if keys is None:
        inside = ", ".join(texts)
        return f"[{inside}]" if issubclass(cls, list) else f"({inside}{',' * (len(texts) == 1)})"
    if issubclass(cls, dict):
        return f"{{{', '.join(f'{k!r}: {t}' for k, t in zip(keys, texts, strict=True))}}}"
    return f"{cls.__name__}({', '.join(f'{k}={t}' for k, t in zip(keys, texts, strict=True))})"


def _paths(node: _Node, path: str) -> Iterator[str]:
    if node is _LEAF:
        yield path
    elif type(node) is tuple:
        cls, keys, children = node
        for i, child in enumerate(children):
            if keys is None:
                yield from _paths(child, f"{path}[{i}]")
            else:
                step = f"[{keys[i]!r}]" if issubclass(cls, dict) else f".{keys[i]}"
                yield from _paths(child, path + step)


__all__ = ["LeafTypes", "Structure", "field_names", "flatten", "map_leaves", "rebuild"]

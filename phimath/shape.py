"""Shapes: named, typed, optionally labelled dimensions as one immutable, interned class.

Five types exist, always ordered batch, dual, instance, spatial, channel.  Because shapes are
interned, `is`, `==` and `hash` mean the same: equal dimensions in equal order with equal labels.
`same_dims` compares without order.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import lru_cache, partialmethod
from itertools import product
from threading import RLock
from typing import TYPE_CHECKING, NoReturn, TypeAlias, cast, final
from weakref import WeakValueDictionary

from phimath import dimension
from phimath.dimension import SHAPE_CLASS, TYPES, Dim, DimType, Varying, follow_names, format_dim
from phimath.errors import DimensionError, ShapeError
from phimath.merge import merge_dims

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from phimath.dimension import Size

DimFilter: TypeAlias = (
    """str | DimType | Shape | Iterable[str | DimType | Shape] | Callable[[Shape], Shape] | None"""
)


@final
class _OfTypes:
    """Attribute of a shape: its dimensions of some types."""

    def __init__(self, *names: str) -> None:
        self.types = tuple(dim_type for dim_type in TYPES if dim_type.name in names)

    def __get__(self, shape: Shape, _: type[Shape] | None = None) -> Shape:
        return shape.of_type(*self.types)


@final
class Shape:
    """Immutable tuple of dimensions, made by `batch`, `dual`, `instance` …, and `&`."""

    __slots__ = ("__weakref__", "_filtered", "_positions", "dims", "names", "rank", "sizes")

    dims: tuple[Dim, ...]
    names: tuple[str, ...]
    sizes: tuple[Size, ...]
    rank: int
    _positions: dict[str, int]
    _filtered: dict[object, Shape]

    def __new__(cls, *dims: Dim) -> Shape:
        """Look up or create the one shape with these dimensions in this order."""
        shape = _interned.get(dims)
        return shape if shape is not None else _create(dims)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(
            f"Shapes are shared and can't be changed, so '{name}' cannot be set. "
            "Make another one, e.g. with shape.with_size('x', 4)."
        )

    def __reduce__(self) -> tuple[type[Shape], tuple[Dim, ...]]:
        return Shape, self.dims

    def __repr__(self) -> str:
        return f"({', '.join(map(format_dim, self.dims))})"

    # --- queries ---

    def __len__(self) -> int:
        return self.rank

    def __bool__(self) -> bool:
        return self.rank > 0

    def __iter__(self) -> Iterator[Shape]:
        return (Shape(dim) for dim in self.dims)

    def __contains__(self, dim: str | Shape) -> bool:
        if isinstance(dim, Shape):
            return all(name in self._positions for name in dim.names)
        return dim in self._positions

    @property
    def labels(self) -> tuple[tuple[str, ...] | None, ...]:
        """Labels of each dimension, `None` where it has none."""
        return tuple(dim.labels for dim in self.dims)

    @property
    def single(self) -> Dim:
        """The only dimension; an error if there is none or more than one."""
        if self.rank != 1:
            raise ShapeError(
                f"Expected exactly one dimension, not {self}. Select one, e.g. shape['x']."
            )
        return self.dims[0]

    @property
    def name(self) -> str:
        """Name of the only dimension."""
        return self.single.name

    @property
    def size(self) -> Size:
        """Size of the only dimension."""
        return self.single.size

    @property
    def type(self) -> DimType:
        """Type of the only dimension."""
        return self.single.type

    @property
    def is_uniform(self) -> bool:
        """Whether no size varies along another dimension."""
        return not any(isinstance(size, Varying) for size in self.sizes)

    @property
    def volume(self) -> int:
        """Number of elements; true elements for non-uniform shapes."""
        along = self._varying_along()
        if not along:
            return math.prod(self.int_sizes)
        return sum(self.at(index).volume for index in along.indices())

    @property
    def int_sizes(self) -> tuple[int, ...]:
        """Sizes as integers; an error where one is undefined or varies."""
        for dim in self.dims:
            if not isinstance(dim.size, int):
                raise ShapeError(
                    f"Dimension '{dim.name}' of {self} has no single size. "
                    "Slice it along the dimension that it varies along, or give its size."
                )
        return cast("tuple[int, ...]", self.sizes)

    def position(self, name: str) -> int:
        """Index of the dimension in this shape; an error that lists what exists if missing."""
        try:
            return self._positions[name]
        except KeyError:
            raise DimensionError(
                f"There is no dimension '{name}' in {self}. "
                f"Use one of {', '.join(map(repr, self.names)) or 'none: this is a scalar'}."
            ) from None

    def dim(self, name: str) -> Dim:
        """The dimension of this name."""
        return self.dims[self.position(name)]

    def get_size(self, name: str) -> int:
        """Size of one dimension as an integer."""
        size = self.dims[self.position(name)].size
        return size if isinstance(size, int) else Shape(self.dim(name)).int_sizes[0]

    def get_type(self, name: str) -> DimType:
        """Type of one dimension."""
        return self.dim(name).type

    def get_labels(self, name: str) -> tuple[str, ...] | None:
        """Labels of one dimension, `None` if it has none."""
        return self.dim(name).labels

    def indices(self) -> Iterator[dict[str, int]]:
        """All index combinations as dictionaries, the last dimension fastest."""
        for index in product(*map(range, self.int_sizes)):
            yield dict(zip(self.names, index, strict=True))

    # --- filters ---

    batch = _OfTypes("batch")
    dual = _OfTypes("dual")
    instance = _OfTypes("instance")
    spatial = _OfTypes("spatial")
    channel = _OfTypes("channel")
    primal = _OfTypes("instance", "spatial")
    non_batch = _OfTypes("dual", "instance", "spatial", "channel")
    non_dual = _OfTypes("batch", "instance", "spatial", "channel")
    non_instance = _OfTypes("batch", "dual", "spatial", "channel")
    non_spatial = _OfTypes("batch", "dual", "instance", "channel")
    non_channel = _OfTypes("batch", "dual", "instance", "spatial")
    non_primal = _OfTypes("batch", "dual", "channel")

    @property
    def non_uniform(self) -> Shape:
        """The dimensions whose size varies."""
        return Shape(*(dim for dim in self.dims if isinstance(dim.size, Varying)))

    @property
    def spatial_rank(self) -> int:
        """Number of spatial dimensions."""
        return self.spatial.rank

    def of_type(self, *types: DimType) -> Shape:
        """The dimensions of these types, in the order of this shape."""
        found = self._filtered.get(types)
        if found is None:
            found = Shape(*(dim for dim in self.dims if dim.type in types))
            # A reference to itself would keep the shape alive forever.
            if found is not self:
                self._filtered[types] = found
        return found

    def only(self, dims: DimFilter, *, reorder: bool = False) -> Shape:
        """Dimensions selected by `dims` as far as they exist, in own order or in that of `dims`."""
        names = dim_names(dims, self)
        if reorder:
            return Shape(*(self.dims[self._positions[n]] for n in names if n in self._positions))
        return Shape(*(dim for dim in self.dims if dim.name in names))

    def without(self, dims: DimFilter) -> Shape:
        """All dimensions but those selected by `dims`."""
        names = dim_names(dims, self)
        return Shape(*(dim for dim in self.dims if dim.name not in names))

    def resolve(self, dims: DimFilter) -> Shape:
        """The dimensions selected by `dims`, in their order.

        Naming one that is missing is an error.
        """
        return Shape(*(self.dim(name) for name in dim_names(dims, self)))

    def __getitem__(self, selection: str | int | slice | Shape) -> Shape:
        if isinstance(selection, int):
            return Shape(self.dims[selection])
        if isinstance(selection, slice):
            return Shape(*self.dims[selection])
        return self.resolve(selection)

    # --- changed copies ---

    def __and__(self, other: Shape) -> Shape:
        return merge_shapes(self, other)

    def __add__(self, other: Shape) -> Shape:
        return concat_shapes(self, other)

    def __sub__(self, other: DimFilter) -> Shape:
        return self.without(other)

    def with_sizes(self, sizes: Iterable[Size] | Size) -> Shape:
        """Same dimensions with other sizes; labels are dropped where the size changes."""
        if sizes is None or isinstance(sizes, (int, Varying)):
            sizes = (sizes,) * self.rank
        each: tuple[Size, ...] = tuple(sizes)
        if len(each) != self.rank:
            raise ShapeError(
                f"{self} needs {self.rank} sizes, not the {len(each)} of {each}. Give one per "
                f"dimension."
            )
        return Shape(*(dim.with_size(size) for dim, size in zip(self.dims, each, strict=True)))

    def with_size(self, name: str, size: Size) -> Shape:
        """Same shape with one size replaced."""
        position = self.position(name)
        return Shape(
            *self.dims[:position], self.dims[position].with_size(size), *self.dims[position + 1 :]
        )

    def with_labels(self, name: str, labels: str | Iterable[str] | None) -> Shape:
        """Same shape with the labels of one dimension replaced."""
        dim = self.dim(name)
        return self.replace_dim(name, Dim.make(name, dim.type, dim.size, labels))

    def replace_dim(self, name: str, *dims: Dim) -> Shape:
        """Same shape with one dimension replaced by others at its place."""
        position = self.position(name)
        replaced = (*self.dims[:position], *dims, *self.dims[position + 1 :])
        return Shape(*(follow_names(self.dims, replaced) if len(dims) == 1 else replaced))

    def rename(self, names: Mapping[str, str]) -> Shape:
        """Same shape with dimensions renamed; types stay."""
        for name in names:
            self.position(name)
        dims = [dim.renamed(names.get(dim.name, dim.name)) for dim in self.dims]
        return Shape(*follow_names(self.dims, dims))

    def as_type(self, dim_type: DimType) -> Shape:
        """Same dimensions, all of another type; the prefix of dual names follows the type."""
        dims = [dim.as_type(dim_type) for dim in self.dims]
        return Shape(*follow_names(self.dims, dims))

    as_batch = partialmethod(as_type, dimension.batch)
    as_dual = partialmethod(as_type, dimension.dual)
    as_instance = partialmethod(as_type, dimension.instance)
    as_spatial = partialmethod(as_type, dimension.spatial)
    as_channel = partialmethod(as_type, dimension.channel)

    def at(self, index: Mapping[str, int]) -> Shape:
        """Shape of one slice: without the indexed dimensions, sizes along them resolved."""
        dims: list[Dim] = []
        for dim in self.dims:
            if dim.name not in index:
                size = dim.size
                if isinstance(size, Varying) and size.along in index:
                    dim = dim.with_size(size.sizes[index[size.along]])
                dims.append(dim)
        return Shape(*dims)

    def _varying_along(self) -> Shape:
        along = {size.along for size in self.sizes if isinstance(size, Varying)}
        return Shape(*(dim for dim in self.dims if dim.name in along))

    def sorted_by_type(self) -> Shape:
        """Same dimensions in the order of their types."""
        return Shape(*sorted(self.dims, key=lambda dim: dim.type.order))


_interned: WeakValueDictionary[tuple[Dim, ...], Shape] = WeakValueDictionary()
# Reentrant: a finalizer that runs during garbage collection may create shapes.
_lock = RLock()


def _create(dims: tuple[Dim, ...]) -> Shape:
    with _lock:
        if (existing := _interned.get(dims)) is not None:
            return existing
        positions = {dim.name: i for i, dim in enumerate(dims)}
        if len(positions) != len(dims):
            names = [dim.name for dim in dims]
            twice = next(name for name in names if names.count(name) > 1)
            raise ShapeError(
                f"Dimension '{twice}' appears twice in ({', '.join(map(format_dim, dims))}). "
                "Rename one of the two first."
            )
        shape = object.__new__(Shape)
        for attribute, value in (
            ("dims", dims),
            ("names", tuple(positions)),
            ("sizes", tuple(dim.size for dim in dims)),
            ("rank", len(dims)),
            ("_positions", positions),
            ("_filtered", {}),
        ):
            object.__setattr__(shape, attribute, value)
        return _interned.setdefault(dims, shape)


EMPTY_SHAPE = Shape()


# --- selecting dimensions ---


def dim_names(dims: DimFilter, shape: Shape) -> tuple[str, ...]:
    """Names selected by `'x,y'`, a type, a shape, several of these, a function, `None` for all."""
    if dims is None:
        return shape.names
    if isinstance(dims, str):
        return tuple(name.strip() for name in dims.split(",") if name.strip())
    if isinstance(dims, Shape):
        return dims.names
    if isinstance(dims, DimType):
        return shape.of_type(dims).names
    if callable(dims):
        return dim_names(dims(shape), shape)
    if not isinstance(dims, Iterable):
        raise DimensionError(
            f"{dims!r} does not select dimensions of {shape}. "
            "Use names ('x,y'), a type, a shape, a collection of these, or a function of the shape."
        )
    names = (name for part in dims for name in dim_names(part, shape))
    return tuple(dict.fromkeys(names))


# --- combining shapes ---


def merge_shapes(*shapes: Shape) -> Shape:
    """Union of dimensions that agree, ordered by type, then by first appearance."""
    result = shapes[0].sorted_by_type() if shapes else EMPTY_SHAPE
    for shape in shapes[1:]:
        if shape is not result:
            result = _merge(result, shape)
    return result


@lru_cache(maxsize=4096)
def _merge(a: Shape, b: Shape) -> Shape:
    return Shape(*merge_dims(a.dims, b.dims))


def concat_shapes(*shapes: Shape) -> Shape:
    """All dimensions in the order given; a name that appears twice is an error."""
    return Shape(*(dim for shape in shapes for dim in shape.dims))


def same_dims(a: Shape, b: Shape) -> bool:
    """Whether two shapes have the same dimensions, in any order."""
    return a is b or (a.rank == b.rank and set(a.dims) == set(b.dims))


SHAPE_CLASS.append(Shape)

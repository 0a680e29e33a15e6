"""Single dimensions: the five types, and name, size and labels of one dimension."""

from __future__ import annotations

from operator import index
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias, cast, final, runtime_checkable

from phimath.errors import ShapeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from phimath.shape import Shape


class Varying(NamedTuple):
    """A size that differs per element of another dimension."""

    along: str
    sizes: tuple[int, ...]

    def __str__(self) -> str:
        return f"({','.join(map(str, self.sizes))}) along {self.along}"


Size: TypeAlias = int | Varying | None


@runtime_checkable
class Shaped(Protocol):
    """Anything with a shape: tensors, fields, geometries."""

    @property
    def shape(self) -> Shape:
        """Named dimensions of the object."""
        ...


@final
class DimType:
    """A dimension type.  Calling it creates a shape, or filters that of a shaped object.

    `spatial('x,y')`, `spatial(x=64, y=32)`, `channel(vector='x,y')`, `spatial(tensor)`.
    """

    __slots__ = ("name", "order", "superscript")

    def __init__(self, name: str, order: int, superscript: str) -> None:
        """Only the five types below exist."""
        self.name = name
        self.order = order
        self.superscript = superscript

    def __repr__(self) -> str:
        return self.name

    def __reduce__(self) -> str:
        return self.name

    def __call__(self, *args: str | Shape | Shaped, **sizes: SizeSpec) -> Shape:
        """Create dimensions of this type, or select them from the shape of one argument."""
        # Shape is built on this module; the class arrives through the registration below.
        make = SHAPE_CLASS[0]
        if len(args) == 1 and not sizes and not isinstance(args[0], str):
            shaped = args[0]
            shape = shaped if isinstance(shaped, make) else getattr(shaped, "shape", None)
            if not isinstance(shape, make):
                raise ShapeError(
                    f"{self.name}() takes names ('x,y'), sizes (x=4), or one object with a shape, "
                    f"not {type(shaped).__name__}."
                )
            return shape.of_type(self)
        dims: list[Dim] = []
        for names in args:
            if not isinstance(names, str):
                raise ShapeError(
                    f"{self.name}() takes names as strings, e.g. 'x,y', not {names!r}."
                )
            dims += [Dim.make(name.strip(), self, None, None) for name in names.split(",")]
        for name, spec in sizes.items():
            dims.append(Dim.from_spec(name, self, spec))
        return make(*dims)


batch = DimType("batch", 0, "ᵇ")
dual = DimType("dual", 1, "ᵈ")
instance = DimType("instance", 2, "ⁱ")
spatial = DimType("spatial", 3, "ˢ")
channel = DimType("channel", 4, "ᶜ")
TYPES = (batch, dual, instance, spatial, channel)

SHAPE_CLASS: list[type[Shape]] = []


class Dim(NamedTuple):
    """One dimension.  Use `make` to have name, size and labels checked."""

    name: str
    type: DimType
    size: Size
    labels: tuple[str, ...] | None = None

    @staticmethod
    def make(name: str, dim_type: DimType, size: Size, labels: str | Iterable[str] | None) -> Dim:
        """Create a checked dimension; dual names get the prefix `~`."""
        bare = name.removeprefix("~")
        if not bare.replace("_", "a").isalnum() or bare[0].isdigit():
            raise ShapeError(
                f"'{name}' is no valid dimension name. "
                "Use letters, digits and '_', e.g. 'x' or 'vector'."
            )
        if not isinstance(size, int | Varying | None):
            raise ShapeError(f"The size of '{name}' must be an integer, not {size!r}.")
        if isinstance(size, int) and size < 0:
            raise ShapeError(f"Dimension '{name}' cannot have the negative size {size}.")
        if labels is not None:
            labels = _checked_labels(name, labels)
            if size is not None and size != len(labels):
                raise ShapeError(
                    f"Dimension '{name}' of size {size} cannot have {len(labels)} labels {labels}. "
                    "Give one label per element."
                )
            size = len(labels)
        return Dim(f"~{bare}" if dim_type is dual else bare, dim_type, size, labels or None)

    @staticmethod
    def from_spec(name: str, dim_type: DimType, spec: SizeSpec) -> Dim:
        """Create a dimension from a size, labels, or the names of a shape as labels."""
        if spec is None or isinstance(spec, Varying):
            return Dim.make(name, dim_type, spec, None)
        if isinstance(spec, str):
            return Dim.make(name, dim_type, None, spec)
        if isinstance(spec, SHAPE_CLASS[0]):
            return Dim.make(name, dim_type, None, spec.names)
        if isinstance(spec, (tuple, list)):
            return Dim.make(name, dim_type, None, spec)
        if isinstance(spec, bool) or not hasattr(spec, "__index__"):
            raise ShapeError(
                f"The size of '{name}' must be an integer, labels or a shape, "
                f"not {spec!r} of type {type(spec).__name__}."
            )
        return Dim.make(name, dim_type, index(cast("int", spec)), None)

    def with_size(self, size: Size) -> Dim:
        """Same dimension with another size; labels stay if the size does."""
        return self if size == self.size else Dim.make(self.name, self.type, size, None)

    def renamed(self, name: str) -> Dim:
        """Same dimension under another name."""
        return self if name == self.name else Dim.make(name, self.type, self.size, self.labels)

    def as_type(self, dim_type: DimType) -> Dim:
        """Same dimension with another type."""
        return (
            self if dim_type is self.type else Dim.make(self.name, dim_type, self.size, self.labels)
        )


def _checked_labels(name: str, labels: str | Iterable[str]) -> tuple[str, ...]:
    parts = tuple(labels.split(",") if isinstance(labels, str) else labels)
    if not all(isinstance(part, str) for part in parts):
        raise ShapeError(f"The labels of '{name}' must be strings, not {parts!r}.")
    checked = tuple(part.strip() for part in parts)
    if any(not label or "," in label or "->" in label for label in checked):
        raise ShapeError(
            f"The labels {checked} of '{name}' must not be empty or contain ',' or '->', "
            "which separate labels in selections. Rename some."
        )
    if len(set(checked)) != len(checked):
        raise ShapeError(f"The labels {checked} of '{name}' are not unique. Rename some.")
    return checked


SizeSpec: TypeAlias = "int | str | tuple[str, ...] | list[str] | Shape | Varying | None"


def follow_names(before: Sequence[Dim], after: Sequence[Dim]) -> list[Dim]:
    """Dimensions `after` a change of names: sizes that vary along a renamed one follow it."""
    names = {old.name: new.name for old, new in zip(before, after, strict=True)}
    return [
        dim._replace(size=Varying(names.get(dim.size.along, dim.size.along), dim.size.sizes))
        if isinstance(dim.size, Varying)
        else dim
        for dim in after
    ]


def format_dim(dim: Dim) -> str:
    """Short text such as `xˢ=3` or `vectorᶜ=x,y`."""
    value = ",".join(dim.labels) if dim.labels else str(dim.size)
    return f"{dim.name}{dim.type.superscript}" + ("" if dim.size is None else f"={value}")

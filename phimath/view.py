"""Views of one dimension of a tensor: what `t.x` is, before it is indexed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

from phimath.selection import parse_part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from phimath.dimension import Dim, DimType, Size
    from phimath.tensor import Tensor

# Contraction needs linear algebra, which lies above; it registers itself here.
CONTRACT: list[Callable[[Any, Any], Any]] = []

_PLAIN_SLICES = {(a, b, type(None)) for a in (int, type(None)) for b in (int, type(None))}


@final
class DimensionView:
    """One dimension of a tensor or other shaped object.

    `t.x[1:]`, `t.vector['x']`, `for s in t.x`, `t.x.size`.
    """

    __slots__ = ("name", "owner")

    def __init__(self, owner: Tensor, name: str) -> None:
        """View of dimension `name` of `owner`."""
        self.owner = owner
        self.name = name

    @property
    def dim(self) -> Dim:
        """Name, type, size and labels."""
        return self.owner.shape.dim(self.name)

    @property
    def size(self) -> Size:
        """Number of elements."""
        return self.dim.size

    @property
    def type(self) -> DimType:
        """Type of the dimension."""
        return self.dim.type

    @property
    def labels(self) -> tuple[str, ...] | None:
        """Labels, `None` if there are none."""
        return self.dim.labels

    def __getitem__(self, part: Any) -> Any:
        shape = self.owner.shape
        # What needs neither labels nor checks, the most frequent case, takes half the time.
        if part.__class__ is slice:
            bounds = (part.start.__class__, part.stop.__class__, part.step.__class__)
            if bounds in _PLAIN_SLICES:
                return self.owner.get({self.name: part})
        elif part.__class__ is int:
            size = shape.dim(self.name).size
            if size.__class__ is int and -size <= part < size:  # type: ignore[operator]
                return self.owner.get({self.name: part})
        return self.owner.select({self.name: parse_part(part, shape.dim(self.name), shape)})

    def __iter__(self) -> Iterator[Any]:
        return iter(self.owner.unstacked(self.name))

    def __len__(self) -> int:
        return self.owner.shape.get_size(self.name)

    def unstack(self) -> tuple[Any, ...]:
        """Slices along the dimension."""
        return self.owner.unstacked(self.name)

    def keys(self) -> tuple[str, ...]:
        """Labels, so that `dict(**t.vector)` works."""
        return self.labels or ()

    def as_type(self, dim_type: DimType) -> Any:
        """The tensor with this dimension retyped."""
        shape = self.owner.shape
        return self.owner.with_shape(shape.replace_dim(self.name, self.dim.as_type(dim_type)))

    def rename(self, name: str) -> Any:
        """The tensor with this dimension renamed."""
        return self.owner.with_shape(self.owner.shape.rename({self.name: name}))

    def __mul__(self, other: DimensionView) -> Any:
        return CONTRACT[0](self, other) if isinstance(other, DimensionView) else NotImplemented

    __matmul__ = __mul__

    def __repr__(self) -> str:
        return f"dimension '{self.name}' of {self.owner.shape}"

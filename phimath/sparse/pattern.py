"""Where a sparse tensor stores entries, by dimension names.

The sparse dimensions are in two groups, the rows and the columns of a matrix, each of any number of
dimensions in row-major order.  An entry has a position in each.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from math import prod
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from phimath.backend.pattern import Constants, index_type
from phimath.dimension import Dim, instance
from phimath.shape import Shape, merge_shapes
from phimath.tensor import Composed, Dense, Tensor, dense_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray


ENTRIES: Final = "_entries"
"""Name of the dimension of stored values that lists the entries; users can't have it."""


def entries_dim(count: int) -> Dim:
    """The dimension that lists entries."""
    return Dim(ENTRIES, instance, count, None)


class Pattern(ABC):
    """Positions of entries.  Immutable.

    rows, columns: the dimensions of both groups; one may have none.
    """

    rows: Shape
    columns: Shape
    is_constant: ClassVar[bool]
    """Whether the positions are numbers of the host, which programs may depend on."""

    @property
    @abstractmethod
    def format(self) -> str:
        """`coo`, `csr` or `csc`."""

    @property
    @abstractmethod
    def count(self) -> int:
        """Number of entries."""

    @property
    @abstractmethod
    def is_unique(self) -> bool:
        """Whether no two entries are known to share a position."""

    @abstractmethod
    def renamed(self, dims: Mapping[str, Dim]) -> Pattern:
        """The same positions with other dimensions by the names of the present ones."""

    @abstractmethod
    def position(self, names: tuple[str, ...], like: Dense) -> Dense:
        """Row-major positions of the entries within these dimensions, beside a tensor.

        Along `ENTRIES`, on the backend and device of `like`.
        """

    @property
    def shape(self) -> Shape:
        """All sparse dimensions."""
        return merge_shapes(self.rows, self.columns)

    @property
    def dims(self) -> Shape:
        """Rows, then columns."""
        return Shape(*self.rows.dims, *self.columns.dims)


class ConstantPattern(Pattern):
    """Positions on the host."""

    is_constant = True

    def __init__(self, rows: Shape, columns: Shape) -> None:
        self.rows = rows
        self.columns = columns
        self.constants = Constants()
        self._positions: dict[tuple[str, ...], NDArray[np.integer]] = {}

    @property
    @abstractmethod
    def row(self) -> NDArray[np.integer]:
        """Row of each entry; (entries)."""

    @property
    @abstractmethod
    def column(self) -> NDArray[np.integer]:
        """Column of each entry; (entries)."""

    def host_position(self, names: tuple[str, ...]) -> NDArray[np.integer]:
        """Row-major positions of the entries within these dimensions; (entries)."""
        if names == self.rows.names and names:
            return self.row
        if names == self.columns.names and names:
            return self.column
        found = self._positions.get(names)
        if found is None:
            found = self._positions[names] = self._combined(names)
        return found

    def _combined(self, names: tuple[str, ...]) -> NDArray[np.integer]:
        dims = self.dims
        volume = prod(dims.get_size(name) for name in names)
        result = np.zeros(self.count, index_type(max(volume, self.dims.volume)))
        for name in names:
            result = result * dims.get_size(name) + self._component(name)
        return result.astype(index_type(volume))

    def _component(self, name: str) -> NDArray[np.integer]:
        group, position = (
            (self.rows, self.row) if name in self.rows else (self.columns, self.column)
        )
        place = group.position(name)
        below = prod(group.int_sizes[place + 1 :])
        return position // below % group.int_sizes[place]

    def position(self, names: tuple[str, ...], like: Dense) -> Dense:
        """Made once per backend and device."""
        backend = like.backend
        native = self.constants.native(
            backend,
            backend.device(like.stored_native),
            names,
            lambda: self.host_position(names),
        )
        return dense_of(native, backend, Shape(entries_dim(self.count)))


def integers_like(array: NDArray[Any], like: Dense) -> Dense:
    """Numbers of the host along `ENTRIES`, on the backend and device of a tensor."""
    backend = like.backend
    native = backend.from_numpy(np.ascontiguousarray(array), backend.device(like.stored_native))
    return dense_of(native, backend, Shape(entries_dim(len(array))))


def grouped_dims(names: Sequence[str], shape: Shape) -> tuple[Shape, Shape]:
    """Rows and columns of sparse dimensions: the dual ones are the columns."""
    dims = [shape.dim(name) for name in names]
    rows = Shape(*(dim for dim in dims if not dim.name.startswith("~")))
    return rows, Shape(*(dim for dim in dims if dim.name.startswith("~")))


def renamed_shape(shape: Shape, dims: Mapping[str, Dim]) -> Shape:
    """The shape with other dimensions by the names of the present ones."""
    return Shape(*(dims.get(dim.name, dim) for dim in shape.dims))


def representative(tensor: Tensor) -> Dense:
    """A dense tensor that tells backend and device of any tensor."""
    return representative(tensor.components[0]) if isinstance(tensor, Composed) else tensor.dense()

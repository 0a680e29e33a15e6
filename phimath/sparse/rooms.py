"""Constants in parts of the unknowns, which singular operators don't see."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, final

import numpy as np

from phimath.backend.pattern import index_type
from phimath.dimension import dual, instance
from phimath.elementwise import abs as magnitude
from phimath.elementwise import where
from phimath.linear_algebra import contract
from phimath.reduce import mean
from phimath.reduce import sum as sum_of
from phimath.shape import Shape
from phimath.sparse.coordinate import Coordinates
from phimath.sparse.facts import ROUNDING
from phimath.sparse.pattern import entries_dim, representative
from phimath.sparse.tensor import Sparse
from phimath.tensor import dense_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from phimath.tensor import Tensor

_ROOMS = "_rooms"


@final
@dataclass(frozen=True, eq=False)
class Rooms:
    """Sets of unknowns in each of which a constant has no effect.

    dims: Dimensions of the unknowns.
    averaging, spreading: Matrices that take unknowns to their mean in each room, and a number per
        room to its unknowns; `None` if all unknowns are in one.
    active: 1 for rooms in which the constant has no effect, else 0, where that is known only when
        the program runs; `None`: in all.
    """

    dims: Shape
    averaging: Sparse | None = None
    spreading: Sparse | None = None
    active: Tensor | None = None

    @classmethod
    def of(cls, numbers: NDArray[np.integer] | None, dims: Shape, like: Tensor) -> Rooms | None:
        """Of the number of the room of each unknown, −1 for none.

        like: A tensor of floating numbers on the backend and device that rooms are wanted on.
        """
        if numbers is None:
            return None
        if not numbers.any():
            return cls(dims)
        unknown = np.flatnonzero(numbers >= 0).astype(index_type(dims.volume))
        room = numbers[unknown]
        sizes = np.bincount(room)
        rooms = instance(**{_ROOMS: len(sizes)})
        columns = dims.as_type(dual)
        averaging = Coordinates(rooms, columns, room, unknown)
        spreading = Coordinates(dims, rooms.as_type(dual), unknown, room)
        return cls(
            dims,
            Sparse(averaging, _values(1 / sizes[room], like)),
            Sparse(spreading, _values(np.ones(len(room)), like)),
        )

    def where_balanced(self, matrix: Sparse, names: tuple[str, ...]) -> Rooms:
        """Of the same sets those whose rows, in this matrix, sum to zero.

        names: the columns of the matrix.
        """
        sums, sizes = (sum_of(m, names) for m in (matrix, magnitude(matrix)))
        eps = ROUNDING * float(np.finfo(matrix.dtype.name).eps)
        unbalanced = where(magnitude(sums) > eps * sizes, 1.0, 0.0)
        if self.averaging is None:
            count = sum_of(unbalanced, self.dims)
        else:
            columns = tuple(f"~{name}" for name in self.dims.names)
            count = contract(self.averaging, columns, unbalanced, self.dims.names)
        return replace(self, active=where(count > 0, 0.0, 1.0))

    def project(self, x: Tensor) -> Tensor:
        """Mean values of the rooms removed."""
        names = self.dims.names
        if self.averaging is None or self.spreading is None:
            means = mean(x, names)
            return x - (means if self.active is None else means * self.active)
        means = contract(self.averaging, tuple(f"~{name}" for name in names), x, names)
        if self.active is not None:
            means = means * self.active
        return x - contract(self.spreading, (f"~{_ROOMS}",), means, (_ROOMS,))


def _values(array: NDArray[np.floating], like: Tensor) -> Tensor:
    backend, device = like.backend, representative(like).device
    real = np.dtype(like.dtype.name).type(0).real.dtype
    native = backend.from_numpy(array.astype(real), device)
    return dense_of(native, backend, Shape(entries_dim(len(array))))

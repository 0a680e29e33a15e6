"""Which dimensions of a tensor are the rows and columns of a matrix."""

from __future__ import annotations

from phimath.dimension import Dim, channel, dual
from phimath.errors import ShapeError
from phimath.shape import Shape


def matrix_dims(shape: Shape, rows: Shape, unknowns: Shape | None) -> tuple[Shape, Shape]:
    """Dimensions of A x and of x, for a matrix whose columns are its dual dimensions.

    rows: Candidates; only those that columns are named like, if all of these have a row.
    unknowns: Has the types of the dimensions of x, if it is known.

    Raises:
        ShapeError: there are no dual dimensions, or no others to list the rows.
    """
    names = [name.removeprefix("~") for name in shape.dual.names]
    if not names or not rows:
        raise ShapeError(
            f"A matrix lists its rows along ordinary and its columns along dual dimensions, "
            f"but this tensor has the shape {shape}. Rename some, e.g. "
            "rename_dims(t, 'columns', dual('x'))."
        )
    if all(name in rows for name in names):
        rows = rows.only(names, reorder=True)
    return rows, Shape(*(_column(shape, name, rows, unknowns) for name in names))


def _column(shape: Shape, name: str, rows: Shape, unknowns: Shape | None) -> Dim:
    """Dimension of x for a dual one of the matrix."""
    known = rows if unknowns is None or name not in unknowns else unknowns
    dim = shape.dim(f"~{name}")
    dim_type = known.get_type(name) if name in known else channel
    return Dim(name, dim_type, dim.size, dim.labels)


def exchanged(dim: Dim, rows: Shape, columns: Shape) -> Dim:
    """Dimension of the transposed matrix for one of the matrix."""
    if dim.type is dual:
        return columns.dim(dim.name.removeprefix("~"))
    return Dim(f"~{dim.name}", dual, dim.size, dim.labels) if dim.name in rows else dim

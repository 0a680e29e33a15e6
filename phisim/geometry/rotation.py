"""Rotations in 2D and 3D, as matrices (vector, ~vector), and what they do to vectors and shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from phimath.create import vector_of
from phimath.dimension import channel, dual
from phimath.elementwise import arccos, arctan, clip, cos, safe_div, sin, where
from phimath.errors import ShapeError
from phimath.join import stack
from phimath.norm import norm, squared_norm
from phimath.tensor import Tensor
from phimath.wrap import wrap
from phisim.geometry.geometry import Geometry, as_vector, axes_of, check_axes

if TYPE_CHECKING:
    from collections.abc import Sequence


def rotation_matrix(rotation: float | Tensor, axes: Sequence[str]) -> Tensor:
    """Matrix (…, vector, ~vector) that turns vectors with these axes.

    Args:
        rotation: In 2D the angle in radians, positive from the first axis to the second; in 3D the
            axis of rotation times the angle (…, vector), right-handed; or a matrix.
        axes: Names of the axes.

    Raises:
        ShapeError: there are not two or three axes, or the rotation doesn't fit them.

    Source: Rodrigues' formula, e.g. Goldstein, Classical Mechanics (2001), section 4.8.
    """
    rotation = wrap(rotation)
    axes = tuple(axes)
    if "~vector" in rotation.shape:
        check_axes(rotation, axes, "The shape")
        return rotation
    if len(axes) == 2 and "vector" not in rotation.shape:
        c, s = cos(rotation), sin(rotation)
        return matrix_of([[c, -s], [s, c]], axes)
    if len(axes) == 3 and "vector" in rotation.shape:
        check_axes(rotation, axes, "The shape")
        return rotation_matrix_from_axis_and_angle(rotation, norm(rotation, "vector"))
    raise ShapeError(
        f"A rotation of shape {rotation.shape} does not fit the axes {','.join(axes)}. Give an "
        "angle in 2D, the axis times the angle in 3D, or a matrix."
    )


def rotation_matrix_from_axis_and_angle(axis: Tensor, angle: float | Tensor) -> Tensor:
    """Matrix (…, vector, ~vector) of a right-handed turn about an axis in 3D.

    Args:
        axis: Direction (…, vector) of any length; a zero vector turns nothing.
        angle: In radians.

    Source: Rodrigues' formula, e.g. Goldstein, Classical Mechanics (2001), section 4.8.
    """
    axes = axes_of(axis, "The axis of rotation")
    if len(axes) != 3:
        raise ShapeError(
            f"An axis of rotation has three components, not {','.join(axes)}. In 2D give the angle."
        )
    unit = safe_div(axis, norm(axis, "vector"))
    x, y, z = (unit.vector[name] for name in axes)
    c, s = cos(wrap(angle)), sin(wrap(angle))
    t = where(squared_norm(unit, "vector") > 0, 1.0, 0.0) * (1.0 - c)
    c = 1.0 - t * (x * x + y * y + z * z)
    return matrix_of(
        [
            [c + t * x * x, t * x * y - s * z, t * x * z + s * y],
            [t * x * y + s * z, c + t * y * y, t * y * z - s * x],
            [t * x * z - s * y, t * y * z + s * x, c + t * z * z],
        ],
        axes,
    )


def rotation_matrix_from_directions(source: Tensor, target: Tensor) -> Tensor:
    """Matrix (…, vector, ~vector) of the shortest turn from one direction to another, in 2D or 3D.

    Opposite directions in 3D are turned about some axis that is normal to both.
    """
    axes = axes_of(source, "The direction")
    check_axes(target, axes, "The direction")
    a, b = (
        [part.vector[name] for name in axes]
        for part in (safe_div(v, norm(v, "vector")) for v in (source, target))
    )
    cosine = sum((p * q for p, q in zip(a[1:], b[1:], strict=True)), a[0] * b[0])
    if len(axes) == 2:
        return rotation_matrix(arctan(a[0] * b[1] - a[1] * b[0], cosine), axes)
    cross = [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
    length = norm(vector_of(dict(zip(axes, cross, strict=True))), "vector")
    is_opposite = (length < 1e-6) & (cosine < 0)
    # Normal to `a`: in the plane of x and y unless it points along z.
    is_flat = a[0] * a[0] + a[1] * a[1] > 0.1
    other = [where(is_flat, -a[1], 0.0), where(is_flat, a[0], -a[2]), where(is_flat, 0.0, a[1])]
    axis = [where(is_opposite, o, c) for o, c in zip(other, cross, strict=True)]
    angle = arctan(where(is_opposite, 0.0, length), cosine)
    return rotation_matrix_from_axis_and_angle(vector_of(dict(zip(axes, axis, strict=True))), angle)


def rotation_angles(rotation: Tensor) -> Tensor:
    """Inverse of `rotation_matrix`: the angle in 2D, in 3D the axis times the angle, below π."""
    axes = axes_of(rotation, "The matrix")
    m = [[_entry(rotation, i, j) for j in range(len(axes))] for i in range(len(axes))]
    if len(axes) == 2:
        return arctan(m[1][0], m[0][0])
    cosine = clip((m[0][0] + m[1][1] + m[2][2] - 1.0) * 0.5, -1.0, 1.0)
    axis = vector_of(
        dict(zip(axes, (m[2][1] - m[1][2], m[0][2] - m[2][0], m[1][0] - m[0][1]), strict=True))
    )
    return safe_div(axis * arccos(cosine), norm(axis, "vector"))


@overload
def rotate(obj: Geometry, rotation: float | Tensor, pivot: Tensor | None = None) -> Geometry: ...
@overload
def rotate(obj: Tensor, rotation: float | Tensor, pivot: Tensor | None = None) -> Tensor: ...
def rotate(obj: Any, rotation: float | Tensor, pivot: Tensor | None = None) -> Any:
    """Vectors or a shape, turned.

    Args:
        obj: Vector (…, vector) or geometry.
        rotation: See `rotation_matrix`.
        pivot: What stays where it is; by default the origin for vectors, the center for shapes.
    """
    if isinstance(obj, Geometry):
        turned = obj.rotated(rotation)
        return turned if pivot is None else turned.at(rotate(obj.center, rotation, pivot))
    axes = axes_of(obj, "What is rotated")
    matrix = rotation_matrix(rotation, axes)
    if pivot is None:
        return turned_by(matrix, obj)
    pivot = as_vector(pivot, axes, "What is rotated")
    return pivot + turned_by(matrix, obj - pivot)


def scale(obj: Any, factor: float | Tensor, pivot: Tensor | None = None) -> Any:
    """Vectors or a shape, enlarged by a positive factor; arguments as of `rotate`."""
    if isinstance(obj, Geometry):
        larger = obj.scaled(factor)
        return larger if pivot is None else larger.at(scale(obj.center, factor, pivot))
    axes = axes_of(obj, "What is scaled")
    if pivot is None:
        return obj * factor
    pivot = as_vector(pivot, axes, "What is scaled")
    return pivot + (obj - pivot) * factor


def turned_by(matrix: Tensor, vector: Tensor, *, back: bool = False) -> Tensor:
    """Vector turned by a matrix, or `back` by its transposed; components are kept apart."""
    axes = axes_of(vector, "What is rotated")
    parts = [vector.vector[axis] for axis in axes]
    turned: dict[str, Tensor] = {}
    for i, axis in enumerate(axes):
        entries = [_entry(matrix, j, i) if back else _entry(matrix, i, j) for j in range(len(axes))]
        total = entries[0] * parts[0]
        for entry, part in zip(entries[1:], parts[1:], strict=True):
            total = total + entry * part
        turned[axis] = total
    return vector_of(turned)


def _entry(matrix: Tensor, row: int, column: int) -> Tensor:
    return matrix.get({"vector": row, "~vector": column})


def matrix_of(rows: list[list[Tensor]], axes: tuple[str, ...]) -> Tensor:
    """Matrix (…, vector, ~vector) from its entries."""
    lines = [stack(row, dual(vector=axes)) for row in rows]
    return stack(lines, channel(vector=axes))

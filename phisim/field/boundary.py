"""How fields use boundaries: prescribed faces, ghost values, arithmetic, derivatives.

A constant is prescribed on the faces of the domain's sides.  Values at cell centers, and staggered
components along the other axes, lie half a cell away from it (ghost = 2 b − interior); a staggered
component along its own axis has the constant in its outermost face.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from phimath.boundary import (
    ANTIREFLECT,
    ANTISYMMETRIC,
    NONE,
    PERIODIC,
    REFLECT,
    SYMMETRIC,
    SYMMETRIC_GRADIENT,
    ZERO,
    ZERO_GRADIENT,
    Boundary,
    Constant,
    FaceValue,
    PerDirection,
    as_boundary,
    combine_by_direction,
    on_faces,
    pad,
)
from phimath.errors import BoundaryError
from phimath.tensor import Tensor, apply
from phimath.wrap import wrap
from phisim.field.outlet import PressureOutlet
from phisim.field.profile import fitted, is_profile
from phisim.field.robin import Robin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from phimath.shape import Shape
    from phimath.sparse import Side
    from phimath.table import Operation
    from phisim.geometry import UniformGrid


def component_boundary(boundary: Boundary, component: str | None, axes: Sequence[str]) -> Boundary:
    """Boundary of the component along the axis `component`; for scalars (`None`) itself."""
    if component is None:
        return boundary
    return boundary.component("vector", list(axes).index(component), component, axes)


def is_periodic(boundary: Boundary, axis: str) -> bool:
    """Whether the domain repeats along `axis`."""
    # Constants are the most frequent case and never periodic.
    if isinstance(boundary, Constant):
        return False
    return PERIODIC in (boundary.at(axis, upper=False), *boundary.at(axis, upper=False).parts())


def sliced_boundary(
    boundary: Boundary, parts: Mapping[str, Any], shape: Shape, axes: Sequence[str]
) -> Boundary:
    """Boundary of a slice of a field with values of this shape: it prescribes slices, too."""
    for name, part in parts.items():
        labels = shape.get_labels(name) if name in shape else None
        if name == "vector" and labels and (isinstance(part, int) or part in labels):
            index = range(len(labels))[part] if isinstance(part, int) else labels.index(part)
            boundary = boundary.component(name, index, labels[index], axes)
        else:
            boundary = boundary.select(partial(_slice_of, name, part))
    return boundary


def _slice_of(name: str, part: Any, value: Any) -> Any:
    has_dim = isinstance(value, Tensor) and name in value.shape
    return value.select({name: part}) if has_dim else value


def prescribed_value(
    boundary: Boundary, axis: str, upper: bool, component: str | None, axes: Sequence[str]
) -> Tensor | None:
    """Value on the faces of one side, `None` where it is free."""
    side = component_boundary(boundary, component, axes).at(axis, upper=upper)
    if isinstance(side, Constant):
        return wrap(side.value)
    # A field that is odd about the side vanishes there.
    return wrap(0.0) if side == ANTISYMMETRIC else None


# How a staggered component continues along its own axis, beyond the face that lies on the side.
# Without a gradient there it is even about that face; repeating the face's value would put the zero
# slope half a cell outside, which is first order.
_GHOSTS_ABOUT_FACE = {ZERO_GRADIENT: REFLECT, SYMMETRIC: REFLECT, ANTISYMMETRIC: ANTIREFLECT}
_SAMPLES_ABOUT_FACE = {SYMMETRIC: REFLECT, ANTISYMMETRIC: ZERO_GRADIENT}


def ghost_rule(
    boundary: Boundary, own_axis: str | None, grid: UniformGrid, values: Tensor
) -> Boundary:
    """What `pad` needs for ghost values of cell centers, or of the component of `own_axis`.

    values: those to be padded.
    """
    return _about_points(boundary, own_axis, grid, values, SYMMETRIC_GRADIENT, _GHOSTS_ABOUT_FACE)


def sampling_rule(
    boundary: Boundary, own_axis: str | None, grid: UniformGrid, values: Tensor
) -> Boundary:
    """What interpolation needs: a prescribed value holds on the side and beyond."""
    return _about_points(boundary, own_axis, grid, values, ZERO_GRADIENT, _SAMPLES_ABOUT_FACE)


def _about_points(
    boundary: Boundary,
    own_axis: str | None,
    grid: UniformGrid,
    values: Tensor,
    constant: Boundary,
    extensions: Mapping[Any, Boundary],
) -> Boundary:
    """Boundary as seen by the outermost points, which lie on the sides along `own_axis`."""
    if isinstance(boundary, Constant) and own_axis is None:
        return on_faces(boundary)
    if boundary == PERIODIC or (boundary == ZERO_GRADIENT and own_axis is None):
        return boundary
    sides = {}
    for axis in grid.axes:
        for upper in (False, True):
            side = _resolved(boundary.at(axis, upper=upper), axis, upper, grid, values)
            if axis != own_axis:
                rule = _on_faces(side)
            elif isinstance(side, Constant):
                rule = constant
            else:
                rule = extensions.get(side, side)
            sides[f"{axis}{'+' if upper else '-'}"] = rule
    return as_boundary(sides)


def _on_faces(side: Boundary) -> Boundary:
    if isinstance(side, PerDirection):
        return combine_by_direction(_on_faces(side.normal), _on_faces(side.tangential))
    return on_faces(side)


def _resolved(
    side: Boundary, axis: str, upper: bool, grid: UniformGrid, values: Tensor
) -> Boundary:
    """Prescribed value at the points along the side, or following from the values next to it."""
    # By identity: instance checks of abstract classes cost more than all else here.
    if type(side) is Constant:
        value = side.value
        return Constant(fitted(value, values.shape)) if is_profile(value) else side
    if type(side) is PressureOutlet:
        return ZERO_GRADIENT
    if type(side) is PerDirection:
        return combine_by_direction(
            _resolved(side.normal, axis, upper, grid, values),
            _resolved(side.tangential, axis, upper, grid, values),
        )
    if type(side) is Robin:
        nearest = values.get({axis: -1 if upper else 0})
        return FaceValue(side.value_on_side(nearest, grid.spacing(axis)))
    return side


def with_ghosts(
    values: Tensor,
    boundary: Boundary,
    widths: Mapping[str, tuple[int, int]],
    grid: UniformGrid,
    component: str | None = None,
    staggered: bool = False,
) -> Tensor:
    """Values with ghost values on the sides; `component` is the axis of a vector component."""
    own = component_boundary(boundary, component, grid.axes)
    return pad(values, widths, ghost_rule(own, component if staggered else None, grid, values))


# --- arithmetic ---


def combine_boundaries(
    operation: Operation, operands: Sequence[Any], axes: Sequence[str]
) -> Boundary:
    """Boundary of an operation on fields (anything with a `boundary`), numbers and tensors.

    Raises:
        BoundaryError: if the values beyond the sides do not follow from those of the operands.
    """
    parts = [getattr(operand, "boundary", operand) for operand in operands]
    spatial = [p for p in parts if isinstance(p, Tensor) and p.shape.spatial]
    if not spatial:
        return apply(operation, *parts)
    boundaries = [part for part in parts if isinstance(part, Boundary)]
    rule = boundaries[0]
    if all(part == rule for part in boundaries) and (
        rule in (PERIODIC, ZERO_GRADIENT, SYMMETRIC, NONE)
        or (operation.name in ("multiply", "where") and rule == ZERO)
    ):
        return rule
    raise BoundaryError(
        f"The tensor of shape {spatial[0].shape} says nothing about what lies beyond the sides, "
        "where the field has "
        f"{rule}. Make it a field first, e.g. CenteredGrid(tensor, boundary, bounds), with the "
        f"axes {','.join(axes)}."
    )


def adapted(boundary: Boundary, target: Boundary, axes: Sequence[str]) -> Boundary:
    """Boundary of a field resampled to another: `target` says where values are prescribed.

    Where only the target prescribes a value, nothing is added: the constant is 0.
    """
    if isinstance(boundary, Constant) and isinstance(target, Constant):
        return boundary
    sides = {}
    for axis in axes:
        for upper in (False, True):
            own, wanted = boundary.at(axis, upper=upper), target.at(axis, upper=upper)
            if isinstance(wanted, Constant):
                wanted = own if isinstance(own, Constant) else ZERO
            elif isinstance(wanted, Robin):
                wanted = own if isinstance(own, Robin) else wanted.homogeneous()
            sides[f"{axis}{'+' if upper else '-'}"] = wanted
    return as_boundary(sides)


# --- derivatives ---

# Boundary of a gradient (…, vector) by that of the scalar, per side.
_GRADIENT = {
    PERIODIC: PERIODIC,
    ZERO_GRADIENT: combine_by_direction(normal=ZERO, tangential=ZERO_GRADIENT),
    SYMMETRIC: combine_by_direction(normal=ANTISYMMETRIC, tangential=SYMMETRIC),
    ANTISYMMETRIC: combine_by_direction(normal=SYMMETRIC, tangential=ANTISYMMETRIC),
}
_GRADIENT_OF_CONSTANT = combine_by_direction(normal=ZERO_GRADIENT, tangential=ZERO)
# Boundary of second derivatives and of divergence and curl: periodic stays, nothing else is known.
_SCALAR_DERIVATIVE: dict[Any, Boundary] = {
    PERIODIC: PERIODIC,
    SYMMETRIC: SYMMETRIC,
    ANTISYMMETRIC: ANTISYMMETRIC,
}
# Boundary of the pressure by that of the velocity: prescribed normal velocity leaves no pressure
# gradient, an open side has zero pressure.
_PRESSURE: dict[Any, Boundary] = {
    PERIODIC: PERIODIC,
    ZERO_GRADIENT: ZERO,
    SYMMETRIC: ZERO,
    ANTISYMMETRIC: ZERO_GRADIENT,
}


# What a linear solver does at one side for a change of a field, which is 0 where it is prescribed.
_SOLVER_SIDES: dict[Any, Side] = {
    PERIODIC: "periodic",
    ZERO_GRADIENT: "closed",
    SYMMETRIC: "closed",
    ANTISYMMETRIC: "face",
}


def solver_side(boundary: Boundary, axis: str, upper: bool, own_axis: str | None) -> Side | None:
    """Side of a `StencilOperator` for a scalar or component; `None` for other ghost values.

    own_axis: of a staggered component, which has points on the sides of this axis: where they are
        prescribed, the nearest unknown is a whole cell away.
    """
    side = boundary.at(axis, upper=upper)
    found = "face" if isinstance(side, (Constant, Robin)) else _SOLVER_SIDES.get(side)
    return "node" if found == "face" and axis == own_axis else found


def _by_side(
    boundary: Boundary, axes: Sequence[str], table: Mapping[Any, Boundary], other: Boundary
) -> Boundary:
    if _is_uniform(boundary):
        return table.get(boundary, other)
    return as_boundary(
        {
            f"{axis}{'+' if upper else '-'}": table.get(
                _plain(boundary.at(axis, upper=upper)), other
            )
            for axis in axes
            for upper in (False, True)
        }
    )


def _is_uniform(boundary: Boundary) -> bool:
    """Whether it is the same constant number on all sides, the most frequent case."""
    return isinstance(boundary, Constant) and not isinstance(boundary.value, Tensor)


def _plain(side: Boundary) -> Boundary:
    return ZERO_GRADIENT if isinstance(side, PressureOutlet) else side


def gradient_boundary(boundary: Boundary, axes: Sequence[str]) -> Boundary:
    """Boundary of the gradient of a scalar field."""
    return _by_side(boundary, axes, _GRADIENT, _GRADIENT_OF_CONSTANT)


def derivative_boundary(boundary: Boundary, axes: Sequence[str]) -> Boundary:
    """Boundary of the divergence or curl of a field."""
    return _by_side(boundary, axes, _SCALAR_DERIVATIVE, ZERO_GRADIENT)


def laplace_boundary(boundary: Boundary, axes: Sequence[str]) -> Boundary:
    """Boundary of the Laplacian of a field, such that it can be added as a change of that field.

    What is prescribed does not change: constants become 0.
    """
    table = {**_SCALAR_DERIVATIVE, ZERO_GRADIENT: ZERO_GRADIENT}
    for part in boundary.parts():
        if isinstance(part, Robin):
            table[part] = part.homogeneous()
    return _by_side(boundary, axes, table, ZERO)


def pressure_boundary(boundary: Boundary, axes: Sequence[str]) -> Boundary:
    """Boundary of the pressure for a velocity with this boundary."""
    if _is_uniform(boundary):
        return ZERO_GRADIENT
    sides: dict[str, Boundary] = {}
    for axis in axes:
        normal = component_boundary(boundary, axis, axes)
        for sign, upper in (("-", False), ("+", True)):
            side = boundary.at(axis, upper=upper)
            sides[f"{axis}{sign}"] = (
                side.of_pressure
                if isinstance(side, PressureOutlet)
                else _PRESSURE.get(normal.at(axis, upper=upper), ZERO_GRADIENT)
            )
    return as_boundary(sides)

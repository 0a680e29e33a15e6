"""Fields from neighbouring values, masks and filling; points of shapes, surfaces, fallbacks."""

import math

import numpy as np
import pytest

import phimath as pm
from phimath import instance, jvp, spatial, tensor, using, vec, wrap
from phimath.boundary import PERIODIC, ZERO_GRADIENT
from phimath.errors import ShapeError
from phimath.testing.assertions import assert_close, assert_order
from phisim.field import (
    CenteredGrid,
    StaggeredGrid,
    bake_extrapolation,
    finite_fill,
    mask,
    pad,
    shift,
    stagger,
    support,
)
from phisim.geometry import (
    Box,
    Sphere,
    as_sdf,
    farthest_points,
    normal_from_slope,
    sample_sdf,
    surface_mesh,
)
from phisim.physics import advect, integrate
from tests.support import largest

pytestmark = pytest.mark.usefixtures("double")

ROOM = Box(x=4, y=2)
CELLS = {"x": 4, "y": 4}


def linear(boundary):
    return CenteredGrid(lambda x, y: x + 10 * y, boundary, ROOM, **CELLS)


X = np.arange(4) + 0.5
Y = (np.arange(4) + 0.5) / 2


def test_padding_adds_cells_with_what_the_boundary_gives():
    around = linear(lambda x, y: x + 10 * y)
    larger = pad(around, {"x": (1, 2), "y": 1})
    assert_close(larger.bounds.lower, vec(x=-1.0, y=-0.5))
    assert larger.resolution.get_size("x") == 7
    inner = larger.values.numpy("x,y")[1:5, 1:5]
    assert_close(inner, X[:, None] + 10 * Y)
    # Linear fields continue linearly beyond sides that prescribe them.
    assert_close(larger.values.numpy("x,y")[0, 1:5], -0.5 + 10 * Y)
    periodic = pad(linear(PERIODIC), {"x": 1})
    assert_close(periodic.values.numpy("x,y")[0], 3.5 + 10 * Y)
    assert periodic.boundary.at("x", upper=True) == ZERO_GRADIENT
    assert periodic.boundary.at("y", upper=True) == PERIODIC
    with pytest.raises(ShapeError, match="no axis 'z'"):
        pad(around, {"z": 1})


def test_a_padded_staggered_field_keeps_its_faces():
    flow = StaggeredGrid(lambda x, y: (x, y), {"x": PERIODIC, "y": ZERO_GRADIENT}, ROOM, **CELLS)
    larger = pad(flow, 1)
    assert larger.component("x").shape.get_size("x") == 7  # 6 cells that no longer repeat
    assert_close(larger.component("x").numpy("x,y")[1:5, 1], np.arange(4.0))
    baked = bake_extrapolation(flow)
    assert_close(baked.component("x").numpy("x,y")[:, 0], np.array([0.0, 1, 2, 3, 0]))
    assert baked.boundary == ZERO_GRADIENT


def test_baking_makes_ghost_values_cells():
    baked = bake_extrapolation(linear(5.0))
    assert_close(baked.values.numpy("x,y")[0, 1:5], 2 * 5.0 - (0.5 + 10 * Y))


def test_faces_hold_a_function_of_their_two_cells():
    lowest = stagger(linear(ZERO_GRADIENT), pm.minimum)
    assert_close(lowest.component("x").numpy("x,y")[:, 0], np.array([3.0, 3, 4, 5, 6]))
    mean = stagger(linear(PERIODIC), lambda a, b: (a + b) / 2)
    for axis in "xy":
        assert_close(mean.component(axis), linear(PERIODIC).at_faces().component(axis))


def test_shifted_fields_hold_the_values_of_neighbors():
    left, right = shift(linear(PERIODIC), (-1, 1), "x", None)
    assert_close(left.values.numpy("x,y"), np.roll(X, 1)[:, None] + 10 * Y)
    assert_close(right.values.numpy("x,y"), np.roll(X, -1)[:, None] + 10 * Y)


def test_masks_say_where_something_is():
    field = linear(0.0)
    holes = field.with_values(pm.where(field.values < 10, float("nan"), field.values))
    found = mask(holes)
    assert_close(found.values.numpy("x,y"), (X[:, None] + 10 * Y >= 10) * 1.0)
    body = Sphere(x=2, y=1, radius=0.9)
    assert_close(mask(body, to=field).values, body.lies_inside(field.points) * 1.0)
    assert largest(support(mask(body, to=field)) - vec(x=2.0, y=1.0)) < 0.9
    with pytest.raises(ShapeError, match="needs a grid"):
        mask(body)


def test_missing_values_are_those_of_neighbors():
    flow = StaggeredGrid((3.0, 4.0), ZERO_GRADIENT, ROOM, **CELLS)
    holes = flow.with_components(
        [
            pm.where(flow.face_points(a).vector["x"] < 1.2, math.nan, part)
            for a, part in flow.components.items()
        ]
    )
    filled = finite_fill(holes, distance=2)
    for axis, value in (("x", 3.0), ("y", 4.0)):
        assert_close(filled.component(axis), value + 0 * flow.component(axis))


# --- points and surfaces of shapes ---


def test_the_farthest_points_of_a_line_halve_it():
    line = vec(x=tensor(np.arange(9.0), instance("points")), y=0.0)
    chosen = farthest_points(line, 5).vector["x"].numpy("points")
    assert_close(chosen, np.array([0.0, 8, 4, 2, 6]))
    with pytest.raises(ShapeError, match="Cannot choose 10"):
        farthest_points(line, 10)


def test_the_normal_of_a_slope_is_perpendicular_to_it():
    normal = normal_from_slope(vec(x=0.5, y=-2.0), "x,y,z")
    assert_close(pm.norm(normal), 1.0)
    for along in (vec(x=1.0, y=0.0, z=0.5), vec(x=0.0, y=1.0, z=-2.0)):
        assert abs(float(pm.sum(normal * along, "vector"))) < 1e-12
    with pytest.raises(ShapeError, match="all but one"):
        normal_from_slope(vec(x=0.5, y=-2.0), "x,y")


def test_sampled_distances_are_those_of_the_shape():
    disc = Sphere(x=0.5, y=0.4, radius=0.3)
    sampled = sample_sdf(disc, Box(x=1, y=1), x=64, y=64)
    at = vec(x=0.61, y=0.72)
    assert_close(sampled.signed_distance(at), disc.signed_distance(at), atol=1e-3)
    assert_close(as_sdf(disc).signed_distance(at), disc.signed_distance(at))


@pytest.mark.parametrize("axes", ["xy", "xyz"])
def test_the_area_of_an_extracted_surface_is_second_order(axes):
    ball = Sphere(vec(**dict.fromkeys(axes, 0.1)), radius=0.8)
    exact = {"xy": 2 * math.pi * 0.8, "xyz": 4 * math.pi * 0.64}[axes]

    def measured(n):
        mesh = surface_mesh(ball, **dict.fromkeys(axes, n))
        points = mesh.vertices.numpy("vertices,vector")
        corners = points[mesh.elements.numpy("elements,corner")]
        sides = corners[:, 1:] - corners[:, :1]
        if axes == "xy":
            normal = np.stack([-sides[:, 0, 1], sides[:, 0, 0]], -1)
        else:
            normal = np.cross(sides[:, 0], sides[:, 1]) / 2
        # All point outwards, and close: the areas as vectors sum to 0.
        assert ((corners.mean(1) - 0.1) * normal).sum(-1).min() > 0
        assert np.abs(normal.sum(0)).max() < 1e-12
        return abs(np.linalg.norm(normal, axis=-1).sum() - exact)

    # Elements are irregular: the constant varies.
    assert_order([measured(8), measured(16), measured(32)], expected=2, within=0.8)


def test_vertices_move_with_the_shape():
    def reach(radius):
        mesh = surface_mesh(
            Sphere(x=0.0, y=0.0, radius=radius), Box(x=(-1, 1), y=(-1, 1)), x=6, y=6
        )
        return pm.sum(mesh.vertices**2, None) / mesh.vertices.shape.get_size("vertices")

    with using("numpy"):
        value, slope = jvp(reach, (wrap(0.7),), (wrap(1.0),))
    assert_close(value, 0.49)
    assert_close(slope, 1.4)


def test_a_surface_that_the_grid_cannot_hold_is_refused():
    disc = Sphere(x=0.0, y=0.0, radius=0.5)
    with pytest.raises(ShapeError, match="crosses no cell"):
        surface_mesh(disc, Box(x=(2, 3), y=(2, 3)), x=4, y=4)
    with pytest.raises(ShapeError, match="needs cells along x, y"):
        surface_mesh(disc, x=4)


# --- falling back to Euler ---


def test_paths_that_leave_the_known_velocity_are_straight():
    velocity = StaggeredGrid((1.0, 0.0), ZERO_GRADIENT, ROOM, **CELLS)
    x = velocity.face_points("x").vector["x"]
    known = velocity.with_components(
        [pm.where(x < 1.5, math.nan, velocity.component("x")), velocity.component("y")]
    )
    smoke = CenteredGrid(lambda x, y: x, ZERO_GRADIENT, ROOM, **CELLS)
    kept = advect.semi_lagrangian(smoke, known, 1.0, advect.finite_rk4).values.numpy("x,y")[:, 0]
    # The first two stay where they are: nothing is known there. The third can't follow its curve.
    assert_close(kept, np.array([0.5, 1.5, 1.5, 2.5]))


def test_runge_kutta_falls_back_where_a_stage_is_not_finite():
    def rate(u):
        return pm.where(u > 1.5, math.nan, u)

    state = tensor([0.1, 1.4], spatial("x"))
    found = integrate.runge_kutta(rate, state, 0.2, advect.finite_rk4)
    smooth = 0.1 * (1 + 0.2 + 0.02 + 0.2**3 / 6 + 0.2**4 / 24)
    assert_close(found, tensor([smooth, 1.4 * 1.2], spatial("x")))

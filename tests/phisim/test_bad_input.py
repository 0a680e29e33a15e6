"""Input that physics refuses, and what the messages say."""

from __future__ import annotations

import re
import warnings
from math import inf, nan

import numpy as np
import pytest

import phimath
from phimath import batch, channel, spatial, tensor, vec, wrap
from phimath.boundary import PERIODIC, ZERO_GRADIENT, combine_sides
from phimath.errors import (
    BoundaryError,
    NotConverged,
    NotSupported,
    ResolutionWarning,
    ShapeError,
    StabilityWarning,
    ValueRangeError,
)  # fmt: skip
from phimath.solve import Solve
from phimath.testing.assertions import assert_close
from phisim.field import (
    CenteredGrid,
    StaggeredGrid,
    curl,
    divergence,
    laplace,
    resample,
    sample,
    spatial_gradient,
)
from phisim.geometry import Box, Sphere
from phisim.physics import advect, diffuse, fluid
from phisim.physics.obstacle import Obstacle

ROOM = Box(x=4, y=2)
CELLS = {"x": 4, "y": 2}
SMOKE = CenteredGrid(1.0, ZERO_GRADIENT, ROOM, **CELLS)
FLOW = StaggeredGrid(1.0, ZERO_GRADIENT, ROOM, **CELLS)
FLOW_3D = StaggeredGrid(0.0, 0.0, Box(x=2, y=2, z=2), x=2, y=2, z=2)


def refused(error, *words):
    """Context that expects an error whose message has all these words, in any order."""
    return pytest.raises(
        error, match="(?s)" + "".join(f"(?=.*{re.escape(word)})" for word in words)
    )


# --- boundaries ---


@pytest.mark.parametrize("make", [CenteredGrid, StaggeredGrid])
def test_a_boundary_of_an_axis_that_does_not_exist(make):
    with refused(BoundaryError, "names the axis 'z'", "x, y", "Remove"):
        make(0.0, {"x": 0.0, "y": 0.0, "z": PERIODIC}, ROOM, **CELLS)


@pytest.mark.parametrize("make", [CenteredGrid, StaggeredGrid])
def test_a_boundary_that_misses_a_side_or_an_axis(make):
    with refused(BoundaryError, "names 'x-' but not 'x+'", "Add 'x+'"):
        make(0.0, {"x-": 1.0, "y": 0.0}, ROOM, **CELLS)
    with refused(BoundaryError, "says nothing about 'y-', 'y+'", "Add 'y'"):
        make(0.0, {"x": 1.0}, ROOM, **CELLS)
    with refused(BoundaryError, "says nothing about 'y-', 'y+'", "Add 'y'"):
        make(0.0, combine_sides(x=PERIODIC), ROOM, **CELLS)


def test_a_boundary_given_twice_or_periodic_on_one_side():
    with refused(BoundaryError, "Side 'x-' is given twice", "Remove"):
        CenteredGrid(0.0, {"x": 0.0, "x-": 1.0, "y": 0.0}, ROOM, **CELLS)
    with refused(BoundaryError, "Only one side of 'x' is periodic", "both sides PERIODIC or none"):
        CenteredGrid(0.0, {"x-": PERIODIC, "x+": 0.0, "y": 0.0}, ROOM, **CELLS)


def test_a_boundary_of_an_unknown_name_or_type():
    with refused(BoundaryError, "no boundary 'slippery'", "zero-gradient"):
        CenteredGrid(0.0, "slippery", ROOM, **CELLS)
    with refused(BoundaryError, "Cannot make a boundary", "dict of sides"):
        CenteredGrid(0.0, object(), ROOM, **CELLS)


# --- vectors and axes ---


@pytest.mark.parametrize(
    "vector",
    [vec(y=1.0, x=2.0), vec(x=1.0, z=2.0), vec(x=1.0, y=2.0, z=3.0)],
    ids=["order", "names", "count"],
)
@pytest.mark.parametrize("make", [CenteredGrid, StaggeredGrid])
def test_vectors_whose_labels_are_not_the_axes(make, vector):
    labels = ",".join(vector.shape.get_labels("vector"))
    with refused(ShapeError, "axes x,y", f"labels {labels}", "vec(x=…, y=…)"):
        make(vector, 0.0, ROOM, **CELLS)


def test_tuples_with_another_number_of_components():
    with refused(ShapeError, "axes x,y", "3 components", "one per axis"):
        StaggeredGrid((1.0, 2.0, 3.0), 0.0, ROOM, **CELLS)
    with refused(ShapeError, "axes x,y", "3 components", "one per axis"):
        SMOKE * (1.0, 2.0, 3.0)


def test_vectors_without_labels_on_faces():
    unlabelled = tensor(np.ones(2), channel("vector"))
    with refused(ShapeError, "cannot be matched to the axes x,y", "Label them"):
        StaggeredGrid(unlabelled, 0.0, ROOM, **CELLS)


def test_locations_with_other_axes():
    with refused(ShapeError, "axes x,y", "labels y,x", "vec(x=…, y=…)"):
        sample(SMOKE, vec(y=1.0, x=1.0))


def test_functions_of_coordinates_that_the_grid_does_not_have():
    with refused(ShapeError, "function of x, z", "axes x,y", "by name or one location vector"):
        CenteredGrid(lambda x, z: x + z, 0.0, ROOM, **CELLS)


def test_an_obstacle_with_other_axes():
    with refused(ShapeError, "obstacle has the axes x,y,z", "flow has x,y", "same axes"):
        fluid.make_incompressible(FLOW, Sphere(x=1, y=1, z=1, radius=1))
    with refused(ShapeError, "obstacle has the axes y,x", "same order"):
        fluid.make_incompressible(FLOW, Box(y=1, x=1))


def test_an_obstacle_that_is_no_body_or_turns_about_no_axis():
    with refused(ShapeError, "needs a geometry", "not str"):
        fluid.make_incompressible(FLOW, "wall")
    with refused(ShapeError, "must be a number"):
        Obstacle(Sphere(x=1, y=1, radius=1), angular_velocity=vec(x=0.0, y=1.0))
    with refused(ShapeError, "must be a vector"):
        Obstacle(Sphere(x=1, y=1, z=1, radius=1), angular_velocity=1.0)


def test_grids_with_other_axes_do_not_resample():
    with refused(ShapeError, "axes x,y,z", "x,y", "same axes"):
        resample(FLOW_3D, to=FLOW)


# --- resolution and values ---


@pytest.mark.parametrize("cells", [0, -3])
def test_a_resolution_below_one(cells):
    with refused(ShapeError, f"{cells}", "'x'"):
        CenteredGrid(0.0, 0.0, ROOM, x=cells, y=2)


def test_a_resolution_that_is_missing_or_names_no_axis():
    with refused(ShapeError, "needs a resolution", "x=64"):
        CenteredGrid(0.0, 0.0, ROOM)
    with refused(ShapeError, "resolution 64 names no axis", "x=64"):
        CenteredGrid(0.0, 0.0, ROOM, 64)
    with refused(
        ShapeError, "does not fit the domain with the axes x,y", "one number of cells per axis"
    ):
        CenteredGrid(0.0, 0.0, ROOM, x=4)
    with refused(ShapeError, "does not fit the domain with the axes x,y"):
        CenteredGrid(0.0, 0.0, ROOM, x=4, y=2, z=2)


def test_values_of_another_size():
    with refused(ShapeError, "do not fit the cells of the grid"):
        CenteredGrid(tensor(np.ones((5, 2)), spatial("x,y")), 0.0, ROOM, **CELLS)
    with refused(ShapeError, "do not fit component 'x' of a staggered grid"):
        StaggeredGrid(tensor(np.ones((4, 2)), spatial("x,y")), 0.0, ROOM, **CELLS)


# --- operators ---


def test_a_scalar_where_a_velocity_is_needed():
    for use in (
        lambda: advect.semi_lagrangian(SMOKE, SMOKE, 1.0),
        lambda: advect.mac_cormack(SMOKE, SMOKE, 1.0),
        lambda: fluid.make_incompressible(SMOKE),
    ):
        with refused(ShapeError, "velocity needs one component per axis x,y", "StaggeredGrid"):
            use()
    with refused(ShapeError, "divergence", "vector"):
        divergence(SMOKE)
    with refused(ShapeError, "curl", "vector"):
        curl(SMOKE)
    with refused(ShapeError, "no component 'x'", "vector field is needed"):
        SMOKE.component("x")


def test_a_velocity_with_other_axes():
    with refused(ShapeError, "one component per axis x,y", "axes x,y,z"):
        advect.semi_lagrangian(SMOKE, FLOW_3D, 1.0)


def test_a_centered_velocity_cannot_be_projected():
    with refused(ShapeError, "needs a staggered velocity", "at_faces()"):
        fluid.make_incompressible(FLOW.at_centers())


def test_operators_on_fields_that_they_are_not_defined_for():
    with refused(ShapeError, "centered scalar field", "component('x')"):
        spatial_gradient(FLOW)
    with refused(NotSupported, "order 2, not 4", "at='center'"):
        spatial_gradient(SMOKE, at="face", order=4)
    with refused(NotSupported, "order 2, not 6"):
        divergence(FLOW, order=6)
    with refused(ValueRangeError, "2, 4 or 6, not 3"):
        laplace(SMOKE, order=3)
    line = StaggeredGrid(0.0, 0.0, Box(x=4), x=4)
    with refused(ShapeError, "curl is defined in 2D and 3D", "axes x"):
        curl(line)


# --- time steps ---


@pytest.mark.parametrize("dt", [nan, inf, -inf])
@pytest.mark.parametrize(
    "use",
    [
        lambda dt: advect.semi_lagrangian(SMOKE, FLOW, dt),
        lambda dt: advect.mac_cormack(SMOKE, FLOW, dt),
        lambda dt: diffuse.explicit(SMOKE, 0.1, dt),
        lambda dt: fluid.make_incompressible(FLOW, dt=dt),
    ],
    ids=["semi_lagrangian", "mac_cormack", "diffusion", "projection"],
)
def test_a_time_step_that_is_not_finite(use, dt):
    with refused(ValueRangeError, "time step must be finite", str(dt)):
        use(dt)
    with refused(ValueRangeError, "time step must be finite"):
        use(wrap([0.1, dt], batch("world")))


def test_diffusion_cannot_go_back_in_time():
    for dt in (-0.1, wrap([0.1, -0.1], batch("world"))):
        with refused(ValueRangeError, "must not be negative", "-0.1", "diffusion cannot go back"):
            diffuse.explicit(SMOKE, 0.1, dt)


def test_advection_may_go_back_in_time():
    ramp = CenteredGrid(lambda x, y: x + 0 * y, ZERO_GRADIENT, Box(x=8, y=2), x=8, y=2)
    flow = StaggeredGrid((1.0, 0.0), ZERO_GRADIENT, ramp.bounds, x=8, y=2)
    earlier = advect.semi_lagrangian(ramp, flow, -2.0).values.numpy("x,y")
    assert_close(earlier[:5, 0], np.arange(5) + 2.5, rtol=1e-6)


@pytest.mark.parametrize("diffusivity", [-0.1, nan, inf])
def test_a_diffusivity_that_is_negative_or_not_finite(diffusivity):
    with refused(ValueRangeError, "diffusivity must be finite and not negative", str(diffusivity)):
        diffuse.explicit(SMOKE, diffusivity, 0.1)


def test_less_than_one_substep():
    with refused(ValueRangeError, "substeps must be at least 1", "0"):
        diffuse.explicit(SMOKE, 0.1, 0.1, substeps=0)


# --- stability ---


@pytest.mark.parametrize(("axes", "limit"), [("x", 1 / 2), ("xy", 1 / 4), ("xyz", 1 / 6)])
def test_diffusion_beyond_the_limit_of_its_dimension_warns_and_grows(axes, limit):
    """With dx = 1 and ν = 1 the limit is 1/2, 1/4, 1/6; beyond it, a checkerboard of ±1 grows."""
    cells = dict.fromkeys(axes, 4)
    signs = np.indices((4,) * len(axes)).sum(0) % 2 * 2.0 - 1
    board = CenteredGrid(tensor(signs, spatial(**cells)), PERIODIC, Box(**dict.fromkeys(axes, 4.0)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        stable = diffuse.explicit(board, 1.0, limit)
    assert_close(abs(stable.values.numpy(tuple(axes))), np.ones(signs.shape), rtol=1e-5)
    with pytest.warns(
        StabilityWarning, match=f"exceeds the limit {limit:.3g}.*at least 2 substeps"
    ):
        unstable = diffuse.explicit(board, 1.0, 1.1 * limit)
    assert np.all(abs(unstable.values.numpy(tuple(axes))) > 1.1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        diffuse.explicit(board, 1.0, 1.1 * limit, substeps=2)


def test_the_finest_axis_and_the_largest_diffusivity_decide():
    field = CenteredGrid(0.0, PERIODIC, Box(x=1.0, y=4.0), x=4, y=4)
    limit = 0.5 / (3.0 * (16 + 1))
    with pytest.warns(StabilityWarning, match=f"limit {limit:.3g}"):
        diffuse.explicit(field, wrap([1.0, 3.0], batch("world")), 0.05)


# --- solves ---


def test_a_projection_that_ends_too_early_raises_with_its_result():
    generator = np.random.default_rng(0)
    values = {
        "x": tensor(generator.standard_normal((21, 20)), spatial("x,y")),
        "y": tensor(generator.standard_normal((20, 21)), spatial("x,y")),
    }
    velocity = StaggeredGrid(values, 0.0, Box(x=1, y=1), x=20, y=20)
    with refused(
        NotConverged, "did not reach its tolerance in 3 iterations", "max_iterations"
    ) as caught:
        fluid.make_incompressible(
            velocity, (), Solve("CG", max_iterations=3, preconditioner="jacobi")
        )
    assert caught.value.result.iterations == 3
    partial, _ = fluid.make_incompressible(
        velocity,
        (),
        Solve("CG", max_iterations=3, preconditioner="jacobi", suppress=[NotConverged]),
    )
    assert bool(phimath.all(phimath.is_finite(partial.component("x")), None))


@pytest.mark.parametrize("boundary", [0.0, PERIODIC, ZERO_GRADIENT])
def test_a_solid_that_covers_everything_stops_the_flow(boundary):
    flow = StaggeredGrid(1.0, boundary, ROOM, **CELLS)
    with pytest.warns(ResolutionWarning, match="cover all faces"):
        velocity, pressure = fluid.make_incompressible(flow, Sphere(x=2, y=1, radius=9))
    for axis in "xy":
        assert np.all(velocity.component(axis).numpy("x,y") == 0)
    assert np.all(pressure.values.numpy("x,y") == 0)


@pytest.mark.parametrize("boundary", [0.0, PERIODIC])
def test_a_single_cell_has_no_flow_to_correct(boundary):
    flow = StaggeredGrid(1.0, boundary, x=1, y=1)
    velocity, pressure = fluid.make_incompressible(flow)
    for axis in "xy":
        assert_close(velocity.component(axis), flow.component(axis))
    assert np.all(pressure.values.numpy("x,y") == 0)


def test_what_is_no_field_or_has_no_axes_is_refused_with_advice():
    with refused(ShapeError, "A velocity must be a field, not Dense", "StaggeredGrid"):
        fluid.make_incompressible(SMOKE.values)
    with refused(ShapeError, "A velocity must be a field, not float"):
        advect.semi_lagrangian(SMOKE, 1.0, 0.1)
    with refused(ShapeError, "What diffuses must be a field, not float"):
        diffuse.explicit(0.1, SMOKE, 1.0)
    with refused(ShapeError, "The corner 1 of a Box has no axis names", "Box(x="):
        Box(1, 1)

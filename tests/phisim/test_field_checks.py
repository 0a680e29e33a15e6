"""Fields and time steps that make no sense are refused where they arise, with advice."""

from __future__ import annotations

import re

import numpy as np
import pytest

import phimath
from phimath import batch, vec
from phimath.boundary import NONE, PERIODIC, ZERO_GRADIENT
from phimath.errors import BoundaryError, DTypeError, ShapeError, ValueRangeError
from phimath.solve import Solve
from phimath.testing.assertions import assert_close
from phisim.field import CenteredGrid, StaggeredGrid, laplace
from phisim.geometry import Box
from phisim.physics import advect, fluid

ROOM = Box(x=4, y=2)
CELLS = {"x": 4, "y": 2}


@pytest.fixture(autouse=True)
def _numpy():
    with phimath.using("numpy"):
        yield


def refused(error, *words):
    """Context that expects an error whose message has all these words, in any order."""
    return pytest.raises(
        error, match="(?s)" + "".join(f"(?=.*{re.escape(word)})" for word in words)
    )


def smoke(boundary=ZERO_GRADIENT, value=1.0):
    return CenteredGrid(value, boundary, ROOM, **CELLS)


def flow(boundary=0.0, value=1.0):
    return StaggeredGrid(value, boundary, ROOM, **CELLS)


# --- labels are the axes ---


@pytest.mark.parametrize("make", [CenteredGrid, StaggeredGrid])
@pytest.mark.parametrize("vector", [vec(x=1, y=1, z=2), vec(y=1, x=2)])
def test_a_boundary_vector_names_exactly_the_axes_in_their_order(make, vector):
    with refused(ShapeError, "The boundary has the axes x,y", "vec(x=…, y=…)"):
        make(0.0, vector, ROOM, **CELLS)
    with refused(ShapeError, "The boundary has the axes x,y"):
        make(0.0, {"x": vector, "y": 0.0}, ROOM, **CELLS)


@pytest.mark.parametrize("make", [CenteredGrid, StaggeredGrid])
def test_a_function_returns_a_vector_of_the_axes_in_their_order(make):
    with refused(ShapeError, "has the axes x,y", "labels y,x", "vec(x=…, y=…)"):
        make(lambda x, y: vec(y=y, x=x), 0.0, ROOM, **CELLS)


# --- what physics takes ---


@pytest.mark.parametrize("dt", ["1.0", (1.0, 2.0), [1.0], None, 1j])
def test_a_time_step_is_a_real_number(dt):
    with refused(DTypeError, "time step must be a real number", "dt=1.0"):
        advect.semi_lagrangian(smoke(), flow(), dt)
    with refused(DTypeError, "time step must be a real number"):
        fluid.make_incompressible(flow(), dt=dt)


def test_a_pressure_needs_a_time_step_and_a_positive_density():
    with refused(ValueRangeError, "not 0", "dt is 0"):
        fluid.make_incompressible(flow(), dt=0)
    with refused(ValueRangeError, "not 0"):
        fluid.make_incompressible(flow(), dt=phimath.tensor([1.0, 0.0], batch("world")))
    for density in (0, -1.0):
        with refused(ValueRangeError, "density must be positive", str(density)):
            fluid.make_incompressible(flow(), density=density)


def test_the_name_of_a_method_is_no_solve():
    with refused(DTypeError, "Write Solve('CG')"):
        fluid.make_incompressible(flow(), (), "CG")
    assert fluid.make_incompressible(flow(), (), Solve("CG"))[0].is_staggered


def test_a_grid_does_not_fit_into_a_domain_of_zero_size():
    with refused(ShapeError, "zero size", "positive"):
        CenteredGrid(0.0, 0.0, Box(x=0), x=4)


def test_mac_cormack_of_complex_values_points_to_semi_lagrangian():
    wave = smoke(value=1j)
    with refused(DTypeError, "complex", "Use semi_lagrangian"):
        advect.mac_cormack(wave, flow(), 1.0)
    advected = advect.semi_lagrangian(wave, flow(), 1.0)
    assert_close(advected.numpy(), np.full((4, 2), 1j, np.complex64))


@pytest.mark.parametrize("make", [CenteredGrid, StaggeredGrid])
@pytest.mark.parametrize("boundary", [NONE, None, {"x": NONE, "y": 0.0}])
def test_a_field_needs_a_rule_for_each_side(make, boundary):
    with refused(BoundaryError, "needs one for each side", "ZERO_GRADIENT"):
        make(0.0, boundary, ROOM, **CELLS)


# --- arithmetic of fields with other boundaries ---


@pytest.mark.parametrize("make", [smoke, flow])
@pytest.mark.parametrize("other", [5.0, ZERO_GRADIENT])
def test_periodic_and_other_fields_do_not_combine_in_either_order(make, other):
    for pair in ((PERIODIC, other), (other, PERIODIC)):
        a, b = map(make, pair)
        with refused(BoundaryError, "periodic", "does not follow", "with_boundary"):
            a + b


def test_constants_on_the_same_grid_combine_like_the_values():
    total = smoke(2.0) - smoke(5.0)
    assert total.boundary.value == -3
    np.testing.assert_array_equal(total.numpy(), np.zeros((4, 2)))


def test_joining_fields_along_an_axis_is_refused():
    field = CenteredGrid(1.0, ZERO_GRADIENT, x=4, y=3)
    with pytest.raises(ShapeError, match=r"do not lie on a grid of .*x.*=4.* cells"):
        phimath.concat([field, field], "x")


@pytest.mark.parametrize("make", [CenteredGrid, StaggeredGrid])
def test_renaming_an_axis_of_a_field_is_refused(make):
    with pytest.raises(ShapeError, match=r"make a new field of the result"):
        phimath.rename_dims(make(1.0, ZERO_GRADIENT, x=4, y=3), "x", "z")


def test_fields_are_joined_along_batches():
    field = CenteredGrid(1.0, ZERO_GRADIENT, x=4, y=3)
    trajectory = phimath.stack([field, field * 2], phimath.batch("time"))
    assert phimath.concat([trajectory, trajectory], "time").shape.get_size("time") == 4
    assert trajectory.resolution is field.resolution


def test_the_laplacian_is_a_change_that_leaves_prescribed_values():
    field = CenteredGrid(lambda x, y: x * x, {"x": 5.0, "y": ZERO_GRADIENT}, x=4, y=3)
    changed = field + 0.1 * laplace(field)
    assert changed.boundary == field.boundary

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import phimath
from phimath import batch, spatial, tensor, vec, wrap
from phimath.boundary import PERIODIC, SYMMETRIC, ZERO_GRADIENT, as_boundary, combine_by_direction
from phimath.errors import BoundaryError, ShapeError
from phimath.testing.assertions import assert_close
from phisim.field import (
    CenteredGrid,
    StaggeredGrid,
    curl,
    divergence,
    resample,
    sample,
    spatial_gradient,
)  # fmt: skip
from phisim.geometry import Box, Sphere

ROOM = Box(x=4, y=2)
CELLS = {"x": 4, "y": 2}


@pytest.fixture(autouse=True)
def _in_64_bit():
    with phimath.precision(64):
        yield


def centered(values=0.0, boundary=0.0):
    return CenteredGrid(values, boundary, ROOM, **CELLS)


def staggered(values=0.0, boundary=0.0):
    return StaggeredGrid(values, boundary, ROOM, **CELLS)


def random_values(seed=0, **sizes):
    return np.random.default_rng(seed).standard_normal(tuple(sizes.values()))


def centers():
    return np.meshgrid(np.arange(4) + 0.5, np.arange(2) + 0.5, indexing="ij")


# --- construction ---


def test_a_number_fills_the_grid(backend):
    assert_close(centered(3.0).values.numpy("x,y"), np.full((4, 2), 3.0))


def test_a_tuple_is_a_vector_in_the_order_of_the_axes(backend):
    field = centered((1.0, 2.0))
    assert_close(field.component("x").numpy("x,y"), np.full((4, 2), 1.0))
    assert_close(field.component("y").numpy("x,y"), np.full((4, 2), 2.0))
    faces = staggered((1.0, 2.0), ZERO_GRADIENT)
    assert_close(faces.component("y").numpy("x,y"), np.full((4, 3), 2.0))


def test_functions_take_coordinates_by_name_or_a_location(backend):
    x, y = centers()
    for function in (
        lambda x, y: x + 10 * y,
        lambda y, x: x + 10 * y,
        lambda location: location.vector["x"] + 10 * location.vector["y"],
    ):
        assert_close(centered(function).values.numpy("x,y"), x + 10 * y)
    only_y = centered(lambda y: 10 * y)
    assert_close(only_y.values.numpy("x,y"), 10 * y)


def test_functions_may_return_tuples_and_vectors():
    x, y = centers()
    for function in (lambda x, y: (x, y), lambda p: p):
        field = centered(function)
        assert_close(field.component("x").numpy("x,y"), x)
        assert_close(field.component("y").numpy("x,y"), y)


def test_a_geometry_is_1_inside_of_it():
    values = centered(Box(x=(1, 3), y=1)).values.numpy("x,y")
    assert_close(values, np.array([[0, 0], [1, 0], [1, 0], [0, 0]], float))


def test_a_tensor_gives_values_and_resolution():
    values = random_values(x=4, y=2)
    field = CenteredGrid(tensor(values, spatial("x,y")), 0.0, ROOM)
    assert_close(field.values.numpy("x,y"), values)
    assert field.resolution.int_sizes == (4, 2)
    assert_close(CenteredGrid(tensor(values, spatial("x,y"))).dx.numpy(), np.ones(2))


def test_resolution_may_be_given_as_a_shape_in_any_order():
    field = CenteredGrid(0.0, 0.0, ROOM, spatial(y=2, x=4))
    assert field.axes == ("x", "y")
    assert field.resolution.int_sizes == (4, 2)


def test_batch_dimensions_come_with_the_values():
    field = centered(wrap([1.0, 2.0], batch("world")))
    assert field.values.numpy("world,x,y").shape == (2, 4, 2)
    assert_close(field.world[1].values.numpy("x,y"), np.full((4, 2), 2.0))


def test_labelled_vectors_in_another_order_are_refused_not_swapped():
    for make in (centered, staggered):
        with pytest.raises(ShapeError, match=r"axes x,y but the vector has the labels y,x"):
            make(vec(y=1.0, x=2.0))


# --- faces ---


@pytest.mark.parametrize(
    ("boundary", "along_x", "along_y"),
    [
        (0.0, (5, 2), (4, 3)),
        (ZERO_GRADIENT, (5, 2), (4, 3)),
        (PERIODIC, (4, 2), (4, 2)),
        ({"x": PERIODIC, "y": 0.0}, (4, 2), (4, 3)),
        ({"x-": 1.0, "x+": ZERO_GRADIENT, "y": PERIODIC}, (5, 2), (4, 2)),
    ],
    ids=str,
)
def test_components_have_one_value_more_along_their_own_axis_unless_it_is_periodic(
    backend, boundary, along_x, along_y
):
    field = staggered(1.0, boundary)
    assert field.component("x").numpy("x,y").shape == along_x
    assert field.component("y").numpy("x,y").shape == along_y


def test_values_lie_at_the_centers_of_faces():
    field = staggered(lambda x, y: (x + 10 * y, x + 10 * y), ZERO_GRADIENT)
    x, y = np.meshgrid(np.arange(5.0), np.arange(2) + 0.5, indexing="ij")
    assert_close(field.component("x").numpy("x,y"), x + 10 * y)
    x, y = np.meshgrid(np.arange(4) + 0.5, np.arange(3.0), indexing="ij")
    assert_close(field.component("y").numpy("x,y"), x + 10 * y)


def test_prescribed_faces_hold_the_boundary_value(backend):
    field = staggered(5.0, {"x-": vec(x=1.0, y=2.0), "x+": ZERO_GRADIENT, "y": 3.0})
    assert_close(field.component("x").numpy("x,y")[:, 0], np.array([1, 5, 5, 5, 5.0]))
    assert_close(field.component("y").numpy("x,y")[0], np.array([3, 5, 3.0]))


def test_slip_walls_prescribe_the_normal_component_only():
    field = staggered(5.0, combine_by_direction(normal=0.0, tangential=ZERO_GRADIENT))
    assert_close(field.component("x").numpy("x,y")[:, 1], np.array([0, 5, 5, 5, 0.0]))
    # Sampled at the lower wall, the tangential component keeps its value.
    assert_close(sample(field, vec(x=2.0, y=0.0)).numpy(), np.array([5.0, 0.0]))


def test_another_boundary_is_written_into_the_faces():
    field = staggered(5.0, ZERO_GRADIENT).with_boundary({"x": 1.0, "y": ZERO_GRADIENT})
    assert_close(field.component("x").numpy("x,y")[:, 0], np.array([1, 5, 5, 5, 1.0]))
    assert_close(field.component("y").numpy("x,y")[0], np.array([5, 5, 5.0]))


def test_a_dictionary_gives_each_component():
    values = {"x": random_values(x=5, y=2), "y": random_values(1, x=4, y=3)}
    tensors = {axis: tensor(array, spatial("x,y")) for axis, array in values.items()}
    field = staggered(tensors, ZERO_GRADIENT)
    assert_close(field.component("y").numpy("x,y"), values["y"])
    with pytest.raises(ShapeError, match=r"Components for x do not fit the axes x,y"):
        staggered({"x": tensors["x"]})


# --- arithmetic ---


def test_arithmetic_acts_on_values_and_boundary():
    field = centered(3.0, 1.0) * 2 + 1
    assert_close(field.values.numpy("x,y"), np.full((4, 2), 7.0))
    assert field.boundary == as_boundary(3.0)
    assert (centered(3.0, PERIODIC) * 2).boundary == PERIODIC
    assert (centered(1.0, 1.0) + centered(1.0, 2.0)).boundary == as_boundary(3.0)


def test_boundaries_per_side_combine_per_side():
    a = centered(1.0, {"x-": 1.0, "x+": ZERO_GRADIENT, "y": PERIODIC})
    b = centered(1.0, {"x-": 2.0, "x+": ZERO_GRADIENT, "y": PERIODIC})
    assert (a + b).boundary == as_boundary({"x-": 3.0, "x+": ZERO_GRADIENT, "y": PERIODIC})


def test_a_scalar_field_times_a_tuple_is_a_vector_field():
    field = centered(3.0, 1.0) * (0, 0.1)
    assert_close(field.component("y").numpy("x,y"), np.full((4, 2), 0.3))
    assert_close(field.component("x").numpy("x,y"), np.zeros((4, 2)))


def test_fields_of_another_layout_are_resampled_to_the_first():
    linear = centered(lambda x, y: x, ZERO_GRADIENT)
    faces = staggered(1.0, ZERO_GRADIENT) * linear
    assert faces.is_staggered
    # Inside, the average of two centers; on the side, the outermost center.
    assert_close(faces.component("x").numpy("x,y")[:, 0], np.array([0.5, 1, 2, 3, 3.5]))
    centers_ = linear * staggered((2.0, 3.0), ZERO_GRADIENT)
    assert centers_.is_centered
    assert_close(centers_.component("y").numpy("x,y"), 3 * linear.values.numpy("x,y"))


def test_numpy_and_python_numbers_on_the_left_give_fields():
    for factor in (2, 2.0, np.float64(2.0)):
        assert_close((factor * centered(3.0)).values.numpy("x,y"), np.full((4, 2), 6.0))


def test_tensors_without_a_place_on_faces_are_refused():
    with pytest.raises(ShapeError, match=r"no defined place on the faces.*CenteredGrid"):
        staggered() * tensor(np.ones((4, 2)), spatial("x,y"))


def test_a_tensor_that_says_nothing_about_the_walls_is_refused():
    with pytest.raises(BoundaryError, match=r"says nothing about what lies beyond the sides"):
        centered(1.0, 2.0) + tensor(np.ones((4, 2)), spatial("x,y"))


# --- resampling ---


def test_linear_fields_survive_the_way_to_the_faces_and_back():
    field = centered(lambda x, y: (x - y, 2 * x + y), ZERO_GRADIENT)
    faces = field.at_faces()
    inner = faces.component("x").numpy("x,y")[1:-1]
    x, y = np.meshgrid([1.0, 2.0, 3.0], [0.5, 1.5], indexing="ij")
    assert_close(inner, x - y, atol=1e-12)
    back = faces.at_centers()
    assert_close(
        back.component("x").numpy("x,y")[1:-1], field.component("x").numpy("x,y")[1:-1], atol=1e-12
    )


def test_refining_by_two_and_back_keeps_linear_fields():
    field = CenteredGrid(lambda x, y: 3 * x - y, ZERO_GRADIENT, ROOM, x=16, y=8)
    fine = CenteredGrid(field, ZERO_GRADIENT, ROOM, x=32, y=16)
    exact = CenteredGrid(lambda x, y: 3 * x - y, ZERO_GRADIENT, ROOM, x=32, y=16)
    inside = (slice(1, -1), slice(1, -1))
    assert_close(fine.values.numpy("x,y")[inside], exact.values.numpy("x,y")[inside], atol=1e-12)
    back = CenteredGrid(fine, ZERO_GRADIENT, ROOM, x=16, y=8)
    assert_close(back.values.numpy("x,y")[inside], field.values.numpy("x,y")[inside], atol=1e-12)


def test_resampling_between_staggered_grids_keeps_linear_components():
    coarse = StaggeredGrid(lambda x, y: (3 * x - y, x + y), ZERO_GRADIENT, ROOM, x=16, y=8)
    fine = resample(coarse, to=StaggeredGrid(0.0, ZERO_GRADIENT, ROOM, x=32, y=16))
    exact = StaggeredGrid(lambda x, y: (3 * x - y, x + y), ZERO_GRADIENT, ROOM, x=32, y=16)
    inside = (slice(1, -1), slice(1, -1))
    for axis in "xy":
        assert_close(
            fine.component(axis).numpy("x,y")[inside],
            exact.component(axis).numpy("x,y")[inside],
            atol=1e-12,
        )


def test_a_mask_takes_the_kind_of_boundary_of_its_target():
    smoke = centered(0.0, ZERO_GRADIENT)
    assert resample(Sphere(x=1, y=1, radius=1), to=smoke).boundary == ZERO_GRADIENT
    assert resample(Sphere(x=1, y=1, radius=1), to=centered(0.0, 7.0)).boundary == as_boundary(0.0)


# --- sampling ---


def test_samples_between_points_are_linear(backend):
    field = centered(lambda x, y: 2 * x + y, ZERO_GRADIENT)
    assert_close(float(sample(field, vec(x=1.75, y=1.1))), 2 * 1.75 + 1.1, rtol=1e-12)


@pytest.mark.parametrize(
    ("boundary", "at_wall", "beyond"),
    [(7.0, 7.0, 7.0), (ZERO_GRADIENT, 3.0, 3.0), (PERIODIC, 3.0, 3.0)],
)
def test_on_the_wall_and_beyond_the_boundary_counts(backend, boundary, at_wall, beyond):
    field = centered(3.0, boundary)
    assert_close(float(sample(field, vec(x=0.0, y=1.0))), at_wall)
    assert_close(float(sample(field, vec(x=-2.0, y=1.0))), beyond)
    assert_close(float(sample(field, vec(x=4.0, y=1.0))), at_wall)
    assert_close(float(sample(field, vec(x=11.0, y=1.0))), beyond)


def test_halfway_to_a_wall_is_the_mean_of_cell_and_wall():
    field = centered(3.0, {"x-": 7.0, "x+": ZERO_GRADIENT, "y": ZERO_GRADIENT})
    assert_close(float(sample(field, vec(x=0.25, y=1.0))), 5.0)
    assert_close(float(sample(field, vec(x=3.75, y=1.0))), 3.0)


def test_periodic_fields_repeat():
    values = random_values(x=4, y=2)
    field = CenteredGrid(tensor(values, spatial("x,y")), PERIODIC, ROOM)
    for turns in (-2, 0, 1, 3):
        assert_close(float(sample(field, vec(x=0.5 + 4 * turns, y=0.5))), values[0, 0], atol=1e-12)
    assert_close(
        float(sample(field, vec(x=4.0, y=0.5))), (values[3, 0] + values[0, 0]) / 2, atol=1e-12
    )


def test_symmetric_fields_are_mirrored():
    field = centered(lambda x, y: x, SYMMETRIC)
    assert_close(float(sample(field, vec(x=-0.75, y=1.0))), 0.75)


def test_a_staggered_component_reaches_its_own_wall():
    field = staggered(lambda x, y: (x, 5 + x * 0), {"x": ZERO_GRADIENT, "y": 2.0})
    assert_close(sample(field, vec(x=4.0, y=0.0)).numpy(), np.array([2.0, 2.0]))
    assert_close(sample(field, vec(x=3.25, y=1.0)).numpy(), np.array([3.25, 5.0]))


# --- derivatives that are exact ---


def test_the_divergence_of_a_staggered_field_is_its_flux_balance():
    values = {"x": random_values(x=5, y=2), "y": random_values(1, x=4, y=3)}
    field = staggered({a: tensor(v, spatial("x,y")) for a, v in values.items()}, ZERO_GRADIENT)
    expected = np.diff(values["x"], axis=0) + np.diff(values["y"], axis=1)
    assert_close(divergence(field).values.numpy("x,y"), expected, atol=1e-12)


def test_curl_of_a_rigid_rotation_is_twice_its_rate():
    field = CenteredGrid(lambda x, y: (-3 * y, 3 * x), ZERO_GRADIENT, ROOM, x=8, y=6)
    assert_close(curl(field).values.numpy("x,y")[1:-1, 1:-1], np.full((6, 4), 6.0), rtol=1e-12)
    box = Box(x=2, y=2, z=2)
    field = CenteredGrid(lambda x, y, z: (-3 * y, 3 * x, 0 * z), ZERO_GRADIENT, box, x=4, y=4, z=4)
    inner = curl(field).values.numpy("x,y,z,vector")[1:-1, 1:-1, 1:-1]
    assert_close(inner, np.broadcast_to([0.0, 0.0, 6.0], (2, 2, 2, 3)), atol=1e-12)


def test_the_gradient_at_faces_sees_the_value_on_the_wall():
    field = centered(3.0, {"x-": 7.0, "x+": ZERO_GRADIENT, "y": ZERO_GRADIENT})
    slope = spatial_gradient(field, at="face").component("x").numpy("x,y")
    # From the wall to the first center it is half a cell.
    assert_close(slope[:, 0], np.array([(3 - 7) / 0.5, 0, 0, 0, 0]), atol=1e-12)


# --- immutability ---


def test_fields_do_not_change_in_place():
    field = centered(1.0)
    with pytest.raises(AttributeError):
        field.values = wrap(2.0)
    assert replace(field, values=field.values * 2) is not field


def test_slicing_space_is_refused_with_advice():
    with pytest.raises(ShapeError, match=r"Slicing a field along 'x' would change its grid"):
        centered().x[0]
    with pytest.raises(ShapeError, match=r"field.component\('x'\)"):
        staggered().vector["x"]


def test_a_printed_field_names_grid_boundary_and_range():
    text = repr(centered(3.0, PERIODIC))
    assert text.startswith(
        "CenteredGrid(x=4, y=2, Box(x=(0.0, 4.0), y=(0.0, 2.0)), boundary=periodic"
    )


@pytest.mark.parametrize("make", [centered, staggered])
def test_slices_along_batches_slice_what_the_boundary_prescribes(make):
    lid = {"x": 0, "y-": 0, "y+": vec(x=wrap([1.0, 2.0], batch("run")), y=0.0)}
    one = make((0.0, 0.0), {"x": 0, "y-": 0, "y+": vec(x=2.0, y=0.0)})
    part = make(vec(x=0.0, y=0.0) * wrap([1.0, 1.0], batch("run")), lid).run[1]
    top = vec(x=2.0, y=2.0)
    assert_close(sample(part, top), sample(one, top))
    assert "run" not in sample(part, top).shape


@pytest.mark.parametrize("index", ["y", 1, -1])
@pytest.mark.parametrize(
    "boundary",
    [vec(x=1.0, y=2.0), combine_by_direction(normal=2.0, tangential=ZERO_GRADIENT)],
)
def test_components_of_centered_fields_have_the_boundary_of_the_component(index, boundary):
    component = centered((0.0, 0.0), boundary).vector[index]
    assert_close(sample(component, vec(x=2.0, y=2.0)), 2.0)
    assert "vector" not in sample(component, vec(x=2.0, y=2.0)).shape


@pytest.mark.parametrize("values", [1 + 2j, lambda x, y: 0 * x + (1 + 2j), (1 + 2j, 1 + 2j)])
@pytest.mark.parametrize("make", [centered, staggered])
def test_complex_values_stay_complex(make, values):
    field = make(values, PERIODIC)
    part = field.component("y") if "vector" in field.shape else field.values
    assert_close(part.numpy("x,y"), np.full((4, 2), 1 + 2j))

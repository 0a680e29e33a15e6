from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from phimath import batch, channel, dot, instance, precision, spatial, stack, tensor, vec, wrap
from phimath.boundary import (
    ANTISYMMETRIC,
    NONE,
    PERIODIC,
    REFLECT,
    SYMMETRIC,
    SYMMETRIC_GRADIENT,
    ZERO_GRADIENT,
    Constant,
    FaceValue,
    combine_by_direction,
    combine_sides,
    pad,
)
from phimath.errors import NotSupported, ShapeError, ValueRangeError
from phimath.interpolate import (
    closest_grid_values,
    downsample2x,
    grid_sample,
    sample_components,
    sample_subgrid,
    sample_with_range,
    upsample2x,
)
from phimath.testing.assertions import assert_close


@pytest.mark.parametrize(
    ("extrap", "expected"),
    [
        (0, [0.5, 1.25, 0, 1.5, 0]),
        ("boundary", [0.5, 1.25, 0, 3, 3]),
        ("periodic", [0.5, 1.25, 3, 1.5, 1]),
    ],
)
def test_values_between_and_outside_of_points(backend, extrap, expected):
    grid = tensor(np.arange(4, dtype=np.float32), spatial("x"))
    places = np.array([[0.5], [1.25], [-1], [3.5], [9]], np.float32)
    coordinates = tensor(places, instance("p"), channel(vector="x"))
    assert_close(
        grid_sample(grid, coordinates, extrap).numpy(), np.array(expected, np.float32), atol=1e-6
    )


@pytest.mark.parametrize(
    ("boundary", "mode"),
    [
        (ZERO_GRADIENT, "nearest"),
        (NONE, "nearest"),
        (PERIODIC, "grid-wrap"),
        (SYMMETRIC, "reflect"),
        (REFLECT, "mirror"),
    ],
)
def test_samples_agree_with_scipy_everywhere(backend, boundary, mode):
    rng = np.random.default_rng(1)
    array = rng.random((5, 4))
    places = rng.uniform(-9, 13, (2, 60))
    with precision(64):
        coordinates = {name: tensor(p, instance("p")) for name, p in zip("xy", places, strict=True)}
        sample = sample_components(tensor(array, spatial("x,y")), coordinates, boundary)
    assert_close(
        sample.numpy(), map_coordinates(array, places, order=1, mode=mode), rtol=1e-10, atol=1e-12
    )


@pytest.mark.parametrize(
    "boundary",
    [
        Constant(2),
        ANTISYMMETRIC,
        combine_sides({"x-": SYMMETRIC, "x+": 1}),
        combine_sides({"x-": ZERO_GRADIENT, "x+": ANTISYMMETRIC}),
        combine_sides({"x-": REFLECT, "x+": SYMMETRIC}),
        combine_sides({"x-": ANTISYMMETRIC, "x+": SYMMETRIC}),
    ],
    ids=str,
)
def test_sampling_outside_is_sampling_the_padded_grid(backend, boundary):
    rng = np.random.default_rng(2)
    grid = tensor(rng.random(4).astype(np.float32), spatial("x"))
    places = rng.uniform(-3, 6, 50).astype(np.float32)
    padded = pad(grid, {"x": 6}, boundary).numpy()
    expected = np.interp(places + 6, np.arange(16), padded)
    sample = sample_components(grid, {"x": tensor(places, instance("p"))}, boundary)
    assert_close(sample.numpy(), expected.astype(np.float32), rtol=1e-4, atol=1e-5)


def test_a_face_value_is_reached_at_the_face_and_beyond(backend):
    grid = tensor(np.array([1, 2, 3], np.float32), spatial("x"))
    places = tensor(np.array([-4, -0.5, -0.25, 2.5, 7], np.float32), instance("p"))
    sample = sample_components(grid, {"x": places}, FaceValue(5.0))
    assert_close(sample.numpy(), np.array([5, 5, 3, 5, 5], np.float32))


def test_batches_and_channels_are_matched_by_name(backend):
    rng = np.random.default_rng(3)
    array = rng.random((3, 5, 4, 2)).astype(np.float32)
    places = rng.uniform(0, 3, (3, 6, 2)).astype(np.float32)
    grid = tensor(array, batch("b"), spatial("x,y"), channel(color="r,g"))
    coordinates = tensor(places, batch("b"), instance("p"), channel(vector="x,y"))
    sample = grid_sample(grid, coordinates).numpy("b,p,color")
    for b, c in product(range(3), range(2)):
        expected = map_coordinates(array[b, ..., c], places[b].T, order=1)
        assert_close(sample[b, :, c], expected, rtol=1e-4)


def test_points_may_have_the_dimensions_of_the_grid(backend):
    grid = tensor(np.arange(6, dtype=np.float32).reshape(2, 3), spatial("x,y"))
    x = tensor(np.array([0, 1], np.float32), spatial("x"))
    y = tensor(np.array([2, 1, 0], np.float32), spatial("y"))
    sample = sample_components(grid, {"x": x, "y": y}, ZERO_GRADIENT)
    assert_close(sample.numpy("x,y"), grid.numpy("x,y")[:, ::-1])


def test_only_some_dimensions_are_sampled(backend):
    grid = tensor(np.arange(6, dtype=np.float32).reshape(2, 3), spatial("x,y"))
    assert_close(grid_sample(grid, vec(x=0.5)).numpy("y"), np.array([1.5, 2.5, 3.5], np.float32))


def test_components_of_different_sizes_are_sampled_one_by_one():
    staggered = stack(
        {"x": wrap([0.0, 1.0, 2.0], spatial("x")), "y": wrap([0.0, 10.0], spatial("x"))},
        channel("vector"),
    )
    sample = sample_components(staggered, {"x": wrap([0.5, 1.0], instance("p"))}, ZERO_GRADIENT)
    assert_close(sample.numpy("vector,p"), np.array([[0.5, 1.0], [5.0, 10.0]], np.float32))


def test_components_have_boundaries_of_their_own(backend):
    velocity = tensor(np.ones((2, 2, 2), np.float32), spatial("x,y"), channel(vector="x,y"))
    at = {
        "x": tensor(np.array([-1.0], np.float32), instance("p")),
        "y": tensor(np.array([0.0], np.float32), instance("p")),
    }
    sample = sample_components(velocity, at, combine_by_direction(0, ZERO_GRADIENT))
    assert_close(sample.numpy("vector,p"), np.array([[0], [1]], np.float32))


def test_one_point_is_enough(backend):
    grid = tensor(np.array([3], np.float32), spatial("x"))
    at = {"x": tensor(np.array([-2, 0, 0.5, 4], np.float32), instance("p"))}
    for boundary in (ZERO_GRADIENT, PERIODIC, SYMMETRIC, REFLECT, NONE):
        assert_close(sample_components(grid, at, boundary).numpy(), np.full(4, 3, np.float32))


def test_coordinates_that_are_no_numbers_give_no_numbers(backend):
    grid = tensor(np.arange(12, dtype=np.float32).reshape(4, 3), spatial("x,y"))
    bad, good = (
        tensor(np.array(v, np.float32), instance("p"))
        for v in ([np.nan, 1, np.nan], [1, np.inf, np.nan])
    )
    for boundary in (ZERO_GRADIENT, Constant(0)):
        with np.errstate(invalid="ignore"):  # NumPy warns of the cells that it can't find
            sample = sample_components(grid, {"x": bad, "y": good}, boundary).numpy()
        assert np.isnan(sample[[0, 2]]).all()
        assert np.isfinite(sample[1])


def test_the_range_is_that_of_the_surrounding_values(backend):
    rng = np.random.default_rng(4)
    grid = tensor(rng.random((5, 4)).astype(np.float32), spatial("x,y"))
    at = {n: tensor(rng.uniform(-1, 5, 40).astype(np.float32), instance("p")) for n in "xy"}
    sample, lowest, highest = sample_with_range(grid, at, ZERO_GRADIENT)
    coordinates = stack(at, channel("vector"))
    corners = (
        closest_grid_values(grid, coordinates, ZERO_GRADIENT)
        .numpy("p,closest_x,closest_y")
        .reshape(40, 4)
    )
    assert_close(lowest.numpy(), corners.min(1))
    assert_close(highest.numpy(), corners.max(1))
    assert (sample.numpy() <= highest.numpy() + 1e-6).all()
    assert (sample.numpy() >= lowest.numpy() - 1e-6).all()


def test_closest_values_are_the_corners_of_the_cell(backend):
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    corners = closest_grid_values(tensor(array, spatial("x,y")), vec(x=0.5, y=1.5))
    assert_close(corners.numpy("closest_x,closest_y"), array[:, 1:])


def test_half_and_double_precision_follow_the_context(backend):
    grid = tensor(np.arange(3), spatial("x"))
    at = {"x": tensor(np.array([0.5]), instance("p"))}
    assert sample_components(grid, at, ZERO_GRADIENT).dtype.name == "float32"
    with precision(64):
        assert sample_components(grid, at, ZERO_GRADIENT).dtype.name == "float64"


def test_coordinates_without_labels_are_an_error():
    grid = wrap(np.zeros((2, 2)), spatial("x,y"))
    with pytest.raises(ShapeError, match=r"don't say which axes .* channel\(vector='x,y'\)"):
        grid_sample(grid, wrap([[0.0, 1.0]], instance("p"), channel("vector")))
    with pytest.raises(ShapeError, match="given for 'z', but the grid"):
        grid_sample(grid, vec(x=0, z=1))


def test_boundaries_that_grow_outwards_cannot_be_sampled():
    with pytest.raises(NotSupported, match="'symmetric-gradient' cannot be sampled outside"):
        grid_sample(wrap([1.0, 2.0], spatial("x")), vec(x=0.5), SYMMETRIC_GRADIENT)


@pytest.mark.needs("value_and_gradient")
@pytest.mark.parametrize(
    "boundary", [PERIODIC, ZERO_GRADIENT, Constant(2.0), FaceValue(1.0)], ids=str
)
def test_samples_are_differentiable_by_values_and_coordinates(backend, boundary):
    rng = np.random.default_rng(6)
    values, places = rng.random(5), rng.uniform(-1.3, 6, 7)
    weights = rng.random(7)

    def loss(grid, at):
        with precision(64):
            coordinates = {"x": wrap(at, instance("p"))}
            sample = sample_components(wrap(grid, spatial("x")), coordinates, boundary)
            return dot(sample, "p", wrap(weights, instance("p")), "p")

    arguments = [backend.from_numpy(values), backend.from_numpy(places)]
    _, _, gradients = backend.value_and_gradient(lambda g, c: (loss(g, c).native(), ()), arguments)
    for position, gradient in enumerate(gradients):
        expected = []
        for i in range(len((values, places)[position])):
            ends = []
            for step in (1e-6, -1e-6):
                changed = [values.copy(), places.copy()]
                changed[position][i] += step
                ends.append(float(loss(*changed)))
            expected.append((ends[0] - ends[1]) / 2e-6)
        assert_close(backend.to_numpy(gradient), np.array(expected), rtol=1e-5, atol=1e-7)


# --- resolution ---


def test_upsampling_interpolates_between_cell_centers(backend):
    grid = tensor(np.arange(4, dtype=np.float32), spatial("x"))
    expected = np.array([0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3], np.float32)
    assert_close(upsample2x(grid).numpy(), expected)


def test_downsampling_takes_the_mean_of_two(backend):
    grid = tensor(np.arange(4, dtype=np.float32), spatial("x"))
    assert_close(downsample2x(grid).numpy(), np.array([0.5, 2.5], np.float32))
    odd = tensor(np.arange(3, dtype=np.float32), spatial("x"))
    assert_close(downsample2x(odd).numpy(), np.array([0.5, 2], np.float32))


def test_resampling_keeps_linear_functions_and_the_mean_of_periodic_ones(backend):
    array = np.random.default_rng(5).random((4, 6)).astype(np.float32)
    grid = tensor(array, spatial("x,y"))
    fine = upsample2x(grid, PERIODIC)
    assert fine.shape.get_size("x") == 8
    assert_close(fine.numpy("x,y").mean(), array.mean(), rtol=1e-5)
    x = np.arange(5, dtype=np.float32)
    line = upsample2x(tensor(x, spatial("x")), SYMMETRIC_GRADIENT).numpy()[2:-2]
    assert_close(line, np.arange(0.75, 3.5, 0.5, dtype=np.float32), rtol=1e-5)


def test_a_subgrid_starts_between_points(backend):
    array = np.arange(12, dtype=np.float32).reshape(3, 4)
    part = sample_subgrid(tensor(array, spatial("x,y")), vec(x=1, y=0.5), spatial(x=2, y=3))
    assert_close(part.numpy("x,y"), array[1:, :3] + 0.5)
    with pytest.raises(
        ValueRangeError, match=r"3 values from 1\.5 along 'y' don't lie between 0 and 3"
    ):
        sample_subgrid(tensor(array, spatial("x,y")), {"y": 1.5}, spatial(y=3))

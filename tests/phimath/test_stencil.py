from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import correlate

from phimath import channel, dual, mean, precision, spatial, sum, tensor, vec, wrap
from phimath.boundary import (
    ANTISYMMETRIC,
    PERIODIC,
    REFLECT,
    SYMMETRIC,
    ZERO_GRADIENT,
    FaceValue,
    combine_by_direction,
    combine_sides,
)
from phimath.errors import BoundaryError, DimensionError, NotSupported, ShapeError, ValueRangeError
from phimath.stencil import (
    at_max_neighbor,
    at_min_neighbor,
    convolve,
    finite_fill,
    index_shift,
    laplace,
    masked_fill,
    neighbor_reduce,
    shift,
    spatial_gradient,
    stencil_coefficients,
)
from phimath.testing.assertions import assert_close


def line(values, dtype=np.float32):
    return tensor(np.array(values, dtype), spatial("x"))


def array(values, dtype=np.float32):
    return np.array(values, dtype)


# --- differences ---


@pytest.mark.parametrize(
    ("padding", "expected"),
    [
        ("boundary", [1, 2, 2, -5]),
        ("periodic", [10, 2, 2, -14]),
        (0, [1, 2, 2, -14]),
        (None, [2, 2]),
    ],
)
def test_laplace_of_squares(backend, padding, expected):
    assert_close(laplace(line([0, 1, 4, 9]), padding=padding).numpy(), array(expected))


@pytest.mark.parametrize(
    ("padding", "expected"),
    [("boundary", [0.5, 2, 4, 2.5]), ("periodic", [-4, 2, 4, -2]), (None, [2, 4])],
)
def test_central_difference_of_squares(backend, padding, expected):
    result = spatial_gradient(line([0, 1, 4, 9]), padding=padding, stack_dim=None)
    assert_close(result.numpy(), array(expected))


@pytest.mark.parametrize(
    ("difference", "expected"), [("forward", [1, 3, 5, 0]), ("backward", [0, 1, 3, 5])]
)
def test_one_sided_differences(backend, difference, expected):
    result = spatial_gradient(line([0, 1, 4, 9]), difference=difference, stack_dim=None)
    assert_close(result.numpy(), array(expected))


def test_integers_have_floating_derivatives():
    assert laplace(wrap([0, 1, 4], spatial("x"))).dtype.name == "float32"


def test_weights_are_those_of_the_textbook():
    assert_close(
        stencil_coefficients((-2, -1, 0, 1, 2), 1),
        (1 / 12, -2 / 3, 0.0, 2 / 3, -1 / 12),
        rtol=1e-15,
    )
    assert_close(stencil_coefficients((-1, 0, 1), 2), (1.0, -2.0, 1.0))
    assert_close(stencil_coefficients((0, 1, 2), 1), (-1.5, 2.0, -0.5))


def slopes(errors):
    return np.log2(np.array(errors[:-1]) / np.array(errors[1:]))


def wave(size):
    """Values, slope and curvature of a periodic function at cell centers, and their distance."""
    dx = 2 * np.pi / size
    x = (np.arange(size) + 0.5) * dx
    return tensor(np.sin(x), spatial("x")), np.cos(x), -np.sin(x), dx


@pytest.mark.parametrize(
    ("options", "order"),
    [
        ({"order": 2}, 2),
        ({"order": 4}, 4),
        ({"order": 6}, 6),
        ({"compact": True}, 6),
        ({"difference": "forward"}, 1),
        ({"difference": "backward", "order": 2}, 2),
        ({"difference": "forward", "order": 4}, 4),
    ],
    ids=str,
)
def test_gradients_converge_with_their_order(options, order):
    errors = []
    with precision(64):
        for size in (16, 32, 64):
            values, slope, _, dx = wave(size)
            result = spatial_gradient(values, dx, padding=PERIODIC, stack_dim=None, **options)
            errors.append(np.abs(result.numpy() - slope).max())
    assert_close(slopes(errors), np.full(2, order, float), rtol=0, atol=0.2)


@pytest.mark.parametrize(
    "options", [{"order": 2}, {"order": 4}, {"order": 6}, {"compact": True}], ids=str
)
@pytest.mark.parametrize("boundary", [PERIODIC, ANTISYMMETRIC, FaceValue(0)], ids=str)
def test_laplace_converges_with_its_order_up_to_the_walls(options, boundary):
    errors = []
    with precision(64):
        for size in (16, 32, 64):
            values, _, curvature, dx = wave(size)
            result = laplace(values, dx, padding=boundary, **options)
            errors.append(np.abs(result.numpy() - curvature).max())
    assert_close(slopes(errors), np.full(2, options.get("order", 6), float), rtol=0, atol=0.2)


@pytest.mark.parametrize(("boundary", "places"), [(SYMMETRIC, 0.5), (REFLECT, 0.0)], ids=str)
def test_compact_gradients_converge_up_to_mirrors(boundary, places):
    errors = []
    with precision(64):
        for size in (16, 32, 64):
            dx = np.pi / (size - 1 + 2 * places)
            x = (np.arange(size) + places) * dx
            values = tensor(np.cos(x), spatial("x"))
            result = spatial_gradient(values, dx, padding=boundary, stack_dim=None, compact=True)
            errors.append(np.abs(result.numpy() + np.sin(x)).max())
    assert_close(slopes(errors), np.full(2, 6.0), rtol=0, atol=0.3)


def test_compact_differences_act_along_one_of_several_dimensions(backend):
    rng = np.random.default_rng(0)
    values = rng.random((3, 8)).astype(np.float32)
    result = laplace(
        tensor(values, spatial("y,x")), padding=PERIODIC, dims="x", compact=True
    ).numpy("y,x")
    for row, expected in zip(values, result, strict=True):
        assert_close(
            laplace(line(row), padding=PERIODIC, compact=True).numpy(),
            expected,
            rtol=1e-4,
            atol=1e-4,
        )


def test_compact_differences_need_a_smooth_boundary():
    with pytest.raises(NotSupported, match="not 'zero-gradient'"):
        spatial_gradient(line(range(8)), compact=True)
    with pytest.raises(BoundaryError, match="at least 5 points"):
        laplace(line(range(3)), padding=PERIODIC, compact=True)


def test_gradients_list_their_directions(backend):
    values = np.random.default_rng(1).random((4, 5)).astype(np.float32)
    result = spatial_gradient(
        tensor(values, spatial("x,y")), vec(x=0.5, y=2.0), padding=PERIODIC, stack_dim="vector"
    )
    assert result.shape.get_labels("vector") == ("x", "y")
    for axis, dx in enumerate((0.5, 2.0)):
        expected = (np.roll(values, -1, axis) - np.roll(values, 1, axis)) / (2 * dx)
        assert_close(result.numpy("vector,x,y")[axis], expected, rtol=1e-4, atol=1e-6)


def test_without_padding_all_directions_have_the_same_points():
    result = spatial_gradient(tensor(np.ones((4, 5), np.float32), spatial("x,y")), padding=None)
    assert (result.shape.get_size("x"), result.shape.get_size("y")) == (2, 3)


def test_laplace_sums_weighted_directions(backend):
    values = np.random.default_rng(2).random((4, 5)).astype(np.float32)
    grid = tensor(values, spatial("x,y"))
    total = laplace(grid, 0.5, PERIODIC, weights=vec(x=1.0, y=3.0))
    along = [laplace(grid, 0.5, PERIODIC, dims=name) for name in "xy"]
    assert_close(total.numpy("x,y"), (along[0] + 3 * along[1]).numpy("x,y"), rtol=1e-4, atol=1e-4)


def test_vectors_are_differentiated_with_a_boundary_per_direction(backend):
    velocity = tensor(np.ones((3, 2), np.float32), spatial("x"), channel(vector="x,y"))
    result = laplace(velocity, padding=combine_by_direction(0, ZERO_GRADIENT)).numpy("x,vector")
    assert_close(result, array([[-1, 0], [0, 0], [-1, 0]]))


def test_orders_and_directions_that_do_not_exist_are_errors():
    with pytest.raises(ValueRangeError, match="order 2, 4 or 6, not 3"):
        spatial_gradient(line([0, 1]), order=3)
    with pytest.raises(ValueRangeError, match="order 2, 4 or 6, not 5"):
        laplace(line([0, 1]), order=5)
    with pytest.raises(ValueRangeError, match="no difference 'centered'"):
        spatial_gradient(line([0, 1]), difference="centered")
    with pytest.raises(DimensionError, match="no dimension 'z'"):
        laplace(line([0, 1]), dims="z")
    with pytest.raises(ShapeError, match="2 directions"):
        spatial_gradient(tensor(np.ones((2, 2)), spatial("x,y")), stack_dim=None)
    with pytest.raises(ShapeError, match="no label 'x'"):
        laplace(line([0, 1]), vec(y=1, z=1))


# --- shifts and neighbours ---


def test_shifts_read_values_further_along(backend):
    before, same, after = shift(line(range(4)), (-1, 0, 1), padding=7, stack_dim=None)
    assert_close(before.numpy(), array([7, 0, 1, 2]))
    assert_close(same.numpy(), array([0, 1, 2, 3]))
    assert_close(after.numpy(), array([1, 2, 3, 7]))
    cut = shift(line(range(4)), (0, 2), padding=None, stack_dim=None)
    assert_close([part.numpy() for part in cut], [array([0, 1]), array([2, 3])])


def test_shifts_along_several_directions_are_listed():
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    (shifted,) = shift(tensor(values, spatial("x,y")), (1,), padding=PERIODIC)
    assert_close(shifted.shift["y"].numpy("x,y"), np.roll(values, -1, 1))


def test_index_shifts_take_vectors(backend):
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    diagonal, same = index_shift(tensor(values, spatial("x,y")), [vec(x=1, y=-1), 0], PERIODIC)
    assert_close(diagonal.numpy("x,y"), np.roll(values, (-1, 1), (0, 1)))
    assert_close(same.numpy("x,y"), values)
    with pytest.raises(ShapeError, match="doesn't say along which dimension"):
        index_shift(line([0, 1]), [1])


def test_neighbours_are_reduced_along_all_directions(backend):
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    means = neighbor_reduce(mean, tensor(values, spatial("x,y"))).numpy("x,y")
    assert_close(means, array([[2, 3]]))
    sums = neighbor_reduce(sum, line([1, 2, 4]), padding=PERIODIC)
    assert_close(sums.numpy(), array([3, 6, 5]))


def test_values_are_chosen_by_the_keys_of_neighbours(backend):
    keys = line([3, 1, 5, 2])
    assert_close(at_max_neighbor(line(range(4)), keys).numpy(), array([0, 2, 2]))
    assert_close(at_min_neighbor(line(range(4)), keys).numpy(), array([1, 1, 3]))
    values = np.array([[0, 9], [5, 7]], np.float32)
    grid = tensor(values, spatial("x,y"))
    near = at_max_neighbor(grid, grid, padding=ZERO_GRADIENT, offsets=(-1, 0, 1), diagonal=False)
    assert_close(near.numpy("x,y"), array([[9, 9], [7, 9]]))
    far = at_max_neighbor(grid, grid, padding=ZERO_GRADIENT, offsets=(-1, 0, 1))
    assert_close(far.numpy("x,y"), array([[9, 9], [9, 9]]))


# --- filling ---


def test_holes_are_filled_by_the_mean_of_finite_neighbours(backend):
    nan = np.nan
    assert_close(finite_fill(line([2, nan, 4])).numpy(), array([2, 3, 4]))
    assert_close(finite_fill(line([0, nan, nan, nan, 3])).numpy(), array([0, 0, nan, 3, 3]))
    assert_close(
        finite_fill(line([0, nan, nan, nan, 3]), distance=2).numpy(), array([0, 0, 1.5, 3, 3])
    )
    corner = np.array([[1, nan], [nan, nan]], np.float32)
    grid = tensor(corner, spatial("x,y"))
    assert_close(finite_fill(grid, padding=0).numpy("x,y")[1, 1] < 1, True)
    assert_close(finite_fill(grid).numpy("x,y"), np.ones((2, 2), np.float32))
    assert np.isnan(finite_fill(grid, diagonal=False).numpy("x,y")[1, 1])


def test_values_spread_from_where_they_are_valid(backend):
    values, valid = masked_fill(line([2, 7, 7, 7, 6]), line([1, 0, 0, 0, 1]), distance=1)
    assert_close(values.numpy(), array([2, 2, 0, 6, 6]))
    assert_close(valid.numpy(), array([1, 1, 0, 1, 1]))
    values, valid = masked_fill(line([2, 7, 7, 7, 6]), line([1, 0, 0, 0, 1]) > 0, distance=2)
    assert_close(values.numpy(), array([2, 2, 4, 6, 6]))
    assert valid.numpy().all()


# --- convolution ---


@pytest.mark.parametrize(
    ("kernel", "options", "expected"),
    [
        ([1, 0, -1], {}, [-1, -2, -2, 2]),
        ([1, 0, -1], {"extrapolation": "periodic"}, [2, -2, -2, 2]),
        ([1, 2], {}, [0, 2, 5, 8]),
        ([1, 2], {"size": "full"}, [0, 2, 5, 8, 3]),
        ([1, 2], {"size": "valid"}, [2, 5, 8]),
        ([1, 2], {"extrapolation": None}, [2, 5, 8]),
        ([1, 2], {"strides": 2}, [0, 5]),
    ],
)
def test_convolution_along_a_line(backend, kernel, options, expected):
    assert_close(convolve(line(range(4)), line(kernel), **options).numpy(), array(expected))


@pytest.mark.parametrize(
    ("boundary", "mode"), [(0, "constant"), (PERIODIC, "wrap"), (SYMMETRIC, "reflect")], ids=str
)
def test_convolution_in_2d_agrees_with_scipy(backend, boundary, mode):
    rng = np.random.default_rng(3)
    values, kernel = rng.random((5, 6)).astype(np.float32), rng.random((3, 2)).astype(np.float32)
    result = convolve(
        tensor(values, spatial("x,y")), tensor(kernel, spatial("x,y")), extrapolation=boundary
    )
    assert_close(result.numpy("x,y"), correlate(values, kernel, mode=mode), rtol=1e-5)


def test_dual_dimensions_of_the_kernel_are_input_channels(backend):
    rng = np.random.default_rng(4)
    values, kernel = rng.random((6, 2)).astype(np.float32), rng.random((3, 2, 4)).astype(np.float32)
    result = convolve(
        tensor(values, spatial("x"), channel("features")),
        tensor(kernel, spatial("x"), dual("features"), channel("out")),
        "valid",
    )
    expected = np.stack([np.einsum("kf,kfo->o", values[i : i + 3], kernel) for i in range(4)])
    assert_close(result.numpy("x,out"), expected, rtol=1e-5)


def test_kernels_that_do_not_fit_are_errors():
    with pytest.raises(ShapeError, match="shares no dimension"):
        convolve(line(range(4)), wrap([1.0, 2.0], spatial("y")))
    with pytest.raises(ShapeError, match="'~features' need a dimension 'features'"):
        convolve(line(range(4)), wrap(np.ones((2, 2)), spatial("x"), dual("features")))
    with pytest.raises(ValueRangeError, match="no size 'sam'"):
        convolve(line(range(4)), line([1, 2]), "sam")


def test_sides_of_different_kind_are_used_by_stencils(backend):
    result = laplace(line([1, 1, 1]), padding=combine_sides({"x-": 0, "x+": ZERO_GRADIENT}))
    assert_close(result.numpy(), array([-1, 0, 0]))

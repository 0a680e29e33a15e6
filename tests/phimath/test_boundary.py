from __future__ import annotations

import numpy as np
import pytest

from phimath import batch, boundary, channel, spatial, stack, tensor, vec, wrap
from phimath.boundary import (
    ANTIREFLECT,
    ANTISYMMETRIC,
    NONE,
    ONE,
    PERIODIC,
    REFLECT,
    SYMMETRIC,
    SYMMETRIC_GRADIENT,
    ZERO,
    ZERO_GRADIENT,
    Constant,
    FaceValue,
    as_boundary,
    combine_by_direction,
    combine_sides,
    pad,
    validate_boundary,
)
from phimath.errors import BoundaryError, DimensionError, ShapeError
from phimath.table import OPERATIONS
from phimath.tensor import apply
from phimath.testing.assertions import assert_close


def ramp(size=4):
    return grid_of(np.arange(size, dtype=np.float32))


def grid_of(array, *dims):
    return tensor(array, *(dims or (spatial("x"),)))


ROW_20 = [
    (ZERO, [0, 0, 0, 1, 2, 3, 0]),
    (ZERO_GRADIENT, [0, 0, 0, 1, 2, 3, 3]),
    (PERIODIC, [2, 3, 0, 1, 2, 3, 0]),
    (SYMMETRIC, [1, 0, 0, 1, 2, 3, 3]),
    (REFLECT, [2, 1, 0, 1, 2, 3, 2]),
    (ANTISYMMETRIC, [-1, 0, 0, 1, 2, 3, -3]),
    (ANTIREFLECT, [-2, -1, 0, 1, 2, 3, -2]),
    (SYMMETRIC_GRADIENT, [-2, -1, 0, 1, 2, 3, 4]),
    (FaceValue(1), [1, 2, 0, 1, 2, 3, -1]),
    (NONE, [0, 1, 2, 3]),
]


@pytest.mark.parametrize(("mode", "expected"), ROW_20, ids=lambda value: str(value))
def test_each_kind_writes_its_ghost_values(backend, mode, expected):
    assert_close(pad(ramp(), {"x": (2, 1)}, mode).numpy(), np.array(expected, np.float32))


def test_negative_widths_remove_outer_values(backend):
    assert_close(pad(ramp(), {"x": (-1, 2)}, 0).numpy(), np.array([1, 2, 3, 0, 0], np.float32))


def test_removing_more_than_there_is_is_an_error():
    with pytest.raises(ShapeError, match=r"Cannot remove 3 and 2 values from 'x' of size 4"):
        pad(ramp(), {"x": (-3, -2)}, 0)


@pytest.mark.parametrize(
    ("mode", "numpy_mode", "options"),
    [
        (PERIODIC, "wrap", {}),
        (ZERO_GRADIENT, "edge", {}),
        (SYMMETRIC, "symmetric", {}),
        (REFLECT, "reflect", {}),
        (SYMMETRIC_GRADIENT, "reflect", {"reflect_type": "odd"}),
        (Constant(2.5), "constant", {"constant_values": 2.5}),
    ],
    ids=str,
)
@pytest.mark.parametrize("widths", [((1, 1), (2, 0)), ((7, 9), (0, 5))], ids=["narrow", "wide"])
def test_padding_in_2d_agrees_with_numpy(backend, mode, numpy_mode, options, widths):
    array = np.random.default_rng(0).random((4, 3)).astype(np.float32)
    padded = pad(grid_of(array, spatial("x,y")), {"x": widths[0], "y": widths[1]}, mode)
    assert_close(padded.numpy("x,y"), np.pad(array, widths, numpy_mode, **options))


def test_sides_differ_and_later_axes_win_in_corners(backend):
    sides = combine_sides({"x-": 1, "x+": ZERO_GRADIENT, "y": 5})
    padded = pad(grid_of(np.zeros((2, 2), np.float32), spatial("x,y")), {"y": 1, "x": 1}, sides)
    expected = [[5, 1, 1, 5], [5, 0, 0, 5], [5, 0, 0, 5], [5, 0, 0, 5]]
    assert_close(padded.numpy("x,y"), np.array(expected, np.float32))


def test_normal_and_tangential_components_are_padded_differently(backend):
    velocity = grid_of(np.ones((2, 2, 2), np.float32), spatial("x,y"), channel(vector="x,y"))
    padded = pad(velocity, {"x": 1}, combine_by_direction(normal=0, tangential=ZERO_GRADIENT))
    assert_close(padded.vector["x"].numpy("x,y")[:, 0], np.array([0, 1, 1, 0], np.float32))
    assert_close(padded.vector["y"].numpy("x,y")[:, 0], np.array([1, 1, 1, 1], np.float32))


def test_direction_needs_a_labelled_vector():
    with pytest.raises(BoundaryError, match="no channel dimension labelled by x"):
        pad(ramp(), {"x": 1}, combine_by_direction(0, 1))


def test_a_vector_is_a_constant_per_component(backend):
    velocity = grid_of(np.zeros((2, 2), np.float32), spatial("x"), channel(vector="x,y"))
    padded = pad(velocity, {"x": (1, 0)}, vec(x=1.0, y=2.0))
    assert_close(padded.numpy("x,vector"), np.array([[1, 2], [0, 0], [0, 0]], np.float32))


def test_a_batch_of_constants_gives_a_batch_of_grids(backend):
    speeds = grid_of(np.array([1, 2], np.float32), batch("run"))
    padded = pad(ramp(2), {"x": (1, 0)}, {"x-": speeds, "x+": 0})
    assert_close(padded.numpy("run,x"), np.array([[1, 0, 1], [2, 0, 1]], np.float32))


def test_a_profile_is_continued_beyond_the_corners(backend):
    profile = grid_of(np.array([1, 2], np.float32), spatial("y"))
    grid = grid_of(np.zeros((1, 2), np.float32), spatial("x,y"))
    sides = combine_sides({"x-": profile, "x+": 0, "y": ZERO_GRADIENT})
    expected = np.array([[1, 1, 2, 2], [0, 0, 0, 0]], np.float32)
    assert_close(pad(grid, {"x": (1, 0), "y": 1}, sides).numpy("x,y"), expected)
    grid_first_y = grid_of(np.zeros((2, 1), np.float32), spatial("y,x"))
    assert_close(pad(grid_first_y, {"x": (1, 0), "y": 1}, sides).numpy("x,y"), expected)


def test_a_tensor_on_faces_is_the_mean_of_ghost_and_interior(backend):
    wall = grid_of(np.array([1, 5], np.float32), spatial("y"))
    grid = grid_of(np.random.default_rng(0).random((3, 2)).astype(np.float32), spatial("x,y"))
    padded = pad(grid, {"x": (1, 0)}, FaceValue(wall)).numpy("x,y")
    assert_close((padded[0] + padded[1]) / 2, np.array([1, 5], np.float32), rtol=1e-6)


def test_expanded_values_stay_lazy_where_ghosts_equal_them():
    lazy = wrap(3.0).expanded(spatial(x=4))
    assert pad(lazy, {"x": 1}, PERIODIC).signature.stored.rank == 0
    assert_close(pad(lazy, {"x": 1}, 0).numpy(), np.array([0, 3, 3, 3, 3, 0], np.float32))


def test_components_kept_apart_stay_apart():
    velocity = stack(
        {"x": wrap([1.0, 2.0], spatial("x")), "y": wrap([3.0, 4.0, 5.0], spatial("x"))},
        channel("vector"),
    )
    padded = pad(velocity, {"x": 1}, vec(x=7, y=8))
    assert_close(padded.vector["x"].numpy(), np.array([7, 1, 2, 7], np.float32))
    assert_close(padded.vector["y"].numpy(), np.array([8, 3, 4, 5, 8], np.float32))


def test_padding_keeps_the_element_type_unless_the_constant_is_wider():
    integers = wrap([1, 2], spatial("x"))
    assert pad(integers, {"x": 1}, 0).dtype.name == "int64"
    assert pad(integers, {"x": 1}, 0.5).dtype.name == "float32"
    assert pad(wrap(np.ones(2), spatial("x")), {"x": 1}, 1).dtype.name == "float64"


def test_too_few_interior_values_are_an_error():
    with pytest.raises(BoundaryError, match="'reflect' cannot extend 'x' of size 1"):
        pad(ramp(1), {"x": 1}, REFLECT)


def test_padding_an_unknown_dimension_is_an_error():
    with pytest.raises(DimensionError, match="no dimension 'z'"):
        pad(ramp(), {"z": 1}, 0)


# --- making boundaries ---


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("periodic", PERIODIC),
        ("zero-gradient", ZERO_GRADIENT),
        ("boundary", ZERO_GRADIENT),
        ("Symmetric", SYMMETRIC),
        (0, ZERO),
        (1.0, ONE),
        (None, NONE),
        ({"x": 0, "y": 0}, ZERO),
        (PERIODIC, PERIODIC),
    ],
)
def test_boundaries_are_made_of_what_users_write(spec, expected):
    assert as_boundary(spec) == expected


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("perodic", "There is no boundary 'perodic'"),
        ({"x-": 0}, r"names 'x-' but not 'x\+'. Add 'x\+'"),
        ({"x-": PERIODIC, "x+": 0}, "Only one side of 'x' is periodic"),
        ({"x": 0, "x-": 1}, "'x-' is given twice"),
        ((1, 2), "Cannot make a boundary of"),
        ({}, "at least one axis"),
    ],
)
def test_what_is_no_boundary_is_an_error_that_says_what_to_write(spec, message):
    with pytest.raises(BoundaryError, match=message):
        as_boundary(spec)


def test_pairs_stand_for_both_sides_of_an_axis():
    assert combine_sides(x=(1, ZERO_GRADIENT)) == combine_sides({"x-": 1, "x+": ZERO_GRADIENT})


def test_a_boundary_must_name_the_axes_of_the_grid():
    sides = combine_sides(x=0, y=PERIODIC)
    validate_boundary(sides, ("x", "y"))
    with pytest.raises(BoundaryError, match="names the axis 'y', which the grid doesn't have"):
        validate_boundary(sides, ("x",))
    with pytest.raises(BoundaryError, match=r"says nothing about 'z-', 'z\+'"):
        validate_boundary(sides, ("x", "y", "z"))
    with pytest.raises(BoundaryError, match="says nothing about axis 'z'"):
        sides.at("z", upper=False)


# --- arithmetic: the boundary of a result pads it as the operation on padded operands would ---

CASES = [
    (lambda a: a * 2, PERIODIC),
    (lambda a: a + 1, PERIODIC),
    (lambda a: a + 1, Constant(3)),
    (lambda a: 2 - a, ONE),
    (lambda a: a**2, SYMMETRIC),
    (lambda a: -a, ANTISYMMETRIC),
    (lambda a: abs(a), ANTISYMMETRIC),
    (lambda a: a * a, ANTISYMMETRIC),
    (lambda a: a / 2, ANTIREFLECT),
    (lambda a: a + 5, SYMMETRIC_GRADIENT),
    (lambda a: 3 * a, SYMMETRIC_GRADIENT),
    (lambda a: a - a, ANTIREFLECT),
    (lambda a: 1 / (a + 1), REFLECT),
    (lambda a: a * 3 + 1, combine_sides({"x-": 2, "x+": ZERO_GRADIENT})),
]


@pytest.mark.parametrize(("operation", "kind"), CASES)
def test_the_boundary_of_a_result_follows_from_those_of_the_operands(operation, kind):
    grid = wrap(np.array([1, 4, 2, 7], np.float32), spatial("x"))
    expected = operation(pad(grid, {"x": 2}, kind))
    assert_close(pad(operation(grid), {"x": 2}, operation(kind)).numpy(), expected.numpy())


def test_numbers_stay_numbers():
    assert Constant(2) == ONE + 1
    assert isinstance((ONE + 1).value, int)
    assert Constant(0.1) * 3 == Constant(0.1 * 3)
    assert PERIODIC * 2 is PERIODIC


def test_unequal_kinds_are_an_error():
    with pytest.raises(BoundaryError, match="does not follow from these boundaries"):
        PERIODIC + ONE
    with pytest.raises(BoundaryError, match="does not follow"):
        ANTISYMMETRIC + 1
    assert PERIODIC * ZERO == ZERO


def test_functions_of_odd_boundaries_are_odd_or_even():
    assert apply(OPERATIONS["sin"], ANTISYMMETRIC) == ANTISYMMETRIC
    assert apply(OPERATIONS["cos"], ANTISYMMETRIC) == SYMMETRIC
    with pytest.raises(BoundaryError):
        apply(OPERATIONS["exp"], ANTISYMMETRIC)


def test_sides_with_different_axes_do_not_combine():
    with pytest.raises(BoundaryError, match="they name different axes"):
        combine_sides({"x-": 0, "x+": 1}) + combine_sides({"y-": 0, "y+": 1})


def test_directions_combine_separately():
    doubled = combine_by_direction(1, PERIODIC) * 2
    assert doubled == combine_by_direction(2, PERIODIC)


def test_derivatives_of_boundaries():
    assert Constant(3).derivative() == ZERO
    assert ZERO_GRADIENT.derivative() == ZERO
    assert PERIODIC.derivative() is PERIODIC
    assert SYMMETRIC.derivative() is ANTISYMMETRIC
    assert combine_sides(x=1, y=SYMMETRIC).derivative() == combine_sides(x=0, y=ANTISYMMETRIC)


def test_boundaries_are_values():
    assert combine_sides(x=1, y=PERIODIC) == combine_sides(x=1, y=PERIODIC)
    assert hash(combine_sides(x=1, y=PERIODIC)) == hash(combine_sides(x=1, y=PERIODIC))
    assert boundary.BOUNDARY is ZERO_GRADIENT


def test_prescribed_components_are_found_by_their_labels():
    swapped = Constant(vec(y=2.0, x=1.0))
    found = swapped.component("vector", 0, "x", ("x", "y"))
    assert isinstance(found, Constant)
    assert float(found.value) == 1.0


@pytest.mark.parametrize("value", [vec(x=1, z=2), vec(a=1, b=2)])
def test_a_component_that_is_not_prescribed_is_an_error(value):
    with pytest.raises(BoundaryError, match="but not 'y' of the grid"):
        Constant(value).component("vector", 1, "y", ("x", "y"))


@pytest.mark.parametrize("numbers", [(1, 1.0), (1.0, 1), (True, 1), (1, True)])
def test_the_type_of_padded_values_does_not_depend_on_earlier_calls(numbers):
    grid = wrap(np.arange(5) > 2, spatial("x"))
    kinds = {bool: "bool", int: "int", float: "float"}
    assert [pad(grid, 1, n).dtype.kind for n in numbers] == [kinds[type(n)] for n in numbers]


def test_comparisons_of_constants_are_boolean_outside_too():
    outside = apply(OPERATIONS["greater"], ZERO, 3)
    assert isinstance(outside, Constant)
    assert outside.value is False
    assert apply(OPERATIONS["where"], outside, ONE, Constant(2)) == Constant(2)

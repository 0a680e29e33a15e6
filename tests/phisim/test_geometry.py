from __future__ import annotations

import itertools
from math import inf, pi, sqrt

import numpy as np
import pytest

import phimath
from phimath import batch, channel, instance, spatial, tensor, using, vec, wrap
from phimath.errors import ShapeError
from phimath.testing.assertions import assert_close
from phisim.field import CenteredGrid, resample
from phisim.geometry import Box, Sphere, UniformGrid, shortest_distance


@pytest.fixture(autouse=True)
def _in_64_bit():
    with phimath.precision(64):
        yield


def at(*points, axes="x,y"):
    """Locations along the dimension `point`."""
    return tensor(np.array(points, float), instance("point"), channel(vector=axes))


# --- distances ---


def test_the_distance_to_a_box_is_euclidean_at_corners_and_sides(backend):
    box = Box(x=(0, 4), y=(0, 2))
    points = at((6, 4), (-2, -2), (2, 5), (-3, 1), (2, 1), (1, 1.5), (4, 2), (5, 0))
    expected = [sqrt(8), sqrt(8), 3, 3, -1, -0.5, 0, 1]
    assert_close(box.signed_distance(points).numpy(), np.array(expected), atol=1e-12)


@pytest.mark.parametrize("axes", ["x", "x,y", "x,y,z"])
def test_the_distance_to_a_sphere_is_that_of_its_center_less_the_radius(backend, axes):
    names = axes.split(",")
    center = np.arange(1.0, 1 + len(names))
    sphere = Sphere(**dict(zip(names, center, strict=True)), radius=1.5)
    points = np.random.default_rng(0).uniform(-4, 4, (10, len(names)))
    expected = np.linalg.norm(points - center, axis=1) - 1.5
    assert_close(sphere.signed_distance(at(*points, axes=axes)).numpy(), expected, atol=1e-12)


def test_an_interval_is_a_box_in_one_dimension():
    box = Box(x=(1, 3))
    distances = box.signed_distance(at((0,), (1.25,), (2.9,), (7,), axes="x"))
    assert_close(distances.numpy(), np.array([1, -0.25, -0.1, 4]), atol=1e-12)


def test_a_box_without_an_upper_bound_has_only_its_other_sides():
    box = Box(x=(1, None), y=(None, 2))
    distances = box.signed_distance(at((100, -100), (0, 0), (5, 4), (-2, 6)))
    assert_close(distances.numpy(), np.array([-99, 1, 2, 5]), atol=1e-12)
    assert box.lies_inside(at((1e9, -1e9), (0, 0))).numpy().tolist() == [True, False]


def test_the_surface_belongs_to_the_inside():
    assert bool(Box(x=2, y=2).lies_inside(vec(x=2.0, y=1.0)))
    assert bool(Sphere(x=0, y=0, radius=5).lies_inside(vec(x=3.0, y=4.0)))


# --- sizes ---


@pytest.mark.parametrize(
    ("geometry", "volume"),
    [
        (Box(x=(1, 4)), 3),
        (Box(x=3, y=2), 6),
        (Box(x=3, y=2, z=0.5), 3),
        (Sphere(x=0, radius=2), 4),
        (Sphere(x=0, y=0, radius=2), 4 * pi),
        (Sphere(x=0, y=0, z=0, radius=2), 32 / 3 * pi),
        (Box(x=(0, None), y=1), inf),
    ],
    ids=str,
)
def test_volumes_follow_the_formulas(geometry, volume):
    assert_close(float(geometry.volume), float(volume), rtol=1e-12)


def test_the_bounding_box_of_a_sphere_touches_it():
    box = Sphere(x=1, y=2, radius=3).bounding_box()
    assert_close(box.lower.numpy(), np.array([-2.0, -1.0]))
    assert_close(box.upper.numpy(), np.array([4.0, 5.0]))


def test_moving_keeps_size_and_open_sides():
    moved = Box(x=(1, 3), y=(0, None)).shifted(vec(x=2.0, y=5.0))
    assert_close(moved.lower.numpy(), np.array([3.0, 5.0]))
    assert_close(moved.upper.numpy(), np.array([5.0, inf]))
    assert_close(Box(x=2, y=4).at(vec(x=0.0, y=0.0)).lower.numpy(), np.array([-1.0, -2.0]))
    assert float(Sphere(x=0, y=0, radius=3).at(vec(x=7.0, y=0.0)).radius) == 3


# --- many at once ---


def test_copies_along_instance_dimensions_are_one_union():
    discs = Sphere(vec(x=wrap([0.0, 4.0], instance("discs")), y=0.0), radius=1)
    points = at((0, 0), (4, 0.5), (2, 0), (9, 0))
    assert_close(discs.signed_distance(points).numpy(), np.array([-1, -0.5, 1, 4]), atol=1e-12)
    assert discs.lies_inside(points).numpy().tolist() == [True, True, False, False]
    boxes = Box(
        vec(x=wrap([0.0, 4.0], instance("boxes")), y=0.0),
        vec(x=wrap([1.0, 5.0], instance("boxes")), y=1.0),
    )
    assert boxes.lies_inside(at((0.5, 0.5), (4.5, 0.5), (3, 0.5))).numpy().tolist() == [
        True,
        True,
        False,
    ]
    assert boxes.volume.numpy().tolist() == [1, 1]


def test_batch_dimensions_are_worlds_of_their_own():
    sphere = Sphere(x=0, y=0, radius=wrap([1.0, 2.0], batch("world")))
    inside = sphere.lies_inside(at((1.5, 0), (0, 0)))
    assert inside.numpy("world,point").tolist() == [[False, True], [True, True]]


def test_geometries_can_be_sliced_and_stacked_as_trees():
    worlds = phimath.stack([Sphere(x=0, y=0, radius=1), Sphere(x=4, y=0, radius=2)], batch("world"))
    assert worlds.radius.numpy("world").tolist() == [1, 2]
    assert worlds.axes == ("x", "y")


# --- the covered part of cells ---


def test_soft_masks_add_up_to_the_exact_volume_between_planes():
    template = CenteredGrid(0.0, 0.0, Box(x=4, y=4), x=8, y=8)
    mask = resample(Box(x=(0.6, 2.9), y=(-1, 5)), to=template, soft=True)
    assert_close(float(phimath.sum(mask)) * 0.25, 2.3 * 4, rtol=1e-12)


def test_soft_masks_of_a_disc_have_order_2():
    disc, errors = Sphere(x=2.03, y=1.9, radius=1.3), []
    for n in (20, 40, 80, 160):
        template = CenteredGrid(0.0, 0.0, Box(x=4, y=4), x=n, y=n)
        mask = resample(disc, to=template, soft=True)
        errors.append(abs(float(phimath.sum(mask)) * (4 / n) ** 2 - pi * 1.3**2))
    # The errors of cells have both signs: the sum falls at least as fast as 1 / n².
    assert errors[-1] < errors[0] / 8**2 * 4
    assert errors[-1] < 1e-4


def test_hard_masks_are_zero_or_one():
    template = CenteredGrid(0.0, 0.0, Box(x=4, y=4), x=8, y=8)
    mask = resample(Sphere(x=2, y=2, radius=1), to=template).values.numpy("x,y")
    x, y = np.meshgrid(np.arange(8) / 2 + 0.25, np.arange(8) / 2 + 0.25, indexing="ij")
    assert_close(mask, ((x - 2) ** 2 + (y - 2) ** 2 <= 1).astype(float))


# --- grids ---


def test_cells_and_faces_of_a_grid_lie_where_they_should():
    grid = UniformGrid(spatial(x=4, y=2), Box(x=(1, 3), y=1))
    assert_close(grid.positions("x").numpy(), np.array([1.25, 1.75, 2.25, 2.75]))
    assert_close(grid.positions("x", faces=True).numpy(), np.array([1, 1.5, 2, 2.5, 3]))
    assert_close(grid.positions("x", faces=True, periodic=True).numpy(), np.array([1, 1.5, 2, 2.5]))
    assert_close(float(grid.volume), 0.25)
    assert grid.face_centers("y", periodic=False).shape.spatial.int_sizes == (4, 3)


# --- periodic distances ---


@pytest.mark.parametrize("periodic", [None, ("x",), ()])
def test_the_shortest_distance_is_that_of_the_nearest_image(backend, periodic):
    generator = np.random.default_rng(1)
    start, end = generator.uniform((1, 0), (4, 2), (2, 30, 2))
    size = np.array([3.0, 2.0])
    repeats = "xy" if periodic is None else periodic
    shifts = [(-1, 0, 1) if axis in repeats else (0,) for axis in "xy"]
    images = np.stack([end - start + np.array(k) * size for k in itertools.product(*shifts)])
    nearest = np.argmin(np.sum(images**2, -1), 0)
    expected = images[nearest, np.arange(30)]
    domain = Box(x=(1, 4), y=(0, 2))
    result = shortest_distance(at(*start), at(*end), domain, periodic)
    assert_close(result.numpy("point,vector"), expected, atol=1e-12)


def test_points_many_periods_away_are_close():
    result = shortest_distance(vec(x=0.5), vec(x=1000.75), Box(x=1))
    assert_close(result.numpy(), np.array([0.25]), atol=1e-9)


# --- errors ---


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Box(x=(3, 1)), "upper corner .* below the lower corner .* Swap"),
        (lambda: Box(), "needs bounds"),
        (lambda: Box(vec(x=0.0), vec(y=1.0)), "axes x but the vector has the labels y"),
        (lambda: Box(wrap(0.0), wrap(1.0)), "no axis names"),
        (lambda: Box(x=(float("nan"), 1)), "NaN"),
        (lambda: Sphere(radius=1), "center once"),
        (lambda: Sphere(x=0, radius=-1), "cannot be negative"),
        (lambda: Sphere(wrap([0.0, 1.0], channel("vector")), radius=1), "no axis names"),
        (
            lambda: Box(x=1, y=1).lies_inside(vec(y=0.0, x=0.0)),
            "axes x,y but the vector has the labels y,x",
        ),
        (
            lambda: Sphere(x=0, radius=1).signed_distance(wrap(1.0)),
            "axes x but the vector has the labels none",
        ),
        (lambda: shortest_distance(vec(x=0.0), vec(x=1.0), Box(x=1), ("y",)), "'y' is no axis"),
    ],
)
def test_what_is_no_geometry_is_refused_with_advice(make, words):
    with using("numpy"), pytest.raises(ShapeError, match=words):
        make()

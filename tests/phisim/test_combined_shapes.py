"""Unions, intersections, complements, copies, and shapes without end."""

import math

import numpy as np
import pytest

import phimath as pm
from phimath import (
    batch,
    channel,
    check_gradient,
    instance,
    jit_compile,
    tensor,
    vec,
    wrap,
)
from phimath.errors import NotSupported, ShapeError
from phimath.testing.assertions import assert_close
from phisim.field import Noise, StaggeredGrid
from phisim.geometry import (
    Box,
    Capsule,
    Cuboid,
    Cylinder,
    HalfSpace,
    Point,
    Polygon,
    Sphere,
    Torus,
    embed,
    infinite_cylinder,
    sample_uniform,
    union,
)
from phisim.physics import advect, fluid, integrate
from phisim.physics.obstacle import Obstacle, apertures
from tests.support import points

pytestmark = pytest.mark.usefixtures("double")


def test_combinations_are_those_of_sets(backend):
    with pm.using(backend):
        a, b = Sphere(x=0, y=0, radius=1), Box(x=(0, 2), y=(-0.5, 0.5))
        grid = points(np.random.default_rng(0).uniform(-2, 2, (200, 2)))
        in_a, in_b = a.lies_inside(grid).numpy("point"), b.lies_inside(grid).numpy("point")
        for shape, expected in (
            (a | b, in_a | in_b),
            (a & b, in_a & in_b),
            (a - b, in_a & ~in_b),
            (~a, ~in_a),
            (union(a, b, Sphere(x=9, y=9, radius=1)), in_a | in_b),
        ):
            assert shape.lies_inside(grid).numpy("point").tolist() == expected.tolist()
        assert (~~a) is a


def test_the_distance_of_a_union_is_exact_outside_and_of_an_intersection_inside():
    a, b = Sphere(x=0, y=0, radius=1), Sphere(x=1, y=0, radius=1)
    assert_close((a | b).signed_distance(vec(x=3.0, y=0.0)), wrap(1.0))
    assert_close((a & b).signed_distance(vec(x=0.5, y=0.0)), wrap(-0.5))
    box = (a | b).bounding_box()
    assert_close(box.lower, vec(x=-1.0, y=-1.0))
    assert_close(box.upper, vec(x=2.0, y=1.0))
    box = (a & ~b).bounding_box()
    assert_close(box.upper, vec(x=1.0, y=1.0))
    assert_close((a | b).shifted(vec(x=1, y=1)).center, vec(x=1.5, y=1.0))


def test_combining_needs_the_same_axes():
    with pytest.raises(ShapeError, match="embed"):
        _ = Sphere(x=0, y=0, radius=1) | Sphere(x=0, y=0, z=0, radius=1)
    with pytest.raises(NotSupported, match="covered fractions"):
        _ = (Sphere(x=0, y=0, radius=1) | Sphere(x=1, y=0, radius=1)).volume


def test_embedded_shapes_extend_along_further_axes():
    for tube in (
        embed(Sphere(x=5, y=7, radius=2), "z"),
        infinite_cylinder(x=5, y=7, radius=2, axis="z"),
        infinite_cylinder(x=5, y=7, z=-3, radius=2, axis="z"),
    ):
        assert tube.axes == ("x", "y", "z")
        assert_close(tube.center, vec(x=5.0, y=7.0, z=0.0))
        assert_close(tube.signed_distance(vec(x=9.0, y=7.0, z=100.0)), wrap(2.0))
        assert_close(
            tube.at(vec(x=0, y=0, z=9)).signed_distance(vec(x=3.0, y=0.0, z=0.0)), wrap(1.0)
        )
        assert float(tube.bounding_box().upper.vector["z"]) == math.inf


def test_half_spaces_and_points():
    plane = HalfSpace(vec(x=0, y=1), vec(x=0, y=2))
    assert_close(plane.signed_distance(vec(x=5.0, y=3.0)), wrap(2.0))
    assert_close(plane.signed_distance(vec(x=5.0, y=0.5)), wrap(-0.5))
    assert float(plane.bounding_box().upper.vector["y"]) == 1
    assert float(plane.bounding_box().lower.vector["y"]) == -math.inf
    assert_close(Point(x=1, y=1).signed_distance(vec(x=4.0, y=5.0)), wrap(5.0))
    assert float(Point(x=1, y=1).volume) == 0


def test_copies_are_a_union_and_batches_are_apart():
    centers = points([(0, 0), (3, 0)], dim="copies")
    two = Cylinder(
        pm.stack(
            [centers.vector["x"], centers.vector["y"], centers.vector["x"] * 0],
            channel(vector="x,y,z"),
        ),
        radius=1,
        height=2,
    )
    assert_close(two.signed_distance(vec(x=5.0, y=0.0, z=0.0)), wrap(1.0))
    radii = tensor([1.0, 2.0], batch("worlds"))
    torus = Torus(x=0, y=0, z=0, radius=radii, tube=0.5)
    assert_close(
        torus.signed_distance(vec(x=2.0, y=0.0, z=0.0)), tensor([0.5, -0.5], batch("worlds"))
    )


# --- copies, as obstacles and in transforms ---

HOLES = [(2, 4), (6, 4)]


def open_fractions(shape):
    flow = StaggeredGrid(0, 0, Box(x=8, y=8), x=16, y=12)
    fractions, _ = apertures(flow, (Obstacle(shape),))
    return [fractions.vector[axis].numpy("x,y") for axis in "xy"]


@pytest.mark.parametrize(
    "combine",
    [
        lambda discs, box: box - discs,
        lambda discs, box: discs | box,
        lambda discs, box: (discs & box).rotated(0.3),
    ],
    ids=["difference", "union", "turned intersection"],
)
def test_copies_inside_of_a_combination_are_one_body(combine):
    copies = Sphere(points(HOLES, dim="copies"), radius=1)
    one_by_one = union(*(Sphere(x=x, y=y, radius=1) for x, y in HOLES))
    box = Box(x=(0.3, 7.4), y=(3.3, 4.9))
    for found, expected in zip(
        open_fractions(combine(copies, box)), open_fractions(combine(one_by_one, box)), strict=True
    ):
        assert 0 < expected.mean() < 1
        assert np.abs(found - expected).max() < 1e-12


def test_a_combination_with_copies_turns_about_its_one_center():
    copies = Sphere(points(HOLES, dim="copies"), radius=1)
    for shape in (copies | Box(x=(3, 4), y=(3, 5)), ~copies):
        assert_close(shape.center, vec(x=4.0, y=4.0))
        moved = shape.at(vec(x=5.0, y=4.0))
        where = points(np.random.default_rng(0).uniform(0, 8, (20, 2)))
        assert_close(moved.signed_distance(where + vec(x=1.0, y=0.0)), shape.signed_distance(where))
    flow = StaggeredGrid(0, 0, Box(x=8, y=8), x=16, y=16)
    _, speed = apertures(flow, (Obstacle(copies | Box(x=(3, 4), y=(3, 5)), 0, 2.0),))
    # ω × r of the face at (2, 4.25): r = (−2, 0.25)
    assert float(speed.vector["x"].get({"x": 4, "y": 8})) == pytest.approx(-0.5)


def test_turning_and_scaling_by_several_amounts_makes_several_copies():
    cross = Box(x=(-1, 1), y=(-0.1, 0.1)).rotated(tensor([0.0, math.pi / 2], instance("copies")))
    assert_close(cross.signed_distance(vec(x=0.0, y=0.8)), wrap(-0.1), atol=1e-12)
    assert "copies" in cross.shape
    centers = points([(0, 0, 0), (5, 0, 0)], "x,y,z", "copies")
    rods = Cylinder(centers, radius=1, height=2).rotated(vec(x=0, y=0, z=0.1))
    rods = rods.scaled(tensor([1.0, 2.0], instance("copies")))
    assert_close(rods.signed_distance(vec(x=2.2, y=0.0, z=0.0)), wrap(0.8), atol=1e-12)
    for world, y in enumerate((0.0, 0.8)):
        turned = Box(x=(-1, 1), y=(-0.1, 0.1)).rotated(tensor([0.0, math.pi / 2], batch("worlds")))
        assert bool(turned.lies_inside(vec(x=0.0, y=y)).worlds[world])


def test_points_are_drawn_from_all_copies():
    rods = Cylinder(points([(0, 0, 0), (5, 0, 0)], "x,y,z", "copies"), radius=1, height=2)
    drawn = sample_uniform(rods, instance(points=200))
    assert bool(pm.all(rods.lies_inside(drawn), None))
    in_second = (drawn.numpy("points,vector")[:, 0] > 2.5).mean()
    assert 0.3 < in_second < 0.7
    worlds = Cylinder(x=0, y=0, z=0, radius=tensor([1.0, 2.0], batch("worlds")), height=2)
    with pytest.raises(ShapeError, match="one world at a time"):
        sample_uniform(worlds, instance(points=10))


@pytest.mark.needs("value_and_gradient")
# In 3D, XLA takes a minute to compile it, and computes the same.
@pytest.mark.parametrize("axes", ["xy", pytest.param("xyz", marks=pytest.mark.only_on("torch"))])
def test_flow_in_a_room_around_turned_and_united_bodies_closes_and_differentiates(backend, axes):
    with pm.using(backend):
        room, cells = Box(**dict.fromkeys(axes, 4.0)), {a: 6 + i for i, a in enumerate(axes)}
        pm.seed(0)
        start = StaggeredGrid(Noise(scale=2), 0, room, **cells)
        turn = 1.0 if axes == "xy" else vec(x=0.3, y=0.2, z=1.0)

        def flow(x, angle):
            middle = vec(**{a: 2.0 + 0.13 * i for i, a in enumerate(axes)})
            brick = Cuboid(middle, **{a: 1.0 + 0.3 * i for i, a in enumerate(axes)})
            ball = Sphere(**{a: x if a == "x" else 2.1 for a in axes}, radius=0.8)
            body = Obstacle(union(ball, brick.rotated(turn * angle)), (0.1,) * len(axes))
            moved = integrate.runge_kutta(
                lambda v: advect.finite_volume(v, v), start, 0.05, integrate.HEUN
            )
            result, _ = fluid.make_incompressible(moved, body)
            return result, fluid.flux_divergence(result, body)

        result, rest = flow(tensor(1.93), tensor(0.37))
        assert float(pm.max(abs(rest.values), None)) < 1e-10
        for axis in axes:
            for side in (0, -1):
                assert float(pm.max(abs(result.component(axis).get({axis: side})), None)) == 0
        report = check_gradient(
            jit_compile(lambda at: pm.sum(flow(*at)[0].at_centers().values ** 2, None)),
            (tensor(1.93), tensor(0.37)),
        )
        assert report.passed, report


# --- shapes without end ---


def test_what_is_cut_from_a_finite_shape_leaves_it_finite():
    cut = Box(x=1, y=1) - HalfSpace(vec(x=0.5, y=0), vec(x=1, y=0))
    assert_close(cut.bounding_box().upper, vec(x=1.0, y=1.0))
    drawn = sample_uniform(cut, instance(points=50)).numpy("points,vector")
    assert drawn[:, 0].min() >= 0.5
    assert (~~Sphere(x=0, y=0, radius=1)).bounding_box().volume == 4


def test_turned_shapes_without_end_stay_without_end():
    plane = HalfSpace(vec(x=1, y=0), vec(x=1, y=0)).rotated(math.pi / 2)
    assert_close(plane.signed_distance(vec(x=9.0, y=2.0)), wrap(2.0), atol=1e-12)
    assert_close(plane.scaled(3.0).signed_distance(vec(x=9.0, y=2.0)), wrap(2.0), atol=1e-12)
    tube = infinite_cylinder(x=5, y=7, z=0, radius=2, axis="z").rotated(vec(x=0.5, y=0, z=0))
    box = tube.bounding_box()
    assert_close(box.lower, tensor([3.0, -math.inf, -math.inf], channel(vector="x,y,z")))
    assert_close(box.upper, tensor([7.0, math.inf, math.inf], channel(vector="x,y,z")))


def test_what_has_no_center_cannot_be_turned_or_enlarged_about_it():
    half_open = Box(x=(0, None), y=1)
    for act in (lambda s: s.rotated(0.1), lambda s: s.scaled(2.0), lambda s: s.at(vec(x=0, y=0))):
        with pytest.raises(ShapeError, match="no center"):
            act(half_open)
        with pytest.raises(ShapeError, match="no center"):
            act(half_open | Sphere(x=0, y=0, radius=1))


@pytest.mark.parametrize("factor", [-1.0, 0.0])
def test_shapes_grow_by_positive_factors_only(factor):
    vertices = points([(0, 0), (1, 0), (0, 1)], dim="vertices")
    for shape in (
        Box(x=1, y=1),
        Sphere(x=0, y=0, radius=1),
        Cylinder(x=0, y=0, z=0, radius=1, height=1),
        Capsule(vec(x=0, y=0), vec(x=1, y=0), 1),
        Torus(x=0, y=0, z=0, radius=1, tube=0.1),
        Polygon(vertices),
        HalfSpace(vec(x=0, y=0), vec(x=1, y=0)),
        Sphere(x=0, y=0, radius=1) | Box(x=1, y=1),
    ):
        with pytest.raises(ShapeError, match="positive factors"):
            shape.scaled(factor)

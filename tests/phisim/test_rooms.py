"""Domains that solids divide: in each enclosed part the pressure is known up to a constant."""

from __future__ import annotations

import numpy as np
import pytest

import phimath
from phimath import batch, spatial, wrap
from phimath.boundary import PERIODIC, ZERO_GRADIENT
from phimath.sparse.enclosed_rooms import enclosed_rooms
from phisim.field import StaggeredGrid
from phisim.geometry import Box
from phisim.physics import fluid
from phisim.physics.obstacle import Obstacle

ROOM = Box(x=1, y=1)
WALL = [Box(x=(0.4, 0.6), y=(-1, 2))]
RING = [
    Box(x=(0.2, 0.3), y=(0.2, 0.8)),
    Box(x=(0.7, 0.8), y=(0.2, 0.8)),
    Box(x=(0.2, 0.8), y=(0.2, 0.3)),
    Box(x=(0.2, 0.8), y=(0.7, 0.8)),
]


def random_flow(boundary):
    generator = np.random.default_rng(0)
    shapes = {
        axis: c.shape for axis, c in StaggeredGrid(0.0, boundary, x=20, y=20).components.items()
    }
    values = {axis: wrap(generator.standard_normal(s.int_sizes), s) for axis, s in shapes.items()}
    return StaggeredGrid(values, boundary, ROOM, x=20, y=20)


def masks(faces, *, periodic=False):
    rooms = enclosed_rooms([wrap(faces, spatial("x"))], [periodic], spatial(x=len(faces) - 1))
    assert rooms is not None
    return [room.numpy("x").astype(int).tolist() for room in rooms]


@pytest.mark.parametrize("solids", [WALL, RING], ids=["wall", "ring"])
@pytest.mark.parametrize("boundary", [0.0, PERIODIC, ZERO_GRADIENT], ids=str)
def test_the_projection_of_a_divided_domain_is_a_projection(solids, boundary):
    with phimath.precision(64):
        once, _ = fluid.make_incompressible(random_flow(boundary), solids)
        twice, _ = fluid.make_incompressible(once, solids)
        assert np.abs(fluid.flux_divergence(once, solids).values.numpy("x,y")).max() < 1e-10
    for axis in "xy":
        change = twice.component(axis) - once.component(axis)
        assert np.abs(change.numpy("x,y")).max() < 1e-11


def test_a_wall_that_compresses_a_closed_room_leaves_the_pressure_finite():
    piston = Obstacle(WALL[0], velocity=(1.0, 0.0))
    _, pressure = fluid.make_incompressible(random_flow(0.0), piston)
    assert np.abs(pressure.values.numpy("x,y")).max() < 10


def test_rooms_end_at_closed_faces():
    assert masks([0.0, 1, 0, 1, 2, 0]) == [[1, 1, 0, 0, 0], [0, 0, 1, 1, 1]]


def test_rooms_with_an_open_side_are_not_enclosed():
    assert masks([0.0, 1, 0, 1, 2, 1]) == [[1, 1, 0, 0, 0]]


def test_cells_without_an_open_face_are_in_no_room():
    assert masks([0.0, 0, 1, 0, 0]) == [[0, 1, 1, 0]]


def test_periodic_rooms_reach_around():
    assert masks([1.0, 0, 1, 0, 1], periodic=True) == [[1, 0, 0, 1], [0, 1, 1, 0]]


def test_each_batch_entry_has_its_own_rooms():
    faces = wrap([[0.0, 1, 1, 1, 0], [0, 1, 0, 1, 0]], batch("run"), spatial("x"))
    rooms = enclosed_rooms([faces], [False], spatial(x=4))
    assert rooms is not None
    found = [room.numpy("run,x").astype(int).tolist() for room in rooms]
    assert found == [[[1, 1, 1, 1], [1, 1, 0, 0]], [[0, 0, 0, 0], [0, 0, 1, 1]]]

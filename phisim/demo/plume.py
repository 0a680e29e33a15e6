"""A buoyant plume of smoke past an obstacle in a closed box, in 2D or 3D, on any backend.

Lengths are in metres, times in seconds.  Only the scene names axes; the step works in any number of
dimensions.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from phimath.boundary import ZERO_GRADIENT
from phimath.convert import convert
from phimath.dimension import batch, spatial
from phimath.errors import ValueRangeError
from phimath.reduce import max as max_of
from phimath.reduce import sum as sum_of
from phimath.solve import Solve
from phimath.tensor import Tensor
from phimath.transform import iterate, jit_compile
from phimath.wrap import wrap
from phisim.field import CenteredGrid, Field, StaggeredGrid, resample
from phisim.geometry import Box, Sphere
from phisim.physics import advect, fluid

if TYPE_CHECKING:
    from collections.abc import Callable

SIZE = 100.0  # m, edge length of the box
BUOYANCY = 0.1  # m/s² per unit of smoke
RATE = 0.2  # smoke per second in the inflow
RESOLUTION = {2: 64, 3: 32}  # default number of cells per axis
STEPS = {2: 200, 3: 120}  # default: until the plume has met the ceiling, or is about to
FRAMES = 40  # recorded at most, besides the first


@dataclass(frozen=True)
class PlumeSettings:
    """What to simulate.

    dims: 2 or 3.
    resolution: Cells per axis.
    steps: Number of time steps.
    dt: Time step in seconds.
    batch: Number of simulations next to each other, with inflows at different places and of
        different strength; 1 for a single one, without a batch dimension.
    """

    dims: int = 2
    resolution: int = 64
    steps: int = 200
    dt: float = 0.5
    batch: int = 1

    def __post_init__(self) -> None:
        for name in ("steps", "batch"):
            if getattr(self, name) < 1:
                raise ValueRangeError(f"{name} must be at least 1, not {getattr(self, name)}.")
        if not math.isfinite(self.dt) or self.dt <= 0:
            raise ValueRangeError(
                f"The time step must be finite and positive, but dt is {self.dt}. "
                "Give e.g. 1: smoke that dissipates cannot be traced back in time."
            )


@dataclass(frozen=True)
class Scene:
    """Where things are, and how strong the inflow is (smoke per second)."""

    room: Box
    inflow: Sphere
    rate: float | Tensor
    obstacle: Sphere


def scene(settings: PlumeSettings) -> Scene:
    """The box with the inflow near its floor and a ball above, a little off the middle."""
    center = 0.5 * SIZE
    position: float | Tensor = center
    rate: float | Tensor = RATE
    if settings.batch > 1:
        places = np.linspace(0.35, 0.65, settings.batch) * SIZE
        runs = batch(inflow=tuple(f"inflow at x = {place:.0f} m" for place in places))
        position = wrap(places, runs)
        rate = wrap(RATE * np.linspace(1.0, 1.5, settings.batch), runs)
    if settings.dims == 2:
        room = Box(x=SIZE, y=SIZE)
        inflow = Sphere(x=position, y=10.0, radius=6.0)
        obstacle = Sphere(x=center - 6.0, y=45.0, radius=10.0)
    else:
        room = Box(x=SIZE, y=SIZE, z=SIZE)
        inflow = Sphere(x=position, y=center, z=12.0, radius=9.0)
        obstacle = Sphere(x=center - 6.0, y=center, z=45.0, radius=12.0)
    return Scene(room, inflow, rate, obstacle)


@dataclass
class PlumeResult:
    """What a simulation leaves behind.

    frames, velocity, times: Smoke and velocity (at cell centers) as recorded, on NumPy.
    mass: Smoke in the box at the end, (batch).
    expected_mass: What has flown in.
    divergence: Largest |∇·u| Δx / max |u| at the end; the flux through the open part of each face.
    cells_per_step: Largest |u| dt / Δx at the end.
    steps_per_second: After the first two steps, in which frameworks compile.
    device: That holds the values.
    started: Clock after the first two steps, 0 if there are no more.
    """

    frames: list[Field] = field(default_factory=list)
    velocity: list[Field] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    mass: np.ndarray = field(default_factory=lambda: np.zeros(()))
    expected_mass: np.ndarray = field(default_factory=lambda: np.zeros(()))
    divergence: float = 0.0
    cells_per_step: float = 0.0
    steps_per_second: float = 0.0
    device: str = ""
    started: float = 0.0


def simulate(settings: PlumeSettings, progress: bool = False) -> PlumeResult:
    """Runs the plume with the backend, device and precision of the context.

    Raises:
        ShapeError: if the resolution is below 1.
        NotConverged: if the pressure solve fails, e.g. because a huge dt made values overflow.
    """
    world = scene(settings)
    cells = spatial(**dict.fromkeys(world.room.axes, settings.resolution))
    smoke = CenteredGrid(0.0, ZERO_GRADIENT, world.room, cells)
    velocity = StaggeredGrid(0.0, 0.0, world.room, cells)
    pressure = CenteredGrid(0.0, ZERO_GRADIENT, world.room, cells)
    source = resample(world.inflow, to=smoke, soft=True) * (settings.dt * world.rate)
    lift = (*[0.0] * (settings.dims - 1), BUOYANCY)

    @jit_compile
    def step(smoke: Field, velocity: Field, pressure: Field) -> tuple[Field, Field, Field]:
        dt = settings.dt
        smoke = advect.mac_cormack(smoke, velocity, dt) + source
        velocity = advect.semi_lagrangian(velocity, velocity, dt)
        velocity = velocity + dt * resample(smoke * lift, to=velocity)
        velocity, pressure = fluid.make_incompressible(
            velocity, world.obstacle, Solve(x0=pressure), dt=dt
        )
        return smoke, velocity, pressure

    result = PlumeResult()
    record = _recorder(result, settings)
    start = time.perf_counter()
    record(0, smoke, velocity)
    label = "plume" if progress else None
    state = iterate(
        step, settings.steps, smoke, velocity, pressure, callback=record, progress=label
    )
    # The first two steps are left out where there are more: in them, frameworks compile, once for
    # the uniform start and once for what comes of it.
    first = result.started or start
    steps = settings.steps - 2 if result.started else settings.steps
    result.steps_per_second = steps / (time.perf_counter() - first)
    _measure(result, settings, world, source, state)
    return result


def _recorder(result: PlumeResult, settings: PlumeSettings) -> Callable[..., None]:
    """Function that keeps a frame every so many steps, and when the first step ended."""
    every = -(-settings.steps // FRAMES)

    def record(i: int, smoke: Field, velocity: Field, *_: Field) -> None:
        if i % every == 0 or i == settings.steps:
            result.frames.append(convert(smoke, "numpy"))
            result.velocity.append(convert(velocity.at_centers(), "numpy"))
            result.times.append(i * settings.dt)
        if i == 2 and settings.steps > 2:
            result.started = time.perf_counter()

    return record


def _measure(
    result: PlumeResult,
    settings: PlumeSettings,
    world: Scene,
    source: Field,
    state: tuple[Field, Field, Field],
) -> None:
    smoke, velocity, _ = state
    volume = smoke.geometry.volume
    result.mass = _host(sum_of(smoke.values, smoke.resolution) * volume)
    result.expected_mass = _host(settings.steps * sum_of(source.values, smoke.resolution) * volume)
    divergence = fluid.flux_divergence(velocity, world.obstacle).values
    speed = np.max([_largest(component) for component in velocity.components.values()])
    spacing = SIZE / settings.resolution
    result.divergence = _largest(divergence) * spacing / float(speed) if speed else 0.0
    result.cells_per_step = float(speed) * settings.dt / spacing
    result.device = smoke.values.device


def _largest(values: Tensor) -> float:
    return float(max_of(abs(values), None))


def _host(values: Any) -> np.ndarray:
    tensor = wrap(values)
    return tensor.numpy(tensor.shape)

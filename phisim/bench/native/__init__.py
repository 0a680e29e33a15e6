"""The same computations in plain code of each framework: what ours are measured against.

The only package of phisim that may import frameworks, and each package in it only its own.  A
module has the name of the benchmark that it is for.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    import numpy as np

BACKENDS: Final = ("numpy", "torch", "jax", "tensorflow")

Arrays = list[Any]  # native ones: those of different frameworks share no type


class Framework(Protocol):
    """What the module `framework` of each package here provides."""

    def array(self, values: np.ndarray) -> Any:
        """Native array with these values."""
        ...

    def synchronize(self, result: Any) -> None:
        """Wait until the arrays in a result are computed."""
        ...

    def single_threaded(self) -> AbstractContextManager[None]:
        """Limits the framework to one thread where it can be changed while it runs."""
        ...

    def compiled(self, function: Callable[..., Any]) -> Callable[..., Any] | None:
        """The function by the framework's compiler, `None` if it has none."""
        ...


class Galaxy(Protocol):
    """One step of stars that attract each other; vectors as lists of their components."""

    def step(
        self, positions: Arrays, velocities: Arrays, masses: Any, dt: float
    ) -> tuple[Arrays, Arrays]:
        """Positions and velocities after an explicit Euler step."""
        ...


class Plume(Protocol):
    """Smoke in a closed box; components of the velocity on faces, walls included."""

    def stepper(
        self, shape: tuple[int, ...], dtype: str, *, lift: float, courant: float
    ) -> Callable[[Arrays, Any, Any], tuple[Arrays, Any]]:
        """Function of velocity, smoke and inflow; courant: dt / dx, lift: along y, times dt."""
        ...


class Bubbles(Protocol):
    """Overlap of disks or spheres in a periodic box."""

    def energy(self, positions: Arrays, radii: Any, size: float) -> Any:
        """Half the sum of squared overlaps."""
        ...


class DifferentiableBubbles(Bubbles, Protocol):
    """With a gradient."""

    def value_and_gradient(self, positions: Arrays, radii: Any, size: float) -> tuple[Any, Arrays]:
        """Energy, and its derivatives by the positions."""
        ...


class Rollout(Protocol):
    """Diffusion on a periodic grid of two axes by many explicit steps; rate = ν dt / dx²."""

    def final(self, values: Any, rate: float, steps: int) -> Any:
        """Values at the end."""
        ...

    def gradient(self, values: Any, rate: float, steps: int) -> Any:
        """Derivative of half the sum of their squares by the values at the start."""
        ...


def is_installed(name: str) -> bool:
    """Whether a framework could be imported; it is not."""
    return find_spec(name) is not None


def framework(name: str) -> Framework:
    """Arrays and compiler of this framework, which is imported."""
    return reference(name, "framework")


def reference(name: str, benchmark: str) -> Any:
    """Native code for a benchmark in this framework, which is imported."""
    return import_module(f"{__name__}.{name}.{benchmark}")

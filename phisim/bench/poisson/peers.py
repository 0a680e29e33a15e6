"""How others solve the same systems: ready to be called, and set up before."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from phimath.backend.discovery import load
from phimath.solve.eigenbasis import eigenvalues
from phisim.bench.native import reference

if TYPE_CHECKING:
    from collections.abc import Callable

    from phisim.bench.poisson.case import Case

    Solver = Callable[[], np.ndarray]

TOLERANCE: Final = {32: 1e-5, 64: 1e-8}
"""Relative one of all iterative methods, by precision."""


class Peer(NamedTuple):
    """A solver of others.

    prepare: The solve of a case with a right-hand side, set up; `None` if it can't solve such.
    package: What has to be installed.
    most: Largest numbers of cells in 2D and 3D; larger systems would take minutes or all memory.
    """

    name: str
    prepare: Callable[[Case, np.ndarray], Solver | None]
    package: str
    most: tuple[float, float]

    @property
    def is_installed(self) -> bool:
        """Whether it could be imported; it is not."""
        return find_spec(self.package) is not None

    @property
    def missing(self) -> str:
        """What to say if it is not installed."""
        return f"{self.name} is left out: `pip install {self.package}` to compare with it."

    def accepts(self, case: Case) -> bool:
        """Whether it has the package, and the system is not too large."""
        return self.is_installed and case.volume <= self.most[len(case.grid) - 2]


def _transforms(case: Case, b: np.ndarray) -> Solver | None:
    """As one would write it by hand: forwards, by the eigenvalues, backwards."""
    if case.kind != "box":
        return None
    import scipy.fft as sf

    kinds: dict[str, tuple[Any, Any, int]] = {
        "closed": (sf.dct, sf.idct, 2), "face": (sf.dst, sf.idst, 2), "half": (sf.dct, sf.idct, 4)
    }  # fmt: skip
    names = ["half" if pair[0] != pair[1] else pair[0] for pair in case.pairs]
    waves = [i for i, name in enumerate(names) if name == "periodic"]
    real = [(i, *kinds[name]) for i, name in enumerate(names) if name != "periodic"]
    inverse = _inverse_eigenvalues(case, waves[-1:]).astype(b.dtype)

    def solve() -> np.ndarray:
        x: Any = b
        for i, forward, _, kind in real:
            x = forward(x, kind, axis=i)
        x = sf.rfftn(x, axes=waves) if waves else x
        x = x * inverse
        x = sf.irfftn(x, [case.grid[i] for i in waves], axes=waves) if waves else x
        for i, _, backward, kind in real:
            x = backward(x, kind, axis=i)
        return x

    return solve


def _inverse_eigenvalues(case: Case, halved: list[int]) -> np.ndarray:
    total = np.zeros([1] * len(case.grid))
    for i, (size, pair) in enumerate(zip(case.grid, case.pairs, strict=True)):
        values = size**2 * eigenvalues(pair, size)
        values = values[: size // 2 + 1] if i in halved else values
        total = total + values.reshape([-1 if i == j else 1 for j in range(len(case.grid))])
    if case.is_singular:
        total.flat[0] = np.inf
    return 1 / total


def _factors(case: Case, b: np.ndarray) -> Solver:
    from scipy.sparse.linalg import splu

    factors = splu(case.matrix().astype(b.dtype).tocsc())
    return lambda: factors.solve(b.ravel()).reshape(case.grid)


def _algebraic_multigrid(case: Case, b: np.ndarray) -> Solver:
    levels: Any = import_module("pyamg").ruge_stuben_solver(case.matrix().astype(b.dtype))
    tolerance = TOLERANCE[b.dtype.itemsize * 8]
    flat = b.ravel()
    return lambda: levels.solve(flat, tol=tolerance, accel="cg").reshape(case.grid)


def _conjugate_gradients(case: Case, b: np.ndarray) -> Solver:
    load("jax")  # which enables double precision
    native, means = reference("jax", "poisson"), reference("jax", "framework")
    wraps = tuple(pair[0] == "periodic" for pair in case.pairs)
    weights = [means.array(weight.astype(b.dtype)) for weight in case.weights]
    given = means.array(b)
    solve = means.compiled(native.solver(wraps, TOLERANCE[b.dtype.itemsize * 8]))
    return lambda: np.asarray(solve(weights, given))


PEERS: Final = (
    Peer("scipy.fft", _transforms, "scipy", (np.inf, np.inf)),
    Peer("splu", _factors, "scipy", (512**2, 32**3)),
    Peer("PyAMG-CG", _algebraic_multigrid, "pyamg", (1024**2, 64**3)),
    Peer("JAX CG", _conjugate_gradients, "jax", (512**2, 64**3)),
)

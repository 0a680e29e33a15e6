"""The systems, as a declaration for us and as numbers of the host for everybody else."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Any, Final, final

import numpy as np

from phimath.dimension import spatial
from phimath.shape import Shape
from phimath.sparse import StencilOperator
from phimath.wrap import wrap

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.sparse.stencil_operator import Side, Sides

_CLOSED: Final[Sides] = ("closed", "closed")
_OPEN: Final[Sides] = ("face", "face")
_PERIODIC: Final[Sides] = ("periodic", "periodic")
# Per axis x, y, z.
SIDES: Final[dict[str, tuple[Sides, Sides, Sides]]] = {
    "periodic": (_PERIODIC, _PERIODIC, _PERIODIC),
    "closed": (_CLOSED, _CLOSED, _CLOSED),
    "open": (_OPEN, _OPEN, _OPEN),
    "mixed": (("closed", "face"), _PERIODIC, _CLOSED),
}
# Weight of the difference across a side, beside that of an inner face.
_SIDE_WEIGHTS: Final[dict[Side, float]] = {"periodic": 1.0, "closed": 0.0, "face": 2.0, "node": 1.0}

_RADIUS: Final = 0.2
_CONTRAST: Final = 1e4


def _is_inside(points: tuple[np.ndarray, ...]) -> np.ndarray:
    """Whether points lie in a disc or ball a little off the middle of the unit cube."""
    return np.sum([(x - 0.45) ** 2 for x in points], axis=0) < _RADIUS**2


def _jump(points: tuple[np.ndarray, ...]) -> np.ndarray:
    return np.where(_is_inside(points), _CONTRAST, 1.0)


def _waves(points: tuple[np.ndarray, ...]) -> np.ndarray:
    return _CONTRAST ** (0.5 * np.prod([np.sin(4 * np.pi * x + 1) for x in points], axis=0))


COEFFICIENTS: Final[dict[str, Callable[[tuple[np.ndarray, ...]], np.ndarray] | None]] = {
    "box": None,
    "disc": None,
    "jump": _jump,
    "waves": _waves,
}
"""Kinds of problems: a plain box, one with a solid disc, and coefficients that vary by 10⁴, in a
disc or everywhere."""


@final
@dataclass(frozen=True)
class Case:
    """−∇·(a ∇u) = b on the unit cube, b being white noise.

    kind: A name in `COEFFICIENTS`; sides: one in `SIDES`; grid: number of cells per axis.
    """

    kind: str
    sides: str
    grid: tuple[int, ...]

    @property
    def name(self) -> str:
        """For tables."""
        grid = "×".join(map(str, self.grid))
        if len(set(self.grid)) == 1 and len(self.grid) in (2, 3):
            grid = f"{self.grid[0]}{'²' if len(self.grid) == 2 else '³'}"
        return f"{self.kind} {grid} {self.sides}"

    @property
    def pairs(self) -> tuple[Sides, ...]:
        """Sides per axis."""
        return SIDES[self.sides][: len(self.grid)]

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of the axes."""
        return tuple("xyz"[: len(self.grid)])

    @property
    def cells(self) -> Shape:
        """The dimensions of the unknown."""
        return spatial(**dict(zip(self.axes, self.grid, strict=True)))

    @property
    def volume(self) -> int:
        """Number of cells."""
        return prod(self.grid)

    @property
    def is_singular(self) -> bool:
        """Whether a constant has no effect."""
        return all(side != "face" for pair in self.pairs for side in pair)

    @cached_property
    def coefficients(self) -> tuple[np.ndarray, ...] | None:
        """Per axis, harmonic means of both cells on all n + 1 faces; `None` if it is 1."""
        function = COEFFICIENTS[self.kind]
        if function is None:
            return None
        resistance = 1 / function(self._centers)
        found = []
        for i in range(len(self.grid)):
            padded = self._padded(resistance, i)
            found.append(2 / (_cut(padded, i, None, -1) + _cut(padded, i, 1, None)))
        return tuple(found)

    def operator(self) -> StencilOperator:
        """The declaration, in the precision of the context."""
        sides = dict(zip(self.axes, self.pairs, strict=True))
        dx = {axis: 1 / size for axis, size in zip(self.axes, self.grid, strict=True)}
        if self.coefficients is not None:
            values = {
                axis: wrap(values, self._faces(i))
                for i, (axis, values) in enumerate(zip(self.axes, self.coefficients, strict=True))
            }
            return StencilOperator.of(self.cells, sides, dx, coefficients=values)
        mask = None if self.mask is None else wrap(self.mask, self.cells)
        return StencilOperator.of(self.cells, sides, dx, mask=mask)

    def right_side(self) -> np.ndarray:
        """White noise for which there is a solution."""
        noise = np.random.default_rng(0).standard_normal(self.grid)
        if self.mask is not None:
            noise *= self.mask
        if self.is_singular:
            share = 1.0 if self.mask is None else self.mask
            noise -= share * (noise.sum() / np.sum(np.broadcast_to(share, self.grid)))
        return noise

    # --- for others ---

    @cached_property
    def mask(self) -> np.ndarray | None:
        """1 in cells that are not solid; `None` if none is."""
        if self.kind != "disc":
            return None
        return np.where(_is_inside(self._centers), 0.0, 1.0)

    @cached_property
    def weights(self) -> tuple[np.ndarray, ...]:
        """Per axis, what multiplies the difference across each of n + 1 faces."""
        found = []
        for i, (size, pair) in enumerate(zip(self.grid, self.pairs, strict=True)):
            weight = np.ones([n + (i == j) for j, n in enumerate(self.grid)])
            if self.coefficients is not None:
                weight = self.coefficients[i]
            if self.mask is not None:
                padded = self._padded(self.mask, i)
                weight = weight * _cut(padded, i, None, -1) * _cut(padded, i, 1, None)
            factors = np.ones(size + 1)
            factors[[0, -1]] = [_SIDE_WEIGHTS[side] for side in pair]
            shape = [-1 if i == j else 1 for j in range(len(self.grid))]
            found.append(weight * factors.reshape(shape) * size**2)
        return tuple(found)

    def residual(self, x: np.ndarray, b: np.ndarray) -> tuple[float, float]:
        """‖r‖/‖b‖ and ‖r‖/(‖A‖∞ ‖x‖ + ‖b‖) of r = b − A x, in double precision."""
        rest = b.astype(np.float64)
        rows = np.zeros(self.grid)
        for i, weight in enumerate(self.weights):
            flux = weight * np.diff(self._padded(x.astype(np.float64), i, "constant"), axis=i)
            rest += np.diff(flux, axis=i)
            rows += 2 * (_cut(weight, i, None, -1) + _cut(weight, i, 1, None))
        size, length = float(np.linalg.norm(rest)), float(np.linalg.norm(b))
        whole = float(rows.max()) * float(np.linalg.norm(x)) + length
        return size / length, size / whole

    def matrix(self) -> Any:
        """SciPy's CSR matrix, regular: without an open side the first cell is held at zero."""
        import scipy.sparse as sp

        total: Any = 0
        for i, weight in enumerate(self.weights):
            wraps = self.pairs[i] == _PERIODIC
            difference = sp.kron(
                sp.eye_array(prod(self.grid[:i])),
                sp.kron(_differences(self.grid[i], wraps), sp.eye_array(prod(self.grid[i + 1 :]))),
            ).tocsr()
            flat = (_cut(weight, i, None, -1) if wraps else weight).ravel()
            total = total + difference.T @ (sp.diags_array(flat) @ difference)
        diagonal = total.diagonal()
        held = np.where(diagonal > 0, 0.0, 1.0)
        if self.is_singular:
            held[0] += diagonal[0]
        return (total + sp.diags_array(held)).tocsr()

    def _faces(self, i: int) -> Shape:
        return self.cells.with_size(self.axes[i], self.grid[i] + 1)

    @cached_property
    def _centers(self) -> tuple[np.ndarray, ...]:
        return tuple(np.meshgrid(*((np.arange(n) + 0.5) / n for n in self.grid), indexing="ij"))

    def _padded(self, a: np.ndarray, i: int, mode: Any = "edge") -> np.ndarray:
        """With one more value on both sides along an axis, by this mode if it isn't periodic."""
        widths = [(int(i == j),) * 2 for j in range(len(self.grid))]
        return np.pad(a, widths, mode="wrap" if self.pairs[i] == _PERIODIC else mode)


def _cut(a: np.ndarray, axis: int, start: int | None, stop: int | None) -> np.ndarray:
    return a[(slice(None),) * axis + (slice(start, stop),)]


def _differences(n: int, wraps: bool) -> Any:
    """Of values across faces: the n + 1 of a line, or the n of a ring."""
    import scipy.sparse as sp

    faces = n if wraps else n + 1
    upper = sp.eye_array(faces, n)
    lower = sp.eye_array(faces, n, k=-1).tolil()
    if wraps:
        lower[0, n - 1] = 1
    return (upper - lower).tocsr()

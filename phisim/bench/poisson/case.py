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
    return sum((x - 0.45) ** 2 for x in points) < np.float64(_RADIUS**2)


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

    def operator(self) -> StencilOperator:
        """The declaration, in the precision of the context."""
        sides = dict(zip(self.axes, self.pairs, strict=True))
        dx = {axis: 1 / size for axis, size in zip(self.axes, self.grid, strict=True)}
        on_faces = COEFFICIENTS[self.kind]
        if on_faces is not None:
            values = {
                axis: wrap(on_faces(self._face_centers(i)), self._faces(i))
                for i, axis in enumerate(self.axes)
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
        centers = np.meshgrid(*((np.arange(n) + 0.5) / n for n in self.grid), indexing="ij")
        return np.where(_is_inside(tuple(centers)), 0.0, 1.0)

    @cached_property
    def weights(self) -> tuple[np.ndarray, ...]:
        """Per axis, what multiplies the difference across each of n + 1 faces."""
        found = []
        for i, (size, pair) in enumerate(zip(self.grid, self.pairs, strict=True)):
            on_faces = COEFFICIENTS[self.kind]
            weight = np.ones([n + (i == j) for j, n in enumerate(self.grid)])
            if on_faces is not None:
                weight = on_faces(self._face_centers(i))
            if self.mask is not None:
                weight = weight * self._open_faces(self.mask, i)
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
            widths = [(int(i == j),) * 2 for j in range(len(self.grid))]
            mode: Any = "wrap" if self.pairs[i] == _PERIODIC else "constant"
            flux = weight * np.diff(np.pad(x.astype(np.float64), widths, mode=mode), axis=i)
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
        sizes = {axis: n + (i == j) for j, (axis, n) in enumerate(zip(self.axes, self.grid))}
        return spatial(**sizes)

    def _face_centers(self, i: int) -> tuple[np.ndarray, ...]:
        along = [
            np.arange(n + 1) / n if i == j else (np.arange(n) + 0.5) / n
            for j, n in enumerate(self.grid)
        ]
        if self.pairs[i] == _PERIODIC:
            along[i] = along[i] % 1.0
        return tuple(np.meshgrid(*along, indexing="ij"))

    def _open_faces(self, mask: np.ndarray, i: int) -> np.ndarray:
        widths = [(int(i == j),) * 2 for j in range(len(self.grid))]
        padded = np.pad(mask, widths, mode="wrap" if self.pairs[i] == _PERIODIC else "edge")
        return _cut(padded, i, None, -1) * _cut(padded, i, 1, None)


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

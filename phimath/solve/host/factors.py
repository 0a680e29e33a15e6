"""Approximate inverses, kept for the next right-hand side and for the adjoint."""

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING, Any, Final, NamedTuple, final
from weakref import ref

import numpy as np

from phimath.solve.host.kinds import KINDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from phimath.backend.pattern import CompressedRows
    from phimath.solve.host.kinds import Made, Recipe

_MOST_NUMBERS: Final = 2**25
_SAMPLES: Final = 64


class _Kept(NamedTuple):
    recipe: Recipe
    pattern: ref[CompressedRows]
    values: NDArray[Any]
    made: Made

    def is_of(self, recipe: Recipe, pattern: CompressedRows, values: NDArray[Any]) -> bool:
        return recipe == self.recipe and _equal(self.values, values) and self.pattern() == pattern


def _equal(a: NDArray[Any], b: NDArray[Any]) -> bool:
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    step = max(1, len(a) // _SAMPLES)
    return np.array_equal(a[::step], b[::step]) and np.array_equal(a, b)


@final
class Factors:
    """Approximate inverses of the matrix used last, and of others whose pattern somebody holds.

    Matrices of functions are made anew for each solve, with an equal pattern.
    """

    def __init__(self) -> None:
        """None yet."""
        self._kept: list[_Kept] = []
        self._last: CompressedRows | None = None
        self._lock = RLock()  # programs call from threads of their framework

    def apply(
        self, recipe: Recipe, pattern: CompressedRows, values: NDArray[Any], b: NDArray[Any]
    ) -> NDArray[Any]:
        """Approximation of A⁻¹ b, for the columns of b (rows, n) of double precision.

        Real factors serve complex right-hand sides.
        """
        made, is_adjoint = self._made(recipe, pattern, values)
        if b.dtype.kind != "c" or values.dtype.kind == "c":
            return made.inverse(b.astype(np.result_type(values, b), copy=False), is_adjoint)
        parts = np.concatenate([np.real(b), np.imag(b)], 1)
        real, imaginary = np.split(made.inverse(parts, is_adjoint), 2, 1)
        return real + 1j * imaginary

    def _made(
        self, recipe: Recipe, pattern: CompressedRows, values: NDArray[Any]
    ) -> tuple[Made, bool]:
        """What is kept of this matrix or of its adjoint, or made now; and which of both it is."""
        with self._lock:
            self._kept = [kept for kept in self._kept if kept.pattern() is not None]
            found = self._found(recipe, pattern, values)
            if found is not None:
                return found, False
            if KINDS[recipe.kind].has_adjoint:
                transposed, order = pattern.transposed
                found = self._found(recipe, transposed, values[order].conj())
                if found is not None:
                    return found, True
            made = KINDS[recipe.kind].make(pattern, values, recipe.pinned)
            self._kept.insert(0, _Kept(recipe, ref(pattern), values.copy(), made))
            self._last = pattern
            self._forget()
            return made, False

    def _found(self, recipe: Recipe, pattern: CompressedRows, values: NDArray[Any]) -> Made | None:
        for i, kept in enumerate(self._kept):
            if kept.is_of(recipe, pattern, values):
                self._kept.insert(0, self._kept.pop(i))
                self._last = kept.pattern()
                return kept.made
        return None

    def _forget(self) -> None:
        """Those used longest ago, beyond a quarter of a gigabyte."""
        total = 0
        for i, kept in enumerate(self._kept):
            total += kept.made.size + len(kept.values)
            if i and total > _MOST_NUMBERS:
                del self._kept[i:]
                return


FACTORS: Final = Factors()

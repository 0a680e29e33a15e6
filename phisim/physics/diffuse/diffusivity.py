"""Diffusivities as users give them, and between all points that diffusion couples."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, Self, final

from phimath.boundary import PERIODIC, ZERO_GRADIENT, pad
from phimath.create import expand
from phimath.elementwise import is_finite, safe_div
from phimath.errors import ShapeError, ValueRangeError
from phimath.reduce import all as all_of
from phimath.reduce import max as max_of
from phimath.reduce import min as min_of
from phimath.tensor import Tensor
from phimath.wrap import wrap
from phisim.field.boundary import is_periodic
from phisim.field.field import Field
from phisim.field.values import check_components
from phisim.geometry.geometry import as_vector
from phisim.physics.check import check_same_points

if TYPE_CHECKING:
    Place = Literal["everywhere", "cells", "faces"]


@final
@dataclass(frozen=True, eq=False)
class Diffusivity:
    """ν of a field: one for all directions, or one per direction along `vector`.

    place: where its values lie; those on faces are for fields at cell centers.
    """

    values: Tensor
    place: Place
    field: Field

    @classmethod
    def of(cls, given: Any, field: Field) -> Self:
        """Checked; see `implicit` for what it may be.

        Raises:
            ShapeError: it lies on another grid, or on faces where the field does, too.
            ValueRangeError: it is negative or not finite.
        """
        if isinstance(given, Field):
            made = cls(given.values, _place_of(given, field), field)
        elif isinstance(given, (tuple, list)):
            made = cls(as_vector(given, field.axes, "The diffusivity"), "everywhere", field)
        else:
            values = wrap(given)
            place = _place_of_tensor(values, field)
            if place == "cells":
                values = expand(values, field.resolution)
            made = cls(values, place, field)
        check_components(made.values, field.axes, "The diffusivity")
        made._check_range(given)
        return made

    @property
    def varies(self) -> bool:
        """Whether it depends on the place."""
        return self.place != "everywhere"

    def largest(self, axis: str) -> float:
        """Largest value for what diffuses along `axis`; only where values are known."""
        return float(max_of(self.along(axis), None))

    def _check_range(self, given: Any) -> None:
        if isinstance(given, (int, float)):
            is_valid = 0 <= given < math.inf
        elif not self.values.available:
            return
        else:
            is_finite_everywhere = bool(all_of(is_finite(self.values), None))
            is_valid = is_finite_everywhere and float(min_of(self.values, None)) >= 0
        if not is_valid:
            raise ValueRangeError(
                f"The diffusivity must be finite and not negative, but is {given}."
            )

    def along(self, axis: str) -> Tensor:
        """Its values for what diffuses along `axis`."""
        values = self.values
        if "vector" not in values.shape:
            return values
        return values.get({"vector": self.field.axes.index(axis)})

    def between(self, axis: str, own_axis: str | None) -> Tensor:
        """Midway between all points along `axis` and their neighbours, both ends too.

        own_axis: of the staggered component that diffuses, `None` at cell centers.

        Two halves of cells one after the other count by their harmonic mean, two side by side by
        the arithmetic one.  Beyond the sides it is that of the outermost cell.
        """
        values = self.along(axis)
        if self.place == "everywhere":
            return values
        if self.place == "faces":
            return self._extended(values, axis, (0, 1)) if self._wraps(axis) else values
        if axis == own_axis:
            # Points are faces, so that cells lie midway.
            return self._extended(values, axis, (1, 0 if self._wraps(axis) else 1))
        if own_axis is not None:
            beside = self._extended(values, own_axis, (1, 0 if self._wraps(own_axis) else 1))
            inner = self._in_series(self._extended(beside, axis, (1, 1)), axis)
            return 0.5 * (
                inner.get({own_axis: slice(1, None)}) + inner.get({own_axis: slice(None, -1)})
            )
        return self._in_series(self._extended(values, axis, (1, 1)), axis)

    def _in_series(self, values: Tensor, axis: str) -> Tensor:
        lower, upper = values.get({axis: slice(None, -1)}), values.get({axis: slice(1, None)})
        return safe_div(2.0 * lower * upper, lower + upper)

    def _extended(self, values: Tensor, axis: str, widths: tuple[int, int]) -> Tensor:
        return pad(values, {axis: widths}, PERIODIC if self._wraps(axis) else ZERO_GRADIENT)

    def _wraps(self, axis: str) -> bool:
        return is_periodic(self.field.boundary, axis)


def _place_of(given: Field, field: Field) -> Place:
    if given.is_staggered and field.is_staggered:
        raise ShapeError(
            "The diffusivity of a staggered field can't lie on faces, where the field itself does. "
            "Use diffusivity.at_centers()."
        )
    check_same_points(given, replace(field, is_staggered=given.is_staggered), "The diffusivity")
    return "faces" if given.is_staggered else "cells"


def _place_of_tensor(values: Tensor, field: Field) -> Place:
    for name in values.shape.spatial.names:
        cells = field.resolution.get_size(name) if name in field.resolution else 0
        if values.shape.get_size(name) != cells:
            raise ShapeError(
                f"The diffusivity of shape {values.shape} doesn't fit the cells "
                f"{field.resolution}. Give one value per cell, or a field."
            )
    return "cells" if values.shape.spatial else "everywhere"


__all__ = ["Diffusivity"]

"""Whether a grid can see the bodies in a flow, and the flow has room between them."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from phimath.dimension import batch
from phimath.dtype import precision_bits
from phimath.elementwise import maximum
from phimath.errors import ResolutionWarning
from phimath.join import stack
from phimath.reduce import max as max_of
from phimath.reduce import min as min_of
from phimath.transform.effects import effect
from phimath.transform.gradient import stop_gradient

if TYPE_CHECKING:
    from collections.abc import Sequence

    from phimath.tensor import Tensor

# A face counts as closed up to rounding of the body's position.
CLOSED = {16: 0.98, 32: 0.999, 64: 0.999999}


def check_visible(coverage: Sequence[Sequence[Tensor]], open_fractions: Sequence[Tensor]) -> None:
    """Warn of bodies that close no face, and if all faces are closed.

    Now, or after the call of a compiled function.

    coverage: Of each body, per axis, the covered fraction of each face.
    open_fractions: Per axis.
    """
    closed = CLOSED[precision_bits()]
    largest = [min_of(_largest(stop_gradient(parts)), None) for parts in coverage]
    room = min_of(_largest(stop_gradient(open_fractions)), None)
    bodies = stack(largest, batch("bodies"))
    effect((bodies, room), _judge, severity=maximum(closed - min_of(bodies, None), 1e-9 - room))


def _largest(fractions: Sequence[Tensor]) -> Tensor:
    """Over all faces, per world and copy."""
    total = None
    for fraction in fractions:
        largest = max_of(fraction, fraction.shape.spatial)
        total = largest if total is None else maximum(total, largest)
    assert total is not None
    return total


def _judge(found: tuple[Tensor, Tensor]) -> None:
    bodies, room = found
    if not float(room) > 0:
        _warn(
            "The obstacles cover all faces of the grid, so that nothing can flow. Check their "
            "positions and sizes against the domain."
        )
    for index, largest in enumerate(float(body) for body in bodies.unstacked("bodies")):
        if largest <= 0:
            _warn(
                f"Obstacle {index} covers no face of the grid: it lies outside of the domain, or "
                "between faces. The flow does not see it. Check its position."
            )
        elif largest < CLOSED[precision_bits()]:
            _warn(
                f"Obstacle {index} closes no face of the grid, at most {largest:.0%} of one, so "
                "that the flow leaks through it: it is thinner than a cell. Use smaller cells, or "
                "make it at least one and a half cells thick."
            )


def _warn(text: str) -> None:
    warnings.warn(text, ResolutionWarning, stacklevel=5)

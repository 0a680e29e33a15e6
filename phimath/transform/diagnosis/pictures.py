"""Pictures of results, drawn by the package above that can draw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phimath.errors import NotSupported

if TYPE_CHECKING:
    from collections.abc import Callable

# By the class of the result; registered when the module that draws is imported.
PICTURES: dict[type, Callable[[Any], Any]] = {}


def picture_of(result: object) -> Any:  # of a library that is not known here
    """Figure of a result.

    Raises:
        NotSupported: nothing that draws has been imported.
    """
    draw = PICTURES.get(type(result))
    if draw is None:
        raise NotSupported(
            f"Nothing draws a {type(result).__name__} yet. Write `import phisim.vis` first."
        )
    return draw(result)

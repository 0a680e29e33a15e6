"""Effects of functions that frameworks trace apart: they leave as hidden results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from phimath.transform.effects import collecting, effect, is_tracing
from phimath.transform.natives import TreeForm, disassemble, moved, signatures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from phimath.backend.contract import Backend
    from phimath.broadcast import Native


class Hidden(NamedTuple):
    """What the effects of a function are, without their arrays."""

    form: TreeForm
    handles: tuple[Callable[[Any], None], ...]

    def pass_on(self, arrays: Iterable[Native], backend: Backend[Any]) -> None:
        """Let those around the function see its effects."""
        # Nobody differentiates by them, and tracers of a derivative must not outlive it.
        constants = map(backend.stop_gradient, arrays)
        pairs = zip(self.form.assemble(constants, backend), self.handles, strict=True)
        for (values, severity), handle in pairs:
            effect(values, handle, severity)


def with_hidden(
    call: Callable[[], Any], backend: Backend[Any]
) -> tuple[Any, tuple[Native, ...], Hidden]:
    """Result of a function, the arrays of its effects, and what these are."""
    if not is_tracing():  # they are handled where they happen
        return call(), (), Hidden(disassemble([])[1], ())
    with collecting() as effects:
        result = call()
    natives, form = disassemble([(one.values, one.severity) for one in effects])
    arrays = tuple(moved(natives, signatures(form), backend))
    return result, arrays, Hidden(form, tuple(one.handle for one in effects))

"""Effects in traced loops: of all iterations, the most severe one is handled afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from phimath.errors import NotSupported
from phimath.transform.closed import Closed
from phimath.transform.effects import collecting, effect
from phimath.transform.loop.scan_rule import split
from phimath.transform.natives import TreeForm, carried, signatures

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from phimath.backend.contract import Backend
    from phimath.broadcast import Native, Signature
    from phimath.tensor import Tensor
    from phimath.transform.effects import Effect

Arrays = tuple[Any, ...]


class Reports(NamedTuple):
    """What the effects of one iteration are: forms of severity and values, and who handles them.

    Their arrays are carried by the loop, in this order.
    """

    kinds: tuple[tuple[TreeForm, Callable[[Any], None]], ...]

    @property
    def count(self) -> int:  # type: ignore[override]
        """Number of arrays."""
        return sum(map(len, self._signatures()))

    def nothing(self, backend: Backend[Any]) -> Arrays:
        """Before the first iteration: of negative severity."""
        return tuple(
            _filled(backend, part, -1 if i == 0 else 0)
            for parts in self._signatures()
            for i, part in enumerate(parts)
        )

    def worst(self, backend: Backend[Any], before: Arrays, now: Arrays) -> Arrays:
        """Of each effect, the more severe one."""
        pairs = zip(self._apart(before), self._apart(now), strict=True)
        return tuple(array for old, new in pairs for array in _worse(backend, old, new))

    def pass_on(self, backend: Backend[Any], arrays: Arrays) -> None:
        """Let those around the loop see its effects."""
        # Nobody differentiates by a report, and tracers of a derivative must not outlive it.
        arrays = tuple(map(backend.stop_gradient, arrays))
        for part, (form, handle) in zip(self._apart(arrays), self.kinds, strict=True):
            values = form.assemble(part, backend)
            effect(values, _if_any(handle), values[0])

    def _signatures(self) -> list[list[Signature]]:
        return [signatures(form) for form, _ in self.kinds]

    def _apart(self, arrays: Arrays) -> list[Arrays]:
        return split(arrays, *map(len, self._signatures()))


def gathered(effects: Sequence[Effect], backend: Backend[Any]) -> tuple[Arrays, Reports]:
    """Arrays of the effects of one iteration, and what they are.

    Raises:
        NotSupported: an effect has no severity.
    """
    parts = [carried(_values_of(effect), backend) for effect in effects]
    kinds = tuple((form, e.handle) for (_, form), e in zip(parts, effects, strict=True))
    return tuple(array for arrays, _ in parts for array in arrays), Reports(kinds)


def closed_with_reports(
    backend: Backend[Any], body: Callable[..., Arrays], sample: Arrays
) -> tuple[Closed, Reports]:
    """The body of a loop, which returns the arrays of its effects last; and what these are."""
    found: list[Reports] = []

    def run(*arrays: Native) -> Arrays:
        with collecting() as effects:
            results = body(*arrays)
        reported, reports = gathered(effects, backend)
        found.append(reports)
        return (*results, *reported)

    closed = Closed.of(backend, run, sample)
    return closed, found[0]


def _values_of(effect: Effect) -> tuple[Tensor, Any]:
    if effect.severity is None:
        raise NotSupported(
            "What happens inside of a loop of a compiled function cannot be reported each time. "
            "Run the loop in Python around a compiled step, or give the effect a severity, of "
            "which the largest is reported."
        )
    return effect.severity, effect.values


def _worse(backend: Backend[Any], old: Arrays, new: Arrays) -> Arrays:
    is_worse = backend.function("greater")(new[0], old[0])
    return tuple(backend.where(is_worse, b, a) for a, b in zip(old, new, strict=True))


def _if_any(handle: Callable[[Any], None]) -> Callable[[Any], None]:
    """Handle what the loop has seen; a negative severity stands for nothing."""

    def handle_worst(known: tuple[Tensor, Any]) -> None:
        severity, values = known
        if float(severity) >= 0:
            handle(values)

    return handle_worst


def _filled(backend: Backend[Any], part: Signature, value: int) -> Native:
    sizes = tuple(part.shape.get_size(name) for name in part.stored.names)
    return backend.full(sizes, bool(value) if part.dtype.kind == "bool" else value, part.dtype)

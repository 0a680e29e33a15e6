"""Parts of programs that compilers translate by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phimath.transform.effects import is_tracing
from phimath.transform.natives import disassemble, moved, signatures
from phimath.transform.scope import backend_of_transforms

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.broadcast import Native
    from phimath.transform.natives import TreeForm


def separately(function: Callable[..., Any], *arguments: Any) -> Any:
    """`function(*arguments)`, which compilers do not merge with what is around it.

    For stencils one after the other: merged, each would be computed again for every neighbour that
    the next one reads.

    function: of trees; has no effects and draws no random numbers.
    """
    if not is_tracing():
        return function(*arguments)
    natives, form = disassemble(arguments)
    parts = signatures(form)
    backend = backend_of_transforms(part.backend for part in parts)
    on_backend = form.on(backend)
    forms: list[TreeForm] = []

    def of_arrays(*arrays: Native) -> tuple[Native, ...]:
        results, found = disassemble(function(*on_backend.assemble(arrays)))
        forms.append(found.on(backend))
        return tuple(moved(results, signatures(found), backend))

    results = backend.separately(of_arrays, moved(natives, parts, backend))
    return forms[-1].assemble(results)

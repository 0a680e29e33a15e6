"""Checking functions where nothing compiles them: a call on tensors without values."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from phimath.context import default, using
from phimath.transform.trace import (
    NativeFunction,
    Trace,
    fed,
    feeders,
    fresh_draws,
    traced_form,
)
from phimath.transform.tracer import tracing
from phimath.transform.tracer.checked import CheckedBackend

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from phimath.backend.contract import Backend
    from phimath.broadcast import Native
    from phimath.transform.natives import TensorForm
    from phimath.transform.tracer import Tracer
    from phimath.tree import Structure


def checked(
    call: Callable[[Any], Any],
    structure: Structure,
    leaves: Sequence[TensorForm | type],
    natives: Sequence[Native],
    backend: Backend[Any],
) -> Trace:
    """Run `call` of a tree as if it were compiled.

    Its Python code runs once, here: the trace can be called once, to give the result and to handle
    the effects.

    Raises what a compiler would, if values are looked at.
    """
    arrays = (*fresh_draws(backend, 0), *fed(natives, feeders(leaves, backend)))
    forms = [traced_form(form, backend) for form in leaves]
    with tracing(CheckedBackend, backend) as tracer, _default(tracer, backend):
        function = NativeFunction(call, structure, forms, tracer)
        results = _evaluated(function, tracer, arrays)
    assert function.gives is not None
    output, effects, draws = function.gives
    return Trace(backend, lambda *_: results, None, draws, arrays[:2], output, effects)


def _evaluated(
    function: NativeFunction, tracer: Tracer[Any], arrays: Sequence[Native]
) -> tuple[Native, ...]:
    return tuple(box.primal for box in function(*map(tracer.constant, arrays)))


def _default(tracer: Tracer[Any], backend: Backend[Any]) -> AbstractContextManager[Any]:
    """New tensors have no values either, if they belong to the same backend."""
    found = default()
    return using(tracer, found.device) if found.backend is backend else nullcontext()

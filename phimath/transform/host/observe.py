"""Looking at values from inside of functions: now, or after the program that computes them ran."""

from __future__ import annotations

import builtins
import time
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from phimath.dtype import float_dtype
from phimath.elementwise import abs as magnitude
from phimath.elementwise import maximum
from phimath.reduce import max as max_of
from phimath.shape import EMPTY_SHAPE
from phimath.tensor_tree import tensors_in, tree_map
from phimath.transform.custom_gradient import custom_gradient
from phimath.transform.effects import effect, is_tracing
from phimath.transform.gradient import has_derivatives, stop_gradient
from phimath.transform.host.call import HostOperation
from phimath.transform.host.tree import ArrayForm
from phimath.wrap import wrap

if TYPE_CHECKING:
    from collections.abc import Callable

    from phimath.tensor import Tensor

_START: Final = time.perf_counter()


def when_available(runnable: Callable[..., Any], *values: Any) -> None:
    """Call a function once the values of tensors are known.

    That is now, or if a compiled function is being traced, after each of its calls.  Derivatives
    are not taken of what it does.

    Args:
        runnable: Called as `runnable(*values)`; what it returns is forgotten.
        values: Tensors, trees of tensors, and anything else as it is.

    Raises:
        NotSupported: in a loop of a compiled function, which doesn't stop for each step.
    """
    effect(stop_gradient(values), lambda known: runnable(*known))


def perf_counter(*values: Any) -> float | Tensor:
    """Time in seconds, of an arbitrary origin, when the values of all tensors have been computed.

    Waits for them.  Differences of two such times say how long it took what is between them.  In
    compiled functions it is a tensor, of the precision of the context: 0.1 ms after half an hour in
    32 bit; the tensors are copied to main memory.

    Args:
        values: Tensors and trees of tensors.  Without any: the time now, of a compiled function
            that of any moment of its call.
    """
    tensors = tensors_in(stop_gradient(values))
    if not is_tracing() and all(tensor.available for tensor in tensors):
        for tensor in tensors:
            dense = tensor.dense()
            dense.backend.synchronize(dense.stored_native)
        return time.perf_counter() - _START
    dtype = float_dtype()

    def now(*_: np.ndarray) -> list[np.ndarray]:
        return [np.asarray(time.perf_counter() - _START, dtype.name)]

    return HostOperation(now, [ArrayForm(EMPTY_SHAPE, dtype)], EMPTY_SHAPE)(tensors)[0]


def print_gradient(value: Any, name: str = "", detailed: bool = False) -> Any:
    """The value itself, whose gradient is printed when it is computed.

    In compiled functions it is printed after the call; of the steps of a loop, that with the
    largest element.

    Args:
        value: Tensor or tree of tensors.
        name: Printed in front.
        detailed: Whether to print all elements instead of a summary.

    Example:
        >>> def loss(x):
        ...     return l2_loss(sin(print_gradient(x, "slope")))
    """
    if not has_derivatives(value):
        return value

    def show(gradient: Any) -> None:
        for tensor in tensors_in(gradient):
            text = f"{tensor:full}" if detailed else f"{tensor}"
            builtins.print(f"{name}: {text}" if name else text)

    def pull_back(inputs: dict[str, Any], output: Any, cotangent: Any) -> dict[str, Any]:
        known = stop_gradient(cotangent)
        effect(known, show, _largest(known))
        return {"value": cotangent}

    def push(inputs: dict[str, Any], output: Any, tangents: dict[str, Any]) -> Any:
        return tangents["value"]

    return custom_gradient(_identity, pull_back, jvp=push)(value)


def _identity(value: Any) -> Any:
    return tree_map(lambda tensor: tensor, value)


def _largest(tree: Any) -> Tensor:
    result = wrap(0.0)
    for tensor in tensors_in(tree):
        if tensor.dtype.is_floating:
            result = maximum(result, max_of(magnitude(tensor), tensor.shape))
    return result

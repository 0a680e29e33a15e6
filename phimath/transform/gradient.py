"""Reverse-mode derivatives of functions of trees, w.r.t. any of their tensors."""

from __future__ import annotations

import inspect
from functools import wraps
from typing import TYPE_CHECKING, Any

from phimath.backend.support import supports, unsupported_method
from phimath.differentiation import differentiated
from phimath.errors import DTypeError, ShapeError
from phimath.reduce import sum as sum_of
from phimath.tensor import Dense, Tensor
from phimath.tensor_tree import is_tree, tensors_in, tree_map
from phimath.transform.natives import (
    TreeForm,
    disassemble,
    materialized,
    moved,
    numbers_as_tensors,
    signatures,
    transform_backend,
)
from phimath.transform.scope import inside_transform
from phimath.transform.tracer.dual import DualBackend
from phimath.transform.tracer.trees import stopped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from phimath.broadcast import Native


def value_and_gradient(
    function: Callable[..., Any], wrt: str | Sequence[str] | None = None
) -> Callable[..., Any]:
    """Function that returns the output of `function` and the gradient of its loss.

    Args:
        function: Returns a scalar loss, or a tuple whose first entry is the loss.  Batch
            dimensions of the loss are independent examples: it is summed over them, so that each
            example gets its own gradient.
        wrt: Names of the arguments to differentiate by, `'x,y'`; the first argument by default.
            They may be trees of floating tensors, or floats.

    Returns:
        Function of the same arguments that returns `(output, gradient)`; the gradient is like the
        argument, or a tuple for several.

    Raises:
        NotSupported: on NumPy, which has no automatic differentiation.
        ShapeError: if the loss has other than batch dimensions.
        DTypeError: if an argument has integer or boolean values.
    """
    names = argument_names(function, wrt)

    @wraps(function)
    def evaluate(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        bound = inspect.signature(function).bind(*args, **kwargs)
        bound.apply_defaults()
        variables = {name: variable_of(bound.arguments[name], name) for name in names}
        output, gradients = _differentiate(function, bound, variables)
        return output, gradients[0] if len(names) == 1 else gradients

    return evaluate


def gradient(
    function: Callable[..., Any], wrt: str | Sequence[str] | None = None, get_output: bool = True
) -> Callable[..., Any]:
    """Like `value_and_gradient`; with `get_output=False` the function gives the gradient only."""
    both = value_and_gradient(function, wrt)
    if get_output:
        return both

    @wraps(function)
    def gradient_only(*args: Any, **kwargs: Any) -> Any:
        return both(*args, **kwargs)[1]

    return gradient_only


def argument_names(
    function: Callable[..., Any], wrt: str | Sequence[str] | None
) -> tuple[str, ...]:
    """Names of the arguments to differentiate by: the first one unless given."""
    parameters = tuple(inspect.signature(function).parameters)
    if wrt is None:
        return parameters[:1]
    names = tuple(n.strip() for n in wrt.split(",")) if isinstance(wrt, str) else tuple(wrt)
    for name in names:
        if name not in parameters:
            raise ShapeError(
                f"{function.__name__}({', '.join(parameters)}) has no argument '{name}' to "
                "differentiate by. Name some of its arguments in `wrt`."
            )
    return names


def variable_of(value: Any, name: str) -> Any:
    """An argument as tensors that store each element, so that each gets a derivative."""
    return tree_map(materialized, floating_tree(value, name))


def floating_tree(value: Any, name: str) -> Any:
    """An argument to differentiate by, as tensors of floating numbers."""
    tree = numbers_as_tensors(value)
    if not is_tree(tree) and not isinstance(tree, Tensor):
        raise DTypeError(
            f"Cannot differentiate by '{name}', which is {value!r} and holds no floating numbers. "
            "Give floats or tensors of floats (convert with to_float), or name others in `wrt`."
        )
    for tensor in tensors_in(tree):
        if not tensor.dtype.is_floating:
            raise DTypeError(
                f"Cannot differentiate by an argument of shape {tensor.shape} with {tensor.dtype} "
                "values. Convert it with to_float(x) first."
            )
    return tree


def _differentiate(
    function: Callable[..., Any],
    bound: inspect.BoundArguments,
    variables: dict[str, Any],
) -> tuple[Any, tuple[Any, ...]]:
    natives, form = disassemble(tuple(variables.values()))
    parts = signatures(form)
    others = signatures(disassemble(bound.arguments)[1])
    backend = transform_backend([*parts, *others])
    if not supports(backend, "value_and_gradient"):
        raise unsupported_method(backend, "value_and_gradient")
    outputs: list[TreeForm] = []

    def native_function(*arrays: Native) -> tuple[Native, tuple[Native, ...]]:
        # Arguments of its own: tracers of the framework must not stay behind in `bound`.
        trees = zip(variables, form.assemble(arrays, backend), strict=True)
        with inside_transform(backend), differentiated():
            output = call_with(function, bound, dict(trees))
        loss = _checked_loss(output, function)
        extra, output_form = disassemble(output)
        outputs.append(output_form)
        moved_loss = moved([loss.stored_native], [loss.signature], backend)[0]
        return moved_loss, tuple(moved(extra, signatures(output_form), backend))

    arguments = moved(natives, parts, backend)
    _, extra, gradients = backend.value_and_gradient(native_function, arguments)
    return outputs[-1].assemble(extra, backend), form.assemble(gradients, backend)


def call_with(
    function: Callable[..., Any], bound: inspect.BoundArguments, replaced: dict[str, Any]
) -> Any:
    """Output of the function with some of its arguments replaced, and no trace of them left."""
    arguments = inspect.BoundArguments(bound.signature, {**bound.arguments, **replaced})
    return function(*arguments.args, **arguments.kwargs)


def _checked_loss(output: Any, function: Callable[..., Any]) -> Dense:
    loss = output[0] if isinstance(output, (tuple, list)) else output
    if not isinstance(loss, Tensor):
        raise ShapeError(
            f"{function.__name__} returned {type(loss).__name__} as loss. Return a tensor, or a "
            "tuple that starts with one."
        )
    if loss.shape.non_batch:
        raise ShapeError(
            f"The loss of {function.__name__} has the shape {loss.shape}, but a gradient needs a "
            "scalar (besides batch dimensions). Reduce it, e.g. with l2_loss or sum."
        )
    if loss.dtype.kind != "float":
        raise DTypeError(
            f"The loss of {function.__name__} is {loss.dtype}, but must be a real floating number."
        )
    return (sum_of(loss, loss.shape) if loss.shape else loss).dense()


def stop_gradient(value: Any) -> Any:
    """The same tree, treated as constant by differentiation."""
    return stopped(value)


def has_derivatives(*trees: Any) -> bool:
    """Whether what is computed from these trees may be differentiated.

    On backends without gradients, NumPy for one, that is inside of `jvp` only.
    """
    return any(
        isinstance(tensor.backend, DualBackend) or supports(tensor.backend, "value_and_gradient")
        for tree in trees
        for tensor in tensors_in(tree)
    )

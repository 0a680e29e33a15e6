"""Reverse-mode derivatives of functions of trees, w.r.t. any of their tensors."""

from __future__ import annotations

import inspect
from functools import wraps
from typing import TYPE_CHECKING, Any

from phimath.backend.discovery import combine
from phimath.backend.support import supports, unsupported_method
from phimath.context import default_backend
from phimath.differentiation import differentiated
from phimath.errors import DTypeError, ShapeError
from phimath.reduce import sum as sum_of
from phimath.stacked import Stacked
from phimath.tensor import Dense, Tensor
from phimath.tensor_tree import is_tree, tree_map
from phimath.transform.closed import zeros_like
from phimath.transform.natives import (
    TreeForm,
    disassemble,
    materialized,
    moved,
    numbers_as_tensors,
    signatures,
    transform_backend,
)
from phimath.transform.scope import Surroundings, inside_transform

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
    tree = numbers_as_tensors(value)
    if not is_tree(tree) and not isinstance(tree, Tensor):
        raise DTypeError(
            f"Cannot differentiate by '{name}', which is {value!r} and holds no floating numbers. "
            "Give floats or tensors of floats (convert with to_float), or name others in `wrt`."
        )
    return tree_map(materialized, tree)


def _differentiate(
    function: Callable[..., Any],
    bound: inspect.BoundArguments,
    variables: dict[str, Any],
) -> tuple[Any, tuple[Any, ...]]:
    natives, form = disassemble(tuple(variables.values()))
    parts = signatures(form)
    for part in parts:
        if not part.dtype.is_floating:
            raise DTypeError(
                f"Cannot differentiate by an argument of shape {part.shape} with {part.dtype} "
                "values. Convert it with to_float(x) first."
            )
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
    natives, form = disassemble(value)
    parts = signatures(form)
    return form.assemble(
        [part.backend.stop_gradient(native) for native, part in zip(natives, parts, strict=True)]
    )


def custom_gradient(
    function: Callable[..., Any], vjp: Callable[..., dict[str, Any]]
) -> Callable[..., Any]:
    """Function with the values of `function` and the derivative of `vjp`.

    Args:
        function: Returns a tree of tensors.
        vjp: Called as `vjp(inputs, output, cotangent)`, with the arguments by name and the
            cotangent in the form of the output.  Returns the cotangents of arguments by name, each
            in the form of its argument; those left out or `None` get none.  Computes with the
            precision that the call of the function had.

    Source: vector-Jacobian product, Griewank and Walther, Evaluating Derivatives, chapter 3.
    """

    @wraps(function)
    def evaluate(*args: Any, **kwargs: Any) -> Any:
        bound = inspect.signature(function).bind(*args, **kwargs)
        bound.apply_defaults()
        names = tuple(bound.arguments)
        natives, form = disassemble(tuple(bound.arguments.values()))
        parts = signatures(form)
        backend = combine([part.backend for part in parts]) if parts else default_backend()
        surroundings = Surroundings()
        output_forms: list[TreeForm] = []

        def forward(*arrays: Native) -> tuple[Native, ...]:
            trees = form.assemble(arrays, backend)
            output = call_with(function, bound, dict(zip(names, trees, strict=True)))
            results, output_form = disassemble(tree_map(materialized, output))
            output_forms.append(output_form)
            return tuple(moved(results, signatures(output_form), backend))

        def backward(
            inputs: tuple[Native, ...],
            results: tuple[Native, ...],
            cotangents: tuple[Native | None, ...],
        ) -> tuple[Native | None, ...]:
            by_name = dict(zip(names, form.assemble(inputs, backend), strict=True))
            output = output_forms[-1].assemble(results, backend)
            complete = (
                zeros_like(backend, result) if cotangent is None else cotangent
                for cotangent, result in zip(cotangents, results, strict=True)
            )
            cotangent = output_forms[-1].assemble(complete, backend)
            given = surroundings.run(vjp, by_name, output, cotangent)
            return surroundings.run(_input_cotangents, given, by_name)

        results = backend.custom_gradient(forward, backward, moved(natives, parts, backend))
        return output_forms[-1].assemble(results, backend)

    return evaluate


def _input_cotangents(given: dict[str, Any], inputs: dict[str, Any]) -> tuple[Native | None, ...]:
    """Native cotangent for each native input, in its layout; `None` where there is none."""
    if unknown := set(given) - set(inputs):
        raise ShapeError(
            f"The vjp returned cotangents for {', '.join(sorted(unknown))}, but the arguments are "
            f"{', '.join(inputs)}. Name arguments only."
        )
    result: list[Native | None] = []
    for name, tree in inputs.items():
        parts = signatures(disassemble(tree)[1])
        if given.get(name) is None:
            result += [None] * len(parts)
            continue
        natives, _ = disassemble(tree_map(_stored_like, given[name], tree))
        pairs = zip(natives, parts, strict=True)
        result += [native if part.dtype.is_floating else None for native, part in pairs]
    return tuple(result)


def _stored_like(cotangent: Tensor, tensor: Tensor) -> Tensor:
    """The cotangent in the storage of the tensor: summed along what the tensor expands lazily."""
    if isinstance(tensor, Stacked):
        parts = cotangent.expanded(tensor.shape).unstacked(tensor.along)
        pairs = zip(parts, tensor.components, strict=True)
        return Stacked([_stored_like(part, component) for part, component in pairs], tensor.dim)
    signature = tensor.dense().signature
    cotangent = cotangent.expanded(tensor.shape)
    extra = cotangent.shape.without(signature.stored)
    reduced = (sum_of(cotangent, extra) if extra else cotangent).cast(tensor.dtype).dense()
    native = reduced.stored_in(signature.stored.names)
    return Dense(moved([native], [reduced.signature], signature.backend)[0], signature)

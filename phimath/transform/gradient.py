"""Reverse-mode derivatives of functions of trees, w.r.t. any of their tensors."""

from __future__ import annotations

import inspect
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from phimath.convert import cast
from phimath.dtype import float_dtype
from phimath.errors import DTypeError, NotSupported, ShapeError
from phimath.reduce import sum as sum_of
from phimath.tensor import Dense, Tensor
from phimath.transform.natives import (
    TreeForm,
    disassemble,
    moved,
    signatures,
    transform_backend,
)
from phimath.tree import map_leaves
from phimath.wrap import wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from phimath.broadcast import Native

F = TypeVar("F", bound="Callable[..., Any]")


def value_and_gradient(function: Callable[..., Any], wrt: str | Sequence[str] | None = None) -> Callable[..., Any]:
    """Function that returns the output of `function` and the gradient of its loss.

    Args:
        function: Returns a scalar loss, or a tuple whose first entry is the loss.  Batch dimensions of the loss are independent
            examples: it is summed over them, so that each example gets its own gradient.
        wrt: Names of the arguments to differentiate by, `'x,y'`; the first argument by default.  They may be trees.

    Returns:
        Function of the same arguments that returns `(output, gradient)`; the gradient is like the argument, or a tuple for several.

    Raises:
        NotSupported: on NumPy, which has no automatic differentiation.
        ShapeError: if the loss has other than batch dimensions.
        DTypeError: if an argument has integer or boolean values.
    """
    names = _argument_names(function, wrt)

    @wraps(function)
    def evaluate(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        bound = inspect.signature(function).bind(*args, **kwargs)
        bound.apply_defaults()
        trees = [_numbers_as_tensors(bound.arguments[name]) for name in names]
        output, gradients = _differentiate(function, bound, names, trees)
        return output, gradients[0] if len(names) == 1 else tuple(gradients)

    return evaluate


def gradient(
    function: Callable[..., Any], wrt: str | Sequence[str] | None = None, get_output: bool = True
) -> Callable[..., Any]:
    """Like `value_and_gradient`; with `get_output=False` the returned function gives the gradient only."""
    both = value_and_gradient(function, wrt)
    if get_output:
        return both

    @wraps(function)
    def gradient_only(*args: Any, **kwargs: Any) -> Any:
        return both(*args, **kwargs)[1]

    return gradient_only


def _argument_names(function: Callable[..., Any], wrt: str | Sequence[str] | None) -> tuple[str, ...]:
    parameters = tuple(inspect.signature(function).parameters)
    if wrt is None:
        return parameters[:1]
    names = tuple(n.strip() for n in wrt.split(",")) if isinstance(wrt, str) else tuple(wrt)
    for name in names:
        if name not in parameters:
            raise ShapeError(
                f"{function.__name__}({', '.join(parameters)}) has no argument '{name}' to differentiate by. "
                "Name some of its arguments in `wrt`."
            )
    return names


def _numbers_as_tensors(tree: Any) -> Any:
    return map_leaves(
        lambda leaf: cast(wrap(leaf), float_dtype()) if isinstance(leaf, float) else leaf,
        tree,
        leaf_types=(Tensor, float),
    )


def _differentiate(
    function: Callable[..., Any],
    bound: inspect.BoundArguments,
    names: Sequence[str],
    trees: list[Any],
) -> tuple[Any, list[Any]]:
    natives, form = disassemble(trees)
    parts = signatures(form)
    for part in parts:
        if not part.dtype.is_floating:
            raise DTypeError(
                f"Cannot differentiate by an argument of shape {part.shape} with {part.dtype} values. "
                "Convert it with to_float(x) first."
            )
    backend = transform_backend(parts)
    if "value_and_gradient" in backend.unsupported:
        raise NotSupported(f"{backend.name}: {backend.unsupported['value_and_gradient']}")
    outputs: list[TreeForm] = []

    def native_function(*arrays: Native) -> tuple[Native, tuple[Native, ...]]:
        for name, tree in zip(names, form.assemble(arrays, backend), strict=True):
            bound.arguments[name] = tree
        output = function(*bound.args, **bound.kwargs)
        loss = _checked_loss(output, function)
        extra, output_form = disassemble(output)
        outputs.append(output_form)
        moved_loss = moved([loss.stored_native], [loss.signature], backend)[0]
        return moved_loss, tuple(moved(extra, signatures(output_form), backend))

    _, extra, gradients = backend.value_and_gradient(native_function, moved(natives, parts, backend))
    return outputs[-1].assemble(extra, backend), form.assemble(gradients, backend)


def _checked_loss(output: Any, function: Callable[..., Any]) -> Dense:
    loss = output[0] if isinstance(output, (tuple, list)) else output
    if not isinstance(loss, Tensor):
        raise ShapeError(
            f"{function.__name__} returned {type(loss).__name__} as loss. Return a tensor, or a tuple that starts with one."
        )
    if loss.shape.non_batch:
        raise ShapeError(
            f"The loss of {function.__name__} has the shape {loss.shape}, but a gradient needs a scalar (besides batch "
            "dimensions). Reduce it, e.g. with l2_loss or sum; or use jacobian."
        )
    if loss.dtype.kind != "float":
        raise DTypeError(f"The loss of {function.__name__} is {loss.dtype}, but must be a real floating number.")
    return (sum_of(loss, loss.shape) if loss.shape else loss).dense()


def stop_gradient(value: Any) -> Any:
    """The same tree, treated as constant by differentiation."""
    natives, form = disassemble(value)
    parts = signatures(form)
    return form.assemble(
        [part.backend.stop_gradient(native) for native, part in zip(natives, parts, strict=True)]
    )


def custom_gradient(function: Callable[..., Any], vjp: Callable[..., dict[str, Any]]) -> Callable[..., Any]:
    """Function with the values of `function` and the derivative of `vjp`.

    Args:
        function: Returns a tree of tensors.
        vjp: Called as `vjp(inputs, output, cotangent)`, with the arguments by name and the cotangent in the form of the output; returns
            the cotangents of arguments by name; those left out get none.

    Source: vector-Jacobian product, Griewank and Walther, Evaluating Derivatives, chapter 3.
    """

    @wraps(function)
    def evaluate(*args: Any, **kwargs: Any) -> Any:
        bound = inspect.signature(function).bind(*args, **kwargs)
        bound.apply_defaults()
        names = tuple(bound.arguments)
        natives, form = disassemble(tuple(bound.arguments.values()))
        parts = signatures(form)
        backend = transform_backend(parts)
        output_forms: list[TreeForm] = []

        def forward(*arrays: Native) -> tuple[Native, ...]:
            for name, tree in zip(names, form.assemble(arrays, backend), strict=True):
                bound.arguments[name] = tree
            results, output_form = disassemble(function(*bound.args, **bound.kwargs))
            output_forms.append(output_form)
            return tuple(moved(results, signatures(output_form), backend))

        def backward(
            inputs: tuple[Native, ...], results: tuple[Native, ...], cotangents: tuple[Native, ...]
        ) -> tuple[Native | None, ...]:
            by_name = dict(zip(names, form.assemble(inputs, backend), strict=True))
            output_form = output_forms[-1]
            given = vjp(
                by_name,
                output_form.assemble(results, backend),
                output_form.assemble(cotangents, backend),
            )
            return _input_cotangents(given, by_name)

        results = backend.custom_gradient(forward, backward, moved(natives, parts, backend))
        return output_forms[-1].assemble(results, backend)

    return evaluate


def _input_cotangents(given: dict[str, Any], inputs: dict[str, Any]) -> tuple[Native | None, ...]:
    """Native cotangent for each native input, in its layout; `None` where none was given."""
    if unknown := set(given) - set(inputs):
        raise ShapeError(
            f"The vjp returned cotangents for {', '.join(sorted(unknown))}, but the arguments are {', '.join(inputs)}."
        )
    result: list[Native | None] = []
    for name, tree in inputs.items():
        if name not in given:
            result += [None] * len(disassemble(tree)[0])
            continue
        cotangents, _ = disassemble(map_leaves(_like, given[name], tree, leaf_types=Tensor))
        result += cotangents
    return tuple(result)


def _like(cotangent: Tensor, tensor: Tensor) -> Tensor:
    """The cotangent in the storage of the tensor: summed along what the tensor expands lazily."""
    if not isinstance(tensor, Dense):
        return cotangent
    stored = tensor.signature.stored
    extra = cotangent.shape.without(stored)
    reduced = sum_of(cotangent, extra) if extra else cotangent
    native = cast(reduced, tensor.dtype).dense().stored_in(stored.names)
    return Dense(native, tensor.signature.replace(backend=reduced.backend))

"""Reverse mode: cotangents pulled back through a function, row by row its Jacobian."""

from __future__ import annotations

import inspect
from functools import wraps
from typing import TYPE_CHECKING, Any

import numpy as np

from phimath.backend.support import supports, unsupported_method
from phimath.create import expand
from phimath.dimension import batch, dual, instance
from phimath.dims import rename_dims, unpack_dim
from phimath.dtype import precision, precision_bits
from phimath.elementwise import conjugate, imag, real
from phimath.errors import DTypeError, NotSupported, ShapeError
from phimath.filters import non_batch
from phimath.join import stack
from phimath.random.state import redrawing, upcoming
from phimath.reduce import sum as sum_of
from phimath.shape import Shape
from phimath.tensor import Tensor
from phimath.tensor_tree import tensors_in, tree_map
from phimath.transform.gradient import (
    argument_names,
    call_with,
    gradient,
    value_and_gradient,
    variable_of,
)
from phimath.transform.natives import (
    disassemble,
    numbers_as_tensors,
    signatures,
    transform_backend,
)
from phimath.tree import flatten
from phimath.wrap import wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_ROW = "_row"


# --- vector-Jacobian products ---


def vjp(
    function: Callable[..., Any], *primals: Any
) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """Output of a function, and the function that pulls cotangents of it back.

    Args:
        function: Returns a tree of tensors.
        primals: Its arguments, by position: trees of floating tensors, or floats.

    Returns:
        `(output, pullback)`.  `pullback(cotangent)` takes a tree like the output and returns a
        tuple of trees like the primals; it may be called several times, and be differentiated.
        Entries of the cotangent may lack dimensions along which they are constant; those of
        integer outputs don't matter.  Each call of it evaluates the function once more, with the
        same random numbers and in the precision of the first evaluation.

    Complex: the pullback is the adjoint for the inner product Re ∑ conj(a) b, as `gradient` is.

    Raises:
        NotSupported: on NumPy, which has no automatic differentiation.
        DTypeError: a primal has integer or boolean values.

    Source: Griewank and Walther, Evaluating Derivatives, chapter 3.
    """
    variables = tuple(variable_of(p, f"primal {i + 1}") for i, p in enumerate(primals))
    require_differentiation(variables)
    bits, numbers = precision_bits(), upcoming()

    def run(arguments: tuple[Any, ...]) -> Any:
        with redrawing(numbers):
            return numbers_as_tensors(function(*arguments))

    output = run(variables)

    def pullback(cotangent: Any) -> tuple[Any, ...]:
        weights = checked_like(cotangent, output, "cotangent", "output")

        def weighted(arguments: tuple[Any, ...]) -> Tensor:
            return inner_product(weights, run(arguments))

        with precision(bits):
            return gradient(weighted, get_output=False)(variables)

    return output, pullback


def inner_product(weights: Any, values: Any) -> Tensor:
    """Re ∑ conj(a) b over the floating tensors of two trees, all dimensions included."""
    total = wrap(0.0)
    for weight, value in zip(tensors_in(weights), tensors_in(values), strict=True):
        if value.dtype.is_floating:
            is_complex = "complex" in (weight.dtype.kind, value.dtype.kind)
            product = real(conjugate(weight) * value) if is_complex else weight * value
            total = total + (sum_of(product, product.shape) if product.shape else product)
    return total


def require_differentiation(variables: Any) -> None:
    """Check that the backend differentiates: that of the variables, for NumPy the default."""
    backend = transform_backend(signatures(disassemble(variables)[1]))
    if not supports(backend, "value_and_gradient"):
        raise unsupported_method(backend, "value_and_gradient")


def checked_like(tree: Any, model: Any, name: str, of: str) -> Any:
    """The tree as tensors, if it has the structure of the model and no dimensions beyond its."""
    tree = numbers_as_tensors(tree)
    structure, expected = flatten(tree, Tensor)[1], flatten(model, Tensor)[1]
    if structure != expected:
        raise ShapeError(
            f"The {name} is {structure}, but the {of} is {expected} (* is a tensor). "
            f"Give a {name} with the containers, keys and static values of the {of}."
        )
    for given, value in zip(tensors_in(tree), tensors_in(model), strict=True):
        if value.dtype.is_floating:
            _check_tensor(given, value, name, of)
    return tree


def _check_tensor(given: Tensor, value: Tensor, name: str, of: str) -> None:
    if not set(given.shape.names) <= set(value.shape.names):
        raise ShapeError(
            f"The {name} of shape {given.shape} has dimensions that the {of} of shape "
            f"{value.shape} lacks. Reduce it, or slice it and call once per slice."
        )
    if given.dtype.kind == "complex" and value.dtype.kind != "complex":
        raise DTypeError(
            f"The {name} is complex, but the {of} of shape {value.shape} is {value.dtype}. "
            "Give its real part, and its imaginary part in a second call."
        )


# --- Jacobians and Hessians ---


def jacobian(
    function: Callable[..., Any],
    wrt: str | Sequence[str] | None = None,
    get_output: bool = True,
    *,
    together: bool = False,
) -> Callable[..., Any]:
    """Function that returns the output of `function` and all its first derivatives.

    Args:
        function: Returns a tensor or a tree of tensors of floating numbers.
        wrt: Names of the arguments to differentiate by, `'x,y'`; the first argument by default.
            They may be trees of floating tensors, or floats.
        get_output: Whether to return the output, too.
        together: Evaluate all rows at once, as examples of a batch: much faster, with the memory of
            as many evaluations.  Wrong where the function mixes examples, as by `mean(x, batch)`.

    Returns:
        Function of the same arguments that returns `(output, jacobian)`, or the Jacobian only.
        For each tensor of the output it holds a tree like the argument, or a tuple for several.
        A Jacobian has the dimensions of the output, those of the input as dual dimensions (`~x`),
        and batch dimensions, whose examples are independent, once.  Unless `together`, each entry
        of the output costs one evaluation and one reverse pass; memory is that of one.

    Complex: outputs of real inputs have a complex Jacobian; that of a real output by a complex
    input is ∂/∂(real) + i ∂/∂(imaginary), as `gradient` gives it.

    Raises:
        NotSupported: on NumPy; by a complex input of a complex output, which needs two numbers.
        DTypeError: an argument or an output has integer or boolean values.
        ShapeError: a name occurs as dimension of the output and as dual one of the input.
    """
    names = argument_names(function, wrt)

    @wraps(function)
    def evaluate(*args: Any, **kwargs: Any) -> Any:
        bound = inspect.signature(function).bind(*args, **kwargs)
        bound.apply_defaults()
        variables = tuple(variable_of(bound.arguments[name], name) for name in names)
        require_differentiation(variables)
        numbers = upcoming()

        def run(inputs: tuple[Any, ...]) -> Any:
            replaced = dict(zip(names, inputs, strict=True))
            with redrawing(numbers):
                return numbers_as_tensors(call_with(function, bound, replaced))

        output = run(variables)
        rows: list[Any] = []
        for position, value in enumerate(tensors_in(output)):
            found = _rows_of(run, variables, position, value, together)
            rows.append(found[0] if len(names) == 1 else found)
        result = flatten(output, Tensor)[1].unflatten(rows)
        return (output, result) if get_output else result

    return evaluate


def hessian(
    function: Callable[..., Any],
    wrt: str | Sequence[str] | None = None,
    get_output: bool = True,
    *,
    together: bool = False,
) -> Callable[..., Any]:
    """Function that returns the output of `function` and the second derivatives of its loss.

    Args:
        function: Returns a scalar loss, or a tuple whose first entry is the loss.  Batch dimensions
            of the loss are independent examples.
        wrt: Names of the arguments to differentiate by, `'x,y'`; the first argument by default.
            They may be trees of floating tensors, or floats.
        get_output: Whether to return the output, too.
        together: Evaluate all rows at once, as examples of a batch; see `jacobian`.

    Returns:
        Function of the same arguments that returns `(output, hessian)`, or the Hessian only: a
        gradient that holds, for each tensor a, again such a tree (of several arguments, a tuple of
        them); what it holds for b has the dimensions of a, and those of b as dual dimensions.
        Each entry of the arguments costs one derivative of a gradient.

    Raises:
        NotSupported: on NumPy; by complex numbers.
        ShapeError: the loss has other than batch dimensions, or an argument has dual ones.
    """
    by = argument_names(function, wrt)
    second = jacobian(
        gradient(function, by, get_output=False), by, get_output=False, together=together
    )
    both = value_and_gradient(function, by)

    @wraps(function)
    def evaluate(*args: Any, **kwargs: Any) -> Any:
        numbers = upcoming()
        with redrawing(numbers):
            output = both(*args, **kwargs)[0] if get_output else None
        with redrawing(numbers):
            found = second(*args, **kwargs)
        return (output, found) if get_output else found

    return evaluate


def _rows_of(
    run: Callable[[Any], Any],
    variables: tuple[Any, ...],
    position: int,
    value: Tensor,
    together: bool,
) -> Any:
    """Tree like the variables with the derivatives of one tensor of the output."""
    _check_dims(value, variables)
    examples = value.shape.batch
    # Each example of the output gets a derivative of its own, also by what all of them share.
    separate = tree_map(lambda variable: _per_example(variable, examples), variables)

    def rows(part: Callable[[Any], Any]) -> Any:
        """Derivatives of a real part of the output."""

        def values_of(inputs: tuple[Any, ...]) -> Tensor:
            return part(tensors_in(run(inputs))[position])

        by_rows = _together if together and value.shape.non_batch.volume > 1 else _one_by_one
        return by_rows(values_of, separate, value.shape)

    if value.dtype.kind != "complex":
        return rows(lambda values: values)
    return tree_map(lambda of_real, of_imag: of_real + 1j * of_imag, rows(real), rows(imag))


def _one_by_one(values_of: Callable[[Any], Tensor], variables: Any, shape: Shape) -> Any:
    def row(index: dict[str, int]) -> Any:
        def entry(inputs: tuple[Any, ...]) -> Tensor:
            values = values_of(inputs)
            return values.expanded(shape)[index] if index else values

        return tree_map(_as_columns, gradient(entry, get_output=False)(variables))

    return _joined([row(index) for index in shape.non_batch.indices()], shape.non_batch)


def _together(values_of: Callable[[Any], Tensor], variables: Any, shape: Shape) -> Any:
    outputs = shape.non_batch
    name = _ROW
    while any(name in tensor.shape for tensor in tensors_in(variables)):
        name += "_"  # that of a Jacobian around this one
    rows = batch(**{name: outputs.volume})
    one_each = wrap(np.eye(outputs.volume).reshape(-1, *outputs.int_sizes), rows + outputs)
    many = tree_map(lambda variable: variable_of(expand(variable, rows), "rows"), variables)

    def entries(inputs: tuple[Any, ...]) -> Tensor:
        return sum_of(values_of(inputs) * one_each, outputs)

    found = tree_map(_as_columns, gradient(entries, get_output=False)(many))
    return unpack_dim(found, name, outputs)


def _joined(rows: list[Any], outputs: Shape) -> Any:
    if outputs.rank == 0:
        return rows[0]
    if not rows:
        raise ShapeError(f"An output of shape {outputs} has no entries to differentiate.")
    if outputs.rank == 1:
        return stack(rows, outputs)
    return unpack_dim(stack(rows, instance(_ROW)), _ROW, outputs)


def _per_example(variable: Tensor, examples: Shape) -> Tensor:
    missing = examples.without(variable.shape)
    return variable_of(expand(variable, missing), "an argument") if missing else variable


def _as_columns(derivative: Tensor) -> Tensor:
    # Dual dimensions come right after the batch ones: the order stays.
    return rename_dims(derivative, non_batch, dual)


def _check_dims(value: Tensor, variables: Any) -> None:
    if not value.shape.is_uniform or not all(t.shape.is_uniform for t in tensors_in(variables)):
        raise NotSupported(
            f"A Jacobian needs uniform sizes, but the output has shape {value.shape} and the "
            f"inputs {', '.join(str(t.shape) for t in tensors_in(variables))}. "
            "Use pad_to_uniform(t), or vjp for single products."
        )
    for variable in tensors_in(variables):
        if "complex" == value.dtype.kind == variable.dtype.kind:
            raise NotSupported(
                "The derivative of complex values by complex values is no single number. "
                "Differentiate real(f) and imag(f), or give the parts of the input as two tensors."
            )
        columns = [f"~{name.removeprefix('~')}" for name in variable.shape.non_batch.names]
        twice = [name for name in columns if columns.count(name) > 1 or name in value.shape]
        if twice:
            raise ShapeError(
                f"'{twice[0]}' would appear twice in the Jacobian of an output of shape "
                f"{value.shape} by an input of shape {variable.shape}, whose dimensions become "
                "dual ones. Rename one with rename_dims first."
            )

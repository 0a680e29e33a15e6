"""Trees of NumPy arrays: what functions on the host return, and what was announced of it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from phimath.dtype import DType, float_dtype, precision_bits, promote
from phimath.errors import DTypeError, ShapeError
from phimath.shape import EMPTY_SHAPE, Shape
from phimath.tensor import Tensor
from phimath.tree import Structure, flatten

_EXAMPLES = (Tensor, Shape, float)
_RESULTS = (Tensor, np.ndarray, np.generic, int, float, complex)


class ArrayForm(NamedTuple):
    """Dimensions, in the order of the axes, and element type of an array."""

    shape: Shape
    dtype: DType


class HostTree(NamedTuple):
    """A tree without its arrays; `None` stands for those that nobody looks at."""

    structure: Structure
    forms: tuple[ArrayForm | None, ...]

    @property
    def wanted(self) -> list[ArrayForm]:
        """Forms of the arrays that somebody looks at."""
        return [form for form in self.forms if form is not None]

    def taken_apart(self, result: Any, who: str) -> list[np.ndarray]:
        """The arrays wanted of a tree, which must be of these forms."""
        leaves, structure = flatten(result, _RESULTS)
        if structure != self.structure:
            raise ShapeError(
                f"{who} returned {structure}, expected {self.structure} (* is an array). "
                "Return the same containers, keys and static values."
            )
        pairs = zip(leaves, self.forms, strict=True)
        return [_as_array(leaf, form, who) for leaf, form in pairs if form is not None]


def announced(example: Any, loop: Shape) -> HostTree:
    """What a function returns, by example; without the dimensions of the loop around it."""
    leaves, structure = flatten(example, _EXAMPLES)
    return HostTree(structure, tuple(_form_of_example(leaf, loop) for leaf in leaves))


def form_of(tensor: Tensor, loop: Shape) -> ArrayForm | None:
    """What a cotangent of a tensor is, `None` of integers."""
    if not tensor.dtype.is_floating:
        return None
    return ArrayForm(tensor.shape.without(loop), tensor.dtype)


def found(result: Any, who: str) -> HostTree:
    """What a function has returned that names its dimensions itself."""
    leaves, structure = flatten(result, _RESULTS)
    return HostTree(structure, tuple(_form_of_result(leaf, who) for leaf in leaves))


def _form_of_example(example: Tensor | Shape | float, loop: Shape) -> ArrayForm:
    if isinstance(example, Tensor):
        return ArrayForm(example.shape.without(loop), _in_context_precision(example.dtype))
    shape = example.without(loop) if isinstance(example, Shape) else EMPTY_SHAPE
    return ArrayForm(shape, float_dtype())


def _form_of_result(result: Any, who: str) -> ArrayForm:
    if isinstance(result, Tensor):
        return ArrayForm(result.shape, _in_context_precision(result.dtype))
    array = np.asarray(result)
    if array.ndim:
        raise ShapeError(
            f"{who} returned an array of sizes {array.shape}, whose axes have no names. Say which "
            "they are: numpy_call(…, output=spatial(x=…, y=…)), or a tensor like the output."
        )
    return ArrayForm(EMPTY_SHAPE, _in_context_precision(DType(array.dtype.name)))


def _in_context_precision(dtype: DType) -> DType:
    return promote(dtype, bits=precision_bits()) if dtype.is_floating else dtype


def _as_array(value: Any, form: ArrayForm, who: str) -> np.ndarray:
    array = np.asarray(value.numpy(form.shape) if isinstance(value, Tensor) else value)
    if array.shape != form.shape.int_sizes:
        raise ShapeError(
            f"{who} returned an array of sizes {array.shape} where {form.shape} was expected, with "
            "axes in this order. Return that, or announce another output."
        )
    if not np.can_cast(array.dtype, form.dtype.name, "same_kind"):
        raise DTypeError(
            f"{who} returned {array.dtype} values where {form.dtype} was expected. Convert them, "
            "or announce an output of their type."
        )
    return array.astype(form.dtype.name, copy=False)


__all__ = ["ArrayForm", "HostTree", "announced", "form_of", "found"]

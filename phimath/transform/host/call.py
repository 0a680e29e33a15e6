"""Functions of NumPy arrays as operations on tensors: example by example, also in programs."""

from __future__ import annotations

from contextvars import Context
from itertools import count
from typing import TYPE_CHECKING, final

import numpy as np

from phimath.context import default, using
from phimath.dtype import FLOAT32, DType, precision, precision_bits
from phimath.shape import EMPTY_SHAPE, Shape
from phimath.tensor import Dense, Tensor, dense_of
from phimath.transform.effects import effect, is_tracing
from phimath.transform.gradient import stop_gradient
from phimath.transform.natives import moved, transform_backend

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from phimath.backend.contract.host import ArrayTypes
    from phimath.transform.host.tree import ArrayForm

Arrays = tuple[np.ndarray, ...]
Layout = tuple[str, ...]
"""Names of the axes."""


@final
class HostOperation:
    """A function of arrays, called once per example of tensors.  Without derivative."""

    def __init__(
        self,
        function: Callable[..., Sequence[np.ndarray]],
        outputs: Sequence[ArrayForm],
        examples: Shape,
        *,
        reports_errors: bool = True,
    ) -> None:
        """Of one example, `function` takes the arrays and returns some of these forms.

        reports_errors: Whether what the function raises in programs is raised after they ran;
            otherwise its results are NaN then, which loops of solvers need, and tell.
        """
        self._function = function
        self._reports_errors = reports_errors
        self._outputs = outputs
        self._examples = examples
        self._types: ArrayTypes = tuple(
            ((*examples.int_sizes, *form.shape.int_sizes), form.dtype) for form in outputs
        )

    def __call__(self, tensors: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """Results with the examples as first dimensions.

        What the function raises is raised now, in traced code each time that the program has run.
        """
        dense = [tensor.dense() for tensor in tensors]
        backend = transform_backend([tensor.signature for tensor in dense])
        layouts = [self._layout(tensor) for tensor in dense]
        natives = [tensor.stored_in(names) for tensor, names in zip(dense, layouts, strict=True)]
        arguments = tuple(moved(natives, [tensor.signature for tensor in dense], backend))

        def run(*arrays: np.ndarray) -> Arrays:
            return self._run(layouts, arrays)

        if is_tracing():
            errors, types = Errors(), (*self._types, ((), FLOAT32))
            *found, number = backend.host_call(errors.guarded(run, self._types), arguments, types)
            if self._reports_errors:
                errors.report(dense_of(number, backend, EMPTY_SHAPE))
        else:
            found = backend.host_call(run, arguments, self._types)
        shapes = [Shape(*self._examples.dims, *form.shape.dims) for form in self._outputs]
        pairs = zip(found, shapes, strict=True)
        return tuple(dense_of(native, backend, shape) for native, shape in pairs)

    def _layout(self, tensor: Dense) -> Layout:
        """Examples come first."""
        shape = tensor.shape
        in_examples = [name for name in self._examples.names if name in shape]
        return (*in_examples, *shape.without(self._examples).names)

    def _run(self, layouts: Sequence[Layout], arrays: Arrays) -> Arrays:
        results = tuple(np.empty(sizes, dtype.name) for sizes, dtype in self._types)
        examples = self._examples
        for index in np.ndindex(examples.int_sizes):
            place = dict(zip(examples.names, index, strict=True))
            given = (
                array[tuple(place[name] for name in layout if name in place)]
                for array, layout in zip(arrays, layouts, strict=True)
            )
            found = self._function(*map(np.asarray, given))
            for result, value in zip(results, found, strict=True):
                result[index] = value
        return results


@final
class Errors:
    """What functions raise in programs, by number: frameworks would lose what it is."""

    _MOST = 16

    def __init__(self) -> None:
        """None yet."""
        self._numbers = count(1)
        self._by_number: dict[int, Exception] = {}

    def guarded(self, function: Callable[..., Arrays], types: ArrayTypes) -> Callable[..., Arrays]:
        """Function that never raises: gives NaN and zeros, and after these the error's number.

        It runs with the precision and the defaults of now, and apart from the context of its
        caller, which may be a thread of the framework.
        """
        bits, defaults = precision_bits(), default()

        def run(arrays: Arrays) -> Arrays:
            with precision(bits), using(*defaults):
                return function(*arrays)

        def call(*arrays: np.ndarray) -> Arrays:
            try:
                return (*Context().run(run, arrays), np.asarray(0, np.float32))
            except Exception as error:  # of any kind; the call of the program raises it
                return (*map(_nothing, types), np.asarray(self._kept(error), np.float32))

        return call

    def report(self, number: Tensor) -> None:
        """Raise the error of this number each time that the program has run."""
        number = stop_gradient(number)
        effect(number, self._raise, number)

    def _raise(self, number: Tensor) -> None:
        error = self._by_number.pop(int(float(number)), None)
        if error is not None:
            raise error

    def _kept(self, error: Exception) -> int:
        number = next(self._numbers) % 2**24  # exact as a number in single precision
        self._by_number[number] = error
        if len(self._by_number) > self._MOST:  # nobody asked for the oldest
            del self._by_number[next(iter(self._by_number))]
        return number


def _nothing(array: tuple[tuple[int, ...], DType]) -> np.ndarray:
    sizes, dtype = array
    return np.full(sizes, np.nan if dtype.is_floating else 0, dtype.name)

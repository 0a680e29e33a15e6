"""Functions of NumPy arrays, such as solvers in other libraries, with their derivatives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

import numpy as np

from phimath.dimension import batch
from phimath.errors import NotSupported, ShapeError
from phimath.reduce import sum as sum_of
from phimath.shape import merge_shapes
from phimath.tensor import Tensor
from phimath.tensor_tree import tensors_in
from phimath.transform.custom_gradient import custom_gradient
from phimath.transform.effects import is_tracing
from phimath.transform.gradient import has_derivatives
from phimath.transform.host.call import HostOperation
from phimath.transform.host.tree import HostTree, announced, form_of, found
from phimath.transform.loop.scan_rule import split
from phimath.tree import flatten
from phimath.wrap import wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from phimath.shape import DimFilter, Shape


def numpy_call(
    function: Callable[..., Any],
    *args: Any,
    output: Any = None,
    gradient: Callable[..., Any] | None = None,
    jvp: Callable[..., Any] | None = None,
    loop: DimFilter = batch,
) -> Any:
    """Call a function of NumPy arrays, such as a solver of another library, on any backend.

    Eagerly, in compiled functions and loops, and differentiable if it is said how.  A sparse
    system, whose matrix has its entries at `rows` and `columns`, as one operation:

        def solve(values, b):
            return splu(csc_matrix((values, (rows, columns)))).solve(b)

        def adjoint(inputs, x, cotangent):
            y = splu(csc_matrix((inputs[0], (columns, rows)))).solve(cotangent)
            return -y[rows] * x[columns], y

        x = numpy_call(solve, values, b, output=b, gradient=adjoint)

    Args:
        function: Takes `args` with read-only arrays in the place of tensors, whose axes are the
            dimensions in the order of `tensor.shape`.  Depends on nothing else that changes.
            Returns an array or a tree of arrays like `output`.  Programs run it in a context of
            its own, maybe in another thread, and not at all if nothing depends on it.
        args: Tensors, trees of tensors, and anything else as it is.
        output: What the function returns for one example, by example: a tensor, a shape (of
            floating numbers), or a tree of these; or a function of `args` that gives it.  Axes are
            in the order of its dimensions.  May be left out where values are known, if the
            function returns numbers or tensors, as by `wrap(array, spatial('x,y'))`.
        gradient: `gradient(inputs, output, cotangent)` returns a tuple of the cotangents of `args`,
            each with arrays like the argument, or `None` for zero.  Takes arrays, too: `inputs` is
            `args`, and the others have the form of the output.
        jvp: The same derivative for forward mode: `jvp(inputs, output, tangents)` returns the
            tangent of the output; `tangents` has the form of `inputs`.
        loop: Dimensions along which the function is called element by element: it sees arrays
            without these.  By default batch dimensions; `loop=()` for functions that take them.

    Returns:
        Tensors in the form of `output`, with the dimensions of the loop in front.  Floating ones
        have the precision of the context.

    Rules have no derivative themselves.  For higher orders, write the rule with tensors instead:
    `custom_gradient` of a function that makes numpy calls.

    Raises:
        NotSupported: the output must be known before it is there; a derivative is taken that is not
            given.
        ShapeError: the function or a rule returns other structures or sizes than announced.
        DTypeError: it returns numbers that lose their imaginary or fractional part.
        Whatever the function raises; in compiled functions, after the program ran.
    """
    call = _Call(function, args, output, gradient, jvp, loop)
    if not has_derivatives(call.tensors):
        return call.evaluate(*call.tensors)
    return custom_gradient(call.evaluate, call.cotangents, jvp=call.tangent)(*call.tensors)


@final
class _Call:
    """One call: its arguments, taken apart, and the rules of its derivatives."""

    def __init__(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        output: Any,
        gradient: Callable[..., Any] | None,
        jvp: Callable[..., Any] | None,
        loop: DimFilter,
    ) -> None:
        self.tensors, self._structure = flatten(args, Tensor)
        self._function = function
        self._name = getattr(function, "__name__", repr(function))
        self._gradient = gradient
        self._jvp = jvp
        self._loop = merge_shapes(*(tensor.shape.only(loop) for tensor in self.tensors))
        example = output(*args) if callable(output) else output
        self._output = None if example is None else announced(example, self._loop)

    def evaluate(self, *tensors: Tensor) -> Any:
        """Output."""
        call, output = self._called, self._output
        if output is None:
            first = self._first_result(tensors)
            output = found(first, self._name)
            call = _Remembered(call, first)
        results = self._operation(call, output, self._name)(tensors)
        return output.structure.unflatten(results)

    def cotangents(self, inputs: dict[str, Any], output: Any, cotangent: Any) -> dict[str, Any]:
        """By the rule for reverse mode."""
        rule, tensors = self._gradient, inputs["tensors"]
        if rule is None:
            raise self._no_rule("gradient=rule")
        values, structure = flatten(output, Tensor)
        slopes = tensors_in(cotangent)
        counts = len(tensors), len(values), len(slopes)

        def run(*arrays: np.ndarray) -> Any:
            given, of_output, of_slopes = split(arrays, *counts)
            trees = structure.unflatten(of_output), structure.unflatten(of_slopes)
            return self._complete(rule(self._structure.unflatten(given), *trees), given)

        wanted = HostTree(self._structure, tuple(form_of(t, self._loop) for t in tensors))
        who = f"The gradient of {self._name}"
        results = iter(self._by_rule(run, wanted, who, (*tensors, *values, *slopes)))
        return {
            "tensors": tuple(
                wrap(0.0) if form is None else _summed(next(results), tensor, self._loop)
                for form, tensor in zip(wanted.forms, tensors, strict=True)
            )
        }

    def tangent(self, inputs: dict[str, Any], output: Any, tangents: dict[str, Any]) -> Any:
        """By the rule for forward mode."""
        rule, tensors, changes = self._jvp, inputs["tensors"], tangents["tensors"]
        values, structure = flatten(output, Tensor)
        wanted = HostTree(structure, tuple(form_of(value, self._loop) for value in values))
        if not wanted.wanted:
            return output
        if rule is None:
            raise self._no_rule("jvp=rule")
        counts = len(tensors), len(values), len(changes)

        def run(*arrays: np.ndarray) -> Any:
            given, of_output, of_changes = split(arrays, *counts)
            inputs, tangents = map(self._structure.unflatten, (given, of_changes))
            return rule(inputs, structure.unflatten(of_output), tangents)

        who = f"The jvp of {self._name}"
        results = iter(self._by_rule(run, wanted, who, (*tensors, *values, *changes)))
        pairs = zip(wanted.forms, values, strict=True)
        return structure.unflatten([v if form is None else next(results) for form, v in pairs])

    def _called(self, *arrays: np.ndarray) -> Any:
        return self._function(*self._structure.unflatten(arrays))

    def _operation(self, call: Callable[..., Any], output: HostTree, who: str) -> HostOperation:
        def run(*arrays: np.ndarray) -> list[np.ndarray]:
            return output.taken_apart(call(*arrays), who)

        return HostOperation(run, output.wanted, self._loop)

    def _by_rule(
        self, rule: Callable[..., Any], output: HostTree, who: str, tensors: tuple[Tensor, ...]
    ) -> tuple[Tensor, ...]:
        """What a rule gives, which can't be differentiated again."""

        def evaluate(*tensors: Tensor) -> tuple[Tensor, ...]:
            return self._operation(rule, output, who)(tensors)

        def refuse(*_: Any) -> Any:
            raise NotSupported(
                f"{who} is a function of arrays, which has no derivative itself. For forward mode "
                "give numpy_call(…, jvp=rule). For higher derivatives write the rule with tensors: "
                "custom_gradient(f, vjp), with a numpy_call in both f and vjp."
            )

        if not has_derivatives(tensors):
            return evaluate(*tensors)
        return custom_gradient(evaluate, refuse, jvp=refuse)(*tensors)

    def _first_result(self, tensors: Sequence[Tensor]) -> Any:
        """What the function returns for the first example, whose values are known."""
        if is_tracing() or not all(tensor.available for tensor in tensors):
            raise NotSupported(
                f"What {self._name} returns must be known before it is called in a program. "
                "Say it by example: numpy_call(…, output=x) if it is like x, or by a shape."
            )
        if not self._loop.volume:
            raise ShapeError(
                f"{self._name} is called once per element of {self._loop}, that is never. Say what "
                "it would return: numpy_call(…, output=…)."
            )
        first = dict.fromkeys(self._loop.names, 0)
        parts = [
            tensor[{name: i for name, i in first.items() if name in tensor.shape}]
            for tensor in tensors
        ]
        return self._called(*(part.numpy(part.shape) for part in parts))

    def _complete(self, entries: Any, given: Sequence[np.ndarray]) -> Any:
        """Cotangents of all arguments, with zeros in the place of `None`."""
        zeros = self._structure.unflatten([np.zeros_like(array) for array in given])
        if not isinstance(entries, tuple) or len(entries) != len(zeros):
            raise ShapeError(
                f"The gradient of {self._name} must return a tuple of {len(zeros)} cotangents, one "
                f"per argument (`None` for zero), not {type(entries).__name__}."
            )
        return tuple(z if e is None else e for e, z in zip(entries, zeros, strict=True))

    def _no_rule(self, how: str) -> NotSupported:
        return NotSupported(
            f"numpy_call can't see what {self._name} computes, to differentiate it. Give a rule: "
            f"numpy_call(…, {how}), or say that its arguments are constant: stop_gradient(x)."
        )


@final
class _Remembered:
    """A function whose first result is known."""

    def __init__(self, function: Callable[..., Any], first: Any) -> None:
        self._function = function
        self._known = [first]

    def __call__(self, *arrays: np.ndarray) -> Any:
        return self._known.pop() if self._known else self._function(*arrays)


def _summed(cotangent: Tensor, tensor: Tensor, loop: Shape) -> Tensor:
    """Over the examples that share the tensor."""
    shared = loop.without(tensor.shape)
    return sum_of(cotangent, shared) if shared else cotangent


__all__ = ["numpy_call"]

"""Functions whose derivative is given."""

from __future__ import annotations

import inspect
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, TypeAlias, final

from phimath.backend.discovery import combine
from phimath.context import default_backend
from phimath.errors import ShapeError
from phimath.reduce import sum as sum_of
from phimath.sparse import Sparse
from phimath.sparse.patterns import entries_like
from phimath.stacked import Stacked
from phimath.tensor import Dense, Tensor
from phimath.tensor_tree import tensors_in, tree_map
from phimath.transform.closed import zeros_like
from phimath.transform.gradient import call_with
from phimath.transform.hidden import Hidden, with_hidden
from phimath.transform.natives import (
    TreeForm,
    disassemble,
    materialized,
    moved,
    numbers_as_tensors,
    signatures,
)
from phimath.transform.reverse import checked_like
from phimath.transform.scope import Surroundings, only_up_to
from phimath.transform.tracer.dual import DualBackend
from phimath.transform.tracer.dual.gradient import transposed
from phimath.transform.tracer.trees import host_zero, paired, tangents_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from phimath.backend.contract import Backend
    from phimath.broadcast import Native

Pullback: TypeAlias = "Callable[..., tuple[Native | None, ...]]"


def custom_gradient(
    function: Callable[..., Any],
    vjp: Callable[..., dict[str, Any]],
    *,
    jvp: Callable[..., Any] | None = None,
) -> Callable[..., Any]:
    """Function with the values of `function` and the derivative of `vjp`.

    Args:
        function: Returns a tree of tensors.  What it uses of around it is not differentiated.
        vjp: Called as `vjp(inputs, output, cotangent)`, with the arguments by name and the
            cotangent in the form of the output.  Returns the cotangents of arguments by name, each
            in the form of its argument; those left out or `None` get none.  Computes with the
            precision that the call of the function had.
        jvp: The same derivative for forward mode: called as `jvp(inputs, output, tangents)`, with
            the tangents of the arguments by name, each in the form of its argument, zero for
            constants, and `None` for arguments without floating tensors.  Returns the tangent of
            the output in its form.  Without it, forward mode is derived from `vjp`, which costs a
            gradient of that and is not possible on NumPy.

    Source: vector-Jacobian product, Griewank and Walther, Evaluating Derivatives, chapter 3.
    """

    @wraps(function)
    def evaluate(*args: Any, **kwargs: Any) -> Any:
        bound = inspect.signature(function).bind(*args, **kwargs)
        bound.apply_defaults()
        call = _Call(function, vjp, bound)
        if isinstance(call.backend, DualBackend):
            with only_up_to(call.backend.inner):
                return _pushed_forward(call, call.backend, evaluate, jvp)
        with only_up_to(call.backend):
            return call.evaluated()

    return evaluate


@final
class _Call:
    """One call of the function: its arguments, taken apart, and the form of its output."""

    def __init__(
        self,
        function: Callable[..., Any],
        vjp: Callable[..., dict[str, Any]],
        bound: inspect.BoundArguments,
    ) -> None:
        self.function = function
        self.vjp = vjp
        self.bound = bound
        natives, self.form = disassemble(tuple(bound.arguments.values()))
        parts = signatures(self.form)
        backend = combine([part.backend for part in parts]) if parts else default_backend()
        # NumPy joins the default backend, as in all transforms.
        self.backend = default_backend() if backend.name == "numpy" else backend
        self.natives = moved(natives, parts, self.backend)

    def by_name(self, natives: Sequence[Native], backend: Backend[Any]) -> dict[str, Any]:
        """Arguments with these arrays."""
        return _by_name(tuple(self.bound.arguments), self.form, natives, backend)

    def evaluated(self) -> Any:
        """Output, which the backend differentiates by the rule."""
        backend, forms, hidden = self.backend, list[TreeForm](), list[Hidden]()

        def forward(*arrays: Native) -> tuple[Native, ...]:
            inputs = self.by_name(arrays, backend)
            output, happened, what = with_hidden(
                lambda: call_with(self.function, self.bound, inputs), backend
            )
            results, form = disassemble(tree_map(materialized, output))
            forms.append(form)
            hidden.append(what)
            return (*moved(results, signatures(form), backend), *happened)

        pullback = self.pullback(backend, forms)
        results = iter(backend.custom_gradient(forward, pullback, self.natives))
        output = forms[-1].assemble(results, backend)
        hidden[-1].pass_on(results, backend)
        return output

    def pullback(self, backend: Backend[Any], forms: Sequence[TreeForm]) -> Pullback:
        """The rule for native arrays, which begin with the output; the last of `forms` is its."""
        surroundings = Surroundings()
        # What the call holds besides the form of its arguments may be large.
        by_name, vjp = partial(_by_name, tuple(self.bound.arguments), self.form), self.vjp

        def backward(
            inputs: tuple[Native, ...],
            results: tuple[Native, ...],
            cotangents: tuple[Native | None, ...],
        ) -> tuple[Native | None, ...]:
            named = by_name(inputs, backend)
            output = forms[-1].assemble(results, backend)
            complete = (
                zeros_like(backend, result) if cotangent is None else cotangent
                for cotangent, result in zip(cotangents, results, strict=True)
            )
            cotangent = forms[-1].assemble(complete, backend)
            with only_up_to(backend):
                given = surroundings.run(vjp, named, output, cotangent)
                return surroundings.run(_input_cotangents, given, named)

        return backward


def _by_name(
    names: Sequence[str], form: TreeForm, natives: Sequence[Native], backend: Backend[Any]
) -> dict[str, Any]:
    return dict(zip(names, form.assemble(natives, backend), strict=True))


def _pushed_forward(
    call: _Call,
    tracer: DualBackend,
    evaluate: Callable[..., Any],
    rule: Callable[..., Any] | None,
) -> Any:
    """Output and its tangent: both are computed outside of this forward mode."""
    inner = tracer.inner
    primals = tuple(native.primal for native in call.natives)
    inputs = call.by_name(primals, inner)
    # The inner backend has derivatives of its own, by the same rules.
    output = numbers_as_tensors(call_with(evaluate, call.bound, inputs))
    changes = [native.tangent for native in call.natives]
    if all(change is None for change in changes):
        return output
    if rule is not None:
        duals = call.by_name(call.natives, tracer)
        tangents = {
            name: tangents_of(tree, tracer, host_zero) if tensors_in(tree) else None
            for name, tree in duals.items()
        }
        tangent = checked_like(rule(inputs, output, tangents), output, "jvp's result", "output")
        return paired(output, tangent, tracer)
    results, form = disassemble(tree_map(materialized, output))
    results = moved(results, signatures(form), inner)

    def pullback(*parts: tuple[Native, ...]) -> tuple[Native | None, ...]:
        # Made in the context of the gradient that differentiates it.
        return call.pullback(inner, [form])(*parts)

    found = transposed(inner, pullback, primals, tuple(results), changes)
    pairs = zip(results, found, strict=True)
    return form.assemble([tracer.dual(result, tangent) for result, tangent in pairs], tracer)


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
    if isinstance(tensor, Sparse):
        values = _stored_like(entries_like(cotangent, tensor), tensor.values)
        return tensor.with_values(values)
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

"""Functions of tensors as graphs of PyTorch's operations, recorded by running them once.

This is what `make_fx` does, without its detour through the symbolic tracer of `torch.fx`, which
replaces methods of `nn.Module` for all threads: here, recording is safe while another thread
optimises.  A tensor in a graph that is no input is an attribute of its module.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import torch
from torch import Tensor
from torch._higher_order_ops.while_loop import while_loop_op
from torch._ops import OpOverload
from torch._subclasses import FakeTensorMode
from torch._subclasses.fake_tensor import (
    DataDependentOutputException,
    DynamicOutputShapeException,
)
from torch.fx import Graph, GraphModule
from torch.fx.experimental.proxy_tensor import (
    ProxyTorchDispatchMode,
    PythonKeyTracer,
    disable_proxy_modes_tracing,
    get_proxy_mode,
    track_tensor_tree,
)

from phimath.errors import BackendError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch.fx import Node

_SAME_VALUE: Final = {
    torch.ops.aten.alias.default,
    torch.ops.aten.detach.default,
    torch.ops.aten.lift_fresh.default,
    torch.ops.aten.lift_fresh_copy.default,
}
"""Operations that matter to a tape of derivatives only, or protect from writing in place."""


class _Recording(NamedTuple):
    """A graph, the tracer that still owns it, and the outputs as the function returned them."""

    tracer: PythonKeyTracer
    outputs: tuple[Tensor, ...]

    def attribute(self, node: Node) -> object:
        """What a node of kind `get_attr` reads."""
        return getattr(self.tracer.root, str(node.target))

    def module(self) -> GraphModule:
        """The graph, simplified, with the tensors and graphs that it refers to."""
        graph = self.tracer.graph
        for node in list(graph.nodes):
            if node.target in _SAME_VALUE:
                node.replace_all_uses_with(operands(node)[0])
        graph.eliminate_dead_code()
        return GraphModule(self.tracer.root, graph)


def operands(node: Node) -> tuple[Any, ...]:
    """What an operation is called with: other nodes, and values of any type."""
    return node.args


def is_recording() -> bool:
    """Whether this thread is inside of `capture`, or of PyTorch's own tracing."""
    return get_proxy_mode() is not None


def capture(function: Callable[..., tuple[Tensor, ...]], sample: Sequence[Tensor]) -> GraphModule:
    """Graph of `function` for contiguous tensors with the sizes and types of `sample`."""
    # Without an environment for symbolic sizes, sizes that depend on values raise.
    with torch.no_grad(), FakeTensorMode(allow_non_fake_inputs=True):
        inputs = [_like(array) for array in sample]
        try:
            return _record(function, inputs).module()
        except DynamicOutputShapeException as error:
            raise BackendError(
                f"The sizes of the result of {error.func} depend on the values of a traced tensor, "
                "which don't exist while a function is compiled. Use operations with fixed sizes, "
                "e.g. `where` instead of a mask, or do this step outside of the compiled function."
            ) from error
        except DataDependentOutputException as error:
            raise BackendError(
                "A traced tensor was used where Python needs its value, e.g. in `if`, `while` or "
                "`float()`, but it has none while a function is compiled. Use `where` or "
                "`while_loop`, or do this step outside of the compiled function."
            ) from error


def capture_loop(
    condition: Callable[..., Tensor],
    body: Callable[..., tuple[Tensor, ...]],
    state: Sequence[Tensor],
) -> tuple[Tensor, ...]:
    """Record one node that loops over the graphs of `condition` and `body`."""
    outer = get_proxy_mode()
    assert outer is not None, "capture_loop is called while recording"
    with torch.no_grad():
        state = tuple(_plain(array.detach()) for array in state)
        with disable_proxy_modes_tracing():
            test = _record(lambda *arrays: (condition(*arrays),), [_like(a) for a in state])
            step = _record(
                lambda *arrays: tuple(_plain(output) for output in body(*arrays)),
                [_like(array) for array in state],
            )
            results = tuple(_like(array) for array in state)
    _check_metadata(test.outputs, step.outputs, state)
    around = _lift_attributes((test, step))
    _separate_outputs(step.tracer.graph)
    flag = _output(test.tracer.graph)
    flag.args = operands(flag)[0]  # a condition returns the scalar itself, not a tuple of it
    tracer, modules = outer.tracer, (test.module(), step.module())
    first = len(list(tracer.root.children()))
    names = (f"loop_condition_{first}", f"loop_body_{first + 1}")
    for name, module in zip(names, modules, strict=True):
        tracer.root.register_module(name, module)
    loop = tracer.create_proxy(
        "call_function",
        while_loop_op,
        (
            *(tracer.create_proxy("get_attr", name, (), {}) for name in names),
            tuple(tracer.unwrap_proxy(array) for array in state),
            tuple(tracer.unwrap_proxy(array) for array in around),
        ),
        {},
    )
    _separate_inputs(loop.node)
    return track_tensor_tree(results, loop, constant=None, tracer=tracer)


def _record(function: Callable[..., tuple[Tensor, ...]], inputs: Sequence[Tensor]) -> _Recording:
    """Run `function` on fake tensors, which are tracked, in the fake mode that is active."""
    tracer = PythonKeyTracer()
    tracer.root = torch.nn.Module()
    tracer.graph = Graph(tracer_cls=PythonKeyTracer)
    tracer.tensor_attrs = {}
    proxies = [tracer.create_proxy("placeholder", f"a{i}", (), {}) for i in range(len(inputs))]
    with disable_proxy_modes_tracing():
        track_tensor_tree(list(inputs), proxies, constant=None, tracer=tracer)
        with ProxyTorchDispatchMode(tracer, "fake"):
            outputs = tuple(function(*inputs))
    tracer.graph.output(tuple(tracer.create_arg(tracer.unwrap_proxy(o)) for o in outputs))
    return _Recording(tracer, outputs)


def _like(array: Tensor) -> Tensor:
    return torch.empty(array.shape, dtype=array.dtype, device=array.device)


def _plain(array: Tensor) -> Tensor:
    """The same values, contiguous and computed."""
    return array.resolve_conj().resolve_neg().contiguous()


def _check_metadata(
    test: tuple[Tensor, ...], outputs: tuple[Tensor, ...], state: tuple[Tensor, ...]
) -> None:
    flag = test[0]
    if flag.shape or flag.dtype is not torch.bool:
        raise BackendError(
            "The condition of a loop must be a boolean scalar, but has sizes "
            f"{tuple(flag.shape)} and type {flag.dtype}."
        )
    found = [(tuple(o.shape), o.dtype, o.device) for o in outputs]
    expected = [(tuple(s.shape), s.dtype, s.device) for s in state]
    if found != expected:
        raise BackendError(
            "The body of a loop must return arrays with the sizes, types and devices of its "
            f"state, which are {expected}, but it returns {found}."
        )


def _lift_attributes(recordings: Sequence[_Recording]) -> list[Tensor]:
    """Turn tensors from around loops into further inputs, the same of all `recordings`."""
    around: dict[int, Tensor] = {}
    readers: list[list[tuple[Node, int]]] = []
    for recording in recordings:
        found: list[tuple[Node, int]] = []
        for node in recording.tracer.graph.find_nodes(op="get_attr"):
            value = recording.attribute(node)
            if isinstance(value, Tensor):
                around.setdefault(id(value), value)
                found.append((node, id(value)))
        readers.append(found)
    for recording, found in zip(recordings, readers, strict=True):
        graph = recording.tracer.graph
        body = next(node for node in graph.nodes if node.op != "placeholder")
        with graph.inserting_before(body):
            inputs = {key: graph.placeholder(f"around_{i}") for i, key in enumerate(around)}
        for node, key in found:
            node.replace_all_uses_with(inputs[key])
            graph.erase_node(node)
            if hasattr(recording.tracer.root, str(node.target)):
                delattr(recording.tracer.root, str(node.target))
    return list(around.values())


def _separate_outputs(graph: Graph) -> None:
    """Copy outputs that share memory with an input or another output: compilers forbid both."""
    output = _output(graph)
    inputs: set[object] = set(graph.find_nodes(op="placeholder"))
    output.args = (_separate(operands(output)[0], output, inputs),)


def _separate_inputs(loop: Node) -> None:
    """Copy arrays that a loop is given twice, e.g. as two entries of its state."""
    test, step, state, around = operands(loop)
    distinct = _separate((*around, *state), loop, set())
    loop.args = (test, step, distinct[len(around) :], distinct[: len(around)])


def _separate(nodes: Sequence[Node], user: Node, taken: set[object]) -> tuple[Node, ...]:
    results: list[Node] = []
    for node in nodes:
        base = _base(node)
        memory = base.target if base.op == "get_attr" else base
        if memory in taken:
            with user.graph.inserting_before(user):
                copied = user.graph.call_function(torch.ops.aten.clone.default, (node,))
            copied.meta = {**node.meta, "only_for_compilers": True}
            results.append(copied)
        else:
            taken.add(memory)
            results.append(node)
    return tuple(results)


def _output(graph: Graph) -> Node:
    return next(iter(graph.find_nodes(op="output")))


def _base(node: Node) -> Node:
    """The node whose memory a chain of views shows."""
    while node.op == "call_function" and (
        node.target is operator.getitem
        or node.target in _SAME_VALUE
        or (isinstance(node.target, OpOverload) and node.target.is_view)
    ):
        if node.target is operator.getitem and operands(node)[0].target is while_loop_op:
            return node
        node = operands(node)[0]
    return node

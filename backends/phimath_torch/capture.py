"""Functions of tensors as graphs of PyTorch's operations, recorded by running them once.

This is what `make_fx` does, without its detour through the symbolic tracer of `torch.fx`, which
replaces methods of `nn.Module` for all threads: here, recording is safe while another thread
optimises.  A tensor in a graph that is no input is an attribute of its module.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NamedTuple

import torch
from torch import Tensor
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
from phimath_torch.nodes import operands
from phimath_torch.simplify import remove_unused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from torch.fx import Node

SAME_VALUE: Final = {
    torch.ops.aten.alias.default,
    torch.ops.aten.detach.default,
    torch.ops.aten.lift_fresh.default,
    torch.ops.aten.lift_fresh_copy.default,
}
"""Operations that matter to a tape of derivatives only, or protect from writing in place."""


class Recording(NamedTuple):
    """A graph, the tracer that still owns it, and inputs and outputs as the function had them."""

    tracer: PythonKeyTracer
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]

    @property
    def output(self) -> Node:
        """The node that says what the graph returns."""
        return next(iter(self.tracer.graph.find_nodes(op="output")))

    def attribute(self, node: Node) -> object:
        """What a node of kind `get_attr` reads."""
        return getattr(self.tracer.root, str(node.target))

    def module(self) -> GraphModule:
        """The graph, simplified, with the tensors and graphs that it refers to."""
        graph = self.tracer.graph
        for node in list(graph.nodes):
            if node.target in SAME_VALUE:
                node.replace_all_uses_with(operands(node)[0])
        remove_unused(graph)
        return GraphModule(self.tracer.root, graph)


def is_recording() -> bool:
    """Whether this thread is inside of `capture`, or of PyTorch's own tracing."""
    return get_proxy_mode() is not None


def capture(function: Callable[..., tuple[Tensor, ...]], sample: Sequence[Tensor]) -> GraphModule:
    """Graph of `function` for contiguous tensors with the sizes and types of `sample`."""
    # Without an environment for symbolic sizes, sizes that depend on values raise.
    with torch.no_grad(), FakeTensorMode(allow_non_fake_inputs=True), explained():
        return record(function, [like(array) for array in sample]).module()


@contextmanager
def explained() -> Iterator[None]:
    """Say in our words what PyTorch raises where a function needs values that do not exist yet."""
    try:
        yield
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


def record(function: Callable[..., tuple[Tensor, ...]], inputs: Sequence[Tensor]) -> Recording:
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
    return Recording(tracer, tuple(inputs), outputs)


def record_apart(
    function: Callable[..., tuple[Tensor, ...]], sample: Sequence[Tensor]
) -> Recording:
    """Record a part of what is being recorded as a graph of its own."""
    with disable_proxy_modes_tracing():
        return record(function, [like(array) for array in sample])


def lift_attributes(
    recordings: Sequence[Recording], wanted: Callable[[Tensor], bool] = lambda tensor: True
) -> list[Tensor]:
    """Turn tensors from around functions into further inputs, the same of all `recordings`."""
    around: dict[int, Tensor] = {}
    readers: list[list[tuple[Node, int]]] = []
    for recording in recordings:
        found: list[tuple[Node, int]] = []
        for node in recording.tracer.graph.find_nodes(op="get_attr"):
            value = recording.attribute(node)
            if isinstance(value, Tensor) and wanted(value):
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


def like(array: Tensor) -> Tensor:
    """Tensor of the same sizes, type and device; without memory in the fake mode."""
    return torch.empty(array.shape, dtype=array.dtype, device=array.device)


def plain(array: Tensor) -> Tensor:
    """The same values, contiguous and computed."""
    return array.resolve_conj().resolve_neg().contiguous()

"""Graphs that call Python, in regions around these calls, which XLA translates one by one."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final, final

from phimath_tensorflow.library import keep_with_graph, tf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

Arrays = tuple[tf.Tensor, ...]
Known = dict[str, tf.Tensor]
"""Tensors by their names in the graph."""

_log = logging.getLogger("phimath")

HOST_CALLS: Final = frozenset({"PyFunc", "PyFuncStateless", "EagerPyFunc"})


_WORSE_BY_XLA: Final = {
    "SelfAdjointEigV2": "XLA's eigh is wrong by 4e-10 in double precision and translates for 1 s.",
}


def reason_against_xla(graph: Any) -> str | None:
    """Why XLA must not translate a concrete function, `None` if nothing is known against it."""
    operations = _operations_in(graph)
    return next((text for name, text in _WORSE_BY_XLA.items() if name in operations), None)


def _operations_in(graph: Any) -> set[str]:
    """Kinds of operations in a concrete function, of no public type, and in all that it calls."""
    definition = graph.graph.as_graph_def()
    functions = (node for part in definition.library.function for node in part.node_def)
    return {node.op for nodes in (definition.node, functions) for node in nodes}


def calls_host(graph: Any) -> bool:
    """Whether a concrete function calls Python."""
    return not HOST_CALLS.isdisjoint(_operations_in(graph))


@final
class Regions:
    """A graph as a function that calls Python between parts translated by XLA.

    A region holds the operations that depend on as many calls one after the other.  Loops that call
    Python are such calls, too.
    """

    def __init__(self, graph: Any) -> None:
        """Of a concrete function that calls Python."""
        self._whole = graph
        self._definition = graph.graph.as_graph_def()
        self._nodes = {node.name: node for node in self._definition.node}
        operations = graph.graph.get_operations()
        self._tensors = {t.name: t for op in operations for t in (*op.inputs, *op.outputs)}
        self._inputs = [tensor.name for tensor in graph.inputs]
        self._outputs = [tensor.name for tensor in graph.outputs]
        self._sources = {op.name: [t.name for t in op.inputs] for op in operations}
        calling = _functions_on_host(self._definition.library.function)
        self._hosts = {n.name for n in self._definition.node if _is_on_host(n, calling)}
        self._depths = self._depths_of([op.name for op in operations])

    def __call__(self, *arrays: tf.Tensor) -> Arrays:
        """Results for arguments and captured tensors; adds to the graph that is being built."""
        keep_with_graph(self._whole)  # copied calls know their functions by name only
        # Copied operations can't read the arrays of a graph around this one, but this can.
        known = dict(zip(self._inputs, map(tf.identity, arrays), strict=True))
        for depth in range(1 + max(self._depths.values())):
            wanted = self._read_elsewhere(depth, known)
            if wanted:
                self._add_region(wanted, known)
            for host in self._hosts:
                if self._depths[host] == depth:
                    self._add_host(host, known)
        return tuple(known[name] for name in self._outputs)

    def _depths_of(self, operations: Sequence[str]) -> dict[str, int]:
        """How many calls one after the other an operation depends on."""
        depths: dict[str, int] = {}
        for name in operations:  # what they read comes first
            sources = map(_operation_of, self._sources[name])
            depths[name] = max((depths[s] + (s in self._hosts) for s in sources), default=0)
        return depths

    def _read_elsewhere(self, depth: int, known: Known) -> list[str]:
        """Tensors of a region that are results, or read by others and by calls."""
        read = [
            source
            for name, sources in self._sources.items()
            if name in self._hosts or self._depths[name] != depth
            for source in sources
        ]
        return [
            tensor
            for tensor in dict.fromkeys((*read, *self._outputs))
            if tensor not in known
            and (name := _operation_of(tensor)) not in self._hosts
            and self._depths[name] == depth
        ]

    def _add_region(self, wanted: list[str], known: Known) -> None:
        given: dict[str, None] = {}
        inside: dict[str, None] = {}
        waiting = list(wanted)
        while waiting:
            tensor = waiting.pop()
            name = _operation_of(tensor)
            if tensor in known:
                given[tensor] = None
            elif name not in inside:
                inside[name] = None
                waiting += self._sources[name]

        def region(*inputs: tf.Tensor) -> Arrays:
            return self._imported(inside, dict(zip(given, inputs, strict=True)), wanted)

        inputs = [known[name] for name in given]
        known.update(zip(wanted, _translated(region, inputs)(*inputs), strict=True))

    def _add_host(self, host: str, known: Known) -> None:
        given = {name: known[name] for name in self._sources[host]}
        results = [name for name in self._tensors if _operation_of(name) == host]
        known.update(zip(results, self._imported([host], given, results), strict=True))

    def _imported(
        self, operations: Iterable[str], given: Mapping[str, tf.Tensor], wanted: Sequence[str]
    ) -> Arrays:
        """Operations copied into the graph that is being built; the tensors wanted of them."""
        definition = tf.compat.v1.GraphDef(versions=self._definition.versions)
        for name in operations:
            node = definition.node.add()
            node.CopyFrom(self._nodes[name])
            # Nothing here has effects that would have to come one after the other.
            node.input[:] = [source for source in node.input if not source.startswith("^")]
        functions = {f.signature.name: f for f in self._definition.library.function}
        for name in _called_by(definition.node, functions):
            definition.library.function.add().CopyFrom(functions[name])
        results = tf.graph_util.import_graph_def(
            definition, dict(given), list(wanted), name="imported"
        )
        for tensor, name in zip(results, wanted, strict=True):
            tensor.set_shape(self._tensors[name].shape)
        return tuple(results)


def _translated(region: Callable[..., Arrays], inputs: Sequence[tf.Tensor]) -> Any:
    """The region by XLA, or as it is if that can't."""
    signature = [tf.TensorSpec(a.shape, a.dtype) for a in inputs]
    function: Any = tf.function(region, autograph=False, jit_compile=True)
    with tf.init_scope():
        try:
            if reason_against_xla(function.get_concrete_function(*signature)) is None:
                function.experimental_get_compiler_ir(*signature)(stage="hlo")
                return function
        except (ValueError, tf.errors.OpError) as error:
            _log.info("XLA can't translate a part of a compiled function: %s", error)
    return tf.function(region, autograph=False)


def _operation_of(tensor: str) -> str:
    return tensor.rpartition(":")[0]


def _is_on_host(node: Any, calling: Iterable[str]) -> bool:
    return node.op in HOST_CALLS or not set(calling).isdisjoint(_functions_of(node))


def _functions_of(node: Any) -> set[str]:
    """Names of the functions that a node, of no public type, calls."""
    attributes = node.attr.values()
    names = {attribute.func.name for attribute in attributes if attribute.HasField("func")}
    names.update(f.name for attribute in attributes for f in attribute.list.func)
    return names | {node.op}


def _functions_on_host(library: Iterable[Any]) -> set[str]:
    """Names of the functions that call Python, themselves or by others."""
    found: set[str] = set()
    while True:
        more = {
            function.signature.name
            for function in library
            if any(_is_on_host(node, found) for node in function.node_def)
        }
        if more == found:
            return found
        found = more


def _called_by(nodes: Iterable[Any], functions: Mapping[str, Any]) -> set[str]:
    """Names of the functions that nodes call, themselves or by others."""
    found: set[str] = set()
    waiting = list(nodes)
    while waiting:
        more = (_functions_of(waiting.pop()) & functions.keys()) - found
        found |= more
        waiting += [node for name in more for node in functions[name].node_def]
    return found

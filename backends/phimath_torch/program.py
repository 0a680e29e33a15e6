"""Graphs as Python functions that run operation by operation, with little in between.

Measured on 10×10 tensors: `torch.add` takes 1.7 µs, the operator `aten.add.Tensor` that a graph
names 2.4 to 2.9, a slice 1.6 instead of 2.8.  So common operators are called by their Python
function.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple, final

import torch
from torch import Tensor
from torch._higher_order_ops.while_loop import while_loop_op
from torch._ops import OpOverload
from torch.fx import GraphModule, Node

from phimath.errors import BackendError
from phimath_torch.loop_nodes import (
    Metadata,
    replay,
    replay_loop,
    scan,
    scan_loop,
    while_loop,
)
from phimath_torch.nodes import BODY_INPUTS, HOST, KEPT, operands

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_FUNCTIONS: Final = frozenset(
    "add sub mul div neg reciprocal abs sqrt rsqrt exp log sin cos tanh pow eq ne lt le gt ge "
    "where sum amax amin any all cat stack permute unsqueeze maximum minimum logical_and "
    "logical_or logical_not floor ceil sgn index_select index_add mm bmm select squeeze".split()
)
"""Operators with a function in `torch` that takes the same arguments."""

_METHODS: Final = {
    torch.ops.aten.view.default: Tensor.view,
    torch.ops.aten.expand.default: Tensor.expand,
}


_RUN_FROM_PYTHON: Final = (scan_loop, replay_loop)

Run = Callable[..., tuple[Tensor, ...]]


@final
class Part:
    """A graph that can be compiled by itself, and the function that runs it now."""

    def __init__(
        self,
        python: Run,
        module: GraphModule,
        inputs: tuple[Metadata, ...],
        use: Callable[[Run], None] | None = None,
    ) -> None:
        """`use` takes the function to run from now on; by default, `run` does."""
        self.python = self.run = python
        self.module = module
        self.inputs = inputs
        self.use = use or self._use

    def _use(self, run: Run) -> None:
        self.run = run

    def __call__(self, *arrays: Tensor) -> tuple[Tensor, ...]:
        """Results of the graph."""
        return self.run(*arrays)


class PythonProgram(NamedTuple):
    """Function with the inputs and outputs of a graph, and the bodies of its innermost scans."""

    run: Run
    bodies: tuple[Part, ...]


def python_program(module: GraphModule) -> PythonProgram:
    """Write the function; in a graph that is being recorded, it records its operations."""
    writer = _Writer()
    name = writer.write(module)
    return PythonProgram(writer.namespace[name], tuple(writer.bodies))


def entry(count: int, program: object) -> Callable[..., tuple[Tensor, ...]]:
    """Function of `count` tensors that calls `program.run` with them in the form of the capture.

    Without derivatives, which a program does not have.  Written out because a loop over the
    arguments would take as long as an operation.
    """
    names = [f"a{i}" for i in range(count)]
    inputs = ", ".join(names)
    body = "".join(
        f"        if not {a}.is_contiguous() or {a}.is_conj() or {a}.is_neg():\n"
        f"            {a} = plain({a})\n"
        for a in names
    )
    text = f"""
def enter({inputs}):
    graded = is_grad_enabled()
    if graded:
        if {" or ".join(f"{a}.requires_grad" for a in names) or "False"}:
            refuse()
        set_grad_enabled(False)
    try:
{body}        return program.run({inputs})
    finally:
        if graded:
            set_grad_enabled(True)
"""
    namespace: dict[str, Any] = {
        "is_grad_enabled": torch.is_grad_enabled,
        "set_grad_enabled": torch._C._set_grad_enabled,
        "plain": lambda array: array.resolve_conj().resolve_neg().contiguous(),
        "refuse": _refuse,
        "program": program,
    }
    exec(text, namespace)  # our own text, from a number
    enter = namespace["enter"]
    enter.program = program
    return enter


def _refuse() -> None:
    raise BackendError(
        "A compiled function was called with a tensor that requires a gradient, but has no "
        "derivative. Call the function itself, or compile the function with its gradient."
    )


class _Writer:
    """Functions of one program, in one namespace with their constants."""

    def __init__(self) -> None:
        self.namespace: dict[str, Any] = {}
        self.constants: dict[int, str] = {}
        self.bodies: list[Part] = []

    def constant(self, value: object) -> str:
        """Name of a value that has no literal, kept alive by the namespace."""
        name = self.constants.get(id(value))
        if name is None:
            name = f"c{len(self.constants)}"
            self.constants[id(value)] = name
            self.namespace[name] = value
        return name

    def write(self, module: GraphModule) -> str:
        """Add the function of a graph; its name."""
        nodes = list(module.graph.nodes)
        names = {node: f"v{i}" for i, node in enumerate(nodes)}
        last_use = {source: node for node in nodes for source in _read_by(node)}
        lines: list[str] = []
        for node in nodes:
            if node.op == "get_attr":
                value = getattr(module, str(node.target))
                names[node] = (
                    self.write(value) if isinstance(value, GraphModule) else self.constant(value)
                )
            elif node.meta.get("only_for_compilers"):
                lines.append(f"{names[node]} = {names[operands(node)[0]]}")
            elif node.op == "call_function":
                lines.extend(self._call(node, names))
            elif node.op == "output":
                lines.append(f"return {self._literal(operands(node)[0], names)}")
                break
            dead = [
                names[source]
                for source in _read_by(node)
                if last_use[source] is node and source.op != "get_attr"
            ]
            if dead:  # its memory is free for what follows
                lines.append(f"{' = '.join(dead)} = None")
        name = f"f{len(self.namespace)}"
        inputs = ", ".join(names[node] for node in nodes if node.op == "placeholder")
        source = "".join(f"    {line}\n" for line in lines)
        exec(f"def {name}({inputs}):\n{source}", self.namespace)  # our own text, from a graph
        return name

    def _call(self, node: Node, names: dict[Node, str]) -> Iterable[str]:
        result = names[node]
        if node.target is while_loop_op:
            return (f"{result} = {self._while(node, names)}",)
        if node.target is scan_loop:
            return (f"{result} = {self._scan(node, names)}",)
        if node.target is replay_loop:
            return (f"{result} = {self._replay(node, names)}",)
        if HOST in node.meta:
            return (f"{result} = {self._host_call(node, names)}",)
        if _is_slice(node):
            source, index = _index(node)
            return () if _is_cut_further(node) else (f"{result} = {names[source]}[{index}]",)
        values = [self._literal(argument, names) for argument in operands(node)]
        if node.target is operator.getitem:
            return (f"{result} = {values[0]}[{values[1]}]",)
        values += [f"{key}={self._literal(value, names)}" for key, value in node.kwargs.items()]
        return (f"{result} = {self.constant(_callable(node.target))}({', '.join(values)})",)

    def _while(self, node: Node, names: dict[Node, str]) -> str:
        test, step, state, around = operands(node)
        parts = (self._with_around(names[part], around, names) for part in (test, step))
        state_text = self._literal(tuple(state), names)
        return f"{self.constant(while_loop)}({', '.join(parts)}, {state_text})"

    def _scan(self, node: Node, names: dict[Node, str]) -> str:
        step, test, state, rows, around, length, count, reverse = operands(node)
        (inputs,) = node.meta[BODY_INPUTS]
        run = self._with_around(self._part(node, step, inputs, names), around, names)
        condition = "None" if test is None else self._with_around(names[test], around, names)
        arrays = (tuple(state), tuple(rows), length, count)
        given = ", ".join(self._literal(value, names) for value in arrays)
        kept = self.constant(node.meta[KEPT])
        return f"{self.constant(scan)}({run}, {condition}, {given}, {reverse}, {kept})"

    def _replay(self, node: Node, names: dict[Node, str]) -> str:
        step, back, state, cotangents, around, actions = operands(node)
        runs = [
            self._with_around(self._part(node, part, inputs, names), around, names)
            for part, inputs in zip((step, back), node.meta[BODY_INPUTS], strict=True)
        ]
        given = [self._literal(tuple(value), names) for value in (state, cotangents)]
        arguments = ", ".join((*runs, *given, self.constant(actions)))
        return f"{self.constant(replay)}({arguments})"

    def _host_call(self, node: Node, names: dict[Node, str]) -> str:
        given = ", ".join(names[array] for array in operands(node)[0])
        return f"{self.constant(node.meta[HOST])}({given})"

    def _part(
        self, node: Node, part: Node, inputs: tuple[Metadata, ...], names: dict[Node, str]
    ) -> str:
        """A function that is run from Python, such that it can be compiled if it holds none."""
        module = _submodule(node, part)
        if any(inner.target in _RUN_FROM_PYTHON for inner in module.graph.nodes):
            return names[part]
        found = Part(self.namespace[names[part]], module, inputs)
        self.bodies.append(found)
        return self.constant(found)

    def _with_around(self, function: str, around: Sequence[Node], names: dict[Node, str]) -> str:
        """The function of a part of a loop with the arrays from around it in place."""
        if not around:
            return function
        return f"lambda *a: {function}(*a, {', '.join(names[array] for array in around)})"

    def _literal(self, value: object, names: dict[Node, str]) -> str:
        if isinstance(value, Node):
            return names[value]
        if isinstance(value, tuple):
            return "(" + "".join(f"{self._literal(item, names)}, " for item in value) + ")"
        if isinstance(value, list):
            return "[" + ", ".join(self._literal(item, names) for item in value) + "]"
        if value is None or type(value) in (bool, int, str):
            return repr(value)
        if type(value) is float and math.isfinite(value):
            return repr(value)
        return self.constant(value)


def _submodule(node: Node, part: Node) -> GraphModule:
    owner = node.graph.owning_module
    assert owner is not None
    return getattr(owner, str(part.target))


def _read_by(node: Node) -> list[Node]:
    if not _is_slice(node):
        return node.all_input_nodes
    return [] if _is_cut_further(node) else [_index(node)[0]]


def _is_slice(node: Node) -> bool:
    return node.target is torch.ops.aten.slice.Tensor and not node.kwargs


def _is_cut_further(node: Node) -> bool:
    """Whether the only user of a slice is one along a later axis, which then cuts both."""
    user = next(iter(node.users))
    return len(node.users) == 1 and _is_slice(user) and operands(user)[1] > operands(node)[1]


def _index(node: Node) -> tuple[Node, str]:
    """The node that a slice cuts, maybe along several axes, and the index as text."""
    given = operands(node)
    defaults: tuple[Any, ...] = (0, None, None, 1)
    source, axis, start, stop, step = (*given, *defaults[len(given) - 1 :])
    index = f"{start or ''}:{'' if stop is None else stop}:{step}"
    if not (_is_slice(source) and _is_cut_further(source)):
        return source, ":, " * axis + index
    first, before = _index(source)
    return first, before + ", " + ":, " * (axis - operands(source)[1] - 1) + index


def _callable(target: Any) -> Any:  # operators of PyTorch have no common type
    if not isinstance(target, OpOverload):
        return target
    if target.namespace == "aten":
        name = target.overloadpacket.__name__
        if name in _FUNCTIONS:
            return getattr(torch, name)
        if target in _METHODS:
            return _METHODS[target]
    return target._op

"""Loops: in Python where values are known, else one node of the graph that is being recorded.

A loop that only changes its state is PyTorch's operator, which Inductor compiles with the graph
around it.  A scan is a node of our own, run from Python: PyTorch has no loop that writes rows in
place, and a compiled body called from Python takes 9 µs per step of a 128² grid, PyTorch's compiled
loop 17.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch._higher_order_ops.while_loop import while_loop_op
from torch._ops import OpOverload
from torch.fx.experimental.proxy_tensor import (
    PythonKeyTracer,
    disable_proxy_modes_tracing,
    get_proxy_mode,
    track_tensor_tree,
)

from phimath.errors import BackendError
from phimath_torch.capture import (
    SAME_VALUE,
    Recording,
    is_recording,
    lift_attributes,
    like,
    plain,
    record_apart,
)
from phimath_torch.nodes import BODY, BODY_INPUTS, KEPT, operands

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch.fx import Graph, Node, Proxy

Arrays = tuple[Tensor, ...]

Metadata = tuple[tuple[int, ...], torch.dtype, torch.device]
"""Sizes, type and device of an array."""


# --- while ---


def while_loop(
    condition: Callable[..., Tensor], body: Callable[..., Arrays], state: Arrays
) -> Arrays:
    """Repeat `state = body(*state)` while the condition holds."""
    if is_recording():
        return _record_while(condition, body, state)
    while condition(*state):
        state = body(*state)
    return state


def _record_while(
    condition: Callable[..., Tensor], body: Callable[..., Arrays], state: Arrays
) -> Arrays:
    tracer = _tracer()
    with torch.no_grad():
        state = tuple(plain(array.detach()) for array in state)
        test = record_apart(lambda *arrays: (condition(*arrays),), state)
        step = record_apart(lambda *arrays: tuple(map(plain, body(*arrays))), state)
        results = _apart(lambda: tuple(map(like, state)))
    _check_flag(test)
    _check_state(step.outputs, state)
    around = lift_attributes((test, step))
    for part in (test, step):
        _separate_outputs(part)
    test.output.args = operands(test.output)[0]  # a condition returns the scalar itself
    loop = tracer.create_proxy(
        "call_function",
        while_loop_op,
        (
            _submodule(tracer, test),
            _submodule(tracer, step),
            tuple(tracer.unwrap_proxy(array) for array in state),
            tuple(tracer.unwrap_proxy(array) for array in around),
        ),
        {},
    )
    _separate_inputs(loop.node)
    return track_tensor_tree(results, loop, constant=None, tracer=tracer)


# --- scan ---


def scan_loop(
    body: Callable[..., Arrays],
    condition: Callable[..., Tensor] | None,
    state: Arrays,
    rows: Arrays,
    around: Arrays,
    length: int,
    count: Tensor | None,
    reverse: bool,
    kept: tuple[Metadata, ...] | None = None,
) -> Arrays:
    """Run a scan; `(*state, *kept, count)`.  What is kept is written into its rows at once.

    kept: sizes, type and device of each; unknown where nothing has been recorded.
    """
    carried, limit = len(state), length if count is None else int(count)
    buffers = None if kept is None else _buffers(kept, length)
    done = 0
    for i in reversed(range(limit)) if reverse else range(limit):
        if condition is not None and not condition(*state, *around):
            break
        results = body(*state, *[row[i] for row in rows], *around)
        state, row = results[:carried], results[carried:]
        if buffers is None:
            buffers = _buffers(_metadata(row), length)
        for buffer, value in zip(buffers, row, strict=True):
            buffer[i] = value
        done += 1
    if buffers is None:  # only the sizes of what would have been kept matter
        results = body(*state, *[row[0] for row in rows], *around)
        buffers = _buffers(_metadata(results[carried:]), length)
    return (*state, *buffers, torch.tensor(done))


def _buffers(kept: Sequence[Metadata], length: int) -> Arrays:
    return tuple(
        torch.zeros((length, *sizes), dtype=dtype, device=device) for sizes, dtype, device in kept
    )


def scan(
    body: Callable[..., Arrays],
    condition: Callable[..., Tensor] | None,
    state: Arrays,
    rows: Arrays,
    length: int,
    count: Tensor | None,
    reverse: bool,
    kept: tuple[Metadata, ...] | None = None,
) -> Arrays:
    """`(*state, *kept, count)` of a scan, now or as a node."""
    if not is_recording():
        return scan_loop(body, condition, state, rows, (), length, count, reverse, kept)
    tracer = _tracer()
    with torch.no_grad():
        state = tuple(plain(array.detach()) for array in state)
        rows = tuple(plain(array.detach()) for array in rows)
        first = _apart(lambda: tuple(like(row[0]) for row in rows))
        step = record_apart(lambda *arrays: tuple(map(plain, body(*arrays))), (*state, *first))
        parts = [step]
        if condition is not None:
            parts.append(record_apart(lambda *arrays: (condition(*arrays),), state))
            _check_flag(parts[1])
            parts[1].output.args = operands(parts[1].output)[0]
        results = _apart(lambda: _scan_results(step, len(state), length))
    _check_state(step.outputs[: len(state)], state)
    around = lift_attributes(parts)
    body_node = _submodule(tracer, step)
    loop = tracer.create_proxy(
        "call_function",
        scan_loop,
        (
            body_node,
            _submodule(tracer, parts[1]) if condition is not None else None,
            tuple(tracer.unwrap_proxy(array) for array in state),
            tuple(tracer.unwrap_proxy(array) for array in rows),
            tuple(tracer.unwrap_proxy(array) for array in around),
            length,
            None if count is None else tracer.unwrap_proxy(count),
            reverse,
        ),
        {},
    )
    loop.node.meta[BODY] = getattr(tracer.root, str(body_node.node.target))
    loop.node.meta[BODY_INPUTS] = (_metadata((*state, *first, *around)),)
    loop.node.meta[KEPT] = _metadata(step.outputs[len(state) :])
    return track_tensor_tree(results, loop, constant=None, tracer=tracer)


def _scan_results(step: Recording, carried: int, length: int) -> Arrays:
    kept = [
        torch.empty((length, *a.shape), dtype=a.dtype, device=a.device)
        for a in step.outputs[carried:]
    ]
    return (*map(like, step.outputs[:carried]), *kept, torch.empty((), dtype=torch.int64))


# --- replay ---


def replay_loop(
    step: Callable[..., Arrays],
    reverse: Callable[..., Arrays],
    state: Arrays,
    cotangents: Arrays,
    around: Arrays,
    actions: Sequence[tuple[int, int, int, bool]],
) -> Arrays:
    """Run what `Loop.replay` of the contract describes."""
    places = {0: state}
    for source, steps, target, reverses in actions:
        current = places[source]
        for _ in range(steps):
            current = step(*current, *around)
        places[target] = current
        if reverses:
            cotangents = reverse(*current, *cotangents, *around)
    return cotangents


def replay(
    step: Callable[..., Arrays],
    reverse: Callable[..., Arrays],
    state: Arrays,
    cotangents: Arrays,
    actions: Sequence[tuple[int, int, int, bool]],
) -> Arrays:
    """The final cotangents, now or as a node."""
    if not is_recording():
        return replay_loop(step, reverse, state, cotangents, (), actions)
    tracer = _tracer()
    with torch.no_grad():
        state = tuple(plain(array.detach()) for array in state)
        cotangents = tuple(plain(array.detach()) for array in cotangents)
        parts = (
            record_apart(lambda *arrays: tuple(map(plain, step(*arrays))), state),
            record_apart(
                lambda *arrays: tuple(map(plain, reverse(*arrays))), (*state, *cotangents)
            ),
        )
        results = _apart(lambda: tuple(map(like, cotangents)))
    _check_state(parts[0].outputs, state)
    _check_state(parts[1].outputs, cotangents)
    around = lift_attributes(parts)
    loop = tracer.create_proxy(
        "call_function",
        replay_loop,
        (
            *(_submodule(tracer, part) for part in parts),
            tuple(tracer.unwrap_proxy(array) for array in state),
            tuple(tracer.unwrap_proxy(array) for array in cotangents),
            tuple(tracer.unwrap_proxy(array) for array in around),
            tuple(map(tuple, actions)),
        ),
        {},
    )
    loop.node.meta[BODY_INPUTS] = tuple(
        _metadata((*inputs, *around)) for inputs in (state, (*state, *cotangents))
    )
    return track_tensor_tree(results, loop, constant=None, tracer=tracer)


def _metadata(arrays: Sequence[Tensor]) -> tuple[Metadata, ...]:
    return tuple((tuple(a.shape), a.dtype, a.device) for a in arrays)


# --- recording the parts of a loop ---


def _tracer() -> PythonKeyTracer:
    mode = get_proxy_mode()
    assert mode is not None, "called while recording"
    assert isinstance(mode.tracer, PythonKeyTracer)
    return mode.tracer


def _apart(make: Callable[[], Arrays]) -> Arrays:
    """Tensors that the graph being recorded does not know."""
    with disable_proxy_modes_tracing():
        return make()


def _submodule(tracer: PythonKeyTracer, part: Recording) -> Proxy:
    name = f"loop_{len(list(tracer.root.children()))}"
    tracer.root.register_module(name, part.module())
    return tracer.create_proxy("get_attr", name, (), {})


def _check_flag(test: Recording) -> None:
    flag = test.outputs[0]
    if flag.shape or flag.dtype is not torch.bool:
        raise BackendError(
            "The condition of a loop must be a boolean scalar, but has sizes "
            f"{tuple(flag.shape)} and type {flag.dtype}."
        )


def _check_state(outputs: Sequence[Tensor], state: Sequence[Tensor]) -> None:
    found = [(tuple(o.shape), o.dtype, o.device) for o in outputs]
    expected = [(tuple(s.shape), s.dtype, s.device) for s in state]
    if found != expected:
        raise BackendError(
            "The body of a loop must return arrays with the sizes, types and devices of its "
            f"state, which are {expected}, but it returns {found}."
        )


# --- memory that is shared, which compilers forbid ---


def _separate_outputs(part: Recording) -> None:
    """Copy outputs that share memory with an input or another output."""
    graph: Graph = part.tracer.graph
    inputs: set[object] = set(graph.find_nodes(op="placeholder"))
    part.output.args = (_separate(operands(part.output)[0], part.output, inputs),)


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


def _base(node: Node) -> Node:
    """The node whose memory a chain of views shows."""
    while node.op == "call_function" and (
        node.target is operator.getitem
        or node.target in SAME_VALUE
        or (isinstance(node.target, OpOverload) and node.target.is_view)
    ):
        if node.target is operator.getitem and operands(node)[0].target is while_loop_op:
            return node
        node = operands(node)[0]
    return node

"""What a recorded graph does not need: operations without users, and rows of scans likewise.

A compiler sees one body at a time.  It cannot know that a scan keeps states for another one whose
body, being linear, does not look at them.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, NamedTuple

from phimath_torch.nodes import BODY, BODY_INPUTS, KEPT, operands

if TYPE_CHECKING:
    from torch.fx import Graph, GraphModule, Node


class ScanArguments(NamedTuple):
    """What the node of a scan is called with."""

    body: Node
    condition: Node | None
    state: tuple[Node, ...]
    rows: tuple[Node, ...]
    around: tuple[Node, ...]
    length: int
    limit: Node | None
    reverse: bool


def remove_unused(graph: Graph) -> None:
    """Remove what nothing uses, also rows that a scan keeps or is given."""
    while True:
        graph.eliminate_dead_code()
        scans = [node for node in reversed(graph.nodes) if BODY in node.meta]
        if not any(_forget_kept(scan) or _forget_rows(scan) for scan in scans):
            return


def _forget_kept(scan: Node) -> bool:
    """Leave away what is kept and has no user; whether there was any."""
    body: GraphModule = scan.meta[BODY]
    carried = len(ScanArguments(*operands(scan)).state)
    output = next(iter(body.graph.find_nodes(op="output")))
    results = operands(output)[0]
    users: dict[int, Node] = {}
    for user in scan.users:
        assert user.target is operator.getitem
        users[operands(user)[1]] = user
    unused = [i for i in range(carried, len(results)) if i not in users]
    if not unused:
        return False
    output.args = (tuple(r for i, r in enumerate(results) if i not in unused),)
    kept = scan.meta[KEPT]
    scan.meta[KEPT] = tuple(m for i, m in enumerate(kept) if i + carried not in unused)
    for position, user in users.items():
        user.args = (scan, position - sum(i < position for i in unused))
    _cleaned(body)
    return True


def _forget_rows(scan: Node) -> bool:
    """Leave away rows that the body does not read; whether there were any."""
    body: GraphModule = scan.meta[BODY]
    given = ScanArguments(*operands(scan))
    inputs = list(body.graph.find_nodes(op="placeholder"))
    first = len(given.state)
    unused = [i for i in range(len(given.rows)) if not inputs[first + i].users]
    if not unused:
        return False
    for i in unused:
        body.graph.erase_node(inputs[first + i])
    rows = tuple(row for i, row in enumerate(given.rows) if i not in unused)
    scan.args = tuple(given._replace(rows=rows))
    (metadata,) = scan.meta[BODY_INPUTS]
    kept = tuple(m for i, m in enumerate(metadata) if i - first not in unused)
    scan.meta[BODY_INPUTS] = (kept,)
    _cleaned(body)
    return True


def _cleaned(body: GraphModule) -> None:
    remove_unused(body.graph)
    body.recompile()

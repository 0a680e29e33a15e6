"""What the nodes of recorded graphs hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from torch.fx import Node

BODY_INPUTS: Final = "body_inputs"
"""Key of the metadata of scans and replays: of each of its functions, that of the inputs."""

BODY: Final = "scan_body"
"""Key of the metadata of scans: the graph of the body."""

KEPT: Final = "scan_kept"
"""Key of the metadata of scans: sizes, type and device of what is kept of each iteration."""

HOST: Final = "host_call"
"""Key of the metadata of host calls: what they call."""


def operands(node: Node) -> tuple[Any, ...]:
    """What an operation is called with: other nodes, and values of any type."""
    return node.args

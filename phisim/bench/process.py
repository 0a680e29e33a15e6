"""Measurements in processes of their own: with nothing compiled yet, and memory not yet used."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_MARK: Final = "phisim-bench:"  # frameworks write to stdout too
_STATUS: Final = Path("/proc/self/status")


def in_fresh_process(
    module: str, request: Mapping[str, Any], variables: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """What `python -m module` answers to a request, under these environment variables."""
    process = subprocess.run(
        [sys.executable, "-m", module, json.dumps(request)],
        env={**os.environ, **(variables or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    for line in process.stdout.splitlines():
        if line.startswith(_MARK):
            return json.loads(line.removeprefix(_MARK))
    raise RuntimeError(f"{module} fails for {dict(request)}:\n{process.stderr}")


def answer(arguments: Sequence[str], measure: Callable[..., dict[str, Any]]) -> int:
    """The other side: measure what is requested and print it; returns the exit status."""
    print(_MARK + json.dumps(measure(**json.loads(arguments[0]))), flush=True)
    return 0


def peak_memory() -> int | None:
    """Largest resident memory of this process so far, in bytes; `None` on Windows."""
    if _STATUS.exists():
        # Not `ru_maxrss`, which a process inherits from the one that starts it.
        text = _STATUS.read_text(encoding="ascii", errors="replace")
        (line,) = (line for line in text.splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    if sys.platform == "win32":
        return None
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # in bytes on macOS

"""Time of an import line in fresh processes, and what it loads."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

from phisim.bench.measure import Timing

# What an import line loads on use only; a framework is loaded by its own import line.
ON_USE: Final = ("scipy", "plotly", "tqdm", "matplotlib", "torch", "jax", "tensorflow")


def import_times(statements: tuple[str, ...], repetitions: int) -> list[Timing]:
    """Wall time in seconds of a process that runs each statement; they take turns."""
    times: list[list[float]] = [[] for _ in statements]
    with _with_byte_code() as environment:
        for statement in statements:
            _run(statement, environment)  # writes the byte code
        for _ in range(repetitions):
            for statement, measured in zip(statements, times, strict=True):
                start = perf_counter()
                _run(statement, environment)
                measured.append(perf_counter() - start)
    return [Timing(tuple(measured)) for measured in times]


@contextmanager
def _with_byte_code() -> Iterator[Mapping[str, str]]:
    """Environment in which Python keeps byte code: without, most of the time would be compiling.

    Measured for `import phisim.numpy`: 0.24 s, without byte code 0.53 s.
    """
    environment = dict(os.environ)
    if not environment.pop("PYTHONDONTWRITEBYTECODE", ""):
        yield environment
        return
    with TemporaryDirectory() as folder:
        yield environment | {"PYTHONPYCACHEPREFIX": folder}


def loaded_too_early(backend: str) -> tuple[str, ...]:
    """Modules of `ON_USE` that the import line of this backend loads though it should not.

    What the framework itself loads is its own affair.
    """
    loaded = _modules_after(f"import phisim.{backend}") - _modules_after(f"import {backend}")
    return tuple(name for name in ON_USE if name in loaded)


def _modules_after(statement: str) -> set[str]:
    return set(_run(f"{statement}\nimport sys\nprint(*sys.modules)").split())


def _run(program: str, environment: Mapping[str, str] | None = None) -> str:
    process = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip
    if process.returncode:
        raise RuntimeError(f"`{program}` fails in a fresh process:\n{process.stderr}")
    return process.stdout

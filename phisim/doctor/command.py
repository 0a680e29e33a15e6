"""The command: asks every backend in turn, prints one table and what to do."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
from importlib import metadata
from typing import TYPE_CHECKING, Any

from phimath.backend.discovery import installed
from phisim.doctor.check import MARK, Finding
from phisim.doctor.report import TITLES, advice, framework_table, package_table

if TYPE_CHECKING:
    from collections.abc import Sequence

PACKAGES = ("phisim", "numpy", "scipy", "plotly", "tqdm", "matplotlib")
TIME_LIMIT = 180  # seconds; TensorFlow's first import from a cold disk takes a minute


def main(arguments: Sequence[str]) -> int:
    """Prints the report; returns 0 if NumPy and every installed framework work, else 1."""
    parser = argparse.ArgumentParser(prog="phisim doctor", description=__doc__)
    parser.add_argument(
        "--backend", action="append", choices=installed(), help="check only this one (repeatable)"
    )
    names = parser.parse_args(arguments).backend or in_order(installed())
    print(
        f"Python {platform.python_version()} on {platform.platform()}, {os.cpu_count()} processors"
    )
    print(f"{sys.executable}\n")
    print(package_table({name: version_of(name) for name in PACKAGES}), end="\n\n", flush=True)
    findings = [ask(name) for name in names]
    print(framework_table(findings))
    lines = advice(findings, has_gpu=shutil.which("nvidia-smi") is not None)
    print("\n" + "\n".join(lines))
    return 0 if is_healthy(findings) else 1


def in_order(names: Sequence[str]) -> list[str]:
    """Our own backends first, as the report lists them."""
    own = [name for name in TITLES if name in names]
    return own + [name for name in names if name not in TITLES]


def is_healthy(findings: Sequence[Finding]) -> bool:
    """Whether all that is installed works, and NumPy is."""
    return all(f.state == "works" or (f.state == "missing" and f.name != "numpy") for f in findings)


def version_of(package: str) -> str | None:
    """Version of an installed distribution, without importing it."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def ask(name: str) -> Finding:
    """What the test of a framework finds, whatever happens to the process that runs it."""
    # TensorFlow logs its start-up to stderr unless told not to.
    environment = {
        **os.environ,
        "TF_CPP_MIN_LOG_LEVEL": os.environ.get("TF_CPP_MIN_LOG_LEVEL", "3"),
    }
    command = [sys.executable, "-m", "phisim.doctor.check", name]
    try:
        process = subprocess.run(
            command,
            env=environment,
            capture_output=True,
            text=True,
            timeout=TIME_LIMIT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Finding(name, "broken", problem=f"No answer within {TIME_LIMIT} s.")
    for line in process.stdout.splitlines():
        if line.startswith(MARK):
            found: dict[str, Any] = json.loads(line.removeprefix(MARK))
            found["devices"] = tuple(found["devices"])
            return Finding(**found)
    last = (process.stderr.strip().splitlines() or ["it printed nothing"])[-1]
    return Finding(
        name, "broken", problem=f"The test ended with exit status {process.returncode}: {last}"
    )

"""Runs the tests on all four frameworks: `python3 ci/test.py`.

Without arguments, pytest runs in one process per framework, two at a time, in the environment
`.venv`, which is made on the first run. With arguments, they go to a single pytest:

    python3 ci/test.py --backend numpy -k plume

`--here` uses the Python that runs this script instead of `.venv`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from environment import ROOT, headline, split_off, test_environment

SLOWEST = 20
AT_ONCE = 2
LONGEST_RUN = 25 * 60  # seconds; a hanging process is a failure, not a reason to wait for ever

# Without `--backend`: NumPy, the strict backend and every test that needs no backend at all.
# With it: only tests that take the `backend` fixture. The longest comes first: JAX compiles each
# operation for each size, so that its tests fill two processes.
RUNS: dict[str, tuple[str, ...]] = {
    "jax": ("--backend", "jax", "tests/backends", "tests/phimath"),
    "general": (),
    "jax-phisim": ("--backend", "jax", "tests/phisim"),
    "tensorflow": ("--backend", "tensorflow"),
    "torch": ("--backend", "torch"),
}

# Two processes share the machine: each framework keeps to one thread, and needs no screen.
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "JAX_PLATFORMS": "cpu",
    "PHIMATH_CACHE": str(ROOT / ".venv" / "program-cache"),
    # What JAX compiled is kept beside the environment: the next run takes a quarter of the time.
    "JAX_COMPILATION_CACHE_DIR": str(ROOT / ".venv" / "jax-cache"),
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "0",
    # Nearly all programs are small and run once.  XLA translates one in 14 ms this way, by default
    # in 40 ms; what a program computes is the same, how fast it does is not tested.
    "XLA_FLAGS": "--xla_backend_optimization_level=0 --xla_cpu_use_fusion_emitters=false",
    "JAX_NUMPY_DTYPE_PROMOTION": "strict",  # what JAX would promote by itself, our rule missed
    "CUDA_VISIBLE_DEVICES": "",
    "MPLBACKEND": "Agg",
}


@dataclass(frozen=True)
class Outcome:
    """What one pytest process did: counts of tests, and (seconds, test) for each of them."""

    name: str
    seconds: float
    passed: int
    failed: int
    skipped: int
    durations: tuple[tuple[float, str], ...]


def main() -> int:
    """Runs pytest; returns 0 if everything passed."""
    here, arguments = split_off("--here", sys.argv[1:])
    python = Path(sys.executable) if here else test_environment()
    if arguments:
        return subprocess.run(pytest(python, *arguments), cwd=ROOT, check=False).returncode
    started = time.perf_counter()
    headline(f"Tests: {', '.join(RUNS)}; {AT_ONCE} processes at a time")
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(AT_ONCE) as pool:
        outcomes = list(pool.map(lambda name: run(python, name, Path(folder)), RUNS))
    return summarise(outcomes, time.perf_counter() - started)


def pytest(python: Path, *arguments: str) -> list[str]:
    """The command line of one pytest."""
    return [str(python), "-m", "pytest", *arguments]


def run(python: Path, name: str, folder: Path) -> Outcome:
    """Runs one process of `RUNS`, its output line by line behind its name."""
    report = folder / f"{name}.xml"
    command = pytest(python, "-q", f"--junitxml={report}", *RUNS[name])
    started = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **ENVIRONMENT},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    alarm = threading.Timer(LONGEST_RUN, process.kill)
    alarm.start()
    try:
        assert process.stdout is not None
        for line in process.stdout:
            print(f"{name:>10} | {line}", end="", flush=True)
        status = process.wait()
    finally:
        alarm.cancel()
        process.kill()
    return read(name, report, status, time.perf_counter() - started)


def read(name: str, report: Path, status: int, seconds: float) -> Outcome:
    """The outcome that a JUnit report tells.

    A process that ends badly has failed, even where no single test of it did: it crashed, was
    stopped, or found no test at all.
    """
    durations: list[tuple[float, str]] = []
    passed = failed = skipped = 0
    cases = ET.parse(report).iter("testcase") if report.exists() else ()
    for case in cases:
        test = f"{case.get('classname', '')}::{case.get('name', '')}"
        durations.append((float(case.get("time", 0)), test))
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif case.find("skipped") is not None:
            skipped += 1
        else:
            passed += 1
    if status and not failed:
        print(f"{name:>10} | ended with exit status {status}: counted as one failure")
        failed = 1
    return Outcome(name, seconds, passed, failed, skipped, tuple(durations))


def summarise(outcomes: list[Outcome], seconds: float) -> int:
    """Prints the slowest tests, the time of each process and the totals; returns the status."""
    headline(f"{SLOWEST} slowest tests")
    slowest = sorted(
        (duration, outcome.name, test)
        for outcome in outcomes
        for duration, test in outcome.durations
    )
    for duration, name, test in reversed(slowest[-SLOWEST:]):
        print(f"{duration:7.2f} s  {name:10}  {test}")
    headline("Processes")
    for outcome in outcomes:
        print(
            f"{outcome.seconds:7.1f} s  {outcome.name:10}  {outcome.passed} passed, "
            f"{outcome.failed} failed, {outcome.skipped} skipped or expected to fail"
        )
    passed = sum(outcome.passed for outcome in outcomes)
    failed = sum(outcome.failed for outcome in outcomes)
    print(f"\nTook {seconds:.0f} s.\n{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

"""The virtual environments of the ci scripts, rebuilt when what they were built from changes.

Pure standard library, so that every script here runs with the bare Python of a fresh machine.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST_PYTHON = (3, 11)

# A framework's release changes results and warnings, so the tests name the one they hold for.
TORCH = "torch==2.13.0"
FRAMEWORKS = (
    "tensorflow==2.21.*" if sys.platform == "darwin" else "tensorflow-cpu==2.21.*",
    "jax==0.10.2",
)
TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"


def headline(text: str) -> None:
    """Marks the beginning of a step in the output."""
    print(f"\n=== {text}", flush=True)


def interpreter(folder: Path) -> Path:
    """The Python of the virtual environment in `folder`."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def script(python: Path, name: str) -> Path:
    """The console script `name` that is installed next to `python`."""
    return python.parent / (f"{name}.exe" if os.name == "nt" else name)


def fingerprint(files: Iterable[Path], *words: str) -> str:
    """One hash over contents of files and further words, to see whether an environment is stale."""
    digest = hashlib.sha256("\n".join((sys.version, *words)).encode())
    for file in sorted(files):
        digest.update(file.relative_to(ROOT).as_posix().encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def sources() -> list[Path]:
    """All files that end up in the wheel, and the file that says how."""
    packages = ("phimath", "phisim", "backends")
    modules = [file for package in packages for file in (ROOT / package).rglob("*.py")]
    return [ROOT / "pyproject.toml", *modules]


def prepare(folder: Path, installs: Sequence[Sequence[str]], stamp: str) -> Path:
    """Makes the virtual environment `folder` unless it carries `stamp`, and returns its Python.

    Each entry of `installs` holds the arguments of one `pip install`, run in order.
    """
    if sys.version_info < OLDEST_PYTHON:
        oldest = ".".join(map(str, OLDEST_PYTHON))
        sys.exit(f"Phisim needs Python {oldest} or newer, this is {sys.version.split()[0]}.")
    python, stamp_file = interpreter(folder), folder / "phisim-stamp"
    if python.exists() and stamp_file.exists() and stamp_file.read_text() == stamp:
        return python
    if not python.exists():
        headline(f"Creating {folder.name}")
        created = subprocess.run([sys.executable, "-m", "venv", str(folder)], check=False)
        if created.returncode:
            sys.exit("`python -m venv` failed. On Debian: apt-get install python3-venv.")
    stamp_file.unlink(missing_ok=True)
    for arguments in installs:
        pip_install(python, *arguments)
    stamp_file.write_text(stamp)
    return python


def pip_install(python: Path, *arguments: str) -> None:
    """Runs one `pip install`; stops the script if it fails."""
    headline("pip install " + " ".join(arguments))
    quiet = ("-q", "--disable-pip-version-check")
    command = [str(python), "-m", "pip", "install", *quiet, *arguments]
    if subprocess.run(command, cwd=ROOT, check=False).returncode:
        sys.exit(f"Installing {' '.join(arguments)} failed, see above.")


def test_environment() -> Path:
    """The Python with all four frameworks and the development tools: of `.venv`."""
    # Packages of the tests are plugs by a stranger: they are installed as one would be.
    plugs = sorted((ROOT / "tests").rglob("pyproject.toml"))
    stamp = fingerprint([ROOT / "pyproject.toml", *plugs], TORCH, *FRAMEWORKS)
    installs = [
        # First and alone: resolved together with others, pip may choose a build for CUDA.
        (TORCH, *torch_index()),
        FRAMEWORKS,
        ("--editable", ".[dev,vis,amg]"),
        *(("--no-deps", str(plug.parent.relative_to(ROOT))) for plug in plugs),
    ]
    return prepare(ROOT / ".venv", installs, stamp)


def torch_index() -> tuple[str, ...]:
    """Options by which pip finds the small CPU build of PyTorch on Linux, where it is reachable."""
    if not sys.platform.startswith("linux"):
        return ()  # elsewhere the default build is the CPU build
    try:
        with urllib.request.urlopen(f"{TORCH_CPU_INDEX}/torch/", timeout=5):
            return ("--extra-index-url", TORCH_CPU_INDEX)
    except OSError:
        return ()


def split_off(flag: str, arguments: list[str]) -> tuple[bool, list[str]]:
    """Whether `flag` is among the arguments, and the others."""
    return flag in arguments, [argument for argument in arguments if argument != flag]

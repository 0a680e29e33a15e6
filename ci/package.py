"""Builds wheel and sdist, and tries the wheel as a user would: `python3 ci/package.py`.

In a scratch environment with NumPy alone: every module imports or names the optional package that
it lacks, the public types of phimath are complete, the console script answers.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from environment import ROOT, fingerprint, headline, pip_install, prepare, script

# Pinned in pyproject.toml as well: the same checker in both places.
TOOLS = ("hatchling", "basedpyright==1.40.2")

# Runs inside the scratch environment. The import lines are left to a process of their own,
# because a second one in the same process is an error by design.
IMPORT_ALL = """
import importlib, importlib.util, pkgutil, sys
optional = [n for n in ("torch", "jax", "tensorflow", "matplotlib", "pytest")
            if importlib.util.find_spec(n) is None]
import_lines = {f"phisim.{n}" for n in ("numpy", "torch", "jax", "tensorflow")}
broken = imported = lacking = 0
for root in ("phimath", "phisim", "phimath_numpy", "phimath_torch", "phimath_jax",
             "phimath_tensorflow"):
    names = [root]
    spec = importlib.util.find_spec(root)
    names += [m.name for m in pkgutil.walk_packages(spec.submodule_search_locations, root + ".",
                                                    onerror=lambda name: None)]
    for name in names:
        if name in import_lines or name.endswith("__main__"):
            continue
        try:
            importlib.import_module(name)
            imported += 1
        except Exception as error:
            if any(package in str(error).lower() for package in optional):
                lacking += 1
            else:
                broken += 1
                print(f"{name}: {type(error).__name__}: {error}")
print(f"{imported} modules imported, {lacking} name an optional package, {broken} broken")
sys.exit(1 if broken else 0)
"""


def main() -> int:
    """Builds and tries; returns 0 if everything passed."""
    python = prepare(ROOT / ".venv-package", [TOOLS], fingerprint([], *TOOLS))
    with tempfile.TemporaryDirectory() as folder:
        headline("Build wheel and sdist")
        if not passes([str(python), "-m", "hatchling", "build", "-d", folder]):
            return 1
        (wheel,) = Path(folder).glob("*.whl")
        pip_install(python, "--force-reinstall", "--no-deps", str(wheel))
        pip_install(python, str(wheel))
    public_types = ["--verifytypes", "phimath", "--ignoreexternal"]
    trials = {
        "import every module": [str(python), "-c", IMPORT_ALL],
        "import line": [str(python), "-c", "from phisim.numpy import *"],
        "console script": [str(script(python, "phisim")), "--help"],
        "public types of phimath": [str(python), "-m", "basedpyright", *public_types],
    }
    failed = [title for title, command in trials.items() if not passes(command, title)]
    headline(f"Failed: {', '.join(failed)}" if failed else "The package is good")
    return 1 if failed else 0


def passes(command: list[str], title: str = "") -> bool:
    """Runs one command as in the activated environment that it comes from.

    A trial, which has a title, runs away from the sources so that it finds the installed wheel.
    """
    if title:
        headline(title)
    away = Path(tempfile.gettempdir()) if title else ROOT
    scripts = Path(command[0]).parent
    # `--verifytypes` finds packages by these two alone, whatever `--pythonpath` says.
    active = {
        "VIRTUAL_ENV": str(scripts.parent),
        "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
    }
    status = subprocess.run(command, cwd=away, env={**os.environ, **active}, check=False)
    return status.returncode == 0


if __name__ == "__main__":
    sys.exit(main())

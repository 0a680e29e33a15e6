"""From a fresh clone to a plume: `python3 ci/demo.py` needs only Python 3.11 or newer.

Installs Phisim with NumPy and Matplotlib into `.venv-demo`, simulates a plume and says where the
animation and the picture are. Further arguments go to `phisim demo plume`.
"""

from __future__ import annotations

import subprocess
import sys

from environment import ROOT, fingerprint, headline, prepare, script, sources

OUT = ROOT / "out"


def main() -> int:
    """Runs the demo; returns its exit status."""
    # Not editable: what a user gets is what is shown. So every source file is in the stamp.
    stamp = fingerprint(sources())
    python = prepare(ROOT / ".venv-demo", [("--upgrade", ".[vis]")], stamp)
    headline("phisim demo plume")
    command = [str(script(python, "phisim")), "demo", "plume", "--backend", "numpy"]
    status = subprocess.run(
        [*command, "--out", str(OUT), *sys.argv[1:]], cwd=ROOT, check=False
    ).returncode
    if status:
        print(f"The demo failed with exit status {status}.")
        return status
    return report()


def report() -> int:
    """Prints where the newest animation and picture lie; fails if either is missing."""
    missing = 0
    headline("Open these")
    for kind in ("html", "png"):
        files = sorted(OUT.rglob(f"*.{kind}"), key=lambda file: file.stat().st_mtime)
        if files:
            print(f"{kind.upper():5}{files[-1]}")
        else:
            print(f"{kind.upper():5}was not written")
            missing = 1
    return missing


if __name__ == "__main__":
    sys.exit(main())

"""Format, lint, types and import directions: `python3 ci/check.py`, the same in CI and in the hook.

`--fix` formats, and repairs what ruff can repair. `--here` uses the Python that runs this script
instead of `.venv`.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from environment import ROOT, headline, script, split_off, test_environment


def main() -> int:
    """Runs every check, also after one failed; returns 0 if all passed."""
    here, arguments = split_off("--here", sys.argv[1:])
    fix, unknown = split_off("--fix", arguments)
    if unknown:
        print(f"Unknown options: {' '.join(unknown)}. There are --fix and --here.")
        return 2
    python = Path(sys.executable) if here else test_environment()
    failed = [title for title, command in checks(python, fix=fix) if not passes(title, command)]
    headline(f"Failed: {', '.join(failed)}" if failed else "All checks passed")
    return 1 if failed else 0


def checks(python: Path, *, fix: bool) -> list[tuple[str, list[str]]]:
    """Title and command of each check."""
    ruff = [str(python), "-m", "ruff"]
    one_line_each = ["--output-format", "concise"]
    return [
        ("format (ruff)", [*ruff, "format", *([] if fix else ["--check", *one_line_each]), "."]),
        ("lint (ruff)", [*ruff, "check", *one_line_each, *(["--fix"] if fix else []), "."]),
        ("types (basedpyright)", [str(python), "-m", "basedpyright", "--pythonpath", str(python)]),
        ("import directions (import-linter)", [str(script(python, "lint-imports"))]),
    ]


def passes(title: str, command: list[str]) -> bool:
    """Runs one check under its title."""
    headline(title)
    return subprocess.run(command, cwd=ROOT, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())

"""Shown code is run code: every example runs at its smallest size, on every framework."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
SMALLEST = {"smoke_plume": "cells=12, steps=3"}
IMPORT_LINE = "from phisim.numpy import *"


def run_script(text: str, folder: Path) -> str:
    """Run a program in a fresh process, so that its import line chooses the backend."""
    script = folder / "script.py"
    script.write_text(text, encoding="utf-8")
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("framework", ["numpy", "torch", "jax", "tensorflow"])
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_run_by_changing_only_the_import_line(path, framework, tmp_path):
    text = path.read_text(encoding="utf-8")
    assert IMPORT_LINE in text
    text = text.replace(IMPORT_LINE, f"from phisim.{framework} import *")
    text = text.partition('if __name__ == "__main__":')[0]
    text += f"\nresult = main({SMALLEST[path.stem]})\n"
    text += "values = result[0].values\nprint(values.backend, bool(math.all(math.is_finite(values))))\n"
    assert run_script(text, tmp_path).split()[-2:] == [framework, "True"]


def test_the_plume_of_the_readme_is_the_example():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"```python\n(.*?)```", readme, re.DOTALL)
    assert shown
    example = (ROOT / "examples" / "smoke_plume.py").read_text(encoding="utf-8")
    assert shown[1].strip() in example

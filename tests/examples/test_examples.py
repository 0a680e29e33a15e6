"""Shown code is run code: every example runs at its smallest size, on every framework."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SMALLEST = {
    "smoke_plume": "cells=12, steps=3",
    "galaxy": "stars=20, steps=2",
    "bubbles": "bubbles=8",
    "burgers_inverse": "cells=16, steps=2, updates=2",
    "external_solver": "nodes=4",
}
EXAMPLES = [ROOT / "examples" / f"{name}.py" for name in SMALLEST]
NEEDS_DERIVATIVES = ("bubbles", "burgers_inverse", "external_solver")
DIFFERENTIATING = ("torch", "jax", "tensorflow")
RUNS = [
    pytest.param(path, framework, id=f"{path.stem}-{framework}")
    for path in EXAMPLES
    for framework in (
        DIFFERENTIATING if path.stem in NEEDS_DERIVATIVES else ("numpy", *DIFFERENTIATING)
    )
]
IMPORT_LINE = re.compile(r"^from phisim\.\w+ import \*$", re.MULTILINE)


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


@pytest.mark.parametrize(("path", "framework"), RUNS)
def test_examples_run_by_changing_only_the_import_line(path, framework, tmp_path):
    text = path.read_text(encoding="utf-8")
    text, count = IMPORT_LINE.subn(f"from phisim.{framework} import *", text)
    assert count == 1
    text = text.partition('if __name__ == "__main__":')[0]
    text += f"\nresult = main({SMALLEST[path.stem]})\n"
    text += "values = result[0] if isinstance(result[0], Tensor) else result[0].values\n"
    text += "print(values.backend, bool(math.all(math.is_finite(values), None)))\n"
    assert run_script(text, tmp_path).split()[-2:] == [framework, "True"]


GALAXY_BY_NUMPY = """
import numpy
with precision(64):
    positions, velocities, masses = main(stars=30, steps=1)
    results = step(positions, velocities, masses)
x, v = (a.numpy("stars,vector") for a in (positions, velocities))
m = masses.numpy()
difference = x - x[:, None]
distance = numpy.linalg.norm(difference, axis=-1) + numpy.eye(30)
expected_v = v + 0.001 * (m[:, None] * difference / distance[..., None] ** 3).sum(1)
print(abs(results[0].numpy("stars,vector") - (x + 0.001 * v)).max())
print(abs(results[1].numpy("stars,vector") - expected_v).max())
print(abs((m[:, None] * (results[1].numpy("stars,vector") - v)).sum(0)).max())
"""


@pytest.mark.parametrize("framework", ["numpy", *DIFFERENTIATING])
def test_galaxy_step_is_that_of_plain_numpy_and_conserves_momentum(framework, tmp_path):
    text = (ROOT / "examples" / "galaxy.py").read_text(encoding="utf-8")
    text = IMPORT_LINE.sub(f"from phisim.{framework} import *", text)
    text = text.partition('if __name__ == "__main__":')[0] + GALAXY_BY_NUMPY
    errors = [float(word) for word in run_script(text, tmp_path).split()[-3:]]
    assert max(errors) < 1e-12


@pytest.mark.parametrize("framework", DIFFERENTIATING)
def test_burgers_reconstruction_has_the_published_losses(framework, tmp_path):
    """Losses of an independent implementation, with an own target.

    The scheme is that of the notebook of Thuerey et al., Physics-based Deep Learning (2021), with
    the viscosity 0.01/(128 π).
    """
    text = (ROOT / "examples" / "burgers_inverse.py").read_text(encoding="utf-8")
    text = IMPORT_LINE.sub(f"from phisim.{framework} import *", text)
    text = text.partition('if __name__ == "__main__":')[0]
    text += "\nvelocity, truth, losses = main()\n"
    text += "print(losses[0], losses[10], losses[30])\n"
    losses = [float(word) for word in run_script(text, tmp_path).split()[-3:]]
    assert losses == pytest.approx([0.402367, 0.102410, 0.013731], abs=1e-5)


def readme_blocks() -> list[str]:
    """The Python that the README shows."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.findall(r"```python\n(.*?)```", readme, re.DOTALL)


def test_the_plume_of_the_readme_is_the_example():
    example = (ROOT / "examples" / "smoke_plume.py").read_text(encoding="utf-8")
    assert readme_blocks()[0].strip() in example


def test_the_readme_runs(tmp_path):
    text = "\n".join(readme_blocks()).replace("x=64, y=64", "x=12, y=12").replace("50,", "3,", 1)
    text += "\nprint(float(math.max(abs(velocity.values), None)) > 0)\n"
    assert run_script(text, tmp_path).split()[-1] == "True"

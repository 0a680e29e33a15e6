"""Examples of physics run on every framework and, where physics allows, in 1D to 3D.

NumPy runs all of them.  Each of the other frameworks, which take minutes to compile so many
programs, runs a third, in one process.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
# Smallest size, and the line of the domain with the lines for other numbers of axes.
SMALLEST = {
    "cylinder_wake": "cells=2, steps=2",
    "heat_obstacles": "cells=6, steps=2",
    "kolmogorov": "cells=8, steps=2",
    "lid_driven_cavity": "cells=8, steps=2",
    "moving_obstacles": "cells=16, steps=2",
    "nested_grids": "cells=6, steps=2, finer=2",
    "rayleigh_benard": "cells=6, steps=2",
    "reaction_diffusion": "cells=8, steps=2",
    "taylor_green": "cells=8",
    "variable_boundaries": "cells=8, steps=2",
}
DOMAINS = {
    "heat_obstacles": ["room = Box(x=2)", "room = Box(x=2, y=1, z=1)"],
    "kolmogorov": ["box = Box(x=6, y=6, z=6)"],
    "lid_driven_cavity": ["box = Box(x=1, y=1, z=1)"],
    "nested_grids": ["domain = Box(x=2)", "domain = Box(x=2, y=2, z=2)"],
    "rayleigh_benard": ["layer = Box(x=2, y=1, z=2)"],
    "reaction_diffusion": ["dish = Box(x=128)", "dish = Box(x=128, y=128, z=128)"],
    "variable_boundaries": ["tank = Box(x=2, y=1, z=1)"],
}
IMPORT_LINE = re.compile(r"^from phisim\.\w+ import \*$", re.MULTILINE)
RUN = """
from phimath.backend import load

policy = getattr(load({framework!r}), "compile_optimization", None)
if policy is not None:
    policy.set("off")

def check(name, text, arguments):
    module = {"__name__": name}
    exec(text, module)
    result = eval("main(" + arguments + ")", module)
    values = result[0].values
    finite = module["math"].all(module["math"].is_finite(values), None)
    print("ran", name, values.backend, bool(finite), flush=True)
"""


def outcomes(framework, programs, folder):
    """What the programs print, which are (name, text, arguments of main)."""
    script = folder / "script.py"
    calls = [f"check({name!r}, {text!r}, {arguments!r})" for name, text, arguments in programs]
    script.write_text(
        "\n".join([RUN.replace("{framework!r}", repr(framework)), *calls]), encoding="utf-8"
    )
    done = subprocess.run(
        [sys.executable, str(script)],
        capture_output=True,
        text=True,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [line.split()[1:] for line in done.stdout.splitlines() if line.startswith("ran ")]


def program(name, framework, domain=None):
    text = (EXAMPLES / f"{name}.py").read_text(encoding="utf-8")
    text, count = IMPORT_LINE.subn(f"from phisim.{framework} import *", text)
    assert count == 1
    if domain is not None:
        variable = domain.partition(" ")[0]
        text, count = re.subn(rf"^{variable} = Box\(.*\)$", domain, text, flags=re.MULTILINE)
        assert count == 1
    return name, text, SMALLEST[name]


NAMES = list(SMALLEST)
RUNS = {"numpy": NAMES, "torch": NAMES[::3], "jax": NAMES[1::3], "tensorflow": NAMES[2::3]}


@pytest.mark.parametrize(("framework", "names"), RUNS.items(), ids=RUNS)
def test_they_run_by_changing_only_the_import_line(framework, names, tmp_path):
    programs = [program(name, framework) for name in names]
    expected = [[name, framework, "True"] for name in names]
    assert outcomes(framework, programs, tmp_path) == expected


def test_they_run_with_more_or_fewer_axes_by_changing_only_the_domain(tmp_path):
    programs = [
        program(name, "numpy", domain) for name, domains in DOMAINS.items() for domain in domains
    ]
    ran = outcomes("numpy", programs, tmp_path)
    assert ran == [[name, "numpy", "True"] for name, _, _ in programs]


@pytest.mark.parametrize("name", SMALLEST)
def test_they_are_short(name):
    lines = (EXAMPLES / f"{name}.py").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 40

"""The layout holds: short files, imports in one direction, nothing loaded before it is used."""

import ast
import builtins
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("phimath", "phisim", "backends")
FILES = [file for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py"))]
FRAMEWORKS = {"torch", "jax", "tensorflow"}
LOADED_ON_USE = FRAMEWORKS | {"scipy", "plotly", "tqdm", "matplotlib"}


def names(files: list[Path]) -> list[str]:
    """Paths as they are read in a message."""
    return [file.relative_to(ROOT).as_posix() for file in files]


def imported(source: str) -> set[str]:
    """The top-level packages that a source imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.split(".")[0])
    return found


def modules_after(code: str) -> set[str]:
    """The top-level packages that a fresh Python has loaded after running `code`."""
    command = [sys.executable, "-c", f"{code}\nimport sys\nprint(*sys.modules)"]
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert result.returncode == 0, result.stderr
    return {name.split(".")[0] for name in result.stdout.split()}


def test_the_search_for_imports_sees_them_inside_functions():
    source = "import os.path\ndef f():\n    from jax.numpy import sum\n"
    assert imported(source) == {"os", "jax"}


def test_no_file_is_longer_than_400_lines():
    assert len(FILES) > 10
    long = [f for f in FILES if len(f.read_text(encoding="utf-8").splitlines()) > 400]
    assert names(long) == []


def test_only_backends_and_native_references_import_a_framework():
    native = ROOT / "phisim" / "bench" / "native"
    allowed = {native, ROOT / "backends"}
    above = [file for file in FILES if not allowed & set(file.parents)]
    assert names([f for f in above if imported(f.read_text(encoding="utf-8")) & FRAMEWORKS]) == []


@pytest.mark.parametrize("framework", sorted(FRAMEWORKS))
def test_a_backend_imports_its_own_framework_only(framework):
    files = sorted((ROOT / "backends" / f"phimath_{framework}").rglob("*.py"))
    assert files
    others = FRAMEWORKS - {framework}
    assert names([f for f in files if imported(f.read_text(encoding="utf-8")) & others]) == []


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_says_that_it_is_typed(package):
    home = ROOT / package
    tops = [home] if package != "backends" else sorted(home.glob("phimath_*"))
    assert names([top for top in tops if not (top / "py.typed").exists()]) == []


def test_touching_a_numpy_array_loads_no_framework_and_nothing_for_later():
    code = (
        "import numpy\n"
        "from phimath import spatial, wrap\n"
        "assert (wrap(numpy.ones(3), spatial('x')) + 1).x[0] == 2"
    )
    assert modules_after(code) & LOADED_ON_USE == set()


def test_the_import_line_for_numpy_loads_nothing_for_later():
    assert modules_after("from phisim.numpy import *") & LOADED_ON_USE == set()


def test_the_import_line_is_curated():
    exported = importlib.import_module("phisim.numpy").__all__
    assert len(exported) <= 120
    assert len(exported) == len(set(exported))
    assert set(exported) & set(dir(builtins)) == set()

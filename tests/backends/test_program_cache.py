"""Compiled programs are kept in the user's cache folder, unless the user says otherwise."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from phimath.backend import program_cache as module
from phimath.backend.program_cache import processor, program_cache, user_cache


def test_programs_of_each_version_and_processor_lie_apart(monkeypatch, tmp_path):
    monkeypatch.setenv("PHIMATH_CACHE", str(tmp_path))
    assert program_cache("jax", "0.1") == tmp_path / f"jax-0.1-{processor()}"
    assert program_cache("jax", "0.2") != program_cache("jax", "0.1")
    assert not list(tmp_path.iterdir())  # the framework makes the folder


@pytest.mark.parametrize("choice", ["off", "OFF", "0"])
def test_the_user_can_switch_it_off(monkeypatch, choice):
    monkeypatch.setenv("PHIMATH_CACHE", choice)
    assert program_cache("jax", "0.1") is None


def test_a_folder_that_cannot_be_made_is_not_used(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("PHIMATH_CACHE", str(tmp_path / "file" / "folder"))
    assert program_cache("jax", "0.1") is None


@pytest.mark.parametrize(
    ("system", "variables", "expected"),
    [
        ("linux", {}, "home/.cache"),
        ("linux", {"XDG_CACHE_HOME": "{tmp}/xdg"}, "xdg"),
        ("linux", {"XDG_CACHE_HOME": "relative"}, "home/.cache"),
        ("darwin", {"XDG_CACHE_HOME": "{tmp}/xdg"}, "home/Library/Caches"),
        ("win32", {"LOCALAPPDATA": "{tmp}/local"}, "local"),
        ("win32", {}, "home/AppData/Local"),
    ],
)
def test_the_cache_folder_is_that_of_the_platform(
    monkeypatch, tmp_path, system, variables, expected
):
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value.format(tmp=tmp_path))
    monkeypatch.setattr(module.sys, "platform", system)
    monkeypatch.setattr(module.Path, "home", lambda: tmp_path / "home")
    assert user_cache() == tmp_path / expected


COMPILES = """
import os
from phisim.{framework} import *
from phimath import spatial, wrap
f = jit_compile(lambda x: sin(x) * cos(x), optimize="off")
print(float(math.sum(f(tensor([0.5, 1.5], spatial("x"))), None)))
print(os.environ.get("TORCHINDUCTOR_CACHE_DIR", ""))
"""


def run(framework: str, **variables: str) -> list[str]:
    """Compile something in a fresh process; what it prints."""
    environment = {
        **os.environ,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    }
    for name in ("JAX_COMPILATION_CACHE_DIR", "TF_XLA_FLAGS", "TORCHINDUCTOR_CACHE_DIR"):
        environment.pop(name, None)
    done = subprocess.run(
        [sys.executable, "-c", COMPILES.format(framework=framework)],
        capture_output=True, text=True, check=False, env={**environment, **variables},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.split("\n")


def files(folder: Path) -> list[Path]:
    """All files below a folder."""
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.only_on("jax", "tensorflow")
def test_xla_keeps_programs(backend, tmp_path):
    first = run(backend.name, PHIMATH_CACHE=str(tmp_path))
    kept = files(tmp_path)
    assert kept
    assert {path.relative_to(tmp_path).parts[0].split("-")[0] for path in kept} == {backend.name}
    assert run(backend.name, PHIMATH_CACHE=str(tmp_path)) == first


@pytest.mark.only_on("jax", "tensorflow")
def test_kept_programs_are_found_again(backend, tmp_path):
    run(backend.name, PHIMATH_CACHE=str(tmp_path))
    kept = {path.name for path in files(tmp_path)}
    run(backend.name, PHIMATH_CACHE=str(tmp_path))
    assert {path.name for path in files(tmp_path)} == kept


@pytest.mark.only_on("jax", "tensorflow")
def test_the_folder_that_the_user_gave_xla_is_used(backend, tmp_path):
    own, ours = tmp_path / "own", tmp_path / "ours"
    choice = {
        "jax": {"JAX_COMPILATION_CACHE_DIR": str(own)},
        "tensorflow": {
            "TF_XLA_FLAGS": f"--tf_xla_persistent_cache_directory={own} "
            "--tf_xla_persistent_cache_device_types=CPU"
        },
    }[backend.name]
    run(backend.name, PHIMATH_CACHE=str(ours), **choice)
    assert files(own)
    assert not ours.exists()


@pytest.mark.only_on("jax", "tensorflow")
def test_nothing_is_kept_when_switched_off(backend, tmp_path):
    run(backend.name, PHIMATH_CACHE="off", XDG_CACHE_HOME=str(tmp_path), HOME=str(tmp_path))
    # Frameworks write settings of their own there.
    assert not list(tmp_path.rglob("phimath"))
    assert not list(tmp_path.rglob("*cache__*"))


@pytest.mark.only_on("torch")
def test_inductor_is_told_where_to_keep_programs(backend, tmp_path):
    printed = run(backend.name, PHIMATH_CACHE=str(tmp_path))
    assert printed[1].startswith(str(tmp_path / "torch-"))
    elsewhere = tmp_path / "elsewhere"
    own = run(backend.name, PHIMATH_CACHE=str(tmp_path), TORCHINDUCTOR_CACHE_DIR=str(elsewhere))
    assert Path(own[1]) == elsewhere

"""Finding backends by name and by array."""

import subprocess
import sys
from importlib.metadata import EntryPoint

import numpy as np
import pytest

from phimath.backend import ArrayApiBackend, backend_of, discovery, installed, load, register
from phimath.backend.support import advice, supports, unsupported_method
from phimath.errors import BackendError, BackendNotInstalled, NotSupported


class Foreign:
    """An array type that no backend knows."""


class ForeignBackend(ArrayApiBackend[np.ndarray]):
    name = "foreign"
    xp = np
    unsupported = {"svd": "Use eigh.", "gradient": "There is no tape."}  # noqa: RUF012

    def owns(self, array):
        return isinstance(array, Foreign)


@pytest.fixture(autouse=True)
def isolated(monkeypatch):
    """What a test finds, registers or breaks is forgotten afterwards."""
    for name in ("_registered", "_loaded", "_broken", "_by_type"):
        monkeypatch.setattr(discovery, name, dict(getattr(discovery, name)))
    monkeypatch.setattr(discovery, "_warned", set())


def announce(monkeypatch, name, value):
    entries = {name: EntryPoint(name, value, discovery.GROUP), **discovery._entries()}
    monkeypatch.setattr(discovery, "_entries", lambda: entries)


def test_our_four_backends_are_installed():
    assert {"numpy", "torch", "jax", "tensorflow"} <= set(installed())


def test_loading_twice_gives_the_same_object():
    assert load("numpy") is load("numpy")


def test_unknown_name_lists_the_known_ones():
    with pytest.raises(BackendError, match=r"no backend 'cupy'.*numpy"):
        load("cupy")


def test_missing_framework_is_told_with_the_command_that_installs_it(monkeypatch):
    def without_torch(self):
        raise ModuleNotFoundError("No module named 'torch'", name="torch")

    monkeypatch.setattr(EntryPoint, "load", without_torch)
    monkeypatch.setattr(discovery, "_loaded", {})
    with pytest.raises(BackendNotInstalled, match=r"PyTorch is not installed.*phisim\[torch\]"):
        load("torch")


def test_registered_backend_is_found_by_name_and_by_array():
    backend = ForeignBackend()
    register(backend)
    assert "foreign" in installed()
    assert load("foreign") is backend
    assert backend_of(Foreign()) is backend


def test_registering_again_replaces_the_first():
    register(ForeignBackend())
    backend_of(Foreign())
    second = ForeignBackend()
    register(second)
    assert load("foreign") is second
    assert backend_of(Foreign()) is second


@pytest.mark.parametrize("array", [np.zeros(2), np.float32(1), np.True_])
def test_numpy_owns_arrays_and_scalars(array):
    assert backend_of(array) is load("numpy")


def test_array_of_unknown_type_is_named():
    with pytest.raises(BackendError, match=r"No backend owns objects of type .*Foreign"):
        backend_of(Foreign())


def test_broken_plug_is_named_and_the_others_are_used(monkeypatch):
    announce(monkeypatch, "broken", "no_such_package:backend")
    monkeypatch.setitem(sys.modules, "broken", sys)
    register(ForeignBackend())
    with pytest.warns(RuntimeWarning, match=r"'broken' is left out.*no_such_package"):
        found = backend_of(Foreign())
    assert found.name == "foreign"


def test_broken_plug_raises_when_it_is_asked_for(monkeypatch):
    announce(monkeypatch, "broken", "math:pi")
    with pytest.raises(BackendError, match=r"'broken' \(math:pi\) can't be loaded"):
        load("broken")


def test_numpy_joins_any_other_backend():
    numpy, foreign = load("numpy"), ForeignBackend()
    assert discovery.combine([numpy, numpy]) is numpy
    assert discovery.combine([numpy, foreign]) is foreign
    assert discovery.combine([foreign, numpy, foreign]) is foreign


def test_two_frameworks_dont_mix():
    class Other(ForeignBackend):
        name = "other"

    with pytest.raises(BackendError, match=r"foreign and other.*convert\(x, 'foreign'\)"):
        discovery.combine([ForeignBackend(), Other()])


def test_numpy_array_imports_no_framework():
    program = (
        "import sys, numpy; from phimath.backend import backend_of; backend_of(numpy.zeros(1));"
        "print({'torch', 'jax', 'tensorflow', 'scipy'} & set(sys.modules))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "set()"


def test_declaration_holds_for_a_method_and_for_a_topic():
    backend = ForeignBackend()
    assert advice(backend, "svd") == "Use eigh."
    assert advice(backend, "value_and_gradient") is not None
    assert supports(backend, "matmul")
    assert not supports(backend, "custom_gradient")


def test_unsupported_method_says_what_to_use_instead():
    error = unsupported_method(ForeignBackend(), "svd")
    assert isinstance(error, NotSupported)
    assert str(error) == "svd is not supported on foreign. Use eigh."


def test_numpy_names_the_import_lines_that_can_differentiate():
    with pytest.raises(NotSupported, match=r"from phisim\.torch import \*"):
        load("numpy").value_and_gradient(lambda x: (x, ()), [np.ones(())])

"""The doctor: what it finds, and what it says about it."""

import math

import pytest

from phisim.cli import main
from phisim.doctor import check
from phisim.doctor.check import Finding
from phisim.doctor.command import ask, is_healthy
from phisim.doctor.report import advice, framework_table

NUMPY = Finding("numpy", "works", "2.4", ("cpu",), "ok", "not offered", "", 0.1)
TORCH = Finding("torch", "works", "2.13", ("cpu",), "ok", "ok", "", 1.0)
NO_JAX = Finding("jax", "missing", problem="JAX is not installed.")
BAD_JAX = Finding("jax", "broken", problem="OSError: no libcuda")


def fake(monkeypatch, folder, source):
    """Puts a module `torch` before any that is installed, for processes started from here."""
    (folder / "torch.py").write_text(source)
    monkeypatch.setenv("PYTHONPATH", str(folder))


def test_numpy_computes_and_offers_no_gradient():
    finding = ask("numpy")
    assert (finding.state, finding.computation, finding.gradient) == ("works", "ok", "not offered")
    assert finding.devices == ("cpu",)


def test_the_report_names_what_is_installed_and_ends_well(capsys):
    assert main(["doctor", "--backend", "numpy"]) == 0
    shown = capsys.readouterr().out
    assert "Python 3." in shown
    assert "scipy" in shown
    assert "All is well." in shown


def test_a_framework_that_ends_the_process_is_broken(monkeypatch, tmp_path, capsys):
    fake(monkeypatch, tmp_path, "import os; os._exit(3)")
    assert ask("torch").state == "broken"
    assert "exit status 3" in ask("torch").problem
    assert main(["doctor", "--backend", "numpy", "--backend", "torch"]) == 1
    shown = capsys.readouterr().out
    assert "BROKEN" in shown
    assert "pip install --upgrade --force-reinstall 'phisim[torch]'" in shown


def test_a_framework_that_fails_to_import_is_broken_with_its_reason(monkeypatch, tmp_path):
    fake(monkeypatch, tmp_path, "raise ImportError('libfoo.so is too old')")
    finding = ask("torch")
    assert finding.state == "broken"
    assert "libfoo.so is too old" in finding.problem


def test_a_framework_that_is_not_installed_is_missing_but_no_fault(monkeypatch, tmp_path, capsys):
    fake(monkeypatch, tmp_path, "raise ModuleNotFoundError('No module', name='torch')")
    assert main(["doctor", "--backend", "numpy", "--backend", "torch"]) == 0
    shown = capsys.readouterr().out
    assert "not installed" in shown
    assert "To use PyTorch: pip install 'phisim[torch]'" in shown


def test_a_framework_that_hangs_is_broken(monkeypatch, tmp_path):
    fake(monkeypatch, tmp_path, "import time; time.sleep(60)")
    monkeypatch.setattr("phisim.doctor.command.TIME_LIMIT", 1.5)
    assert "No answer" in ask("torch").problem


@pytest.mark.needs("value_and_gradient")
def test_gradients_agree_with_differences(backend):
    assert check.gradient_fault() == ""


def test_a_wrong_gradient_is_a_fault(monkeypatch):
    def twice(_):
        return lambda x: (None, 2 * x)

    monkeypatch.setattr(check, "value_and_gradient", twice)
    assert "the gradient is" in check.gradient_fault()


def test_the_sum_on_the_device_is_compared_with_the_formula(backend, monkeypatch):
    device = backend.devices()[0]
    assert check.computation_fault(device) == ""
    monkeypatch.setattr(check, "sum_of", lambda *_: math.nan)
    assert f"the sum on {device} is nan, expected 328350" in check.computation_fault(device)


def test_healthy_means_numpy_and_all_that_is_installed():
    assert is_healthy([NUMPY, TORCH, NO_JAX])
    assert not is_healthy([NUMPY, BAD_JAX])
    assert not is_healthy([Finding("numpy", "missing"), TORCH])


def test_columns_of_the_table_are_aligned():
    head, rule, *rows = framework_table([NUMPY, TORCH, NO_JAX, BAD_JAX]).splitlines()
    starts = [i for i, mark in enumerate(rule) if mark == "─" and (i == 0 or rule[i - 1] == " ")]
    assert len(starts) == len(head.split())
    for line in (head, *rows):
        assert all(line[i] != " " and (i == 0 or line[i - 1] == " ") for i in starts)


def test_advice_names_a_gpu_that_no_build_uses():
    assert advice([NUMPY, TORCH], has_gpu=False) == ["All is well."]
    (line,) = advice([NUMPY, TORCH], has_gpu=True)
    assert line.startswith("PyTorch sees no GPU")
    on_gpu = Finding("torch", "works", devices=("cuda:0", "cpu"))
    assert advice([NUMPY, on_gpu], has_gpu=True) == ["All is well."]

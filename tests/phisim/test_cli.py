"""The console script, as users call it."""

import subprocess
import sys
from importlib import metadata

import pytest

from phisim.cli import COMMANDS, main


def exit_status(arguments):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    return stopped.value.code


def test_help_lists_every_command(capsys):
    assert exit_status(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in COMMANDS)


def test_help_of_a_command_is_that_of_the_command(capsys):
    assert exit_status(["demo", "--help"]) == 0
    assert "--resolution" in capsys.readouterr().out


def test_version_is_that_of_the_distribution(capsys):
    assert exit_status(["--version"]) == 0
    assert capsys.readouterr().out.split() == ["phisim", metadata.version("phisim")]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ([], "COMMAND"),
        (["frobnicate"], "frobnicate"),
        (["--frobnicate"], "COMMAND"),
        (["demo", "fountain"], "fountain"),
        (["demo", "plume", "--backend", "fortran"], "fortran"),
        (["demo", "plume", "--dims", "4"], "4"),
        (["demo", "plume", "--precision", "16"], "16"),
        (["demo", "plume", "--steps", "many"], "many"),
        (["doctor", "--backend", "fortran"], "fortran"),
    ],
)
def test_wrong_usage_exits_with_2_and_names_what_is_wrong(arguments, named, capsys):
    assert exit_status(arguments) == 2
    assert named in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--resolution", "0"], "resolution along 'x' is 0"),
        (["--resolution=-3"], "'x' cannot have the negative size -3"),
        (["--dt", "nan"], "dt is nan"),
        (["--dt", "inf"], "dt is inf"),
        (["--dt=-1"], "dt is -1.0"),
        (["--steps", "0"], "steps must be at least 1, not 0"),
        (["--batch", "0"], "batch must be at least 1, not 0"),
        (["--device", "abacus"], "no device 'abacus' for numpy. Available: cpu"),
    ],
)
def test_bad_values_exit_with_1_and_one_message(options, said, capsys, tmp_path):
    assert main(["demo", "plume", "--out", str(tmp_path), *options]) == 1
    shown = capsys.readouterr()
    assert said in shown.err
    assert "Traceback" not in shown.err
    assert shown.out == ""
    assert list(tmp_path.iterdir()) == []


def test_asking_for_help_loads_no_library_that_draws_or_solves():
    code = (
        "import sys; from phisim.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "late = {'scipy', 'plotly', 'matplotlib', 'tqdm', 'torch', 'jax', 'tensorflow'}\n"
        "assert not late & set(sys.modules), late & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)

"""Flows with known solutions, on small grids: what `phisim validate` runs on large ones."""

import json
import math
from dataclasses import replace

import pytest

from phimath import precision
from phisim.cli import main
from phisim.physics.validation import CASES, Quantity, Run, Verdict

# Few steps; the others take thousands, which a compiler makes short.
SHORT = ("taylor-green", "couette", "couette-3d", "poiseuille", "poiseuille-3d", "duct", "burgers")
# Long even on small grids; the one at the lowest Reynolds number stands for them.
LONGEST = ("step-200", "step-300", "step-400")


def check(name):
    with precision(64):
        verdicts = CASES[name].verdicts(CASES[name].reduced)
    assert all(verdict.passes for verdict in verdicts), "; ".join(map(str, verdicts))


@pytest.mark.only_on("numpy")
@pytest.mark.parametrize("name", SHORT)
def test_short_cases_are_as_accurate_on_small_grids_as_their_order_says(backend, name):
    check(name)


@pytest.mark.only_on("jax")
@pytest.mark.parametrize("name", [name for name in CASES if name not in SHORT + LONGEST])
def test_long_cases_are_as_accurate_on_small_grids_as_their_order_says(backend, name):
    check(name)


def verdict_on(ours, **settings):
    quantity = Quantity("drag", 0.02, is_relative=True)
    run = Run((8, 8), 0.1, 1.0, {"drag": (5.0, ours)})
    return Verdict("disc", quantity, run, quantity.bound(**settings))


@pytest.mark.parametrize(("ours", "passes"), [(5.09, True), (5.11, False), (math.nan, False)])
def test_an_error_passes_within_the_tolerance_only(ours, passes):
    assert verdict_on(ours, coarsening=1).passes == passes


def test_on_coarse_grids_the_bound_grows_with_the_order_and_on_fine_ones_not_at_all():
    quantity = Quantity("slope", 0.01, error=0.002, order=2)
    assert quantity.bound(0.5) == quantity.bound(1) == 0.01
    assert quantity.bound(4) == pytest.approx(0.01 + 1.5 * 0.002 * 15)


@pytest.fixture
def one_case(monkeypatch):
    """The only case, whose outcome can be chosen."""
    outcome = {"ours": 1.0}

    def solve(cells):
        return Run((cells,), 0.5, 2.0, {"height": (1.0, outcome["ours"])})

    case = replace(
        CASES["burgers"], name="pool", quantities=(Quantity("height", 0.1),), solve=solve
    )
    monkeypatch.setattr("phisim.physics.validation.command.CASES", {"pool": case})
    return outcome


def test_the_command_states_cells_step_and_end_and_succeeds(one_case, capsys, tmp_path):
    file = tmp_path / "rows.json"
    assert main(["validate", "pool", "--reduced", "--backend", "numpy", "--json", str(file)]) == 0
    shown = capsys.readouterr().out
    assert all(word in shown for word in ("pool", "height", "256", "0.5", "pass"))
    (row,) = json.loads(file.read_text(encoding="utf-8"))["rows"]
    assert (row["case"], row["cells"], row["dt"], row["end_time"]) == ("pool", [256], 0.5, 2.0)
    assert row["is_met"]


def test_the_command_fails_where_a_quantity_is_off(one_case, capsys):
    one_case["ours"] = 1.2
    assert main(["validate", "--backend", "numpy"]) == 1
    assert "FAIL" in capsys.readouterr().out


def test_the_command_names_the_cases_that_there_are(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["validate", "bathtub"])
    assert stopped.value.code == 2
    assert "taylor-green" in capsys.readouterr().err

"""The benchmark compares like with like, and its report can be read."""

import json

import numpy as np
import pytest

from phimath.context import using
from phimath.dtype import precision
from phisim.bench import main
from phisim.bench.import_time import import_times
from phisim.bench.measure import interleaved
from phisim.bench.native import reference
from phisim.bench.overhead import ROWS, prepared, to_native
from phisim.bench.report import Report, Result, as_text

FRAMEWORKS = ("numpy", "torch", "jax", "tensorflow")


def _arrays(result):
    natives = to_native(result)
    return [np.asarray(native) for native in (natives if isinstance(natives, list) else [natives])]


@pytest.mark.only_on(*FRAMEWORKS)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_native_code_computes_the_same_as_ours(row, backend):
    with using(backend.name), precision(64):
        case = prepared(row, reference(backend.name))
        for ours, native in zip(_arrays(case.ours()), _arrays(case.native()), strict=True):
            assert ours.dtype == native.dtype
            np.testing.assert_allclose(ours, native, rtol=1e-12, atol=1e-12)


def test_a_row_is_measured_and_written_as_json(tmp_path, capsys):
    file = tmp_path / "overhead.json"
    arguments = ["overhead", "--backend", "numpy", "--row", "a + b", "--repetitions", "2"]
    assert main([*arguments, "--json", str(file)]) == 0
    report = json.loads(file.read_text(encoding="utf-8"))
    (row,) = report["rows"]
    assert (row["backend"], row["row"], row["budget_us"]) == ("numpy", "a + b", pytest.approx(1.0))
    assert row["difference_us"] == pytest.approx(row["ours_us"] - row["native_us"])
    assert 0 < row["native_us"] < 1e4
    assert {"python", "cpus", "precision", "packages"} <= set(report["machine"])
    header, _, line = capsys.readouterr().out.splitlines()[:3]
    assert "ours µs" in header
    assert line.startswith("numpy    a + b")


def test_an_unknown_row_is_an_error_that_lists_the_rows(capsys):
    assert main(["overhead", "--row", "a - b"]) == 2
    assert "no row 'a - b'. Choose from: a + b; " in capsys.readouterr().err


def test_alternatives_take_turns_and_each_gets_its_own_time():
    calls = []

    def alternative(name, work):
        def call():
            calls.append(name)
            return sum(range(work))

        return call

    synchronized = []
    quick, slow = interleaved(
        [alternative("quick", 10), alternative("slow", 100_000)], 3, synchronized.append
    )
    assert 0 < quick < slow
    order = [name for i, name in enumerate(calls) if i == 0 or calls[i - 1] != name]
    assert order == ["quick", "slow"] * 4  # finding the batch size, then three repetitions
    assert set(synchronized) == {sum(range(10)), sum(range(100_000))}


def test_budgets_limit_the_difference_or_the_time():
    added = Result("numpy", "row", ours=3e-6, native=1.5e-6, budget=1e-6)
    assert added.is_met is False
    assert Result("numpy", "row", ours=3e-6, native=1.5e-6, budget=2e-6).is_met is True
    assert Result("numpy", "row", 3e-6, 1.5e-6, budget=2e-6, budget_for="time").is_met is False
    assert Result("torch", "row", ours=3e-6, native=1.5e-6).is_met is None
    assert "✗" in as_text(Report([added]))


def test_a_result_with_a_note_breaks_its_budget():
    result = Result(
        "numpy", "import", 0.1, 0.01, budget=0.35, budget_for="time", note="loads scipy"
    )
    assert result.is_met is False


def test_phiml_has_a_column_only_where_it_was_measured():
    ours = Result("numpy", "row", ours=2e-6, native=1e-6)
    measured = Result("numpy", "other", ours=2e-6, native=1e-6, phiml=9e-6)
    assert "phiml µs" not in as_text(Report([ours]))
    table = as_text(Report([ours, measured])).splitlines()
    assert "phiml µs" in table[0]
    assert "–" in table[2]
    assert "9.00" in table[3]


def test_a_program_that_fails_in_a_fresh_process_is_reported_with_its_error():
    with pytest.raises(RuntimeError, match="No module named 'there_is_none'"):
        import_times(("import there_is_none",), 1)

"""The benchmarks compare like with like, and their report can be read."""

import ast
import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from phimath.context import using
from phimath.create import ones
from phimath.dimension import spatial
from phimath.dtype import precision
from phimath.transform import jit_compile
from phisim.bench import bubbles, first_call, galaxy, long_rollout, main, plume, readme_step
from phisim.bench.arrays import natives
from phisim.bench.comparison import Comparison, compare, disagreement
from phisim.bench.compile import FirstCall, program_call
from phisim.bench.import_time import import_times
from phisim.bench.measure import Timing, interleaved
from phisim.bench.native import framework
from phisim.bench.options import Variant
from phisim.bench.overhead import ROWS, prepared
from phisim.bench.process import in_fresh_process, peak_memory
from phisim.bench.rollout import GradientRow
from phisim.bench.threads import limited_to
from phisim.report import Report, as_text, available_threads

FRAMEWORKS = ("numpy", "torch", "jax", "tensorflow")
EXAMPLES = Path(__file__).parents[2] / "examples"


def timing(*seconds):
    return Timing(seconds)


@pytest.mark.only_on(*FRAMEWORKS)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_native_operations_compute_the_same_as_ours(row, backend):
    with using(backend.name), precision(64):
        case = prepared(row, backend.name, framework(backend.name))
        ours, native = ([np.asarray(a) for a in natives(f())] for f in (case.ours, case.native))
        assert disagreement(ours, native, 1e-12) == ""


def problems_of(name, variant, means):
    if name == "galaxy":
        return [galaxy.prepared(galaxy.random_stars(20, 3, variant.precision), variant, means)]
    if name == "plume":
        return [plume.prepared(plume.swirling(6, dims, 64), variant, means) for dims in (2, 3)]
    return list(bubbles.problems(bubbles.random_bubbles(20, 2, 64), 3, variant, means))


@pytest.mark.only_on(*FRAMEWORKS)
@pytest.mark.parametrize("name", ["galaxy", "bubbles", "plume"])
def test_native_code_computes_the_same_as_ours(name, backend):
    variant = Variant(backend.name, "eager", 64)
    with variant.chosen() as means:
        found = problems_of(name, variant, means)
        energies = 1 if backend.name == "numpy" else 3
        assert len(found) == {"galaxy": 1, "bubbles": energies, "plume": 2}[name]
        for problem in found:
            ours = [np.asarray(array) for array in problem.arrays(problem.ours())]
            native = [np.asarray(array) for array in problem.native_arrays(problem.native())]
            assert disagreement(ours, native, 1e-9) == ""


def test_a_row_fails_when_native_code_computes_something_else():
    variant = Variant("numpy", "eager", 32)
    with variant.chosen() as means:
        (problem,) = problems_of("galaxy", variant, means)
        other = replace(problem, native=lambda: [[a + 1 for a in b] for b in problem.native()])
        row = compare(other, variant, means, 1)
    assert row.is_met is False
    assert "differs from native code by" in row.cells()[""]


def test_half_the_precision_is_no_agreement():
    assert "native code in float32" in disagreement([np.ones(2)], [np.ones(2, np.float32)], 0.1)


def test_what_is_not_finite_agrees_with_nothing():
    assert disagreement([np.array([np.nan])], [np.ones(1)], 0.1) != ""


def statements(source, name):
    """The body of a function in a source, without its docstring."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and node.name == name:
            body = node.body[1:] if ast.get_docstring(node) else node.body
            return [ast.dump(statement) for statement in body]
    raise AssertionError(f"There is no function {name}.")


@pytest.mark.parametrize(
    ("module", "example", "function"),
    [
        (galaxy, "galaxy", "step"),
        (bubbles, "bubbles", "energy"),
        (readme_step, "smoke_plume", "step"),
    ],
)
def test_benchmarks_measure_the_physics_of_the_examples(module, example, function):
    shown = (EXAMPLES / f"{example}.py").read_text(encoding="utf-8")
    measured = Path(module.__file__).read_text(encoding="utf-8")
    assert statements(measured, function) == statements(shown, function)


@pytest.mark.parametrize(
    ("framework", "mode", "cells", "dims", "limit"),
    [
        ("numpy", "eager", 128, 2, 3.0),
        ("numpy", "eager", 256, 2, 1.5),
        ("numpy", "eager", 128, 3, None),
        ("jax", "compiled", 128, 2, 1.3),
        ("jax", "compiled", 64, 2, None),
        ("jax", "eager", 128, 2, None),
    ],
)
def test_plumes_have_the_budgets_of_the_design(framework, mode, cells, dims, limit):
    assert plume.budget(cells, dims, Variant(framework, mode, 32)) == limit


def test_a_benchmark_prints_a_table_and_writes_json(tmp_path, capsys):
    file = tmp_path / "galaxy.json"
    arguments = ["galaxy", "--backend", "numpy", "--stars", "10", "--repetitions", "2"]
    assert main([*arguments, "--json", str(file)]) == 0
    rows = json.loads(file.read_text(encoding="utf-8"))["rows"]
    assert [(row["mode"], row["precision"], row["fault"]) for row in rows] == [
        ("eager", 32, ""),
        ("eager", 64, ""),
    ]
    assert all(row["ours_mean_us"] > 0 and row["native_std_us"] >= 0 for row in rows)
    assert "ours mean ± std" in capsys.readouterr().out


@pytest.mark.only_on("torch", "jax", "tensorflow")
def test_first_calls_are_measured_and_new_numbers_make_no_program(backend):
    found = first_call.measure(backend.name, 32, 4, "off")
    assert 0 < found["trace_s"] <= found["first_s"]
    assert found["traces"] == [1, 2]


@pytest.mark.only_on("jax")  # the benchmark compares at each run, on all
def test_gradients_of_rollouts_are_those_of_native_code(backend):
    found = long_rollout.measure(backend.name, 64, 5, 10, "binomial:3", 1)
    assert found["fault"] == ""
    assert len(found["samples_s"]) == 4


@pytest.mark.parametrize(
    ("seconds", "kept", "is_met"),
    [(3.4, 1e8, True), (3.6, 1e8, False), (3.4, 2e8, False), (3.4, None, True)],
)
def test_a_gradient_keeps_its_limits_of_time_and_memory(seconds, kept, is_met):
    one, many = Timing((1.0,)), Timing((seconds,))
    row = GradientRow("jax", 32, "row", one, many, one, one, kept, 3.5, "")
    assert row.is_met is is_met


@pytest.mark.parametrize("policy", ["half", "binomial", "binomial:x", "binomial:0"])
def test_policies_that_do_not_exist_are_refused(policy, capsys):
    with pytest.raises(SystemExit):
        main(["rollout", "--policy", policy])
    assert "must be all, sqrt or binomial:SNAPSHOTS" in capsys.readouterr().err


@pytest.mark.only_on("torch", "jax", "tensorflow")
def test_the_program_alone_computes_what_the_compiled_function_does(backend):
    with using(backend.name):
        double = jit_compile(lambda x, factor: x * factor, optimize="off")
        arguments = (ones(spatial(x=3)), 2.5)
        result = double(*arguments)
        (array,) = program_call(double, arguments)()
    np.testing.assert_array_equal(np.asarray(array), result.numpy())


@pytest.mark.parametrize(
    ("first", "traces", "is_met"), [(3.0, (1, 2), True), (3.5, (1, 2), False), (3.0, (2, 2), False)]
)
def test_a_first_call_answers_soon_and_makes_no_program_twice(first, traces, is_met):
    row = FirstCall("jax", "row", 32, 1.0, first, 0.5, traces, must_answer=True)
    assert row.is_met is is_met
    assert row.cells()["traces"] == f"{traces[0]}, {traces[1]}"


def test_a_measurement_that_fails_in_its_own_process_is_reported_with_its_error():
    with pytest.raises(RuntimeError, match="unexpected keyword argument 'nonsense'"):
        in_fresh_process("phisim.bench.first_call", {"nonsense": 1})


def test_the_peak_of_memory_stays_when_memory_is_given_back():
    block = np.ones(10_000_000)
    with_block = peak_memory()
    del block
    afterwards = peak_memory()
    # The system counts pages per processor, and adds them up now and then.
    assert (with_block is None) == (afterwards is None)
    assert with_block is None or 80_000_000 < with_block <= (afterwards or 0) + 1_000_000


def test_threads_are_limited_and_given_back():
    before = available_threads()
    with limited_to(1):
        assert os.environ["OMP_NUM_THREADS"] == "1"
        assert available_threads() == (1 if hasattr(os, "sched_getaffinity") else before)
    assert available_threads() == before


def test_a_row_is_measured_and_written_as_json(tmp_path, capsys):
    file = tmp_path / "overhead.json"
    arguments = ["overhead", "--backend", "numpy", "--row", "a + b", "--repetitions", "2"]
    assert main([*arguments, "--json", str(file)]) == 0
    report = json.loads(file.read_text(encoding="utf-8"))
    (row,) = report["rows"]
    assert (row["backend"], row["row"], row["budget"]) == ("numpy", "a + b", pytest.approx(1.0))
    assert row["difference_us"] == pytest.approx(row["ours_median_us"] - row["native_median_us"])
    assert 0 < row["native_median_us"] < 1e4
    assert {"python", "cpus", "threads", "packages"} <= set(report["machine"])
    header, _, line = capsys.readouterr().out.splitlines()[:3]
    assert "ours µs" in header
    assert line.split()[:5] == ["numpy", "32", "a", "+", "b"]


def test_an_unknown_row_is_an_error_that_lists_the_rows(capsys):
    with pytest.raises(SystemExit):
        main(["overhead", "--row", "a - b"])
    assert "invalid choice: 'a - b' (choose from 'a + b', " in capsys.readouterr().err


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
    assert len(quick.samples) == 3
    assert 0 < quick.median < slow.median
    order = [name for i, name in enumerate(calls) if i == 0 or calls[i - 1] != name]
    assert order == ["quick", "slow"] * 4  # finding the batch size, then three repetitions
    assert set(synchronized) == {sum(range(10)), sum(range(100_000))}


def test_a_timing_has_mean_spread_and_median_and_ratios_of_neighbours():
    samples = timing(1.0, 2.0, 6.0)
    assert (samples.mean, samples.median) == (3.0, 2.0)
    assert samples.std == pytest.approx((14 / 3) ** 0.5)
    assert samples.over(timing(1.0, 1.0, 2.0)) == 2.0


@pytest.mark.parametrize(
    ("budget", "budget_for", "is_met"),
    [
        (1e-6, "difference", False),
        (2e-6, "difference", True),
        (2e-6, "time", False),
        (1.5, "ratio", False),
        (2.5, "ratio", True),
        (None, "ratio", None),
    ],
)
def test_budgets_limit_the_difference_the_time_or_the_ratio(budget, budget_for, is_met):
    row = Comparison(
        "numpy", "row", timing(3e-6), timing(1.5e-6), budget=budget, budget_for=budget_for
    )
    assert row.is_met is is_met
    mark = {True: "✓", False: "✗", None: ""}[is_met]
    assert row.cells()[""] == mark
    assert ("✗" in as_text(Report([row]))) == (is_met is False)


def test_a_row_with_a_fault_breaks_its_budget():
    row = Comparison("numpy", "import", timing(0.1), timing(0.01), budget=1.0, fault="loads scipy")
    assert row.is_met is False


def test_phiml_has_a_column_only_where_it_was_measured():
    ours = Comparison("numpy", "row", timing(2e-6), timing(1e-6))
    measured = replace(ours, row="other", phiml=timing(9e-6))
    assert "phiml µs" not in as_text(Report([ours]))
    table = as_text(Report([ours, measured])).splitlines()
    assert "phiml µs" in table[0]
    assert "9.00" in table[3]


def test_a_program_that_fails_in_a_fresh_process_is_reported_with_its_error():
    with pytest.raises(RuntimeError, match="No module named 'there_is_none'"):
        import_times(("import there_is_none",), 1)


@pytest.mark.parametrize("choice", ["", "1"])
def test_imports_are_timed_with_byte_code_whatever_the_environment_says(monkeypatch, choice):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", choice)
    import_times(("import sys\nassert not sys.dont_write_bytecode",), 1)

"""The plugin chooses tests and backends as its options say, and fails rather than skips."""

import pytest

pytest_plugins = ["pytester"]

TESTS = """
    import pytest
    from phimath import context

    def test_without(): pass

    def test_with(backend):
        assert context.default_backend() is backend

    @pytest.mark.needs("value_and_gradient")
    def test_that_needs_gradients(backend): pass
"""


@pytest.fixture
def run(pytester):
    def run(*options, tests=TESTS):
        pytester.makepyfile(tests)
        arguments = ("-p", "phimath.testing.plugin", "-p", "no:cacheprovider", "-v", *options)
        return pytester.runpytest_subprocess(*arguments)

    return run


def test_without_the_option_all_tests_run_on_local_backends(run):
    result = run()
    output = result.stdout.str()
    assert "test_without PASSED" in output
    assert "test_with[numpy] PASSED" in output
    assert "test_with[strict] PASSED" in output
    assert "test_that_needs_gradients" not in output
    assert result.ret == 0


def test_with_the_option_only_tests_with_a_backend_run(run):
    result = run("--backend", "strict,numpy", "--backend", "numpy")
    result.assert_outcomes(passed=2, deselected=3)


def test_a_missing_backend_fails_and_says_why(run):
    result = run("--backend", "abacus")
    result.assert_outcomes(errors=2, deselected=1)
    assert result.ret != 0
    assert "There is no backend 'abacus'" in result.stdout.str()


BROKEN = """
    from phimath.backend import load, register
    from phimath.testing.conformance import *

    numpy = type(load("numpy"))

    class Broken(numpy):
        name = "broken"
        unsupported = {UNSUPPORTED}
        def sort(self, a, axis): CODE

    register(Broken())
"""


@pytest.mark.parametrize(
    ("declared", "code", "failed"),
    [
        ("{'sort': 'Sort with NumPy first.'}", "raise NotImplementedError", False),
        ("{}", "raise NotImplementedError", True),
        ("{}", "return a", True),
        ("{'sort': 'Sort with NumPy first.'}", "return numpy.sort(self, a, axis)", True),
    ],
    ids=["declared", "undeclared", "wrong", "outdated declaration"],
)
def test_what_a_backend_cannot_do_must_be_declared(run, declared, code, failed):
    tests = BROKEN.replace("{UNSUPPORTED}", declared).replace("CODE", code)
    result = run("--backend", "broken", "-k", "numpy and sort-float64", tests=tests)
    outcomes = result.parseoutcomes()
    assert outcomes.get("failed", 0) == (2 if failed else 0)
    assert outcomes.get("xfailed", 0) == (0 if failed else 2)

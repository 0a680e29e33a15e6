"""The strict backend refuses what the contract does not allow, and lets through what it allows."""

import numpy as np
import pytest

from phimath.backend import load
from phimath.dtype import DType
from phimath.testing.strict import ContractError

strict = load("strict")
FLOATS = strict.from_numpy(np.arange(6.0).reshape(2, 3))
SINGLES = strict.from_numpy(np.arange(6, dtype="float32").reshape(2, 3))
INTEGERS = strict.from_numpy(np.arange(3))
FLAGS = strict.from_numpy(np.array([True, False, True]))
FLAG = strict.from_numpy(np.asarray(True))
CUBE = strict.from_numpy(np.zeros((1, 4, 2)))


def add(*operands):
    return strict.function("add")(*operands)


@pytest.mark.parametrize(
    ("reason", "call"),
    [
        ("element types differ", lambda: add(FLOATS, SINGLES)),
        ("no array and no number", lambda: add(FLOATS, [1.0, 2.0, 3.0])),
        ("no array and no number", lambda: add(FLOATS, np.ones(3))),
        ("no array and no number", lambda: add(FLOATS, np.float64(1))),
        ("first operand", lambda: add(1.0, FLOATS)),
        ("don't match", lambda: add(FLOATS, strict.from_numpy(np.ones(2)))),
        ("would change elements", lambda: add(INTEGERS, 1.5)),
        ("must be float complex", lambda: strict.function("divide")(INTEGERS, INTEGERS)),
        ("must be int", lambda: strict.function("bitwise_and")(FLAGS, FLAGS)),
        ("must be bool", lambda: strict.function("where")(INTEGERS, INTEGERS, INTEGERS)),
        ("must be int float complex", lambda: strict.sum(FLAGS, (0,))),
        ("at least one", lambda: strict.sum(FLOATS, ())),
        ("must ascend", lambda: strict.sum(FLOATS, (1, 0))),
        ("of 2 axes", lambda: strict.sum(FLOATS, (-1,))),
        ("'axes' must be", lambda: strict.sum(FLOATS, [0])),
        ("'axis' must be int", lambda: strict.sort(FLOATS, np.int64(0))),
        ("don't fit", lambda: strict.reshape(FLOATS, (-1,))),
        ("out of range", lambda: strict.get(FLOATS, (2, slice(None)))),
        ("2 axes", lambda: strict.get(FLOATS, (0,))),
        ("'index' must be", lambda: strict.get(FLOATS, (slice(None), INTEGERS))),
        ("must lie in", lambda: strict.take(FLOATS, strict.from_numpy(np.array([-1])), 0)),
        ("expected int64 or int32", lambda: strict.take(
            FLOATS, strict.cast(INTEGERS, DType("int8")), 1)),
        ("'widths' must be", lambda: strict.pad(FLOATS, [(-1, 0), (0, 0)], 0.0)),
        ("pairs of widths", lambda: strict.pad(FLOATS, [(1, 0)], 0.0)),
        ("'arrays' must be", lambda: strict.stack([FLOATS, np.ones((2, 3))], 0)),
        ("element types differ", lambda: strict.concat([FLOATS, SINGLES], 0)),
        ("expected (1, 1, 2)", lambda: strict.scatter(
            CUBE, strict.from_numpy(np.array([[1]])), CUBE, "add")),
        ("can't be multiplied", lambda: strict.matmul(FLOATS, FLOATS)),
        ("explicit output", lambda: strict.einsum("ij,ij", FLOATS, FLOATS)),
        ("complex", lambda: strict.fft(FLOATS, (0,))),
        ("'dtype' must be", lambda: strict.cast(FLOATS, "float32")),
        ("'a' must be a native array", lambda: strict.mean(np.ones(3), (0,))),
    ],
)  # fmt: skip
def test_calls_outside_of_the_contract_are_refused(reason, call):
    with pytest.raises(ContractError, match=r".*") as caught:
        call()
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    "use",
    [
        lambda a: a == a,
        len,
        bool,
        float,
        iter,
        lambda a: a[0],
        lambda a: a + a,
        lambda a: np.ones(3) + a,
        np.asarray,
    ],
)
def test_native_arrays_have_no_operators(use):
    with pytest.raises((ContractError, TypeError)):
        use(FLOATS)


def test_values_cannot_be_changed_from_outside():
    values = np.ones(3)
    array = strict.from_numpy(values)
    with pytest.raises(ValueError, match="read-only"):
        strict.to_numpy(array)[0] = 2


def test_leading_axes_may_be_left_to_broadcasting():
    result = add(FLOATS, strict.from_numpy(np.array([10.0, 20.0, 30.0])))
    assert strict.to_numpy(result).tolist() == [[10, 21, 32], [13, 24, 35]]


@pytest.mark.parametrize(
    ("reason", "condition", "body"),
    [
        ("the state changes", lambda i: FLAG, lambda i: (strict.cast(i, DType("float32")),)),
        ("the state changes", lambda i: FLAG, lambda i: (strict.reshape(i, (1,)),)),
        ("the state changes", lambda i: FLAG, lambda i: (i, i)),
        ("a tuple of native arrays", lambda i: FLAG, lambda i: i),
        ("a boolean scalar", lambda i: True, lambda i: (i,)),
        ("a boolean scalar", lambda i: i, lambda i: (i,)),
        ("a boolean scalar", lambda i: FLAGS, lambda i: (i,)),
    ],
)
def test_loops_that_a_framework_cannot_trace_are_refused(reason, condition, body):
    with pytest.raises(ContractError, match=reason):
        strict.while_loop(condition, body, (strict.from_numpy(np.asarray(0)),))


def test_programs_take_native_arrays_only():
    program = strict.compile(lambda a: (add(a, 1.0),), (FLOATS,))
    (result,) = program(FLOATS)
    assert strict.to_numpy(result).tolist() == [[1, 2, 3], [4, 5, 6]]
    with pytest.raises(ContractError, match="native array"):
        program(np.ones((2, 3)))

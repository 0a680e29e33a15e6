"""Data types: interned, promoted as the Array API standard says, floats by the context."""

import copy
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from phimath.dtype import (
    DType,
    complex_dtype,
    float_dtype,
    get_precision,
    precision,
    promote,
    set_precision,
)
from phimath.errors import DTypeError

INTEGERS = [f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)]
NAMES = ["bool", *INTEGERS, "float16", "float32", "float64", "complex64", "complex128"]


@pytest.mark.parametrize("name", NAMES)
def test_types_are_interned_and_agree_with_numpy(name):
    dtype, native = DType(name), np.dtype(name)
    assert DType(dtype) is dtype
    assert DType(dtype.kind, dtype.bits) is dtype
    assert dtype.itemsize == native.itemsize
    assert dtype.is_floating == (native.kind in "fc")
    assert dtype.is_numeric == (native.kind != "b")
    expected = np.finfo(native).bits if native.kind in "fc" else None
    assert dtype.precision == expected
    assert repr(dtype) == name


@pytest.mark.parametrize("name", NAMES)
def test_copies_and_pickles_are_the_type_itself(name):
    dtype = DType(name)
    assert copy.deepcopy(dtype) is dtype
    assert pickle.loads(pickle.dumps(dtype)) is dtype


def test_types_cannot_be_changed():
    with pytest.raises(AttributeError, match="'bits' cannot be set"):
        DType("float32").bits = 64


@pytest.mark.parametrize(
    ("bits", "real", "complex_name"),
    [(16, "float16", "complex64"), (32, "float32", "complex64"), (64, "float64", "complex128")],
)
def test_kinds_of_python_have_the_precision_of_the_context(bits, real, complex_name):
    with precision(bits):
        assert DType(float) is float_dtype() is DType(real)
        assert DType(complex) is complex_dtype() is DType(complex_name)
        assert DType(int) is DType("int64")
        assert DType(bool) is DType("bool")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("foo",), "no data type 'foo'. Available are bool, int8"),
        ((float, 7), "no data type <class 'float'> with 7 bits"),
        ((np.float32,), "no data type <class 'numpy.float32'>"),
        ((3,), "no data type 3"),
        (("complex", 32), "no data type 'complex' with 32 bits"),
    ],
)
def test_unknown_types_are_an_error_that_lists_the_known_ones(arguments, message):
    with pytest.raises(DTypeError, match=message):
        DType(*arguments)


@pytest.mark.parametrize("left", ["bool", *INTEGERS])
@pytest.mark.parametrize("right", ["bool", *INTEGERS])
def test_integers_promote_like_those_of_numpy(left, right):
    # NumPy implements the standard's table, which leaves out uint64 beside signed integers.
    expected = np.result_type(np.dtype(left), np.dtype(right)).name
    if expected.startswith("float"):
        with pytest.raises(DTypeError, match=r"No integer type holds both .* Cast one of them"):
            promote(DType(left), DType(right), bits=32)
    else:
        assert promote(DType(left), DType(right), bits=32) is DType(expected)


@pytest.mark.parametrize("bits", [16, 32, 64])
@pytest.mark.parametrize("other", NAMES)
def test_floats_have_the_precision_asked_for_whatever_the_inputs(bits, other):
    for name in ("float16", "float32", "float64"):
        expected = f"complex{max(2 * bits, 64)}" if "complex" in other else f"float{bits}"
        assert promote(DType(name), DType(other), bits=bits) is DType(expected)
        assert promote(DType(other), DType(name), bits=bits) is DType(expected)


def test_precision_is_restored_after_nesting_and_errors():
    assert get_precision() == 32
    with precision(64):
        with precision(16):
            assert get_precision() == 16
        assert get_precision() == 64
        with pytest.raises(ZeroDivisionError), precision(16):
            _ = 1 / 0
        assert get_precision() == 64
    assert get_precision() == 32


@pytest.mark.parametrize("bits", [0, 8, 128, None, "64"])
def test_precision_refuses_what_does_not_exist(bits):
    with pytest.raises(DTypeError, match="Precision must be 16, 32 or 64"), precision(bits):
        pass
    with pytest.raises(DTypeError, match=r"Precision must be 16, 32 or 64 bits, not"):
        set_precision(bits)
    assert get_precision() == 32


def test_precision_of_one_thread_is_not_that_of_another():
    inside, leave, seen = threading.Event(), threading.Event(), []

    def double():
        with precision(64):
            inside.set()
            assert leave.wait(5)
            seen.append(get_precision())

    thread = threading.Thread(target=double)
    thread.start()
    assert inside.wait(5)
    assert get_precision() == 32
    leave.set()
    thread.join()
    assert seen == [64]


def test_the_global_precision_reaches_other_threads():
    set_precision(64)
    try:
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(get_precision).result() == 64
        with precision(16):
            assert get_precision() == 16
    finally:
        set_precision(32)
    assert get_precision() == 32


def _doubles():
    with precision(64):
        yield get_precision()
        yield get_precision()


def test_generators_leave_no_residue_when_exhausted_closed_or_failing():
    assert list(_doubles()) == [64, 64]
    assert get_precision() == 32
    generator = _doubles()
    next(generator)
    generator.close()
    assert get_precision() == 32
    generator = _doubles()
    next(generator)
    with pytest.raises(KeyError):
        generator.throw(KeyError("failed"))
    assert get_precision() == 32

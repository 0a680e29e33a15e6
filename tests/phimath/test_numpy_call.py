"""Functions of NumPy arrays on all backends: what they get and give, and how they fail."""

import threading

import numpy as np
import pytest

from phimath.create import expand
from phimath.dimension import batch, channel, spatial
from phimath.dtype import BOOL, COMPLEX64, FLOAT32, FLOAT64, INT64, DType, get_precision, precision
from phimath.errors import DTypeError, NotSupported, ShapeError
from phimath.join import stack
from phimath.reduce import sum as sum_of
from phimath.testing.assertions import assert_close
from phimath.transform import iterate, jit_compile, numpy_call, vectorize, while_loop
from phimath.wrap import wrap
from tests.phimath.host_examples import A, by_numpy, matrix, ways
from tests.support import of

# --- what the function gets and gives ---


def test_the_function_gets_arrays_that_it_must_not_change(backend):
    seen = []

    def look(a, factor):
        seen.append((type(a), a.shape, a.dtype.name, a.flags.writeable, factor))
        return a * factor

    for call in ways(lambda a: numpy_call(look, a, 3, output=a)):
        with precision(64):
            assert_close(call(matrix(backend)).numpy("x,y"), 3 * A)
    assert set(seen) == {(np.ndarray, (2, 3), "float64", False, 3)}


def test_axes_are_the_dimensions_in_the_order_of_the_shape(backend):
    def rows(a, b):
        return np.concatenate([a, b[:, None]], axis=1)

    a = of(backend, A.T, spatial("y,x")).y[:2]  # whatever the order in memory
    b = of(backend, [7.0, 8.0], spatial("x"))
    shape = a.shape
    assert shape.names == ("y", "x")
    for call in ways(lambda a, b: numpy_call(rows, a, b, output=spatial(x=2, z=3))):
        result = call(a, b)
        assert (result.shape.names, result.dtype) == (("x", "z"), FLOAT32)
        assert_close(result.numpy("x,z"), rows(A.T[:2], np.array([7.0, 8.0])), rtol=1e-6)


def test_trees_go_in_and_out(backend):
    def split(pair, text):
        assert text == "text"
        a, (b,) = pair["a"], pair["rest"]
        return {"sum": a + b, "any": (a.any(), 5)}

    a, b = matrix(backend), matrix(backend, 2 * A)
    output = {"sum": a, "any": (wrap(True), wrap(0))}
    for call in ways(lambda a, b: numpy_call(split, {"a": a, "rest": (b,)}, "text", output=output)):
        with precision(64):
            found = call(a, b)
        assert_close(found["sum"].numpy("x,y"), 3 * A)
        assert [part.dtype for part in found["any"]] == [BOOL, INT64]
        assert [part.item() for part in found["any"]] == [True, 5]


def test_output_is_announced_by_a_function_of_the_arguments(backend):
    def twice(a):
        return np.concatenate([a, a], axis=0)

    for call in ways(
        lambda a: numpy_call(twice, a, output=lambda a: a.shape.with_size("x", 2 * a.x.size))
    ):
        assert call(matrix(backend)).shape == spatial(x=4, y=3)


def test_output_is_found_out_where_values_are_known(backend):
    calls = []

    def describe(a):
        calls.append(a)
        return {"rows": wrap(a.sum(1), spatial("x")), "total": a.sum(), "size": a.size}

    with precision(64):
        found = numpy_call(describe, matrix(backend))
        assert len(calls) == 1
        assert_close(found["rows"].numpy(), A.sum(1))
        assert (float(found["total"]), found["total"].dtype) == (A.sum(), FLOAT64)
        assert (int(found["size"]), found["size"].dtype) == (6, INT64)
        many = stack([matrix(backend), matrix(backend, -A)], batch("b"))
        totals = numpy_call(describe, many)["total"]
        assert_close(totals.numpy(), np.array([A.sum(), -A.sum()]))
    assert len(calls) == 3


def test_programs_must_know_the_output(backend):
    with pytest.raises(NotSupported, match="output=x"):
        jit_compile(lambda a: numpy_call(np.sin, a) * 2)(matrix(backend))
    with pytest.raises(ShapeError, match="no names"):
        numpy_call(np.sin, matrix(backend))


@pytest.mark.parametrize("bits", [32, 64])
def test_floating_results_have_the_precision_of_the_context(backend, bits):
    def half(a):
        return np.asarray(a, np.float64 if bits == 32 else np.float32) / 2

    with precision(bits):
        for call in ways(lambda a: numpy_call(half, a, output=a)):
            result = call(matrix(backend))
            assert result.dtype is DType(float, bits)
            assert_close(result.numpy("x,y"), A / 2)


def test_numbers_that_would_lose_something_are_refused(backend):
    a = matrix(backend)
    with pytest.raises(DTypeError, match="complex"):
        numpy_call(lambda a: a * 1j, a, output=a)
    with pytest.raises(DTypeError, match="int64"):
        numpy_call(lambda a: a.sum(), a, output=wrap(0))
    result = numpy_call(lambda a: 1, a, output=wrap(0j))
    assert result.dtype is COMPLEX64


def test_results_that_differ_from_the_announced_are_refused(backend):
    a = matrix(backend)
    with pytest.raises(ShapeError, match=r"sizes \(3, 2\)"):
        numpy_call(np.transpose, a, output=a)
    with pytest.raises(ShapeError, match="expected"):
        numpy_call(lambda a: (a, a), a, output=a)
    with pytest.raises(ShapeError, match=r"sizes \(3, 2\)"):
        jit_compile(lambda a: numpy_call(np.transpose, a, output=a) + 1)(a)


# --- examples ---


def test_batch_dimensions_are_looped_over(backend):
    def solve(a, b):
        assert a.shape == (2, 2)
        return np.linalg.solve(a, b)

    matrices = np.stack([A[:, :2], A[:, 1:], A[:, ::2]])
    a = of(backend, matrices, [batch("b"), channel("i"), channel("j")])
    b = of(backend, [1.0, 2.0], channel("i"))
    with precision(64):
        for call in ways(lambda a, b: numpy_call(solve, a, b, output=b)):
            found = call(a, b)
            assert found.shape == batch(b=3) & channel(i=2)
            assert_close(
                found.numpy("b,i"), np.linalg.solve(matrices, np.array([1.0, 2.0])[:, None])[..., 0]
            )


def test_other_dimensions_are_looped_over_on_request(backend):
    a = matrix(backend)
    with precision(64):
        found = numpy_call(lambda row: row / row.sum(), a, output=a, loop="x")
        assert_close(found.numpy("x,y"), A / A.sum(1, keepdims=True))
        many = stack([a, -a], batch("b"))
        whole = numpy_call(lambda a: a.sum(0), many, output=a, loop=())
        assert_close(whole.numpy("x,y"), 0 * A)
    with pytest.raises(ShapeError, match="never"):
        numpy_call(lambda a: a.sum(), expand(a, batch(b=0)))


def test_vectorize_calls_it_example_by_example(backend):
    def normalised(a):
        return numpy_call(lambda a: a / a.sum(), a, output=a)

    with precision(64):
        found = vectorize(normalised, "x")(matrix(backend))
        assert_close(found.numpy("x,y"), A / A.sum(1, keepdims=True))


# --- loops ---


def halved_minimum(a):
    return numpy_call(lambda a: a - 0.5 * a.min(), a, output=a)


def test_loops_call_it_each_time(backend):
    def fixed(a):
        return iterate(halved_minimum, 4, a)

    def until(a):
        return while_loop(lambda a: sum_of(a, "x,y") < 14.0, halved_minimum, a)

    steps = next(n for n in range(99) if by_numpy(A, n).sum() >= 14)
    with precision(64):
        for function, count in ((fixed, 4), (until, steps)):
            for call in ways(function):
                assert_close(call(matrix(backend)).numpy("x,y"), by_numpy(A, count))


# --- errors and surroundings ---


def fails_for_negative(a):
    if a.min() < 0:
        raise LookupError(f"negative: {a.min()}")
    return a


def test_errors_of_the_function_are_raised_as_they_are(backend):
    def plain(a):
        return numpy_call(fails_for_negative, a, output=a) * 2

    def loop(a):
        return iterate(lambda a: numpy_call(fails_for_negative, a, output=a) - 1, 3, a)

    def unbounded(a):
        return while_loop(
            lambda a: sum_of(a, "x,y") > 0,
            lambda a: numpy_call(fails_for_negative, a, output=a) - 1,
            a,
        )

    with precision(64):
        for function in (plain, loop, unbounded):
            for call in ways(function):
                with pytest.raises(LookupError, match=r"negative: -1\.0"):
                    call(matrix(backend))
        for call in ways(plain):
            assert_close(call(matrix(backend, A**2)).numpy("x,y"), 2 * A**2)


def test_the_function_has_the_precision_and_defaults_of_its_call(backend):
    seen = []

    def look(a):
        seen.append(get_precision())
        return wrap(a, spatial("x,y")) * 2

    def function(a):
        return numpy_call(look, a, output=a) + 1

    with precision(64):
        for call in ways(function):
            assert_close(call(matrix(backend)).numpy("x,y"), 2 * A + 1)
    assert set(seen) == {64}


def test_threads_may_call_one_program(backend):
    compiled = jit_compile(lambda a: numpy_call(np.sin, a, output=a) + 1)
    results = {}

    def run(i):
        with precision(64):
            results[i] = compiled(matrix(backend, i * A)).numpy("x,y")

    run(0)
    threads = [threading.Thread(target=run, args=(i,)) for i in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for i in range(5):
        assert_close(results[i], np.sin(i * A) + 1)

"""Programs of the PyTorch plug: what they compute, how often our Python runs, what stays behind."""

from importlib import import_module

import numpy as np
import pytest

from phimath.dtype import FLOAT32, FLOAT64, INT64
from phimath.errors import BackendError
from tests.backends.torch_loops import SQUARE, conjugate_gradient, sum_of_products

torch = import_module("torch")
backend = import_module("phimath_torch").backend


@pytest.fixture(autouse=True)
def captured_only():
    """Inductor takes seconds, and has tests of its own."""
    token = backend.compile_optimization.set("off")
    yield
    backend.compile_optimization.reset(token)


def compiled(function, *arguments):
    """Compiled with arguments of other values, so that none can be baked in."""
    return backend.compile(function, [torch.ones_like(a) for a in arguments])(*arguments)


X = torch.tensor([[0.3, -0.7, 1.1], [2.0, 0.1, -0.4]])
P = torch.tensor([[[0.5], [1.5], [-2.0], [3.0]]])
INDICES = torch.tensor([[2, 0, 2]])

CASES = {
    "elementwise": (
        lambda x: backend.function("sin")(x) * 2 + backend.function("maximum")(x, 0),
        [X],
    ),
    "atan2": (lambda x: backend.function("atan2")(x, 0.5), [X]),
    "power": (lambda x: backend.function("pow")(x, 3), [X]),
    "integer power": (lambda i: backend.function("pow")(i, 3), [INDICES]),
    "floor_divide": (lambda x: backend.function("floor_divide")(x, 0.4), [X]),
    "isfinite": (lambda x: backend.function("isfinite")(1 / (x - x[0, 0])), [X]),
    "where": (lambda x: backend.where(x > 0, x, -x), [X]),
    "sum": (lambda x: backend.sum(x, (0, 1)), [X]),
    "mean": (lambda x: backend.mean(x, (1,)), [X]),
    "max": (lambda x: backend.max(x, (0,)), [X]),
    "any": (lambda x: backend.any(x > 1.5, (0, 1)), [X]),
    "sort": (lambda x: backend.sort(x, 1), [X]),
    "argsort": (lambda x: backend.argsort(x, 1), [X]),
    "argmax": (lambda x: backend.argmax(x, 1), [X]),
    "cumulative_sum": (lambda x: backend.cumulative_sum(x, 1), [X]),
    "cast": (lambda x: backend.cast(x, FLOAT64), [X]),
    "full": (lambda x: x + backend.full((3,), float("inf"), FLOAT32), [X]),
    "arange": (lambda x: x * backend.cast(backend.arange(3, 0, -1, INT64), FLOAT32), [X]),
    "reshape": (lambda x: backend.reshape(backend.transpose(x, (1, 0)), (6,)), [X]),
    "broadcast_to": (lambda x: backend.broadcast_to(x[:, None], (2, 5, 3)), [X]),
    "slices": (lambda x: backend.get(x, (slice(1, None), slice(-1, None, -2))), [X]),
    "slice": (
        lambda x: backend.get(x, (1, slice(-2, None))) + backend.get(x, (0, slice(0, 2))),
        [X],
    ),
    "concat": (lambda x: backend.concat([x, x + 1], 1), [X]),
    "stack": (lambda x: backend.stack([x, 2 * x], 1), [X]),
    "pad": (lambda x: backend.pad(x, [(1, 0), (2, 1)], 7.0), [X]),
    "pad with infinity": (lambda x: backend.pad(x, [(1, 0), (0, 1)], float("inf")), [X]),
    "repeat": (lambda x: backend.repeat(x, 3, 1), [X]),
    "take": (lambda x, i: backend.take(x, i[0], 1), [X, INDICES]),
    "gather": (lambda p, i: backend.gather(p, i), [P, INDICES]),
    "scatter add": (lambda p, i: backend.scatter(p, i, 2 * p[:, :3], "add"), [P, INDICES]),
    "scatter update": (lambda p, i: backend.scatter(p, i, p[:, [1, 2, 1]], "update"), [P, INDICES]),
    "scatter max": (lambda p, i: backend.scatter(p, i, 2 * p[:, :3], "max"), [P, INDICES]),
    "searchsorted": (lambda x: backend.searchsorted(torch.arange(-1.0, 2), x[0], "left"), [X]),
    "fft": (lambda x: backend.ifft(2 * backend.fft(x, (0, 1)), (0, 1)), [X]),
    "rfft": (lambda x: backend.irfft(backend.rfft(x, 1), 3, 1), [X]),
    "conj": (lambda x: backend.function("conj")(backend.fft(x, (1,))), [X]),
    "imag": (
        lambda x: backend.function("imag")(backend.function("conj")(backend.fft(x, (1,)))),
        [X],
    ),
    "complex abs": (lambda x: backend.function("abs")(backend.fft(x, (1,))), [X]),
    "matmul": (lambda x: backend.matmul(x, SQUARE), [X]),
    "einsum": (lambda x: backend.einsum("ij,kj->ik", x, x), [X]),
    "svd": (lambda x: backend.svd(x)[1], [X]),
    "eigenvalues": (lambda x: backend.function("real")(backend.eigenvalues(x)), [SQUARE]),
    "eigh": (lambda x: backend.eigh(x)[0], [SQUARE]),
    "qr": (lambda x: backend.matmul(*backend.qr(x)), [SQUARE]),
    "solve": (lambda a, b: backend.solve(a + SQUARE, b.T), [SQUARE, X]),
    "random_bits": (lambda i: i + backend.random_bits((1, 2), 3), [INDICES]),
    "from_numpy": (lambda x: x * backend.from_numpy(np.float32([1, 2, 3])), [X]),
    "constant from around": (lambda x: backend.sum(x @ (SQUARE * 2), (0,)), [X]),
}


@pytest.mark.parametrize("name", CASES)
def test_programs_compute_what_the_operations_compute(name):
    function, arguments = CASES[name]
    expected = function(*arguments)
    (result,) = compiled(lambda *a: (function(*a),), *arguments)
    assert (result.dtype, result.shape) == (expected.dtype, expected.shape)
    torch.testing.assert_close(result, expected, equal_nan=True)


def test_the_function_runs_once_on_arrays_without_values():
    seen = []

    def function(x):
        seen.append(backend.is_available(x))
        return (x + 1,)

    program = backend.compile(function, [X])
    for factor in (1, 2, 3):
        assert torch.equal(program(factor * X)[0], factor * X + 1)
    assert seen == [False]


def test_outputs_may_be_arguments_constants_and_the_same_twice():
    program = backend.compile(lambda x, y: (x, SQUARE, y * 2, x), [X, X])
    x, constant, doubled, again = program(X, X + 1)
    assert torch.equal(x, X)
    assert torch.equal(again, X)
    assert torch.equal(constant, SQUARE)
    assert torch.equal(doubled, 2 * X + 2)


def test_what_has_no_effect_is_not_computed():
    def function(x):
        backend.svd(x)
        backend.random_bits((0, 0), 100)
        return (x + 1,)

    (whole,) = backend.compile(function, [X]).program.pending
    assert [n.name for n in whole.module.graph.nodes if n.op == "call_function"] == ["add"]


@pytest.mark.parametrize(
    "argument",
    [X.T.contiguous().T, torch.zeros(1, 3).expand(2, 3), torch.ones(4, 6)[::2, ::2]],
    ids=["transposed", "expanded", "strided"],
)
def test_arguments_of_any_layout_are_accepted(argument):
    program = backend.compile(lambda x: (backend.reshape(x, (6,)),), [X])
    assert torch.equal(program(argument)[0], argument.reshape(6))


def test_arguments_with_a_pending_conjugate_or_sign_are_accepted():
    z = torch.tensor([1 + 2j, 3 - 1j])
    program = backend.compile(lambda a: (torch.view_as_real(a),), [z])
    assert program(z.conj())[0].tolist() == [[1, -2], [3, 1]]
    program = backend.compile(lambda a: (a + 1,), [z.imag])
    assert program(z.conj().imag)[0].tolist() == [-1, 2]


# Derivatives


def cube(x):
    """x³ by a rule of its own, which has a factor of 2 too much."""
    rule = lambda arguments, outputs, cotangents: (6 * arguments[0] ** 2 * cotangents[0],)  # noqa: E731
    return backend.custom_gradient(lambda a: (a * a * a,), rule, [x])[0]


def gradient_of(function):
    return lambda x: backend.value_and_gradient(lambda y: (function(y), ()), [x])[2][0]


def test_a_gradient_is_compiled_with_its_function():
    gradient = gradient_of(lambda x: torch.sin(x).sum())
    torch.testing.assert_close(compiled(lambda x: (gradient(x),), X)[0], torch.cos(X))


def test_a_rule_for_the_derivative_is_compiled():
    gradient = gradient_of(lambda x: cube(x).sum())
    torch.testing.assert_close(compiled(lambda x: (gradient(x),), X)[0], 6 * X**2)


def test_a_second_derivative_is_compiled():
    second = gradient_of(lambda x: gradient_of(lambda y: (y**3).sum())(x).sum())
    torch.testing.assert_close(compiled(lambda x: (second(x),), X)[0], 6 * X)


@pytest.mark.parametrize("name", ["fft", "svd", "gather", "scatter add", "pad", "where", "solve"])
def test_compiled_gradients_are_those_of_the_operations(name):
    function, (first, *others) = CASES[name]
    gradient = gradient_of(lambda x: function(x, *others).abs().sum())
    torch.testing.assert_close(compiled(lambda x: (gradient(x),), first)[0], gradient(first))


def test_stopped_gradients_stay_stopped():
    gradient = gradient_of(lambda x: (x * backend.stop_gradient(x)).sum())
    torch.testing.assert_close(compiled(lambda x: (gradient(x),), X)[0], X)


def test_programs_refuse_tensors_whose_derivative_they_would_lose():
    program = backend.compile(lambda x: (x * 2,), [X])
    variable = X.clone().requires_grad_()
    with pytest.raises(BackendError, match="requires a gradient"):
        program(variable)
    with torch.no_grad():
        assert torch.equal(program(variable)[0], 2 * X)
    assert torch.is_grad_enabled()


# Loops


def test_loops_use_traced_arrays_from_around_them():
    b = torch.tensor([1.0, 2.0, 3.0])
    result = compiled(conjugate_gradient, SQUARE, b)
    torch.testing.assert_close(result, conjugate_gradient(SQUARE, b))
    torch.testing.assert_close(result[0], torch.linalg.solve(SQUARE, b), atol=1e-3, rtol=1e-3)


def test_condition_and_body_run_once():
    calls = []

    def function(x, stop):
        condition = lambda y, n: calls.append("condition") or n < stop  # noqa: E731
        body = lambda y, n: calls.append("body") or (y * 2, n + 1)  # noqa: E731
        return backend.while_loop(condition, body, (x, torch.zeros((), dtype=torch.int64)))

    program = backend.compile(function, [X, torch.tensor(1)])
    for stop in (0, 1, 5):
        doubled, count = program(X, torch.tensor(stop))
        assert torch.equal(doubled, X * 2**stop)
        assert count == stop
    assert sorted(calls) == ["body", "condition"]


def test_loops_nest():
    count, total = compiled(sum_of_products, X, torch.tensor(6))
    assert count == 6
    torch.testing.assert_close(total, X * sum(i * j for i in range(6) for j in range(i)))


def test_a_loop_may_return_its_state_unchanged_or_swapped():
    def function(x, y):
        body = lambda a, b, c, n: (b, a, c, n + 1)  # noqa: E731
        count = torch.zeros((), dtype=torch.int64)
        return backend.while_loop(lambda a, b, c, n: n < 3, body, (x, y, x, count))

    a, b, c, _ = compiled(function, X, X + 1)
    assert torch.equal(a, X + 1)
    assert torch.equal(b, X)
    assert torch.equal(c, X)


def test_a_gradient_may_contain_a_loop_that_it_does_not_differentiate():
    def function(x):
        def loss(y):
            scale = backend.while_loop(lambda s: s.sum() < 9, lambda s: (s + y * y,), (y * y,))[0]
            return (y * backend.stop_gradient(scale)).sum(), (scale,)

        _, (scale,), (gradient,) = backend.value_and_gradient(loss, [x])
        return scale, gradient

    scale, gradient = compiled(function, X)
    assert scale.sum() >= 9
    torch.testing.assert_close(gradient, scale)


def test_a_loop_may_contain_a_gradient():
    def function(x):  # gradient descent on Σ (x − 3)²
        gradient = gradient_of(lambda y: ((y - 3) ** 2).sum())
        going_on = lambda y: ((y - 3) ** 2).sum() > 1e-6  # noqa: E731
        return backend.while_loop(going_on, lambda y: (y - 0.25 * gradient(y),), (x,))

    torch.testing.assert_close(compiled(function, X)[0], torch.full_like(X, 3), atol=1e-3, rtol=0)


@pytest.mark.parametrize(
    ("condition", "body", "text"),
    [
        (lambda x: x > 0, lambda x: (x,), "boolean scalar"),
        (lambda x: x.sum() > 0, lambda x: (x.sum(0),), "must return arrays with the sizes"),
        (lambda x: x.sum() > 0, lambda x: (x.double(),), "must return arrays with the sizes"),
    ],
)
def test_loops_that_change_their_arrays_are_refused(condition, body, text):
    with pytest.raises(BackendError, match=text):
        backend.compile(lambda x: backend.while_loop(condition, body, (x,)), [X])


# Errors


def fails_in_a_loop(x):
    def body(y):
        raise ArithmeticError("inside")

    return backend.while_loop(lambda y: y.sum() > 0, body, (x,))


def fails_in_a_gradient(x):
    def loss(y):
        raise ArithmeticError("inside")

    return backend.value_and_gradient(loss, [x])


@pytest.mark.parametrize("function", [fails_in_a_loop, fails_in_a_gradient])
def test_an_exception_leaves_no_residue(function):
    with pytest.raises(ArithmeticError, match="inside"):
        backend.compile(function, [X])
    assert backend.is_available(X + 1)
    assert torch.is_grad_enabled()
    assert (X + 1).tolist() == (X.numpy() + 1).tolist()
    assert torch.equal(compiled(lambda x: (x + 1,), X)[0], X + 1)


def test_python_branches_on_values_raise():
    with pytest.raises(BackendError, match="Python needs its value"):
        backend.compile(lambda x: (x if x.sum() > 0 else -x,), [X])
    assert backend.is_available(X + 1)


def test_sizes_that_depend_on_values_raise():
    with pytest.raises(BackendError, match="depend on the values"):
        backend.compile(lambda x: (backend.nonzero(x > 0),), [X])

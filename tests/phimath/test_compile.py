"""Compiled functions give what the function gives, and say what they can't do."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from phimath.context import using
from phimath.create import ones
from phimath.dimension import batch, channel, spatial
from phimath.elementwise import exp, sin, where
from phimath.errors import NotSupported, ShapeError
from phimath.join import stack
from phimath.reduce import max as max_of
from phimath.reduce import mean
from phimath.reduce import sum as sum_of
from phimath.solve import Solve, solve_linear
from phimath.stacked import Stacked
from phimath.tensor import Tensor
from phimath.testing.assertions import assert_close
from phimath.transform import gradient, jit_compile, value_and_gradient
from phimath.transform.compile import CompiledFunction
from phimath.wrap import wrap
from tests.phimath.operators import Weights
from tests.support import counted, of

compiles = pytest.mark.needs("value_and_gradient")  # these backends have a compiler
X = np.array([0.5, -2.0, 3.0])


@dataclass(frozen=True)
class Body:
    position: Tensor
    mass: float = 1.0
    order: int = 2


# --- results ---


def test_compiled_functions_give_what_the_function_gives(backend, double):
    @jit_compile
    def step(x, y):
        return sin(x) * y + exp(-x)

    x = of(backend, X, spatial("x"))
    for factor in (1.0, -3.0):
        y = of(backend, factor * X, spatial("x"))
        assert_close(step(x, y), np.sin(X) * factor * X + np.exp(-X), rtol=1e-14)


def test_trees_go_in_and_come_out(backend, double):
    @jit_compile
    def step(state, options):
        body, (low, high) = state
        moved = replace(body, position=body.position + low * high * body.mass)
        return {"body": moved, "rest": [low, None, "text", options["scale"] * high]}

    body = Body(of(backend, X, spatial("x")), mass=2.0)
    low, high = of(backend, 3.0), of(backend, 5.0)
    for _ in range(2):
        result = step((body, (low, high)), {"scale": 2.0, "name": "unused"})
        assert isinstance(result["body"], Body)
        assert result["body"].order == 2
        assert_close(result["body"].position, X + 30.0)
        assert result["rest"][1:3] == [None, "text"]
        assert_close(result["rest"][0], 3.0)
        assert_close(result["rest"][3], 10.0)


def test_keyword_arguments_and_defaults_work(backend, double):
    @jit_compile
    def step(x, factor=2.0, *, offset=0.0):
        return x * factor + offset

    x = of(backend, X, spatial("x"))
    assert_close(step(x), 2 * X)
    assert_close(step(x, offset=1.0), 2 * X + 1)
    assert_close(step(offset=1.0, x=x, factor=4.0), 4 * X + 1)
    assert_close(step(x, 5.0), 5 * X)


def test_variadic_arguments_work(backend, double):
    @jit_compile
    def total(*values, **scales):
        return sum(values) * scales["a"]

    x = of(backend, X, spatial("x"))
    assert_close(total(x, x, 1.0, a=3.0), 3 * (2 * X + 1))


def test_methods_are_functions_of_their_instance(backend, double):
    @dataclass(frozen=True)
    class Mover:
        speed: Tensor

        @jit_compile
        def step(self, x, dt):
            return x + self.speed * dt

    x = of(backend, X, spatial("x"))
    slow, fast = Mover(of(backend, 1.0)), Mover(of(backend, 10.0))
    assert_close(slow.step(x, 0.5), X + 0.5)
    assert_close(fast.step(x, dt=0.5), X + 5)
    assert_close(Mover.step(fast, x, 1.0), X + 10)


def test_static_arguments_are_part_of_the_program(backend, double):
    @jit_compile(auxiliary_args="n, mode")
    def power(x, n, mode="plus"):
        for _ in range(n - 1):
            x = x * x
        return x if mode == "plus" else -x

    x = of(backend, X, spatial("x"))
    assert_close(power(x, 2), X**2)
    assert_close(power(x, n=3), X**4)
    assert_close(power(x, 2, mode="minus"), -(X**2))


def test_compiled_functions_nest(backend, double):
    inner = jit_compile(lambda x, y: x * y)
    outer = jit_compile(lambda x: inner(x, x + 1) - inner(x, 2.0))
    assert_close(outer(of(backend, X, spatial("x"))), X * (X + 1) - 2 * X)


def test_inner_programs_are_not_made(backend):
    inner = jit_compile(lambda x: x * 2)
    jit_compile(lambda x: inner(x) + 1)(of(backend, X, spatial("x")))
    assert not inner.traces


def test_tensors_from_around_are_constants(backend, double):
    around = of(backend, X, spatial("x"))
    step = jit_compile(lambda y: around * y)
    assert_close(step(2.0), 2 * X)
    assert_close(step(3.0), 3 * X)


def test_stacks_of_unequal_sizes_go_through(backend, double):
    parts = [of(backend, X, spatial("x")), of(backend, X[:2], spatial("x"))]
    value = Stacked(parts, batch(b=2).single)
    step = jit_compile(lambda v: v * 2)
    for _ in range(2):
        result = step(value)
        assert_close(result.b[0], 2 * X)
        assert_close(result.b[1], 2 * X[:2])


def test_no_arguments_and_constant_results_work(backend):
    step = jit_compile(lambda: (ones(spatial(x=3)), 5, "text"))
    for _ in range(2):
        values, number, text = step()
        assert_close(values, np.ones(3))
        assert (number, text) == (5, "text")


# --- derivatives ---


@compiles
def test_gradients_pass_through_compiled_functions(backend, double):
    inner = jit_compile(lambda x: sum_of(sin(x) * x))
    value, slope = value_and_gradient(inner)(of(backend, X, spatial("x")))
    assert_close(value, np.sum(np.sin(X) * X), rtol=1e-14)
    assert_close(slope, np.cos(X) * X + np.sin(X), rtol=1e-14)


@compiles
def test_gradients_are_compiled(backend, double):
    loss, runs = counted(lambda x: sum_of(sin(x) * x))
    compiled = jit_compile(value_and_gradient(lambda x: loss(x)))
    for factor in (1.0, 2.0):
        x = factor * X
        value, slope = compiled(of(backend, x, spatial("x")))
        assert_close(value, np.sum(np.sin(x) * x), rtol=1e-14)
        assert_close(slope, np.cos(x) * x + np.sin(x), rtol=1e-14)
    assert len(runs) == 1


@compiles
def test_gradients_inside_of_compiled_functions_work(backend, double):
    @jit_compile
    def newton(x):
        slope = gradient(lambda y: sum_of(exp(y)), get_output=False)(x)
        return x - (slope - 1) / exp(x)

    expected = X - (np.exp(X) - 1) / np.exp(X)
    assert_close(newton(of(backend, X, spatial("x"))), expected, rtol=1e-13)


@compiles
def test_gradients_of_solves_are_compiled(backend, double):
    @jit_compile
    def loss_and_slope(numbers, y):
        def loss(numbers, y):
            x = solve_linear(Weights(numbers), y, Solve(rel_tol=1e-12))
            return sum_of(x * x)

        return value_and_gradient(loss, "numbers,y")(numbers, y)

    for numbers in (np.array([1.0, 2.0, 4.0]), np.array([3.0, 5.0, 6.0])):
        arguments = of(backend, numbers, spatial("x")), of(backend, X, spatial("x"))
        value, (by_numbers, by_y) = loss_and_slope(*arguments)
        assert_close(value, np.sum((X / numbers) ** 2), rtol=1e-10)
        assert_close(by_y, 2 * X / numbers**2, rtol=1e-9)
        assert_close(by_numbers, -2 * X**2 / numbers**3, rtol=1e-9)


# --- precision ---


def test_results_have_the_precision_of_the_context(backend):
    @jit_compile
    def step(x, host, number):
        return x + host, x * number, mean(x), number * 2, where(x > 0, x, 0.0)

    x = of(backend, X.astype("float32"), spatial("x"))
    results = step(x, wrap(X, spatial("x")), 0.1)
    assert {str(r.dtype) for r in results} == {"float32"}


# --- errors ---


@pytest.mark.parametrize(
    "read",
    [
        lambda x: x if sum_of(x) > 0 else -x,
        lambda x: x * float(sum_of(x)),
        lambda x: x * int(sum_of(x) > 0),
        lambda x: x * sum_of(x).item(),
        lambda x: wrap(x.numpy("x") * 2, spatial("x")),
        lambda x: x * (1 if 3.0 in [max_of(x)] else 2),
    ],
)
def test_looking_at_values_is_refused(backend, read):
    step = jit_compile(read)
    x = of(backend, X, spatial("x"))
    with pytest.raises(NotSupported, match=r"jit_compile.*where\(.*auxiliary_args"):
        step(x)
    assert isinstance(step, CompiledFunction)
    assert not step.traces
    assert_close(jit_compile(lambda x: x + 1)(x), X.astype("float32") + 1)
    assert_close(read(x + 1).shape.volume, 3)


def test_counting_by_a_traced_number_says_how_to_declare_it(backend, double):
    def repeat(x, n):
        for _ in range(n):
            x = x * 2
        return x

    x = of(backend, X, spatial("x"))
    with pytest.raises(NotSupported, match="auxiliary_args"):
        jit_compile(repeat)(x, 3)
    assert_close(jit_compile(repeat, auxiliary_args="n")(x, 3), 8 * X)


def test_static_arguments_must_be_hashable(backend):
    step = jit_compile(lambda x, sizes: x, auxiliary_args="sizes")
    with pytest.raises(NotSupported, match=r"'sizes'.*tuple"):
        step(of(backend, X, spatial("x")), [1, 2])
    step(of(backend, X, spatial("x")), (1, 2))


def test_static_arguments_must_exist(backend):
    with pytest.raises(ShapeError, match=r"'n'.*x"):
        jit_compile(lambda x: x, auxiliary_args="n")


def test_arrays_without_names_are_refused(backend):
    with pytest.raises(NotSupported, match=r"'x'.*wrap"):
        jit_compile(lambda x: x)(X)


def test_a_failing_trace_leaves_nothing_behind(backend, double):
    leaked = []

    def step(x, fail):
        leaked.append(x)
        if fail:
            raise LookupError("as planned")
        return x * 2

    compiled = jit_compile(step, auxiliary_args="fail")
    x = of(backend, X, spatial("x"))
    with pytest.raises(LookupError, match="as planned"):
        compiled(x, True)
    assert not compiled.traces
    assert_close(compiled(x, False), 2 * X)
    assert_close(stack([x, x], channel("c")).c[0], X)


@compiles
def test_the_default_backend_belongs_to_the_program(backend):
    step = jit_compile(lambda x: x + 1)
    x = wrap(X, spatial("x"))
    assert step(x).backend is backend
    with using("numpy"):
        assert step(x).backend.name == "numpy"
    assert step(x).backend is backend

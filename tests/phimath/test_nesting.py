"""Transforms of transforms: each pair on x ↦ x⁵, whose derivatives are known."""

from itertools import product

import numpy as np
import pytest

from phimath.dimension import dual, spatial
from phimath.dtype import precision
from phimath.elementwise import where
from phimath.reduce import sum as sum_of
from phimath.testing.assertions import assert_close
from phimath.transform import (
    cond,
    custom_gradient,
    gradient,
    hessian,
    iterate,
    jacobian,
    jit_compile,
    jvp,
    vectorize,
    vjp,
    while_loop,
)
from phimath.wrap import wrap

differentiates = pytest.mark.needs("value_and_gradient")
VALUES = np.array([0.5, -1.5, 2.0])


def fifth(x):
    return x**5


def ones_like(x):
    return where(x == x, 1.0, 0.0)


def with_own_rule(f):
    return custom_gradient(
        lambda x: f(x), lambda inputs, output, c: {"x": vjp(f, inputs["x"])[1](c)[0]}
    )


def with_own_rules(f):
    return custom_gradient(
        lambda x: f(x),
        lambda inputs, output, c: {"x": vjp(f, inputs["x"])[1](c)[0]},
        jvp=lambda inputs, output, tangents: jvp(f, (inputs["x"],), (tangents["x"],))[1],
    )


def repeated_three_times(f):
    def total(x):
        start = (0, f(x) * -2)
        loop = while_loop(
            lambda n, y: n < 3, lambda n, y: (n + 1, y + f(x)), *start, max_iterations=4
        )
        return loop[1]

    return total


# Each turns a function of elements into its derivative of the given order.
TRANSFORMS = {
    "gradient": (1, lambda f: gradient(lambda x: sum_of(f(x)), get_output=False)),
    "jacobian": (1, lambda f: lambda x: sum_of(jacobian(f, get_output=False)(x), dual)),
    "jacobian together": (
        1,
        lambda f: lambda x: sum_of(jacobian(f, get_output=False, together=True)(x), dual),
    ),
    "hessian": (
        2,
        lambda f: lambda x: sum_of(hessian(lambda x: sum_of(f(x)), get_output=False)(x), dual),
    ),
    "vjp": (1, lambda f: lambda x: vjp(f, x)[1](ones_like(x))[0]),
    "jvp": (1, lambda f: lambda x: jvp(f, (x,), (ones_like(x),))[1]),
    "vectorize": (0, lambda f: lambda x: vectorize(f, "x")(x) if "x" in x.shape.spatial else f(x)),
    "jit_compile": (0, lambda f: jit_compile(f, optimize="off")),
    "cond": (0, lambda f: lambda x: cond(sum_of(x) < 1e9, f, lambda x: -f(x), x)),
    "custom_gradient": (0, with_own_rule),
    "custom_gradient of both modes": (0, with_own_rules),
    "iterate": (0, lambda f: lambda x: iterate(lambda y: y + f(x), 2, f(x) * -1)),
    "while_loop": (0, repeated_three_times),
}


WITHOUT_REVERSE_MODE = (
    *("jvp", "vectorize", "jit_compile", "cond", "iterate", "while_loop"),
    "custom_gradient of both modes",
)


def expected_derivative(order):
    return np.polynomial.Polynomial.basis(5).deriv(order)(VALUES)


@differentiates
@pytest.mark.parametrize(("outer", "inner"), list(product(TRANSFORMS, repeat=2)))
def test_pair_of_transforms_is_right(backend, outer, inner):
    (first, transform), (second, inner_transform) = TRANSFORMS[outer], TRANSFORMS[inner]
    function = transform(inner_transform(fifth))
    x = wrap(backend.from_numpy(VALUES), spatial("x"))
    with precision(64):
        result = function(x)
    assert_close(result.numpy("x"), expected_derivative(first + second), rtol=1e-12)


@differentiates
@pytest.mark.parametrize(
    "names",
    [
        ("jit_compile", "gradient", "gradient"),
        ("jit_compile", "jvp", "gradient"),
        ("jit_compile", "hessian", "jit_compile"),
        ("gradient", "jit_compile", "vjp"),
        ("gradient", "gradient", "gradient"),
        ("jvp", "gradient", "custom_gradient"),
        ("jvp", "jvp", "jvp"),
        ("vectorize", "hessian", "vjp"),
        ("jacobian", "cond", "gradient"),
        ("jit_compile", "gradient", "iterate"),
        ("jit_compile", "hessian", "while_loop"),
        ("jit_compile", "iterate", "gradient"),
        ("gradient", "while_loop", "gradient"),
    ],
    ids="-".join,
)
def test_three_transforms_are_right(backend, names):
    function, total = fifth, 0
    for name in reversed(names):
        order, transform = TRANSFORMS[name]
        function, total = transform(function), total + order
    x = wrap(backend.from_numpy(VALUES), spatial("x"))
    with precision(64):
        result = function(x)
    assert_close(result.numpy("x"), expected_derivative(total), rtol=1e-12)


@pytest.mark.only_on("numpy", "strict")
@pytest.mark.parametrize("names", list(product(WITHOUT_REVERSE_MODE, repeat=3)), ids="-".join)
def test_three_transforms_are_right_without_reverse_mode(backend, names):
    function = fifth
    for name in reversed(names):
        function = TRANSFORMS[name][1](function)
    x = wrap(backend.from_numpy(VALUES), spatial("x"))
    with precision(64):
        result = function(x)
    assert_close(result.numpy("x"), expected_derivative(names.count("jvp")), rtol=1e-12)

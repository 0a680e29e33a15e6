"""Functions of native arrays: axes that they get and give, and their derivatives."""

import numpy as np
import pytest

from phimath.create import tensor
from phimath.dimension import batch, channel, instance, spatial
from phimath.dtype import FLOAT32, precision
from phimath.errors import NotSupported, ShapeError
from phimath.reduce import sum as sum_of
from phimath.testing.assertions import assert_close
from phimath.transform import gradient, jit_compile, jvp, native_call, vectorize
from tests.support import of

differentiates = pytest.mark.needs("value_and_gradient")
VALUES = np.arange(24.0).reshape(2, 3, 4)


def image(backend):
    return of(backend, VALUES, channel(vector="u,v"), spatial("x,y"))


def weighted(backend, weights, axis):
    """Mixes channels by a matrix, as a network would: by operations of the framework only."""

    def function(a):
        matrix = backend.from_numpy(np.asarray(weights))
        return backend.einsum("bxyc,dc->bxyd" if axis == 3 else "bcxy,dc->bdxy", a, matrix)

    return function


@pytest.mark.parametrize("last", [False, True])
def test_examples_come_first_and_channels_where_they_are_wanted(backend, last):
    seen = []

    def function(a, b, c):
        seen.append([backend.sizes(array) for array in (a, b, c)])
        return b

    a = of(backend, np.ones((5, 2, 3)), [batch("b"), channel("u"), channel("v")])
    b = of(backend, np.ones((7, 4)), batch("t"), spatial("x"))
    result = native_call(function, a, b, 2.0, channels_last=last)
    sizes = [(35, 4, 6), (35, 4, 1), (35, 4, 1)] if last else [(35, 6, 4), (35, 1, 4), (35, 1, 4)]
    assert seen == [sizes]
    assert result.shape == batch(b=5, t=7) & spatial(x=4) & channel(vector=1)


def test_order_of_the_axes_is_that_of_the_framework(backend):
    seen = []
    native_call(lambda a: seen.append(backend.sizes(a)) or a, image(backend))
    assert seen == [(1, 2, 3, 4) if backend.name == "torch" else (1, 3, 4, 2)]


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("last", [False, True])
def test_values_are_those_of_the_function(backend, last, compiled):
    weights = np.array([[1.0, 2.0], [0.0, -1.0], [3.0, 0.5]])

    def mixed(a):
        function = weighted(backend, weights, 3 if last else 1)
        return native_call(function, a, channels_last=last, channel_dim="mixed")

    with precision(64):
        found = (jit_compile(mixed) if compiled else mixed)(image(backend))
        expected = np.einsum("dc,cxy->xyd", weights, VALUES)
        assert_close(found.numpy("x,y,mixed"), expected)
        assert found.shape == spatial(x=3, y=4) & channel(mixed=3)


def test_floating_arrays_have_the_precision_of_the_context(backend):
    seen = []
    native_call(lambda a: seen.append(backend.dtype(a)) or a, image(backend))
    assert seen == [FLOAT32]


def test_labels_stay_where_the_dimension_stays(backend):
    a = image(backend)
    assert native_call(lambda a: a, a).shape == a.shape
    points = of(backend, VALUES[0], instance("points"), channel("vector"))
    assert native_call(lambda a: a, points).shape == points.shape


def test_other_dimensions_may_come_out(backend):
    def pooled(a):
        return backend.get(a, (slice(None), slice(0, 1), 0, slice(None)))

    a = image(backend)
    found = native_call(pooled, a, channels_last=True, spatial_dim="z", channel_dim="c")
    assert found.shape == spatial(z=1) & channel(c=2)
    scalar = native_call(
        lambda a: backend.sum(a, (1, 2)), a, channels_last=True, spatial_dim=spatial(),
        channel_dim=channel(row=2, column=1),
    )  # fmt: skip
    with precision(64):
        assert_close(scalar.numpy("row,column"), VALUES.sum((1, 2))[:, None], rtol=1e-6)


def test_results_with_other_axes_are_refused(backend):
    with pytest.raises(ShapeError, match="axes"):
        native_call(lambda a: backend.sum(a, (1,)), image(backend))
    with pytest.raises(ShapeError, match="must return one array"):
        native_call(lambda a: (a, a), image(backend))


def test_vectorize_packs_examples(backend):
    def function(a):
        assert backend.sizes(a) == (4, 3, 2)
        return a

    a = image(backend)
    found = vectorize(lambda a: native_call(function, a, channels_last=True), "y")(a)
    assert_close(found, a)


@differentiates
def test_derivatives_are_those_of_the_framework(backend):
    def cube(a):
        multiply = backend.function("multiply")
        return native_call(lambda a: multiply(multiply(a, a), a), a)

    def loss(a):
        return sum_of(cube(a) * a, "x,y,vector")

    def push(a, da):
        return jvp(lambda a: cube(a) * a, (a,), (da,))[1]

    with precision(64):
        slope = gradient(loss, get_output=False)
        direction = of(backend, VALUES - 7, channel(vector="u,v"), spatial("x,y"))
        for f in (slope, jit_compile(slope)):
            assert_close(f(image(backend)).numpy("vector,x,y"), 4 * VALUES**3)
        for f in (push, jit_compile(push)):
            found = f(image(backend), direction)
            assert_close(found.numpy("vector,x,y"), 4 * VALUES**3 * (VALUES - 7))
        change = gradient(lambda a: sum_of(push(a, direction), "x,y,vector"), get_output=False)
        expected = 12 * VALUES**2 * (VALUES - 7)
        assert_close(change(image(backend)).numpy("vector,x,y"), expected)


@pytest.mark.only_on("numpy", "strict")
def test_forward_mode_needs_derivatives_of_the_framework(backend):
    a = image(backend)
    with pytest.raises(NotSupported, match="jvp"):
        jvp(lambda a: native_call(lambda a: a, a), (a,), (tensor(a),))

"""Functions of examples applied to many, against a Python loop over the examples."""

import numpy as np
import pytest

from phimath.dimension import batch, channel, dual, instance, spatial
from phimath.errors import DimensionError, ShapeError
from phimath.join import stack
from phimath.reduce import mean
from phimath.reduce import sum as sum_of
from phimath.stencil import laplace
from phimath.testing.assertions import assert_close
from phimath.transform import map_types, vectorize
from tests.support import of

VALUES = np.arange(12.0).reshape(3, 4)


def test_each_example_is_treated_alone(backend):
    x = of(backend, VALUES, instance("points"), spatial("x"))

    def function(x):
        return laplace(x**2, padding=0.0) * mean(x)

    result = vectorize(function, "points")(x)
    expected = stack([function(x.points[i]) for i in range(3)], instance("points"))
    assert_close(result, expected)
    assert result.shape.get_type("points") is instance


def test_function_is_called_once_with_batches(backend):
    seen = []

    def function(x, factor, *, name):
        seen.append(x.shape)
        return {"sum": sum_of(x) * factor, "name": name}

    x = of(backend, VALUES, channel(vector="a,b,c"), spatial("x"))
    result = vectorize(function, "vector")(x, 2.0, name="kept")
    assert [shape.batch.names for shape in seen] == [("vector",)]
    assert result["name"] == "kept"
    assert_close(result["sum"].numpy("vector"), 2 * VALUES.sum(1))
    assert result["sum"].shape.get_labels("vector") == ("a", "b", "c")
    assert result["sum"].shape.get_type("vector") is channel


def test_arguments_without_the_dimension_are_shared(backend):
    x = of(backend, VALUES, spatial("x,y"))
    weights = of(backend, [1.0, 2.0, 0.0, 1.0], spatial("y"))
    result, constant = vectorize(lambda x, w: (sum_of(x * w), sum_of(w)), "x")(x, weights)
    assert_close(result.numpy("x"), VALUES @ [1.0, 2.0, 0.0, 1.0])
    assert constant.shape.rank == 0


def test_types_and_several_dimensions_select(backend):
    x = of(backend, VALUES, spatial("x,y"))
    assert_close(vectorize(sum_of, spatial)(x).numpy("x,y"), VALUES)
    assert_close(vectorize(lambda x: sum_of(x * x), "x,y")(x).numpy("x,y"), VALUES**2)


def test_dual_dimensions_get_their_prefix_back(backend):
    x = of(backend, VALUES, dual("x"), spatial("y"))
    result = vectorize(sum_of, "~x")(x)
    assert result.shape.names == ("~x",)
    assert_close(result.numpy("~x"), VALUES.sum(1))


def test_examples_may_differ_in_size(backend):
    parts = [of(backend, np.arange(float(n)), spatial("x")) for n in (3, 5)]
    result = vectorize(sum_of, "parts")(stack(parts, instance("parts")))
    assert_close(result.numpy("parts"), np.array([3.0, 10.0]))
    assert result.shape.get_type("parts") is instance


def test_batch_dimensions_stay(backend):
    x = of(backend, VALUES, batch("b"), spatial("x"))
    assert_close(vectorize(sum_of, "b")(x).numpy("b"), VALUES.sum(1))


def test_dimensions_that_no_argument_has_are_named(backend):
    x = of(backend, VALUES, spatial("x,y"))
    with pytest.raises(DimensionError, match="'z'"):
        vectorize(sum_of, "z")(x)
    with pytest.raises(DimensionError, match="'z'"):
        vectorize(lambda x, y: x, "x,z")(x, x)


def test_dimensions_that_would_be_confused_are_named(backend):
    x = of(backend, VALUES, spatial("x,y"))
    with pytest.raises(ShapeError, match="'x' is a spatial dimension of one argument and a chan"):
        vectorize(lambda x, y: x, "x")(x, of(backend, [1.0], channel("x")))
    with pytest.raises(ShapeError, match=r"'~x' of .* would become a batch dimension 'x'"):
        vectorize(sum_of, "~x")(of(backend, VALUES, dual("x"), spatial("x")))


@pytest.mark.parametrize("dim_type", [batch, dual, instance, spatial, channel])
def test_dimensions_get_another_type_for_one_call(backend, dim_type):
    seen = []

    def function(x):
        seen.append(x.shape)
        return {"x": x * 2}

    x = of(backend, VALUES, instance("points"), channel(vector="a,b,c,d"))
    found = map_types(function, "vector", dim_type)(x)["x"]
    (shape,) = seen
    name = "~vector" if dim_type is dual else "vector"
    assert shape.get_type(name) is dim_type
    assert shape.get_type("points") is instance
    assert found.shape == x.shape
    assert_close(found.numpy("points,vector"), 2 * VALUES)


def test_two_dimensions_of_one_name_and_type_are_refused(backend):
    x = of(backend, VALUES, dual("x"), spatial("x"))
    with pytest.raises(ShapeError, match="already"):
        map_types(lambda x: x, "~x", spatial)(x)
    with pytest.raises(DimensionError):
        map_types(lambda x: x, "y", spatial)(x)

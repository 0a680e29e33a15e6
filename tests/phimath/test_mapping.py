"""Python functions called slice by slice."""

import numpy as np
import pytest

from phimath.dimension import batch, channel, spatial
from phimath.errors import DimensionError, ShapeError
from phimath.mapping import map as map_slices
from phimath.reduce import sum as sum_of
from phimath.tensor import Tensor
from phimath.testing.assertions import assert_close
from phimath.wrap import wrap


@pytest.fixture
def grid(backend):
    return wrap(backend.from_numpy(np.arange(6.0).reshape(2, 3)), spatial("x,y"))


def test_function_is_called_per_element_of_all_dimensions(grid):
    seen = []
    result = map_slices(lambda v: seen.append(v.shape.rank) or v**2, grid)
    assert seen == [0] * 6
    assert_close(result.numpy("x,y"), np.arange(6.0).reshape(2, 3) ** 2)
    assert result.shape is grid.shape


def test_chosen_dimensions_are_sliced_and_others_stay(grid):
    result = map_slices(sum_of, grid, dims="x")
    assert_close(result.numpy("x"), np.array([3.0, 12.0]))


def test_arguments_without_the_dimension_and_static_ones_are_passed_on(grid):
    labels = wrap([10.0, 20.0], channel(c="a,b"))
    result = map_slices(
        lambda v, by, power: v * by**power, grid.x[0], dims="y,c", by=labels, power=2
    )
    expected = np.arange(3.0)[:, None] * np.array([100.0, 400.0])
    assert_close(result.numpy("y,c"), expected)
    assert result.shape.get_labels("c") == ("a", "b")


def test_tuples_and_trees_are_stacked_entry_by_entry(grid):
    total, parts = map_slices(lambda v: (sum_of(v), {"first": v.y[0]}), grid, dims="x")
    assert_close(total.numpy(), np.array([3.0, 12.0]))
    assert_close(parts["first"].numpy(), np.array([0.0, 3.0]))


def test_sizes_may_depend_on_the_slice():
    result = map_slices(lambda n: wrap([1.0] * int(n), spatial("x")), wrap([2, 3], batch("b")))
    assert sum_of(result, "x").numpy().tolist() == [2.0, 3.0]


def test_functions_called_for_their_effect_give_none(grid):
    seen = []
    assert map_slices(seen.append, grid.x[0], unwrap_scalars=True) is None
    assert seen == [0.0, 1.0, 2.0]
    assert not any(isinstance(value, Tensor) for value in seen)


def test_range_counts_the_calls(grid):
    counts = []
    map_slices(sum_of, grid, dims="y", range=lambda n: counts.append(n) or range(n))
    assert counts == [3]


def test_missing_dimensions_are_refused(grid):
    with pytest.raises(DimensionError, match="'z'"):
        map_slices(sum_of, grid, dims="z")
    with pytest.raises(ShapeError, match="no dimension to map along"):
        map_slices(abs, wrap(1.0))
    with pytest.raises(ShapeError, match="no dimension to map along"):
        map_slices(abs, 1.0, dims="x")

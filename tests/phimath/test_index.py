"""Reading and writing at positions that tensors hold."""

import numpy as np
import pytest

from phimath.arrange import unravel_index
from phimath.create import expand, vec, zeros
from phimath.dimension import batch, channel, instance, spatial
from phimath.dtype import DType
from phimath.errors import DimensionError, DTypeError, LabelError, NotSupported, ValueRangeError
from phimath.extremum import argmax
from phimath.index import boolean_mask, gather, nonzero
from phimath.join import stack
from phimath.nearest import find_closest
from phimath.scatter import scatter
from phimath.stacked import Stacked
from phimath.testing.assertions import assert_close
from phimath.wrap import wrap

GRID = np.arange(6).reshape(2, 3)


@pytest.fixture
def grid(backend):
    return wrap(backend.from_numpy(GRID), spatial("x,y"))


def positions(*values):
    return wrap(list(values), instance("p"))


# --- what stands in brackets ---


def test_index_vectors_are_matched_by_label(grid):
    index = wrap([[2, 1], [0, 0]], instance("p"), channel(idx="y,x"))
    assert_close(grid[index], np.array([5, 0]))
    assert grid[index].shape is instance(p=2)


def test_labels_select_and_rename(backend):
    vector = wrap(backend.from_numpy(np.array([1, 2])), channel(vector="a,b"))
    assert vector.vector["b,a"].shape is channel(vector="b,a")
    assert_close(vector.vector["b,a"], np.array([2, 1]))
    assert vector.vector["a,b->p,q"].shape is channel(vector="p,q")


def test_lists_select_in_any_order(grid):
    assert_close(grid.x[[1, 0, 1]].numpy("x,y"), GRID[[1, 0, 1]])
    assert_close(grid.y[[2, 0]].numpy("x,y"), GRID[:, [2, 0]])
    assert_close(grid.y[[-1]].numpy("x,y"), GRID[:, [-1]])
    assert grid.y[[]].shape.get_size("y") == 0


def test_lists_keep_components_apart():
    swapped = vec(x=1, y=2)["y,x"]
    assert isinstance(swapped, type(vec(x=1, y=2)))
    assert_close(swapped, vec(y=2, x=1))


def test_lists_of_repeated_values_store_nothing():
    assert zeros(spatial(x=4)).x[[0, 0, 3]].signature.stored.rank == 0


def test_missing_dimensions_and_ranges(grid):
    with pytest.raises(AttributeError, match="neither a dimension nor an attribute 'q'"):
        grid.q[0]
    assert grid.x[5:9].shape is spatial(x=0, y=3)


def test_integer_tensors_select_along_one_dimension(grid):
    assert_close(grid.y[positions(0, 2, 0)].numpy("x,p"), GRID[:, [0, 2, 0]])
    assert_close(grid.y[wrap(1)], GRID[:, 1])
    along_itself = grid.y[wrap([2, 2], spatial("y"))]
    assert_close(along_itself.numpy("x,y"), GRID[:, [2, 2]])


def test_masks_select_along_one_dimension(grid):
    mask = wrap([True, False, True], spatial("y"))
    assert_close(grid.y[mask].numpy("x,y"), GRID[:, [0, 2]])
    assert_close(grid[mask].numpy("x,y"), GRID[:, [0, 2]])
    assert vec(x=1, y=2)[wrap([False, True], channel("vector"))].shape is channel(vector="y")


def test_masks_of_several_dimensions_list_what_they_select(grid):
    selected = grid[grid > 2]
    assert selected.shape is instance(nonzero=3)
    assert_close(selected, GRID[GRID > 2])


def test_masks_with_other_dimensions_give_varying_sizes():
    mask = wrap([[True, True], [False, True]], batch("b"), spatial("x"))
    result = boolean_mask(wrap([1.0, 2.0], spatial("x")), "x", mask)
    assert str(result.shape) == "(bᵇ=2, xˢ=(2,1) along b)"
    assert_close(result.b[1], np.array([2.0]))


def test_masks_must_be_boolean(grid):
    with pytest.raises(DTypeError, match="A mask is boolean, not int64"):
        boolean_mask(grid, "x", wrap([0, 1], spatial("x")))


# --- gather ---


def test_index_vectors_from_argmax_read_the_maximum(grid):
    assert int(grid[argmax(grid, "x,y")]) == 5


def test_other_dimensions_are_matched(backend):
    data = np.arange(12).reshape(2, 3, 2)
    values = wrap(backend.from_numpy(data), batch("b"), spatial("x"), channel("c"))
    index = wrap([[2, 0], [1, 1]], batch("b"), instance("p"))
    expected = np.stack([data[0, [2, 0]], data[1, [1, 1]]])
    assert_close(gather(values, index).numpy("b,p,c"), expected)


def test_values_that_are_repeated_stay_so():
    values = expand(wrap([1.0, 2.0, 3.0], spatial("x")), channel(c=1000))
    result = gather(values, positions(2, 0))
    assert result.signature.stored.names == ("p",)
    assert_close(result.c[5], np.array([3.0, 1.0]))


def test_components_are_gathered_apart(grid):
    velocity = stack([grid, grid + 10], channel(vector="x,y"))
    index = unravel_index(positions(5, 1), spatial(x=2, y=3))
    result = gather(velocity, index)
    assert isinstance(result, Stacked)
    assert_close(result.vector["y"], np.array([15, 11]))


def test_trees_are_gathered_leaf_by_leaf(grid):
    result = gather({"a": grid, "b": wrap([1, 2], spatial("x"))}, positions(1), "x")
    assert_close(result["a"].numpy("p,y"), GRID[[1]])
    assert_close(result["b"], np.array([2]))


def test_negative_positions_count_from_the_end(grid):
    assert_close(gather(grid, positions(-1, 0), "y").numpy("x,p"), GRID[:, [-1, 0]])


def test_positions_outside_are_refused(grid):
    with pytest.raises(ValueRangeError, match="Position 3 is out of range for 'y' of size 3"):
        gather(grid, positions(0, 3), "y")
    with pytest.raises(ValueRangeError, match="Position -4"):
        gather(grid, positions(-4), "y")


def test_positions_must_be_integers_and_named(grid):
    with pytest.raises(DTypeError, match="must be integers, not float32"):
        gather(grid, positions(0.0), "x")
    with pytest.raises(DimensionError, match="Label index vectors with its dimensions"):
        gather(grid, positions(0))
    with pytest.raises(LabelError, match="need a channel dimension with these labels"):
        gather(grid, wrap([0, 1], channel("vector")), "x,y")


# --- nonzero ---


def test_nonzero_lists_index_vectors(backend):
    data = np.array([0.0, 2.0, 3.0])
    result = nonzero(wrap(backend.from_numpy(data), spatial("x")))
    assert result.shape is instance(nonzero=2) & channel(vector="x")
    assert_close(result.numpy("nonzero,vector"), np.argwhere(data))


def test_nonzero_fits_gather(grid):
    assert_close(grid[nonzero(grid)], GRID[GRID != 0])


def test_vectors_are_found_by_any_component_and_batches_apart():
    data = np.array([[[0, 0], [0, 1]], [[1, 0], [2, 0]]])
    result = nonzero(wrap(data, batch("b"), spatial("x"), channel("vector")))
    assert_close(result.b[0].numpy("nonzero,vector"), np.array([[1]]))
    assert_close(result.b[1].numpy("nonzero,vector"), np.array([[0], [1]]))


# --- scatter ---


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("add", [1, 0, 5, 0]),
        ("mean", [1, np.nan, 2.5, np.nan]),
        ("max", [1, np.nan, 3, np.nan]),
        ("min", [1, np.nan, 2, np.nan]),
    ],
)
def test_scattering_onto_a_new_grid(backend, mode, expected):
    values = wrap(backend.from_numpy(np.array([1.0, 2.0, 3.0])), instance("p"))
    result = scatter(spatial(x=4), positions(0, 2, 2), values, mode)
    assert_close(result, np.array(expected))


def test_updating_a_new_grid_keeps_one_of_several_values(backend):
    values = wrap(backend.from_numpy(np.array([1.0, 2.0, 3.0])), instance("p"))
    result = scatter(spatial(x=4), positions(0, 2, 2), values)
    assert float(result.x[2]) in (2, 3)
    assert_close(result.x[[0, 1, 3]], np.array([1, np.nan, np.nan]))
    result = scatter(spatial(x=4), positions(0, 1), values.p[:2], default=-1)
    assert_close(result, np.array([1.0, 2, -1, -1]))


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("add", [11, 10, 15, 10]),
        ("mean", [1, 10, 2.5, 10]),
        ("max", [10, 10, 10, 10]),
        ("min", [1, 10, 2, 10]),
    ],
)
def test_scattering_onto_a_base(backend, mode, expected):
    base = wrap(backend.from_numpy(np.full(4, 10.0)), spatial("x"))
    result = scatter(base, positions(0, 2, 2), wrap([1.0, 2.0, 3.0], instance("p")), mode)
    assert_close(result, np.array(expected, dtype=float))


def test_index_vectors_batches_and_channels_are_matched_by_name(backend):
    index = wrap([[0, 0], [1, 1], [1, 1]], instance("p"), channel(vector="y,x"))
    data = np.arange(12.0).reshape(2, 3, 2)
    values = wrap(backend.from_numpy(data), batch("b"), instance("p"), channel(vector="x,y"))
    result = scatter(spatial(x=2, y=2), index, values, "add")
    expected = np.zeros((2, 2, 2, 2))
    for b in range(2):
        np.add.at(expected[b], ([0, 1, 1], [0, 1, 1]), data[b])
    assert result.shape is batch(b=2) & spatial(x=2, y=2) & channel(vector="x,y")
    assert_close(result.numpy("b,x,y,vector"), expected)


def test_one_number_is_written_everywhere():
    assert_close(scatter(zeros(spatial(x=3)), positions(0, 2), 1.0), np.array([1.0, 0, 1]))


def test_positions_outside_are_handled_as_asked():
    values = wrap([1.0, 2.0, 3.0], instance("p"))
    outside = positions(0, 2, 7)
    with pytest.raises(ValueRangeError, match="outside_handling='discard'"):
        scatter(spatial(x=4), outside, values, "add")
    result = scatter(spatial(x=4), outside, values, "add", "discard")
    assert_close(result, np.array([1.0, 0, 2, 0]))
    result = scatter(spatial(x=4), outside, values, "add", "clamp")
    assert_close(result, np.array([1.0, 0, 2, 3]))


def test_discarding_looks_at_every_component():
    index = wrap([[-1, 1], [0, 1], [1, 5]], instance("p"), channel(vector="x,y"))
    result = scatter(spatial(x=2, y=2), index, 1.0, "add", "discard")
    assert_close(result.numpy("x,y"), np.array([[0.0, 1], [0, 0]]))


def test_integers_stay_integers_when_added():
    result = scatter(spatial(x=2), positions(0, 0), wrap([1, 2], instance("p")), "add")
    assert result.dtype is DType(int, 64)


def test_unknown_options_are_named():
    with pytest.raises(NotSupported, match="no mode 'prod' in scatter"):
        scatter(spatial(x=2), positions(0), 1.0, "prod")


# --- closest points ---


@pytest.mark.parametrize("method", ["kd", "dense"])
def test_closest_points_match_a_search_over_all(backend, method):
    generator = np.random.default_rng(0)
    points, query = generator.random((2, 7, 2)), generator.random((5, 2))
    vectors = wrap(backend.from_numpy(points), batch("b"), instance("p"), channel(vector="x,y"))
    asked = wrap(backend.from_numpy(query), instance("p"), channel(vector="x,y"))
    result = find_closest(vectors, asked, method=method)
    expected = np.linalg.norm(points[:, None] - query[:, None], axis=-1).argmin(-1)
    assert_close(result.numpy("b,p,index")[..., 0], expected)
    assert result.shape.get_labels("index") == ("p",)

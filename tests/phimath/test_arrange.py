"""Joining, slicing and reshaping by name."""

from dataclasses import dataclass

import numpy as np
import pytest

from phimath import arrange, dims
from phimath.create import expand, vec, zeros
from phimath.dimension import batch, channel, instance, spatial
from phimath.dtype import DType
from phimath.errors import DimensionError, LabelError, ShapeError, ValueRangeError
from phimath.join import concat, stack
from phimath.stacked import Stacked
from phimath.tensor import Dense, Tensor
from phimath.testing.assertions import assert_close
from phimath.wrap import wrap


@pytest.fixture
def grid(backend):
    return wrap(backend.from_numpy(np.arange(6).reshape(2, 3)), spatial("x,y"))


@pytest.fixture
def ragged():
    parts = [wrap([1.0, 2.0, 3.0], spatial("x")), wrap([1.0, 2.0], spatial("x"))]
    return stack(parts, batch("b"))


@dataclass(frozen=True)
class State:
    position: Tensor
    mass: Tensor
    name: str = "s"


# --- operators by name: rows 4 to 8 of what ΦML does ---


def test_labels_in_another_order_are_refused():
    a = wrap([1, 2], channel(vector="x,y"))
    b = wrap([1, 2], channel(vector="y,x"))
    with pytest.raises(LabelError, match="Reorder one"):
        a + b


def test_labels_join_those_that_have_none():
    result = wrap([1, 2], channel(vector="x,y")) + wrap([1, 2], channel("vector"))
    assert result.shape is channel(vector="x,y")


def test_sums_are_aligned_by_name(backend):
    a = wrap(backend.from_numpy(np.arange(3)), spatial("x"))
    b = wrap(backend.from_numpy(np.arange(2)), spatial("y"))
    assert_close((a + b).numpy("y,x"), np.array([[0, 1, 2], [1, 2, 3]]))


def test_tuple_beside_a_vector_is_a_vector():
    offset = (10, 20)
    result = vec(x=1, y=2) + offset
    assert_close(result, vec(x=11, y=22))
    assert result.shape is channel(vector="x,y")


def test_merging_vectors_into_the_type_order():
    value = zeros(channel(c=2), spatial(x=3), batch(b=4))
    assert value.shape.names == ("b", "x", "c")


# --- stack ---


def test_stacking_equal_sizes_gives_one_native_array(backend, grid):
    result = stack([grid, grid + 10], batch("b"))
    assert isinstance(result, Dense)
    assert result.shape is batch(b=2) & spatial(x=2, y=3)
    expected = np.stack([np.arange(6).reshape(2, 3), np.arange(6).reshape(2, 3) + 10])
    assert_close(result.numpy("b,x,y"), expected)


def test_short_vectors_stay_components(grid):
    result = stack([grid, grid], channel(vector="x,y"))
    assert isinstance(result, Stacked)
    assert result.vector["y"].shape is grid.shape
    assert isinstance(stack([grid] * 5, channel("c")), Dense)


def test_stacking_different_sizes_gives_a_varying_size(ragged):
    assert str(ragged.shape) == "(bᵇ=2, xˢ=(3,2) along b)"
    assert ragged.shape.volume == 5
    assert_close(ragged.x[-1], np.array([3.0, 2.0]))


def test_varying_sizes_leave_as_one_packed_axis(ragged):
    assert_close(ragged.native(["b,x"]), np.array([1.0, 2.0, 3.0, 1.0, 2.0]))
    with pytest.raises(ShapeError, match="sizes of"):
        ragged.native("b,x")


def test_values_that_lack_dimensions_are_expanded_only_on_request():
    x = wrap([1.0, 2.0, 3.0], spatial("x"))
    with pytest.raises(ShapeError, match="expand_values=True"):
        stack([x, wrap(1.0)], batch("b"))
    result = stack([x, wrap(1.0)], batch("b"), expand_values=True)
    assert_close(result.numpy("b,x"), np.array([[1.0, 2, 3], [1, 1, 1]]))


def test_missing_batch_dimensions_are_expanded():
    result = stack([expand(1.0, batch(b=2)), wrap(2.0)], channel("c"))
    assert_close(result.numpy("b,c"), np.array([[1.0, 2.0], [1.0, 2.0]]))


def test_keys_of_a_dict_become_labels():
    result = stack({"p": 1, "q": 2}, channel("v"))
    assert result.shape is channel(v="p,q")
    assert_close(result, np.array([1, 2]))


def test_stacked_integers_and_floats_become_floats():
    assert stack([wrap(1), wrap(2.5)], batch("b")).dtype is DType(float, 32)


def test_stacking_refuses_conflicting_labels():
    with pytest.raises(
        LabelError, match="'vector' is labelled x,y in one value and y,x in another"
    ):
        stack([vec(x=1, y=2), vec(y=1, x=2)], batch("b"))


def test_stacking_refuses_an_existing_dimension(grid):
    with pytest.raises(ShapeError, match=r"has it already. Use concat\(values, 'x'\)"):
        stack([grid, grid], spatial("x"))


def test_stacking_refuses_a_wrong_count(grid):
    with pytest.raises(ShapeError, match="2 values can't be stacked along 'b' of size 3"):
        stack([grid, grid], batch(b=3))


def test_stacking_nothing_is_an_error():
    with pytest.raises(ShapeError, match="nothing to stack"):
        stack([], batch("b"))


def test_trees_are_stacked_leaf_by_leaf(grid):
    states = [State(grid, wrap(1.0)), State(grid + 1, wrap(2.0))]
    result = stack(states, batch("b"))
    assert isinstance(result, State)
    assert result.name == "s"
    assert_close(result.mass, np.array([1.0, 2.0]))
    assert_close(result.position.b[1], grid + 1)
    nested = stack([{"a": (grid,)}, {"a": (grid,)}], batch("b"))
    assert nested["a"][0].shape.names == ("b", "x", "y")


# --- concat ---


def test_labels_are_joined():
    result = concat([vec(x=1), vec(y=2, z=3)], "vector")
    assert result.shape is channel(vector="x,y,z")
    assert_close(result, np.array([1, 2, 3]))


def test_a_label_that_appears_twice_is_refused():
    with pytest.raises(LabelError, match="'x' would appear twice in x,x"):
        concat([vec(x=1), vec(x=2)], "vector")


def test_concat_matches_numpy_in_any_stored_order(backend, grid):
    swapped = wrap(backend.from_numpy(np.arange(6, 12).reshape(3, 2)), spatial("y,x"))
    result = concat([grid, swapped], "x")
    expected = np.concatenate([np.arange(6).reshape(2, 3), np.arange(6, 12).reshape(3, 2).T])
    assert_close(result.numpy("x,y"), expected)


def test_concat_materialises_only_what_is_joined():
    a = zeros(spatial(x=2, y=1000), dtype=int)
    result = concat([a, a + 1], "x")
    assert result.signature.stored.names == ("x",)
    assert_close(result.y[7], np.array([0, 0, 1, 1]))


def test_concat_of_different_backends_or_sizes_names_the_dimension(grid):
    with pytest.raises(ShapeError, match="'y' has size 3 and 2"):
        concat([grid, grid.y[:2]], "x")
    with pytest.raises(DimensionError, match="no dimension 'q'"):
        concat([grid, grid], "q")


def test_varying_sizes_are_joined_part_by_part(ragged):
    assert concat([ragged, ragged], "b").shape.volume == 10
    along_x = concat([ragged, ragged], "x")
    assert_close(along_x.b[1], np.array([1.0, 2.0, 1.0, 2.0]))


def test_components_stay_apart_when_joined_along_another_dimension(grid):
    velocity = stack([grid, grid], channel(vector="x,y"))
    result = concat([velocity, velocity], "x")
    assert isinstance(result, Stacked)
    assert result.shape.get_size("x") == 4


# --- slices ---


def test_unstacking_several_dimensions_runs_the_last_one_fastest(grid):
    assert [int(part) for part in arrange.unstack(grid, "x,y")] == list(range(6))


def test_slicing_a_tree_needs_one_member_with_the_dimension(grid):
    state = State(grid, wrap(1.0))
    sliced = arrange.slice(state, {"x": 0})
    assert sliced.position.shape is spatial(y=3)
    assert float(sliced.mass) == 1
    with pytest.raises(DimensionError, match="no dimension 'q' in any of the 2 tensors of State"):
        arrange.slice(state, {"q": 0})


def test_slicing_off_both_ends(grid):
    assert_close(arrange.slice_off(grid, {"y": 0}, {"y": slice(-1, None)}), grid.y[1:2])
    with pytest.raises(ValueRangeError, match="two pieces"):
        arrange.slice_off(grid, {"y": 1})


def test_flipping_reverses_labels_too():
    assert_close(arrange.flip(vec(x=1, y=2), "vector"), vec(y=2, x=1))


def test_repeat_matches_numpy(grid):
    expected = np.repeat(np.arange(6).reshape(2, 3), 2, axis=1)
    assert_close(arrange.repeat(grid, 2, "y").numpy("x,y"), expected)


def test_padding_to_uniform_sizes(ragged):
    result = arrange.pad_to_uniform(ragged, -1)
    assert_close(result.numpy("b,x"), np.array([[1.0, 2, 3], [1, 2, -1]]))


def test_map_components_stacks_what_the_function_returns(grid):
    result = arrange.map_components(lambda row, offset: row + offset, grid, 10, dims="x")
    assert_close(result, grid + 10)


# --- names, types, packing ---


def test_renaming_exchanges_names_without_moving_values(grid):
    result = dims.rename_dims(grid, "x,y", "y,x")
    assert_close(result.numpy("y,x"), grid.numpy("x,y"))


def test_renaming_changes_types_and_labels(grid):
    assert dims.rename_dims(grid, spatial, instance).shape is instance(x=2, y=3)
    relabelled = dims.rename_dims(grid, "x", channel(vector="a,b"))
    assert relabelled.shape is spatial(y=3) & channel(vector="a,b")
    assert dims.rename_dims(grid, "x", "~x").shape.dual.names == ("~x",)
    assert dims.rename_dims(spatial(x=2), "x", "z") is spatial(z=2)


def test_renaming_checks_names_counts_and_sizes(grid):
    with pytest.raises(DimensionError, match="no dimension 'q'"):
        dims.rename_dims(grid, "q", "z")
    with pytest.raises(ShapeError, match="2 dimensions"):
        dims.rename_dims(grid, "x,y", "z")
    with pytest.raises(ShapeError, match="renaming keeps sizes"):
        dims.rename_dims(grid, "x", channel(c=5))


def test_packing_follows_the_order_of_the_names(grid):
    expected = np.arange(6).reshape(2, 3)
    assert_close(dims.pack_dims(grid, "x,y", instance("p")), expected.reshape(-1))
    assert_close(dims.pack_dims(grid, "y,x", instance("p")), expected.T.reshape(-1))


def test_packing_what_is_expanded_lazily_stores_nothing():
    result = dims.pack_dims(zeros(spatial(x=4, y=5), channel(c=2)), "x,y", instance("p"))
    assert result.shape is instance(p=20) & channel(c=2)
    assert result.signature.stored.rank == 0


def test_packing_varying_sizes_joins_them(ragged):
    assert_close(dims.pack_dims(ragged, "b,x", instance("p")), np.array([1.0, 2, 3, 1, 2]))
    with pytest.raises(ShapeError, match="Pack 'b,x' in this order"):
        dims.pack_dims(ragged, "x,b", instance("p"))


def test_unpacking_undoes_packing(grid):
    packed = dims.pack_dims(grid, "x,y", instance("p"))
    assert_close(dims.unpack_dim(packed, "p", spatial(x=2, y=None)), grid)
    with pytest.raises(ShapeError, match="must multiply to 6"):
        dims.unpack_dim(packed, "p", spatial(x=4, y=None))


def test_flattening_keeps_batch_dimensions(grid):
    assert dims.flatten(expand(grid, batch(b=2))).shape is batch(b=2) & instance(flat=6)
    assert dims.flatten(wrap(1.0)).shape is instance(flat=1)


def test_squeezing_needs_size_1(grid):
    assert dims.squeeze(grid.x[:1], "x").shape is spatial(y=3)
    with pytest.raises(ShapeError, match="Only dimensions of size 1"):
        dims.squeeze(grid, "x")


def test_positions_as_one_number_and_back():
    resolution = spatial(x=2, y=3)
    assert int(arrange.ravel_index(vec(y=2, x=1), resolution)) == 5
    assert int(arrange.ravel_index(vec(x=-1, y=3), resolution, mode="periodic")) == 3
    assert int(arrange.ravel_index(vec(x=-1, y=3), resolution, mode="clamp")) == 2
    back = arrange.unravel_index(wrap([1, 5], instance("p")), resolution)
    assert_close(back.numpy("p,index"), np.array([[0, 1], [1, 2]]))
    assert back.shape.get_labels("index") == ("x", "y")
    with pytest.raises(LabelError, match="labelled with the dimensions x,y"):
        arrange.ravel_index(wrap([1, 2], channel("vector")), resolution)

"""New tensors have the default backend and the precision of the context, and store little."""

from __future__ import annotations

import numpy as np
import pytest

from phimath.create import copy, dim_mask, expand, ones, ones_like, tensor, vec, zeros, zeros_like
from phimath.dimension import batch, channel, instance, spatial
from phimath.dtype import DType, precision
from phimath.errors import DimensionError, ShapeError, ValueRangeError
from phimath.sequences import arange, linspace, meshgrid, range_tensor
from phimath.shape import same_dims
from phimath.wrap import wrap

BIG = spatial(x=1000, y=1000)


def test_tensor_copies_to_the_default_backend(backend):
    array = np.arange(6).reshape(2, 3)
    result = tensor(array, "x:s,y:s")
    array[:] = 0
    assert result.backend is backend
    assert result.dtype is DType("int64")
    np.testing.assert_array_equal(result.numpy("x,y"), [[0, 1, 2], [3, 4, 5]])


def test_tensor_of_numbers_has_the_precision_of_the_context(backend):
    assert tensor([1.0, 2.0]).dtype is DType("float32")
    with precision(64):
        assert tensor([1.0, 2.0]).dtype is DType("float64")
        assert tensor(1j).dtype is DType("complex128")


def test_tensor_keeps_the_type_of_arrays_of_the_default_backend(backend):
    native = backend.full((2,), 1, DType("float64"))
    assert tensor(native, "x:s").dtype is DType("float64")


def test_tensor_unpacks_grouped_axes(backend):
    result = tensor(np.arange(12).reshape(6, 2), [spatial(x=2, y=3), channel("v")])
    np.testing.assert_array_equal(result.numpy("x,y,v"), np.arange(12).reshape(2, 3, 2))


def test_tensor_converts_tensors(backend):
    original = wrap([1.0, 2.0], "x:s")
    result = tensor(original)
    assert result.backend is backend
    assert result.stored_native is not original.stored_native


def test_copy_has_memory_of_its_own_and_stays_lazy():
    array = np.ones(3)
    value = expand(wrap(array, "x:s"), batch(b=2))
    again = copy({"value": value})["value"]
    array[0] = 7
    assert again.numpy("b,x").tolist() == [[1, 1, 1], [1, 1, 1]]
    assert again.signature.stored is spatial(x=3)


# --- constants ---


def test_constants_hold_one_number_and_survive_arithmetic(backend):
    """Row 55 of the predecessor's behaviours."""
    for value in (zeros(BIG), ones(BIG), zeros(BIG) + 1, -ones(BIG) * 3):
        assert backend.sizes(value.stored_native) == ()
        assert value.shape is BIG
    assert (zeros(BIG) + 1).x[0].y[0].item() == 1


def test_constants_have_the_type_asked_for(backend):
    assert zeros(BIG).dtype is DType("float32")
    assert zeros(BIG, dtype=int).dtype is DType("int64")
    assert ones(dtype=bool).item() is True
    with precision(64):
        assert ones("x:s=3", channel(vector="x,y")).dtype is DType("float64")


def test_constants_may_be_non_uniform():
    shape = wrap((wrap([1, 2, 3], "x:s"), wrap([1, 2], "x:s")), "b:b").shape
    assert zeros(shape).shape is shape
    assert zeros(shape).numpy(["b,x"]).tolist() == [0] * 5


def test_constants_need_sizes():
    with pytest.raises(ShapeError, match=r"size of 'y' is missing in \(xˢ=3, yˢ\)"):
        zeros(spatial(x=3) + spatial("y"))


def test_constants_like_a_tree_keep_its_types():
    tree = {"a": wrap([1, 2], "x:s"), "b": (wrap(True), "static")}
    result = zeros_like(tree)
    assert result["a"].dtype is DType("int64")
    assert result["a"].shape is spatial(x=2)
    assert result["b"][0].item() is False
    assert result["b"][1] == "static"
    assert ones_like(wrap([2.0, 3.0])).numpy().tolist() == [1, 1]


# --- expand ---


def test_expand_repeats_without_copying():
    value = wrap([1, 2], "x:s")
    result = expand(value, batch(b=1000), "y:s=3")
    assert same_dims(result.shape, batch(b=1000) & spatial(x=2, y=3))
    assert result.stored_native is value.stored_native


def test_expand_takes_numbers_trees_and_existing_dimensions():
    assert expand(3, spatial(x=2)).numpy().tolist() == [3, 3]
    first, second = expand((wrap(1), wrap([1, 2], "x:s")), spatial(x=2))
    assert first.shape is second.shape


def test_expand_along_existing_dimensions_checks_sizes():
    with pytest.raises(ShapeError, match="'x' has size"):
        expand(wrap([1, 2], "x:s"), spatial(x=3))
    with pytest.raises(ShapeError, match="needs the sizes of"):
        expand(wrap(1), spatial("x"))


# --- vectors ---


def test_vec_labels_its_components():
    vector = vec(x=1, y=2.5)
    assert vector.shape is channel(vector="x,y")
    assert vector.numpy().tolist() == [1, 2.5]
    assert vec("size", x=1).shape is channel(size="x")
    assert vec(batch("b"), name=1).shape is batch(b="name")


def test_vec_expands_components_and_names_sequences():
    assert vec(x=wrap([1, 2], "i:i"), y=0).shape is instance(i=2) & channel(vector="x,y")
    assert vec(x=(1, 2), y=0).shape is spatial(sequence=2) & channel(vector="x,y")
    assert vec(x=[1, 2], y=0).shape is instance(sequence=2) & channel(vector="x,y")


def test_vec_needs_components():
    with pytest.raises(ShapeError, match="needs components"):
        vec()


def test_a_tuple_beside_a_vector_is_a_vector():
    """Row 7 of the predecessor's behaviours."""
    assert (vec(x=1, y=2) + (10, 20)).numpy().tolist() == [11, 22]


def test_dim_mask_marks_dimensions():
    mask = dim_mask(spatial("x,y,z"), "x,z")
    assert mask.shape is channel(vector="x,y,z")
    assert mask.numpy().tolist() == [True, False, True]
    with pytest.raises(DimensionError, match="q"):
        dim_mask(spatial("x,y"), "q")


# --- sequences ---


def test_arange_counts_like_numpy(backend):
    assert arange(spatial("x"), 5).numpy().tolist() == list(range(5))
    assert arange(spatial("x"), 2, 8, 3).numpy().tolist() == [2, 5]
    assert arange("x:s=3").dtype is DType("int64")
    assert arange(channel(vector="x,y")).shape is channel(vector="x,y")
    assert arange("x:s", 0.5, 2.0, 0.5).numpy().tolist() == [0.5, 1.0, 1.5]


def test_arange_checks_its_size():
    with pytest.raises(ShapeError, match="has 5 elements, not 3"):
        arange(spatial(x=3), 5)
    with pytest.raises(ShapeError, match="needs a stop"):
        arange(spatial("x"))
    with pytest.raises(ValueRangeError, match="step"):
        arange(spatial("x"), 0, 5, 0)


def test_range_tensor_counts_row_major():
    np.testing.assert_array_equal(
        range_tensor(spatial(x=2, y=3)).numpy("x,y"), np.arange(6).reshape(2, 3)
    )


def test_linspace_includes_both_ends(backend):
    with precision(64):
        np.testing.assert_array_equal(
            linspace(0.1, 0.7, spatial(x=7)).numpy(), np.linspace(0.1, 0.7, 7)
        )
    assert linspace(0, 1, spatial(x=3)).dtype is DType("float32")
    assert linspace(2, 5, spatial(x=1)).numpy().tolist() == [2]


def test_linspace_between_vectors_is_a_line(backend):
    line = linspace(vec(x=0, y=10), vec(x=1, y=20), spatial(t=3))
    assert line.shape is spatial(t=3) & channel(vector="x,y")
    np.testing.assert_allclose(line.numpy("t,vector"), [[0, 10], [0.5, 15], [1, 20]])


def test_linspace_over_several_dimensions_is_a_mesh():
    mesh = linspace(vec(y=10, x=0), vec(y=20, x=1), spatial(x=2, y=3))
    np.testing.assert_allclose(mesh.vector["x"].numpy("x,y"), [[0, 0, 0], [1, 1, 1]])
    np.testing.assert_allclose(mesh.vector["y"].numpy("x,y"), [[10, 15, 20]] * 2)


def test_linspace_needs_the_number_of_points():
    with pytest.raises(ShapeError, match="number of points"):
        linspace(0, 1, spatial("x"))


def test_meshgrid_agrees_with_numpy(backend):
    mesh = meshgrid(x=3, y=(0, 5))
    expected = np.stack(np.meshgrid([0, 1, 2], [0, 5], indexing="ij"), -1)
    np.testing.assert_array_equal(mesh.numpy("x,y,vector"), expected)
    assert mesh.shape is spatial(x=3, y=2) & channel(vector="x,y")


def test_meshgrid_of_a_shape_counts_cells():
    mesh = meshgrid(spatial(x=2, y=3))
    np.testing.assert_array_equal(mesh.vector["y"].numpy("x,y"), [[0, 1, 2]] * 2)
    first, second = meshgrid(instance(a=2, b=3), stack_dim=None)
    assert first.shape is second.shape

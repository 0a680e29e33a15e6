"""Data becomes tensors only where the dimensions of its axes are known and fit."""

from __future__ import annotations

import numpy as np
import pytest

from phimath.dimension import batch, channel, dual, instance, spatial
from phimath.dimension_spec import parse_dims
from phimath.dtype import DType, precision
from phimath.errors import DTypeError, LabelError, ShapeError
from phimath.wrap import wrap

ARRAY = np.arange(6.0).reshape(2, 3)


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("x:s", spatial("x")),
        ("x:s=4, y:s", spatial(x=4) + spatial("y")),
        ("x:s,vector:c=(x,y)", spatial("x") + channel(vector="x,y")),
        ("b:batch,i:instance", batch("b") + instance("i")),
        ("~k", dual("k")),
        ("(u,v)", channel(vector="u,v")),
        ("side:c=left", channel(side="left")),
    ],
)
def test_text_names_dimensions(text, shape):
    assert parse_dims(text) is shape


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x", r"type of dimension 'x' in 'x' is missing\. Write 'x:s' for spatial"),
        ("x:s,point", r"type of dimension 'point'"),
        ("x:q", r"'q' in 'x:q' is no dimension type\. Use one of b \(batch\), d \(dual\)"),
        ("x s", r"'x s' in 'x s' is no dimension\. Write name:type"),
        ("x:s,x:s", "Dimension 'x' appears twice"),
        (3, r"not as 3 of type int"),
    ],
)
def test_text_that_is_no_dimension_says_how_to_write_it(text, message):
    with pytest.raises(ShapeError, match=message):
        parse_dims(text)


def test_native_arrays_share_memory_and_keep_their_type():
    tensor = wrap(ARRAY, "x:s,y:s")
    assert tensor.stored_native is ARRAY
    assert tensor.dtype is DType("float64")
    assert tensor.shape is spatial(x=2, y=3)


def test_axes_are_named_in_the_order_given_whatever_the_order_of_types():
    tensor = wrap(ARRAY, channel("v"), batch("b"))
    assert tensor.shape is batch(b=3) & channel(v=2)
    np.testing.assert_array_equal(tensor.numpy("v,b"), ARRAY)


def test_native_arrays_keep_their_backend(backend):
    native = backend.full((2, 3), 1, DType("float64"))
    tensor = wrap(native, "x:s,y:s")
    assert tensor.backend is backend
    assert tensor.stored_native is native
    assert tensor.dtype is DType("float64")


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (1, "int64"),
        ([1, 2], "int64"),
        ((True, False), "bool"),
        (1.5, "float32"),
        ([1, 2.0], "float32"),
        (1j, "complex64"),
    ],
)
def test_python_numbers_have_64_bit_integers_and_floats_of_the_context(data, kind):
    assert wrap(data).dtype is DType(kind)


def test_python_floats_follow_the_context():
    with precision(64):
        assert wrap([0.1]).numpy()[0] == 0.1


def test_flat_tuples_and_lists_are_vectors():
    assert wrap((1, 2, 3)).shape is channel(vector=3)


def test_a_group_unpacks_an_axis_row_major():
    tensor = wrap(ARRAY.reshape(6), [spatial(x=2, y=3)])
    np.testing.assert_array_equal(tensor.numpy("x,y"), ARRAY)


def test_one_size_of_a_group_is_inferred():
    tensor = wrap(np.arange(12).reshape(2, 6), [batch("b"), spatial(x=3) + spatial("y")])
    assert tensor.shape is batch(b=2) & spatial(x=3, y=2)


def test_an_empty_group_drops_an_axis_of_size_one():
    assert wrap(ARRAY[None], [(), "x:s", "y:s"]).shape is spatial(x=2, y=3)


def test_tuples_of_tensors_are_stacked_and_missing_dimensions_expanded():
    row = wrap([1.0, 2.0], "x:s")
    tensor = wrap((row, 0.5), channel(vector="a,b"))
    assert tensor.shape is spatial(x=2) & channel(vector="a,b")
    np.testing.assert_array_equal(tensor.numpy("vector,x"), [[1, 2], [0.5, 0.5]])


def test_tensors_of_different_sizes_become_non_uniform():
    tensor = wrap((wrap([1, 2, 3], "x:s"), wrap([1, 2], "x:s")), "b:b")
    assert tensor.shape.volume == 5
    assert tensor.numpy(["b,x"]).tolist() == [1, 2, 3, 1, 2]


def test_tensors_are_returned_as_they_are():
    tensor = wrap(ARRAY, "x:s,y:s")
    assert wrap(tensor) is tensor
    assert wrap(tensor, "y:s,x:s=2") is tensor


@pytest.mark.parametrize(
    ("data", "dims", "message"),
    [
        (ARRAY, (), r"sizes \(2, 3\) have no names\. .* wrap\(array, 'x:s,y:s'\)"),
        (ARRAY, ("x:s",), r"2 axes of sizes \(2, 3\) cannot have the 1 dimensions"),
        (
            ARRAY,
            (spatial(x=2, y=4),),
            r"axis of size 3 cannot be \(yˢ=4\): 4 elements were expected",
        ),
        (ARRAY, ("x:s,vector:c=(x,y)",), r"axis of size 3 .*labels x,y"),
        (ARRAY, (["x:s", "a:s,b:s"],), "give all sizes but one"),
        (ARRAY, (spatial("x"), 3), "not as 3 of type int"),
        (5, ("x:s",), r"use expand\(value, dims\)"),
        ([[1, 2], [3]], ("x:s,y:s",), "don't form an array"),
        ([[1, 2], [3, 4]], (), "have no names"),
        (wrap(ARRAY, "x:s,y:s"), ("x:s",), r"\(xˢ=2, yˢ=3\) was given where \(xˢ\) is expected"),
        ((wrap(1), wrap(2)), (channel(v=3),), r"2 values cannot be stacked along \(vᶜ=3\)"),
    ],
)
def test_dimensions_that_do_not_fit_are_an_error(data, dims, message):
    with pytest.raises(ShapeError, match=message):
        wrap(data, *dims)


@pytest.mark.parametrize("data", ["text", None, ["a", "b"], {"x": 1}, object()])
def test_what_is_not_numeric_is_an_error(data):
    with pytest.raises(DTypeError, match=r"Expected a number|not numeric"):
        wrap(data)


# --- beside a tensor ---


def test_tuples_match_the_only_channel_dimension():
    vector = wrap([1, 2], channel(vector="x,y"))
    result = vector + (10, 20)
    assert result.shape is channel(vector="x,y")
    assert result.numpy().tolist() == [11, 22]


def test_tuples_match_the_dimension_vector_among_several():
    tensor = wrap([[1, 2, 3], [4, 5, 6]], "vector:c,other:c")
    assert (tensor * (1, 10)).numpy("vector,other").tolist() == [[1, 2, 3], [40, 50, 60]]


def test_tuples_beside_a_scalar_grid_become_vectors_labelled_with_its_axes():
    result = wrap(ARRAY, "x:s,y:s") * (0, 1)
    assert result.shape is spatial(x=2, y=3) & channel(vector="x,y")
    np.testing.assert_array_equal(result.vector["y"].numpy("x,y"), ARRAY)


def test_tuples_of_tensors_match_too():
    grid = wrap(ARRAY, "x:s,y:s")
    result = grid + (grid, 0)
    np.testing.assert_array_equal(result.vector["x"].numpy("x,y"), 2 * ARRAY)


def test_native_scalars_are_numbers_with_a_type():
    assert (wrap([1, 2]) + np.int32(1)).numpy().tolist() == [2, 3]


@pytest.mark.parametrize(
    ("operand", "error", "message"),
    [
        (
            (1, 2, 3),
            ShapeError,
            r"not clear which dimension 3 values stand for beside \(xˢ=2, yˢ=3\)",
        ),
        (np.ones(3), ShapeError, r"Name its axes first: wrap\(array, 'x:s'\)"),
        ("1", DTypeError, "'1' of type str. Expected a tensor"),
        (None, DTypeError, "None of type NoneType"),
    ],
)
def test_nothing_is_matched_by_position(operand, error, message):
    with pytest.raises(error, match=message):
        wrap(ARRAY, "x:s,y:s") + operand


def test_tuples_of_the_wrong_length_are_an_error():
    with pytest.raises(ShapeError, match=r"3 values cannot be matched to 'vector' .* which has 2"):
        wrap((1, 2)) + (1, 2, 3)


def test_labels_in_another_order_are_an_error():
    with pytest.raises(LabelError, match="labels of 'vector' are x,y on the left and y,x"):
        wrap([1, 2], channel(vector="x,y")) + wrap([1, 2], channel(vector="y,x"))

"""Tensors leave for native arrays, frameworks, devices and types without changing values."""

from __future__ import annotations

import numpy as np
import pytest

from phimath import context
from phimath.backend import load
from phimath.convert import (
    all_available,
    cast,
    convert,
    to_complex,
    to_device,
    to_float,
    to_int32,
    to_int64,
)
from phimath.create import expand, tensor, zeros
from phimath.dimension import batch, channel, spatial
from phimath.dtype import DType, precision
from phimath.errors import DeviceError, ShapeError
from phimath.wrap import wrap

ARRAY = np.arange(24.0).reshape(2, 3, 4)


def _cube(backend):
    return tensor(ARRAY, batch("b"), spatial("x,y"))


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("b,x,y", ARRAY),
        ("y, x, b", ARRAY.T),
        ("b,(x,y)", ARRAY.reshape(2, 12)),
        ("(y,b),x", ARRAY.transpose(2, 0, 1).reshape(8, 3)),
        (["b", ("x", "y")], ARRAY.reshape(2, 12)),
        (("b", "x,y"), ARRAY.reshape(2, 12)),
        ([batch, spatial], ARRAY.reshape(2, 12)),
        (batch("b") + spatial("y,x"), ARRAY.transpose(0, 2, 1)),
        ("b,t,x,y,vector", ARRAY[:, None, ..., None]),
        ("(b,t),x,y", ARRAY),
    ],
)
def test_native_arrays_have_the_order_asked_for(backend, order, expected):
    native = _cube(backend).native(order)
    assert backend.owns(native)
    np.testing.assert_array_equal(backend.to_numpy(native), expected)
    np.testing.assert_array_equal(_cube(backend).numpy(order), expected)


def test_expanded_dimensions_are_repeated(backend):
    value = expand(tensor([1, 2], "x:s"), spatial(y=3), batch(b=2))
    np.testing.assert_array_equal(value.numpy("x,y,b"), np.broadcast_to([[[1]], [[2]]], (2, 3, 2)))
    np.testing.assert_array_equal(value.numpy("(y,x),b")[:, 0], [1, 2, 1, 2, 1, 2])
    assert zeros(spatial(x=2), batch(b=3)).numpy("b,x").shape == (3, 2)


def test_numpy_arrays_are_read_only(backend):
    array = _cube(backend).numpy("b,x,y")
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ("x,y", r"order 'x,y' leaves out 'b' of \(bᵇ=2, xˢ=3, yˢ=4\)\. Name every dimension"),
        ("(b,x)", r"order '\(b,x\)' leaves out 'y'"),
        ("b,x,y,x", "names 'x' twice"),
        (3, "must be text like"),
    ],
)
def test_orders_that_do_not_fit_name_the_dimension(order, message):
    with pytest.raises(ShapeError, match=message):
        wrap(ARRAY, "b:b,x:s,y:s").native(order)


def test_the_order_must_be_given_from_rank_two_on():
    with pytest.raises(ShapeError, match=r"must be given, e.g. native\('b,x,y'\)"):
        wrap(ARRAY, "b:b,x:s,y:s").native()
    assert wrap([1, 2]).numpy().tolist() == [1, 2]


def test_non_uniform_tensors_pack_to_one_axis(backend):
    """Row 13 of the predecessor's behaviours."""
    value = wrap((tensor([1, 2, 3], "x:s"), tensor([1, 2], "x:s")), "b:b")
    assert value.numpy([("b", "x")]).tolist() == [1, 2, 3, 1, 2]
    assert value.numpy(["vector", ("b", "x")]).tolist() == [[1, 2, 3, 1, 2]]
    with pytest.raises(ShapeError, match=r"sizes of .* vary.*Pack 'b' and 'x' into one axis"):
        value.native("b,x")


# --- other backends ---

VALUES = [
    np.array([[1.5, -2.0]]),
    np.array([[1.5, -2.0]], np.float32),
    np.array([[True, False]]),
    np.array([[1, 2]], np.int32),
    np.array([[1, 2]], np.int64),
    np.array([[1 + 2j, 3]], np.complex64),
]


@pytest.mark.parametrize("use_dlpack", [True, False])
@pytest.mark.parametrize("values", VALUES, ids=lambda values: str(values.dtype))
def test_values_and_types_survive_a_round_trip_between_backends(backend, values, use_dlpack):
    original = wrap(values, "x:s,y:s")
    there = convert(original, use_dlpack=use_dlpack)
    assert there.backend is backend
    assert there.dtype is original.dtype
    back = convert(there, "numpy", use_dlpack=use_dlpack)
    assert back.backend is load("numpy")
    assert back.dtype is original.dtype
    np.testing.assert_array_equal(back.numpy("x,y"), values)


def test_trees_and_native_arrays_are_converted_and_the_rest_is_kept(backend):
    tree = {"a": (wrap([1.0]), "static"), "b": None}
    result = convert(tree)
    assert result["a"] is not None
    assert result["a"][0].backend is backend
    assert result["a"][1] == "static"
    assert backend.owns(convert(np.ones(3)))
    assert convert("text") == "text"


def test_conversion_keeps_lazy_and_stacked_storage(backend):
    lazy = convert(expand(wrap([1, 2], "x:s"), batch(b=1000)))
    assert backend.sizes(lazy.stored_native) == (2,)
    stacked = convert(wrap((wrap([1, 2, 3], "x:s"), wrap([1, 2], "x:s")), "b:b"))
    assert stacked.backend is backend
    assert stacked.numpy(["b,x"]).tolist() == [1, 2, 3, 1, 2]


# --- devices ---


def test_the_cpu_is_always_there(backend):
    value = to_device(tensor([1.0, 2.0], "x:s"), backend.devices()[0])
    assert value.device == backend.devices()[0]
    assert value.numpy().tolist() == [1, 2]


def test_devices_that_do_not_exist_are_listed(backend):
    with pytest.raises(DeviceError, match=rf"no device 'warp:7' for {backend.name}.*Available: "):
        to_device(tensor([1.0]), "warp:7")
    with pytest.raises(DeviceError, match="no device 'warp:7'"), context.using(backend, "warp:7"):
        pass


# --- types ---


def test_cast_takes_types_names_and_numbers(backend):
    value = tensor([0, 1.7, -1.7], "x:s")
    assert cast(value, int).numpy().tolist() == [0, 1, -1]
    assert cast(value, bool).numpy().tolist() == [False, True, True]
    assert cast(value, DType(float, 64)).dtype is DType("float64")
    assert cast(3, "int32").dtype is DType("int32")
    assert to_int32((value, 1))[0].dtype is DType("int32")
    assert to_int64(value).dtype is DType("int64")


def test_casts_to_floats_have_the_precision_of_the_context(backend):
    value = tensor([1, 2], "x:s")
    assert to_float(value).dtype is DType("float32")
    assert to_complex(value).dtype is DType("complex64")
    with precision(64):
        assert to_float(value).dtype is DType("float64")
        assert cast(value, complex).dtype is DType("complex128")


def test_results_have_the_precision_of_the_context(backend):
    """Row 17 of the predecessor's behaviours: one rule everywhere."""
    with precision(64):
        value = tensor([1.0, 2.0], "x:s")
    assert value.dtype is DType("float64")
    assert (value * 2.0).dtype is DType("float32")
    assert (value * value).dtype is DType("float32")


def test_values_outside_of_compiled_functions_are_available(backend):
    assert all_available(tensor([1.0]), {"a": (zeros(channel(v=2)), None)}, 3)

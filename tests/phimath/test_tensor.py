"""What tensors have in common: operators, conversions to Python and NumPy, and refusals."""

import copy
import operator
import pickle

import numpy as np
import pytest

from phimath.convert import convert
from phimath.create import expand, tensor, zeros
from phimath.dimension import batch, channel, spatial
from phimath.dtype import DType
from phimath.errors import BackendError, DimensionError, DTypeError, ShapeError
from phimath.stacked import Stacked
from phimath.tensor import Tensor
from phimath.testing.assertions import assert_close
from phimath.testing.strict import StrictBackend
from phimath.wrap import wrap

ARRAY = np.arange(1, 7).reshape(2, 3)
BINARY = [
    operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod,
    operator.pow, operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne,
    operator.and_, operator.or_, operator.xor, operator.lshift, operator.rshift,
]  # fmt: skip


@pytest.fixture
def grid(backend):
    return wrap(backend.from_numpy(ARRAY), "x:s,y:s")


def scalar(backend, value):
    return wrap(backend.from_numpy(np.array(value)))


# --- operators ---


@pytest.mark.parametrize("operation", BINARY)
def test_operators_match_numpy(grid, operation):
    assert_close(operation(grid, grid).numpy("x,y"), operation(ARRAY, ARRAY))
    assert_close(operation(grid, 2).numpy("x,y"), operation(ARRAY, 2))
    assert_close(operation(2, grid).numpy("x,y"), operation(2, ARRAY))


def test_unary_operators_match_numpy(grid):
    for operation in (operator.neg, operator.pos, operator.invert, lambda x: abs(-x)):
        assert_close(operation(grid).numpy("x,y"), operation(ARRAY))
    quotient, rest = divmod(grid, 4)
    assert_close((4 * quotient + rest).numpy("x,y"), ARRAY)


@pytest.mark.parametrize("operation", BINARY)
@pytest.mark.parametrize("number", [np.int64(2), np.array(2)])
def test_numpy_scalars_on_the_left_give_tensors(grid, operation, number):
    result = operation(number, grid)
    assert isinstance(result, Tensor)
    assert result.shape is grid.shape
    assert_close(result.numpy("x,y"), operation(2, ARRAY))


@pytest.mark.parametrize("operation", [operator.add, operator.mul, operator.lt, operator.eq])
def test_numpy_arrays_are_not_matched_by_position(grid, operation):
    for left, right in ((ARRAY, grid), (grid, ARRAY)):
        with pytest.raises(ShapeError, match=r"array of sizes \(2, 3\) has no dimension names"):
            operation(left, right)
    for ufunc in (np.sin, np.add.reduce):
        with pytest.raises(TypeError):
            ufunc(grid)


@pytest.mark.parametrize("other", [None, "text", object, {}])
def test_what_is_no_number_cannot_be_combined(grid, other):
    for operation in (operator.add, operator.eq):
        with pytest.raises(DTypeError, match=r"shape \(xˢ=2, yˢ=3\) cannot be combined with"):
            operation(grid, other)


def test_only_tensors_are_multiplied_as_matrices(grid):
    for left, right in ((grid, 3), (3, grid), (grid, ARRAY), (ARRAY, grid)):
        with pytest.raises(TypeError):
            left @ right


def test_dimensions_that_contradict_are_named(grid):
    with pytest.raises(ShapeError, match="'x' has size 2 on the left and 3 on the right"):
        grid + wrap([1, 2, 3], "x:s")
    with pytest.raises(
        ShapeError, match="'x' has type spatial on the left and channel on the right"
    ):
        grid * wrap([1, 2], "x:c")


# --- backends ---


def test_numpy_joins_the_other_backend(backend, grid):
    plain = wrap(ARRAY, "x:s,y:s")
    for result in (grid + plain, plain + grid, Stacked([grid, plain], batch(b=2).single).dense()):
        assert result.backend is backend
    assert_close((plain - grid).numpy("x,y"), 0 * ARRAY)


def test_two_frameworks_do_not_mix(backend):
    foreign = StrictBackend()
    foreign.name = "foreign"
    other = wrap(ARRAY, "x:s,y:s")
    other = type(other)(foreign.from_numpy(ARRAY), other.signature.replace(backend=foreign))
    mine = wrap(backend.from_numpy(ARRAY), "x:s,y:s")
    if backend.name == "numpy":
        assert (mine + other).backend is foreign
        return
    pattern = rf"Cannot combine values of {backend.name} and foreign\. Convert .* convert\(x, '"
    with pytest.raises(BackendError, match=pattern):
        mine + other
    with pytest.raises(BackendError, match="Cannot combine values"):
        Stacked([mine, other], batch(b=2).single).dense()
    assert_close(convert(mine, "numpy") + convert(other, "numpy"), 2 * wrap(ARRAY, "x:s,y:s"))


# --- Python's view of tensors ---


def test_scalars_become_numbers(backend):
    assert float(scalar(backend, 1.5)) == 1.5
    assert int(scalar(backend, 3)) == 3
    assert complex(scalar(backend, 1 + 2j)) == 1 + 2j
    assert scalar(backend, 7).item() == 7
    assert bool(scalar(backend, 0.5)) is True
    assert bool(scalar(backend, False)) is False
    assert ["a", "b", "c"][scalar(backend, 2)] == "c"
    assert float(zeros()) == 0


@pytest.mark.parametrize(
    ("use", "error", "message"),
    [
        (bool, ShapeError, r"\(xˢ=2, yˢ=3\) is not simply true or false\. Use any\(t\), all\(t\)"),
        (lambda t: t in [t + 1], ShapeError, "not simply true or false"),
        (float, ShapeError, r"Only a scalar has a single value, not .*max\(t\)"),
        (int, ShapeError, "Only a scalar"),
        (complex, ShapeError, "Only a scalar"),
        (lambda t: t.item(), ShapeError, "Only a scalar"),
        (len, DimensionError, r"no single length\. Use t\.shape\.get_size"),
        (iter, DimensionError, r"needs a dimension\. Write e\.g\. for s in t\.x"),
        (operator.index, TypeError, "Only integer scalars can be an index"),
        (hash, TypeError, "unhashable"),
        (lambda t: {t: 1}, TypeError, "unhashable"),
        (np.asarray, ShapeError, r"order of the axes .* native\('x,y'\)"),
        (lambda t: t.native(), ShapeError, r"order of the axes .* must be given"),
        (lambda t: t.numpy("x"), ShapeError, "order 'x' leaves out 'y'"),
        (lambda t: t.numpy("x,y,x"), ShapeError, "names 'x' twice"),
    ],
)
def test_tensors_with_dimensions_refuse_to_be_numbers_or_lists(grid, use, error, message):
    with pytest.raises(error, match=message):
        use(grid)


@pytest.mark.parametrize("make", [lambda: wrap(1), lambda: wrap([1, 2])])
def test_no_tensor_is_hashable(make):
    assert Tensor.__hash__ is None
    with pytest.raises(TypeError, match="unhashable"):
        hash(make())
    with pytest.raises(TypeError, match="unhashable"):
        hash(Stacked([make(), make()], batch(b=2).single))


def test_floats_are_no_index(backend):
    with pytest.raises(TypeError, match="Only integer scalars can be an index"):
        range(scalar(backend, 2.0))


@pytest.mark.parametrize("attribute", ["foo", "shape", "dtype", "x"])
def test_tensors_cannot_be_changed(grid, attribute):
    with pytest.raises(AttributeError):
        setattr(grid, attribute, 1)


# --- memory ---


def test_wrap_shares_memory_and_numpy_is_read_only():
    array = np.arange(4.0)
    wrapped = wrap(array, "x:s")
    view = wrapped.numpy()
    assert np.shares_memory(view, array)
    assert not view.flags.writeable
    assert array.flags.writeable
    array[0] = 9
    assert float(wrapped.x[0]) == 9
    with pytest.raises(ValueError, match="read-only"):
        view[0] = 1


def test_tensor_copies():
    array = np.arange(4.0)
    copied = tensor(array, "x:s")
    array[0] = 9
    assert float(copied.x[0]) == 0


@pytest.mark.parametrize("order", ["x,y", "y,x", "y,z,x", "(x,y)"])
def test_numpy_arrays_cannot_be_written_in_any_order(grid, order):
    assert not grid.numpy(order).flags.writeable
    assert not expand(grid.x[0], spatial(x=4)).numpy(order).flags.writeable


def test_axes_are_given_in_the_order_asked_for(grid):
    sum_of_outer = wrap(np.arange(3), "x:s") + wrap(np.arange(2), "y:s")
    assert_close(sum_of_outer.numpy("y,x"), np.array([[0, 1, 2], [1, 2, 3]]))
    assert_close(grid.numpy(["y", "x"]), ARRAY.T)
    assert_close(grid.numpy(spatial("y,x")), ARRAY.T)
    assert_close(grid.numpy("(y,x)"), ARRAY.T.ravel())


def test_numpy_protocol_converts_and_refuses_as_asked():
    vector = wrap(np.array([1.5, 2]), "x:s")
    assert np.asarray(vector, np.float32).dtype == np.float32
    copied = np.array(vector, copy=True)
    assert copied.flags.writeable
    assert not np.shares_memory(copied, vector.numpy())
    assert np.shares_memory(np.array(vector, copy=False), vector.numpy())
    with pytest.raises(ValueError, match=r"float64 becomes float32 only by a copy"):
        np.array(vector, np.float32, copy=False)


def test_copies_and_pickles_keep_everything(grid):
    labelled = expand(grid.y.as_type(channel) * 0.5, batch(b=3))
    for copied in (copy.copy, copy.deepcopy, lambda t: pickle.loads(pickle.dumps(t))):
        result = copied(labelled)
        assert result.signature is labelled.signature
        assert_close(result, labelled)


def test_casting_to_the_own_type_copies_nothing(grid):
    assert grid.cast(grid.dtype) is grid
    assert grid.cast(DType("float64")).dtype is DType("float64")


def test_expanding_copies_nothing(grid):
    result = grid.expanded(batch(b=10**9))
    assert result.stored_native is grid.stored_native
    assert result.shape is batch(b=10**9) & grid.shape
    assert grid.expanded(spatial(x=2)) is grid
    with pytest.raises(ShapeError, match="'x' has size 3 on the left and 2 on the right"):
        grid.expanded(spatial(x=3))


def test_properties_tell_where_values_are(backend, grid):
    assert (grid.rank, grid.available) == (2, True)
    assert grid.device in backend.devices()
    assert grid.backend is backend

"""Stacks keep their components apart, of equal or of different sizes."""

import copy
import pickle

import numpy as np
import pytest

import phimath as math
from phimath.dimension import Dim, Varying, batch, channel, instance, spatial
from phimath.dtype import DType
from phimath.errors import LabelError, ShapeError
from phimath.join import stack
from phimath.stacked import Stacked
from phimath.testing.assertions import assert_close
from phimath.wrap import wrap

LONG, SHORT = np.array([1.0, 2.0, 3.0], np.float32), np.array([1.0, 2.0], np.float32)


def along(name="b", size=2):
    return Dim(name, batch, size)


def line(backend, array, dims="x:s"):
    return wrap(backend.from_numpy(np.asarray(array)), dims)


@pytest.fixture
def ragged(backend):
    return stack([line(backend, LONG), line(backend, SHORT)], batch("b"))


@pytest.fixture
def uniform(backend):
    parts = [line(backend, LONG), line(backend, 10 * LONG)]
    return Stacked(parts, Dim("v", channel, 2, ("p", "q")))


def test_sizes_vary_along_the_stack_dimension(ragged):
    assert ragged.shape is batch(b=2) & spatial(x=Varying("b", (3, 2)))
    assert ragged.shape.volume == 5


def test_reductions_see_all_elements(ragged):
    assert_close(math.sum(ragged, "x"), np.array([6.0, 3.0]))
    assert_close(math.mean(ragged, "b,x"), 1.8, rtol=1e-6)


def test_slices_are_taken_of_each_component(ragged):
    assert_close(ragged.x[-1], np.array([3.0, 2.0]))
    assert ragged.x[1:].shape is batch(b=2) & spatial(x=Varying("b", (2, 1)))
    assert ragged.x[:2].shape is batch(b=2) & spatial(x=2)
    assert_close(ragged.x[:2].numpy("b,x"), np.array([[1, 2], [1, 2.0]]))
    assert_close(ragged.b[1], SHORT)
    assert ragged.b[:1].shape is batch(b=1) & spatial(x=3)
    assert ragged.b[2:].shape.get_size("b") == 0


def test_positions_must_exist_in_every_component(ragged):
    with pytest.raises(
        ValueError, match=r"Index 2 is out of range for 'x' of size \(3,2\) along b"
    ):
        ragged.x[2]


def test_there_is_no_array_of_varying_sizes_but_a_packed_one(ragged):
    with pytest.raises(ShapeError, match=r"sizes .* vary|vary|no single"):
        ragged.native("b,x")
    assert_close(ragged.numpy("(b,x)"), np.array([1, 2, 3, 1, 2.0]))
    with pytest.raises(ShapeError, match=r"no single native array.*pad_to_uniform"):
        ragged.dense()


def test_operations_run_per_component(ragged, backend):
    result = 2 * ragged + line(backend, np.array([10, 20]), "b:b")
    assert result.shape is ragged.shape
    assert_close(result.b[0], 2 * LONG + 10)
    assert_close(result.b[1], 2 * SHORT + 20)
    assert_close((ragged * ragged).b[1], SHORT**2)
    assert_close(math.where(ragged > 1, ragged, 0.0).b[1], np.array([0, 2.0]))


def test_other_dimensions_join_every_component(ragged, backend):
    result = ragged * line(backend, np.array([1, 10]), "v:c")
    assert result.shape is batch(b=2) & spatial(x=Varying("b", (3, 2))) & channel(v=2)
    assert_close(result.b[1].numpy("x,v"), np.outer(SHORT, [1, 10]))


def test_sizes_that_contradict_are_an_error(ragged, backend):
    with pytest.raises(ShapeError, match=r"'x' has size \(3,2\) along b on the left and 3 on the"):
        ragged + line(backend, LONG)
    with pytest.raises(ShapeError, match="'b' has size 2 on the left and 3 on the right"):
        ragged + line(backend, LONG, "b:b")


def test_names_and_types_change_without_copying(ragged, backend):
    renamed = ragged.b.rename("c")
    assert renamed.shape is batch(c=2) & spatial(x=Varying("c", (3, 2)))
    assert renamed.components[0].stored_native is ragged.components[0].stored_native
    assert ragged.b.as_type(instance).shape.instance is instance(b=2)
    assert ragged.x.rename("y").shape is batch(b=2) & spatial(y=Varying("b", (3, 2)))


def test_uniform_stacks_equal_their_dense_form(uniform, backend):
    expected = np.stack([LONG, 10 * LONG])
    assert uniform.shape is spatial(x=3) & channel(v="p,q")
    dense = uniform.dense()
    assert dense.shape is uniform.shape
    assert_close(uniform.numpy("v,x"), expected)
    assert_close(dense.numpy("v,x"), expected)
    assert_close((uniform + dense).numpy("v,x"), 2 * expected)
    assert_close((dense - uniform).numpy("v,x"), 0 * expected)
    assert_close(uniform.v["q"], 10 * LONG)
    assert_close(uniform["q,p"].numpy("v,x"), expected[::-1])
    assert_close(uniform.x[1].numpy(), expected[:, 1])
    assert isinstance(-uniform, Stacked)


def test_components_of_different_types_promote(backend):
    mixed = Stacked([line(backend, [1, 2]), line(backend, LONG[:2])], along())
    assert mixed.dtype is DType("float32")
    assert mixed.dense().dtype is DType("float32")
    assert mixed.cast(DType("int64")).dtype is DType("int64")


def test_stacks_of_stacks_work_as_one_tensor(ragged):
    nested = stack([ragged, ragged + 1], channel(v="p,q"))
    assert nested.shape is batch(b=2) & spatial(x=Varying("b", (3, 2))) & channel(v="p,q")
    assert_close((nested * 2).v["q"].b[1], 2 * (SHORT + 1))
    assert_close(nested[{"b": 1, "v": 0}], SHORT)
    assert nested.shape.volume == 10


def test_lazily_expanded_components_are_expanded_in_the_dense_form(backend):
    parts = [math.zeros(spatial(x=2, y=3)), math.expand(line(backend, SHORT), spatial(y=3))]
    dense = Stacked(parts, along()).dense()
    assert_close(dense.numpy("b,y,x"), np.stack([np.zeros((3, 2)), np.tile(SHORT, (3, 1))]))


def test_copies_and_pickles_keep_components(ragged):
    for copied in (copy.deepcopy(ragged), pickle.loads(pickle.dumps(ragged))):
        assert copied.shape is ragged.shape
        assert_close(copied.b[1], SHORT)


@pytest.mark.parametrize(
    ("parts", "dim", "error", "message"),
    [
        ((wrap(LONG, "x:s"), wrap(1)), along(), ShapeError, r"Cannot stack \(xˢ=3\) and \(\)"),
        ((wrap(1), wrap(LONG, "x:s")), along(), ShapeError, "need the same dimensions"),
        ((wrap(LONG, "x:s"),) * 2, along("x"), ShapeError, "without 'x'"),
        ((wrap(LONG, "x:s"), wrap(LONG, "x:c")), along(), ShapeError, "'x' has type spatial"),
        ((wrap(LONG, "x:s"), wrap(SHORT, "x:c")), along(), ShapeError, "'x' has type spatial"),
        (
            (wrap(SHORT, channel(v="a,b")), wrap(SHORT, channel(v="b,a"))),
            along(),
            LabelError,
            "labels of 'v' are a,b on the left and b,a",
        ),
    ],
)
def test_components_must_have_the_same_dimensions(parts, dim, error, message):
    with pytest.raises(error, match=message):
        Stacked(parts, dim)


def test_stack_refuses_missing_dimensions_unless_told_to_expand(backend):
    parts = [line(backend, LONG), wrap(5.0)]
    with pytest.raises(ShapeError, match="expand_values"):
        stack(parts, batch("b"))
    assert_close(
        stack(parts, batch("b"), expand_values=True).numpy("b,x"), np.stack([LONG, 0 * LONG + 5])
    )


def test_a_size_varies_along_one_dimension_only(backend):
    first = stack([line(backend, LONG), line(backend, SHORT)], batch("b"))
    second = stack([line(backend, SHORT), line(backend, LONG)], batch("b"))
    with pytest.raises(ShapeError, match="size of 'x' would vary along two dimensions"):
        stack([first, second], batch("c"))

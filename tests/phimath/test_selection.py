"""What stands in brackets selects by name, label and position, and never reaches outside."""

import numpy as np
import pytest

from phimath.create import zeros
from phimath.dimension import batch, channel, spatial
from phimath.errors import DimensionError, LabelError, ShapeError, ValueRangeError
from phimath.testing.assertions import assert_close
from phimath.wrap import wrap

GRID = np.arange(24).reshape(2, 3, 4)
SLICES = [
    slice(None), slice(1, None), slice(None, -1), slice(-2, None), slice(None, None, 2),
    slice(None, None, -1), slice(2, 0, -1), slice(-1, -9, -2), slice(5, 9), slice(2, 1),
    slice(-9, 9), slice(0, 0), slice(9, 0, -3), slice(np.int64(1), np.int64(3)),
]  # fmt: skip


@pytest.fixture
def grid(backend):
    return wrap(backend.from_numpy(GRID), batch("b") + spatial("x") + channel(v="p,q,r,s"))


@pytest.fixture
def vector(backend):
    return wrap(backend.from_numpy(np.array([1, 2, 3])), channel(vector="x,y,z"))


@pytest.mark.parametrize("part", SLICES)
@pytest.mark.parametrize("name", ["b", "x", "v"])
def test_slices_match_numpy_and_never_give_negative_sizes(grid, name, part):
    axis = ("b", "x", "v").index(name)
    expected = GRID[(*[slice(None)] * axis, part)]
    for result in (grid[{name: part}], getattr(grid, name)[part]):
        assert result.shape.sizes == expected.shape
        assert_close(result.numpy("b,x,v"), expected)


@pytest.mark.parametrize("part", SLICES)
def test_slices_of_lazily_expanded_dimensions_only_change_the_size(backend, part):
    result = zeros(spatial(x=3, y=10**9)).x[part]
    assert result.shape is spatial(x=len(range(3)[part]), y=10**9)
    assert backend.sizes(result.stored_native) == ()


def test_slices_take_labels_along(grid):
    assert grid.v[1:].shape.get_labels("v") == ("q", "r", "s")
    assert grid.v[::-2].shape.get_labels("v") == ("s", "q")
    assert grid.v[4:].shape.get_labels("v") is None


@pytest.mark.parametrize("position", [0, 2, -1, -3, np.int32(1), np.array(1)])
def test_integers_remove_the_dimension(grid, position):
    assert_close(grid.x[position].numpy("b,v"), GRID[:, int(position)])
    assert grid.x[position].shape.names == ("b", "v")


def test_several_dimensions_are_selected_at_once(grid):
    result = grid[{"b": 1, "x": slice(1, None), "v": "q"}]
    assert_close(result.numpy(), GRID[1, 1:, 1])
    assert_close(grid[{"b,x": 0}].numpy(), GRID[0, 0])


def test_types_and_shapes_select_dimensions(grid):
    assert_close(grid[{channel: "q"}].numpy("b,x"), GRID[:, :, 1])
    assert_close(grid[{spatial("x"): 1}].numpy("b,v"), GRID[:, 1])


def test_labels_select_one_element_or_reorder_several(vector):
    assert int(vector.vector["y"]) == int(vector["y"]) == 2
    assert vector["z,x"].shape is channel(vector="z,x")
    assert_close(vector.vector["z,x"], np.array([3, 1]))
    assert_close(vector.vector[["z", 0]], np.array([3, 1]))
    assert_close(vector.vector["y":], np.array([2, 3]))
    assert_close(vector.vector[:"z"], np.array([1, 2]))


def test_an_arrow_renames_labels(vector):
    assert vector.vector["x,y->p,q"].shape is channel(vector="p,q")
    assert_close(vector.vector["z->a"], np.array([3]))


@pytest.mark.parametrize("part", ["x,x", ["x", "x"], [0, 0]])
def test_elements_selected_twice_have_no_labels(vector, part):
    assert vector.vector[part].shape is channel(vector=2)
    assert_close(vector.vector[part], np.array([1, 1]))


def test_iteration_and_unstacking_go_along_one_dimension(grid, vector):
    assert [int(element) for element in vector] == [1, 2, 3]
    assert len(vector) == 3
    for slices in (list(grid.x), grid.x.unstack(), grid.unstacked("x")):
        assert_close(slices[1].numpy("b,v"), GRID[:, 1])
    assert len(grid.x) == 3


def test_views_tell_about_their_dimension(grid):
    assert (grid.v.size, grid.v.type, grid.v.name) == (4, channel, "v")
    assert grid.v.labels == grid.v.keys() == ("p", "q", "r", "s")
    assert grid.x.keys() == ()
    assert repr(grid.x).startswith("dimension 'x' of (bᵇ=2, xˢ=3")
    assert grid.x.rename("y").shape is grid.shape.rename({"x": "y"})
    assert grid.x.as_type(batch).shape.batch is batch(b=2, x=3)
    assert_close(grid.x.as_type(channel).numpy("b,x,v"), GRID)


@pytest.mark.parametrize(
    ("select", "error", "message"),
    [
        (lambda g: g[{"q": 0}], DimensionError, r"no dimension 'q' in .*Use one of 'b', 'x', 'v'"),
        (lambda g: g[0], DimensionError, r"with 0 does not say which dimension.*t\.x\[\.\.\.\]"),
        (lambda g: g[{3: 0}], DimensionError, r"3 is no dimension of .*t\[\{'x': 0\}\]"),
        (lambda g: g[{spatial("q"): 0}], DimensionError, "no dimension 'q'"),
        (lambda g: g.x[0][{spatial: 0}], DimensionError, "exactly one spatial dimension, but .* 0"),
        (
            lambda g: g.x[3],
            ValueRangeError,
            r"Index 3 is out of range for 'x' of size 3 .*-3 to",
        ),
        (lambda g: g.x[-4], ValueRangeError, "Index -4 is out of range"),
        (lambda g: g.x[[0, 7]], ValueRangeError, "Index 7 is out of range for 'x'"),
        (lambda g: g.x[:0].x[0], ValueRangeError, "'x' of .* is empty"),
        (lambda g: g.x[::0], ValueRangeError, "step of a slice along 'x' cannot be 0"),
        (lambda g: g.x[True], ShapeError, "Cannot index 'x' with the boolean True"),
        (lambda g: g.x[[True, False, True]], ShapeError, "Cannot index 'x' of .* with True"),
        (
            lambda g: g.x[1.5],
            ShapeError,
            r"Cannot index 'x' of .* with 1\.5\. Use an integer",
        ),
        (lambda g: g.x[1.0:], ShapeError, r"Cannot index 'x' of .* with 1\.0"),
        (lambda g: g.x[[0.5]], ShapeError, r"Cannot index 'x' of .* with 0\.5"),
        (lambda g: g.x[None], ShapeError, "Cannot index 'x' of .* with None"),
        (lambda g: g.x[np.array([0, 1])], ShapeError, "Cannot index 'x' of .* list of these, or a"),
        (lambda g: g.v["t"], LabelError, r"'v' of .* has no label 't': its labels are p,q,r,s"),
        (lambda g: g.x["p"], LabelError, "'x' of .* has no label 'p': it has no labels"),
        (lambda g: g.v[:"t"], LabelError, "no label 't'"),
        (lambda g: g.x["a":], LabelError, "it has no labels"),
        (lambda g: g.v["p,"], LabelError, "no label ''"),
        (lambda g: g.v["p,q->a"], LabelError, "selects 2 labels but gives 1 new ones"),
        (lambda g: g.v["p,q->a,a"], LabelError, "new labels in 'p,q->a,a' are not unique"),
        (
            lambda g: g["t"],
            LabelError,
            r"No dimension has the label 't' in .*t\.<dimension>",
        ),
    ],
)
def test_what_cannot_be_selected_is_an_error_that_says_what_can(grid, select, error, message):
    with pytest.raises(error, match=message):
        select(grid)


@pytest.mark.parametrize("use", [lambda t: t.q, lambda t: t.vectr[0], lambda t: t.vectr.size])
def test_misspelt_dimensions_are_unknown_attributes(grid, use):
    with pytest.raises(AttributeError, match=r"neither a dimension nor an attribute '(q|vectr)'"):
        use(grid)
    assert not hasattr(grid, "vectr")


def test_labels_of_two_dimensions_are_ambiguous():
    tensor = wrap(np.ones((2, 2)), channel(a="x,y") + channel(b="x,z"))
    with pytest.raises(LabelError, match="More than one dimension has the label 'x'"):
        tensor["x"]
    assert tensor["z"].shape is channel(a="x,y")


@pytest.mark.parametrize("combine", [lambda t: t.x * 3, lambda t: t.x @ t])
def test_views_contract_with_views_only(grid, combine):
    with pytest.raises(TypeError, match="unsupported operand"):
        combine(grid)

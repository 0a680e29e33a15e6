"""Shapes are strict, interned and immutable: what they hold, select, merge and refuse."""

import copy
import gc
import pickle
import threading
import weakref

import pytest

from phimath import filters
from phimath.dimension import TYPES, Dim, Varying, batch, channel, dual, instance, spatial
from phimath.errors import DimensionError, LabelError, ShapeError
from phimath.merge import merge_dims
from phimath.shape import EMPTY_SHAPE, Shape, _interned, concat_shapes, merge_shapes, same_dims

ALL = merge_shapes(channel(c=2), spatial(x=3), batch(b=4), instance(i=5), dual(d=6))
NON_UNIFORM = batch(b=2) & spatial(x=Varying("b", (3, 2)))

# --- what a shape is ---


def test_types_have_one_order_whatever_the_order_of_merging():
    assert ALL.names == ("b", "~d", "i", "x", "c")
    assert [dim.type for dim in ALL.dims] == list(TYPES)


def test_within_a_type_the_left_operand_comes_first():
    assert (spatial(x=2) & spatial(y=3)).names == ("x", "y")
    assert (spatial(y=3) & batch(b=1) & spatial(x=2)).names == ("b", "y", "x")


def test_equal_dimensions_are_one_object():
    shape = spatial(x=2) & channel(vector="x,y")
    assert shape is merge_shapes(channel(vector=("x", "y")), spatial(x=2))
    assert hash(shape) == hash(spatial(x=2) & channel(vector="x,y"))


@pytest.mark.parametrize(
    "other",
    [spatial(y=3, x=2), spatial(x=2, y=4), spatial(x=2), instance(x=2, y=3), spatial("x,y")],
)
def test_order_size_and_type_distinguish_shapes(other):
    assert spatial(x=2, y=3) != other


def test_labels_distinguish_shapes():
    assert len({channel(v=2), channel(v="a,b"), channel(v="b,a")}) == 3


@pytest.mark.parametrize("shape", [EMPTY_SHAPE, ALL, channel(vector="x,y"), NON_UNIFORM])
@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda shape: pickle.loads(pickle.dumps(shape))]
)
def test_copies_and_pickles_are_the_shape_itself(shape, copied):
    assert copied(shape) is shape


@pytest.mark.parametrize("dim_type", TYPES)
def test_types_survive_pickling(dim_type):
    assert pickle.loads(pickle.dumps(dim_type)) is dim_type
    assert copy.deepcopy(dim_type) is dim_type


def test_threads_get_the_same_object():
    start, found = threading.Barrier(8), []

    def create():
        start.wait()
        found.append([spatial(fresh=100 + i) & batch(thread=7) for i in range(100)])

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(shape) for shapes in found for shape in shapes}) == 100


def test_unused_shapes_are_freed():
    shape = spatial(short_lived=12345) + channel(short="p,q")
    assert shape.spatial
    assert shape.non_batch
    reference = weakref.ref(shape)
    del shape
    gc.collect()
    assert reference() is None


def test_many_shapes_do_not_accumulate():
    before = len(_interned)
    for size in range(100_000):
        spatial(accumulating=size)
        if size % 10 == 0:
            merge_shapes(spatial(accumulating=size), batch(b=2))
    gc.collect()
    # Only the bounded memo of merging keeps some: three shapes per entry.
    assert len(_interned) - before <= 3 * 4096 + 100


def test_shapes_made_by_finalizers_do_not_block():
    class Finalized:
        def __del__(self):
            spatial(made_by_finalizer=3)

    for size in range(2000):
        cyclic = Finalized()
        cyclic.me = cyclic
        spatial(beside_finalizer=size)
    assert spatial(made_by_finalizer=3).size == 3


@pytest.mark.parametrize("attribute", ["rank", "dims", "anything"])
def test_shapes_cannot_be_changed(attribute):
    with pytest.raises(AttributeError, match="Shapes are shared and can't be changed"):
        setattr(spatial(x=2), attribute, 3)


def test_shapes_print_names_types_sizes_and_labels():
    assert repr(batch(b=2) & spatial("x") & channel(vector="x,y")) == "(bᵇ=2, xˢ, vectorᶜ=x,y)"
    assert repr(NON_UNIFORM) == "(bᵇ=2, xˢ=(3,2) along b)"
    assert repr(EMPTY_SHAPE) == "()"


def test_length_truth_and_iteration_count_dimensions():
    assert len(ALL) == 5
    assert not EMPTY_SHAPE
    assert list(spatial(x=2, y=3)) == [spatial(x=2), spatial(y=3)]


def test_attributes_of_a_single_dimension():
    shape = channel(vector="x,y")
    assert (shape.name, shape.size, shape.type) == ("vector", 2, channel)
    assert shape.labels == (("x", "y"),)
    with pytest.raises(ShapeError, match=r"exactly one dimension, not \(xˢ=2, yˢ=3\)"):
        _ = spatial(x=2, y=3).size


def test_volume_is_the_product_of_the_sizes():
    assert spatial(x=2, y=3).volume == 6
    assert EMPTY_SHAPE.volume == 1
    assert NON_UNIFORM.volume == 5


@pytest.mark.parametrize("shape", [spatial("x"), NON_UNIFORM.spatial])
def test_volume_needs_sizes(shape):
    with pytest.raises(ShapeError, match=r"Dimension 'x' of .* has no single size"):
        _ = shape.volume


def test_indices_run_over_the_last_dimension_first():
    assert list(spatial(x=2, y=2).indices()) == [
        {"x": 0, "y": 0},
        {"x": 0, "y": 1},
        {"x": 1, "y": 0},
        {"x": 1, "y": 1},
    ]


# --- making dimensions ---


def test_labels_give_the_size_and_may_be_the_names_of_a_shape():
    assert channel(vector=spatial(x=9, y=9)) is channel(vector="x, y")
    assert channel(vector=()) is channel(vector=0)


def test_dual_names_have_a_prefix():
    assert dual(x=3).names == dual("~x").names == ("~x",)
    assert same_dims(dual(x=3), dual(x=3))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: spatial(x=-1), "'x' cannot have the negative size -1"),
        (lambda: spatial(x=2.5), r"size of 'x' must be an integer, labels or a shape, not 2\.5"),
        (lambda: spatial(x=True), "size of 'x' must be an integer"),
        (lambda: spatial(x=3).with_size("x", 2.5), r"size of 'x' must be an integer, not 2\.5"),
        (lambda: spatial("x y"), "'x y' is no valid dimension name. Use letters"),
        (lambda: spatial("1x"), "'1x' is no valid dimension name"),
        (lambda: spatial("x,,y"), "'' is no valid dimension name"),
        (lambda: spatial(3), r"spatial\(\) takes names \('x,y'\), sizes \(x=4\), or one object"),
        (lambda: spatial("x", 3), "spatial.* takes names as strings, e.g. 'x,y', not 3"),
        (lambda: spatial("x", x=3), "Dimension 'x' appears twice"),
        (lambda: channel(v="a,a"), r"labels \('a', 'a'\) of 'v' are not unique"),
        (lambda: channel(v="a,"), "must not be empty"),
        (lambda: channel(v=("a,b", "c")), "must not be empty or contain ','"),
        (lambda: channel(v=(1, 2)), r"labels of 'v' must be strings, not \(1, 2\)"),
        (lambda: channel(v=3).with_labels("v", (1, 2, 3)), "must be strings"),
        (lambda: channel(v=3).with_labels("v", "a,b"), "size 3 cannot have 2 labels"),
    ],
)
def test_dimensions_that_make_no_sense_are_an_error(make, message):
    with pytest.raises(ShapeError, match=message):
        make()


# --- selecting ---


@pytest.mark.parametrize(
    ("selection", "names"),
    [
        ("x,c", ("x", "c")),
        ("c, x", ("c", "x")),
        (spatial, ("x",)),
        (spatial("x") & channel("c"), ("x", "c")),
        ([channel, "b"], ("c", "b")),
        (("x", spatial), ("x",)),
        ({"x"}, ("x",)),
        (lambda shape: shape.non_batch.non_dual, ("i", "x", "c")),
        (filters.primal, ("i", "x")),
        (None, ("b", "~d", "i", "x", "c")),
        ("", ()),
    ],
)
def test_every_kind_of_filter_selects(selection, names):
    assert ALL.resolve(selection).names == names
    assert set(ALL.only(selection).names) == set(names)
    assert ALL.only(selection, reorder=True).names == names
    assert ALL.without(selection).names == tuple(n for n in ALL.names if n not in names)


@pytest.mark.parametrize(
    ("attribute", "names"),
    [
        ("batch", "b"),
        ("dual", "~d"),
        ("instance", "i"),
        ("spatial", "x"),
        ("channel", "c"),
        ("primal", "i,x"),
        ("non_batch", "~d,i,x,c"),
        ("non_dual", "b,i,x,c"),
        ("non_instance", "b,~d,x,c"),
        ("non_spatial", "b,~d,i,c"),
        ("non_channel", "b,~d,i,x"),
        ("non_primal", "b,~d,c"),
    ],
)
def test_types_select_as_attributes_and_as_functions(attribute, names):
    assert ",".join(getattr(ALL, attribute).names) == names
    function = getattr(filters, attribute, None) or globals()[attribute]
    assert function(ALL) is getattr(ALL, attribute)


def test_positions_and_slices_select():
    assert ALL[-1] is channel(c=2)
    assert ALL[1:3] is dual(d=6) + instance(i=5)
    assert ALL["x"] is spatial(x=3)


@pytest.mark.parametrize(
    "lookup",
    [
        lambda: ALL["q"],
        lambda: ALL.resolve("x,q"),
        lambda: ALL.position("q"),
        lambda: ALL.get_size("q"),
        lambda: ALL.with_size("q", 1),
        lambda: ALL.rename({"q": "r"}),
    ],
)
def test_unknown_names_are_an_error_that_lists_the_known_ones(lookup):
    with pytest.raises(DimensionError, match=r"no dimension 'q' in .*Use one of 'b', '~d', 'i'"):
        lookup()


def test_scalars_say_that_they_have_no_dimension():
    with pytest.raises(DimensionError, match="none: this is a scalar"):
        EMPTY_SHAPE.dim("x")


@pytest.mark.parametrize("selection", [3, [3], lambda _: 3])
def test_what_cannot_select_is_an_error(selection):
    with pytest.raises(DimensionError, match="3 does not select dimensions of"):
        ALL.only(selection)


def test_filters_that_may_be_missing_are_ignored_only_by_only_and_without():
    assert ALL.only("x,q") is spatial(x=3)
    assert ALL.without("q") is ALL


# --- changing ---


def test_renaming_keeps_types_sizes_and_labels():
    assert channel(v="a,b").rename({"v": "w"}) is channel(w="a,b")
    assert dual(x=3).rename({"~x": "y"}) is dual(y=3)
    with pytest.raises(ShapeError, match="'y' appears twice"):
        spatial(x=3, y=2).rename({"x": "y"})
    assert spatial(x=3, y=2).rename({"x": "y", "y": "x"}) is spatial(y=3, x=2)


def test_retyping_adds_and_removes_the_dual_prefix():
    assert spatial(x=3, y=2).as_dual() is dual(x=3, y=2)
    assert dual(x=3).as_channel() is channel(x=3)
    assert channel(v="a,b").as_batch() is batch(v="a,b")
    assert batch(b=2).as_instance().as_spatial() is spatial(b=2)


def test_sizes_are_replaced_and_labels_dropped_where_they_change():
    shape = spatial(x=3) & channel(v="a,b")
    assert shape.with_sizes((4, 2)) is spatial(x=4) & channel(v="a,b")
    assert shape.with_sizes(1) is spatial(x=1) & channel(v=1)
    assert shape.with_size("v", 3) is spatial(x=3) & channel(v=3)
    with pytest.raises(ShapeError, match="needs 2 sizes, not the 1 of"):
        shape.with_sizes((4,))


@pytest.mark.parametrize(
    "changed",
    [
        lambda shape: shape.rename({"b": "c"}),
        lambda shape: shape.replace_dim("b", Dim("c", batch, 2)),
    ],
)
def test_varying_sizes_follow_the_new_name_of_their_dimension(changed):
    assert changed(NON_UNIFORM) is batch(c=2) & spatial(x=Varying("c", (3, 2)))


def test_varying_sizes_follow_the_prefix_of_dual_dimensions():
    assert NON_UNIFORM.as_dual() is dual(b=2, x=Varying("~b", (3, 2)))


def test_varying_sizes_are_resolved_by_an_index():
    assert NON_UNIFORM.at({"b": 1}) is spatial(x=2)
    assert NON_UNIFORM.at({"x": 0}) is batch(b=2)
    assert NON_UNIFORM.non_uniform.names == ("x",)
    assert not NON_UNIFORM.is_uniform


# --- merging ---


def test_sizes_and_labels_fill_in_what_the_other_lacks():
    assert spatial("x") & spatial(x=3) is spatial(x=3)
    assert channel(v=2) & channel(v="a,b") is channel(v="a,b")


@pytest.mark.parametrize(
    ("left", "right", "error", "message"),
    [
        (
            spatial(x=2),
            spatial(x=3),
            ShapeError,
            r"Cannot combine \(xˢ=2\) and \(xˢ=3\): 'x' has size 2 on the left and 3 .*Slice, pad",
        ),
        (spatial(x=1), spatial(x=3), ShapeError, "'x' has size 1 on the left and 3 on the right"),
        (
            spatial(x=3),
            channel(x=3),
            ShapeError,
            "'x' has type spatial on the left and channel on the right. Rename or retype",
        ),
        (
            channel(v="x,y"),
            channel(v="y,x"),
            LabelError,
            r"labels of 'v' are x,y on the left and y,x on the right\. Reorder one, e\.g\. t\['x",
        ),
        (
            channel(v="x,y"),
            channel(v="x,z"),
            LabelError,
            r"x,y on the left and x,z on the right\. Select common labels or rename",
        ),
        (NON_UNIFORM, spatial(x=3), ShapeError, r"'x' has size \(3,2\) along b on the left and 3"),
    ],
)
def test_contradictions_are_an_error_that_names_the_dimension(left, right, error, message):
    with pytest.raises(error, match=message):
        left & right
    with pytest.raises(error, match=message):
        merge_dims(left.dims, right.dims)


def test_concatenation_keeps_the_order_and_refuses_repetition():
    assert concat_shapes(channel(c=2), batch(b=1)).names == ("c", "b")
    assert (channel(c=2) + batch(b=1)).sorted_by_type() is batch(b=1) & channel(c=2)
    with pytest.raises(ShapeError, match=r"'x' appears twice in \(xˢ=2, xˢ=2\). Rename one"):
        spatial(x=2) + spatial(x=2)


def test_same_dims_compares_without_order():
    assert same_dims(spatial(x=2, y=3), spatial(y=3, x=2))
    assert not same_dims(spatial(x=2, y=3), spatial(x=2, y=4))
    assert not same_dims(channel(v="a,b"), channel(v="b,a"))
    assert not same_dims(spatial(x=2), spatial(x=2, y=3))


def test_the_empty_shape_is_neutral():
    assert merge_shapes() is EMPTY_SHAPE
    assert ALL & EMPTY_SHAPE is ALL
    assert Shape() is EMPTY_SHAPE

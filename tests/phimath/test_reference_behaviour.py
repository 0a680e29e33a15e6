"""Behaviour that users of the predecessor rely on, and where we differ on purpose.

One test per row of the list of its behaviours, in the order of that list.  Expected values are
theirs where we keep the behaviour; tests say where we don't.
"""

import numpy as np
import pytest

import phimath as math
from phimath import stack, vec, wrap
from phimath.dimension import batch, channel, dual, instance, spatial
from phimath.errors import DimensionError, LabelError, ShapeError
from phimath.testing.assertions import assert_close

differentiates = pytest.mark.needs("value_and_gradient")
F32, F64 = math.DType(float, 32), math.DType(float, 64)


@pytest.fixture
def line(backend):
    """[0, 1, 2, 3] along x."""
    return of(backend, [0.0, 1, 2, 3], spatial("x"))


@pytest.fixture
def squares(backend):
    return of(backend, [0.0, 1, 4, 9], spatial("x"))


@pytest.fixture
def ragged(backend):
    """Sizes 3 and 2 along x."""
    parts = [of(backend, values, spatial("x")) for values in ([1.0, 2, 3], [1.0, 2])]
    return stack(parts, batch("b"))


def of(backend, values, *dims):
    values = np.asarray(values)
    if values.dtype == np.float64:
        values = values.astype(np.float32)
    return wrap(backend.from_numpy(values), *dims)


def expect(tensor, values, order=None):
    __tracebackhide__ = True
    assert_close(tensor.numpy(order), np.asarray(values), rtol=1e-5, atol=1e-6)


# --- shapes and operators by name ---


def test_row_1_dimensions_are_ordered_by_type():
    shape = math.merge_shapes(channel(c=2), spatial(x=3), batch(b=4), instance(i=5), dual(d=6))
    assert shape.names == ("b", "~d", "i", "x", "c")


def test_row_2_order_within_a_type_counts_in_equality_only():
    """Theirs: `==` ignores the order."""
    xy, yx = spatial(x=2) & spatial(y=3), spatial(y=3) & spatial(x=2)
    assert math.same_dims(xy, yx)
    assert xy != yx


def test_row_3_sizes_must_match_even_one():
    for size in (3, 1):
        with pytest.raises(ShapeError, match="x"):
            spatial(x=2) & spatial(x=size)


def test_row_4_labels_must_have_the_same_order():
    a, b = (wrap([1, 2], channel(vector=names)) for names in ("x,y", "y,x"))
    with pytest.raises(LabelError):
        a + b


def test_row_5_labels_survive_beside_none(backend):
    a = of(backend, [1, 2], channel(vector="x,y"))
    b = of(backend, [1, 2], channel("vector"))
    assert (a + b).shape.get_labels("vector") == ("x", "y")
    assert (b + a).shape.get_labels("vector") == ("x", "y")


def test_row_6_values_are_aligned_by_name(backend):
    a = of(backend, np.arange(3), spatial("x"))
    b = of(backend, np.arange(2), spatial("y"))
    expect(a + b, [[0, 1, 2], [1, 2, 3]], "y,x")


def test_row_7_tuples_are_vectors(backend):
    result = vec(x=1, y=2) + (10, 20)
    expect(result, [11, 22])
    assert result.shape.get_labels("vector") == ("x", "y")


def test_row_8_labels_select_and_relabel(backend):
    t = of(backend, [1, 2], channel(vector="a,b"))
    assert t.vector["b,a"].shape.get_labels("vector") == ("b", "a")
    expect(t.vector["b,a"], [2, 1])
    assert t.vector["a,b->p,q"].shape.get_labels("vector") == ("p", "q")


def test_row_9_missing_dimensions_are_errors():
    """Theirs: the tensor comes back unchanged."""
    t = wrap([1, 2], spatial("x"))
    with pytest.raises(AttributeError, match="'q'"):
        t.q[0]
    with pytest.raises(DimensionError, match="'q'"):
        t[{"q": 0}]


def test_row_10_slices_beyond_the_end_are_empty(backend):
    """Theirs: a negative size."""
    result = of(backend, [1.0, 2.0], spatial("x")).x[5:9]
    assert result.shape.get_size("x") == 0
    assert result.numpy().size == 0


def test_row_11_index_vectors_are_matched_by_label(backend):
    grid = of(backend, np.arange(6).reshape(2, 3), spatial("x,y"))
    index = of(backend, [[2, 1], [0, 0]], instance("p"), channel(idx="y,x"))
    expect(grid[index], [5, 0], "p")


# --- sizes that vary ---


def test_row_12_stacks_of_different_sizes_work(ragged):
    assert ragged.shape.at({"b": 0}).get_size("x") == 3
    assert ragged.shape.volume == 5
    expect(math.sum(ragged, "x"), [6, 3])
    assert float(math.mean(ragged, "b,x")) == pytest.approx(1.8)
    expect(ragged.x[-1], [3, 2])


def test_row_13_stacks_of_different_sizes_are_packed_not_padded(ragged):
    with pytest.raises(ShapeError):
        ragged.native("b,x")
    expect(ragged, [1, 2, 3, 1, 2], "(b,x)")


def test_row_14_missing_dimensions_are_repeated_on_request(line):
    with pytest.raises(ShapeError, match="expand_values=True"):
        stack([line, wrap(1.0)], batch("b"))
    result = stack([line, wrap(1.0)], batch("b"), expand_values=True)
    expect(result, [[0, 1, 2, 3], [1, 1, 1, 1]], "b,x")


def test_row_15_keys_and_labels_are_joined():
    result = stack({"p": 1, "q": 2}, channel("v"))
    assert result.shape.get_labels("v") == ("p", "q")
    result = math.concat([vec(x=1), vec(y=2, z=3)], "vector")
    assert result.shape.get_labels("vector") == ("x", "y", "z")
    expect(result, [1, 2, 3])


def test_row_16_reductions_keep_batches():
    expect(math.sum(math.ones(batch(b=2), spatial(x=3), channel(vector=2))), [6, 6], "b")


# --- types ---


def test_row_17_results_have_the_precision_of_the_context(backend):
    """Theirs: sums keep 64 bits."""
    t = wrap(backend.from_numpy(np.ones(2)), spatial("x"))
    assert t.dtype is F64
    assert [r.dtype for r in (t * 2.0, t * t, math.sum(t))] == [F32] * 3
    with math.precision(64):
        assert [r.dtype for r in (t * 2.0, t * t, math.sum(t))] == [F64] * 3


def test_row_18_integers_become_floats_of_the_context(backend):
    """Theirs: depends on the framework."""
    t = of(backend, np.array([4, 9]), spatial("x"))
    assert [r.dtype for r in (t / t, t * 2.0, math.sqrt(t))] == [F32] * 3


def test_row_19_booleans_add_by_one_rule(backend):
    """Theirs: integers beside tensors, booleans beside `True`."""
    t = of(backend, [True, False], spatial("x"))
    other = of(backend, [True, True], spatial("x"))
    assert (t + other).dtype is (t + True).dtype
    expect((t + other) == (t + True), [True, True])


# --- stencils ---


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (0, [0, 0, 0, 1, 2, 3, 0]),
        ("ZERO_GRADIENT", [0, 0, 0, 1, 2, 3, 3]),
        ("PERIODIC", [2, 3, 0, 1, 2, 3, 0]),
        ("SYMMETRIC", [1, 0, 0, 1, 2, 3, 3]),
        ("REFLECT", [2, 1, 0, 1, 2, 3, 2]),
        ("ANTISYMMETRIC", [-1, 0, 0, 1, 2, 3, -3]),
        ("SYMMETRIC_GRADIENT", [-2, -1, 0, 1, 2, 3, 4]),
    ],
)
def test_row_20_padding(line, mode, expected):
    mode = getattr(math.extrapolation, mode) if isinstance(mode, str) else mode
    expect(math.pad(line, {"x": (2, 1)}, mode), expected)


def test_row_21_negative_padding_crops(line):
    expect(math.pad(line, {"x": (-1, 2)}, 0), [1, 2, 3, 0, 0])


@pytest.mark.parametrize(
    ("padding", "expected"),
    [
        ("BOUNDARY", [1, 2, 2, -5]),
        ("PERIODIC", [10, 2, 2, -14]),
        ("ZERO", [1, 2, 2, -14]),
        ("NONE", [2, 2]),
    ],
)
def test_row_22_laplace(squares, padding, expected):
    expect(math.laplace(squares, padding=getattr(math.extrapolation, padding)), expected)


@pytest.mark.parametrize(
    ("padding", "expected"),
    [("BOUNDARY", [0.5, 2, 4, 2.5]), ("PERIODIC", [-4, 2, 4, -2]), ("NONE", [2, 4])],
)
def test_row_23_central_gradient(squares, padding, expected):
    padding = getattr(math.extrapolation, padding)
    expect(math.spatial_gradient(squares, padding=padding, stack_dim=None), expected)


def test_row_22_and_23_no_padding_is_none(squares):
    expect(math.laplace(squares, padding=None), [2, 2])
    expect(math.spatial_gradient(squares, padding=None, stack_dim=None), [2, 4])


def test_row_24_resolution_is_doubled_and_halved(line):
    expect(math.upsample2x(line), [0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3])
    expect(math.downsample2x(line), [0.5, 2.5])


@pytest.mark.parametrize(
    ("outside", "expected"),
    [
        ("ZERO", [0.5, 1.25, 0, 1.5, 0]),
        ("BOUNDARY", [0.5, 1.25, 0, 3, 3]),
        ("PERIODIC", [0.5, 1.25, 3, 1.5, 1]),
    ],
)
def test_row_25_sampling_between_points_and_outside(backend, line, outside, expected):
    points = of(backend, [[0.5], [1.25], [-1.0], [3.5], [9.0]], instance("p"), channel(vector="x"))
    expect(math.grid_sample(line, points, getattr(math.extrapolation, outside)), expected)


def scattered(backend, indices, base=spatial(x=4), **options):
    index = of(backend, np.array(indices)[:, None], instance("p"), channel(vector="x"))
    values = of(backend, [1.0, 2.0, 3.0], instance("p"))
    return math.scatter(base, index, values, **options)


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("update", [1, np.nan, 3, np.nan]), ("add", [1, 0, 5, 0]), ("mean", [1, np.nan, 2.5, np.nan])],
)
def test_row_26_scatter_into_a_shape(backend, mode, expected):
    expect(scattered(backend, [0, 2, 2], mode=mode), expected)


def test_row_26_scatter_keeps_what_the_base_holds(backend):
    zeros = of(backend, np.zeros(4), spatial("x"))
    expect(scattered(backend, [0, 2, 2], zeros, mode="mean"), [1, 0, 2.5, 0])


def test_row_26_scatter_outside(backend):
    with pytest.raises(math.PhiError):
        scattered(backend, [0, 2, 4], mode="add")
    clamped = scattered(backend, [0, 2, 4], mode="add", outside_handling="clamp")
    expect(clamped, [1, 0, 2, 3])
    discarded = scattered(backend, [0, 2, 4], mode="add", outside_handling="discard")
    expect(discarded, [1, 0, 2, 0])


def test_row_27_convolution_does_not_flip(backend, line):
    kernel = of(backend, [1.0, 0, -1], spatial("x"))
    expect(math.convolve(line, kernel), [-1, -2, -2, 2])
    expect(math.convolve(line, kernel, extrapolation=math.extrapolation.PERIODIC), [2, -2, -2, 2])
    kernel = of(backend, [1.0, 2], spatial("x"))
    expect(math.convolve(line, kernel, size="same"), [0, 2, 5, 8])
    expect(math.convolve(line, kernel, size="full"), [0, 2, 5, 8, 3])
    expect(math.convolve(line, kernel, size="valid"), [2, 5, 8])


# --- derivatives, loops, the rest ---


@differentiates
def test_row_41_gradient_by_several_arguments_with_further_outputs(backend):
    def function(x, y):
        return math.l2_loss(x - y), x + y

    x, y = of(backend, [1.0, 2], spatial("x")), of(backend, [0.0, 0], spatial("x"))
    (loss, extra), (dx, dy) = math.gradient(function, "x,y")(x, y)
    assert float(loss) == 2.5
    expect(extra, [1, 2])
    expect(dx, [1, 2])
    expect(dy, [-1, -2])


@differentiates
def test_row_42_gradient_keeps_batches(backend):
    x = of(backend, [[1.0, 2], [3, 4]], batch("b"), spatial("x"))
    loss, dx = math.gradient(math.l2_loss)(x)
    expect(loss, [2.5, 12.5], "b")
    expect(dx, [[1, 2], [3, 4]], "b,x")


@differentiates
def test_row_44_gradient_of_squared_magnitude(backend):
    z = wrap(backend.from_numpy(np.array([1 + 2j, 3 - 1j], np.complex64)), spatial("x"))
    _, dz = math.gradient(lambda z: math.sum(math.abs_square(z)))(z)
    expect(dz, [2 + 4j, 6 - 2j])


@differentiates
def test_row_45_gradients_nest(backend):
    """Theirs: raises on PyTorch."""
    first = math.gradient(lambda x: math.sum(x**3), get_output=False)
    second = math.gradient(lambda x: math.sum(first(x)), get_output=False)
    expect(second(of(backend, [1.0, 2], spatial("x"))), [6, 12])


def test_row_50_trajectories_start_with_the_initial_state():
    expect(math.iterate(lambda x: 2 * x, batch(t=3), 1), [1, 2, 4, 8])


def test_row_52_argmax_is_a_labelled_index(backend):
    t = of(backend, [[1, 5], [7, 2]], spatial("x,y"))
    index = math.argmax(t, "x,y")
    assert index.shape.labels == (("x", "y"),)
    expect(index, [1, 0])
    assert int(t[index]) == 7


def test_row_53_nonzero_quantile_std_round(backend):
    expect(math.nonzero(of(backend, [0, 3, 4], spatial("x"))), [[1], [2]], "nonzero,vector")
    t = of(backend, [1.0, 2, 3], spatial("x"))
    fractions = of(backend, [0.0, 0.5, 1], channel("q"))
    expect(math.quantile(t, fractions), [1, 2, 3])
    assert float(math.std(t)) == pytest.approx(0.8165, abs=1e-4)
    expect(math.round(of(backend, [0.5, 1.5, 2.5], spatial("x"))), [0, 2, 2])


def test_row_54_repeated_laplace_scales_with_cell_size(backend):
    """Theirs: off by dx²."""
    x = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    result = math.fourier_laplace(of(backend, np.sin(x), spatial("x")), dx=x[1], times=2)
    assert_close(result.numpy(), np.sin(x), atol=1e-4)


def test_row_55_constants_are_stored_once():
    zeros = math.zeros(spatial(x=100, y=100))
    assert np.ndim(zeros.stored_native) == 0
    assert np.ndim((zeros + 1).stored_native) == 0
    assert (zeros + 1).shape is spatial(x=100, y=100)

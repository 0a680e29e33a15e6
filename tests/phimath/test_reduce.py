"""Reductions, extrema, order, counting and norms by name."""

import numpy as np
import pytest
from scipy import special

from phimath import counting, extremum, order, reduce
from phimath.create import expand, ones, vec, zeros
from phimath.dimension import batch, channel, instance, spatial
from phimath.dtype import DType, precision
from phimath.errors import DimensionError, DTypeError, ShapeError, ValueRangeError
from phimath.join import stack
from phimath.norm import (
    abs_square,
    l1_loss,
    l2_loss,
    norm,
    normalize,
    normalize_to,
    softmax,
    squared_norm,
)
from phimath.testing.assertions import assert_close
from phimath.wrap import wrap

DATA = np.array([[[1.0, 5.0, 2.0], [7.0, 2.0, 2.5]], [[0.5, -1.0, 3.0], [4.0, 4.0, -2.0]]])


@pytest.fixture
def value(backend):
    """Dimensions b=2, x=2, y=3."""
    return wrap(backend.from_numpy(DATA), batch("b"), spatial("x,y"))


@pytest.fixture
def ragged():
    parts = [wrap([1.0, 2.0, 3.0], spatial("x")), wrap([1.0, 2.0], spatial("x"))]
    return stack(parts, batch("b"))


# --- sums and the like ---


@pytest.mark.parametrize("name", ["sum", "prod", "mean", "max", "min", "std"])
def test_reduction_matches_numpy(value, name):
    function = getattr(reduce, name)
    assert_close(function(value, "y").numpy("b,x"), getattr(np, name)(DATA, axis=2), rtol=1e-6)
    assert_close(function(value, "y,b").numpy("x"), getattr(np, name)(DATA, axis=(0, 2)), rtol=1e-6)


def test_batch_dimensions_are_kept_by_default():
    assert_close(reduce.sum(ones(batch(b=2), spatial(x=3), channel(vector=2))), np.array([6.0, 6]))


def test_filters_select_what_is_reduced(value):
    assert reduce.sum(value, spatial).shape is batch(b=2)
    assert reduce.sum(value, ["x", batch]).shape is spatial(y=3)
    assert reduce.sum(value, channel).shape is value.shape
    with pytest.raises(DimensionError, match="no dimension 'q'"):
        reduce.sum(value, "q")


@pytest.mark.parametrize(
    ("name", "expected"), [("any", [True, True, False]), ("all", [True, False, False])]
)
def test_truth_of_booleans(backend, name, expected):
    data = np.array([[True, True, False], [True, False, False]])
    mask = wrap(backend.from_numpy(data), spatial("x,y"))
    assert_close(getattr(reduce, name)(mask, "x"), np.array(expected))


def test_truth_of_numbers_is_refused(value):
    with pytest.raises(DTypeError, match="defined for booleans, not for float64"):
        reduce.any(value)


@pytest.mark.parametrize("bits", [32, 64])
def test_floating_results_have_the_precision_of_the_context(value, bits):
    integers = value.cast(DType("int32"))
    with precision(bits):
        results = [
            reduce.sum(value),
            reduce.max(value),
            reduce.mean(integers),
            reduce.std(integers),
        ]
        assert {str(result.dtype) for result in results} == {f"float{bits}"}
        native = reduce.sum(value).native()
        assert value.backend.dtype(native) is DType(float, bits)


def test_sums_of_integers_and_booleans_have_64_bits(value):
    assert reduce.sum(value.cast(DType("int8"))).dtype is DType(int, 64)
    assert reduce.sum(value > 1).dtype is DType(int, 64)
    assert reduce.sum(value.cast(DType("uint8"))).dtype is DType("uint64")
    assert_close(reduce.sum(value > 1), np.array([5, 3]))


def test_repeated_values_are_counted_without_being_stored():
    value = expand(vec(x=2.0, y=3.0), spatial(x=10))
    assert_close(reduce.sum(value, "x"), vec(x=20.0, y=30.0))
    assert_close(reduce.prod(value, "x"), vec(x=1024.0, y=59049.0))
    assert_close(reduce.mean(value, "x"), vec(x=2.0, y=3.0))
    assert_close(reduce.std(zeros(spatial(x=5)) + 3.0), 0.0)


def test_components_are_combined():
    velocity = vec(x=3.0, y=4.0)
    assert float(reduce.sum(velocity)) == 7
    assert float(reduce.prod(velocity)) == 12
    assert float(reduce.max(velocity)) == 4
    assert float(reduce.mean(velocity)) == 3.5
    assert bool(reduce.any(velocity > 3))
    assert not bool(reduce.all(velocity > 3))


def test_weighted_mean_matches_numpy(value):
    weight = wrap([1.0, 2.0, 5.0], spatial("y"))
    expected = np.average(DATA, axis=2, weights=[1.0, 2.0, 5.0])
    assert_close(reduce.mean(value, "y", weight=weight).numpy("b,x"), expected, rtol=1e-6)
    expected = (DATA * [1, 2, 5]).sum((1, 2)) / (2 * 8)
    assert_close(reduce.mean(value, weight=weight), expected, rtol=1e-6)


def test_varying_sizes_are_reduced_element_by_element(ragged):
    assert_close(reduce.sum(ragged, "x"), np.array([6.0, 3.0]))
    assert float(reduce.mean(ragged, "b,x")) == pytest.approx(1.8)
    assert float(reduce.std(ragged, "b,x")) == pytest.approx(np.std([1, 2, 3, 1, 2]))
    assert float(reduce.max(ragged, "b,x")) == 3
    with pytest.raises(ShapeError, match="size of 'x' varies along it"):
        reduce.sum(ragged, "b")


def test_finite_reductions_skip_the_others(backend):
    data = np.array([[1.0, np.nan, 5.0, -np.inf], [np.nan, np.inf, np.nan, np.nan]])
    value = wrap(backend.from_numpy(data), batch("b"), spatial("x"))
    expected = {"sum": 6, "mean": 3, "min": 1, "max": 5, "std": 2}
    for name, result in expected.items():
        function = getattr(reduce, f"finite_{name}")
        assert_close(function(value), np.array([result, np.nan]), rtol=1e-6)
        assert_close(function(value, default=-7), np.array([result, -7.0]), rtol=1e-6)


# --- extrema ---


def test_position_of_the_largest_value_is_a_labelled_index(backend):
    value = wrap(backend.from_numpy(np.array([[1, 5], [7, 2]])), spatial("x,y"))
    index = extremum.argmax(value, "x,y")
    assert index.shape is channel(index="x,y")
    assert_close(index, np.array([1, 0]))
    assert_close(extremum.argmin(value, "x").numpy("y,index"), np.array([[0], [1]]))


def test_values_at_extrema_of_a_key(value):
    flat = DATA.reshape(2, 6)
    rows = np.arange(2)
    key = -value
    assert_close(extremum.at_max(value, key), flat[rows, flat.argmin(1)])
    assert_close(reduce.max(value, key=key), flat[rows, flat.argmin(1)])
    assert_close(reduce.min(value, "y", key=key).numpy("b,x"), DATA.max(2))
    tree = extremum.at_min(
        {"v": value, "other": wrap([10.0, 20.0, 30.0], spatial("y"))}, value, "y"
    )
    assert_close(tree["v"].numpy("b,x"), DATA.min(2))
    assert_close(tree["other"].numpy("b,x"), np.array([10.0, 20, 30])[DATA.argmin(2)])


def test_extremum_of_nothing_is_an_error():
    with pytest.raises(ShapeError, match="needs elements to choose from"):
        extremum.argmax(zeros(spatial(x=0)), "x")


# --- order ---


def test_sorting_matches_numpy_and_drops_labels(value):
    assert_close(order.sort(value, "y").numpy("b,x,y"), np.sort(DATA, axis=2))
    assert order.sort(vec(x=2, y=1), "vector").shape is channel(vector=2)
    with pytest.raises(ShapeError, match="exactly one dimension"):
        order.sort(value)


def test_sorting_by_a_key(value):
    key = wrap([1, 0, 2], spatial("y"))
    assert_close(order.sort(value, "y", key=key).numpy("b,x,y"), DATA[:, :, [1, 0, 2]])


@pytest.mark.parametrize("quantiles", [0.3, (0.0, 0.25, 1.0)])
def test_quantiles_match_numpy(value, quantiles):
    result = order.quantile(value, quantiles, "x,y")
    names = "b" if isinstance(quantiles, float) else "quantiles,b"
    expected = np.quantile(DATA.reshape(2, 6), quantiles, axis=1)
    assert_close(result.numpy(names), expected, rtol=1e-6)


def test_quantiles_of_three_values():
    result = order.quantile(wrap([1.0, 2.0, 3.0], spatial("x")), (0, 0.5, 1))
    assert result.shape is instance(quantiles=3)
    assert_close(result, np.array([1.0, 2.0, 3.0]))
    with pytest.raises(ValueRangeError, match="between 0 and 1, not at 50"):
        order.quantile(result, 50)


def test_median_of_varying_sizes(ragged):
    assert_close(order.median(ragged, "x"), np.array([2.0, 1.5]))
    assert float(order.median(ragged, "b,x")) == 2


def test_running_sums_match_numpy(value):
    assert_close(
        order.cumulative_sum(value, "y").numpy("b,x,y"), np.cumsum(DATA, axis=2), rtol=1e-6
    )
    short = wrap([1, 2, 3], spatial("x"))
    assert_close(order.cumulative_sum(short, "x", include_0=True), np.array([0, 1, 3, 6]))
    exclusive = order.cumulative_sum(short, "x", include_0=True, include_sum=False)
    assert_close(exclusive, np.array([0, 1, 3]))
    assert order.cumulative_sum(vec(x=1, y=2), "vector").shape is channel(vector="x,y")


def test_population_standard_deviation():
    assert float(reduce.std(wrap([1, 2, 3], spatial("x")))) == pytest.approx(0.81649658)


# --- counting ---


def test_histogram_matches_numpy(value):
    counts, edges, centers = counting.histogram(value, spatial(bins=4))
    for i in range(2):
        expected, expected_edges = np.histogram(DATA[i], 4)
        assert_close(counts.b[i], expected)
        assert_close(edges.b[i], expected_edges, rtol=1e-6)
        middle = (expected_edges[1:] + expected_edges[:-1]) / 2
        assert_close(centers.b[i].vector["bins"], middle, rtol=1e-6)


def test_histogram_with_common_bins_and_weights(value):
    counts, edges, _ = counting.histogram(value, spatial(bins=3), weights=0.5, same_bins=batch)
    expected, expected_edges = np.histogram(DATA[1], np.linspace(-2, 7, 4))
    assert_close(edges, expected_edges, rtol=1e-6)
    assert_close(counts.b[1], 0.5 * expected)


def test_occurrences_are_counted_per_query():
    values = wrap([1, 2, 2], instance("p"))
    query = wrap([2, 5], instance("p"))
    assert_close(counting.count_occurrences(values, query), np.array([2, 0]))
    assert_close(counting.contains(values, query), np.array([True, False]))
    points = wrap([[1, 2], [3, 4]], instance("p"), channel(vector="x,y"))
    assert bool(counting.contains(points, vec(x=3, y=4)))
    assert not bool(counting.contains(points, vec(x=1, y=4)))


def test_elements_that_two_lists_share_are_counted():
    lists = wrap([[1, 2], [2, 3], [5, 6]], spatial("s"), instance("p"))
    result = counting.count_intersections(lists, "s")
    assert_close(result.numpy("s,~s"), np.array([[0, 1, 0], [1, 0, 0], [0, 0, 0]]))


# --- norms ---


def test_norms_of_vectors():
    velocity = vec(x=3.0, y=-4.0)
    assert float(norm(velocity)) == 5
    assert float(squared_norm(velocity)) == 25
    assert float(l1_loss(velocity)) == 7
    assert float(l2_loss((velocity, velocity))) == 25
    assert_close(normalize(velocity), vec(x=0.6, y=-0.8))


def test_zero_vectors_stay_zero():
    assert_close(normalize(vec(x=0.0, y=0.0)), vec(x=0.0, y=0.0))
    assert float(norm(vec(x=0.0, y=0.0))) == 0


@pytest.mark.needs("value_and_gradient")
def test_gradient_of_the_norm_is_finite_at_0(backend):
    def loss(native):
        vector = wrap(native, instance("p"), channel("vector"))
        return reduce.sum(norm(vector)).native(), ()

    points = backend.from_numpy(np.array([[0.0, 0.0], [3.0, 4.0]], dtype="float32"))
    _, _, (gradient,) = backend.value_and_gradient(loss, (points,))
    assert_close(backend.to_numpy(gradient), np.array([[0.0, 0.0], [0.6, 0.8]]), rtol=1e-6)


def test_magnitudes_of_complex_numbers(backend):
    value = wrap(backend.from_numpy(np.array([3 + 4j, 1j])), channel("c"))
    assert_close(abs_square(value), np.array([25.0, 1.0]))
    assert float(norm(value)) == pytest.approx(np.sqrt(26))
    assert abs_square(value).dtype is DType(float, 32)


def test_scaling_to_the_sum_of_another(backend):
    result = normalize_to(wrap([1.0, 3.0], spatial("x")), wrap([2.0, 4.0], spatial("x")))
    assert_close(result, np.array([1.5, 4.5]))


def test_softmax_matches_scipy_without_overflow(value):
    result = softmax(value * 1000, "y")
    assert_close(result.numpy("b,x,y"), special.softmax(DATA * 1000, axis=2), rtol=1e-5)

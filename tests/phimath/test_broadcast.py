"""Operations align by name whatever the order of storage, by one rule for element types."""

import operator
from math import isinf
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import phimath as math
from phimath import broadcast
from phimath.backend import Backend
from phimath.broadcast import Signature, elementwise_plan
from phimath.context import using
from phimath.create import expand, ones, zeros
from phimath.dimension import batch, channel, instance, spatial
from phimath.dtype import DType, precision
from phimath.errors import DTypeError, ValueRangeError
from phimath.shape import concat_shapes, merge_shapes
from phimath.table import OPERATIONS, result_dtypes
from phimath.tensor import Dense, apply, dense_of
from phimath.testing.assertions import assert_close

# --- alignment ---

DIMS = {
    "b": batch(b=2),
    "i": instance(i=3),
    "x": spatial(x=4),
    "y": spatial(y=1),
    "c": channel(c="p,q"),
}
SETTINGS = settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
stored_dims = st.lists(st.sampled_from(sorted(DIMS)), unique=True, max_size=5)


def random_tensor(backend: Backend[Any], names: list[str], seed: int) -> tuple[Dense, np.ndarray]:
    shape = concat_shapes(*(DIMS[name] for name in names))
    array = np.random.default_rng(seed).integers(-9, 9, [dim.size for dim in shape.dims])
    return dense_of(backend.from_numpy(np.asarray(array)), backend, shape), np.asarray(array)


@SETTINGS
@given(left=stored_dims, right=stored_dims, data=st.data())
def test_products_match_einsum_for_all_orders_of_storage(backend, left, right, data):
    a, a_array = random_tensor(backend, left, 0)
    b, b_array = random_tensor(backend, right, 1)
    result = a * b
    assert result.shape is merge_shapes(a.shape, b.shape)
    order = data.draw(st.permutations(result.shape.names))
    paths = f"{''.join(left)},{''.join(right)}->{''.join(order)}"
    np.testing.assert_array_equal(result.numpy(order), np.einsum(paths, a_array, b_array))


@SETTINGS
@given(names=st.permutations(sorted(DIMS)), condition=stored_dims, other=stored_dims)
def test_three_operands_align_like_two(backend, names, condition, other):
    a, a_array = random_tensor(backend, names, 0)
    c, c_array = random_tensor(backend, condition, 1)
    b, b_array = random_tensor(backend, other, 2)
    result = math.where(c > 0, a, b)
    out = "".join(names)
    one = np.ones(a_array.shape, int)
    c_full = np.einsum(f"{''.join(condition)},{out}->{out}", c_array, one)
    b_full = np.einsum(f"{''.join(other)},{out}->{out}", b_array, one)
    np.testing.assert_array_equal(result.numpy(names), np.where(c_full > 0, a_array, b_full))


@SETTINGS
@given(left=stored_dims, extra=stored_dims, right=stored_dims)
def test_lazily_expanded_dimensions_count_as_repeated(backend, left, extra, right):
    a, _ = random_tensor(backend, left, 0)
    a = expand(a, concat_shapes(*(DIMS[n] for n in extra if n not in left)))
    b, _ = random_tensor(backend, right, 1)
    names = merge_shapes(a.shape, b.shape).names
    repeated = dense_of(a.native(a.shape), backend, a.shape)
    np.testing.assert_array_equal((a - b).numpy(names), (repeated - b).numpy(names))


def test_labels_come_from_the_operand_that_has_them(backend):
    plain = dense_of(backend.from_numpy(np.array([1, 2])), backend, channel(v=2))
    labelled = dense_of(backend.from_numpy(np.array([10, 20])), backend, channel(v="a,b"))
    for result in (plain + labelled, labelled + plain):
        assert result.shape is channel(v="a,b")
        assert int(result.v["b"]) == 22


# --- lazily expanded dimensions take no memory ---


def test_constants_stay_scalars_through_operations(backend):
    tensor = zeros(spatial(x=10**6, y=10**6)) + 1
    assert backend.sizes(tensor.stored_native) == ()
    assert tensor.shape is spatial(x=10**6, y=10**6)
    assert float(tensor.x[5].y[-1]) == 1
    row = tensor * math.linspace(0, 1, spatial(x=3)).x[2] + ones(channel(vector="x,y"))
    assert row.signature.stored.volume <= 2
    assert backend.sizes((tensor.x[::2] > 0).stored_native) == ()


# --- one rule for element types ---

TYPES = ("bool", "uint8", "int32", "int64", "float32", "float64", "complex64")
PAIRS = [(a, b) for i, a in enumerate(TYPES) for b in TYPES[i:]]
REAL_ONLY = {
    "less", "less_equal", "greater", "greater_equal", "maximum", "minimum", "floor", "ceil",
    "round", "floor_divide", "remainder", "arctan2", "sigmoid", "soft_plus", "erf", "log_gamma",
    "incomplete_gamma",
}  # fmt: skip
BOOLEAN_RESULT = {"is_finite", "is_nan", "is_inf", "equal", "not_equal"} | {
    name for name in REAL_ONLY if name.startswith(("less", "greater"))
}
KEEP_BOOLEANS = {"bitwise_and", "bitwise_or", "bitwise_xor", "invert", "where"}
INTEGERS_ONLY = KEEP_BOOLEANS - {"where"} | {"shift_left", "shift_right"}
KEEP_INTEGERS = KEEP_BOOLEANS | INTEGERS_ONLY | {
    "add", "subtract", "multiply", "floor_divide", "remainder", "power", "maximum", "minimum",
    "negative", "abs", "sign", "floor", "ceil", "round", "conjugate", "real", "imag",
}  # fmt: skip


def expected_dtype(name: str, types: tuple[str, ...], bits: int) -> str | None:
    """Result type by the design's text, with NumPy's table for integers; `None` for an error."""
    common = np.result_type(*(np.dtype(t) for t in types))
    is_complex, is_float = common.kind == "c", common.kind in "fc"
    if (is_complex and name in REAL_ONLY) or (is_float and name in INTEGERS_ONLY):
        return None
    if name in BOOLEAN_RESULT:
        return "bool"
    if not is_float and name in KEEP_INTEGERS:
        return "int64" if common.kind == "b" and name not in KEEP_BOOLEANS else common.name
    if is_complex and name not in ("abs", "real", "imag", "angle"):
        return f"complex{2 * bits}"
    return f"float{bits}"


def ones_of(backend: Backend[Any], dtype: str, value: int = 1) -> Dense:
    native = backend.full((2,), DType(dtype).kind == "bool" or value, DType(dtype))
    return dense_of(native, backend, spatial(x=2))


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_every_row_of_the_table_follows_the_rule_for_types(backend, name, bits):
    row = OPERATIONS[name]
    value = 0 if name == "arctanh" else 1
    pairs = PAIRS if bits == 32 else [(t, "float32") for t in TYPES]
    for types in pairs if row.arity > 1 else [(t,) for t in TYPES]:
        if name == "arctanh" and types == ("bool",):
            continue  # infinite
        operands = [ones_of(backend, t, value) for t in types]
        if row.arity == 3:
            operands.insert(0, ones_of(backend, "bool"))
        expected = expected_dtype(name, types, bits)
        with precision(bits):
            if expected is None:
                with pytest.raises(DTypeError):
                    apply(row, *operands)
                continue
            result = apply(row, *operands)
        assert result.dtype is DType(expected), (types, result.dtype)
        assert backend.dtype(result.stored_native) is DType(expected), types


@pytest.mark.parametrize(
    ("number", "types"),
    [
        (True, ("int64", "uint8", "int32", "int64", "float32", "float32", "complex64")),
        (2, ("int64", "uint8", "int32", "int64", "float32", "float32", "complex64")),
        (2.5, (*["float32"] * 6, "complex64")),
        (2j, ["complex64"] * 7),
    ],
)
def test_python_numbers_adapt_to_the_kind_not_to_the_width(backend, number, types):
    for given_type, expected in zip(TYPES, types, strict=True):
        tensor = ones_of(backend, given_type)
        for result, value in ((tensor + number, 1 + number), (number - tensor, number - 1)):
            assert result.dtype is backend.dtype(result.stored_native) is DType(expected)
            assert_close(result, np.full(2, value))


@pytest.mark.parametrize(
    ("dtype", "number"), [("uint8", 300), ("uint8", -1), ("int32", 2**31), ("int64", 2**70)]
)
def test_integers_out_of_range_are_an_error_not_wrapped_around(backend, dtype, number):
    tensor = ones_of(backend, dtype)
    for compute in (lambda: tensor + number, lambda: number - tensor, lambda: tensor < number):
        with pytest.raises(ValueRangeError, match=rf"{number} is out of range for .* with {dtype}"):
            compute()


def test_negative_powers_of_integers_are_an_error_that_says_how_to_get_floats(backend):
    two = ones_of(backend, "int64", 2)
    with pytest.raises(ValueRangeError, match=r"negative power -1 is no integer\. Write -1\.0"):
        two**-1
    assert_close(two**-1.0, np.array([0.5, 0.5]))
    assert_close(ones_of(backend, "float32", 2) ** -1, np.array([0.5, 0.5]))


@pytest.mark.parametrize("dtype", ["int32", "float32", "float64"])
def test_division_and_remainder_have_the_sign_of_the_divisor(backend, dtype):
    left, right = np.array([7, -7, 7, -7, 6]), np.array([3, 3, -3, -3, 3])
    a = dense_of(backend.cast(backend.from_numpy(left), DType(dtype)), backend, spatial(x=5))
    b = dense_of(backend.cast(backend.from_numpy(right), DType(dtype)), backend, spatial(x=5))
    for operation in (operator.floordiv, operator.mod):
        result = operation(a, b)
        assert result.dtype is DType("int32" if dtype == "int32" else "float32")
        assert_close(result, operation(left, right))
        assert_close(operation(a, 3), operation(left, 3))
        assert_close(operation(7, b), operation(7, right))
    assert_close(math.where(a > 0, a % 2.5, 0.0), np.where(left > 0, left % 2.5, 0))


def test_true_division_of_integers_is_floating(backend):
    result = ones_of(backend, "int64") / ones_of(backend, "int64", 4)
    assert result.dtype is DType("float32")
    assert_close(result, np.array([0.25, 0.25]))


@pytest.mark.parametrize("condition", ["int64", "float32", "complex64", "uint8"])
def test_conditions_must_be_boolean(backend, condition):
    where = OPERATIONS["where"]
    with pytest.raises(DTypeError, match=f"selects by a boolean condition, not by {condition}"):
        apply(where, ones_of(backend, condition), 1, 2)
    with pytest.raises(DTypeError, match="boolean condition, not by int"):
        apply(where, 1, ones_of(backend, "int64"), 2)
    assert_close(apply(where, True, ones_of(backend, "int64"), 2), np.array([1, 1]))


@pytest.mark.parametrize(
    ("compute", "message"),
    [
        (lambda t: ~(t * 1.0), r"'~' is defined for booleans and integers, not for float32"),
        (lambda t: (t * 1.0) & t, "'&' is defined for booleans and integers"),
        (lambda t: t << 1.5, "'<<' shifts integers, not float32"),
        (lambda t: (t * 1j) < t, r"less is not defined for complex numbers\. Use real\(x\)"),
        (lambda t: math.arctan(t * 1j, t), "arctan2 is not defined for complex numbers"),
    ],
)
def test_operations_name_the_types_that_they_are_not_defined_for(backend, compute, message):
    with pytest.raises(DTypeError, match=message):
        compute(ones_of(backend, "int64"))


# --- float32 programs contain no float64 ---


EXEMPT = ("owns", "dtype", "xp")


class Watch:
    """Backend whose every method tells the types of the arrays that it returns."""

    def __init__(self, backend: Backend[Any]) -> None:
        self.backend = probe = type(backend)()
        self.seen: set[str] = set()
        dtype_of, owns = probe.dtype, probe.owns

        def note(result: Any) -> None:
            if isinstance(result, tuple | list):
                for part in result:
                    note(part)
            elif owns(result):
                self.seen.add(dtype_of(result).name)

        def watched(method: Any) -> Any:
            def call(*arguments: Any, **options: Any) -> Any:
                result = method(*arguments, **options)
                note(result)
                return result

            return call

        for name in dir(probe):
            method = getattr(probe, name)
            if not name.startswith("_") and callable(method) and name not in EXEMPT:
                setattr(probe, name, watched(method))


def program(backend: Backend[Any]) -> None:
    """All but random numbers, which are made in 64 bit, equal on all backends."""
    x = dense_of(backend.full((4, 4), 0.5, DType(float)), backend, spatial(x=4, y=4))
    integers = dense_of(backend.full((4,), 3, DType("int64")), backend, spatial(x=4))
    for row in OPERATIONS.values():
        if row.rule not in ("logic", "shift", "select"):
            apply(row, *[x + 1 if row.name == "arccosh" else x] * row.arity)
    for right in (integers, 2.5):
        _ = x + right, x**right, integers / right, x < right, math.maximum(x, right)
    _ = math.where(x > 0, x, 1.5), math.sqrt(integers), math.mean(integers), math.std(x)
    _ = math.sum(x, "x"), math.max(x, "y"), math.cumulative_sum(x, "x"), math.quantile(x, 0.3)
    _ = math.dot(x, "y", x, "x"), math.fft(x), math.norm(math.stack([x, x], channel("vector")))
    _ = math.laplace(x), math.spatial_gradient(x), math.downsample2x(x), math.upsample2x(x)
    _ = math.linspace(0, 1, spatial(t=3)), math.vec(x=1.0) * x


def test_programs_in_single_precision_contain_no_double(backend):
    watch = Watch(backend)
    with using(watch.backend):
        program(watch.backend)
    assert "float32" in watch.seen
    assert not watch.seen & {"float64", "complex128"}


def test_the_watch_sees_doubles_where_they_are(backend):
    watch = Watch(backend)
    with using(watch.backend), precision(64):
        _ = ones_of(watch.backend, "float32") * 1j, ones_of(watch.backend, "float32") + 1
    assert {"float64", "complex128"} <= watch.seen


# --- memory of plans and signatures ---


def test_signatures_are_interned(backend):
    signature = Signature(backend, DType("float32"), spatial(x=2))
    assert signature is Signature(backend, DType("float32"), spatial(x=2), spatial(x=2))
    assert signature is signature.replace()
    assert signature is not signature.replace(dtype=DType("int64"))


def test_memos_are_bounded(backend):
    for memo in (elementwise_plan, result_dtypes):
        maximum = memo.cache_info().maxsize
        assert maximum is not None
        assert not isinf(maximum)
    before = len(broadcast._interned)
    for size in range(1, 20_000):
        Signature(backend, DType("float32"), spatial(temporary=size))
    assert len(broadcast._interned) - before < 10

"""What is particular to the TensorFlow plug; the rest is in the conformance suite."""

import logging
import os
import runpy
from importlib import import_module

import numpy as np
import pytest

from phimath.dtype import BOOL, COMPLEX128, FLOAT32, FLOAT64, INT64
from phimath.errors import DTypeError, NotSupported

plug = import_module("phimath_tensorflow")  # before TensorFlow, whose log level it sets
library = import_module("phimath_tensorflow.library")
tf = import_module("tensorflow")
backend = plug.backend

WAYS = {
    "eager": lambda function: function,
    "graph": lambda function: tf.function(function, autograph=False),
    "xla": lambda function: tf.function(function, autograph=False, jit_compile=True),
}
NAN, INFINITY = float("nan"), float("inf")


@pytest.fixture(params=WAYS)
def compiled(request):
    """`function → function` that runs it eagerly, as a graph, or compiled by XLA."""
    return WAYS[request.param]


def gradient_of(function):
    """`x → ∂ function / ∂x` for a scalar function of one tensor."""

    def gradient(x):
        return backend.value_and_gradient(lambda y: (function(y), ()), [x])[2][0]

    return gradient


def total(a):
    return backend.sum(a, tuple(range(len(backend.sizes(a)))))


def exponential(x):
    """exp(x), whose rule uses the outputs: each derivative is again exp(x)."""
    return backend.custom_gradient(
        lambda a: (backend.exp(a),),
        lambda arguments, outputs, cotangents: (backend.multiply(cotangents[0], outputs[0]),),
        [x],
    )[0]


# Import


def test_importing_sets_the_log_level(monkeypatch):
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL", raising=False)
    runpy.run_path(library.__file__)
    assert os.environ["TF_CPP_MIN_LOG_LEVEL"] == "2"


def test_importing_keeps_the_users_log_level(monkeypatch):
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "0")
    runpy.run_path(library.__file__)
    assert os.environ["TF_CPP_MIN_LOG_LEVEL"] == "0"


# Graphs


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32", "uint64"])
def test_unsigned_negation_survives_the_rewriting_of_graphs(compiled, dtype):
    a = np.array([0, 1, 5], dtype)
    result = compiled(backend.negative)(backend.from_numpy(a))
    np.testing.assert_array_equal(backend.to_numpy(result), np.negative(a), strict=True)


def test_random_words_are_those_of_the_paper_in_any_way_of_running(compiled):
    words = compiled(lambda: backend.random_bits((0, 0), 3))()
    assert backend.dtype(words) is INT64
    # Random123, tests/kat_vectors: threefry2x32 20 rounds, all zeros.
    assert backend.to_numpy(words)[:2].tolist() == [0x6B200159, 0x99BA4EFE]
    assert backend.sizes(words) == (3,)


def test_sizes_of_random_words_are_known_while_tracing():
    seen = []
    tf.function(lambda: seen.append(backend.sizes(backend.random_bits((1, 2), 5))))()
    assert seen == [(5,)]


def test_a_constant_first_needed_while_tracing_serves_eager_code_too():
    library.kept_constant.cache_clear()
    a = backend.from_numpy(np.arange(6.0))
    tf.function(lambda x: backend.reshape(x, (3, 2)))(a)
    np.testing.assert_array_equal(backend.reshape(a, (3, 2)), np.arange(6.0).reshape(3, 2))


def test_values_of_traced_tensors_are_refused():
    with pytest.raises(NotSupported, match="Return it from the compiled function"):
        tf.function(backend.to_numpy, autograph=False)(backend.from_numpy(np.ones(3)))


def test_sizes_that_depend_on_values_are_refused_while_tracing():
    def selected(a):
        return backend.sizes(backend.boolean_mask(a, backend.greater(a, 0), 0))

    with pytest.raises(NotSupported, match="where instead of boolean_mask"):
        tf.function(selected, autograph=False)(backend.from_numpy(np.ones(3)))


def test_arguments_of_a_trace_have_no_values_but_numpy_constants_do():
    seen = []

    def look(a):
        constant = backend.from_numpy(np.array([1.0, 2.0]))
        seen.extend([backend.is_available(a), backend.is_available(constant)])
        return backend.add(a, constant)

    result = tf.function(look, autograph=False)(backend.from_numpy(np.zeros(2)))
    assert seen == [False, True]
    np.testing.assert_array_equal(result, [1.0, 2.0])


# Functions that TensorFlow lacks or has in part


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_nan_sorts_last_and_is_found_first(compiled, dtype):
    a = np.array([[2.0, NAN, -0.0, INFINITY, 0.0, -INFINITY, -3.0, NAN]], dtype)
    native = backend.from_numpy(a)
    for name, expected in (
        ("sort", np.sort(a, 1)),
        ("argsort", np.argsort(a, 1, kind="stable")),
        ("argmax", np.argmax(a, 1)),
        ("argmin", np.argmin(a, 1)),
    ):
        method = getattr(backend, name)
        result = backend.to_numpy(compiled(lambda x, method=method: method(x, 1))(native))
        np.testing.assert_array_equal(result, expected, strict=True)


def test_logarithms_are_whole_numbers_at_powers_of_the_base(compiled):
    exponents = np.arange(-20.0, 21.0)
    powers_of_two = backend.from_numpy(2.0**exponents)
    np.testing.assert_array_equal(compiled(backend.log2)(powers_of_two), exponents)
    # From 10²³ on, and below 1, powers of ten aren't floating numbers.
    powers_of_ten = backend.from_numpy(np.array([10.0**k for k in range(21)]))
    np.testing.assert_array_equal(compiled(backend.log10)(powers_of_ten), np.arange(21.0))


@pytest.mark.parametrize(("name", "base"), [("log2", 2), ("log10", 10)])
def test_logarithms_have_derivatives_also_at_powers_of_the_base(name, base):
    x = np.array([1.0, base, 3.7])
    gradient = gradient_of(lambda a: total(getattr(backend, name)(a)))(backend.from_numpy(x))
    np.testing.assert_allclose(gradient, 1 / (x * np.log(base)), rtol=1e-14)


def test_logarithms_keep_infinity_and_nan():
    a = backend.from_numpy(np.array([0.0, INFINITY, NAN, -1.0]))
    np.testing.assert_array_equal(backend.log2(a), [-INFINITY, INFINITY, NAN, NAN])


def test_the_sign_of_a_complex_number_has_a_derivative():
    z = 0.6 + 1.7j
    gradient = gradient_of(lambda a: backend.real(total(backend.sign(a))))
    # Re(z/|z|) = x/r, so that ∂/∂x = y²/r³ and ∂/∂y = -xy/r³.
    expected = (z.imag**2 - 1j * z.real * z.imag) / abs(z) ** 3
    np.testing.assert_allclose(gradient(backend.from_numpy(np.array([z]))), [expected], rtol=1e-14)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_complex_product_has_a_second_derivative(count):
    z = np.linspace(0.5, 1, count) + 1j * np.linspace(-0.3, 0.8, count)

    def squared_gradient(a):
        inner = gradient_of(lambda b: backend.real(backend.prod(b, (0,))))(a)
        return total(backend.real(backend.multiply(inner, backend.conj(inner))))

    # |∂ Re P|² = ∑ |P/z_i|².  Along a real step of z_0, P/z_0 is constant and the others grow
    # by 1/z_0.
    factor = 2 * np.real(1 / z[0]) * np.sum(np.abs(np.prod(z) / z[1:]) ** 2)
    second = gradient_of(squared_gradient)(backend.from_numpy(z))
    np.testing.assert_allclose(backend.to_numpy(second)[0].real, factor, rtol=1e-12, atol=1e-14)


# Derivatives


def test_a_custom_rule_that_uses_its_outputs_has_derivatives_of_any_order(compiled):
    x = np.array([0.3, -0.7])
    first = gradient_of(lambda a: total(exponential(a)))
    third = gradient_of(lambda a: total(gradient_of(lambda b: total(first(b)))(a)))
    np.testing.assert_allclose(compiled(third)(backend.from_numpy(x)), np.exp(x), rtol=1e-14)


def test_a_compiled_function_with_a_custom_rule_has_a_derivative():
    x = np.array([0.3, -0.7])
    function = tf.function(exponential, autograph=False)
    gradient = gradient_of(lambda a: total(function(a)))(backend.from_numpy(x))
    np.testing.assert_allclose(gradient, np.exp(x), rtol=1e-14)


def test_a_custom_rule_is_not_mixed_with_the_derivative_of_its_function():
    x = backend.from_numpy(np.array([2.0]))
    inner = []

    def forward(a):
        inner.append(backend.multiply(a, a))
        return (inner[0],)

    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        (result,) = backend.custom_gradient(
            forward, lambda a, o, c: (backend.multiply(c[0], 7),), [x]
        )
    np.testing.assert_array_equal(tape.gradient(result, x), [7.0])
    # Nothing inside of `forward` is kept for differentiation.
    assert tape.gradient(inner[0], x) is None


def test_one_tensor_as_two_arguments_has_two_gradients():
    x = backend.from_numpy(np.array([2.0, 3.0]))
    _, _, (first, second) = backend.value_and_gradient(
        lambda a, b: (total(backend.multiply(backend.multiply(a, a), b)), ()), [x, x]
    )
    np.testing.assert_array_equal(first, [8.0, 18.0])
    np.testing.assert_array_equal(second, [4.0, 9.0])


def test_integer_arguments_and_none_cotangents_give_zeros():
    x, i = backend.from_numpy(np.array([2.0, 3.0])), backend.from_numpy(np.array([1, 2]))

    def loss(a, j, b):
        outputs = backend.custom_gradient(
            lambda p, q, r: (backend.multiply(p, r), q),
            lambda arguments, outputs, cotangents: (cotangents[0], None, None),
            [a, j, b],
        )
        return total(outputs[0]), ()

    gradients = backend.value_and_gradient(loss, [x, i, x])[2]
    assert [g.numpy().tolist() for g in gradients] == [[1.0, 1.0], [0, 0], [0.0, 0.0]]
    assert backend.dtype(gradients[1]) is INT64


def test_conversions_between_real_and_complex_log_no_warning():
    messages = []
    handler = logging.Handler()
    handler.emit = lambda record: messages.append(record.getMessage())
    tf.get_logger().addHandler(handler)
    try:
        there_and_back = gradient_of(
            lambda a: total(backend.cast(backend.cast(a, COMPLEX128), FLOAT64))
        )
        second = gradient_of(lambda a: total(there_and_back(backend.multiply(a, a))))
        second(backend.from_numpy(np.array([1.0, 2.0])))
    finally:
        tf.get_logger().removeHandler(handler)
    assert messages == []


# Memory and other frameworks


def test_numpy_views_of_tensors_are_read_only():
    array = backend.to_numpy(backend.from_numpy(np.arange(3.0)))
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1


def at_offset(offset):
    """0, 1, 2, 3 in memory that starts `offset` bytes behind a multiple of 64."""
    buffer = np.zeros(256, np.uint8)
    start = -buffer.ctypes.data % 64 + offset
    array = buffer[start : start + 32].view(np.float64)
    array[:] = range(4)
    return array


def test_aligned_memory_is_shared_by_dlpack_and_copies_are_not():
    source = at_offset(0)
    shared = backend.from_dlpack(source)
    copied = backend.copy(shared)
    source[0] = 7
    assert backend.to_numpy(copied)[0] == 0
    assert backend.to_numpy(shared)[0] == 7


@pytest.mark.parametrize("offset", [8, 16, 32])
def test_memory_that_would_end_the_process_is_copied(offset):
    result = backend.add(backend.copy(backend.from_dlpack(at_offset(offset))), 1)
    np.testing.assert_array_equal(result, [1.0, 2.0, 3.0, 4.0])


def test_a_copy_passes_derivatives_on():
    gradient = gradient_of(lambda a: total(backend.copy(backend.multiply(a, a))))
    np.testing.assert_array_equal(gradient(backend.from_numpy(np.array([3.0]))), [6.0])


def read_only():
    array = np.arange(4.0)
    array.flags.writeable = False
    return array


@pytest.mark.parametrize(
    "array",
    [read_only(), np.arange(6.0)[::-2], np.arange(6).reshape(2, 3).T, np.array([True, False])],
    ids=["read-only", "reversed", "transposed", "bool"],
)
def test_arrays_that_dlpack_can_not_pass_are_copied(array):
    result = backend.to_numpy(backend.from_dlpack(array))
    np.testing.assert_array_equal(result, array, strict=True)


def test_variables_serve_as_tensors():
    variable = tf.Variable([1.0, 2.0])
    assert backend.owns(variable)
    assert backend.dtype(variable) is FLOAT32
    assert backend.sizes(variable) == (2,)
    assert backend.is_available(variable)
    np.testing.assert_array_equal(backend.add(variable, 1), [2.0, 3.0])
    gradient = gradient_of(lambda a: total(backend.multiply(a, a)))(variable)
    np.testing.assert_array_equal(gradient, [2.0, 4.0])


def test_a_type_without_a_counterpart_is_explained():
    with pytest.raises(DTypeError, match=r"bfloat16 .* tf.cast\(tensor, tf.float32\)"):
        backend.dtype(tf.zeros((2,), tf.bfloat16))


def test_devices_are_named_like_tensorflows_in_lower_case():
    assert "cpu:0" in backend.devices()
    for device in backend.devices():
        filled = backend.full((2,), True, BOOL, device)
        assert backend.device(filled) == device
        assert backend.device(backend.to_device(filled, "cpu:0")) == "cpu:0"


def test_the_default_device_is_where_tensorflow_puts_arrays():
    assert backend.device(backend.from_numpy(np.zeros(2))) == backend.devices()[0]

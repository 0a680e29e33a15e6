"""What is particular to the PyTorch plug; the rest is in the conformance suite."""

import warnings
from importlib import import_module

import numpy as np
import pytest

from phimath.dimension import dual, spatial
from phimath.errors import BackendError, DTypeError, NotSupported, ValueRangeError
from phimath.testing.assertions import assert_close
from phimath.wrap import wrap

torch = import_module("torch")
backend = import_module("phimath_torch").backend
make_fx = import_module("torch.fx.experimental.proxy_tensor").make_fx

POINT = np.array([0.3, -0.7, 1.1])


def central_difference(function, at, step=1e-5):
    """Derivative of a scalar function of a float64 vector, for each component."""
    steps = step * np.eye(len(at))
    return np.array([(function(at + e) - function(at - e)) / (2 * step) for e in steps])


def gradient_of(function):
    """`x → ∂ function / ∂x` for a scalar function of one tensor."""

    def gradient(x):
        return backend.value_and_gradient(lambda y: (function(y), ()), [x])[2][0]

    return gradient


def cube(x):
    """x³ with a derivative of its own."""
    return backend.custom_gradient(
        lambda a: (a * a * a,),
        lambda arguments, outputs, cotangents: (3 * arguments[0] ** 2 * cotangents[0],),
        [x],
    )[0]


# Random bits


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ((0, 0), (0x6B200159, 0x99BA4EFE)),  # Random123, tests/kat_vectors
        ((0x13198A2E, 0x03707344), None),
        ((0xFFFFFFFF, 0x80000001), None),
    ],
)
def test_the_operator_gives_the_bits_of_threefry(key, words):
    bits = backend.random_bits(key, 7).tolist()
    assert bits == threefry(key, 7)
    if words is not None:
        assert tuple(bits[:2]) == words


def threefry(key, count):
    """The generator in Python's integers, from the paper."""
    mask, out = 2**32 - 1, []
    keys = (*key, key[0] ^ key[1] ^ 0x1BD11BDA)
    for block in range((count + 1) // 2):
        first, second = (block + keys[0]) & mask, keys[1]
        for round_number in range(20):
            distance = (13, 15, 26, 6, 17, 29, 16, 24)[round_number % 8]
            first = (first + second) & mask
            second = (((second << distance) | (second >> (32 - distance))) & mask) ^ first
            if round_number % 4 == 3:
                group = round_number // 4 + 1
                first = (first + keys[group % 3]) & mask
                second = (second + keys[(group + 1) % 3] + group) & mask
        out += [first, second]
    return out[:count]


def test_random_bits_do_not_depend_on_how_many_are_asked_for():
    many = backend.random_bits((1, 2), 200_001)
    assert torch.equal(many[:99], backend.random_bits((1, 2), 99))


def test_random_bits_are_one_call_in_a_captured_graph():
    zeros = torch.zeros(3, dtype=torch.int64)
    graph = make_fx(lambda x: x + backend.random_bits((1, 2), 3), tracing_mode="fake")(zeros)
    called = [node.target for node in graph.graph.nodes if node.op == "call_function"]
    assert torch.ops.phimath.random_bits.default in called
    assert graph(zeros).tolist() == backend.random_bits((1, 2), 3).tolist()


# Conversion


def test_read_only_arrays_are_shared_without_a_warning():
    array = np.arange(5.0)
    array.flags.writeable = False
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tensor = backend.from_numpy(array)
    assert tensor.data_ptr() == array.ctypes.data


def test_shared_memory_outlives_the_array():
    tensor = backend.from_numpy(np.broadcast_to(np.arange(1000.0), (2, 1000)))
    np.full(1000, -1.0)  # would reuse the memory if it had been freed
    np.testing.assert_array_equal(tensor[1], np.arange(1000.0))


def test_read_only_arrays_become_constants_of_a_captured_graph():
    array = np.arange(3.0)
    array.flags.writeable = False
    x = torch.ones(3, dtype=torch.float64)
    graph = make_fx(lambda y: backend.from_numpy(array) * y, tracing_mode="fake")(x)
    assert graph(2 * x).tolist() == [0, 2, 4]


@pytest.mark.parametrize(
    "array",
    [np.arange(6.0)[::-1], np.arange(6, dtype=">i4"), np.float32(2), np.zeros((0, 3))],
    ids=["negative stride", "big endian", "scalar", "empty"],
)
def test_arrays_of_any_layout_are_converted(array):
    result = backend.to_numpy(backend.from_numpy(array))
    assert result.shape == array.shape
    np.testing.assert_array_equal(result, array)


def test_a_lazy_conjugate_is_resolved_on_the_way_to_numpy():
    z = torch.tensor([1 + 2j])
    assert backend.to_numpy(torch.conj(z)).tolist() == [1 - 2j]
    assert backend.to_numpy(torch.conj(z).imag).tolist() == [-2]


def test_an_unknown_element_type_is_named_in_the_error():
    with pytest.raises(DTypeError, match="bfloat16"):
        backend.dtype(torch.zeros(1, dtype=torch.bfloat16))


@pytest.mark.parametrize("mode", ["real", "fake", "symbolic"])
def test_traced_tensors_are_not_available(mode):
    seen = []

    def function(x):
        y = x + 1
        seen.extend([backend.is_available(x), backend.is_available(y)])
        return y

    make_fx(function, tracing_mode=mode)(torch.zeros(2))
    assert seen == [False, False]
    assert backend.is_available(torch.zeros(2))


def test_a_traced_tensor_has_no_numpy_values():
    def function(x):
        with pytest.raises(BackendError, match="traced"):
            backend.to_numpy(x)
        return x + 1

    make_fx(function, tracing_mode="fake")(torch.zeros(2))


@pytest.mark.parametrize("mode", ["real", "fake", "symbolic"])
def test_constants_can_be_read_while_a_function_is_traced(mode):
    constant = torch.tensor([1 + 2j]).conj()
    seen = []

    def function(x):
        seen.append(backend.is_available(constant) and backend.to_numpy(constant).tolist())
        return x + 1

    make_fx(function, tracing_mode=mode)(torch.zeros(2))
    assert seen == [[1 - 2j]]


def test_values_can_be_read_under_functional_grad_but_not_under_vmap():
    seen = []

    def function(x):
        seen.append(backend.is_available(x) and backend.to_numpy(x).tolist())
        return x.sum()

    torch.func.grad(function)(torch.ones(2))
    torch.func.vmap(function)(torch.ones(2, 2))
    assert seen == [[1.0, 1.0], False]


# Arrays


@pytest.mark.parametrize("step", [-1, -2, -7])
@pytest.mark.parametrize("start", [None, 3, -1, 0, 10, -10])
@pytest.mark.parametrize("stop", [None, 0, 2, -5, -10])
def test_negative_steps_slice_as_in_numpy(start, stop, step):
    array = np.arange(15).reshape(5, 3)
    index = (slice(start, stop, step), slice(None, None, -1))
    np.testing.assert_array_equal(backend.get(torch.tensor(array), index), array[index])
    index = (-1, slice(start, stop, step))
    np.testing.assert_array_equal(backend.get(torch.tensor(array), index), array[index])


@pytest.mark.parametrize("dtype", [np.uint16, np.uint32, np.uint64])
def test_wide_unsigned_integers_can_be_moved(dtype):
    array = np.array([1, 2, np.iinfo(dtype).max], dtype)
    tensor = backend.from_numpy(array)
    np.testing.assert_array_equal(backend.to_numpy(backend.flip(tensor, (0,))), array[::-1])
    chosen = backend.take(tensor, torch.tensor([2, 0]), 0)
    np.testing.assert_array_equal(backend.to_numpy(chosen), array[[2, 0]])


@pytest.mark.parametrize("exponent", [-1, torch.tensor([1, -1])], ids=["number", "tensor"])
def test_negative_powers_of_integers_raise_as_in_numpy(exponent):
    with pytest.raises(ValueRangeError, match="negative integer power"):
        backend.function("pow")(torch.tensor([2, 3]), exponent)


@pytest.mark.parametrize("name", ["add", "multiply", "divide", "sqrt"])
def test_common_functions_are_those_of_torch(name):
    assert backend.function(name) is getattr(
        torch, {"divide": "div", "multiply": "mul"}.get(name, name)
    )


@pytest.mark.parametrize(
    "subscripts", ["bij,jk->bik", "bij,jk->kb", "bij,jk,bij->k", "bij->jb", "bij,bjj->"]
)
def test_integer_sums_of_products_need_no_matrix_product(subscripts):
    elementary_einsum = import_module("phimath_torch.linear_algebra").elementary_einsum
    generator = np.random.default_rng(0)
    size = {"b": 2, "i": 4, "j": 3, "k": 5}
    terms = subscripts.partition("->")[0].split(",")
    arrays = [generator.integers(-9, 9, [size[letter] for letter in term]) for term in terms]
    result = elementary_einsum(subscripts, *map(torch.tensor, arrays))
    np.testing.assert_array_equal(result, np.einsum(subscripts, *arrays))


def test_overwritten_values_have_no_derivative():
    values = torch.tensor([[[1.0], [2.0], [3.0]]])
    indices = torch.tensor([[1, 1, 0]])

    def function(v):
        return backend.scatter(torch.zeros(1, 3, 1), indices, v, "update").sum()

    assert gradient_of(function)(values).flatten().tolist() == [0, 1, 1]


# Derivatives


@pytest.mark.parametrize(
    "move",
    [
        lambda a: backend.get(a, (slice(None, None, -1),)),
        lambda a: backend.flip(a, (0,)),
        lambda a: backend.take(a, torch.tensor([2, 1, 0]), 0),
        lambda a: backend.boolean_mask(a, torch.tensor([True, True, True]), 0),
        lambda a: backend.gather(a[None, :, None], torch.tensor([[0, 1, 2]])),
        lambda a: backend.pad(a, [(1, 2)], 1.0),
    ],
    ids=["get", "flip", "take", "boolean_mask", "gather", "pad"],
)
def test_moving_elements_is_differentiable(move):
    gradient = gradient_of(lambda x: (move(x) ** 2).sum())
    np.testing.assert_allclose(gradient(torch.tensor(POINT)), 2 * POINT)


def test_the_rule_of_a_custom_gradient_replaces_the_derivative():
    def doubled(x):
        rule = lambda arguments, outputs, cotangents: (2 * cotangents[0],)  # noqa: E731
        return backend.custom_gradient(lambda a: (torch.exp(a),), rule, [x])[0].sum()

    assert gradient_of(doubled)(torch.tensor(POINT)).tolist() == [2, 2, 2]


def test_the_second_derivative_of_a_custom_gradient_is_that_of_finite_differences():
    def first_squared(x):
        return (gradient_of(lambda y: torch.sin(cube(y)).sum())(x) ** 2).sum()

    expected = central_difference(lambda p: first_squared(torch.tensor(p)).item(), POINT)
    result = gradient_of(first_squared)(torch.tensor(POINT))
    np.testing.assert_allclose(result, expected, rtol=1e-7)


def test_outputs_saved_for_a_custom_gradient_are_differentiated_again():
    def exponential(x):
        rule = lambda arguments, outputs, cotangents: (outputs[0] * cotangents[0],)  # noqa: E731
        return backend.custom_gradient(lambda a: (torch.exp(a),), rule, [x])[0].sum()

    third = gradient_of(lambda x: gradient_of(lambda y: gradient_of(exponential)(y).sum())(x).sum())
    np.testing.assert_allclose(third(torch.tensor(POINT)), np.exp(POINT))


def test_custom_gradients_accept_integers_unused_outputs_and_missing_cotangents():
    def rule(arguments, outputs, cotangents):
        assert cotangents[1:] == (None, None)
        return cotangents[0] * arguments[1], None, None

    def function(x):
        outputs = backend.custom_gradient(
            lambda a, n, b: (a * n, b * 1, n.sum()), rule, [x, torch.tensor([1, 2, 3]), x]
        )
        return outputs[0].sum()

    assert gradient_of(function)(torch.tensor(POINT)).tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    "forward", [lambda a: (a,), lambda a: (a.reshape(3),), lambda a: (a.flip(0).flip(0),)]
)
def test_a_custom_gradient_may_return_its_argument_or_a_view_of_it(forward):
    rule = lambda arguments, outputs, cotangents: (5 * cotangents[0],)  # noqa: E731

    def function(x):
        return (backend.custom_gradient(forward, rule, [x])[0] ** 2).sum()

    x = torch.tensor(POINT)
    np.testing.assert_allclose(gradient_of(function)(x), 5 * 2 * POINT)
    second = gradient_of(lambda y: gradient_of(function)(y).sum())(x)
    np.testing.assert_allclose(second, [5 * 5 * 2] * 3)


def test_custom_gradients_work_under_functional_transforms():
    x = torch.tensor(POINT)
    hessian = torch.func.jacrev(torch.func.jacrev(lambda y: cube(y).sum()))(x)
    np.testing.assert_allclose(hessian, np.diag(6 * POINT))
    np.testing.assert_allclose(torch.func.vmap(cube)(x), POINT**3)


def test_inner_gradients_see_outer_variables_of_their_closure():
    def function(x):  # ∂/∂y (x² y³) at y = x is 3 x⁴
        return gradient_of(lambda y: (x.detach() * 0 + x**2 * y**3).sum())(x).sum()

    np.testing.assert_allclose(gradient_of(function)(torch.tensor(POINT)), 12 * POINT**3)


def test_inner_gradients_of_constants_see_outer_variables_of_their_closure():
    def function(x):
        return gradient_of(lambda y: (x**2 * y).sum())(torch.ones(3, dtype=x.dtype)).sum()

    np.testing.assert_allclose(gradient_of(function)(torch.tensor(POINT)), 2 * POINT)


def test_arguments_and_results_carry_no_graph_afterwards():
    x = torch.tensor(POINT)
    loss, extra, gradients = backend.value_and_gradient(
        lambda a, b: ((a * a).sum(), (a + 1,)), [x, torch.tensor([1, 2])]
    )
    assert not any(t.requires_grad for t in (x, loss, *extra, *gradients))
    np.testing.assert_allclose(gradients[0], 2 * POINT)
    assert gradients[1].tolist() == [0, 0]


def test_a_gradient_can_be_captured_into_a_graph():
    gradient = gradient_of(lambda x: torch.sin(cube(x)).sum())
    x = torch.tensor(POINT)
    captured = make_fx(gradient, tracing_mode="fake")(torch.zeros_like(x))
    np.testing.assert_allclose(captured(x), 3 * POINT**2 * np.cos(POINT**3))


def test_the_gradient_of_a_squared_modulus_is_twice_the_argument():
    z = torch.tensor([1 + 2j, -3j])
    gradient = gradient_of(lambda y: (y.abs() ** 2).sum())(z)
    np.testing.assert_allclose(gradient, 2 * z.numpy(), rtol=1e-6)


@pytest.mark.filterwarnings("ignore:Sparse BSR:UserWarning")
def test_the_message_about_blocks_of_a_sparse_tensor_says_what_helps():
    blocks = torch.eye(4).to_sparse_bsr((2, 2))
    with pytest.raises(NotSupported, match="to_sparse"):
        wrap(blocks, spatial("x"), dual("x"))
    found = wrap(blocks.to_sparse(), spatial("x"), dual("x"))
    assert_close(found.numpy("x,~x"), np.eye(4))

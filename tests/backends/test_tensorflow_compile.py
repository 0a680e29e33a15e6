"""Programs of the TensorFlow plug: what XLA translates, what it must not, and derivatives."""

from importlib import import_module

import numpy as np
import pytest

from phimath.testing.assertions import assert_close

backend = import_module("phimath_tensorflow").backend  # sets the log level of TensorFlow
tf = import_module("tensorflow")
Regions = import_module("phimath_tensorflow.regions").Regions
traced_function = import_module("phimath_tensorflow.loop").traced_function

MATRIX = tf.constant([[2.0, 1.0], [1.0, 3.0]], tf.float64)


def test_xla_translates_what_it_can():
    program = backend.compile(lambda a: (backend.matmul(a, a),), (MATRIX,))
    assert_close(program(MATRIX)[0], MATRIX.numpy() @ MATRIX.numpy())
    assert program.reason is None


def test_xla_translates_loops_whose_bodies_have_sizes_and_axes():
    def double_until_large(a):
        return backend.while_loop(
            lambda a: backend.sum(a, (0, 1)) < 100.0,
            lambda a: (backend.reshape(backend.pad(a, [(0, 1), (0, 0)], 0.0)[:2] * 2, (2, 2)),),
            (a,),
        )

    program = backend.compile(double_until_large, (MATRIX,))
    assert_close(program(MATRIX)[0], MATRIX.numpy() * 16)
    assert program.reason is None


def test_operations_unknown_to_xla_run_as_a_graph():
    program = backend.compile(lambda a: (backend.eigenvalues(a),), (MATRIX,))
    (values,) = program(MATRIX)
    assert_close(np.sort(np.real(values)), np.linalg.eigvalsh(MATRIX))
    assert "Eig" in program.reason


def test_eigenvalues_in_programs_are_as_exact_as_outside():
    program = backend.compile(backend.eigh, (MATRIX,))
    assert_close(program(MATRIX)[0], np.linalg.eigvalsh(MATRIX), rtol=1e-14)
    assert "eigh" in program.reason


def test_errors_of_programs_are_raised_not_taken_for_faults_of_xla():
    program = backend.compile(
        lambda a: (tf.debugging.check_numerics(tf.sqrt(a[0, 0]), "wrong"), backend.eigenvalues(a)),
        (MATRIX,),
    )
    with pytest.raises(tf.errors.InvalidArgumentError, match="wrong"):
        program(-MATRIX)
    assert len(program(MATRIX)) == 2


def test_programs_take_variables_and_give_derivatives():
    program = backend.compile(lambda a: (backend.function("multiply")(a, a),), (MATRIX,))
    weights = tf.Variable(MATRIX)
    with tf.GradientTape() as tape:
        (squares,) = program(weights)
    assert_close(tape.gradient(squares, weights), 2 * MATRIX)


def test_programs_can_be_called_in_programs():
    square = backend.compile(lambda a: (backend.function("multiply")(a, a),), (MATRIX,))
    program = backend.compile(lambda a: square(*square(a)), (MATRIX,))
    assert_close(program(MATRIX)[0], MATRIX.numpy() ** 4)


def on_host(function, a):
    """A call of NumPy that gives an array like the argument."""
    outputs = ((tuple(a.shape), backend.dtype(a)),)
    return backend.host_call(lambda a: (function(a),), (a,), outputs)[0]


def test_what_is_around_calls_of_python_is_translated_by_xla():
    def function(a):
        b = tf.sin(a) + 1
        c = tf.cos(on_host(np.linalg.inv, b)) * b

        def body(i, c):
            return i + 1, tf.tanh(on_host(np.transpose, tf.exp(-c)))

        _, c = backend.while_loop(lambda i, _: i < 3, body, (tf.constant(0), c))
        return (c + a,)

    program = backend.compile(function, (MATRIX,))
    a = MATRIX.numpy()
    b = np.sin(a) + 1
    c = np.cos(np.linalg.inv(b)) * b
    for _ in range(3):
        c = np.tanh(np.exp(-c).T)
    assert_close(program(MATRIX)[0], c + a)
    assert program.reason is None
    split = traced_function(Regions(traced_function(function, (MATRIX,))), (MATRIX,))
    library = split.graph.as_graph_def().library.function
    # Before, between and after the calls; in the body, before and after its call.
    assert sum(part.attr["_XlaMustCompile"].b for part in library) == 5


def test_operations_unknown_to_xla_may_stand_beside_calls_of_python():
    def function(a):
        values = tf.cast(backend.eigenvalues(a), tf.float64)

        def body(i, values):
            values = on_host(np.sort, values)
            return i + 1, values + tf.cast(backend.eigenvalues(tf.linalg.diag(values)), tf.float64)

        return backend.while_loop(lambda i, _: i < 2, body, (tf.constant(0), values))

    program = backend.compile(function, (MATRIX,))
    values = np.sort(np.linalg.eigvalsh(MATRIX))
    assert_close(np.sort(program(MATRIX)[1]), 4 * values)


def test_calls_of_python_in_loops_read_arrays_from_around():
    def function(a):
        def body(i, c):
            return i + 1, c + on_host(np.transpose, a)

        return backend.while_loop(lambda i, _: i < 3, body, (tf.constant(0), a))

    program = backend.compile(function, (MATRIX,))
    assert_close(program(MATRIX)[1], MATRIX.numpy() + 3 * MATRIX.numpy().T)

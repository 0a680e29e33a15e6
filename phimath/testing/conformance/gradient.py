"""Cases of the topic `gradient`: functions with known derivatives.

That all other topics are differentiated correctly is checked by the mode `gradient` on their own
cases.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from phimath.dtype import INT64
from phimath.testing.conformance.case import (
    COMPLEXES,
    FLOATS,
    NUMERIC,
    Case,
    Made,
    real_of,
    sample,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from phimath.backend import Backend

Native = Any  # arrays of different frameworks share no type


def _total(backend: Backend[Any], a: Native) -> Native:
    rank = len(backend.sizes(a))
    return backend.sum(a, tuple(range(rank))) if rank else a


def _sum_of_squares(backend: Backend[Any]) -> Callable[..., Any]:
    multiply = backend.function("multiply")
    return lambda a: (_total(backend, multiply(a, a)), ())


def _sum_of_products(backend: Backend[Any]) -> Callable[..., Any]:
    multiply, add = backend.function("multiply"), backend.function("add")
    return lambda a, b: (_total(backend, multiply(a, b)), (add(a, b), multiply(a, 2)))


def _energy(backend: Backend[Any]) -> Callable[..., Any]:
    real, conj, multiply = (backend.function(name) for name in ("real", "conj", "multiply"))
    return lambda z: (_total(backend, real(multiply(z, conj(z)))), ())


def _real_of_square(backend: Backend[Any]) -> Callable[..., Any]:
    real, multiply = backend.function("real"), backend.function("multiply")
    return lambda z: (_total(backend, real(multiply(z, z))), ())


def _first_only(backend: Backend[Any]) -> Callable[..., Any]:
    return lambda a, b: (_total(backend, a), (b,))


def _constant(backend: Backend[Any]) -> Callable[..., Any]:
    return lambda a: (_total(backend, backend.stop_gradient(a)), ())


def _partly_stopped(backend: Backend[Any]) -> Callable[..., Any]:
    multiply = backend.function("multiply")
    return lambda a: (_total(backend, multiply(a, backend.stop_gradient(a))), ())


def _gradient_of_cubes(backend: Backend[Any]) -> Callable[..., Any]:
    multiply = backend.function("multiply")

    def cubes(a: Native) -> tuple[Native, tuple[Native, ...]]:
        return _total(backend, multiply(multiply(a, a), a)), ()

    def of_gradient(a: Native) -> tuple[Native, tuple[Native, ...]]:
        (gradient,) = backend.value_and_gradient(cubes, (a,))[2]
        return _total(backend, gradient), (gradient,)

    return of_gradient


def _replaced(backend: Backend[Any]) -> Callable[..., Any]:
    """Outputs (2a, ab); the derivative claims 10 times the first cotangent, and none for b."""
    multiply = backend.function("multiply")

    def forward(a: Native, b: Native) -> tuple[Native, ...]:
        return multiply(a, 2), multiply(a, b)

    def backward(arguments: Any, outputs: Any, cotangents: Any) -> tuple[Native | None, ...]:
        assert len(arguments) == len(outputs) == len(cotangents) == 2
        return multiply(cotangents[0], 10), None

    def loss(a: Native, b: Native) -> tuple[Native, tuple[Native, ...]]:
        double, product = backend.custom_gradient(forward, backward, (a, b))
        return _total(backend, multiply(double, b)), (product,)

    return loss


def _forward(backend: Backend[Any]) -> Callable[..., Any]:
    multiply, add = backend.function("multiply"), backend.function("add")
    return lambda a, b: (multiply(a, b), add(a, b))


def _never_called(backend: Backend[Any]) -> Callable[..., Any]:
    def backward(*_: Any) -> Any:
        raise AssertionError("nothing is differentiated here")

    return backward


def _gradients(
    name: str, make: Callable[..., Any], arrays: list[np.ndarray], expected: Callable[..., Any]
) -> Case:
    return Case(name, "value_and_gradient", (Made(make), arrays), lambda _, given: expected(*given))


def _of_real(dtype: str) -> Iterator[Case]:
    a, b = sample(dtype, 2, 3), sample(dtype, 2, 3, seed=1)

    def squares(x: np.ndarray) -> Any:
        return np.sum(x * x), (), (2 * x,)

    def products(x: np.ndarray, y: np.ndarray) -> Any:
        return np.sum(x * y), (x + y, 2 * x), (y, x)

    def first_only(x: np.ndarray, y: np.ndarray) -> Any:
        return np.sum(x), (y,), (np.ones_like(x), np.zeros_like(y))

    def constant(x: np.ndarray) -> Any:
        return np.sum(x), (), (np.zeros_like(x),)

    def partly(x: np.ndarray) -> Any:
        return np.sum(x * x), (), (x,)

    def cubes(x: np.ndarray) -> Any:
        return np.sum(3 * x * x), (3 * x * x,), (6 * x,)

    def replaced(x: np.ndarray, y: np.ndarray) -> Any:
        return np.sum(2 * x * y), (x * y,), (10 * y, 2 * x)  # b enters the loss by itself too

    yield _gradients(f"{dtype}-squares", _sum_of_squares, [a], squares)
    yield _gradients(f"{dtype}-rank-0", _sum_of_squares, [np.asarray(a[0, 0])], squares)
    yield _gradients(f"{dtype}-products", _sum_of_products, [a, b], products)
    yield _gradients(f"{dtype}-unused-argument", _first_only, [a, b], first_only)
    yield _gradients(f"{dtype}-constant", _constant, [a], constant)
    yield _gradients(f"{dtype}-partly-stopped", _partly_stopped, [a], partly)
    yield _gradients(f"{dtype}-nested", _gradient_of_cubes, [a], cubes)
    yield _gradients(f"{dtype}-replaced", _replaced, [a, b], replaced)


def _of_complex(dtype: str) -> Iterator[Case]:
    z = sample(dtype, 2, 3)

    def energy(z: np.ndarray) -> Any:
        return np.sum(np.abs(z) ** 2).astype(real_of(dtype)), (), (2 * z,)

    def real_of_square(z: np.ndarray) -> Any:
        return np.sum(np.real(z * z)), (), (2 * np.conj(z),)

    yield _gradients(f"{dtype}-energy", _energy, [z], energy)
    yield _gradients(f"{dtype}-square", _real_of_square, [z], real_of_square)


def _twice_and_product(backend: Backend[Any]) -> Callable[..., Any]:
    multiply = backend.function("multiply")
    return lambda a, b: (multiply(a, 2), multiply(a, b), backend.cast(a, INT64))


def _pulled_back(backend: Backend[Any]) -> Callable[..., Any]:
    """The sum of a pullback, and all that both pullbacks of the function give."""

    def loss(a: Native, b: Native, cotangent: Native) -> tuple[Native, tuple[Native, ...]]:
        outputs, pullback = backend.vjp(_twice_and_product(backend), (a, b))
        first, second = pullback((cotangent, None, None)), pullback((None, cotangent, None))
        return _total(backend, second[0]), (*outputs, *first, *second)

    return loss


def _vjps(dtype: str) -> Iterator[Case]:
    a, b, c = (sample(dtype, 2, 3, seed=seed) for seed in range(3))

    def outputs(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, ...]:
        return 2 * a, a * b, a.astype("int64")

    def pulled(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> Any:
        extra = (*outputs(a, b), 2 * c, np.zeros_like(b), c * b, c * a)
        return np.sum(c * b), extra, (np.zeros_like(a), c, b)

    yield _gradients(f"{dtype}-pullback", _pulled_back, [a, b, c], pulled)
    yield Case(dtype, "vjp", (Made(_twice_and_product), [a, b]), lambda _, given: outputs(*given))


def _of_surroundings(backend: Backend[Any]) -> Callable[..., Any]:
    """Derivatives by an argument, and by what a closed function used from around it."""
    multiply, add = backend.function("multiply"), backend.function("add")
    fixed = backend.from_numpy(np.arange(3.0))

    def loss(a: Native, b: Native) -> tuple[Native, tuple[Native, ...]]:
        square = multiply(b, b)
        closed, captured = backend.close(lambda a: (multiply(add(a, fixed), square),), (a,))
        (product,) = closed(a, *captured)
        return backend.sum(product, (0,)), ()

    return loss


def _closed(backend: Backend[Any]) -> Callable[..., Any]:
    return lambda a: (backend.function("multiply")(a, a),)


def _tripled(backend: Backend[Any]) -> Callable[..., Any]:
    return lambda a: backend.function("multiply")(a, 3)


def _claimed(backend: Backend[Any]) -> Callable[..., Any]:
    """3a with a derivative that claims to be 7."""
    multiply = backend.function("multiply")
    return lambda a: (
        _total(backend, backend.linear_map(_tripled(backend), lambda c: multiply(c, 7), a)),
        (),
    )


def _functions_of_functions() -> Iterator[Case]:
    a, b = sample("float64", 3), sample("float64", 3, seed=1)

    def surroundings(a: np.ndarray, b: np.ndarray) -> Any:
        fixed = np.arange(3.0)
        return np.sum((a + fixed) * b * b), (), (b * b, 2 * (a + fixed) * b)

    yield _gradients("surroundings", _of_surroundings, [a, b], surroundings)
    yield _gradients("claimed", _claimed, [a], lambda a: (np.sum(3 * a), (), (np.full(3, 7.0),)))
    yield Case("square", "close", (Made(_closed), [a]), lambda *_: ())
    yield Case("triple", "linear_map", (Made(_tripled), Made(_never_called), a), lambda *_: 3 * a)
    yield Case("constants", "records", ([a],), lambda _: None, observe=lambda found: found or None)


def _outside_of_derivatives() -> Iterator[Case]:
    for dtype in NUMERIC:
        a, b = sample(dtype, 2, 3), sample(dtype, 2, 3, seed=1)
        yield Case(dtype, "stop_gradient", (a,), lambda a: a, ulps=0)
        yield Case(
            dtype, "custom_gradient", (Made(_forward), Made(_never_called), [a, b]),
            lambda _, __, given: (given[0] * given[1], given[0] + given[1]),
        )  # fmt: skip


def _cases() -> Iterator[Case]:
    for dtype in FLOATS:
        yield from _of_real(dtype)
    for dtype in COMPLEXES:
        yield from _of_complex(dtype)
    for dtype in FLOATS:
        yield from _vjps(dtype)
    yield from _functions_of_functions()
    yield from _outside_of_derivatives()


CASES: Final = tuple(_cases())

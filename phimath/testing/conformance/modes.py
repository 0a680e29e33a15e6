"""How a case is run: a mode is a function of backend and case that raises on an error."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from phimath.dtype import DType
from phimath.testing.assertions import assert_close
from phimath.testing.conformance.case import method_of, to_native, to_numpy
from phimath.transform.tracer import tracing
from phimath.transform.tracer.dual import DualBackend

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from phimath.backend import Backend
    from phimath.testing.conformance.case import Case

STEP: Final = 1e-5  # of finite differences: truncation and round-off are of about 1e-10


def eagerly(backend: Backend[Any], case: Case) -> None:
    """Results on the default device: values, sizes and element types."""
    _check(backend, case, _call(backend, case, None))


def on_another_device(backend: Backend[Any], case: Case) -> None:
    """The same on the first device after the default one, where all results have to stay.

    Where there is one device only, it is named explicitly.
    """
    device = backend.devices()[:2][-1]
    results = _call(backend, case, device)
    for result in _leaves(results):
        if backend.owns(result) and (case.takes_device or _has_arrays(case)):
            found = backend.device(result)
            if found != device:
                raise AssertionError(f"The result is on {found}, its arguments are on {device}.")
    _check(backend, case, results)


def _has_arrays(case: Case) -> bool:
    return bool(_arrays_in(case.arguments)) and case.method != "to_device"


def _arrays_in(argument: Any) -> list[np.ndarray]:
    """Arrays that become native, in their order."""
    if isinstance(argument, (tuple, list)):
        return [array for part in argument for array in _arrays_in(part)]
    return [argument] if isinstance(argument, np.ndarray) else []


def _call(backend: Backend[Any], case: Case, device: str | None) -> Any:
    arguments = [to_native(backend, argument, device) for argument in case.arguments]
    options = {"device": device} if case.takes_device and device is not None else {}
    result = method_of(backend, case.method)(*arguments, **options)
    if case.program_arguments is None:
        return result
    given = to_native(backend, case.program_arguments, device)
    result(*given)
    return result(*given)


def _leaves(results: Any) -> list[Any]:
    """What can be compared: functions that a method gives are called by other cases."""
    if isinstance(results, (tuple, list)):
        return [leaf for result in results for leaf in _leaves(result)]
    return [] if callable(results) else [results]


def _check(backend: Backend[Any], case: Case, results: Any) -> None:
    expected = case.expected(*case.arguments)
    leaves, wanted = _leaves(results), _leaves(expected)
    types = case.result_types or _types_of(wanted)
    if case.observe is None and len(leaves) != len(wanted):
        raise AssertionError(f"There are {len(leaves)} results, expected {len(wanted)}.")
    if types:
        _check_types(backend, leaves, types)
    found = to_numpy(backend, results)
    if case.observe is not None:
        found = (
            case.observe(*found) if isinstance(results, tuple) and types else case.observe(found)
        )
    for one, other in zip(_leaves(found), wanted, strict=True):
        _check_value(one, other, case.ulps)


def _types_of(wanted: list[Any]) -> tuple[str, ...]:
    """Element types, where the results are arrays."""
    are_arrays = all(isinstance(value, (np.ndarray, np.generic)) for value in wanted)
    return tuple(value.dtype.name for value in wanted) if are_arrays else ()


def _check_types(backend: Backend[Any], leaves: list[Any], types: tuple[str, ...]) -> None:
    for leaf, name in zip(leaves, types, strict=True):
        if isinstance(leaf, np.ndarray) and not backend.owns(leaf):
            found = DType(leaf.dtype.name)  # what `to_numpy` gives
        elif backend.owns(leaf):
            found = backend.dtype(leaf)
        else:
            raise AssertionError(f"{type(leaf)} is no array of {backend.name}.")
        if found is not DType(name):
            raise AssertionError(f"The result is of type {found}, expected {name}.")


def _check_value(found: Any, expected: Any, ulps: float) -> None:
    if not isinstance(expected, (np.ndarray, np.generic)):
        if found != expected:
            raise AssertionError(f"Got {found!r}, expected {expected!r}.")
        return
    if expected.dtype.kind not in "fc":
        assert_close(found, expected, rtol=0)
        return
    tolerance = ulps * float(np.finfo(np.dtype(expected.dtype.name)).eps)
    finite = np.abs(expected)[np.isfinite(expected)]
    # Sums cancel: what is small beside the other results is as exact as these.
    scale = float(finite.max(initial=0))
    assert_close(found, expected, rtol=tolerance, atol=tolerance * min(scale, 1))


def compiled(backend: Backend[Any], *cases: Case) -> None:
    """The same results by one program for all these cases, whose arrays are its arguments."""
    forms: list[Any] = []

    def function(*natives: Any) -> tuple[Any, ...]:
        remaining, outputs = iter(natives), list[Any]()
        forms.clear()
        for case in cases:
            arguments = [_traced(backend, argument, remaining) for argument in case.arguments]
            results = method_of(backend, case.method)(*arguments)
            forms.append(_mapped(results, lambda leaf: _kept(backend, leaf, outputs)))
        return tuple(outputs)

    natives = [to_native(backend, a) for case in cases for a in _arrays_in(case.arguments)]
    outputs = backend.compile(function, natives)(*natives)
    for case, form in zip(cases, forms, strict=True):
        results = _mapped(form, lambda leaf: outputs[leaf.index] if type(leaf) is Slot else leaf)
        _check(backend, case, results)


@dataclass(frozen=True)
class Slot:
    """Stands for one of the arrays that a program gives."""

    index: int


def _kept(backend: Backend[Any], leaf: Any, outputs: list[Any]) -> Any:
    if not backend.owns(leaf):
        return leaf
    outputs.append(leaf)
    return Slot(len(outputs) - 1)


def _mapped(results: Any, function: Callable[[Any], Any]) -> Any:
    if isinstance(results, (tuple, list)):
        return tuple(_mapped(result, function) for result in results)
    return function(results)


def _traced(backend: Backend[Any], argument: Any, natives: Iterator[Any]) -> Any:
    """The argument with traced arrays in place of its own."""
    if isinstance(argument, (tuple, list)):
        return type(argument)(_traced(backend, part, natives) for part in argument)
    return next(natives) if isinstance(argument, np.ndarray) else to_native(backend, argument)


def differentiated(backend: Backend[Any], case: Case) -> None:
    """Derivative of a weighted sum of the results against finite differences of NumPy's.

    Done in double precision.  Along one random direction per argument, any wrong element shows
    with probability 1.
    """
    arrays = _variables(case)

    def loss(*natives: Any) -> Any:
        arguments = [to_native(backend, argument) for argument in _replaced(case, natives)]
        results = _chosen(case, method_of(backend, case.method)(*arguments))
        terms = [_weighted(backend, result, i) for i, result in enumerate(results)]
        return reduce(backend.function("add"), terms), ()

    natives = [backend.from_numpy(array) for array in arrays]
    _, _, gradients = backend.value_and_gradient(loss, natives)
    for i, (array, native) in enumerate(zip(arrays, gradients, strict=True)):
        _check_types(backend, [native], (array.dtype.name,))
        direction = _noise(array.shape, array.dtype, 100 + i)
        directions = [direction if j == i else 0 * a for j, a in enumerate(arrays)]
        expected = _difference(case, arrays, directions)
        gradient = to_numpy(backend, native)
        assert gradient.shape == array.shape
        along = np.real(np.sum(np.conj(gradient) * direction))
        assert_close(along, expected, rtol=1e-6, atol=1e-7)


def pushed_forward(backend: Backend[Any], case: Case) -> None:
    """Tangents of the results, by dual arrays, against finite differences of NumPy's.

    Done in double precision, along one random direction for all arguments together.
    """
    arrays = _variables(case)
    directions = [_noise(array.shape, array.dtype, 100 + i) for i, array in enumerate(arrays)]
    with tracing(DualBackend, backend) as tracer:
        duals = [
            tracer.dual(backend.from_numpy(array), backend.from_numpy(direction))
            for array, direction in zip(arrays, directions, strict=True)
        ]
        arguments = [to_native(tracer, argument) for argument in _replaced(case, duals)]
        results = _chosen(case, method_of(tracer, case.method)(*arguments))
        primals = to_numpy(backend, [result.primal for result in results])
        tangents = to_numpy(backend, [tracer.change(result) for result in results])
    for primal, tangent in zip(primals, tangents, strict=True):
        assert (primal.shape, primal.dtype) == (tangent.shape, tangent.dtype)
    expected = _difference(case, arrays, directions)
    assert_close(np.asarray(_weighted_by_numpy(tangents)), expected, rtol=1e-6, atol=1e-7)


def _variables(case: Case) -> list[np.ndarray]:
    """The arrays to differentiate by."""
    given = [case.arguments[i] for i in case.differentiable]
    return [array for one in given for array in (one if isinstance(one, list) else [one])]


def _difference(
    case: Case, arrays: Sequence[np.ndarray], directions: Sequence[np.ndarray]
) -> float:
    """Central difference of the weighted sum along the directions."""
    ahead, behind = (
        _value(case, [a + step * d for a, d in zip(arrays, directions, strict=True)])
        for step in (STEP, -STEP)
    )
    return (ahead - behind) / (2 * STEP)


def _replaced(case: Case, arrays: Sequence[Any]) -> list[Any]:
    """The arguments of the case with other arrays in its differentiable positions."""
    arguments, remaining = list(case.arguments), iter(arrays)
    for position in case.differentiable:
        old = arguments[position]
        new = [next(remaining) for _ in old] if isinstance(old, list) else next(remaining)
        arguments[position] = new
    return arguments


def _chosen(case: Case, results: Any) -> list[Any]:
    leaves = _leaves(results)
    chosen = range(len(leaves)) if case.differentiated is None else case.differentiated
    return [leaves[i] for i in chosen]


def _weighted(backend: Backend[Any], result: Any, seed: int) -> Any:
    """Real part of the sum of weight times result; complex weights let both parts of it enter."""
    weight = _noise(backend.sizes(result), np.dtype(backend.dtype(result).name), seed)
    product = backend.function("multiply")(result, backend.from_numpy(weight))
    real = backend.function("real")(product)
    return backend.sum(real, tuple(range(weight.ndim))) if weight.ndim else real


def _value(case: Case, arrays: list[np.ndarray]) -> float:
    """The weighted sum, by NumPy."""
    return _weighted_by_numpy(_chosen(case, case.expected(*_replaced(case, arrays))))


def _weighted_by_numpy(results: Sequence[np.ndarray]) -> float:
    weights = [_noise(result.shape, result.dtype, i) for i, result in enumerate(results)]
    return sum(float(np.real(np.sum(w * r))) for w, r in zip(weights, results, strict=True))


def _noise(sizes: tuple[int, ...], dtype: np.dtype[Any], seed: int) -> np.ndarray:
    generator = np.random.default_rng(seed)
    values = generator.uniform(0.5, 1.5, sizes)
    if dtype.kind == "c":
        values = values + 1j * generator.uniform(0.5, 1.5, sizes)
    return np.asarray(values, dtype)


MODES: Final[dict[str, Callable[..., None]]] = {
    "eager": eagerly,
    "device": on_another_device,
    "gradient": differentiated,
    "tangent": pushed_forward,
    "compiled": compiled,
}

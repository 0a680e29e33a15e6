"""Assertions that tell where and by how much values differ."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import log
from typing import Any

import numpy as np

from phimath.backend import backend_of
from phimath.errors import BackendError


def assert_close(actual: object, expected: object, rtol: float = 1e-5, atol: float = 0.0) -> None:
    """Check that |actual − expected| ≤ atol + rtol |expected| everywhere; NaN equals NaN.

    Takes numbers, arrays of any backend, tensors (compared by the names of their dimensions,
    whatever the order) and trees of
    these: sequences, mappings and dataclasses.  Sizes must be equal, nothing is broadcast.

    Raises:
        AssertionError: names the largest deviation, its position and both values there.
    """
    _compare(actual, expected, rtol, atol, "")


def _compare(actual: Any, expected: Any, rtol: float, atol: float, path: str) -> None:
    parts, others = _children(actual), _children(expected)
    if parts is not None and others is not None:
        if list(parts) != list(others):
            _fail(path, f"the parts are {list(parts)}, expected {list(others)}")
        for name, part in parts.items():
            _compare(part, others[name], rtol, atol, f"{path}{name}")
        return
    _compare_arrays(*_as_numpy_pair(actual, expected, path), rtol, atol, path)


def _children(value: Any) -> dict[str, Any] | None:
    """Parts of a tree by their path; `None` for leaves."""
    if _is_tensor(value) or isinstance(value, (str, bytes)):
        return None
    if isinstance(value, Mapping):
        return {
            f"[{key!r}]": child for key, child in sorted(value.items(), key=lambda i: str(i[0]))
        }
    if isinstance(value, Sequence):
        return {f"[{i}]": child for i, child in enumerate(value)}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f".{f.name}": getattr(value, f.name) for f in dataclasses.fields(value)}
    return None


def _is_tensor(value: Any) -> bool:
    return hasattr(value, "numpy") and hasattr(getattr(value, "shape", None), "names")


def _as_numpy_pair(actual: Any, expected: Any, path: str) -> tuple[np.ndarray, np.ndarray]:
    if not (_is_tensor(actual) and _is_tensor(expected)):
        return _as_numpy(actual, path), _as_numpy(expected, path)
    names, others = tuple(actual.shape.names), tuple(expected.shape.names)
    if set(names) != set(others):
        _fail(path, f"the dimensions are {names}, expected {others}")
    return np.asarray(actual.numpy(others)), np.asarray(expected.numpy(others))


def _as_numpy(value: Any, path: str) -> np.ndarray:
    if _is_tensor(value):
        return np.asarray(value.numpy(tuple(value.shape.names)))
    if isinstance(value, (np.ndarray, np.generic, bool, int, float, complex)):
        return np.asarray(value)
    try:
        return np.asarray(backend_of(value).to_numpy(value))
    except BackendError as error:
        raise AssertionError(
            f"{_at(path)}{type(value).__name__} can't be compared: {error}"
        ) from error


def _compare_arrays(
    actual: np.ndarray, expected: np.ndarray, rtol: float, atol: float, path: str
) -> None:
    if actual.shape != expected.shape:
        _fail(path, f"the sizes are {actual.shape}, expected {expected.shape}")
    wide = np.result_type(actual, expected, np.float64)
    left, right = actual.astype(wide), expected.astype(wide)
    with np.errstate(invalid="ignore", over="ignore"):
        error = np.abs(left - right)
        exact = (left == right) | (np.isnan(left) & np.isnan(right))
        allowed = np.where(np.isfinite(right), atol + rtol * np.abs(right), 0)
        wrong = ~exact & ~(np.isfinite(error) & (error <= allowed))
    if not wrong.any():
        return
    severity = np.where(wrong, np.where(np.isfinite(error), error, np.inf), -1)
    position = tuple(int(i) for i in np.unravel_index(int(np.argmax(severity)), wrong.shape))
    _fail(
        path,
        f"{int(wrong.sum())} of {wrong.size} values differ, most by {error[position]:.3g} "
        f"at {position}: "
        f"{actual[position]!r}, expected {expected[position]!r} (rtol={rtol:.3g}, atol={atol:.3g})",
    )


def _at(path: str) -> str:
    return f"At {path}: " if path else ""


def _fail(path: str, message: str) -> None:
    raise AssertionError(_at(path) + message)


def assert_order(
    errors: Sequence[float], expected: float, within: float = 0.2, factor: float = 2
) -> None:
    """Check that errors fall with the `expected` order.

    From each error to the next the resolution grows by `factor`.  The last step decides, where
    the method is closest to its asymptotic range; every step before must fall as well.

    Raises:
        AssertionError: lists errors and the orders seen.
    """
    values = [float(error) for error in errors]
    if len(values) < 2 or not all(0 < value < float("inf") for value in values):
        raise AssertionError(f"An order needs two or more positive, finite errors, not {values}.")
    orders = [log(coarse / fine) / log(factor) for coarse, fine in pairwise(values)]
    if abs(orders[-1] - expected) > within or (expected > 0 and min(orders) <= 0):
        seen = ", ".join(f"{order:.2f}" for order in orders)
        raise AssertionError(
            f"Order {seen}, expected {expected} ± {within}. Errors: "
            + ", ".join(f"{value:.3g}" for value in values)
        )

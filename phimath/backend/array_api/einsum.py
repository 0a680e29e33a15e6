"""Sums of products in subscript notation, composed from sums and matrix products."""

from __future__ import annotations

import math
from typing import Any


def einsum(xp: Any, subscripts: str, arrays: list[Any]) -> Any:
    """Evaluate e.g. `"ij,jk->ik"`, letters only, output given; arrays are joined left to right."""
    inputs, output = subscripts.replace(" ", "").split("->")
    terms = inputs.split(",")
    letters, result = _diagonal(xp, terms[0], arrays[0])
    for position in range(1, len(terms)):
        needed = set(output).union(*terms[position + 1 :])
        right_letters, right = _diagonal(xp, terms[position], arrays[position])
        letters, result = _join(xp, letters, result, right_letters, right, needed)
    letters, result = _sum_out(xp, letters, result, set(output))
    return _ordered(xp, letters, result, output)


def _diagonal(xp: Any, letters: str, a: Any) -> tuple[str, Any]:
    """Merge axes with the same letter."""
    for letter in dict.fromkeys(letters):
        while letters.count(letter) > 1:
            first = letters.index(letter)
            second = letters.index(letter, first + 1)
            others = [axis for axis in range(a.ndim) if axis not in (first, second)]
            a = xp.linalg.diagonal(xp.permute_dims(a, (*others, first, second)))
            letters = "".join(letters[axis] for axis in others) + letter
    return letters, a


def _sum_out(xp: Any, letters: str, a: Any, needed: set[str]) -> tuple[str, Any]:
    axes = tuple(axis for axis, letter in enumerate(letters) if letter not in needed)
    if axes:
        a = xp.sum(a, axis=axes, dtype=a.dtype)
    return "".join(letter for letter in letters if letter in needed), a


def _ordered(xp: Any, letters: str, a: Any, order: str) -> Any:
    return xp.permute_dims(a, tuple(letters.index(letter) for letter in order))


def _join(xp: Any, left: str, a: Any, right: str, b: Any, needed: set[str]) -> tuple[str, Any]:
    """Matrix product of two arrays, summed over the letters that nobody needs any more."""
    left, a = _sum_out(xp, left, a, needed | set(right))
    right, b = _sum_out(xp, right, b, needed | set(left))
    shared = [letter for letter in left if letter in right]
    batch = "".join(letter for letter in shared if letter in needed)
    inner = "".join(letter for letter in shared if letter not in needed)
    rows = "".join(letter for letter in left if letter not in shared)
    columns = "".join(letter for letter in right if letter not in shared)
    size = dict(zip(left + right, (*a.shape, *b.shape), strict=True))

    def count(letters: str) -> int:
        return math.prod(size[letter] for letter in letters)

    a = xp.reshape(
        _ordered(xp, left, a, batch + rows + inner), (count(batch), count(rows), count(inner))
    )
    b = xp.reshape(
        _ordered(xp, right, b, batch + inner + columns),
        (count(batch), count(inner), count(columns)),
    )
    letters = batch + rows + columns
    return letters, xp.reshape(xp.matmul(a, b), tuple(size[letter] for letter in letters))

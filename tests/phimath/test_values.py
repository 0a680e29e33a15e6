"""Functions of any value."""

from dataclasses import dataclass

import numpy as np
import pytest

from phimath.create import zeros
from phimath.dimension import batch, channel, spatial
from phimath.errors import ShapeError
from phimath.reduce import sum as sum_of
from phimath.shape import EMPTY_SHAPE
from phimath.solve import Solve
from phimath.values import identity, is_scalar, replace, shape
from phimath.wrap import wrap


@dataclass(frozen=True)
class Pair:
    first: object
    second: object = 0


def test_identity_returns_the_same_object():
    value = object()
    assert identity(value) is value


def test_shape_of_a_tree_joins_those_of_its_tensors():
    assert shape(3.0) is EMPTY_SHAPE
    assert shape(spatial(x=3)) is spatial(x=3)
    assert shape(zeros(spatial(x=3))) is spatial(x=3)
    tree = Pair(zeros(spatial(x=3)), {"a": zeros(batch(b=2))})
    assert shape(tree) is batch(b=2) & spatial(x=3)


def test_shape_selects_all_dimensions():
    ones = zeros(batch(b=2) & spatial(x=3)) + 1
    assert sum_of(ones, shape).item() == 6


def test_values_without_names_have_no_shape():
    for value in (np.zeros(3), "text", None):
        with pytest.raises(ShapeError, match="has no named dimensions"):
            shape(value)
    with pytest.raises(ShapeError, match="'x'"):
        shape((zeros(spatial(x=3)), zeros(spatial(x=2))))


def test_scalars_have_no_dimensions():
    assert is_scalar(1)
    assert is_scalar(wrap(1.0))
    assert not is_scalar(zeros(channel(c=1)))


def test_replace_changes_a_copy():
    solve = Solve(max_iterations=5)
    changed = replace(solve, rel_tol=0.5)
    assert (changed.rel_tol, changed.max_iterations, solve.rel_tol) == (0.5, 5, None)


def test_replace_names_fields_that_exist():
    with pytest.raises(TypeError, match=r"no field .third. to replace\. It has first, second"):
        replace(Pair(1), third=2)
    with pytest.raises(TypeError, match="not of dict"):
        replace({"x": 1}, x=2)

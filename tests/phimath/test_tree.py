"""Trees are taken apart and put together without loss, and compared by structure."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pytest

from phimath.errors import NotSupported, ShapeError
from phimath.tree import flatten, map_leaves


class Leaf:
    def __init__(self, value):
        self.value = value


class Pair(NamedTuple):
    first: object
    second: object


@dataclass(frozen=True)
class State:
    velocity: object
    name: str = "flow"

    def __post_init__(self):
        if not isinstance(self.name, str):
            raise TypeError("checked on creation")


@dataclass
class Mutable:
    value: object


A, B, C = Leaf(1), Leaf(2), Leaf(3)


TREES = [
    A,
    (A, B),
    [A, (B, None)],
    {"b": A, "a": [B, 3]},
    OrderedDict(z=A),
    Pair(A, "static"),
    State(A),
    {"state": State((A, B), name="smoke"), "n": 4},
    None,
    (),
    {},
    (State(None), A, np.zeros(2)),
]


@pytest.mark.parametrize("tree", TREES[:-1])
def test_unflatten_undoes_flatten(tree):
    leaves, structure = flatten(tree, Leaf)
    again = structure.unflatten(leaves)
    assert again == tree
    assert type(again) is type(tree)
    assert structure.leaf_count == len(leaves)


@pytest.mark.parametrize("tree", TREES)
@pytest.mark.parametrize("other", TREES)
def test_a_tree_of_known_structure_gives_its_leaves_and_no_other_does(tree, other):
    _, structure = flatten(tree, Leaf)
    leaves, found = flatten(other, Leaf)
    assert structure.leaves_of(other, Leaf) == (leaves if found == structure else None)


def test_a_container_without_leaves_that_was_changed_is_another_structure():
    settings = Mutable((1, 2))
    _, structure = flatten((A, settings), Leaf)
    assert structure.leaves_of((B, settings), Leaf) == [B]
    settings.value = (1, 3)
    assert structure.leaves_of((B, settings), Leaf) is None


def test_leaves_come_in_order_of_insertion():
    leaves, structure = flatten({"b": A, "a": (B, [C])}, Leaf)
    assert leaves == [A, B, C]
    assert structure.paths() == ("['b']", "['a'][0]", "['a'][1][0]")


def test_structures_do_not_depend_on_leaves():
    _, one = flatten({"s": State(A), "n": 4}, Leaf)
    _, two = flatten({"s": State(B), "n": 4}, Leaf)
    assert one == two
    assert hash(one) == hash(two)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ((A, 1), (A, 1.0)),
        ((A, 1), (A, True)),
        ((A, 1), (A, 2)),
        ((A,), [A]),
        ({"a": A, "b": B}, {"b": B, "a": A}),
        (State(A), State(A, name="smoke")),
        (State(None), State(None, name="smoke")),
        (Pair(A, 1), (A, 1)),
        ((A, None), (A, B)),
    ],
)
def test_structures_differ_by_containers_keys_and_static_values(one, two):
    assert flatten(one, Leaf)[1] != flatten(two, Leaf)[1]


def test_values_that_cannot_be_hashed_are_compared_by_identity():
    array = np.zeros(3)
    assert flatten((A, array), Leaf)[1] == flatten((B, array), Leaf)[1]
    assert flatten((A, array), Leaf)[1] != flatten((A, np.zeros(3)), Leaf)[1]
    assert flatten((A, array), Leaf)[1].unflatten([B])[1] is array


def test_unflatten_does_not_run_the_checks_of_a_dataclass():
    _, structure = flatten(State(A), Leaf)
    assert structure.unflatten([17]).velocity == 17


def test_containers_without_leaves_come_back_themselves():
    state = State(None)
    assert flatten((A, state), Leaf)[1].unflatten([B])[1] is state


def test_map_leaves_keeps_static_values():
    result = map_leaves(lambda a, b: a.value + b.value, State(A), State(B), leaf_types=Leaf)
    assert (result.velocity, result.name) == (3, "flow")


def test_mapping_over_different_structures_is_an_error_that_shows_both():
    with pytest.raises(ShapeError, match=r"\(\*, \*\) and \(\*, 3\) .* equal containers"):
        map_leaves(lambda a, b: a, (A, B), (A, 3), leaf_types=Leaf)


def test_a_wrong_number_of_leaves_is_an_error():
    with pytest.raises(ShapeError, match="has 1 leaves, but 2 were given"):
        flatten((A,), Leaf)[1].unflatten([A, B])


def test_a_dataclass_with_leaves_must_be_frozen():
    assert flatten(Mutable(3), Leaf)[0] == []
    with pytest.raises(NotSupported, match=r"Mutable .*frozen=True"):
        flatten(Mutable(A), Leaf)


def test_a_class_itself_is_static():
    assert flatten((State, A), Leaf)[1].unflatten([B])[0] is State

"""Trees come back from files and pickles as they were."""

from __future__ import annotations

import copy
import math
import pickle
import sys
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pytest

from phimath.create import expand, tensor, vec, zeros
from phimath.dimension import batch, channel, spatial
from phimath.dtype import DType
from phimath.errors import NotSupported, PhiError
from phimath.save_load import load, save
from phimath.shape import Shape
from phimath.wrap import wrap


@dataclass(frozen=True)
class State:
    velocity: object
    name: str = "flow"


@dataclass(frozen=True)
class Foreign:
    value: object


class Pair(NamedTuple):
    first: object
    second: object


@pytest.fixture(autouse=True)
def _importable(monkeypatch):
    monkeypatch.setitem(sys.modules, __name__, sys.modules.get(__name__) or _this_module())


def _this_module():
    module = type(sys)(__name__)
    module.__dict__.update(State=State, Foreign=Foreign, Pair=Pair)
    return module


def _round_trip(tree, folder):
    save(folder / "new" / "file.npz", tree)
    return load(folder / "new" / "file.npz")


@pytest.mark.parametrize("kind", ["bool", "int32", "int64", "float32", "float64", "complex64"])
def test_tensors_keep_values_types_and_labels(backend, tmp_path, kind):
    value = tensor([[0, 1], [2, 3]], "x:s,vector:c=(x,y)").cast(DType(kind))
    again = _round_trip(value, tmp_path)
    assert again.backend is backend
    assert again.signature is value.signature
    np.testing.assert_array_equal(again.numpy("x,vector"), value.numpy("x,vector"))


def test_lazy_tensors_stay_small(tmp_path):
    value = expand(wrap([1.0, 2.0], "x:s"), batch(b=100_000))
    assert _round_trip(value, tmp_path).signature is value.signature
    assert (tmp_path / "new" / "file.npz").stat().st_size < 4000


def test_non_uniform_tensors_are_stored_by_component(backend, tmp_path):
    value = wrap((tensor([1, 2, 3], "x:s"), tensor([1, 2], "x:s")), "b:b")
    again = _round_trip(value, tmp_path)
    assert again.shape is value.shape
    assert again.numpy(["b,x"]).tolist() == [1, 2, 3, 1, 2]


def test_trees_keep_structure_and_static_values(tmp_path):
    tree = {
        "state": State((vec(x=1, y=2), None), name="smoke"),
        3: [1.5, math.inf, 0.1, 2j, True, "text"],
        ("key", 1): Pair(spatial(x=3), DType("int32")),
        "types": (batch, channel),
        "empty": ((), [], {}),
    }
    again = _round_trip(tree, tmp_path)
    assert again["state"].velocity[0].numpy().tolist() == [1, 2]
    assert type(again["state"]) is State
    assert again["state"].velocity[1] is None
    assert again["state"].name == "smoke"
    assert again[3] == tree[3]
    assert again["key", 1] == tree["key", 1]
    assert type(again["key", 1]) is Pair
    assert again["types"] == (batch, channel)
    assert again["empty"] == ((), [], {})


def test_nan_and_numpy_arrays_survive(tmp_path):
    number, array = _round_trip((math.nan, np.array([["a", "bc"]])), tmp_path)
    assert math.isnan(number)
    assert array.tolist() == [["a", "bc"]]


def test_files_replace_older_ones_and_leave_no_rest(tmp_path):
    _round_trip(wrap(1), tmp_path)
    assert _round_trip(wrap(2), tmp_path).item() == 2
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["file.npz"]


def test_objects_that_cannot_be_saved_are_named_with_their_place(tmp_path):
    with pytest.raises(
        NotSupported, match=r"builtins.object cannot be saved \(at tree\['a'\]\[1\]\)"
    ):
        save(tmp_path / "file.npz", {"a": (1, object())})
    assert list(tmp_path.iterdir()) == []


def test_local_classes_cannot_be_saved(tmp_path):
    @dataclass(frozen=True)
    class Local:
        value: int

    with pytest.raises(NotSupported, match="Define it in a module"):
        save(tmp_path / "file.npz", Local(1))


def test_classes_that_are_not_imported_or_changed_are_named(tmp_path, monkeypatch):
    save(tmp_path / "file.npz", Foreign(1))
    module = sys.modules[Foreign.__module__]
    monkeypatch.setattr(module, "Foreign", State)
    with pytest.raises(PhiError, match=r"had the fields value when .* but has velocity, name now"):
        load(tmp_path / "file.npz")
    monkeypatch.delattr(module, "Foreign")
    with pytest.raises(PhiError, match=r"needs the class Foreign of module .*Import it before"):
        load(tmp_path / "file.npz")


def test_other_files_are_refused(tmp_path):
    np.savez(tmp_path / "other.npz", a=np.zeros(3))
    (tmp_path / "text.npz").write_text("text")
    for name in ("other.npz", "text.npz"):
        with pytest.raises(PhiError, match=r"is not a file that save\(\) wrote"):
            load(tmp_path / name)
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "missing.npz")


# --- pickle and copy ---


def test_pickled_tensors_keep_backend_and_storage(backend):
    value = expand(tensor([1.0, 2.0], "x:s"), batch(b=10))
    again = pickle.loads(pickle.dumps(value))
    assert again.signature is value.signature
    np.testing.assert_array_equal(again.numpy("b,x"), value.numpy("b,x"))


def test_stacked_tensors_can_be_pickled_and_copied():
    value = wrap((wrap([1, 2, 3], "x:s"), wrap([1, 2], "x:s")), "b:b")
    for again in (pickle.loads(pickle.dumps(value)), copy.deepcopy(value), copy.copy(value)):
        assert again.shape is value.shape
        assert again.numpy(["b,x"]).tolist() == [1, 2, 3, 1, 2]


def test_pickled_shapes_stay_the_same_object():
    shape = spatial(x=3) & channel(vector="x,y")
    assert pickle.loads(pickle.dumps(shape)) is shape
    assert isinstance(shape, Shape)


def test_a_tensor_without_values_does_not_recurse():
    empty = object.__new__(type(zeros(spatial(x=2))))
    assert not hasattr(empty, "anything")

"""Trees in files: `save` and `load` write and read `.npz` archives of plain arrays, without pickle.

The archive holds each native array once, and under `TREE` a JSON text that says how they form the
tree.  Loading runs no code of the file: classes are only looked up in modules imported before.
"""

from __future__ import annotations

import json
import sys
from dataclasses import is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zipfile import BadZipFile

import numpy as np

from phimath.backend.discovery import load as load_backend
from phimath.context import default_backend
from phimath.convert import to_default
from phimath.dimension import TYPES, Dim, DimType, Varying
from phimath.dtype import DType
from phimath.errors import NotSupported, PhiError
from phimath.shape import Shape
from phimath.stacked import Stacked
from phimath.tensor import Dense, Tensor, dense_of
from phimath.tree import field_names, rebuild

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike

# What JSON can hold.
Json = Any

TREE: Final = "tree.json"
VERSION: Final = 1
_DIM_TYPES: Final = {dim_type.name: dim_type for dim_type in TYPES}


def save(file: str | PathLike[str], obj: Any, mkdir: bool = True) -> None:
    """Write a tree to a file, e.g. `save('step_10.npz', (velocity, {'smoke': smoke}))`.

    Tensors keep values, element types, dimensions and labels; lazily expanded ones stay small.

    Args:
        file: path; an existing file is replaced once the new one is complete.
        obj: tensors, shapes, arrays, numbers, strings, `None`, and tuples, lists, dicts and frozen
            dataclasses of these.
        mkdir: whether folders that don't exist are created.

    Raises:
        NotSupported: the tree holds an object of another kind; the message says where.
    """
    writer = _Writer()
    node = writer.encode(obj, "")
    text = json.dumps({"version": VERSION, "tree": node})
    arrays = {**writer.arrays, TREE: np.frombuffer(text.encode(), dtype=np.uint8)}
    path = Path(file)
    if mkdir:
        path.parent.mkdir(parents=True, exist_ok=True)
    # A program that is stopped while it writes must not leave half a checkpoint.
    unfinished = path.with_name(f"{path.name}.unfinished")
    with unfinished.open("wb") as stream:
        np.savez(stream, allow_pickle=False, **arrays)
    unfinished.replace(path)


def load(file: str | PathLike[str]) -> Any:
    """Tree that `save` wrote.  Its tensors belong to the default backend and device.

    Raises:
        PhiError: the file was not written by `save`, or needs a class that is not imported or
            changed.
    """
    try:
        with np.load(file, allow_pickle=False) as archive:
            arrays = dict(archive)
        document = json.loads(arrays.pop(TREE).tobytes())
    except (ValueError, KeyError, BadZipFile) as error:
        raise PhiError(
            f"'{file}' is not a file that save() wrote ({type(error).__name__}: {error}). "
            "Read other .npy and .npz files with numpy.load and wrap the arrays."
        ) from error
    if document["version"] > VERSION:
        raise PhiError(
            f"'{file}' was written by a newer version of this library (format "
            f"{document['version']}, "
            f"known up to {VERSION}). Update it."
        )
    return _Reader(arrays).decode(document["tree"])


# --- writing ---


class _Writer:
    """Turns objects into JSON; arrays are put aside under running names."""

    def __init__(self) -> None:
        self.arrays: dict[str, np.ndarray] = {}

    def encode(self, obj: Any, path: str) -> Json:
        """JSON of one object; strings, booleans, integers and `None` are themselves."""
        if obj is None or type(obj) in (bool, int, str):
            return obj
        for kind, encode in self._ENCODERS:
            if isinstance(obj, kind):
                return encode(self, obj, path)
        if is_dataclass(obj) and not isinstance(obj, type):
            return self._dataclass(obj, path)
        raise NotSupported(
            f"A {type(obj).__module__}.{type(obj).__qualname__} cannot be saved (at tree{path}). "
            "Save tensors, numbers, strings, and tuples, lists, dicts and frozen dataclasses of "
            "these."
        )

    def _array(self, array: np.ndarray) -> str:
        name = f"array_{len(self.arrays)}"
        self.arrays[name] = array
        return name

    def _dense(self, tensor: Dense, path: str) -> Json:
        native = tensor.backend.to_numpy(tensor.stored_native)
        stored = list(tensor.signature.stored.names)
        shape = _encode_shape(tensor.shape)
        return {"tensor": self._array(native), "shape": shape, "stored": stored}

    def _stacked(self, tensor: Stacked, path: str) -> Json:
        components = [self.encode(component, path) for component in tensor.components]
        return {"stacked": components, "along": _encode_dim(tensor.dim)}

    def _ndarray(self, array: np.ndarray, path: str) -> Json:
        if array.dtype.kind not in "biufcU":
            raise NotSupported(
                f"A NumPy array of {array.dtype} cannot be saved (at tree{path}). Convert it first."
            )
        return {"array": self._array(array)}

    def _float(self, number: float, path: str) -> Json:
        return {"float": number.hex()}

    def _complex(self, number: complex, path: str) -> Json:
        return {"complex": [number.real.hex(), number.imag.hex()]}

    def _shape(self, shape: Shape, path: str) -> Json:
        return {"dims": _encode_shape(shape)}

    def _dtype(self, dtype: DType, path: str) -> Json:
        return {"dtype": dtype.name}

    def _dim_type(self, dim_type: DimType, path: str) -> Json:
        return {"dim_type": dim_type.name}

    def _sequence(self, values: tuple[Any, ...] | list[Any], path: str) -> Json:
        items = [self.encode(value, f"{path}[{i}]") for i, value in enumerate(values)]
        if hasattr(values, "_fields"):
            return {"named_tuple": _class_path(type(values), path), "items": items}
        return {"list" if isinstance(values, list) else "tuple": items}

    def _dict(self, values: dict[Any, Any], path: str) -> Json:
        return {
            "dict": [
                [self.encode(key, path), self.encode(value, f"{path}[{key!r}]")]
                for key, value in values.items()
            ]
        }

    def _dataclass(self, obj: Any, path: str) -> Json:
        names = field_names(type(obj)) or ()
        values = {name: self.encode(getattr(obj, name), f"{path}.{name}") for name in names}
        return {"dataclass": _class_path(type(obj), path), "fields": values}

    _ENCODERS: Final[tuple[tuple[type, Any], ...]] = (  # methods, by the class that they take
        (Dense, _dense),
        (Stacked, _stacked),
        (np.ndarray, _ndarray),
        (float, _float),
        (complex, _complex),
        (Shape, _shape),
        (DType, _dtype),
        (DimType, _dim_type),
        (tuple, _sequence),
        (list, _sequence),
        (dict, _dict),
    )


def _encode_dim(dim: Dim) -> Json:
    size = dim.size
    if isinstance(size, Varying):
        size = {"along": size.along, "sizes": list(size.sizes)}
    return [dim.name, dim.type.name, size, None if dim.labels is None else list(dim.labels)]


def _encode_shape(shape: Shape) -> Json:
    return [_encode_dim(dim) for dim in shape.dims]


def _class_path(cls: type, path: str) -> str:
    if "<locals>" in cls.__qualname__:
        raise NotSupported(
            f"The class {cls.__qualname__} is defined inside of a function, so that load() cannot "
            "find it "
            f"(at tree{path}). Define it in a module."
        )
    return f"{cls.__module__}:{cls.__qualname__}"


# --- reading ---


class _Reader:
    """Turns JSON back into objects."""

    def __init__(self, arrays: dict[str, np.ndarray]) -> None:
        self.arrays = arrays

    def decode(self, node: Json) -> Any:
        """Object of one JSON node."""
        if not isinstance(node, dict):
            return node
        return self._DECODERS[next(iter(node))](self, node)

    def _tensor(self, node: Json) -> Tensor:
        shape = _decode_shape(node["shape"])
        native = to_default(self.arrays[node["tensor"]], load_backend("numpy"))
        stored = Shape(*(shape.dim(name) for name in node["stored"]))
        return dense_of(native, default_backend(), stored).expanded(shape)

    def _stacked(self, node: Json) -> Tensor:
        return Stacked([self.decode(part) for part in node["stacked"]], _decode_dim(node["along"]))

    def _array(self, node: Json) -> np.ndarray:
        return self.arrays[node["array"]]

    def _float(self, node: Json) -> float:
        return float.fromhex(node["float"])

    def _complex(self, node: Json) -> complex:
        return complex(*map(float.fromhex, node["complex"]))

    def _dims(self, node: Json) -> Shape:
        return _decode_shape(node["dims"])

    def _dtype(self, node: Json) -> DType:
        return DType(node["dtype"])

    def _dim_type(self, node: Json) -> DimType:
        return _DIM_TYPES[node["dim_type"]]

    def _tuple(self, node: Json) -> tuple[Any, ...]:
        return tuple(map(self.decode, node["tuple"]))

    def _list(self, node: Json) -> list[Any]:
        return list(map(self.decode, node["list"]))

    def _dict(self, node: Json) -> dict[Any, Any]:
        return {self.decode(key): self.decode(value) for key, value in node["dict"]}

    def _named_tuple(self, node: Json) -> Any:
        cls = _find_class(node["named_tuple"])
        if not (issubclass(cls, tuple) and hasattr(cls, "_make")):
            raise PhiError(
                f"{node['named_tuple']} is no longer a named tuple. Restore it to load the file."
            )
        return cls._make(map(self.decode, node["items"]))  # type: ignore[attr-defined]

    def _dataclass(self, node: Json) -> Any:
        cls = _find_class(node["dataclass"])
        names = field_names(cls)
        if names is None or set(names) != set(node["fields"]):
            raise PhiError(
                f"{node['dataclass']} had the fields {', '.join(node['fields'])} when the file "
                "was written, but has "
                f"{', '.join(names or ('none',))} now. Load it with the version that wrote it."
            )
        return rebuild(cls, {name: self.decode(value) for name, value in node["fields"].items()})

    _DECODERS: Final[dict[str, Callable[[_Reader, Json], Any]]] = {
        "tensor": _tensor,
        "stacked": _stacked,
        "array": _array,
        "float": _float,
        "complex": _complex,
        "dims": _dims,
        "dtype": _dtype,
        "dim_type": _dim_type,
        "tuple": _tuple,
        "list": _list,
        "dict": _dict,
        "named_tuple": _named_tuple,
        "dataclass": _dataclass,
    }


def _decode_dim(node: Json) -> Dim:
    name, type_name, size, labels = node
    if isinstance(size, dict):
        size = Varying(size["along"], tuple(size["sizes"]))
    return Dim(name, _DIM_TYPES[type_name], size, None if labels is None else tuple(labels))


def _decode_shape(node: Json) -> Shape:
    return Shape(*map(_decode_dim, node))


def _find_class(path: str) -> type:
    module_name, _, qualified_name = path.partition(":")
    found: Any = sys.modules.get(module_name)
    for name in qualified_name.split("."):
        found = getattr(found, name, None)
    if not isinstance(found, type):
        raise PhiError(
            f"The file needs the class {qualified_name} of module {module_name}. Import it before "
            "load()."
        )
    return found


__all__ = ["load", "save"]

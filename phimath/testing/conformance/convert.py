"""Cases of the topic `convert`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from phimath.backend import load
from phimath.dtype import DType
from phimath.testing.conformance.case import ALL, Case, Made, Plain, is_double, sample

if TYPE_CHECKING:
    from collections.abc import Iterator

    from phimath.backend import Backend

_TYPES: Final = (*ALL, "float16", "int8", "uint8")


def _same(value: Any, *_: Any) -> np.ndarray:
    return value.value if isinstance(value, Plain) else value


def _is_true(*_: Any) -> bool:
    return True


def _cast_by_numpy(array: np.ndarray, dtype: DType) -> np.ndarray:
    drops_imaginary = array.dtype.kind == "c" and dtype.kind not in ("complex", "bool")
    return (np.real(array) if drops_imaginary else array).astype(dtype.name)


def _casts() -> Iterator[Case]:
    for source in ALL:
        for target in (*ALL, "uint8"):
            values = np.abs(sample(source, 2, 3)) if target == "uint8" else sample(source, 2, 3)
            values = values.astype(source)
            smooth = is_double(source) and target in ("float64", "complex128")
            yield Case(
                f"{source}-{target}", "cast", (values, DType(target)), _cast_by_numpy,
                differentiable=(0,) if smooth else (),
            )  # fmt: skip


def _of_arrays() -> Iterator[Case]:
    for name in _TYPES:
        a = sample(name, 2, 3) if name != "float16" else sample("float32", 2, 3).astype(name)
        yield Case(name, "dtype", (a,), lambda a: DType(a.dtype.name))
        yield Case(name, "from_numpy", (Plain(a),), _same, takes_device=True, ulps=0)
        yield Case(name, "to_numpy", (a,), _same, ulps=0)
        yield Case(name, "copy", (a,), _same, ulps=0)
    for sizes in ((), (0,), (2, 0, 3), (2, 3)):
        a = sample("float32", *sizes)
        yield Case(f"sizes-{sizes}", "sizes", (a,), lambda a: a.shape)
        yield Case(f"sizes-{sizes}", "from_numpy", (Plain(a),), _same, takes_device=True, ulps=0)
        yield Case(f"sizes-{sizes}", "to_numpy", (a,), _same, ulps=0)
    reversed_view = Plain(sample("float64", 3, 4)[::-1, ::2].T)
    yield Case("of-a-view", "from_numpy", (reversed_view,), _same, takes_device=True)
    numpy = Made(lambda _: load("numpy"))
    for name in ("float32", "int64", "bool", "complex64"):
        yield Case(
            name, "adopt", (numpy, Plain(sample(name, 2, 3))), lambda _, a: a.value, ulps=0
        )  # fmt: skip
    for name in ("float32", "float64", "int32", "int64", "complex64"):
        yield Case(name, "from_dlpack", (Plain(sample(name, 2, 3)),), _same, ulps=0)


def _own_array(backend: Backend[Any]) -> Any:
    return backend.full((2,), 1.5, DType("float32"))


def _first_device(backend: Backend[Any]) -> str:
    return backend.devices()[0]


def _are_devices(names: Any) -> bool:
    return (
        isinstance(names, tuple)
        and len(names) == len(set(names)) > 0
        and all(name == name.lower() for name in names)
    )


def _of_the_machine() -> Iterator[Case]:
    own = Made(_own_array)
    yield Case("own", "owns", (own,), _is_true)
    for name, foreign in {"list": [1.0], "number": 1.5, "text": "a", "class": float}.items():
        yield Case(name, "owns", (Plain(foreign),), lambda _: False)
    yield Case("names", "devices", (), _is_true, _are_devices)
    yield Case("of-one", "device", (own,), _is_true, lambda name: isinstance(name, str))
    numbers = np.array([1.5, 1.5], "float32")
    yield Case("default", "to_device", (own, Made(_first_device)), lambda *_: numbers)
    yield Case("own", "synchronize", (own,), lambda _: None)
    yield Case("own", "is_available", (own,), _is_true)
    for name in ("float32", "float64", "int64", "complex64", "bool"):
        yield Case(
            name, "native_dtype", (DType(name),), _is_true, lambda native, n=name: n in str(native)
        )


CASES: Final = (*_casts(), *_of_arrays(), *_of_the_machine())

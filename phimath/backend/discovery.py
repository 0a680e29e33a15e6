"""Finding backends: by name through entry points or `register`, by array through its type.

Nothing is imported until it is asked for by name, or until an array of a framework that is already
imported comes along.
"""

from __future__ import annotations

import sys
import warnings
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any, TypeAlias

from phimath.backend.boxed import Boxed
from phimath.backend.contract import Backend
from phimath.errors import BackendError, BackendNotInstalled

if TYPE_CHECKING:
    from collections.abc import Iterable

AnyBackend: TypeAlias = Backend[Any]  # which framework it is only shows at run time

GROUP = "phimath.backends"
_TITLES = {"torch": "PyTorch", "jax": "JAX", "tensorflow": "TensorFlow", "numpy": "NumPy"}

_registered: dict[str, AnyBackend] = {}
_loaded: dict[str, AnyBackend] = {}
_broken: dict[str, BackendError] = {}
_by_type: dict[type, AnyBackend] = {}


@cache
def _entries() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def installed() -> tuple[str, ...]:
    """Names of all backends with an entry point or registered; imports none of them."""
    return tuple(dict.fromkeys((*_entries(), *_registered)))


def register(backend: AnyBackend) -> None:
    """Make a backend known in this process, e.g. from a notebook; replaces one of the same name."""
    _registered[backend.name] = backend
    _loaded.pop(backend.name, None)
    _broken.pop(backend.name, None)
    _by_type.clear()


def load(name: str) -> AnyBackend:
    """The backend of this name, imported on first use.

    Raises:
        BackendError: there is no such backend, or its package is broken.
        BackendNotInstalled: the backend is known but its framework is not installed.
    """
    found = _loaded.get(name)
    if found is None:
        found = _loaded[name] = _registered[name] if name in _registered else _import(name)
    return found


def _import(name: str) -> AnyBackend:
    entry = _entries().get(name)
    if entry is None:
        raise BackendError(
            f"There is no backend {name!r}. Known are {', '.join(installed())}. "
            f"Install a package with an entry point in {GROUP!r}, or call register(backend)."
        )
    if name in _broken:
        raise _broken[name]
    try:
        backend = entry.load()
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != name:
            raise _remember_broken(name, entry, error) from error
        raise BackendNotInstalled(_how_to_install(name)) from error
    except Exception as error:  # a plug is foreign code: whatever it raises becomes one named error
        raise _remember_broken(name, entry, error) from error
    if not isinstance(backend, Backend):
        raise _remember_broken(name, entry, TypeError(f"{backend!r} is not a Backend"))
    return backend


def _how_to_install(name: str) -> str:
    package = f"phisim[{name}]" if name in _TITLES else name
    return f"{_TITLES.get(name, name)} is not installed. Run: pip install {package}"


def _remember_broken(name: str, entry: EntryPoint, error: Exception) -> BackendError:
    _broken[name] = BackendError(
        f"The backend {name!r} ({entry.value}) can't be loaded: {type(error).__name__}: {error}. "
        "Update or uninstall its package."
    )
    return _broken[name]


def backend_of(array: object) -> AnyBackend:
    """The backend that owns a native array, dense or sparse.

    Only backends whose framework is imported already are asked.

    Raises:
        BackendError: no backend owns objects of this type.
    """
    found = _by_type.get(type(array))
    if found is None:
        if isinstance(array, Boxed):
            return array.backend
        found = _by_type[type(array)] = _search(array)
    return found


def _search(array: object) -> AnyBackend:
    for name in installed():
        if name not in sys.modules and name not in _registered:
            continue
        try:
            backend = load(name)
        except BackendError as error:
            _warn_once(name, error)
            continue
        if backend.owns(array) or backend.is_sparse(array):
            return backend
    raise BackendError(
        f"No backend owns objects of type {type(array).__module__}.{type(array).__qualname__}. "
        f"Expected an array of {', '.join(installed())}. "
        "Convert it first, e.g. with wrap(numpy.asarray(value))."
    )


_warned: set[str] = set()


def _warn_once(name: str, error: BackendError) -> None:
    if name not in _warned:
        _warned.add(name)
        warnings.warn(f"Backend {name!r} is left out. {error}", RuntimeWarning, stacklevel=4)


def combine(backends: Iterable[AnyBackend]) -> AnyBackend:
    """The backend that combines arrays of several.

    NumPy joins any other, a backend joins the tracers around it, two others don't mix.

    Raises:
        BackendError: arrays of two frameworks were given, or nothing at all.
    """
    result: AnyBackend | None = None
    for backend in backends:
        if result is None or result is backend or result.name == "numpy":
            result = backend
        elif backend.name != "numpy" and not holds(result, backend):
            if not holds(backend, result):
                raise _cannot_combine(result, backend)
            result = backend
    if result is None:
        raise BackendError("No backend given: pass the backend of at least one value.")
    return result


def holds(tracer: AnyBackend, backend: AnyBackend) -> bool:
    """Whether a tracer's boxes contain arrays of the backend, maybe in further boxes."""
    inner = tracer.inner
    while inner is not None and inner is not backend:
        inner = inner.inner
    return inner is not None


def destination(source: AnyBackend, target: AnyBackend) -> AnyBackend:
    """Where a value of `source` ends up that is to be one of `target`: there, or in its tracer."""
    return source if holds(source, target) else target


def _cannot_combine(one: AnyBackend, other: AnyBackend) -> BackendError:
    if one.inner is not None and other.inner is not None:
        return BackendError(
            f"Cannot combine a value of {one.name} with one of {other.name}, which are two "
            "different ones. Has one of them ended? Return values from the function instead of "
            "keeping them elsewhere."
        )
    return BackendError(
        f"Cannot combine values of {one.name} and {other.name}. "
        f"Convert one of them first: convert(x, {one.name!r}) "
        f"or convert(x, {other.name!r})."
    )

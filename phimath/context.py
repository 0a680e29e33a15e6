"""Defaults of the process and of the current context: backend and device.

`use` sets the default of the process, `using` overrides it inside of a `with` block for this thread
or task only.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NamedTuple

from phimath.backend import discovery
from phimath.backend.contract import Backend
from phimath.errors import BackendError, DeviceError

if TYPE_CHECKING:
    from collections.abc import Iterator


class Default(NamedTuple):
    """Backend and device of new tensors; device `None` leaves it to the backend."""

    backend: Backend[Any]
    device: str | None


_process: list[Default | None] = [None]
_import_line: list[str] = []
_override: ContextVar[Default | None] = ContextVar("default backend", default=None)


def _default(backend: str | Backend[Any], device: str | None) -> Default:
    loaded = backend if isinstance(backend, Backend) else discovery.load(backend)
    return Default(loaded, None if device is None else checked_device(loaded, device))


def checked_device(backend: Backend[Any], device: str) -> str:
    """Full name of a device of this backend; `gpu` or `cuda` mean the first one of that kind."""
    devices = backend.devices()
    wanted = device.lower() if isinstance(device, str) else None
    for name in devices:
        kind = name.partition(":")[0]
        if wanted in (name, kind) or (wanted == "gpu" and kind in _GPUS):
            return name
    raise DeviceError(
        f"There is no device {device!r} for {backend.name}. Available: {', '.join(devices)}."
    )


_GPUS = ("cuda", "mps", "rocm")


def default() -> Default:
    """Backend and device of new tensors here: those of `using`, else of `use`, else NumPy."""
    found = _override.get() or _process[0]
    if found is None:
        found = _process[0] = _default("numpy", None)
    return found


def default_backend() -> Backend[Any]:
    """Backend of new tensors in this context."""
    return default().backend


def use(backend: str | Backend[Any], device: str | None = None) -> Backend[Any]:
    """Make a backend (and device) the default of the process.

    `use('torch')`, `use('torch', 'cuda:0')`.
    """
    _process[0] = _default(backend, device)
    return _process[0].backend


@contextmanager
def using(backend: str | Backend[Any], device: str | None = None) -> Iterator[Backend[Any]]:
    """Make a backend (and device) the default in a `with` block, for this thread or task only."""
    chosen = _default(backend, device)
    token = _override.set(chosen)
    try:
        yield chosen.backend
    finally:
        _override.reset(token)


def use_by_import(backend: str) -> None:
    """What an import line such as `from phisim.torch import *` does.

    `use`, but only for one backend per process.
    """
    if _import_line and _import_line[0] != backend:
        raise BackendError(
            f"The import line of {_import_line[0]} has already chosen the backend of this process, "
            f"now that of "
            f"{backend} was imported. Keep one import line and switch with: with "
            f"math.using('{backend}'): …"
        )
    use(backend)
    _import_line[:] = [backend]

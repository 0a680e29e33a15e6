"""Topic `convert` for JAX."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.core import Tracer

from phimath.backend.array_api.convert import NAMES
from phimath.backend.contract.convert import Convert
from phimath.dtype import DType
from phimath.errors import DTypeError
from phimath_jax.compiled import compiled

if TYPE_CHECKING:
    from phimath.backend.contract import Backend

Device: TypeAlias = Any  # the class is not public

_NATIVE = {DType(name): np.dtype(name) for name in NAMES}
_OF_NATIVE = {native: dtype for dtype, native in _NATIVE.items()}


@compiled(1)
def _cast(a: jax.Array, native: np.dtype) -> jax.Array:
    if native == np.dtype(bool):
        return jnp.not_equal(a, 0)
    return lax.convert_element_type(jnp.real(a) if native.kind != "c" else a, native)


def _name(device: Device) -> str:
    first_cpu = device.platform == "cpu" and device.id == 0
    return "cpu" if first_cpu else f"{device.platform}:{device.id}"


@cache
def _devices() -> dict[str, Device]:
    return {_name(device): device for device in (*jax.devices(), *jax.devices("cpu"))}


def place(a: jax.Array, device: str | None) -> jax.Array:
    """Move an array to the named device, `None` for where it is."""
    return a if device is None else jax.device_put(a, _devices()[device])


class JaxConvert(Convert[jax.Array]):
    """Traced arrays are owned, too; their values and devices are not known."""

    def owns(self, array: object) -> bool:
        """Arrays and traced arrays."""
        return isinstance(array, jax.Array)

    def dtype(self, array: jax.Array) -> DType:
        """By a dict."""
        try:
            return _OF_NATIVE[array.dtype]
        except KeyError as error:
            raise DTypeError(
                f"JAX elements of type {array.dtype} are not supported. "
                f"Convert them first with array.astype(...) to one of {', '.join(NAMES)}."
            ) from error

    def native_dtype(self, dtype: DType) -> np.dtype:
        """A `numpy.dtype`."""
        return _NATIVE[dtype]

    def cast(self, array: jax.Array, dtype: DType) -> jax.Array:
        """By `lax.convert_element_type`."""
        native = _NATIVE[dtype]
        return array if array.dtype == native else _cast(array, native)

    def sizes(self, array: jax.Array) -> tuple[int, ...]:
        """Attribute `shape`."""
        return array.shape

    def from_numpy(self, array: np.ndarray, device: str | None = None) -> jax.Array:
        """By `asarray`, which may share memory on the CPU."""
        return place(jnp.asarray(array, dtype=array.dtype), device)

    def adopt(self, source: Backend[Any], array: Any) -> jax.Array:
        """An array, not a traced value: that would belong to the loop in which it is first used."""
        if source is self:
            return array
        with jax.ensure_compile_time_eval():
            return super().adopt(source, array)

    def to_numpy(self, array: jax.Array) -> np.ndarray:
        """By `numpy.asarray`: a read-only view on the CPU."""
        return np.asarray(array)

    def from_dlpack(self, array: Any) -> jax.Array:
        """By `jax.numpy.from_dlpack`."""
        return jnp.from_dlpack(array)

    def copy(self, array: jax.Array) -> jax.Array:
        """By `jax.numpy.array`."""
        return jnp.array(array, copy=True)

    def devices(self) -> tuple[str, ...]:
        """Devices of JAX's default platform, then the CPU."""
        return tuple(_devices())

    def device(self, array: jax.Array) -> str:
        """The first of several; the default one for traced arrays."""
        if isinstance(array, Tracer):
            return self.devices()[0]
        return _name(min(array.devices(), key=lambda device: device.id))

    def to_device(self, array: jax.Array, device: str) -> jax.Array:
        """By `device_put`."""
        return place(array, device)

    def synchronize(self, array: jax.Array) -> None:
        """By `block_until_ready`."""
        jax.block_until_ready(array)

    def is_available(self, array: jax.Array) -> bool:
        """False for traced arrays, those of eager differentiation included."""
        return not isinstance(array, Tracer)

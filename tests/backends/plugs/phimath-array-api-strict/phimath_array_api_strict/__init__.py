"""The strict namespace of the Array API standard as a backend."""

from __future__ import annotations

from typing import Any, ClassVar

import array_api_strict

from phimath.backend import ArrayApiBackend


class ArrayApiStrictBackend(ArrayApiBackend[Any]):
    """Arrays of `array_api_strict`, on its three pretended devices."""

    name = "array_api_strict"
    xp = array_api_strict
    unsupported: ClassVar[dict[str, str]] = {
        "float16": "The standard has no half precision. Use precision(32)."
    }

    def device_name(self, device: Any) -> str:
        """The name between the quotes of `array_api_strict.Device('device1')`."""
        return str(device).split("'")[1].lower()


backend = ArrayApiStrictBackend()

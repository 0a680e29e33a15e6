"""The strict namespace of the Array API standard as a backend: nothing beyond the standard is there."""

from __future__ import annotations

from typing import Any

import array_api_strict

from phimath.backend import ArrayApiBackend


class ArrayApiStrictBackend(ArrayApiBackend[Any]):
    """Arrays of `array_api_strict`, on its three pretended devices."""

    name = "array_api_strict"
    xp = array_api_strict


backend = ArrayApiStrictBackend()

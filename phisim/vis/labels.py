"""What is written on a picture."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Labels:
    """Words and units.

    title: headline of the picture.
    value: name of the quantity, with its unit in brackets.
    length: unit of the axes, none if empty.
    time: unit of the times, none if empty.
    """

    title: str = ""
    value: str = ""
    length: str = ""
    time: str = ""

    def axis(self, name: str) -> str:
        """Label of an axis, e.g. `x (m)`."""
        return f"{name} ({self.length})" if self.length else name

    def at_time(self, time: float) -> str:
        """Label of a frame, e.g. `t = 12 s`."""
        return f"t = {time:.4g} {self.time}".rstrip()

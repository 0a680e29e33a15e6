"""Measurements side by side with native code: `phisim bench overhead`."""

from phisim.bench.command import main as main

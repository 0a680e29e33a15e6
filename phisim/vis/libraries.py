"""Loading of Plotly and Matplotlib on use."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from phimath.errors import PhiError


class PlottingNotInstalled(PhiError, ImportError):
    """A library that draws is missing."""


def load_library(module: str) -> Any:  # these libraries are untyped
    """A module of Plotly or Matplotlib.

    Raises:
        PlottingNotInstalled: the library is missing; says how to install it.
    """
    library = module.partition(".")[0]
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != library:
            raise
        target = "'phisim[vis]'" if library == "matplotlib" else library
        raise PlottingNotInstalled(
            f"Pictures need {library.capitalize()}, which is not installed. "
            f"Run: pip install {target}"
        ) from error

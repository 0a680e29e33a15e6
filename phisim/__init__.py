"""Differentiable physics on named dimensions, on any backend.

Import one of `phisim.numpy`, `phisim.torch`, `phisim.jax`, `phisim.tensorflow` to choose it.
"""

from phimath.replaced_names import missing_name

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    raise missing_name("phisim", name)

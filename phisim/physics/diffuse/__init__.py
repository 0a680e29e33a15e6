"""Diffusion: ∂u/∂t = ∇·(ν ∇u), with ν the same everywhere, varying, or one per direction.

`explicit`, `implicit`, `crank_nicolson` and `fourier` make a step; `finite_difference` gives the
rate of change, for `phisim.physics.integrate`.
"""

from phisim.physics.diffuse.explicit import explicit as explicit
from phisim.physics.diffuse.explicit import finite_difference as finite_difference
from phisim.physics.diffuse.explicit import stability_limit as stability_limit
from phisim.physics.diffuse.fourier import fourier as fourier
from phisim.physics.diffuse.implicit import crank_nicolson as crank_nicolson
from phisim.physics.diffuse.implicit import implicit as implicit

__all__ = [
    "crank_nicolson",
    "explicit",
    "finite_difference",
    "fourier",
    "implicit",
    "stability_limit",
]

"""The contract over any namespace of the Array API standard, version 2024.12.

A backend for another library of the standard is a subclass with a `name` and a namespace `xp`; it
overrides what its library does better, and declares in `unsupported` what it can't do.  https://data-apis.org/array-api/2024.12
"""

from __future__ import annotations

from typing import Any, ClassVar, Final, TypeVar

from phimath.backend.array_api.arrange import ArrayApiArrange
from phimath.backend.array_api.compile import ArrayApiCompile
from phimath.backend.array_api.create import ArrayApiCreate
from phimath.backend.array_api.elementwise import ArrayApiElementwise, bind_functions
from phimath.backend.array_api.gradient import ArrayApiGradient
from phimath.backend.array_api.index import ArrayApiIndex
from phimath.backend.array_api.linear_algebra import ArrayApiLinearAlgebra
from phimath.backend.array_api.reduce import ArrayApiReduce
from phimath.backend.array_api.spectral import ArrayApiSpectral
from phimath.backend.contract import Backend

A = TypeVar("A")


_NO_DERIVATIVES: Final = (
    "The Array API standard has no automatic differentiation. Write `from phisim.torch import *`, "
    "`from phisim.jax import *` or `from phisim.tensorflow import *`."
)


class ArrayApiBackend(
    ArrayApiCreate[A],
    ArrayApiElementwise[A],
    ArrayApiReduce[A],
    ArrayApiArrange[A],
    ArrayApiIndex[A],
    ArrayApiLinearAlgebra[A],
    ArrayApiSpectral[A],
    ArrayApiGradient[A],
    ArrayApiCompile[A],
    Backend[A],
):
    """All topics by standard functions of the namespace `xp`."""

    unsupported: ClassVar[dict[str, str]] = {
        "value_and_gradient": _NO_DERIVATIVES,
        "vjp": _NO_DERIVATIVES,
        "eigenvalues": "The Array API standard decomposes Hermitian matrices only. Use eigh, or "
        "convert to NumPy.",
    }

    def __init_subclass__(cls, **options: Any) -> None:
        """Bind the namespace's functions; what the subclass brings is declared supported."""
        super().__init_subclass__(**options)
        xp = getattr(cls, "xp", None)
        if xp is None:
            return
        bind_functions(cls, xp, ArrayApiBackend)
        inherited = {
            name: advice
            for name, advice in ArrayApiBackend.unsupported.items()
            if getattr(cls, name) is getattr(ArrayApiBackend, name)
            and not (name == "eigenvalues" and hasattr(xp.linalg, "eigvals"))
        }
        cls.unsupported = {**inherited, **vars(cls).get("unsupported", {})}

# pyright: reportAssignmentType=false
"""Topic `elementwise` for NumPy: universal functions as they are, special functions by SciPy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from phimath.backend.array_api.elementwise import ArrayApiElementwise

if TYPE_CHECKING:
    from phimath.backend.contract.create import Number


class NumpyElementwise(ArrayApiElementwise[np.ndarray]):
    """What is not a universal function, or has a better one.  SciPy is loaded on use."""

    def round(self, a: np.ndarray) -> np.ndarray:
        """By the universal function, which would convert integers."""
        return np.rint(a) if a.dtype.kind in "fc" else a

    def conj(self, a: np.ndarray) -> np.ndarray:
        """Real numbers are returned as they are."""
        return np.conjugate(a) if a.dtype.kind == "c" else a

    def real(self, a: np.ndarray) -> np.ndarray:
        """A view."""
        return a.real  # pyright: ignore[reportAttributeAccessIssue]

    def imag(self, a: np.ndarray) -> np.ndarray:
        """A view, zeros for real numbers."""
        return a.imag  # pyright: ignore[reportAttributeAccessIssue]

    isfinite = staticmethod(np.isfinite)
    isnan = staticmethod(np.isnan)
    isinf = staticmethod(np.isinf)
    where = staticmethod(np.where)

    def sigmoid(self, a: np.ndarray) -> np.ndarray:
        """By SciPy."""
        from scipy.special import expit

        return expit(a)

    def softplus(self, a: np.ndarray) -> np.ndarray:
        """By log(exp(0) + exp(a))."""
        return np.logaddexp(a, a.dtype.type(0))

    def erf(self, a: np.ndarray) -> np.ndarray:
        """By SciPy."""
        from scipy.special import erf

        return erf(a)

    def log_gamma(self, a: np.ndarray) -> np.ndarray:
        """By SciPy."""
        from scipy.special import gammaln

        return gammaln(a)

    def lower_incomplete_gamma(self, a: np.ndarray, x: np.ndarray | Number) -> np.ndarray:
        """By SciPy."""
        from scipy.special import gammainc

        return gammainc(a, np.asarray(x, a.dtype))

"""Dual arrays as a backend: forward-mode differentiation of everything above the contract."""

from phimath.transform.tracer.dual.array import Dual as Dual
from phimath.transform.tracer.dual.backend import DualBackend as DualBackend

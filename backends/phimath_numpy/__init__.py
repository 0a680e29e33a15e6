"""NumPy as a backend of phimath: the reference for all others, and where host-side numbers live."""

from phimath_numpy.backend import NumpyBackend as NumpyBackend
from phimath_numpy.memory import keep_freed_memory

backend = NumpyBackend()
keep_freed_memory()

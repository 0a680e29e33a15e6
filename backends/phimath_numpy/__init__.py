"""NumPy as a backend of phimath: the reference for all others, and where host-side numbers live."""

from phimath_numpy.backend import NumpyBackend as NumpyBackend

backend = NumpyBackend()

"""What SciPy and PyAMG do for sparse matrices, on the host."""

from phimath.solve.host.inverse import HostInverse as HostInverse
from phimath.solve.host.iterations import HOST_ITERATIONS as HOST_ITERATIONS
from phimath.solve.host.kinds import HOST_PRECONDITIONERS as HOST_PRECONDITIONERS
from phimath.solve.host.kinds import has_pyamg as has_pyamg
from phimath.solve.host.matrix import has_entries as has_entries

"""A tracer of linear functions: which variables each element of an array depends on."""

from phimath.transform.tracer.dependence.array import Linear as Linear
from phimath.transform.tracer.dependence.backend import DependenceBackend as DependenceBackend
from phimath.transform.tracer.dependence.parts import NotLinear as NotLinear
from phimath.transform.tracer.dependence.parts import NotTraced as NotTraced

"""Backends that follow what is computed with another one."""

from phimath.transform.tracer.base import Box as Box
from phimath.transform.tracer.base import Tracer as Tracer
from phimath.transform.tracer.level import tracing as tracing

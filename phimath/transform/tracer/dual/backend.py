"""The backend of dual arrays, joined from its topics."""

from __future__ import annotations

from typing import final

from phimath.transform.tracer.dual.arrange import DualArrange
from phimath.transform.tracer.dual.compile import DualCompile
from phimath.transform.tracer.dual.convert import DualConvert
from phimath.transform.tracer.dual.create import DualCreate
from phimath.transform.tracer.dual.elementwise import DualElementwise
from phimath.transform.tracer.dual.gradient import DualGradient
from phimath.transform.tracer.dual.host import DualHost
from phimath.transform.tracer.dual.index import DualIndex
from phimath.transform.tracer.dual.linear_algebra import DualLinearAlgebra
from phimath.transform.tracer.dual.loop import DualLoop
from phimath.transform.tracer.dual.random import DualRandom
from phimath.transform.tracer.dual.reduce import DualReduce
from phimath.transform.tracer.dual.spectral import DualSpectral


@final
class DualBackend(
    DualConvert,
    DualCreate,
    DualElementwise,
    DualReduce,
    DualArrange,
    DualIndex,
    DualLinearAlgebra,
    DualSpectral,
    DualRandom,
    DualGradient,
    DualLoop,
    DualHost,
    DualCompile,
):
    """A rule for each method of the contract; a topic's rules are in the file of its name."""

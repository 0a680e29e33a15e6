"""The contract: one small abstract class per topic, joined into `Backend`.

Everything here is positional: arrays have axes 0, 1, 2 … and no names.  Callers have aligned and
cast the operands already, so that a method maps to one native call wherever the framework has it.
Abstract methods are what each framework must bring; the others are derived from these and
overridden only with a measurement.
"""

from __future__ import annotations

from abc import ABC
from typing import Any, ClassVar, Generic, TypeVar

from phimath.backend.contract.arrange import Arrange
from phimath.backend.contract.compile import Compile
from phimath.backend.contract.convert import Convert
from phimath.backend.contract.create import Create
from phimath.backend.contract.elementwise import Elementwise
from phimath.backend.contract.gradient import Gradient
from phimath.backend.contract.host import Host
from phimath.backend.contract.index import Index
from phimath.backend.contract.linear_algebra import LinearAlgebra
from phimath.backend.contract.loop import Loop
from phimath.backend.contract.random import Random
from phimath.backend.contract.reduce import Reduce
from phimath.backend.contract.sparse import Sparse
from phimath.backend.contract.spectral import Spectral

A = TypeVar("A")


class Backend(
    Convert[A],
    Create[A],
    Elementwise[A],
    Reduce[A],
    Arrange[A],
    Index[A],
    LinearAlgebra[A],
    Sparse[A],
    Spectral[A],
    Random[A],
    Gradient[A],
    Loop[A],
    Host[A],
    Compile[A],
    ABC,
    Generic[A],
):
    """All topics of one framework.  Third parties subclass this or `ArrayApiBackend`."""

    name: ClassVar[str]
    """Import name of the framework, which is also the name of the entry point."""

    inner: Backend[Any] | None = None
    """Of a tracer, the backend whose arrays it keeps in boxes; `None` for a framework."""

    channels_last: ClassVar[bool] = True
    """Whether networks of the framework are used to channels as the last axis, or as the second."""

    unsupported: ClassVar[dict[str, str]] = {}
    """Methods of the contract that the framework can't do, each with what to use instead."""

    def __repr__(self) -> str:
        return self.name

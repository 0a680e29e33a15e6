"""Boundaries: what lies outside of a grid.

A boundary is a frozen value with a name.  It says which ghost values padding adds, how samples
outside are found, and takes part
in arithmetic like the grid it belongs to.
"""

from phimath.boundary.kinds import ANTIREFLECT as ANTIREFLECT
from phimath.boundary.kinds import ANTISYMMETRIC as ANTISYMMETRIC
from phimath.boundary.kinds import BOUNDARY as BOUNDARY
from phimath.boundary.kinds import NONE as NONE
from phimath.boundary.kinds import ONE as ONE
from phimath.boundary.kinds import PERIODIC as PERIODIC
from phimath.boundary.kinds import REFLECT as REFLECT
from phimath.boundary.kinds import SYMMETRIC as SYMMETRIC
from phimath.boundary.kinds import SYMMETRIC_GRADIENT as SYMMETRIC_GRADIENT
from phimath.boundary.kinds import ZERO as ZERO
from phimath.boundary.kinds import ZERO_GRADIENT as ZERO_GRADIENT
from phimath.boundary.kinds import Boundary as Boundary
from phimath.boundary.kinds import Constant as Constant
from phimath.boundary.kinds import Extension as Extension
from phimath.boundary.kinds import FaceValue as FaceValue
from phimath.boundary.kinds import on_faces as on_faces
from phimath.boundary.pad import pad as pad
from phimath.boundary.sides import PerDirection as PerDirection
from phimath.boundary.sides import Sides as Sides
from phimath.boundary.sides import as_boundary as as_boundary
from phimath.boundary.sides import combine_by_direction as combine_by_direction
from phimath.boundary.sides import combine_sides as combine_sides
from phimath.boundary.sides import validate_boundary as validate_boundary

__all__ = [
    "Boundary",
    "Constant",
    "Extension",
    "FaceValue",
    "Sides",
    "PerDirection",
    "PERIODIC",
    "ZERO_GRADIENT",
    "BOUNDARY",
    "ZERO",
    "ONE",
    "SYMMETRIC",
    "REFLECT",
    "ANTISYMMETRIC",
    "ANTIREFLECT",
    "SYMMETRIC_GRADIENT",
    "NONE",
    "as_boundary",
    "combine_sides",
    "combine_by_direction",
    "validate_boundary",
    "on_faces",
    "pad",
]

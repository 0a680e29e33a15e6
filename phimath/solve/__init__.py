"""Solving linear systems."""

from phimath.solve.linear import solve_symmetric as solve_symmetric
from phimath.solve.problem import Solve as Solve
from phimath.solve.problem import SymmetricOperator as SymmetricOperator
from phimath.solve.result import SolveInfo as SolveInfo

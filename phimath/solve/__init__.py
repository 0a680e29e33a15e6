"""Solving linear and nonlinear systems, and minimising."""

from phimath.solve.linear import solve_linear as solve_linear
from phimath.solve.minimization.minimize import MinimizeInfo as MinimizeInfo
from phimath.solve.minimization.minimize import minimize as minimize
from phimath.solve.minimization.minimize import minimize_report as minimize_report
from phimath.solve.problem import Solve as Solve
from phimath.solve.result import SolveInfo as SolveInfo
from phimath.solve.root.nonlinear import nonlinear_report as nonlinear_report
from phimath.solve.root.nonlinear import solve_nonlinear as solve_nonlinear
from phimath.solve.tape import SolveTape as SolveTape

"""Geometric multigrid for balances of fluxes through the faces of cells."""

from phimath.solve.multigrid.cycle import Multigrid as Multigrid
from phimath.solve.multigrid.single import SingleMultigrid as SingleMultigrid

"""Incompressible flow: projection, bodies, sides by name, and what accelerates a flow."""

from phisim.field.outlet import PressureOutlet as PressureOutlet
from phisim.physics.acceleration import buoyancy as buoyancy
from phisim.physics.acceleration import vorticity_confinement as vorticity_confinement
from phisim.physics.force import Load as Load
from phisim.physics.force import forces as forces
from phisim.physics.obstacle import Obstacle as Obstacle
from phisim.physics.projection import apply_boundary_conditions as apply_boundary_conditions
from phisim.physics.projection import flux_divergence as flux_divergence
from phisim.physics.projection import make_incompressible as make_incompressible
from phisim.physics.runge_kutta import incompressible_rk4 as incompressible_rk4
from phisim.physics.sides import FREE_SLIP as FREE_SLIP
from phisim.physics.sides import NO_SLIP as NO_SLIP
from phisim.physics.sides import OUTFLOW as OUTFLOW
from phisim.physics.sides import convective_outflow as convective_outflow
from phisim.physics.sides import moving_wall as moving_wall
from phisim.physics.sides import parabolic_inflow as parabolic_inflow
from phisim.physics.sides import partial_slip as partial_slip

__all__ = [
    "FREE_SLIP",
    "NO_SLIP",
    "OUTFLOW",
    "Load",
    "Obstacle",
    "PressureOutlet",
    "apply_boundary_conditions",
    "buoyancy",
    "convective_outflow",
    "flux_divergence",
    "forces",
    "incompressible_rk4",
    "make_incompressible",
    "moving_wall",
    "parabolic_inflow",
    "partial_slip",
    "vorticity_confinement",
]

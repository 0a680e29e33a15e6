"""Advection: transport of fields by a velocity.

`semi_lagrangian`, `mac_cormack` and `bfecc` make a step of any length; `finite_difference`, `weno`
and `finite_volume` give the rate of change, for `phisim.physics.integrate`.
"""

from phisim.physics.advect.courant import courant_number as courant_number
from phisim.physics.advect.courant import time_step as time_step
from phisim.physics.advect.difference import finite_difference as finite_difference
from phisim.physics.advect.difference import weno as weno
from phisim.physics.advect.semi_lagrangian import advect as advect
from phisim.physics.advect.semi_lagrangian import bfecc as bfecc
from phisim.physics.advect.semi_lagrangian import mac_cormack as mac_cormack
from phisim.physics.advect.semi_lagrangian import semi_lagrangian as semi_lagrangian
from phisim.physics.advect.volume import finite_volume as finite_volume
from phisim.physics.integrate import EULER as euler
from phisim.physics.integrate import FINITE_RK4 as finite_rk4
from phisim.physics.integrate import RK4 as rk4

__all__ = [
    "advect",
    "bfecc",
    "courant_number",
    "euler",
    "finite_difference",
    "finite_rk4",
    "finite_volume",
    "mac_cormack",
    "rk4",
    "semi_lagrangian",
    "time_step",
    "weno",
]

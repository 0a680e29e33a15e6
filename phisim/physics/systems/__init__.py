"""Ready-made systems of equations, each a short function on the parts of `phisim.physics`.

Functions that end in `_rate` give rates of change, for `phisim.physics.integrate`; the others make
a step.
"""

from phisim.physics.systems.burgers import burgers_rate as burgers_rate
from phisim.physics.systems.heat import heat as heat
from phisim.physics.systems.kuramoto_sivashinsky import (
    kuramoto_sivashinsky as kuramoto_sivashinsky,
)
from phisim.physics.systems.maxwell import CONDUCTING as CONDUCTING
from phisim.physics.systems.maxwell import YeeGrid as YeeGrid
from phisim.physics.systems.maxwell import magnetic_divergence as magnetic_divergence
from phisim.physics.systems.maxwell import maxwell as maxwell
from phisim.physics.systems.maxwell import yee_grid as yee_grid
from phisim.physics.systems.navier_stokes import boussinesq as boussinesq
from phisim.physics.systems.navier_stokes import navier_stokes as navier_stokes
from phisim.physics.systems.navier_stokes import navier_stokes_rate as navier_stokes_rate
from phisim.physics.systems.reaction_diffusion import gray_scott_rate as gray_scott_rate
from phisim.physics.systems.schroedinger import schroedinger as schroedinger
from phisim.physics.systems.shallow_water import shallow_water_rate as shallow_water_rate
from phisim.physics.systems.wave import wave as wave

"""Ready-made systems of equations, each a short function on the parts of `phisim.physics`.

Functions that end in `_rate` give rates of change, for `phisim.physics.integrate`; the others make
a step.
"""

from phisim.physics.systems.burgers import burgers_rate as burgers_rate
from phisim.physics.systems.kuramoto_sivashinsky import (
    kuramoto_sivashinsky as kuramoto_sivashinsky,
)
from phisim.physics.systems.reaction_diffusion import gray_scott_rate as gray_scott_rate
from phisim.physics.systems.schroedinger import schroedinger as schroedinger
from phisim.physics.systems.shallow_water import shallow_water_rate as shallow_water_rate
from phisim.physics.systems.wave import wave as wave

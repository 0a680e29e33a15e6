"""Physics on fields: advection, diffusion, incompressible flow, time integration."""

from phisim.physics import advect as advect
from phisim.physics import diffuse as diffuse
from phisim.physics import fluid as fluid
from phisim.physics import integrate as integrate
from phisim.physics import systems as systems

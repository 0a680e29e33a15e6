"""Fields on grids: construction, resampling, calculus."""

from phimath.boundary import as_boundary as as_boundary
from phisim.field.arrays import from_numpy as from_numpy
from phisim.field.arrays import staggered_tensor as staggered_tensor
from phisim.field.calculus import curl as curl
from phisim.field.calculus import divergence as divergence
from phisim.field.calculus import laplace as laplace
from phisim.field.calculus import spatial_gradient as spatial_gradient
from phisim.field.field import Field as Field
from phisim.field.grids import CenteredGrid as CenteredGrid
from phisim.field.grids import StaggeredGrid as StaggeredGrid
from phisim.field.native_call import native_call as native_call
from phisim.field.reduce import integrate as integrate
from phisim.field.resample import resample as resample
from phisim.field.sample import sample as sample

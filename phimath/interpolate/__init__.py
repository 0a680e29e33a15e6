"""Values of grids between their points, and at other resolutions."""

from phimath.interpolate.grid_sample import closest_grid_values as closest_grid_values
from phimath.interpolate.grid_sample import grid_sample as grid_sample
from phimath.interpolate.grid_sample import sample_components as sample_components
from phimath.interpolate.grid_sample import sample_with_range as sample_with_range
from phimath.interpolate.resolution import downsample2x as downsample2x
from phimath.interpolate.resolution import sample_subgrid as sample_subgrid
from phimath.interpolate.resolution import upsample2x as upsample2x

__all__ = [
    "closest_grid_values",
    "downsample2x",
    "grid_sample",
    "sample_components",
    "sample_subgrid",
    "sample_with_range",
    "upsample2x",
]

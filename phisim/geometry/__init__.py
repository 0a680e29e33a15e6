"""Regions of space: inside tests, signed distances, grids."""

from phisim.geometry.box import Box as Box
from phisim.geometry.geometry import Geometry as Geometry
from phisim.geometry.periodic import shortest_distance as shortest_distance
from phisim.geometry.sphere import Sphere as Sphere
from phisim.geometry.uniform_grid import UniformGrid as UniformGrid

"""Regions of space: shapes, their inside tests and signed distances, and grids."""

from phisim.geometry.bounds import bounding_box as bounding_box
from phisim.geometry.bounds import enclosing_grid as enclosing_grid
from phisim.geometry.box import Box as Box
from phisim.geometry.box import Cuboid as Cuboid
from phisim.geometry.combine import intersection as intersection
from phisim.geometry.combine import invert as invert
from phisim.geometry.combine import union as union
from phisim.geometry.embedded import embed as embed
from phisim.geometry.embedded import infinite_cylinder as infinite_cylinder
from phisim.geometry.geometry import Geometry as Geometry
from phisim.geometry.implicit import SDF as SDF
from phisim.geometry.implicit import Heightmap as Heightmap
from phisim.geometry.implicit import SDFGrid as SDFGrid
from phisim.geometry.implicit import as_sdf as as_sdf
from phisim.geometry.implicit import sample_sdf as sample_sdf
from phisim.geometry.periodic import shortest_distance as shortest_distance
from phisim.geometry.polygon import Polygon as Polygon
from phisim.geometry.rotation import rotate as rotate
from phisim.geometry.rotation import rotation_angles as rotation_angles
from phisim.geometry.rotation import rotation_matrix as rotation_matrix
from phisim.geometry.rotation import (
    rotation_matrix_from_axis_and_angle as rotation_matrix_from_axis_and_angle,
)
from phisim.geometry.rotation import (
    rotation_matrix_from_directions as rotation_matrix_from_directions,
)
from phisim.geometry.rotation import scale as scale
from phisim.geometry.sampling import farthest_points as farthest_points
from phisim.geometry.sampling import sample_uniform as sample_uniform
from phisim.geometry.shapes import Capsule as Capsule
from phisim.geometry.shapes import Cylinder as Cylinder
from phisim.geometry.shapes import HalfSpace as HalfSpace
from phisim.geometry.shapes import Point as Point
from phisim.geometry.shapes import Torus as Torus
from phisim.geometry.sphere import Sphere as Sphere
from phisim.geometry.surface import closest_surface as closest_surface
from phisim.geometry.surface import line_trace as line_trace
from phisim.geometry.surface import surface_normal as surface_normal
from phisim.geometry.surface_mesh import SurfaceMesh as SurfaceMesh
from phisim.geometry.surface_mesh import surface_mesh as surface_mesh
from phisim.geometry.transformed import Transformed as Transformed
from phisim.geometry.uniform_grid import UniformGrid as UniformGrid
from phisim.geometry.vectors import clip_length as clip_length
from phisim.geometry.vectors import normal_from_slope as normal_from_slope

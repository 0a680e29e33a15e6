"""A fine grid inside of a coarse one, which prescribes what lies beyond its sides.

For another framework change the import line.  The domain may be a line or a block: in 1D leave y
away, for 3D add z.
"""

from phisim.numpy import *

domain = Box(x=2, y=2)


@jit_compile
def step(coarse, fine, dt=0.01, diffusivity=0.002):
    """Carry heat to the right and let it spread, on both grids; the fine one sees the coarse."""
    coarse = advance(coarse, dt, diffusivity)
    return coarse, advance(fine.with_boundary(coarse), dt, diffusivity)


def advance(heat, dt, diffusivity):
    """One step on one grid."""
    along_x = math.vec(**{axis: float(axis == "x") for axis in domain.axes})
    heat = advect.mac_cormack(heat, CenteredGrid(along_x, ZERO_GRADIENT, heat.geometry), dt)
    return diffuse.explicit(heat, diffusivity, dt, substeps=4)


def main(cells=32, steps=60, finer=4):
    """Temperature on both grids."""

    def source(location):
        return exp(-squared_norm(location - domain.center * 0.7) / 0.02)

    middle = Box(domain.center - 0.3 * domain.size, domain.center + 0.3 * domain.size)
    coarse = CenteredGrid(source, 0, domain, spatial(**dict.fromkeys(domain.axes, cells)))
    inner = spatial(**dict.fromkeys(domain.axes, round(0.6 * cells * finer)))
    fine = CenteredGrid(source, coarse, middle, inner)
    return iterate(step, steps, coarse, fine, progress="nested grids")


if __name__ == "__main__":
    coarse, fine = main()
    vis.plot(fine).savefig("nested_grids.png")

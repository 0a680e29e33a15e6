"""A fine grid inside of a coarse one, which prescribes what lies beyond its sides.

For another framework change the import line.  In 1D leave y away, for 3D add z to the domain.
"""

from phisim.numpy import *

domain = Box(x=2, y=2)


@jit_compile
def step(coarse, fine, dt=0.01, diffusivity=0.002):
    """One step on both grids; the fine one sees the coarse one around it."""
    coarse = advance(coarse, dt, diffusivity)
    return coarse, advance(fine.with_boundary(coarse), dt, diffusivity)


def advance(heat, dt, diffusivity):
    """Carry heat along and let it spread."""
    heat = advect.mac_cormack(heat, CenteredGrid(domain.size, ZERO_GRADIENT, heat.geometry), dt)
    return diffuse.explicit(heat, diffusivity, dt, substeps=4)


def source(location):
    """A warm spot."""
    return exp(-squared_norm(location - domain.center * 0.75) / 0.02)


def main(cells=32, steps=20, finer=4):
    """Temperature on both grids."""
    outer, inner = (spatial(**dict.fromkeys(domain.axes, n)) for n in (cells, cells * finer // 2))
    middle = Box(domain.center - 0.25 * domain.size, domain.center + 0.25 * domain.size)
    coarse = CenteredGrid(source, 0, domain, outer)
    fine = CenteredGrid(source, coarse, middle, inner)
    return iterate(step, steps, coarse, fine, progress="nested grids")


if __name__ == "__main__":
    coarse, fine = main()
    vis.plot(fine).savefig("nested_grids.png")

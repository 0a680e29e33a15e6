"""Wind around a disc, behind which vortices part to the left and to the right.

For another framework change the import line.  For 3D add z to the tunnel, the body and the wind.
"""

from phisim.numpy import *

tunnel = Box(x=16, y=6)
body = Sphere(x=3.5, y=3.05, radius=0.5)  # off the middle, so that neither side comes first
wind = vec(x=1.0, y=0.0)


@jit_compile
def step(velocity, pressure, dt=0.05, viscosity=0.005):
    """Advect, diffuse: the air sticks to the body; project."""
    velocity = advect.mac_cormack(velocity, velocity, dt)
    velocity = diffuse.implicit(velocity, viscosity, dt, obstacles=body)
    return fluid.make_incompressible(velocity, body, Solve(x0=pressure), dt=dt)


def main(cells=12, steps=1000):
    """Final velocity and pressure, on so many cells per diameter."""
    sides = {"x-": wind, "x+": ZERO_GRADIENT, "y": wind}
    resolution = spatial(x=16 * cells, y=6 * cells)
    velocity = StaggeredGrid(wind, sides, tunnel, resolution)
    return iterate(step, steps, velocity, None, progress="wake")


if __name__ == "__main__":
    velocity, pressure = main()
    vis.plot(curl(velocity)).savefig("cylinder_wake.png")

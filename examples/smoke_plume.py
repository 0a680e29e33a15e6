"""A plume of buoyant smoke in a closed room.

For another framework change the import line.  For 3D add z to the room, inflow, grids and buoyancy.
"""

from phisim.numpy import *

room = Box(x=100, y=100)
inflow = Sphere(x=50, y=10, radius=5)


@jit_compile
def step(velocity, smoke, pressure, dt=1.0):
    """Advect, let buoyancy act, project."""
    smoke = advect.mac_cormack(smoke, velocity, dt) + 0.2 * resample(inflow, to=smoke, soft=True)
    buoyancy = resample(smoke * (0, 0.1), to=velocity)
    velocity = advect.semi_lagrangian(velocity, velocity, dt) + dt * buoyancy
    velocity, pressure = fluid.make_incompressible(velocity, (), Solve(x0=pressure))
    return velocity, smoke, pressure


def main(cells=64, steps=50):
    """Final velocity, smoke and pressure."""
    velocity = StaggeredGrid(0, 0, room, x=cells, y=cells)
    smoke = CenteredGrid(0, ZERO_GRADIENT, room, x=cells, y=cells)
    return iterate(step, steps, velocity, smoke, None, progress="plume")


if __name__ == "__main__":
    velocity, smoke, pressure = main()
    print(f"smoke: {math.sum(smoke.values):.1f}, fastest: {math.max(abs(velocity.values)):.2f}")

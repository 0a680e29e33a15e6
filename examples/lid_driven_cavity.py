"""A box whose lid slides: the benchmark of incompressible flow.  `phisim validate` has its numbers.

For another framework change the import line.  For 3D add z to the box.
"""

from phisim.numpy import *

box = Box(x=1, y=1)


@jit_compile
def step(velocity, dt=0.01, viscosity=0.0025):
    """Advect, diffuse, project."""
    velocity = velocity + dt * advect.finite_difference(velocity, velocity)
    velocity = diffuse.implicit(velocity, viscosity, dt)
    velocity, _ = fluid.make_incompressible(velocity, dt=dt)
    return velocity


def main(cells=64, steps=3000):
    """Velocity when it hardly changes any more."""
    lid = math.vec(**{axis: float(axis == "x") for axis in box.axes})
    sides = {f"{axis}{end}": 0 for axis in box.axes for end in "-+"} | {"y+": lid}
    grid = UniformGrid(spatial(**dict.fromkeys(box.axes, cells)), box)
    return (iterate(step, steps, StaggeredGrid(0, sides, grid), progress="cavity"),)


if __name__ == "__main__":
    (velocity,) = main()
    vis.plot(velocity).savefig("lid_driven_cavity.png")

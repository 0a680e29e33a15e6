"""A disc that crosses a box and a bar that turns in it stir the fluid, which is at rest before.

For another framework change the import line.
"""

from phisim.numpy import *

box = Box(x=2, y=1)


@jit_compile
def step(velocity, time, dt=0.02, speed=0.5, spin=3.0):
    """Move the bodies, advect, project: the fluid gives way to them and follows."""
    time = time + dt
    disc = Obstacle(Sphere(x=0.3 + speed * time, y=0.7, radius=0.12), vec(x=speed, y=0.0))
    bar = Cuboid(vec(x=1.4, y=0.35), x=0.5, y=0.08)
    bar = Obstacle(rotate(bar, spin * time), angular_velocity=spin)
    velocity = advect.mac_cormack(velocity, velocity, dt)
    velocity, _ = fluid.make_incompressible(velocity, (disc, bar), dt=dt)
    return velocity, time


def main(cells=64, steps=50):
    """Final velocity and time."""
    velocity = StaggeredGrid(0, 0, box, x=2 * cells, y=cells)
    return iterate(step, steps, velocity, tensor(0.0), progress="moving obstacles")


if __name__ == "__main__":
    velocity, time = main()
    vis.plot(velocity).savefig("moving_obstacles.png")

"""Two substances that react and diffuse grow patterns out of noise.

For another framework change the import line.  The dish may be a line or a block: in 1D leave y
away, for 3D add z.
"""

from phisim.numpy import *

dish = Box(x=128, y=128)


@jit_compile
def step(u, v, dt=1.0):
    """The model of Gray and Scott."""
    return integrate.euler(lambda s: physics.systems.gray_scott_rate(*s), (u, v), dt)


def main(cells=128, steps=5000):
    """Concentrations of both substances."""
    seed(0)
    grid = UniformGrid(spatial(**dict.fromkeys(dish.axes, cells)), dish)
    noise = CenteredGrid(random_uniform(grid.resolution), PERIODIC, grid)
    v = where(noise.values > 0.9, 0.9, 0.0) * Sphere(dish.center, radius=40).lies_inside(
        grid.center
    )
    u = CenteredGrid(1 - v, PERIODIC, grid)
    return iterate(step, steps, u, u.with_values(v), progress="reaction")


if __name__ == "__main__":
    u, v = main()
    vis.plot(v).savefig("reaction_diffusion.png")

"""Kolmogorov flow: a force in stripes that makes a shear flow, and this turbulence.

For another framework change the import line.  For 3D add z to the box.
"""

from phisim.numpy import *

box = Box(x=2 * math.PI, y=2 * math.PI)


@jit_compile
def step(velocity, force, dt=0.01, viscosity=0.002, drag=0.1):
    """Third-order Runge-Kutta for all but the pressure, then project."""

    def rate(velocity):
        change = advect.finite_difference(velocity, velocity, order=4) + force - drag * velocity
        return change + viscosity * laplace(velocity)

    velocity = integrate.runge_kutta(rate, velocity, dt, integrate.SSP_RK3)
    velocity, _ = fluid.make_incompressible(velocity, dt=dt)
    return velocity, force


def main(cells=128, steps=1500):
    """Final velocity, and the force that drives it."""
    seed(0)
    grid = UniformGrid(spatial(**dict.fromkeys(box.axes, cells)), box)
    noise = StaggeredGrid(Noise(scale=1.5), PERIODIC, grid)
    velocity, _ = fluid.make_incompressible(noise)
    along_x = math.vec(**{axis: float(axis == "x") for axis in box.axes})
    force = StaggeredGrid(lambda at: sin(4 * at.vector["y"]) * along_x, PERIODIC, grid)
    return iterate(step, steps, velocity, force, progress="Kolmogorov flow")


if __name__ == "__main__":
    velocity, force = main()
    vis.plot(curl(velocity)).savefig("kolmogorov.png")

"""Rayleigh-Bénard convection: fluid between a hot floor and a cold ceiling turns over.

For another framework change the import line.  For 3D add z to the layer.
"""

from phisim.numpy import *

layer = Box(x=4, y=1)
beside = {axis: PERIODIC for axis in layer.axes if axis != "y"}


@jit_compile
def step(velocity, temperature, dt=2e-4, rayleigh=1e5, prandtl=1.0):
    """Lengths in heights of the layer, times in those that heat takes to diffuse across."""
    up = math.vec(**{axis: float(axis == "y") for axis in layer.axes})
    warmth = temperature.with_boundary({**beside, "y": ZERO_GRADIENT})  # walls don't lift
    lift = rayleigh * prandtl * resample(warmth * up, to=velocity)
    heating = advect.finite_difference(temperature, velocity)
    velocity = velocity + dt * (advect.finite_difference(velocity, velocity) + lift)
    velocity = diffuse.implicit(velocity, prandtl, dt)
    velocity, _ = fluid.make_incompressible(velocity, dt=dt)
    return velocity, diffuse.implicit(temperature + dt * heating, 1.0, dt)


def main(cells=48, steps=1500):
    """Final velocity and temperature."""
    seed(0)
    size = {axis: round(cells * float(layer.size.vector[axis])) for axis in layer.axes}
    velocity = StaggeredGrid(0, {**beside, "y": 0}, layer, spatial(**size))
    noise = 0.01 * random_normal(velocity.resolution)
    start = 1 - velocity.at_centers().points.vector["y"] + noise
    temperature = CenteredGrid(start, {**beside, "y-": 1, "y+": 0}, layer)
    return iterate(step, steps, velocity, temperature, progress="convection")


if __name__ == "__main__":
    velocity, temperature = main()
    vis.plot(temperature).savefig("rayleigh_benard.png")

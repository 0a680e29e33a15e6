"""A jet whose speed and direction change with time enters a tank through part of its side.

For another framework change the import line.  For 3D add z to the tank.
"""

from phisim.numpy import *

tank = Box(x=2, y=1)


def sides(time):
    """The jet on the left, walls below and above, an open side on the right."""

    def jet(location):
        strength = exp(-(((location.vector["y"] - 0.5) / 0.08) ** 2))
        swing = {"x": 1.0, "y": 0.8 * sin(6 * time), "z": 0.0}
        return math.vec(**{axis: swing[axis] * strength for axis in tank.axes})

    return dict.fromkeys(tank.axes[1:], 0) | {"x-": jet, "x+": ZERO_GRADIENT}


@jit_compile
def step(velocity, time, dt=0.02):
    """Prescribe, advect, project."""
    velocity = velocity.with_boundary(sides(time + dt))
    velocity = advect.mac_cormack(velocity, velocity, dt)
    return fluid.make_incompressible(velocity, dt=dt)[0], time + dt


def main(cells=64, steps=300):
    """Final velocity, and the time."""
    resolution = spatial(**{axis: cells * (2 if axis == "x" else 1) for axis in tank.axes})
    velocity = StaggeredGrid(0, sides(tensor(0.0)), tank, resolution)
    return iterate(step, steps, velocity, tensor(0.0), progress="jet")


if __name__ == "__main__":
    velocity, time = main()
    vis.plot(velocity).savefig("variable_boundaries.png")

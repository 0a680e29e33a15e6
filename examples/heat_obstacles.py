"""Heat creeps from a hot side around insulators to a cold side.

For another framework change the import line.  The room may be a rod, a plate or a block: in 1D
leave y away, for 3D add z.
"""

from phisim.numpy import *

room = Box(x=2, y=1)


@jit_compile
def step(temperature, conductivity, dt=0.02):
    """An implicit step; between two cells counts the harmonic mean, so that insulators insulate."""
    return diffuse.implicit(temperature, conductivity, dt), conductivity


def main(cells=48, steps=25):
    """Final temperature, and the conductivity."""
    resolution = spatial(**{a: round(cells * float(room.size.vector[a])) for a in room.axes})
    sides = dict.fromkeys(room.axes[1:], ZERO_GRADIENT) | {"x-": 1, "x+": 0}
    temperature = CenteredGrid(0, sides, room, resolution)
    middle, third = room.center, room.size.vector["x"] / 6
    ball = Sphere(middle - third * first_axis(), radius=0.25)
    block = Cuboid(middle + third * first_axis(), half_size=0.2)
    insulated = resample(union(ball, block), to=temperature, soft=True)
    conductivity = CenteredGrid(1 - 0.98 * insulated.values, ZERO_GRADIENT, room, resolution)
    return iterate(step, steps, temperature, conductivity, progress="heat")


def first_axis():
    """Unit vector along x."""
    return math.vec(**{axis: float(axis == "x") for axis in room.axes})


if __name__ == "__main__":
    temperature, conductivity = main()
    vis.plot(temperature).savefig("heat_obstacles.png")

"""Taylor-Green vortices, which decay without changing their form: how accurate is the flow?

For another framework change the import line.
"""

from phisim.numpy import *

box = Box(x=2 * math.PI, y=2 * math.PI)
viscosity, end = 0.05, 1.0


def exact(time):
    """The solution: u = cos x sin y exp(−2 ν t), v = −sin x cos y exp(−2 ν t)."""
    decay = math.exp(-2 * viscosity * time)
    return lambda x, y: vec(x=cos(x) * sin(y), y=-sin(x) * cos(y)) * decay


@jit_compile
def step(velocity, dt):
    """Heun's method; a rate of change without divergence keeps its order."""

    def rate(velocity):
        change = advect.finite_difference(velocity, velocity) + viscosity * laplace(velocity)
        return fluid.make_incompressible(change)[0]

    return integrate.runge_kutta(rate, velocity, dt, integrate.HEUN), dt


def main(cells=32):
    """Final velocity, and the largest error."""
    start = StaggeredGrid(exact(0.0), PERIODIC, box, x=cells, y=cells)
    velocity, _ = iterate(step, cells, start, tensor(end / cells), progress="vortices")
    truth = StaggeredGrid(exact(end), PERIODIC, box, x=cells, y=cells)
    return velocity, math.max(abs((velocity - truth).values), None)


if __name__ == "__main__":
    errors = [main(cells)[1] for cells in (16, 32, 64)]
    print("largest error with 16, 32 and 64 cells:", *(f"{float(error):.1e}" for error in errors))

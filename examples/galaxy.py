"""Stars that attract each other: all pairs, explicit Euler steps, in 2D or 3D.

For another framework change the import line.  For 3D add z to the box.
"""

from phisim.numpy import *

space = Box(x=1, y=1)


@jit_compile
def step(positions, velocities, masses, dt=0.001, gravity=1.0):
    """Accelerate each star by all others; a star doesn't attract itself."""
    differences = math.pairwise_differences(positions)
    cubes = norm(differences) ** 3
    others = rename_dims(masses, instance, dual)
    acceleration = gravity * math.sum(safe_div(others * differences, cubes), dual)
    return positions + dt * velocities, velocities + dt * acceleration, masses


def main(stars=1000, steps=20):
    """Final positions, velocities and masses."""
    seed(0)
    count, vector = instance(stars=stars), space.shape["vector"]
    positions = random_uniform(count, vector, low=space.lower, high=space.upper)
    velocities = 0.1 * random_normal(count, vector)
    masses = random_uniform(count) / stars
    return iterate(step, steps, positions, velocities, masses, progress="galaxy")


if __name__ == "__main__":
    positions, velocities, masses = main()
    momentum = math.sum(masses * velocities, "stars")
    print(f"center: {math.mean(positions, 'stars')}, momentum: {momentum}")

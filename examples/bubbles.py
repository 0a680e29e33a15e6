"""Bubbles in a periodic box that push each other apart until they overlap as little as possible.

For another framework change the import line.  For 3D add z to the box.
"""

from phisim.torch import *


def main(bubbles=64, slack=1.05):
    """Relaxed positions, radii, and the energy before and after; two problems at once."""
    seed(0)
    count = instance(bubbles=bubbles)
    mixed = where(random_uniform(count) > 0.5, 1.0, 0.5)
    radii = stack([ones(count), mixed], batch("problems"))
    side = sqrt(slack * math.sum(math.PI * radii**2, "bubbles"))
    vector = channel(vector="x,y")
    domain = Box(vec(x=0, y=0) * side, vec(x=1, y=1) * side)

    @jit_compile
    def energy(positions):
        others = rename_dims(positions, instance, dual)
        distance = norm(shortest_distance(positions, others, domain), eps=1e-8)
        overlap = 1 - distance / (radii + rename_dims(radii, instance, dual))
        touching = (overlap >= 0) & (overlap < 1 - 2e-4)
        return l2_loss(where(touching, overlap, 0.0))

    start = random_uniform(count, vector) * side
    positions = math.minimize(energy, Solve("L-BFGS-B", x0=start)) % side
    return positions, radii, energy(start), energy(positions)


if __name__ == "__main__":
    _, _, before, after = main()
    print(f"energy of the two problems: {before} before, {after} after")

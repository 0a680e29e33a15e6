"""The initial state of a Burgers flow from its state at a later time, by gradient descent.

For another framework with derivatives change the import line.
"""

from phisim.torch import *


def main(cells=128, steps=16, updates=50, rate=5.0):
    """Reconstructed initial velocity, the true one, and the loss before each update."""
    diffusivity = 0.01 / (cells * math.PI)

    def simulate(velocity):
        def step(velocity):
            velocity = diffuse.explicit(velocity, diffusivity, dt=1 / 32)
            return advect.semi_lagrangian(velocity, velocity, dt=1 / 32)

        return iterate(step, steps, velocity)

    @jit_compile
    def update(velocity, observed):
        def loss_function(velocity):
            return 2 / cells * l2_loss((simulate(velocity) - observed).values)

        loss, slope = value_and_gradient(loss_function)(velocity)
        return velocity - rate * slope, observed, loss

    truth = CenteredGrid(lambda x: vec(x=-sin(math.PI * x)), PERIODIC, Box(x=(-1, 1)), x=cells)
    velocity, observed, losses = truth * 0, simulate(truth), []
    for _ in range(updates):
        velocity, observed, loss = update(velocity, observed)
        losses.append(float(loss))
    return velocity, truth, losses


if __name__ == "__main__":
    velocity, truth, losses = main()
    error = math.mean(abs((velocity - truth).values))
    print(f"loss {losses[0]:.6f}, then {losses[10]:.6f}, then {losses[30]:.6f}; error {error:.4f}")

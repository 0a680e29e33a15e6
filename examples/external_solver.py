"""A solver of another library in a differentiable simulation: conductivities from temperatures.

A chain of rods in a stream of coolant conducts heat between its nodes; SciPy solves for the
temperatures.  The conductivities are found from them again, by the gradient that one more solve
with the same factorisation gives.  For another framework with derivatives change the import line.
"""

import numpy
from scipy.sparse import csc_matrix
from scipy.sparse.linalg import splu

from phisim.torch import *


class HeatBalance:
    """The sparse system of a chain; its factorisation serves the solve and its derivative."""

    def __init__(self, nodes):
        left = numpy.arange(nodes - 1)
        self.rows = numpy.concatenate([left, left, left + 1, left + 1, numpy.arange(nodes)])
        self.columns = numpy.concatenate([left, left + 1, left, left + 1, numpy.arange(nodes)])
        self.values = self.factors = None

    def factorized(self, values):
        """Factors of the matrix with these entries."""
        if not numpy.array_equal(values, self.values):
            self.values = values.copy()
            self.factors = splu(csc_matrix((values, (self.rows, self.columns))))
        return self.factors

    def solve(self, values, heating):
        """Temperatures of the nodes."""
        return self.factorized(values).solve(heating)

    def adjoint(self, inputs, temperature, cotangent):
        """Cotangents of entries and heating: of A x = b, they solve the transposed system."""
        y = self.factorized(inputs[0]).solve(cotangent, trans="T")
        return -y[self.rows] * temperature[self.columns], y


def main(nodes=24, upwind=0.3):
    """Conductivities found, the true ones, and the largest deviation of the temperatures."""
    balance = HeatBalance(nodes)
    rods, node = instance(rods=nodes - 1), instance(nodes=nodes)

    @jit_compile
    def temperature(conductivity, heating):
        a, b = conductivity + upwind, conductivity - upwind  # the coolant moves to the right
        losses = ones(instance(rods=nodes)) * 0.1
        values = concat([a, -b, -a, b, losses], "rods")
        return math.numpy_call(
            balance.solve, values, heating, output=heating, gradient=balance.adjoint
        )

    def deviation(conductivity, heating, observed):
        return l2_loss(temperature(conductivity, heating) - observed)

    with precision(64):
        heating = ones(node)
        truth = 1 + 0.5 * sin(linspace(0, 6, rods))
        observed = temperature(truth, heating)
        solve = Solve("L-BFGS-B", abs_tol=1e-12, x0=ones(rods), max_iterations=2000)
        found = math.minimize(lambda c: deviation(c, heating, observed), solve)
        return found, truth, math.max(abs(temperature(found, heating) - observed), None)


if __name__ == "__main__":
    found, truth, deviation = main()
    print(f"largest error of the conductivities: {math.max(abs(found - truth), None)}")
    print(f"largest error of the temperatures: {deviation}")

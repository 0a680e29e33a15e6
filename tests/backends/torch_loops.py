"""Loops of PyTorch's plug, for programs of any kind."""

from importlib import import_module

torch = import_module("torch")
backend = import_module("phimath_torch").backend

SQUARE = torch.tensor([[2.0, 1.0, 0.0], [1.0, 3.0, 0.5], [0.0, 0.5, 4.0]])


def conjugate_gradient(matrix, b, tolerance=1e-5):
    """Solution and count; the condition and the body use `matrix` and `b` from around them."""
    limit = tolerance * (b * b).sum()

    def condition(x, r, p, count):
        return ((r * r).sum() > limit) & (count < 100)

    def body(x, r, p, count):
        q = matrix @ p
        alpha = (r * r).sum() / (p * q).sum()
        x, following = x + alpha * p, r - alpha * q
        beta = (following * following).sum() / (r * r).sum()
        return x, following, following + beta * p, count + 1

    state = (torch.zeros_like(b), b, b, torch.zeros((), dtype=torch.int64))
    return backend.while_loop(condition, body, state)


def sum_of_products(x, rows):
    """Σᵢ Σⱼ i·j·x for i < rows, j < i; the inner loop uses arrays from around both."""
    zero = torch.zeros((), dtype=torch.int64)

    def outer(i, total):
        shifted = i * torch.tensor(1)

        def inner(j, part):
            return j + 1, part + x * shifted * j

        part = backend.while_loop(lambda j, _: (j < shifted) & (i < rows), inner, (zero, 0 * x))[1]
        return i + 1, total + part

    return backend.while_loop(lambda i, _: i < rows, outer, (zero, 0 * x))

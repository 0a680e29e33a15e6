"""Balances of fluxes through faces: their matrices by SciPy, and coefficients that solvers meet."""

import numpy as np
import scipy.sparse as sp
from scipy.ndimage import gaussian_filter
from scipy.sparse.csgraph import connected_components

from phimath.dimension import spatial
from phimath.solve.multigrid import Multigrid
from phimath.solve.multigrid.balance import FluxBalance
from phimath.wrap import wrap

DIRICHLET, NEUMANN, PERIODIC = 2.0, 0.0, None
SIDES = {
    "closed": (NEUMANN, NEUMANN),
    "open": (DIRICHLET, DIRICHLET),
    "mixed": (NEUMANN, DIRICHLET),
    "periodic": PERIODIC,
}


def along(array, axis, *part):
    return array[(slice(None),) * axis + (slice(*part),)]


def face_weights(k, sides, solid=None):
    """Harmonic means of a coefficient per cell on all faces, closed around solid cells."""
    weights = []
    for axis, pair in enumerate(sides):
        padded = np.concatenate([along(k, axis, -1, None), k, along(k, axis, 0, 1)], axis)
        lower, upper = along(padded, axis, None, -1), along(padded, axis, 1, None)
        w = 2 / (1 / lower + 1 / upper)
        if pair is not PERIODIC:
            along(w, axis, 0, 1)[:] = pair[0] * along(k, axis, 0, 1)
            along(w, axis, -1, None)[:] = pair[1] * along(k, axis, -1, None)
        if solid is not None:
            filled = np.concatenate(
                [along(solid, axis, -1, None), solid, along(solid, axis, 0, 1)], axis
            )
            if pair is not PERIODIC:
                along(filled, axis, 0, 1)[:] = along(solid, axis, 0, 1)
                along(filled, axis, -1, None)[:] = along(solid, axis, -1, None)
            w = np.where(along(filled, axis, None, -1) | along(filled, axis, 1, None), 0, w)
        weights.append(w)
    return weights


def matrix(weights, sides, shift=None):
    """The same balance, assembled face by face."""
    shape = tuple(n - (i == 0) for i, n in enumerate(weights[0].shape))
    index = np.arange(np.prod(shape)).reshape(shape)
    total = sp.diags_array(np.zeros(index.size) if shift is None else shift.ravel())
    for axis, (w, pair) in enumerate(zip(weights, sides, strict=True)):
        lower = np.concatenate([along(index, axis, -1, None), index], axis).ravel()
        upper = np.concatenate([index, along(index, axis, 0, 1)], axis).ravel()
        rows = np.arange(lower.size)
        below = sp.csr_array((np.ones(lower.size), (rows, lower)), (lower.size, index.size))
        above = sp.csr_array((np.ones(lower.size), (rows, upper)), (lower.size, index.size))
        keep = np.ones(w.shape)
        first, last = np.zeros(w.shape), np.zeros(w.shape)
        along(first, axis, 0, 1)[:] = 1
        along(last, axis, -1, None)[:] = 1
        if pair is PERIODIC:
            keep -= last  # the first face again
            difference = above - below
        else:
            inside = lambda mask: sp.diags_array(1 - mask.ravel())  # noqa: E731
            difference = inside(last) @ above - inside(first) @ below
        total = total + difference.T @ sp.diags_array((w * keep).ravel()) @ difference
    return sp.csr_array(total)


def balance_of(backend, weights, sides, shift=None):
    names = "xyz"[: len(weights)]
    axes = spatial(",".join(names))

    def tensor(values):
        return wrap(backend.from_numpy(np.asarray(values)), axes)

    return FluxBalance(
        tuple(names),
        tuple(pair is PERIODIC for pair in sides),
        tuple(tensor(w) for w in weights),
        None if shift is None else tensor(shift),
    )


def rng():
    return np.random.default_rng(0)


def random_weights(shape, sides, jump=2.0):
    return face_weights(10 ** rng().uniform(-jump, jump, shape), sides)


def conjugate_gradient(apply, b, precondition, project, tolerance):
    """Number of iterations that reach the tolerance."""
    r, z = b, project(precondition(b))
    p, rho = z, np.sum(b * z)
    for iteration in range(1, 100):
        q = apply(p)
        r = r - rho / np.sum(p * q) * q
        if np.linalg.norm(r) <= tolerance * np.linalg.norm(b):
            return iteration
        z = project(precondition(r))
        previous, rho = rho, np.sum(r * z)
        p = z + rho / previous * p
    return 100


def projection(weights, sides):
    """Without the mean over each part that is cut off and has no open side."""
    a = matrix(weights, sides)
    a.eliminate_zeros()
    _, label = connected_components(a, directed=False)
    outflow = np.bincount(label, np.abs(a.sum(1)))
    closed = outflow <= 1e-10 * np.bincount(label, np.abs(a).sum(1)) + 1e-300
    count = np.bincount(label)

    def project(x):
        means = np.bincount(label, x.ravel()) / count
        return x - np.where(closed, means, 0)[label].reshape(x.shape)

    return project


def iterations(backend, weights, sides, tolerance=1e-8):
    balance = balance_of(backend, weights, sides)
    preconditioner = Multigrid.of_balance(balance)
    dims = spatial(",".join(balance.axes))
    project = projection(weights, sides)

    def as_numpy(function):
        return lambda x: function(wrap(backend.from_numpy(x), dims)).numpy(balance.axes)

    shape = tuple(n - (i == 0) for i, n in enumerate(weights[0].shape))
    return conjugate_gradient(
        as_numpy(balance.apply),
        project(rng().normal(size=shape)).astype(as_numpy(balance.apply)(np.ones(shape)).dtype),
        as_numpy(preconditioner.apply),
        project,
        tolerance,
    )


def centers(shape):
    return np.stack(np.meshgrid(*((np.arange(n) + 0.5) / n for n in shape), indexing="ij"))


def disc(shape):
    return np.sum((centers(shape) - 0.47) ** 2, 0) < 0.04


def cut_disc(shape, sides):
    """Weights with the open fractions of faces next to a disc, by sampling."""
    sharp = 16
    weights = face_weights(np.ones(shape), sides)
    for axis, w in enumerate(weights):
        points = np.meshgrid(
            *(
                np.arange(n + 1) / n if i == axis else (np.arange(n * sharp) + 0.5) / (n * sharp)
                for i, n in enumerate(shape)
            ),
            indexing="ij",
        )
        outside = np.sum((np.stack(points) - 0.47) ** 2, 0) >= 0.04
        for i, n in enumerate(shape):
            if i != axis:
                split = (*outside.shape[:i], n, sharp, *outside.shape[i + 1 :])
                outside = outside.reshape(split).mean(i + 1)
        w *= outside
    return weights


def log_normal(shape):
    """Varies smoothly by 10⁴."""
    noise = gaussian_filter(rng().normal(size=shape), [n / 16 for n in shape], mode="wrap")
    return 10 ** (4 * (noise - noise.min()) / np.ptp(noise) - 2)


def blocks(shape, count):
    """Neighbouring blocks differ by 10⁴."""
    parity = np.sum((centers(shape) * count).astype(int), 0) % 2
    return 10.0 ** (4 * parity - 2)


COEFFICIENTS = {
    "disc": lambda shape, sides: cut_disc(shape, sides),
    "stairs": lambda shape, sides: face_weights(np.ones(shape), sides, disc(shape)),
    "log-normal": lambda shape, sides: face_weights(log_normal(shape), sides),
    "blocks": lambda shape, sides: face_weights(blocks(shape, 8), sides),
    "unaligned blocks": lambda shape, sides: face_weights(blocks(shape, 7), sides),
    "bubble": lambda shape, sides: face_weights(1 + 1e4 * disc(shape), sides),
}


def noise(shape):
    values = np.random.default_rng(2).standard_normal(shape)
    return values - values.mean()

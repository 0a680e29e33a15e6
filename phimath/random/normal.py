"""Quantiles of the normal distribution, for natives in 64 bit.

Wichura, Algorithm AS 241: the percentage points of the normal distribution, Applied Statistics 37
(1988), routine PPND16.  It takes
correctly rounded sums, products and quotients almost everywhere, and one logarithm and root in the
tails: that is why frameworks agree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from phimath.backend.contract import Backend
    from phimath.broadcast import Native

# Numerators and denominators, lowest power first.
_CENTER: Final = (
    (
        3.3871328727963666080e0,
        1.3314166789178437745e2,
        1.9715909503065514427e3,
        1.3731693765509461125e4,
        4.5921953931549871457e4,
        6.7265770927008700853e4,
        3.3430575583588128105e4,
        2.5090809287301226727e3,
    ),
    (
        1.0,
        4.2313330701600911252e1,
        6.8718700749205790830e2,
        5.3941960214247511077e3,
        2.1213794301586595867e4,
        3.9307895800092710610e4,
        2.8729085735721942674e4,
        5.2264952788528545610e3,
    ),
)
_TAIL: Final = (
    (
        1.42343711074968357734e0,
        4.63033784615654529590e0,
        5.76949722146069140550e0,
        3.64784832476320460504e0,
        1.27045825245236838258e0,
        2.41780725177450611770e-1,
        2.27238449892691845833e-2,
        7.74545014278341407640e-4,
    ),
    (
        1.0,
        2.05319162663775882187e0,
        1.67638483018380384940e0,
        6.89767334985100004550e-1,
        1.48103976427480074590e-1,
        1.51986665636164571966e-2,
        5.47593808499534494600e-4,
        1.05075007164441684324e-9,
    ),
)
_FAR_TAIL: Final = (
    (
        6.65790464350110377720e0,
        5.46378491116411436990e0,
        1.78482653991729133580e0,
        2.96560571828504891230e-1,
        2.65321895265761230930e-2,
        1.24266094738807843860e-3,
        2.71155556874348757815e-5,
        2.01033439929228813265e-7,
    ),
    (
        1.0,
        5.99832206555887937690e-1,
        1.36929880922735805310e-1,
        1.48753612908506148525e-2,
        7.86869131145613259100e-4,
        1.84631831751005468180e-5,
        1.42151175831644588870e-7,
        2.04426310338993978564e-15,
    ),
)
_CENTER_LIMIT: Final = 0.425
_FAR_LIMIT: Final = 5.0


def normal_quantile(backend: Backend[Any], u: Native) -> Native:
    """Values whose normal distribution function is `u`, float64 in (0, 1)."""
    add, subtract, multiply = (backend.function(name) for name in ("add", "subtract", "multiply"))
    q = subtract(u, 0.5)
    distance = backend.function("abs")(q)
    center = multiply(
        q, _ratio(backend, subtract_from(backend, _CENTER_LIMIT**2, multiply(q, q)), _CENTER)
    )
    # Probability of the nearer tail; exact, because u has at most 53 bits.
    tail = backend.function("minimum")(u, subtract_from(backend, 1.0, u))
    r = backend.function("sqrt")(backend.function("negative")(backend.function("log")(tail)))
    near = _ratio(backend, add(r, -1.6), _TAIL)
    far = _ratio(backend, add(r, -_FAR_LIMIT), _FAR_TAIL)
    outer = backend.where(backend.function("less_equal")(r, _FAR_LIMIT), near, far)
    outer = multiply(outer, backend.function("sign")(q))
    return backend.where(backend.function("less_equal")(distance, _CENTER_LIMIT), center, outer)


def subtract_from(backend: Backend[Any], number: float, a: Native) -> Native:
    """`number - a`."""
    return backend.function("add")(backend.function("negative")(a), number)


def _ratio(
    backend: Backend[Any], r: Native, coefficients: tuple[tuple[float, ...], tuple[float, ...]]
) -> Native:
    numerator, denominator = (_polynomial(backend, r, c) for c in coefficients)
    return backend.function("divide")(numerator, denominator)


def _polynomial(backend: Backend[Any], r: Native, coefficients: tuple[float, ...]) -> Native:
    """By Horner's scheme."""
    multiply, add = backend.function("multiply"), backend.function("add")
    total = multiply(r, coefficients[-1])
    for coefficient in reversed(coefficients[1:-1]):
        total = multiply(add(total, coefficient), r)
    return add(total, coefficients[0])

"""JAX as a backend of phimath.

Loading it switches on 64-bit types for the whole process (`jax_enable_x64`), without which JAX
would silently halve the width of integers and floats.  phimath passes every data type explicitly,
so that 32-bit programs stay 32-bit.
"""

import jax

jax.config.update("jax_enable_x64", True)

from phimath_jax.backend import JaxBackend as JaxBackend  # noqa: E402 - after the switch

backend = JaxBackend()

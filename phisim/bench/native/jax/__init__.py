"""Native code in JAX."""

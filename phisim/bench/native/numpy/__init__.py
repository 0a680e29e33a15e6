"""Native code in NumPy."""

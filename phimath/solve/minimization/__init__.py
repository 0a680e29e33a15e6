"""Minimisation, by optimisers on the host."""

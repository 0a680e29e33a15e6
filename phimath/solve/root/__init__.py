"""Roots of nonlinear systems, with implicit derivatives."""

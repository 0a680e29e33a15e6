"""What every backend must pass."""

from phimath.testing.conformance import *  # noqa: F403  # as in the package of any other backend

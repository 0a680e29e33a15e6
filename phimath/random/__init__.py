"""Random numbers from one generator: a seed gives the same numbers on every framework."""

from phimath.random.distributions import random_normal as random_normal
from phimath.random.distributions import random_uniform as random_uniform
from phimath.random.permutation import pick_random as pick_random
from phimath.random.permutation import random_permutation as random_permutation
from phimath.random.state import next_key as next_key
from phimath.random.state import seed as seed
from phimath.random.state import seeded as seeded

__all__ = ["pick_random", "random_normal", "random_permutation", "random_uniform", "seed", "seeded"]

"""Poisson problems on boxes: one solve beside SciPy, PyAMG and native JAX."""

from phisim.bench.poisson.solves import HELP as HELP
from phisim.bench.poisson.solves import LEGEND as LEGEND
from phisim.bench.poisson.solves import add_options as add_options
from phisim.bench.poisson.solves import run as run

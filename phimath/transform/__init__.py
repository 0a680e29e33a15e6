"""Functions of functions: derivatives, loops, compilation."""

from phimath.transform.compile import jit_compile as jit_compile
from phimath.transform.gradient import custom_gradient as custom_gradient
from phimath.transform.gradient import gradient as gradient
from phimath.transform.gradient import stop_gradient as stop_gradient
from phimath.transform.gradient import value_and_gradient as value_and_gradient
from phimath.transform.loop import iterate as iterate

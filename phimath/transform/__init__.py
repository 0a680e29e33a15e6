"""Functions of functions: derivatives, loops, compilation."""

from phimath.transform.check import GradientCheck as GradientCheck
from phimath.transform.check import check_gradient as check_gradient
from phimath.transform.compile import jit_compile as jit_compile
from phimath.transform.cond import cond as cond
from phimath.transform.custom_gradient import custom_gradient as custom_gradient
from phimath.transform.forward import jvp as jvp
from phimath.transform.gradient import gradient as gradient
from phimath.transform.gradient import stop_gradient as stop_gradient
from phimath.transform.gradient import value_and_gradient as value_and_gradient
from phimath.transform.loop import iterate as iterate
from phimath.transform.reverse import hessian as hessian
from phimath.transform.reverse import jacobian as jacobian
from phimath.transform.reverse import vjp as vjp
from phimath.transform.vectorize import vectorize as vectorize

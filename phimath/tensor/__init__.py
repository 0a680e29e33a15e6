"""Tensors: immutable values with named dimensions.

`Tensor` is the abstract type with operators, indexing and properties; everything else is a
function.  `Dense` is the plain storage; others (`phimath.stacked`, sparse, tracers) implement the
same few methods.
"""

from phimath.tensor.abstract import HOOKS as HOOKS
from phimath.tensor.abstract import Composed as Composed
from phimath.tensor.abstract import Tensor as Tensor
from phimath.tensor.apply import apply as apply
from phimath.tensor.dense import Dense as Dense
from phimath.tensor.dense import dense_of as dense_of
from phimath.tensor.dense import run_dense as run_dense
from phimath.tensor.operators import Number as Number
from phimath.tensor.operators import Operand as Operand
from phimath.tensor.operators import Operators as Operators

"""Linear functions: operators, and matrices that store few entries."""

from phimath.sparse.dense_matrix import DenseMatrix as DenseMatrix
from phimath.sparse.operator import LinearOperator as LinearOperator
from phimath.sparse.operator import SymmetricOperator as SymmetricOperator
from phimath.sparse.stencil_operator import Side as Side
from phimath.sparse.stencil_operator import StencilOperator as StencilOperator

"""Products and decompositions, by dimension names.

Matrices list their rows along ordinary and their columns along dual dimensions.
"""

from phimath.linear_algebra.decompositions import eigenvalues as eigenvalues
from phimath.linear_algebra.decompositions import matrix_rank as matrix_rank
from phimath.linear_algebra.decompositions import svd as svd
from phimath.linear_algebra.products import contract as contract
from phimath.linear_algebra.products import cross as cross
from phimath.linear_algebra.products import dot as dot
from phimath.linear_algebra.products import einsum as einsum
from phimath.linear_algebra.products import matmul as matmul

__all__ = ["cross", "dot", "eigenvalues", "einsum", "matrix_rank", "svd"]

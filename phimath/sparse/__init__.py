"""Linear functions: operators, and matrices that store few entries."""

from phimath.sparse import elementwise as elementwise
from phimath.sparse import products as products
from phimath.sparse import reduce as reduce
from phimath.sparse import select as select
from phimath.sparse.create import sparse_tensor as sparse_tensor
from phimath.sparse.create import stored_indices as stored_indices
from phimath.sparse.create import stored_values as stored_values
from phimath.sparse.create import tensor_like as tensor_like
from phimath.sparse.dense_matrix import DenseMatrix as DenseMatrix
from phimath.sparse.diagonal import with_diagonal as with_diagonal
from phimath.sparse.formats import dense as dense
from phimath.sparse.formats import get_format as get_format
from phimath.sparse.formats import get_sparsity as get_sparsity
from phimath.sparse.formats import is_sparse as is_sparse
from phimath.sparse.formats import to_format as to_format
from phimath.sparse.matrix import Matrix as Matrix
from phimath.sparse.native import native_matrix as native_matrix
from phimath.sparse.operator import LinearOperator as LinearOperator
from phimath.sparse.operator import SymmetricOperator as SymmetricOperator
from phimath.sparse.operator import WrappedOperator as WrappedOperator
from phimath.sparse.pairs import map_pairs as map_pairs
from phimath.sparse.sparse_matrix import SparseMatrix as SparseMatrix
from phimath.sparse.stencil_operator import Side as Side
from phimath.sparse.stencil_operator import StencilOperator as StencilOperator
from phimath.sparse.tensor import Sparse as Sparse

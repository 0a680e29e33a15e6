"""Linear functions: operators, and matrices that store few entries."""

from phimath.sparse.flux_form import FluxForm as FluxForm
from phimath.sparse.operator import LinearOperator as LinearOperator
from phimath.sparse.operator import SymmetricOperator as SymmetricOperator

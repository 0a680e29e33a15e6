"""The conformance suite: what every backend must do, as one table of cases per topic.

A test file of a backend's package holds the line `from phimath.testing.conformance import *`.
"""

from phimath.testing.conformance.suite import (
    test_case_names_are_unique as test_case_names_are_unique,
)
from phimath.testing.conformance.suite import test_contract_is_covered as test_contract_is_covered
from phimath.testing.conformance.suite import (
    test_declarations_give_advice as test_declarations_give_advice,
)
from phimath.testing.conformance.suite import (
    test_gradient_equals_finite_differences as test_gradient_equals_finite_differences,
)
from phimath.testing.conformance.suite import (
    test_its_sparse_arrays_are_recognised as test_its_sparse_arrays_are_recognised,
)
from phimath.testing.conformance.suite import (
    test_result_equals_that_of_numpy as test_result_equals_that_of_numpy,
)
from phimath.testing.conformance.suite import (
    test_result_stays_on_its_device as test_result_stays_on_its_device,
)
from phimath.testing.conformance.suite import (
    test_signature_is_that_of_the_contract as test_signature_is_that_of_the_contract,
)
from phimath.testing.conformance.suite import (
    test_tangent_equals_finite_differences as test_tangent_equals_finite_differences,
)
from phimath.testing.conformance.tracing import (
    test_compiled_result_equals_that_of_numpy as test_compiled_result_equals_that_of_numpy,
)
from phimath.testing.conformance.tracing import (
    test_errors_while_tracing_leave_no_residue as test_errors_while_tracing_leave_no_residue,
)
from phimath.testing.conformance.tracing import (
    test_functions_are_traced_once as test_functions_are_traced_once,
)
from phimath.testing.conformance.tracing import (
    test_loops_are_traced_once as test_loops_are_traced_once,
)

__all__ = [
    "test_compiled_result_equals_that_of_numpy",
    "test_loops_are_traced_once",
    "test_errors_while_tracing_leave_no_residue",
    "test_functions_are_traced_once",
    "test_case_names_are_unique",
    "test_contract_is_covered",
    "test_declarations_give_advice",
    "test_gradient_equals_finite_differences",
    "test_signature_is_that_of_the_contract",
    "test_result_equals_that_of_numpy",
    "test_its_sparse_arrays_are_recognised",
    "test_result_stays_on_its_device",
    "test_tangent_equals_finite_differences",
]

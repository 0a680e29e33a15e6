"""The generic backend over the strictest namespace of the Array API standard."""

import array_api_strict
import pytest

from phimath.backend import ArrayApiBackend
from phimath.backend.support import advice
from phimath.dtype import FLOAT16
from phimath.errors import DTypeError
from phimath.testing.conformance.modes import MODES
from phimath.testing.conformance.suite import CASES


class StrictNamespace(ArrayApiBackend):
    name = "array_api_strict"
    xp = array_api_strict

    def device_name(self, device):
        return str(device).split("'")[1].lower()


BACKEND = StrictNamespace()
# The standard has no half precision.
SUPPORTED = [
    case
    for case in CASES
    if advice(BACKEND, case.method) is None and not case.name.startswith("float16")
]


@pytest.mark.parametrize("case", SUPPORTED, ids=str)
def test_generic_method_equals_numpy(case):
    MODES["eager"](BACKEND, case)


def test_type_that_the_namespace_lacks_is_named():
    with pytest.raises(DTypeError, match="array_api_strict has no data type float16"):
        BACKEND.native_dtype(FLOAT16)


def test_own_method_ends_the_declaration_that_it_is_missing():
    class Differentiating(StrictNamespace):
        def value_and_gradient(self, function, arguments):
            return (*function(*arguments), ())

    assert "value_and_gradient" in StrictNamespace.unsupported
    assert "value_and_gradient" not in Differentiating.unsupported

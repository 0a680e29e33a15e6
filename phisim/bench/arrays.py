"""The native arrays in a result."""

from __future__ import annotations

from typing import Any

from phimath.stacked import Stacked
from phimath.tensor import Tensor
from phisim.field import Field


def natives(result: Any) -> list[Any]:
    """Arrays of tensors and of the values of fields, one per component; native ones as they are."""
    if isinstance(result, (tuple, list)):
        return [array for part in result for array in natives(part)]
    if isinstance(result, Field):
        return natives(list(result.components.values()) if result.is_staggered else result.values)
    if isinstance(result, Stacked):
        return natives(result.components)
    if isinstance(result, Tensor):
        return [result.native(result.shape)]
    return [result]

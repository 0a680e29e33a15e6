"""Functions of native arrays, such as networks of a framework, called with fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phimath.errors import ShapeError
from phimath.transform import native_call as call_with_tensors
from phisim.field.field import Field

if TYPE_CHECKING:
    from collections.abc import Callable


def native_call(
    function: Callable[..., Any],
    *inputs: Any,
    channels_last: bool | None = None,
    channel_dim: str = "vector",
    boundary: Any = None,
) -> Field:
    """Call a function of arrays of the framework, such as a network, with centered fields.

    Args:
        function: Gets an array with the axes `(examples, x, y, …, channels)`, or with channels
            second, per input; see `phimath.native_call`.  Returns one with as many cells.
        inputs: Fields on cell centers, tensors and numbers; at least one field.
        channels_last: Order of the axes; by default that of networks of the framework.
        channel_dim: Name of the channel dimension of the result.
        boundary: Of the result; by default that of the first field.

    Returns:
        Field on the grid of the first one.

    Raises:
        ShapeError: none of the inputs is a field, one is staggered, or the result has other axes.
    """
    fields = [value for value in inputs if isinstance(value, Field)]
    if not fields:
        raise ShapeError(
            "There is no field among the inputs. Give one, or call math.native_call with tensors."
        )
    if any(field.is_staggered for field in fields):
        raise ShapeError(
            "The components of a staggered field have different sizes, which an array can't hold. "
            "Give field.at_centers(), or math.native_call the tensor staggered_tensor(field)."
        )
    values = [value.values if isinstance(value, Field) else value for value in inputs]
    result = call_with_tensors(
        function, *values, channels_last=channels_last, channel_dim=channel_dim
    )
    found = fields[0].with_values(result)
    return found if boundary is None else found.with_boundary(boundary)

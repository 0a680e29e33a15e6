"""The errors that users see.  Each message says what came, what was expected and what to do."""

from __future__ import annotations


class PhiError(Exception):
    """Base of all errors raised on purpose by phimath and phisim."""


class ShapeError(PhiError, ValueError):
    """Dimensions, sizes, types or labels don't fit together."""


class DimensionError(ShapeError, KeyError):
    """A dimension was named that the object does not have."""

    def __str__(self) -> str:
        return ValueError.__str__(self)


class LabelError(ShapeError, KeyError):
    """A label was named that the dimension does not have, or two label orders differ."""

    def __str__(self) -> str:
        return ValueError.__str__(self)


class DTypeError(PhiError, TypeError):
    """A data type does not exist or does not fit the operation."""


class BackendError(PhiError):
    """A backend is missing, broken or mixed with another."""


class BackendNotInstalled(BackendError, ImportError):
    """The framework behind a backend is not installed."""


class DeviceError(BackendError, ValueError):
    """A device was named that does not exist."""


class NotSupported(PhiError, NotImplementedError):
    """What was asked for is declared as unsupported; the message says what to use instead."""


class BoundaryError(PhiError, ValueError):
    """A boundary names an unknown axis, misses a side or contradicts the grid."""


class ValueRangeError(PhiError, ValueError):
    """A number lies outside of the range where the operation is defined."""


class SolveError(PhiError):
    """A solve did not deliver; `result` holds what was reached and how."""

    def __init__(self, message: str, result: object = None) -> None:
        """Keep the partial `result` (a `SolveInfo`) with the error, so that no work is lost."""
        super().__init__(message)
        self.result = result


class NotConverged(SolveError):
    """The tolerance was not reached within the allowed iterations."""


class Diverged(SolveError):
    """The iteration produced non-finite or growing residuals."""


class StabilityWarning(UserWarning):
    """A step is larger than the limit of the scheme; the message names the limit."""


class ResolutionWarning(UserWarning):
    """Something is smaller than what a grid can see; the message says what."""

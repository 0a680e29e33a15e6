"""The same computations in plain code of each framework: what ours are measured against.

The only package of phisim that may import frameworks, and each module only its own.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    import numpy as np

BACKENDS: Final = ("numpy", "torch", "jax", "tensorflow")


class Reference(Protocol):
    """What each module here provides.

    OPERATIONS: function of native arrays by the key of a row.  Staggered fields are given by a list
        of their components.
    """

    OPERATIONS: Mapping[str, Callable[..., Any]]

    def array(self, values: np.ndarray) -> Any:
        """Native array with these values."""
        ...

    def synchronize(self, result: Any) -> None:
        """Wait until a result, or the components of one, is computed."""
        ...

    def single_threaded(self) -> AbstractContextManager[None]:
        """Limits the framework to one thread where it can be changed while it runs."""
        ...


def is_installed(name: str) -> bool:
    """Whether a framework could be imported; it is not."""
    return find_spec(name) is not None


def reference(name: str) -> Reference:
    """Native code in this framework, which is imported."""
    return import_module(f"{__name__}.{name}")  # pyright: ignore[reportReturnType]

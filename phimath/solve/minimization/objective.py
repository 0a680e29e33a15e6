"""The function to be minimised, as optimisers on the host see it: vectors in, numbers out."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, final
from weakref import WeakKeyDictionary

import numpy as np

from phimath.backend.discovery import load
from phimath.backend.support import supports
from phimath.context import default, default_backend
from phimath.dimension import instance
from phimath.dtype import precision_bits
from phimath.errors import NotSupported, ShapeError
from phimath.layout import UNKNOWN, batch_of, layout_of
from phimath.shape import concat_shapes
from phimath.tensor import Tensor, dense_of
from phimath.transform.compile import CompiledFunction, jit_compile
from phimath.transform.gradient import value_and_gradient

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from phimath.layout import VectorLayout
    from phimath.shape import Shape

    Rows = NDArray[np.float64]


@final
class Objective:
    """Values and gradients of a function of a tree, at one vector per independent problem.

    layout: How the tree lies in the vectors; its batch are the batch dimensions of the loss.
    start: The initial guesses (problem, unknown).
    calls: How often the function has been evaluated, for all problems at once.
    """

    def __init__(self, function: Callable[..., Any], start: Any, needs_gradient: bool) -> None:
        """Evaluate once, at the start, to learn which problems are independent.

        Raises:
            NotSupported: the default backend has no derivatives, but they are needed.
            ShapeError: the loss has other than batch dimensions.
        """
        if needs_gradient and not supports(default_backend(), "value_and_gradient"):
            raise NotSupported(
                f"{default_backend().name} has no derivatives, which this method needs. Use "
                "method='Nelder-Mead', 'Powell', 'COBYLA' or 'COBYQA', or another import line: "
                "from phisim.torch import *, from phisim.jax import * or "
                "from phisim.tensorflow import *."
            )
        self._function = function
        self._needs_gradient = needs_gradient
        self.calls = 0
        self.layout: VectorLayout = layout_of(start, batch_of(start))
        self._program = self._make_program()
        vector = self.layout.pack(start)
        self.start = self.rows(vector)
        loss = self._evaluate(self.start)
        if set(loss.shape.dims) != set(self.layout.batch.dims):
            self.layout = layout_of(start, loss.shape)
            self._program = self._make_program()
            self.start = self.rows(self.layout.pack(start))
            self._evaluate(self.start)

    @property
    def problems(self) -> int:
        """Number of independent problems."""
        return self.layout.batch.volume

    def __call__(self, rows: Rows) -> tuple[Rows, Rows]:
        """Values (problem) and gradients (problem, unknown), empty if not needed."""
        if not np.array_equal(rows, self._last):
            self._evaluate(rows)
        return self._values, self._gradients

    def rows(self, vector: Tensor) -> Rows:
        """Host array (problem, unknown) of a vector."""
        native = vector.dense().stored_in((*self.layout.batch.names, UNKNOWN))
        array = np.array(vector.backend.to_numpy(native), np.float64)
        return array.reshape(self.layout.batch.volume, -1)

    def vector(self, rows: Rows, batch: Shape | None = None) -> Tensor:
        """Vector on the default backend and device of a host array (problem, unknown)."""
        shape = concat_shapes(
            self.layout.batch if batch is None else batch, instance(**{UNKNOWN: rows.shape[-1]})
        )
        backend, device = default()
        array = rows.astype(np.float64 if precision_bits() == 64 else np.float32)
        native = backend.from_numpy(array.reshape(shape.int_sizes))
        if device is not None and backend.device(native) != device:
            native = backend.to_device(native, device)
        return dense_of(native, backend, shape)

    def per_problem(self, values: NDArray[Any], batch: Shape | None = None) -> Tensor:
        """Tensor of a host array (problem)."""
        groups = self.layout.batch if batch is None else batch
        native = values if groups.rank == 1 else values.reshape(groups.int_sizes)
        return dense_of(native, load("numpy"), groups)

    def _make_program(self) -> Callable[[Tensor], tuple[Any, Any]]:
        function = self._function
        if not isinstance(function, CompiledFunction):
            return _program(lambda: function, self.layout, self._needs_gradient)
        known = _programs.setdefault(function, {})
        key = self.layout, self._needs_gradient
        if key not in known:
            program = _program(weakref.ref(function), *key)
            known[key] = jit_compile(program, optimize=function.optimize)
        return known[key]

    def _evaluate(self, rows: Rows) -> Tensor:
        loss, gradients = self._program(self.vector(rows))
        self.calls += 1
        self._last = rows.copy()
        count = len(rows)
        if set(loss.shape.dims) == set(self.layout.batch.dims):
            native = loss.dense().stored_in(self.layout.batch.names)
            self._values = np.array(loss.backend.to_numpy(native), np.float64).reshape(count)
        self._gradients = np.zeros((count, 0)) if gradients is None else self.rows(gradients)
        return loss


# Compiled functions keep their compiled gradients, for the next minimisation.
_programs: WeakKeyDictionary[Any, dict[Any, Callable[..., Any]]] = WeakKeyDictionary()


def _program(
    function: Callable[[], Callable[..., Any] | None], layout: VectorLayout, needs_gradient: bool
) -> Callable[[Tensor], tuple[Any, Any]]:
    """Value and gradient of a vector; refers to the function only by what returns it."""

    def loss_of_vector(vector: Tensor) -> Tensor:
        called = function()
        assert called is not None
        tree = layout.unpack(vector)
        output = called(*tree) if isinstance(tree, (tuple, list)) else called(tree)
        return _checked_loss(output)

    if not needs_gradient:
        return lambda vector: (loss_of_vector(vector), None)
    return value_and_gradient(loss_of_vector)


def _checked_loss(output: Any) -> Tensor:
    loss = output[0] if isinstance(output, (tuple, list)) else output
    if not isinstance(loss, Tensor) or loss.shape.non_batch or loss.dtype.kind != "float":
        found = f"{loss.dtype} of shape {loss.shape}" if isinstance(loss, Tensor) else repr(loss)
        raise ShapeError(
            f"The function to minimise returned {found}, but the loss must be a real floating "
            "scalar (besides batch dimensions, which list independent problems). Reduce it, e.g. "
            "with l2_loss or sum."
        )
    return loss


__all__ = ["Objective"]

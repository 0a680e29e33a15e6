"""Topic `gradient` on TensorFlow: reverse-mode derivatives by tapes.

Tapes follow our convention for complex numbers, ∂L/∂(real) + i ∂L/∂(imaginary); an outer one
records what an inner one computes, so that derivatives of any order nest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phimath.backend.contract.gradient import Gradient
from phimath_tensorflow.close import ClosedFunction, recorded
from phimath_tensorflow.library import native, tf

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_identity = native("Identity")
_zeros_like = native("ZerosLike")


class TensorFlowGradient(Gradient[tf.Tensor]):
    """Derivatives with respect to tensors and variables alike."""

    def value_and_gradient(
        self,
        function: Callable[..., tuple[tf.Tensor, tuple[tf.Tensor, ...]]],
        arguments: Sequence[tf.Tensor],
    ) -> tuple[tf.Tensor, tuple[tf.Tensor, ...], tuple[tf.Tensor, ...]]:
        # Tensors of their own: one tensor may be several arguments, and the function may hold it.
        inputs = [_identity(tf.convert_to_tensor(argument)) for argument in arguments]
        watched = [a for a in inputs if a.dtype.is_floating or a.dtype.is_complex]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(watched)
            with recorded(True):
                loss, extra = function(*inputs)
        found = iter(
            tape.gradient(loss, watched, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        )
        gradients = tuple(
            tf.convert_to_tensor(next(found))  # indexing has a sparse gradient
            if a.dtype.is_floating or a.dtype.is_complex
            else _zeros_like(a)
            for a in inputs
        )
        return loss, tuple(extra), gradients

    def custom_gradient(
        self,
        forward: Callable[..., tuple[tf.Tensor, ...]],
        backward: Callable[
            [tuple[tf.Tensor, ...], tuple[tf.Tensor, ...], tuple[tf.Tensor | None, ...]],
            tuple[tf.Tensor | None, ...],
        ],
        arguments: Sequence[tf.Tensor],
    ) -> tuple[tf.Tensor, ...]:
        # Tensors of this graph: a derivative of the rule may not reach into those around it.
        inputs = tuple(_identity(tf.convert_to_tensor(argument)) for argument in arguments)
        outputs: list[tf.Tensor] = []

        def gradient(
            *cotangents: tf.Tensor, variables: Sequence[tf.Variable] | None = None
        ) -> object:
            # Outputs of the whole, not those inside of `forward`: their derivative is this rule.
            dense = tuple(None if c is None else tf.convert_to_tensor(c) for c in cotangents)
            result = tuple(backward(inputs, tuple(outputs), dense))
            return result if variables is None else (result, [None] * len(variables))

        @tf.custom_gradient
        def call(*tensors: tf.Tensor) -> tuple[tuple[tf.Tensor, ...], object]:
            # Cut off from the tapes, which would keep all intermediate results of `forward`.
            with recorded(False):
                results = tuple(forward(*(tf.stop_gradient(tensor) for tensor in tensors)))
            return results, gradient

        results: Any = call(*inputs)  # the decorator changes what the function returns
        outputs.extend(results)
        return tuple(outputs)

    def stop_gradient(self, a: tf.Tensor) -> tf.Tensor:
        return tf.stop_gradient(a)

    def vjp(
        self, function: Callable[..., tuple[tf.Tensor, ...]], arguments: Sequence[tf.Tensor]
    ) -> tuple[
        tuple[tf.Tensor, ...], Callable[[Sequence[tf.Tensor | None]], tuple[tf.Tensor, ...]]
    ]:
        inputs = [_identity(tf.convert_to_tensor(argument)) for argument in arguments]
        with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
            tape.watch(inputs)
            with recorded(True):
                outputs = tuple(function(*inputs))

        def pullback(cotangents: Sequence[tf.Tensor | None]) -> tuple[tf.Tensor, ...]:
            pairs = [(o, c) for o, c in zip(outputs, cotangents, strict=True) if c is not None]
            found = tape.gradient(
                [output for output, _ in pairs],
                inputs,
                [cotangent for _, cotangent in pairs],
                unconnected_gradients=tf.UnconnectedGradients.ZERO,
            )
            return tuple(map(tf.convert_to_tensor, found))

        return outputs, pullback

    def close(
        self, function: Callable[..., tuple[tf.Tensor, ...]], arguments: Sequence[tf.Tensor]
    ) -> tuple[Callable[..., tuple[tf.Tensor, ...]], tuple[tf.Tensor, ...]]:
        closed = ClosedFunction(function, arguments)
        return closed, closed.captured

    def records(self, arrays: Sequence[tf.Tensor]) -> bool | None:
        """Unknown: tapes don't tell what they watch."""
        return None

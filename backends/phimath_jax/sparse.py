"""Topic `sparse` on JAX: the arrays BCOO and BCSR."""

from __future__ import annotations

import sys
from typing import Any

import jax
import jax.numpy as jnp

from phimath.backend.contract.sparse import Sparse, SparseParts
from phimath.errors import NotSupported


class JaxSparse(Sparse[jax.Array]):
    """Without batches of positions."""

    def is_sparse(self, array: object) -> bool:
        """By the type, for which nothing is loaded."""
        module = sys.modules.get("jax.experimental.sparse")
        return module is not None and isinstance(array, module.JAXSparse)

    def sparse_parts(self, array: Any) -> SparseParts[jax.Array]:
        """BCSR by way of BCOO, whose padding is left out."""
        name = type(array).__name__
        if name not in ("BCOO", "BCSR") or array.n_batch:
            raise NotSupported(
                f"{name} of JAX with sizes {array.shape} can't be converted. Expected BCOO or BCSR "
                "without batch axes, as of jax.experimental.sparse.BCOO.fromdense(matrix)."
            )
        entries = array.to_bcoo() if name == "BCSR" else array
        indices, values = entries.indices, entries.data
        # Entries that stand for none are beyond the last element.
        inside = (indices < jnp.asarray(array.shape[: indices.shape[1]], indices.dtype)).all(1)
        if not bool(inside.all()):
            indices, values = indices[inside], values[inside]
        return "csr" if name == "BCSR" else "coo", tuple(array.shape), indices, values

    def sparse_native(
        self, format: str, sizes: tuple[int, ...], indices: jax.Array, values: jax.Array
    ) -> Any:
        """BCSR for `csr`, else BCOO."""
        from jax.experimental import sparse  # takes a third of a second

        entries = sparse.BCOO((values, indices), shape=sizes, unique_indices=format != "coo")
        return sparse.BCSR.from_bcoo(entries) if format == "csr" else entries

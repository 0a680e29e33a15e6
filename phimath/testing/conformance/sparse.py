"""Cases of the topic `sparse`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from phimath.testing.conformance.case import NUMERIC, Case, Made, sample

if TYPE_CHECKING:
    from collections.abc import Iterator

    from phimath.backend import Backend

# Ordered by rows.
_INDICES: Final = np.array([[0, 1], [1, 0], [1, 2], [3, 2]])
_BY_COLUMNS: Final = _INDICES[np.lexsort(_INDICES.T)]
_LAYOUTS: Final = {
    "coo": ((4, 3), _INDICES),
    "csr": ((4, 3), _INDICES),
    "csc": ((4, 3), _BY_COLUMNS),
    "coo-empty": ((4, 3), np.zeros((0, 2), np.int64)),
    "coo-vector": ((5,), np.array([[1], [4]])),
}


def _filled(parts: Any) -> tuple[str, np.ndarray]:
    """Element type, and values of all elements."""
    _, sizes, indices, values = parts
    result = np.zeros(sizes, values.dtype)
    np.add.at(result, tuple(indices.T), values)
    return values.dtype.name, result


def _parts(layout: str, dtype: str) -> tuple[Any, ...]:
    sizes, indices = _LAYOUTS[layout]
    return layout.partition("-")[0], sizes, indices, sample(dtype, len(indices))


def _cases() -> Iterator[Case]:
    names = [*((layout, "float32") for layout in _LAYOUTS), *(("csr", t) for t in NUMERIC[1:])]
    for layout, dtype in names:
        parts = _parts(layout, dtype)

        def made(backend: Backend[Any], parts: Any = parts) -> Any:
            format, sizes, *arrays = parts
            return backend.sparse_native(format, sizes, *map(backend.from_numpy, arrays))

        def expected(*_: Any, parts: Any = parts) -> tuple[str, np.ndarray]:
            return _filled(parts)

        name = f"{layout}-{dtype}"
        yield Case(name, "sparse_native", parts, expected, _filled)
        yield Case(name, "sparse_parts", (Made(made),), expected, _filled)
    yield Case("dense", "is_sparse", (sample("float32", 2, 3),), lambda _: False)


CASES: Final = tuple(_cases())

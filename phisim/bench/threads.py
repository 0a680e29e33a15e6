"""How many threads the frameworks may use."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

# Each framework reads its own when it is loaded; OpenMP's is PyTorch's.
_VARIABLES: Final = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")


@contextmanager
def limited_to(threads: int | None) -> Iterator[None]:
    """Limit frameworks that are loaded inside, here and in processes started here.

    By the environment and, where there is such a thing, the processors of this process: the only
    limit that XLA keeps.  `None` changes nothing.
    """
    if threads is None:
        yield
        return
    before = {name: os.environ.get(name) for name in _VARIABLES}
    os.environ.update(dict.fromkeys(_VARIABLES, str(threads)))
    processors = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    if processors is not None:
        os.sched_setaffinity(0, sorted(processors)[-threads:])
    try:
        yield
    finally:
        if processors is not None:
            os.sched_setaffinity(0, processors)
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value

"""What a differentiated rollout keeps in memory, and what it computes again.

All policies are made of scans: a rollout in segments is a scan whose body is a scan.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, sqrt
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, final

from phimath.dtype import INT64
from phimath.errors import NotSupported, ValueRangeError
from phimath.transform.closed import is_floating
from phimath.transform.loop.binomial import binomial_scan
from phimath.transform.loop.scan import Scan, ScanResult, scan

if TYPE_CHECKING:
    from phimath.backend.contract import Backend
    from phimath.broadcast import Native

Arrays = tuple[Any, ...]


@final
@dataclass(frozen=True)
class Every:
    """Keep the state before every `steps` steps, and those of one segment at a time.

    Memory of n / steps + steps states, for one more evaluation of each step.
    """

    steps: int

    def __post_init__(self) -> None:
        _check("Every", "steps", self.steps)


@final
@dataclass(frozen=True)
class Binomial:
    """Keep so many states at a time, placed such that the fewest steps are computed again.

    With s snapshots, n ≤ (s + t)! / (s! t!) steps are computed at most t times again.  Derivatives
    of second order keep all states.

    Source: Griewank and Walther, Algorithm 799: revolve, ACM TOMS 26 (2000).
    """

    snapshots: int

    def __post_init__(self) -> None:
        _check("Binomial", "snapshots", self.snapshots)


@final
@dataclass(frozen=True)
class Truncated:
    """Cut the derivative off before the last `steps` steps, and again every so many before.

    The gradient is not that of the function: of what happened longer ago, it knows nothing.  For
    chaotic systems, whose derivatives grow without bound.
    """

    steps: int

    def __post_init__(self) -> None:
        _check("Truncated", "steps", self.steps)


Checkpoint: TypeAlias = Literal["all", "sqrt"] | Every | Binomial | Truncated


def _check(policy: str, name: str, value: object) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueRangeError(f"{policy} takes a number of {name} of at least 1, not {value!r}.")


def check_policy(policy: Checkpoint) -> None:
    """Raise an error for what is no policy."""
    if policy not in ("all", "sqrt") and not isinstance(policy, Every | Binomial | Truncated):
        raise ValueRangeError(
            f"checkpoint must be 'all', 'sqrt', Every(k), Binomial(snapshots) or Truncated(steps), "
            f"not {policy!r}."
        )


def rollout(backend: Backend[Any], what: Scan, state: Arrays, policy: Checkpoint) -> ScanResult:
    """A scan without rows whose derivative keeps states by a policy."""
    if policy == "sqrt":
        policy = Every(max(ceil(sqrt(what.length)), 1))
    if policy == "all" or what.length <= 1:
        return scan(backend, what, state)
    if isinstance(policy, Binomial):
        if what.condition is not None:
            raise NotSupported(
                "Binomial(…) places its snapshots before the first step, so that the number of "
                "steps must be known. Use Every(k) or 'sqrt' together with `until`."
            )
        return binomial_scan(backend, what, state, policy.snapshots)
    if policy.steps >= what.length:
        return scan(backend, what, state)
    return _in_segments(backend, what, state, policy)


def _in_segments(
    backend: Backend[Any], what: Scan, state: Arrays, policy: Every | Truncated
) -> ScanResult:
    """Segments of equal length, and one shorter one: the first if truncated, else the last."""
    steps, is_cut = policy.steps, isinstance(policy, Truncated)
    count, rest = divmod(what.length, steps)
    parts: list[ScanResult] = []
    if rest and is_cut:
        parts.append(scan(backend, replace(what, length=rest), state))
        state = parts[0].state
    parts.append(_segments(backend, replace(what, length=steps), state, count, is_cut))
    if rest and not is_cut:
        parts.append(scan(backend, replace(what, length=rest), parts[0].state))
    add = backend.function("add")
    if len(parts) == 1:
        return parts[0]
    first, second = parts
    return ScanResult(
        second.state,
        tuple(backend.concat(pair, 0) for pair in zip(first.kept, second.kept, strict=True)),
        add(first.count, second.count),
    )


def _segments(
    backend: Backend[Any], what: Scan, state: Arrays, count: int, is_cut: bool
) -> ScanResult:
    add = backend.function("add")

    def segment(done: Native, *state: Native) -> Arrays:
        if is_cut:
            state = tuple(backend.stop_gradient(a) if is_floating(backend, a) else a for a in state)
        part = scan(backend, what, state)
        return (add(done, part.count), *part.state, *part.kept)

    condition = what.condition
    outer = Scan(
        segment,
        count,
        None if condition is None else lambda _, *state: condition(*state),
        fixed=what.fixed,
    )
    result = scan(backend, outer, (backend.full((), 0, INT64), *state))
    kept = tuple(_merged(backend, rows) for rows in result.kept)
    return ScanResult(result.state[1:], kept, result.state[0])


def _merged(backend: Backend[Any], rows: Native) -> Native:
    """Rows of segments one after the other."""
    segments, steps, *inner = backend.sizes(rows)
    return backend.reshape(rows, (segments * steps, *inner))

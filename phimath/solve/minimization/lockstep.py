"""Several optimisers that each call a function, run so that one evaluation serves all of them.

Libraries such as SciPy call the function to be minimised; they can't be asked for the next point.
So each of several independent optimisers runs in a thread of its own, which only waits: in each
round every optimiser asks for one point, and the calling thread evaluates all points at once.  The
function itself thus runs in the calling thread, with its context, whatever it is written in.
"""

from __future__ import annotations

from contextvars import copy_context
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

R = TypeVar("R")
Point: TypeAlias = Any
Ask: TypeAlias = "Callable[[Point], Any]"


class _Question(NamedTuple):
    who: int
    point: Point


class _Finished(NamedTuple):
    who: int
    result: Any
    error: BaseException | None


class _Stopped(BaseException):
    """Ends an optimiser whose answer will never come.  No `Exception`, which it might catch."""


_STOP = object()


def run_in_lockstep(
    optimisers: Sequence[Callable[[Ask], R]],
    evaluate: Callable[[Mapping[int, Point]], Mapping[int, Any]],
) -> list[R]:
    """Results of all optimisers; each is called with a function that answers its questions.

    Args:
        optimisers: Called once each, as `optimiser(ask)`; may call `ask(point)` at any time.
        evaluate: Answers by number of the optimiser, for the points that are asked in one round.

    An error of `evaluate` or of an optimiser ends all optimisers and is raised at once.
    """
    messages: SimpleQueue[_Question | _Finished] = SimpleQueue()
    answers: list[SimpleQueue[Any]] = [SimpleQueue() for _ in optimisers]
    threads = [
        Thread(
            target=copy_context().run,
            args=(_run, i, optimiser, messages, answers[i]),
            daemon=True,
        )
        for i, optimiser in enumerate(optimisers)
    ]
    for thread in threads:
        thread.start()
    try:
        return _answer_all(messages, answers, evaluate)
    finally:
        # Those that have finished don't read it; the others stop at their next question.
        for queue in answers:
            queue.put(_STOP)
        for thread in threads:
            thread.join()


def _answer_all(
    messages: SimpleQueue[_Question | _Finished],
    answers: Sequence[SimpleQueue[Any]],
    evaluate: Callable[[Mapping[int, Point]], Mapping[int, Any]],
) -> list[Any]:
    results: dict[int, Any] = {}
    computing = len(answers)
    while len(results) < len(answers):
        asked: dict[int, Point] = {}
        for _ in range(computing):
            message = messages.get()
            if isinstance(message, _Question):
                asked[message.who] = message.point
                continue
            if message.error is not None:
                raise message.error
            results[message.who] = message.result
        if asked:
            for who, answer in evaluate(asked).items():
                answers[who].put(answer)
        computing = len(asked)
    return [results[i] for i in range(len(answers))]


def _run(
    who: int,
    optimiser: Callable[[Ask], Any],
    messages: SimpleQueue[_Question | _Finished],
    answers: SimpleQueue[Any],
) -> None:
    def ask(point: Point) -> Any:
        messages.put(_Question(who, point))
        answer = answers.get()
        if answer is _STOP:
            raise _Stopped
        return answer

    try:
        messages.put(_Finished(who, optimiser(ask), None))
    except _Stopped:
        return
    except BaseException as error:  # raised again in the calling thread
        messages.put(_Finished(who, None, error))


__all__ = ["run_in_lockstep"]

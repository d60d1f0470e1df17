"""Engines in processes of their own: many photographs, one answer for each, in order."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import islice
from multiprocessing import resource_tracker
from types import TracebackType
from typing import Generic, Self, TypeVar

from bot.errors import Unavailable
from bot.matching.deepface_engine import DeepFaceEngine
from bot.matching.weights import ModelFiles

One = TypeVar("One")
Answer = TypeVar("Answer")

_AT_ONCE = 4
"""Handed over together: handing over costs a process a millisecond each time."""
_AHEAD = 2
"""Such portions in the pipe for each process: enough to keep it busy, few enough to stay small."""


class EngineProcesses:
    """One loaded engine in each of ``processes`` processes, started when first needed."""

    def __init__(self, files: ModelFiles, processes: int) -> None:
        self.model = files.model
        self._files, self._processes = files, processes
        self._executor = self._started()

    def _started(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            self._processes,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_load,
            initargs=(self._files,),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._executor.shutdown(cancel_futures=True)

    def through(
        self,
        work: Callable[[DeepFaceEngine, One], Answer],
        given: Iterable[One],
        killed: Callable[[One], Answer] | None = None,
    ) -> Iterator[Answer]:
        """Yield what ``work`` answers for each, in the order given, reading only a little ahead.

        ``work`` is a function of a module, or a partial of one. If a process dies, whatever was on its
        way is tried once more, each alone; of the one that kills a process again the answer is
        ``killed``. Raises Unavailable without it, and if a process dies of nothing.
        """
        rest, waiting = iter(given), deque[_Portion[One, Answer]]()
        try:
            while some := list(islice(rest, _AT_ONCE)):
                waiting.append(_Portion(some, self._handed_over(work, some)))
                if len(waiting) >= _AHEAD * self._processes:
                    yield from self._answers(work, waiting, killed)
            while waiting:
                yield from self._answers(work, waiting, killed)
        finally:
            for portion in waiting:
                portion.future.cancel()

    def _answers(
        self,
        work: Callable[[DeepFaceEngine, One], Answer],
        waiting: "deque[_Portion[One, Answer]]",
        killed: Callable[[One], Answer] | None,
    ) -> Iterator[Answer]:
        """Of the first that is waiting; where a process died, of all of them: they were lost together."""
        portion = waiting.popleft()
        try:
            answers = portion.future.result()
        except BrokenProcessPool as error:
            if killed is None:
                raise _died() from error
            lost = [portion, *waiting]
            waiting.clear()
            for one in lost:
                yield from self._once_more(work, one, killed)
            return
        yield from answers

    def _handed_over(
        self, work: Callable[[DeepFaceEngine, One], Answer], some: list[One]
    ) -> Future[list[Answer]]:
        """Lost at once where a process is dead already."""
        try:
            return self._submit(work, some)
        except BrokenProcessPool as error:
            lost: Future[list[Answer]] = Future()
            lost.set_exception(error)
            return lost

    def _once_more(
        self,
        work: Callable[[DeepFaceEngine, One], Answer],
        lost: "_Portion[One, Answer]",
        killed: Callable[[One], Answer],
    ) -> Iterator[Answer]:
        if lost.future.done() and lost.future.exception() is None:
            yield from lost.future.result()
            return
        for one in lost.given:
            try:
                self._renew()
                answers = self._submit(work, [one]).result()
            except BrokenProcessPool:
                answers = [killed(one)]
            yield from answers

    def _renew(self) -> None:
        """Start other processes in the place of dead ones. Raises Unavailable if those die, too, before
        they are given anything: then it was none of what they were given."""
        try:
            self._submit(_nothing, [None]).result()
        except BrokenProcessPool:
            self._executor.shutdown(cancel_futures=True)
            self._executor = self._started()
            try:
                self._submit(_nothing, [None]).result()
            except BrokenProcessPool as error:
                raise _died() from error

    def _submit(
        self, work: Callable[[DeepFaceEngine, One], Answer], given: list[One]
    ) -> Future[list[Answer]]:
        # Ctrl-C reaches every process of the terminal, and whoever asked for the work decides. The
        # first call starts the processes: they keep what is blocked here, from their first moment on.
        # Python's own helper process comes before: starting it would unblock the signal again.
        resource_tracker.ensure_running()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            return self._executor.submit(_answers, work, given)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_with_parent() -> None:
    """End this process when the one that started it is gone: a killed one tells nobody, and this one
    would work, or wait for work, for ever."""
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    if (parent := multiprocessing.parent_process()) is not None:
        parent.join()
        os._exit(1)


@dataclass(frozen=True, slots=True, eq=False)
class _Portion(Generic[One, Answer]):
    """What was handed over together, and what comes of it."""

    given: list[One]
    future: Future[list[Answer]]


def _died() -> Unavailable:
    return Unavailable("A process that encodes faces died.")


def _nothing(_e: DeepFaceEngine, _n: None) -> None:
    """To see whether a process with an engine lives."""


_engine: DeepFaceEngine | None = None


def _load(files: ModelFiles) -> None:
    global _engine  # one engine for the life of a worker process
    end_with_parent()
    _engine = DeepFaceEngine(files)


def _answers(
    work: Callable[[DeepFaceEngine, One], Answer], given: list[One]
) -> list[Answer]:
    if _engine is None:
        raise Unavailable("This process has no engine.")
    return [work(_engine, one) for one in given]

"""Engines in processes of their own: many photographs, one answer for each, in order."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing import resource_tracker
from types import TracebackType
from typing import Self, TypeVar

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
        self._processes = processes
        self._executor = ProcessPoolExecutor(
            processes,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_load,
            initargs=(files,),
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
        self, work: Callable[[DeepFaceEngine, One], Answer], given: Iterable[One]
    ) -> Iterator[Answer]:
        """Yield what ``work`` answers for each, in the order given, reading only a little ahead.

        ``work`` is a function of a module, or a partial of one. Raises Unavailable if a process dies.
        """
        rest, waiting = iter(given), deque[Future[list[Answer]]]()
        try:
            while some := list(islice(rest, _AT_ONCE)):
                waiting.append(self._submit(work, some))
                if len(waiting) >= _AHEAD * self._processes:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        except BrokenProcessPool as error:
            raise Unavailable("A process that encodes faces died.") from error
        finally:
            for future in waiting:
                future.cancel()

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

"""Photographs of an evaluation into templates, as they are and degraded, in processes of their own."""

import multiprocessing
import os
import threading
import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from bot.errors import Refusal, Unavailable
from bot.matching.deepface_engine import DeepFaceEngine
from bot.matching.degradations import DEGRADATIONS
from bot.matching.engine import FaceEngine, Template, main_face
from bot.matching.images import MAX_BYTES, Image, decode
from bot.matching.weights import ModelFiles

_AHEAD = 8


@dataclass(frozen=True, slots=True)
class Task:
    """A photograph, the degradations to be made of it, and what chance in them depends on."""

    path: Path
    name: str
    degradations: tuple[str, ...] = ()
    seed: int = 0


class Encoders:
    """One loaded engine in each of ``processes`` processes.

    No degraded face is ever written anywhere: it is made in the process that encodes it.
    """

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
        self._executor.shutdown(cancel_futures=True)

    def encode(self, tasks: Iterable[Task]) -> Iterator[list[Template | None]]:
        """Yield, in order, the template of each photograph and then of its degradations; None: no face found."""
        waiting: deque[Future[list[Template | None]]] = deque()
        try:
            for task in tasks:
                waiting.append(self._executor.submit(_encode, task))
                if len(waiting) >= _AHEAD * self._processes:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool as error:
            raise Unavailable("A process that encodes faces died.") from error
        finally:
            for future in waiting:
                future.cancel()


def encode(engine: FaceEngine, task: Task) -> list[Template | None]:
    """Encode the main face of a photograph and of each of its degradations.

    A photograph without a face cannot be degraded (nobody knows where the mask belongs): no face is
    found in its degradations either. A file that cannot be read at all stops the evaluation.
    """
    try:
        with task.path.open("rb") as file:
            image = decode(file.read(MAX_BYTES + 1)).image
    except OSError as error:
        raise Unavailable(f"{task.name} cannot be read: {error.strerror}.") from error
    except Refusal:
        return [None] * (1 + len(task.degradations))
    if not (faces := engine.faces(image)):
        return [None] * (1 + len(task.degradations))
    face = main_face(faces, image)
    spoilt = (
        DEGRADATIONS[name](image, face.points, _random(task, name))
        for name in task.degradations
    )
    return [face.template, *(_template(engine, one) for one in spoilt)]


def _template(engine: FaceEngine, image: Image) -> Template | None:
    faces = engine.faces(image)
    return main_face(faces, image).template if faces else None


def _random(task: Task, degradation: str) -> np.random.Generator:
    """The same for the same photograph and degradation, whatever else is evaluated and in which order."""
    names = (zlib.crc32(text.encode()) for text in (task.name, degradation))
    return np.random.default_rng([task.seed, *names])


_engine: DeepFaceEngine | None = None


def _load(files: ModelFiles) -> None:
    global _engine  # one engine for the life of a worker process
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _engine = DeepFaceEngine(files)


def _end_with_parent() -> None:
    """A pool whose owner is killed is not told: its processes would wait for work for ever."""
    if (parent := multiprocessing.parent_process()) is not None:
        parent.join()
        os._exit(1)


def _encode(task: Task) -> list[Template | None]:
    if _engine is None:
        raise Unavailable("This process has no engine.")
    return encode(_engine, task)

"""Engines in processes of their own, for enrolling many photographs."""

import hashlib
import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from bot.domain.quality import ImageQuality, NoFace
from bot.errors import Refusal, Unavailable
from bot.matching.deepface_engine import DeepFaceEngine
from bot.matching.engine import FaceEngine, Points, Template, main_face
from bot.matching.images import MAX_BYTES, decode
from bot.matching.quality import measure
from bot.matching.weights import ModelFiles, prepare

_AHEAD = 8
"""Files in the pipe for each process: enough to keep it busy, few enough to stay small."""


@dataclass(frozen=True, slots=True, eq=False)
class EnrolResult:
    """A photograph as it would be enrolled. ``template`` or ``reason`` (and the rule's name) is None, never both.

    With several faces the template is that of the most central of the large ones
    (``engine.main_face``); ``faces`` says how many there were, for a stricter rule.
    """

    path: Path
    sha256: str
    faces: int
    template: Template | None = None
    points: Points | None = None
    reason: str | None = None
    rule: str | None = None
    quality: ImageQuality | None = None


class EnginePool:
    """One loaded engine in each of ``processes`` processes, started when first needed."""

    def __init__(
        self,
        home: Path,
        processes: int,
        model: str = "SFace",
        *,
        accept_licences: Collection[str] = (),
    ) -> None:
        files = prepare(home, model, accept_licences=accept_licences)
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

    def enrol_images(self, paths: Iterable[Path]) -> Iterator[EnrolResult]:
        """Decode, detect and encode in the workers; yield in the order of ``paths``, reading only a little ahead."""
        waiting: deque[Future[EnrolResult]] = deque()
        try:
            for path in paths:
                waiting.append(self._executor.submit(_enrol, path))
                if len(waiting) >= _AHEAD * self._processes:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool as error:
            raise Unavailable("A process that encodes faces died.") from error
        finally:
            for future in waiting:
                future.cancel()


def enrol(engine: FaceEngine, path: Path) -> EnrolResult:
    """Encode the one face that a photograph is of, or say why it cannot be enrolled."""
    try:
        data = _read(path)
    except OSError as error:
        why = f"The file cannot be read: {error.strerror}."
        return EnrolResult(path, "", 0, reason=why, rule="FILE_UNREADABLE")
    result = EnrolResult(path, hashlib.sha256(data).hexdigest(), 0)
    try:
        decoded = decode(data)
        found = engine.faces(decoded.image)
        if not found:
            raise NoFace
    except Refusal as refusal:
        return replace(result, reason=refusal.message, rule=refusal.rule)
    face = main_face(found, decoded.image)
    return replace(
        result,
        faces=len(found),
        template=face.template,
        points=face.points,
        quality=measure(decoded, face),
    )


def _read(path: Path) -> bytes:
    """Read one byte more than is allowed at most: the decoder then refuses by name what is too large."""
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


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


def _enrol(path: Path) -> EnrolResult:
    if _engine is None:
        raise Unavailable("This process has no engine.")
    return enrol(_engine, path)

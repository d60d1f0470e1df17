"""Engines in processes of their own, for enrolling many photographs."""

import hashlib
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from multiprocessing import resource_tracker
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from bot.domain.enrolling import NoFaceShown, check_enrollable, check_one_face
from bot.domain.quality import ImageQuality, NoFace
from bot.errors import Refusal, Unavailable
from bot.matching.deepface_engine import DeepFaceEngine
from bot.matching.engine import Face, FaceEngine, Points, Template, main_face
from bot.matching.images import MAX_BYTES, Decoded, decode
from bot.matching.quality import measure
from bot.matching.weights import ModelFiles, prepare

One = TypeVar("One")

_AT_ONCE = 4
"""Files handed over together: handing over costs a process a millisecond each time."""
_AHEAD = 2
"""Such portions in the pipe for each process: enough to keep it busy, few enough to stay small."""


@dataclass(frozen=True, slots=True, eq=False)
class EnrolResult:
    """A photograph as it would be enrolled. ``template`` or ``reason`` (and the rule's name) is None, never both.

    With several faces the template is that of the most central of the large ones
    (``engine.main_face``); ``faces`` says how many there were. ``quality`` is there whenever a face
    was measured, also of a photograph that is rejected.
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

    def enrol_images(
        self, paths: Iterable[Path], *, strict: bool = False
    ) -> Iterator[EnrolResult]:
        """Decode, detect and encode in the workers; yield in the order of ``paths``, reading only a little ahead.

        ``strict`` as in ``enrol``.
        """
        return self._through(partial(_enrol, strict=strict), paths)

    def encode_again(self, files: Iterable[bytes]) -> Iterator[EnrolResult]:
        """The same for photographs of record, which were held to the rules when they were enrolled: their
        bytes come from the vault and are not to lie anywhere unencrypted."""
        return self._through(_encode, files)

    def _through(
        self, work: Callable[[list[One]], list[EnrolResult]], given: Iterable[One]
    ) -> Iterator[EnrolResult]:
        rest, waiting = iter(given), deque[Future[list[EnrolResult]]]()
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
        self, work: Callable[[list[One]], list[EnrolResult]], given: list[One]
    ) -> Future[list[EnrolResult]]:
        # Ctrl-C reaches every process of the terminal, and whoever asked for the work decides. The
        # first call starts the processes: they keep what is blocked here, from their first moment on.
        # Python's own helper process comes before: starting it would unblock the signal again.
        resource_tracker.ensure_running()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            return self._executor.submit(work, given)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def enrol(engine: FaceEngine, path: Path, *, strict: bool = False) -> EnrolResult:
    """Encode the one face that a photograph is of, or say why it cannot be enrolled.

    ``strict`` holds the photograph to the rules of a gallery (``domain.enrolling``): one person, large
    and clear enough. Without it, as for measuring, the face of the person it is of is taken as it is.
    """
    try:
        data = _read(path)
    except OSError as error:
        why = f"The file cannot be read: {error.strerror}."
        return EnrolResult(path, "", 0, reason=why, rule="FILE_UNREADABLE")
    return encode(engine, data, path, strict=strict)


def encode(
    engine: FaceEngine, data: bytes, path: Path = Path(), *, strict: bool = False
) -> EnrolResult:
    """The same for a photograph that was read already."""
    result = EnrolResult(path, hashlib.sha256(data).hexdigest(), 0)
    try:
        decoded = decode(data)
        if not (found := engine.faces(decoded.image)):
            raise NoFaceShown if strict else NoFace
    except Refusal as refusal:
        return _refused(result, refusal)
    return _encoded(engine, decoded, found, result, strict)


def _encoded(
    engine: FaceEngine,
    decoded: Decoded,
    found: list[Face],
    result: EnrolResult,
    strict: bool,
) -> EnrolResult:
    face = main_face(found, decoded.image)
    quality = measure(decoded, face)
    result = replace(result, faces=len(found), quality=quality)
    try:
        if strict:
            check_one_face([(one.area, one.score) for one in found])
            check_enrollable(quality, engine.model.name)
    except Refusal as refusal:
        return _refused(result, refusal)
    return replace(result, template=face.template, points=face.points)


def _refused(result: EnrolResult, refusal: Refusal) -> EnrolResult:
    return replace(result, reason=refusal.message, rule=refusal.rule)


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


def _enrol(paths: list[Path], strict: bool) -> list[EnrolResult]:
    if _engine is None:
        raise Unavailable("This process has no engine.")
    return [enrol(_engine, path, strict=strict) for path in paths]


def _encode(files: list[bytes]) -> list[EnrolResult]:
    if _engine is None:
        raise Unavailable("This process has no engine.")
    return [encode(_engine, data) for data in files]

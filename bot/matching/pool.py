"""Photographs to enrol, encoded in processes of their own or here."""

import hashlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from bot.domain.enrolling import NoFaceShown, check_enrollable, check_one_face
from bot.domain.quality import ImageQuality, NoFace
from bot.errors import Refusal
from bot.matching.engine import Face, FaceEngine, Points, Template, main_face
from bot.matching.images import MAX_BYTES, Decoded, decode
from bot.matching.processes import EngineProcesses
from bot.matching.quality import measure
from bot.matching.weights import prepare


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


class EnginePool(EngineProcesses):
    """Enrols many photographs at a time."""

    def __init__(
        self,
        home: Path,
        processes: int,
        model: str = "SFace",
        *,
        accept_licences: Collection[str] = (),
    ) -> None:
        files = prepare(home, model, accept_licences=accept_licences)
        super().__init__(files, processes)

    def enrol_images(
        self, paths: Iterable[Path], *, strict: bool = False
    ) -> Iterator[EnrolResult]:
        """Decode, detect and encode in the workers; yield in the order of ``paths``, reading only a little ahead.

        ``strict`` as in ``enrol``. A photograph at which a process dies, twice, is rejected.
        """
        return self.through(partial(enrol, strict=strict), paths, _killed)

    def encode_again(self, files: Iterable[bytes]) -> Iterator[EnrolResult]:
        """The same for photographs of record, which were held to the rules when they were enrolled: their
        bytes come from the vault and are not to lie anywhere unencrypted."""
        return self.through(encode, files)


def _killed(path: Path) -> EnrolResult:
    why = "A process that decodes and encodes photographs died of it, twice."
    return EnrolResult(path, "", 0, reason=why, rule="ENGINE_DIED")


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

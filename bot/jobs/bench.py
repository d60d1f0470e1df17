"""The heavy part of a worker: decoding, finding, searching, drawing. No event loop, no database."""

import secrets
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np

from bot.casework.editing import behind
from bot.casework.probes import FACES_MAX, CheckedProbe
from bot.casework.searching import Pins, new_candidate_id
from bot.domain.authorizations import Authorization
from bot.domain.candidates import Candidate
from bot.domain.edits import Derivative
from bot.domain.examinations import Examination
from bot.domain.galleries import ModelId
from bot.domain.photographs import Photograph, Template
from bot.domain.pictures import (
    asked_key,
    blink_key,
    detail_key,
    lead_key,
    photo_key,
    probe_key,
    sheet_key,
)
from bot.domain.probes import Probe, ProbeFace
from bot.domain.searches import Search
from bot.domain.sendings import Picture
from bot.errors import Unavailable
from bot.matching import gallery as galleries
from bot.matching import images, quality, sheets
from bot.matching.blink import blink
from bot.matching.comparison import Side, comparison_sheet
from bot.matching.edits import apply_all, from_png
from bot.matching.engine import Face, FaceEngine
from bot.matching.gallery import Gallery
from bot.matching.images import Image
from bot.matching.origins import signs_of
from bot.matching.prints import print_of
from bot.matching.search import search as search_exactly
from bot.matching.search import search_approximately
from storage.database import Snapshot
from storage.vault import Vault

DRAWN_AT_ONCE = 2
_SAME_PLACE = 0.5  # of the distance between the eyes


@dataclass(frozen=True, slots=True)
class Run:
    """A finished search that lacks only the moment it is written; ``reranked`` photographs were
    compared in full, the others ruled out by their codes."""

    search: Search
    candidates: list[Candidate]
    reranked: int

    def __call__(self, at: datetime) -> tuple[Search, list[Candidate]]:
        return replace(self.search, finished_at=at), self.candidates


Held = tuple[Photograph, Template]


class Halted(Unavailable):
    """Nobody wants the result any more."""


@dataclass(frozen=True, slots=True)
class ExaminationScene:
    """Everything the pictures of one examination are drawn from."""

    examination: Examination
    probe: Probe
    face: ProbeFace
    photographs: dict[str, Held]  # by candidate id
    newer: frozenset[str]
    """Candidates of whom the section holds a newer photograph. It is told, not drawn: whose photograph
    is on a picture has to be known when one is sealed."""
    searched: tuple[Derivative, ...] = ()
    """The edits of the still that was searched for; the comparison is with the original all the same."""


async def read_examination(snapshot: Snapshot, id: str) -> ExaminationScene:
    """Read what is needed to draw one examination."""
    examination = await snapshot.examinations.get(id)
    probe = await snapshot.probes.get(examination.request_id)
    found = await snapshot.searches.get(examination.search_id)
    photographs, newer = {}, set[str]()
    for candidate in await snapshot.searches.candidates(examination.search_id):
        photograph = await snapshot.photographs.get(candidate.photo_id)
        template = await snapshot.templates.get(photograph.id, found.model)
        photographs[candidate.id] = (photograph, template)
        if await _is_newer_held(snapshot, photograph):
            newer.add(candidate.id)
    return ExaminationScene(
        examination,
        probe,
        probe.faces[found.face_index],
        photographs,
        frozenset(newer),
        await behind(snapshot, probe.request_id, found.probe_sha256),
    )


async def _is_newer_held(snapshot: Snapshot, shown: Photograph) -> bool:
    """Whether the section holds a newer photograph of the subject (policy 1.8, T9)."""
    others = await snapshot.photographs.of_subject(shown.repository, shown.subject_id)
    taken = shown.capture_date
    return taken is not None and any(
        other.capture_date is not None and other.capture_date > taken
        for other in others
    )


class Bench:
    """One engine and the gallery it last searched."""

    def __init__(
        self,
        engine: FaceEngine,
        vault: Vault,
        galleries_dir: Path,
        weak_below: float,
        engine_of: Callable[[ModelId], FaceEngine] | None = None,
        *,
        approximate: bool = False,
    ) -> None:
        """``engine_of`` loads the engine of another gallery's model; without it only this one is there."""
        self.engine = engine
        self.approximate = approximate
        self._engine_of = engine_of or (lambda _model: engine)
        self.vault = vault
        self.galleries_dir = galleries_dir
        self.weak_below = weak_below
        self._gallery: Gallery | None = None
        self._has_graph = False

    def check(self, sha256: str) -> CheckedProbe:
        """Decode and measure; raise BadImage for bytes that are no usable still."""
        original = self.vault.get(sha256)
        decoded = images.decode(original)
        faces = self.engine.faces(decoded.image)
        numbered = None
        if len(faces) > 1:
            drawn = sheets.numbered_faces(decoded.image, [face.box for face in faces])
            numbered = self.vault.put(drawn)
        return CheckedProbe(
            format=decoded.format,
            width=decoded.width,
            height=decoded.height,
            faces=tuple(
                probe_face(index, face, decoded) for index, face in enumerate(faces)
            ),
            numbered=numbered,
            prints=tuple(
                print_of(decoded.image, face, self.engine.model)
                for face in faces[:FACES_MAX]
            ),
            signs=signs_of(original, decoded, faces),
        )

    def search(
        self,
        request_id: str,
        probe: Probe,
        pins: Pins,
        began: datetime,
        go_on: Callable[[], object] = lambda: None,
        derivative: Derivative | None = None,
    ) -> Run:
        """Compare one face of the probe with every template of the pinned gallery, exactly, or with
        those that Chroma's graph leads to if the pins say ``approximate``.

        With a ``derivative`` the face is looked for on that edit of the still.

        ``go_on`` is called between the parts and stops the search by raising Halted.
        """
        if probe.face is None:
            raise Unavailable("The face to search with has not been chosen.")
        face, searched = probe.face, probe.sha256
        if derivative is None:
            image = images.decode(self.vault.get(probe.sha256)).image
        else:
            if derivative.face is None:
                raise Unavailable("The face is not found on the edited still.")
            face, searched = derivative.face, derivative.sha256
            image = from_png(self.vault.get(searched))
        go_on()
        gallery = self._load(pins)
        go_on()
        engine = self._engine_of(pins.gallery.model)
        template = same_face(engine.faces(image), face).template
        go_on()
        compare = search_approximately if pins.approximate else search_exactly
        found = compare(
            gallery,
            template,
            engine.model,
            pins.list_length,
            excluded_photo_ids=pins.left_out,
        )
        search_id = f"SE-{secrets.token_hex(6)}"
        candidates = [
            Candidate(
                id=new_candidate_id(),
                search_id=search_id,
                subject_id=hit.subject_id,
                photo_id=hit.photo_id,
                similarity=hit.similarity,
                rank=hit.rank,
            )
            for hit in found.hits
        ]

        search = Search(
            id=search_id,
            request_id=request_id,
            probe_sha256=searched,
            face_index=face.index,
            model=engine.model,
            gallery_version=gallery.version,
            gallery_digest=pins.gallery.digest,
            gallery_size=found.scanned,
            list_length=pins.list_length,
            filters=pins.filters,
            exact=not pins.approximate,
            weak_below=pins.weak_below,
            started_at=began,
            finished_at=began,
        )
        return Run(search, candidates, found.reranked)

    def draw_alone(self, examination: Examination, probe: Probe) -> Picture:
        """The probe without anybody it may be, for its analysis."""
        card = sheets.photo_card(images.decode(self.vault.get(probe.sha256)).image)
        return self._picture(
            examination, probe_key(examination.id), card, "Probe", "probe.png"
        )

    def draw_examination(self, scene: ExaminationScene) -> list[Picture]:
        """Each candidate's photograph, and each beside the probe: whole, part by part, and in turn with it."""
        image = images.decode(self.vault.get(scene.probe.sha256)).image
        probe = Side(image, np.array(scene.face.points, np.float32), "Probe")
        edited = self._edited(scene, image)
        # Drawing is done outside Python's own lock: two at a time take half the time.
        with ThreadPoolExecutor(DRAWN_AT_ONCE) as threads:
            drawn = list(
                threads.map(
                    lambda candidate: self._draw_candidate(
                        scene, probe, edited, candidate
                    ),
                    scene.examination.order,
                )
            )
        return [picture for kind in zip(*drawn, strict=True) for picture in kind]

    def _draw_candidate(
        self,
        scene: ExaminationScene,
        probe: Side,
        edited: Side | None,
        candidate_id: str,
    ) -> list[Picture]:
        examination = scene.examination
        letter = examination.label_of(candidate_id)
        shown, title = scene.photographs[candidate_id], f"Candidate {letter}"
        date = _date(shown[0], has_newer=candidate_id in scene.newer)
        candidate = self._side(shown, title, (date,))
        beside = sheets.side_by_side(
            probe.image,
            probe.points,
            candidate.image,
            candidate.points,
            letter,
            _as_edited(edited),
        )
        detail = comparison_sheet(probe, candidate, edited)
        moving = blink(probe, candidate)
        kinds = (
            (photo_key, sheets.photo_card(candidate.image), title, "candidate.png"),
            (sheet_key, beside, f"{title} beside the probe", "sheet.png"),
            (detail_key, detail, f"{title} part by part", "parts.png"),
            (
                blink_key,
                moving,
                f"{title} and the probe in turn, aid only",
                "blink.gif",
            ),
        )
        return [
            self._picture(
                examination,
                key(examination.id, candidate_id),
                drawn,
                words,
                name.replace(".", f"-{letter}."),
            )
            for key, drawn, words, name in kinds
        ]

    def _edited(self, scene: ExaminationScene, original: Image) -> Side | None:
        """What was searched for, beside the original; its caption says what was done to it."""
        if not scene.searched or (face := scene.searched[-1].face) is None:
            return None
        image = from_png(self.vault.get(scene.searched[-1].sha256))
        done = tuple(
            f"edit {n}: {one.edit.words}" for n, one in enumerate(scene.searched, 1)
        )
        chain = [one.edit for one in scene.searched]
        return Side(
            image,
            np.array(face.points, np.float32),
            "Edited probe (searched)",
            done,
            origin=apply_all(original, chain).affine,
        )

    def _side(self, held: Held, title: str, notes: tuple[str, ...] = ()) -> Side:
        photograph, template = held
        image = images.decode(self.vault.get(photograph.sha256)).image
        return Side(image, np.array(template.points, np.float32), title, notes)

    def draw_asked(
        self, authorization: Authorization, probe: Probe, rooms: Sequence[str]
    ) -> list[Picture]:
        """The probe for whoever decides about another repository, with its faces numbered if there
        are several: a picture for each room, since a file in one is not seen in another."""
        image = images.decode(self.vault.get(probe.sha256)).image
        card = (
            sheets.numbered_faces(image, [_box(face) for face in probe.faces])
            if len(probe.faces) > 1
            else sheets.photo_card(image)
        )
        sha256 = self.vault.put(card)
        keys = [asked_key(authorization.id, room) for room in rooms]
        return [
            Picture(
                key=key,
                request_id=authorization.request_id,
                card=key,
                vault_sha256=sha256,
                file_name="probe.png",
                title="Probe",
                alt_text="The probe",
            )
            for key in keys
        ]

    def draw_lead(self, request_id: str, sha256: str) -> Picture:
        """The one photograph a requester may see."""
        card = sheets.photo_card(images.decode(self.vault.get(sha256)).image)
        return Picture(
            key=lead_key(request_id),
            request_id=request_id,
            card=lead_key(request_id),
            vault_sha256=self.vault.put(card),
            file_name="lead.png",
            title="Investigative lead only",
            alt_text="Photograph of the possible match: an investigative lead only",
        )

    def _picture(
        self, examination: Examination, key: str, png: bytes, title: str, name: str
    ) -> Picture:
        return Picture(
            key=key,
            request_id=examination.request_id,
            card=key,
            vault_sha256=self.vault.put(png),
            file_name=name,
            title=title,
            alt_text=title,
        )

    def keep_only(self, versions: Collection[str]) -> None:
        """Let go of a gallery that is no longer searched."""
        if self._gallery is not None and self._gallery.version not in versions:
            self._gallery.close()
            self._gallery = None

    def _load(self, pins: Pins) -> Gallery:
        """Keep the last gallery in memory; another version is read and verified anew."""
        wanted = (pins.gallery.version, pins.approximate)
        if self._gallery is None or (self._gallery.version, self._has_graph) != wanted:
            before, self._gallery = self._gallery, None
            if before is not None:
                before.close()
            self._gallery = galleries.load(
                self.galleries_dir,
                pins.gallery.version,
                pins.gallery.digest,
                graph=pins.approximate,
            )
            self._has_graph = pins.approximate
        return self._gallery


def _as_edited(side: Side | None) -> sheets.Edited | None:
    if side is None:
        return None
    origin = {} if side.origin is None else {"origin": side.origin}
    return sheets.Edited(side.image, side.points, side.title, side.notes, **origin)


def _date(photograph: Photograph, *, has_newer: bool) -> str:
    taken = photograph.capture_date
    if taken is None:
        return "date of the photograph unknown"
    return f"photograph of {taken.isoformat()}" + (
        "; a newer photograph exists" if has_newer else ""
    )


def _box(face: ProbeFace) -> tuple[int, int, int, int]:
    left, top, width, height = map(round, face.box)
    return left, top, width, height


def probe_face(index: int, face: Face, decoded: images.Decoded) -> ProbeFace:
    left, top, width, height = face.box
    return ProbeFace(
        index=index,
        box=(float(left), float(top), float(width), float(height)),
        points=tuple((float(x), float(y)) for x, y in face.points),
        score=float(face.score),
        quality=quality.measure(decoded, face),
    )


def same_face(faces: list[Face], wanted: ProbeFace) -> Face:
    """The face that was measured and, if there were several, chosen: the one in the same place.

    Nothing found near enough is nobody: another version of a model may miss this face, and the
    nearest other one is another person.
    """
    middle = np.mean(np.array(wanted.points), axis=0)

    def distance(face: Face) -> float:
        return float(np.linalg.norm(face.points.mean(axis=0) - middle))

    nearest = min(faces, key=distance, default=None)
    if nearest is None or distance(nearest) > _SAME_PLACE * wanted.quality.inter_eye_px:
        raise Unavailable("The face that was found before is not found again.")
    return nearest

"""What a worker does to show all photographs of one subject: reads which, and draws the sheet of them."""

import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from bot.casework.subjects import lacking, showable
from bot.domain.candidates import Candidate
from bot.domain.examinations import Examination
from bot.domain.photographs import Photograph
from bot.domain.pictures import subject_key, unmasked_key
from bot.domain.sendings import Picture
from bot.domain.work import WorkItem, WorkKind
from bot.jobs.bench import DRAWN_AT_ONCE, Bench, Held
from bot.matching import images
from bot.matching.comparison import Side
from bot.matching.subject_sheet import SHOWN_MAX, Shot, subject_sheet
from storage.database import Snapshot

_STATE_MAX = 60  # characters of what a manifest says of an arrest


@dataclass(frozen=True, slots=True)
class SubjectScene:
    """One candidate and the photographs on the sheet, newest first.

    ``older`` are left out because there are too many, ``faceless`` because no face was found to put
    them upright by. ``unmasked``: with what a blind comparison must not know (policy 3.5).
    """

    examination: Examination
    candidate: Candidate
    shown: tuple[Held, ...]
    older: int
    faceless: int
    unmasked: bool

    @property
    def total(self) -> int:
        return len(self.shown) + self.older + self.faceless

    @property
    def compared(self) -> Photograph | None:
        mine = (p for p, _ in self.shown if p.id == self.candidate.photo_id)
        return next(mine, None)


Drawn = tuple[Picture, frozenset[str]]
"""A picture and the ids of every photograph on it."""


async def read(snapshot: Snapshot, item: WorkItem) -> list[SubjectScene]:
    """What this work is to draw, as far as it is still wanted."""
    id, _, candidate_id = item.subject.partition("/")
    is_unmasked = item.kind is WorkKind.DRAW_UNMASKED
    examination = await snapshot.examinations.get(id)
    wanted = [candidate_id] if is_unmasked else await lacking(snapshot, examination)
    scenes = [
        await _scene(snapshot, examination, one, is_unmasked)
        for one in wanted
        if one in examination.order
    ]
    return [scene for scene in scenes if scene.shown and scene.total > 1]


async def _scene(
    snapshot: Snapshot, examination: Examination, candidate_id: str, is_unmasked: bool
) -> SubjectScene:
    candidate = await snapshot.searches.candidate(candidate_id)
    found = await snapshot.searches.get(candidate.search_id)
    listed = await snapshot.photographs.get(candidate.photo_id)
    may_be_shown = await showable(snapshot, listed)
    held: list[Held] = []
    for photograph in may_be_shown:
        template = await snapshot.templates.find(photograph.id, found.model)
        if template is not None:
            held.append((photograph, template))
    shown = chosen(held, candidate.photo_id)
    return SubjectScene(
        examination,
        candidate,
        tuple(shown),
        older=len(held) - len(shown),
        faceless=len(may_be_shown) - len(held),
        unmasked=is_unmasked,
    )


def chosen(held: Sequence[Held], compared: str) -> list[Held]:
    """The newest, and always the one that was compared."""
    first, rest = list(held[:SHOWN_MAX]), held[SHOWN_MAX:]
    late = [one for one in rest if one[0].id == compared]
    return [*first[: SHOWN_MAX - len(late)], *late]


def draw(bench: Bench, scenes: Sequence[SubjectScene]) -> list[Drawn]:
    """All under one new name, so that a sheet drawn anew is never taken for the one before."""
    drawing = secrets.token_hex(4)
    with ThreadPoolExecutor(DRAWN_AT_ONCE) as threads:
        return list(threads.map(lambda scene: _draw(bench, scene, drawing), scenes))


def _draw(bench: Bench, scene: SubjectScene, drawing: str) -> Drawn:
    examination, candidate_id = scene.examination, scene.candidate.id
    letter = examination.label_of(candidate_id)
    title = f"Candidate {letter}: all photographs of this person"
    key_of, name = subject_key, f"all-{letter}.png"
    if scene.unmasked:
        title += ", with the state of each arrest"
        key_of, name = unmasked_key, f"context-{letter}.png"
    key = key_of(examination.id, drawing, candidate_id)
    shots = [
        Shot(_side(bench, scene, held), compared=held[0].id == scene.candidate.photo_id)
        for held in scene.shown
    ]
    picture = Picture(
        key=key,
        request_id=examination.request_id,
        card=key,
        vault_sha256=bench.vault.put(subject_sheet(title, said(scene), shots)),
        file_name=name,
        title=title,
        alt_text=title,
    )
    return picture, frozenset(photograph.id for photograph, _ in scene.shown)


def said(scene: SubjectScene) -> tuple[str, ...]:
    """How many there are, which are not here and why, and whether there is a newer one (policy 1.8, T9)."""
    missing = [
        f"{count} {words}"
        for count, words in (
            (scene.older, "older or without a date"),
            (scene.faceless, "on which the software finds no face"),
        )
        if count
    ]
    framed = "The one that was compared has a frame."
    lines = [f"{scene.total} photographs held, newest first. {framed}"]
    if missing:
        lines = [
            f"{len(scene.shown)} of {scene.total} photographs shown, newest first. Not shown: "
            f"{', '.join(missing)}. {framed}"
        ]
    if any(_is_newer(scene, photograph) for photograph, _ in scene.shown):
        lines.append("A newer photograph than the compared one exists.")
    if scene.unmasked:
        lines.append("Unmasked for the context check, for whoever makes it alone.")
    return tuple(lines)


def _side(bench: Bench, scene: SubjectScene, held: Held) -> Side:
    photograph, template = held
    image = images.decode(bench.vault.get(photograph.sha256)).image
    taken = photograph.capture_date
    return Side(
        image,
        np.array(template.points, np.float32),
        "Date unknown" if taken is None else taken.isoformat(),
        notes(scene, photograph),
    )


def notes(scene: SubjectScene, photograph: Photograph) -> tuple[str, ...]:
    """What is printed under the date of one photograph."""
    lines = []
    if photograph.id == scene.candidate.photo_id:
        lines.append("the compared photograph")
    elif _is_newer(scene, photograph):
        lines.append("newer than the compared photograph")
    if scene.unmasked:
        state = " ".join(photograph.case_state.split())[:_STATE_MAX]
        lines.append(f"state of the arrest: {state or 'not on record'}")
    return tuple(lines)


def _is_newer(scene: SubjectScene, photograph: Photograph) -> bool:
    compared = scene.compared
    if compared is None or compared.capture_date is None:
        return False
    taken = photograph.capture_date
    return taken is not None and taken > compared.capture_date

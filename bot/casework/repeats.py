"""A probe that was sent before: known by its print, and held for a supervisor (policy 7, A21 and T11).

Prints are compared with one another, never with a gallery, and never searched: probes are not enrolled
(policy 1.7). See docs/decisions/0025.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.actors import SYSTEM
from bot.domain.audit import AuditEvent, Verb, moved
from bot.domain.prints import (
    TRIED_AGAIN_DAYS,
    Earlier,
    FacePrint,
    Repeat,
    alike,
    find_repeats,
    find_tries,
)
from bot.domain.probes import Probe, ProbeFace
from bot.domain.requests import FaceRequest
from bot.domain.workflow import Step
from storage.database import Database, Transaction
from storage.prints import as_kept

RULE = "REPEATED_PROBE"
_KEPT_BY = (Verb.PROBE_CHECKED, Verb.FACE_CHOSEN)
"""Whatever makes a print one that is looked for, in whose transaction it is."""


@dataclass(frozen=True, slots=True)
class Looked:
    """Which other requests had the same face as ``made``, by the record up to the entry ``upto``."""

    made: FacePrint
    alike: frozenset[str]
    upto: int


async def remember(tx: Transaction, request_id: str, made: Sequence[FacePrint]) -> None:
    """Write what every face of a probe is known by; a probe checked a second time has it already."""
    if await tx.prints.is_kept(request_id):
        return
    await tx.prints.forget(request_id)
    for face, one in enumerate(made):
        await tx.prints.add(request_id, face, one)


async def look(
    db: Database, request_id: str, face: int, made: FacePrint | None = None
) -> Looked | None:
    """Go through all prints before the transaction that asks ``find``: with a hundred thousand of them
    nobody else could write for a third of a second. None if there is nothing to look for.

    ``made`` is the print of the face where it is not stored yet.
    """
    async with db.snapshot() as snapshot:
        probe = await snapshot.probes.find(request_id)
        if probe is None or await snapshot.prints.is_kept(request_id):
            return None
        stored = await snapshot.prints.find(request_id, face)
        wanted = stored if made is None else as_kept(made)
        if wanted is None:
            return None
        head = await snapshot.audit.head()
        near = await snapshot.prints.near(request_id, wanted)
    found = alike(probe.sha256, wanted, near)
    return Looked(wanted, found, head.sequence if head else 0)


async def find(
    tx: Transaction, request: FaceRequest, probe: Probe, looked: Looked | None = None
) -> tuple[Repeat, ...]:
    """The requests that this one repeats, oldest first; asked once, when its face is known. What was
    ``looked`` up before is read once more, with what was added since; without it, everything is.

    What is kept by then is earlier, whatever its number: of two requests at once one is the first. A
    request that is tried again after a failure was asked before, and another repository is searched
    for the same request.
    """
    face = probe.face
    if face is None or await tx.prints.is_kept(request.id):
        return ()
    made = await tx.prints.find(request.id, face.index)
    if made is None:
        return ()
    await tx.prints.keep(request.id, face.index)
    among = None
    if looked is not None and looked.made == made:
        among = looked.alike | await tx.audit.subjects(_KEPT_BY, looked.upto)
    others = await tx.prints.near(request.id, made, among)
    for old in await tx.prints.unprinted(request.id, probe.sha256):
        if await _is_about(tx, old, face):
            others.append(old)
    if found := find_repeats(probe.sha256, made, others):
        return found
    since = request.submitted_at - timedelta(days=TRIED_AGAIN_DAYS)
    return find_tries(made, await tx.prints.held(request, since))


async def _is_about(tx: Transaction, old: Earlier, face: ProbeFace) -> bool:
    """Whether an older request with the very same file was about the same of its faces."""
    chosen = (await tx.probes.get(old.request_id)).face
    return chosen is not None and _is_inside(_middle(chosen), face)


def _middle(face: ProbeFace) -> tuple[float, float]:
    left, top, width, height = face.box
    return left + width / 2, top + height / 2


def _is_inside(point: tuple[float, float], face: ProbeFace) -> bool:
    (x, y), (left, top, width, height) = point, face.box
    return left <= x <= left + width and top <= y <= top + height


async def hold(
    tx: Transaction, request: FaceRequest, found: Sequence[Repeat], now: datetime
) -> FaceRequest:
    """Wait for a supervisor's word: nothing is searched before."""
    held = request.take(Step.ASK_REPEAT, now)
    await tx.requests.save(held)
    await tx.prints.add_repeats(request.id, found)
    facts = moved(request, held) | {
        "rule": RULE,
        "repeats": {one.earlier_id: one.likeness for one in found},
    }
    await tx.audit.append(
        AuditEvent(now, SYSTEM.person, Verb.REPEAT_FOUND, request.id, facts)
    )
    return held

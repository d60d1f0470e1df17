"""The still: stored as it came, checked, and one face of it chosen."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime

from bot.casework import repeats
from bot.domain.actors import SYSTEM, Actor
from bot.domain.audit import AuditEvent, Verb, by, moved, with_facts
from bot.domain.authorizations import AuthorizationState
from bot.domain.origins import Sign
from bot.domain.pictures import faces_key
from bot.domain.prints import FacePrint
from bot.domain.probes import Probe, ProbeFace
from bot.domain.purposes import Purpose
from bot.domain.quality import NoFace, check_suitable
from bot.domain.requests import FaceRequest, check_is_requester
from bot.domain.rulings import STARTED
from bot.domain.sendings import Picture
from bot.domain.work import WorkItem, WorkKind
from bot.domain.workflow import State, Step
from bot.errors import Refusal
from storage.database import Database, Transaction

FACES_MAX = (
    10  # buttons that fit one card; more people than that is a crowd (policy 7, A16)
)


@dataclass(frozen=True, slots=True)
class CheckedProbe:
    """What a worker found in the bytes; ``numbered`` is the picture of numbered faces, in the vault,
    ``prints`` what each face is known by if it comes again, ``signs`` what the file tells of its origin."""

    format: str
    width: int
    height: int
    faces: tuple[ProbeFace, ...]
    numbered: str | None = None
    prints: tuple[FacePrint, ...] = ()
    signs: tuple[Sign, ...] = ()


async def store(
    db: Database, id: str, sha256: str, size: int, file_name: str, *, now: datetime
) -> FaceRequest:
    """Note that the original lies in the vault and have it checked."""
    async with db.transaction() as tx:
        request = await tx.requests.get(id)
        stored = request.take(Step.STORE, now)
        await tx.requests.save(stored)
        await tx.probes.add(Probe(id, sha256, size, file_name, now))
        await tx.work.close(WorkKind.FETCH, id)
        await tx.work.add(
            WorkKind.CHECK_PROBE, id, priority=stored.asked.category.priority, now=now
        )
        facts = moved(request, stored) | {"sha256": sha256, "bytes": size}
        await tx.audit.append(
            AuditEvent(now, SYSTEM.person, Verb.PROBE_STORED, id, facts)
        )
    return stored


async def reject(db: Database, id: str, why: Refusal, *, now: datetime) -> FaceRequest:
    """End a request whose file could not even be fetched."""
    async with db.transaction() as tx:
        await tx.work.close(WorkKind.FETCH, id)
        return await _unsuitable(tx, await tx.requests.get(id), why, now)


async def record_check(
    db: Database, item: WorkItem, found: CheckedProbe | Refusal, *, now: datetime
) -> FaceRequest:
    """Write what a worker found, once, and let the request go on accordingly."""
    looked = await _look(db, item.request_id, found)
    async with db.transaction() as tx:
        await tx.work.finish(item)
        request = await tx.requests.get(item.request_id)
        if request.state is not State.CHECKING:
            return request
        if isinstance(found, Refusal):
            return await _unsuitable(tx, request, found, now)
        probe = replace(
            await tx.probes.get(request.id),
            format=found.format,
            width=found.width,
            height=found.height,
            faces=found.faces,
            signs=found.signs,
        )
        await tx.probes.save(probe)
        checked = AuditEvent(
            now, SYSTEM.person, Verb.PROBE_CHECKED, request.id, _measures(probe)
        )
        await repeats.remember(tx, request.id, found.prints)
        if probe.face is None and _refusal_of(probe) is None:
            return await _ask_face(tx, request, checked, found.numbered)
        return await _go_on(tx, request, probe, checked, Step.ACCEPT, looked)


async def _look(
    db: Database, id: str, found: CheckedProbe | Refusal
) -> repeats.Looked | None:
    """Whether the face was sent before, if it is known already which one it is."""
    async with db.snapshot() as snapshot:
        probe = await snapshot.probes.find(id)
    if probe is None or isinstance(found, Refusal):
        return None
    face = replace(probe, faces=found.faces).face
    made = dict(enumerate(found.prints))
    if face is None or face.index not in made:
        return None
    return await repeats.look(db, id, face.index, made[face.index])


async def choose_face(
    db: Database, id: str, index: int, *, actor: Actor, now: datetime
) -> FaceRequest:
    """Search with one of several faces: the requester says which (policy 7, A16)."""
    looked = await repeats.look(db, id, index)
    async with db.transaction() as tx:
        request = await tx.requests.get(id)
        check_is_requester(request, actor)
        request.take(Step.CHOOSE_FACE, now)  # refuses early when it is no longer asked
        probe = await tx.probes.get(id)
        if not 0 <= index < len(probe.faces):
            raise Refusal("There is no such face on this image.", rule="NO_SUCH_FACE")
        probe = replace(probe, chosen=index)
        await tx.probes.save(probe)
        facts = by(actor) | {"face": index}
        chosen = AuditEvent(now, actor.person, Verb.FACE_CHOSEN, id, facts)
        return await _go_on(tx, request, probe, chosen, Step.CHOOSE_FACE, looked)


def _refusal_of(probe: Probe) -> Refusal | None:
    """The hard stops of policy 3.7; of several faces it is enough that one can be searched."""
    if not probe.faces:
        return NoFace()
    if len(probe.faces) > FACES_MAX and probe.chosen is None:
        return Refusal(
            f"{len(probe.faces)} faces were found: pictures of crowds are not searched "
            "(rule P_CROWD). Send a still that shows the person you look for.",
            rule="P_CROWD",
        )
    face = probe.face or max(probe.faces, key=lambda f: f.quality.inter_eye_px)
    try:
        check_suitable(face.quality)
    except Refusal as unsuitable:
        return unsuitable
    return None


async def _unsuitable(
    tx: Transaction, request: FaceRequest, why: Refusal, now: datetime
) -> FaceRequest:
    await tx.prints.forget(request.id)
    ended = request.take(Step.FAIL_PROBE, now, reason=why.message)
    await tx.requests.save(ended)
    facts = moved(request, ended) | {"rule": why.rule, "reason": why.message}
    await tx.audit.append(
        AuditEvent(now, SYSTEM.person, Verb.PROBE_UNSUITABLE, request.id, facts)
    )
    return ended


async def _ask_face(
    tx: Transaction, request: FaceRequest, checked: AuditEvent, numbered: str | None
) -> FaceRequest:
    asked = request.take(Step.ASK_FACE, checked.at)
    await tx.requests.save(asked)
    await tx.audit.append(with_facts(checked, moved(request, asked)))
    if numbered is not None:
        await tx.pictures.add(
            Picture(
                key=faces_key(request.id),
                request_id=request.id,
                card=faces_key(request.id),
                vault_sha256=numbered,
                file_name="faces.png",
                title="Faces found in your image",
                alt_text="Your image with a number at each face",
            )
        )
    return asked


async def _go_on(
    tx: Transaction,
    request: FaceRequest,
    probe: Probe,
    found: AuditEvent,
    step: Step,
    looked: repeats.Looked | None,
) -> FaceRequest:
    """Queue the search, unless the face cannot be searched, was sent before, or a supervisor has to
    sign first."""
    if (refusal := _refusal_of(probe)) is not None:
        await tx.audit.append(found)
        return await _unsuitable(tx, request, refusal, found.at)
    if repeated := await repeats.find(tx, request, probe, looked):
        await tx.audit.append(found)
        return await repeats.hold(tx, request, repeated, found.at)
    if request.asked.purpose is Purpose.F_THREAT and not await _is_signed(tx, request):
        await tx.audit.append(found)
        return await ask_sign_off(tx, request, found.at)
    ready = request.take(step, found.at)
    await tx.requests.save(ready)
    await tx.audit.append(with_facts(found, moved(request, ready)))
    await queue_search(tx, ready, found.at)
    return ready


async def ask_sign_off(
    tx: Transaction, request: FaceRequest, now: datetime
) -> FaceRequest:
    """Wait for the supervisor that a search for an imminent threat needs."""
    waiting = request.take(Step.ASK_SIGN_OFF, now)
    await tx.requests.save(waiting)
    facts = moved(request, waiting)
    await tx.audit.append(
        AuditEvent(now, SYSTEM.person, Verb.SIGN_OFF_ASKED, request.id, facts)
    )
    return waiting


async def _is_signed(tx: Transaction, request: FaceRequest) -> bool:
    """Whether a supervisor signed before, for a search that then failed."""
    rulings = await tx.rulings.of(request.id)
    return any(ruling.ruling in (Step.SIGN_OFF, STARTED) for ruling in rulings)


async def queue_search(tx: Transaction, request: FaceRequest, now: datetime) -> None:
    """Queue the search of the standard repository, or the authorized one that was ordered.

    Threats to life first, then by the gravity of the offense (policy 7, A31).
    """
    urgent = request.asked.purpose is Purpose.F_THREAT
    priority = 0 if urgent else request.asked.category.priority
    asked = await tx.authorizations.of(request.id)
    ordered = [a.id for a in asked if a.state is AuthorizationState.RUNNING]
    subject = ordered[0] if ordered else ""
    await tx.work.add(WorkKind.SEARCH, request.id, subject, priority, now=now)


def _measures(probe: Probe) -> dict[str, object]:
    return {
        "sha256": probe.sha256,
        "format": probe.format,
        "width": probe.width,
        "height": probe.height,
        "faces": [asdict(face.quality) for face in probe.faces],
        "signs": [asdict(sign) for sign in probe.signs or ()],
    }

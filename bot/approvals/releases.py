"""The last word inside the section, and the requester's acknowledgement."""

from dataclasses import dataclass, replace
from datetime import datetime

from bot.approvals.examinations import open_examination
from bot.casework.earlier import answers_before, before
from bot.casework.editing import check_chain, queue_replay
from bot.casework.exceptional import end_open
from bot.casework.known import known_of
from bot.casework.marks import mark
from bot.casework.seating import examined_before
from bot.clock import day_in
from bot.domain.actors import Actor, Part
from bot.domain.ages import Minor
from bot.domain.audit import AuditEvent, Verb, by, moved
from bot.domain.candidates import CONCLUSIONS, Candidate, Disposition
from bot.domain.context import STAND_IN_AFTER, check_context
from bot.domain.earlier import Before, check_history, most_cautious, opinions_in_words
from bot.domain.examinations import Agreed, Examination, Seat, agreed, proposed
from bot.domain.leads import (
    DISCLAIMER,
    DISCLAIMER_VERSION,
    Lead,
    Ruling,
    check_may_acknowledge,
    check_may_release,
    check_may_return,
    check_may_rule,
    no_match_text,
    text_digest,
)
from bot.domain.purposes import ProbeSource
from bot.domain.requests import FaceRequest
from bot.domain.rulings import RulingRecord
from bot.domain.sealings import Sealed
from bot.domain.weakness import in_words
from bot.domain.work import WorkKind
from bot.domain.workflow import State, Step
from bot.errors import Refusal
from bot.views.requester import LeadView, lead_text
from storage.database import Database, Snapshot, Transaction

VIEWED = "viewed"
_OPENING = "opening the record"  # looking needs no reason of one's own

_STEPS = {
    Ruling.RELEASE: Step.RELEASE,
    Ruling.CLOSE: Step.CLOSE,
    Ruling.RETURN: Step.RETURN,
}


@dataclass(frozen=True, slots=True)
class Opinion:
    """One examination with all it decided."""

    examination: Examination
    dispositions: dict[str, Disposition]


async def opinions(tx: Snapshot, request: FaceRequest) -> list[Opinion]:
    """The submitted examinations of the present round, by seat: first, peer, third."""
    submitted = [
        e
        for e in await tx.examinations.of(request.id, request.round)
        if e.submitted_at is not None
    ]
    submitted.sort(key=lambda e: tuple(Seat).index(e.seat))
    return [Opinion(e, await tx.examinations.dispositions(e.id)) for e in submitted]


def supported(submitted: list[Opinion]) -> tuple[Agreed, ...]:
    """What two or three submitted examinations support together; one alone supports nothing."""
    return agreed(*(opinion.dispositions for opinion in submitted))


async def review(db: Database, id: str, *, actor: Actor, now: datetime) -> FaceRequest:
    """Open the record for a ruling; reading it is an act and is recorded."""
    async with db.transaction() as tx:
        request = await tx.requests.get(id)
        check_may_rule(actor, await _parts(tx, id), _OPENING)
        request.take(Step.CLOSE, now)  # refuses early when there is nothing to rule on
        _check_waited(request, now)
        # Whoever has read both opinions is no longer blind, and can examine no later round.
        await tx.rulings.add(
            RulingRecord(id, request.round, actor.person, VIEWED, "", now)
        )
        await tx.audit.append(
            AuditEvent(now, actor.person, Verb.RELEASE_VIEWED, id, by(actor))
        )
        await queue_replay(tx, id, now)
    return request


async def rule(
    db: Database,
    id: str,
    ruling: Ruling,
    reason: str,
    *,
    candidate_id: str | None,
    version: int,
    zone: str,
    actor: Actor,
    now: datetime,
) -> FaceRequest:
    """Release one candidate, close as no possible match, or return for a new examination.

    ``version`` is that of the record the supervisor looked at: if it has changed since, the ruling
    is refused (policy 7, A3 and A11). ``zone`` is that of the times in the words of the lead.
    """
    async with db.transaction() as tx:
        request = await tx.requests.get(id)
        check_may_rule(actor, await _parts(tx, id), reason)
        after = request.take(_STEPS[ruling], now)
        _check_waited(request, now)
        if request.version != version:
            raise Refusal(
                "The request has changed since you opened it. Open it again.",
                rule="CHANGED_MEANWHILE",
            )
        await tx.requests.save(after)
        await tx.rulings.add(
            RulingRecord(id, request.round, actor.person, ruling, reason.strip(), now)
        )
        facts = {"reason": reason.strip(), **by(actor), **moved(request, after)}
        if ruling is Ruling.RELEASE:
            facts |= await _release(tx, request, candidate_id, zone, actor, now)
        if ruling is Ruling.RETURN:
            facts |= await _return(tx, request, after, now)
        if ruling is Ruling.CLOSE:
            await _conclude(tx, id, now)
        await tx.audit.append(AuditEvent(now, actor.person, _VERBS[ruling], id, facts))
    return after


def _check_waited(request: FaceRequest, now: datetime) -> None:
    """A context check is ended without its examiners only once all of them have had the time to make it."""
    checked = request.state is not State.CONTEXT_CHECK
    if not checked and not request.stood_for(STAND_IN_AFTER, now):
        hours = round(STAND_IN_AFTER.total_seconds() / 3600)
        raise Refusal(
            f"The context check of {request.id} has not been made. Its examiners have {hours} hours for it; "
            "after that you can close or return the request without it.",
            rule="STATE",
        )


async def _parts(tx: Snapshot, id: str) -> frozenset[tuple[str, Part]]:
    return await tx.requests.parts(id) | await examined_before(tx, id)


_VERBS = {
    Ruling.RELEASE: Verb.LEAD_RELEASED,
    Ruling.CLOSE: Verb.REQUEST_CLOSED,
    Ruling.RETURN: Verb.REQUEST_RETURNED,
}


async def _release(
    tx: Transaction,
    request: FaceRequest,
    candidate_id: str | None,
    zone: str,
    actor: Actor,
    now: datetime,
) -> dict[str, object]:
    if candidate_id is None:
        raise Refusal("Choose the candidate to release.", rule="NO_CANDIDATE")
    both = await opinions(tx, request)
    said = [
        o.dispositions[candidate_id] for o in both if candidate_id in o.dispositions
    ]
    agreement = check_may_release(candidate_id, supported(both), said)
    candidate = await tx.searches.candidate(candidate_id)
    await _check_not_sealed(tx, candidate.photo_id)
    if await tx.photographs.minors([candidate.photo_id]):
        raise Minor
    edits = await check_chain(tx, request.id)
    search = await tx.searches.get(candidate.search_id)
    gallery = await tx.galleries.get(search.gallery_version)
    said_before = await check_candidate(tx, request, candidate, gallery.repository)
    lead = Lead(
        request_id=request.id,
        candidate_id=candidate.id,
        subject_id=candidate.subject_id,
        photo_id=candidate.photo_id,
        conclusion=most_cautious(agreement.conclusion, said_before),
        examiner=both[0].examination.examiner or "",
        peer=both[1].examination.examiner or "",
        third=both[2].examination.examiner if len(both) > 2 else None,
        supervisor=actor.person,
        released_at=now,
        gallery=gallery.repository,
        text_sha256="",
        authorization_id=search.authorization_id,
    )
    view = await read_lead(tx, lead)
    words = lead_text(request.id, request.asked.case_number, view, zone)
    lead = replace(lead, text_sha256=text_digest(words))
    await tx.leads.add(lead)
    why = "The request was answered with a lead."
    await end_open(tx, request.id, why, actor=actor, now=now)
    await tx.work.add(WorkKind.DRAW_LEAD, request.id, priority=0, now=now)
    return {
        "candidate": candidate.id,
        "subject": candidate.subject_id,
        "photograph": candidate.photo_id,
        "conclusion": int(lead.conclusion),
        "among_strangers": in_words(candidate.similarity, gallery.calibration),
        "examiner": lead.examiner,
        "peer": lead.peer,
        "third": lead.third,
        "disclaimer_version": DISCLAIMER_VERSION,
        "text_sha256": lead.text_sha256,
        "probe_sha256": search.probe_sha256,
        "edits": edits,
    }


async def check_candidate(
    snapshot: Snapshot, request: FaceRequest, candidate: Candidate, repository: str
) -> Before:
    """Refuse a release against the context check of this round, or against anything said before; return that."""
    checks = await snapshot.contexts.of(request.id, request.round)
    check = checks.get(candidate.id)
    known = await known_of(snapshot, candidate)
    check_context(check, known.recorded())
    said_before = await before(snapshot, request, repository, candidate.subject_id)
    check_history(said_before, check)
    return said_before


async def _check_not_sealed(tx: Transaction, photo_id: str) -> None:
    """Once more at the very moment (policy 1.8), although a sealing destroys the list it is on."""
    forbidden = await tx.sealings.forbidden([photo_id], (), ())
    if forbidden.photo_ids or await tx.photographs.find(photo_id) is None:
        raise Sealed


async def read_lead(snapshot: Snapshot, lead: Lead) -> LeadView:
    """A lead as its requester reads it, still without its picture."""
    request = await snapshot.requests.get(lead.request_id)
    photograph = await snapshot.photographs.get(lead.photo_id)
    checked = await snapshot.contexts.of(request.id, request.round)
    said_before = await before(snapshot, request, lead.gallery, lead.subject_id)
    exceptional = None
    if lead.authorization_id is not None:
        allowed = await snapshot.authorizations.get(lead.authorization_id)
        exceptional = mark(allowed, with_reason=True)
    return LeadView(
        gallery=lead.gallery,
        released_at=lead.released_at,
        examiner=lead.examiner,
        peer=lead.peer,
        third=lead.third,
        supervisor=lead.supervisor,
        disclaimer=DISCLAIMER,
        arrest_number=photograph.arrest_number,
        capture_date=photograph.capture_date,
        opinion=CONCLUSIONS[lead.conclusion].lstrip("+-012 "),
        acknowledged_at=lead.acknowledged_at,
        exceptional=exceptional,
        context_checked=lead.candidate_id in checked,
        earlier=opinions_in_words(said_before.opinions),
        repeats=await answers_before(snapshot, request.id, lead.released_at),
        from_document=request.asked.source is ProbeSource.ID_DOCUMENT,
    )


async def _conclude(tx: Transaction, id: str, now: datetime) -> None:
    if (search := await tx.searches.find_latest(id)) is not None:
        await tx.searches.conclude(search.id, now)


async def _return(
    tx: Transaction, request: FaceRequest, after: FaceRequest, now: datetime
) -> dict[str, object]:
    """A new round by people who have not examined it before: they alone are still blind."""
    search = await tx.searches.find_latest(after.id)
    if search is None or not await tx.searches.candidates(search.id):
        raise Refusal(
            "There are no candidates to examine again; close the request instead.",
            rule="NO_CANDIDATES",
        )
    done = await opinions(tx, request)
    check_may_return(
        is_anybody_supported=any(proposed(one.dispositions) for one in done)
    )
    await open_examination(tx, after, search.id, Seat.FIRST, now)
    return {"round": after.round}


async def acknowledge(
    db: Database, id: str, *, actor: Actor, now: datetime
) -> FaceRequest:
    """Open the lead: the requester has read what it is not (policy 1.5)."""
    async with db.transaction() as tx:
        request = await tx.requests.get(id)
        check_may_acknowledge(request.requester, actor)
        after = request.take(Step.ACKNOWLEDGE, now)
        await tx.requests.save(after)
        if (lead := await tx.leads.find(id)) is None:
            raise Refusal("There is no lead on this request.", rule="NO_LEAD")
        await tx.leads.save(replace(lead, acknowledged_at=now))
        facts = {
            "disclaimer_version": lead.disclaimer_version,
            **by(actor),
            **moved(request, after),
        }
        await tx.audit.append(
            AuditEvent(now, actor.person, Verb.LEAD_ACKNOWLEDGED, id, facts)
        )
    return after


async def answer(tx: Snapshot, request: FaceRequest, zone: str) -> str:
    """The fixed words of a request that ended without a possible match; empty for any other.

    ``zone`` is that of the date in them.
    """
    if request.state is not State.NO_POSSIBLE_MATCH or request.closed_at is None:
        return ""
    concluded = [
        search
        for search in await tx.searches.of(request.id)
        if search.concluded_at is not None and search.purged_at is None
    ]
    searched = [
        (await tx.galleries.get(search.gallery_version), search.concluded_at)
        for search in concluded
        if search.concluded_at is not None
    ]
    answered = [(f"the {g.repository}", day_in(zone, at)) for g, at in searched]
    # Nobody to compare is an answer, too: then no search was concluded.
    closed = ("the gallery", day_in(zone, request.closed_at))
    only_others = concluded and all(search.authorization_id for search in concluded)
    missing = await tx.galleries.standard() if only_others else None
    return no_match_text(*(answered or [closed]), unanswered=missing or "")

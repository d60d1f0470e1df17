"""Examiners' decisions: who takes an examination, what they decide, what two opinions amount to."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.approvals.timing import timed
from bot.casework import subjects
from bot.casework.seating import parts_for, readers_of_reviews
from bot.domain.actors import SYSTEM, Actor
from bot.domain.analyses import Analysis, check_analysed
from bot.domain.audit import AuditEvent, Verb, by, fingerprint, moved
from bot.domain.candidates import Disposition, shuffled
from bot.domain.components import check_findings
from bot.domain.examinations import (
    Examination,
    Seat,
    agreed,
    check_has_not_read_review,
    check_may_take,
    check_may_work,
    follows,
    is_checked_blind,
    levels_of,
    proposed,
    summary_version,
)
from bot.domain.overrides import Override, check_override
from bot.domain.pictures import has_candidate, probe_key, review_key, sheet_key
from bot.domain.quality import ImageQuality
from bot.domain.requests import FaceRequest
from bot.domain.sendings import Picture
from bot.domain.work import WorkKind
from bot.domain.workflow import State, Step
from bot.errors import Refusal
from storage.database import Database, Snapshot, Transaction


async def open_examination(
    tx: Transaction,
    request: FaceRequest,
    search_id: str,
    seat: Seat,
    now: datetime,
    *,
    sitting: int = 1,
) -> Examination:
    """Lay out the candidates anew for one more person: own seed, own order, own letters."""
    candidates = await tx.searches.candidates(search_id)
    seed = secrets.randbits(63)
    examination = Examination(
        id=f"EX-{secrets.token_hex(6)}",
        request_id=request.id,
        search_id=search_id,
        seat=seat,
        round=request.round,
        seed=seed,
        order=shuffled([candidate.id for candidate in candidates], seed),
        opened_at=now,
        sitting=sitting,
    )
    await tx.examinations.add(examination)
    await tx.work.add(
        WorkKind.DRAW_ALONE,
        request.id,
        subject=examination.id,
        priority=request.asked.category.priority,
        now=now,
    )
    facts = {"request": request.id, "seat": seat, "seed": seed, "round": request.round}
    await tx.audit.append(
        AuditEvent(now, SYSTEM.person, Verb.EXAMINATION_OPENED, examination.id, facts)
    )
    return examination


async def take(
    db: Database,
    id: str,
    *,
    actor: Actor,
    now: datetime,
    reads_reviews: bool = False,
) -> Examination:
    """Seat an examiner; of two who press at once, one is told that it is taken. ``reads_reviews``:
    whether this person sits in the supervisors' channel."""
    async with db.transaction() as tx:
        examination = await tx.examinations.get(id)
        await check_open(tx, examination)
        if examination.examiner is None:
            parts = await parts_for(tx, examination)
            check_may_take(examination.seat, actor, parts, now)
            await _check_blind(tx, examination, actor, sits_there=reads_reviews)
            await _check_probe_shown(tx, examination)
            await _check_alone(tx, examination)
        taken = examination.take(actor, now)
        await tx.examinations.save(taken)
        facts = {"request": taken.request_id, "seat": taken.seat, **by(actor)}
        await tx.audit.append(
            AuditEvent(now, actor.person, Verb.EXAMINATION_TAKEN, id, facts)
        )
    return taken


async def _check_blind(
    tx: Transaction, examination: Examination, actor: Actor, *, sits_there: bool = False
) -> None:
    """Refuse whoever could have read what an earlier round of this request came to, at every act."""
    readers = await readers_of_reviews(tx, examination)
    if readers is not None:
        check_has_not_read_review(actor, readers, sits_there=sits_there)


async def freeze(
    tx: Transaction, analysis: Analysis, *, actor: Actor, now: datetime
) -> Examination:
    """Keep what this examiner saw in the probe alone; once, and only of a probe that can be seen."""
    id = analysis.examination_id
    examination = await tx.examinations.get(id)
    await check_open(tx, examination)
    check_may_work(examination, actor, now)
    await _check_blind(tx, examination, actor)
    if await tx.analyses.find(id) is not None:
        raise Refusal(
            "Your analysis of the probe is saved and cannot be changed any more.",
            rule="ANALYSIS_FROZEN",
        )
    await _check_probe_shown(tx, examination)
    await _check_alone(tx, examination)
    await tx.analyses.add(analysis)
    content = analysis.facts()
    facts = {
        "request": examination.request_id,
        "sha256": fingerprint(content),
        **content,
        **by(actor),
    }
    await tx.audit.append(AuditEvent(now, actor.person, Verb.ANALYSIS_SAVED, id, facts))
    return examination


async def draw_candidates(
    tx: Transaction, examination: Examination, now: datetime
) -> None:
    """Not a second time: an earlier release drew them as soon as there was an examination."""
    sheets = [sheet_key(examination.id, candidate) for candidate in examination.order]
    drawn = await tx.pictures.of(examination.request_id)
    if all(key in drawn for key in sheets):
        return
    request = await tx.requests.get(examination.request_id)
    await tx.work.add(
        WorkKind.DRAW,
        request.id,
        subject=examination.id,
        priority=request.asked.category.priority,
        now=now,
    )
    await subjects.draw(tx, request, examination, now)


async def own_analysis(
    db: Database, id: str, *, actor: Actor, now: datetime
) -> tuple[Examination, Analysis | None]:
    """This examiner's own frozen analysis, if it is saved; nobody else may read it (policy 6.5)."""
    async with db.snapshot() as snapshot:
        examination = await snapshot.examinations.get(id)
        check_may_work(examination, actor, now)
        return examination, await snapshot.analyses.find(id)


async def dispose(
    db: Database, id: str, disposition: Disposition, *, actor: Actor, now: datetime
) -> Examination:
    """Save one decision about one candidate; until submission it can be changed, and each is kept."""
    async with db.transaction() as tx:
        examination = await tx.examinations.get(id)
        await check_open(tx, examination)
        check_may_work(examination, actor, now)
        await _check_blind(tx, examination, actor)
        _check_listed(examination, disposition.candidate_id)
        analysis = await _analysed(tx, examination)
        check_analysed(disposition.findings, disposition.explanation, analysis)
        await _check_shown(tx, examination, [disposition.candidate_id])
        disposition = await timed(tx, id, disposition, now)
        await tx.examinations.dispose(id, disposition)
        facts = {
            "request": examination.request_id,
            "candidate": disposition.candidate_id,
            "label": examination.label_of(disposition.candidate_id),
            "conclusion": int(disposition.conclusion),
            "exclusion": disposition.exclusion,
            "reason": disposition.reason,
            "findings": dict(disposition.findings),
            "explanation": disposition.explanation,
            "seconds": disposition.seconds,
            **by(actor),
        }
        await tx.audit.append(
            AuditEvent(now, actor.person, Verb.CANDIDATE_DISPOSED, id, facts)
        )
    return examination


async def view(
    db: Database, id: str, candidate_id: str, *, actor: Actor, now: datetime
) -> tuple[Examination, Mapping[str, Disposition]]:
    """Open one candidate for comparison; reading a candidate is an act and is recorded."""
    async with db.transaction() as tx:
        examination = await tx.examinations.get(id)
        await check_open(tx, examination)
        check_may_work(examination, actor, now)
        await _check_blind(tx, examination, actor)
        _check_listed(examination, candidate_id)
        await _analysed(tx, examination)
        facts = {
            "request": examination.request_id,
            "candidate": candidate_id,
            **by(actor),
        }
        await tx.audit.append(
            AuditEvent(now, actor.person, Verb.CANDIDATE_VIEWED, id, facts)
        )
        return examination, await tx.examinations.dispositions(id)


async def show_again(
    db: Database, id: str, *, actor: Actor, now: datetime
) -> Examination:
    """Have the pictures of an open examination shown once more after their time in Slack is over."""
    async with db.transaction() as tx:
        examination = await tx.examinations.get(id)
        await check_open(tx, examination)
        if examination.examiner is None:
            parts = await parts_for(tx, examination)
            check_may_take(examination.seat, actor, parts, now)
        else:
            check_may_work(examination, actor, now)
        pictures = await tx.pictures.of(examination.request_id)
        gone = [
            picture
            for key, picture in pictures.items()
            if key.startswith(f"{id}/") and picture.removed_at is not None
        ]
        if await tx.analyses.find(id) is None:
            # Of an examination nobody has analysed the probe comes back, and nobody else.
            gone = [picture for picture in gone if picture.key == probe_key(id)]
            if examination.examiner is not None and not gone:
                await _analysed(tx, examination)
        if not gone:
            raise Refusal("The pictures are still there.", rule="STILL_SHOWN")
        for picture in gone:
            await tx.pictures.save(once_more(picture))
        facts = {
            "request": examination.request_id,
            "pictures": len(gone),
            **by(actor),
        }
        await tx.audit.append(
            AuditEvent(now, actor.person, Verb.PICTURES_ASKED_AGAIN, id, facts)
        )
    return examination


def once_more(picture: Picture) -> Picture:
    """The same picture, to be uploaded anew; ``card`` counts the showings."""
    _, _, showing = picture.card.partition("#")
    return replace(
        picture,
        card=f"{picture.key}#{int(showing or 1) + 1}",
        slack_file=None,
        shared_at=None,
        removed_at=None,
    )


async def own_decisions(
    db: Database, id: str, *, actor: Actor, now: datetime
) -> tuple[Examination, Mapping[str, Disposition]]:
    """What this examiner has decided so far; nobody else may read it (policy 6.5)."""
    async with db.snapshot() as snapshot:
        examination = await snapshot.examinations.get(id)
        check_may_work(examination, actor, now)
        await _analysed(snapshot, examination)
        return examination, await snapshot.examinations.dispositions(id)


async def submit(
    db: Database,
    id: str,
    *,
    summary: int,
    blind_check_share: float,
    actor: Actor,
    now: datetime,
    override: str = "",
) -> FaceRequest:
    """Close an examination and let the request go where the opinions lead.

    ``summary`` is the ``summary_version`` the examiner has read: decisions changed since are not
    submitted unseen. ``override`` is why somebody is proposed although the image is warned about.
    """
    async with db.transaction() as tx:
        examination = await tx.examinations.get(id)
        await check_open(tx, examination)
        check_may_work(examination, actor, now)
        await _check_blind(tx, examination, actor)
        await _analysed(tx, examination)
        dispositions = await tx.examinations.dispositions(id)
        if summary_version(dispositions) != summary:
            raise Refusal(
                "Your decisions have changed since this summary was opened. Open it again.",
                rule="STALE_SUMMARY",
            )
        submitted = examination.submit(dispositions, now)
        _check_carried(examination, dispositions)
        overridden = await _override(tx, submitted, dispositions, override, now)
        await tx.examinations.save(submitted)
        request = await tx.requests.get(submitted.request_id)
        facts = {
            "request": submitted.request_id,
            "seat": submitted.seat,
            "proposed": list(proposed(dispositions)),
            **_overriding(overridden),
            **by(actor),
        }
        if submitted.seat is Seat.FIRST and proposed(dispositions):
            facts |= moved(request, request.take(Step.PROPOSE, now))
        await tx.audit.append(
            AuditEvent(now, actor.person, Verb.EXAMINATION_SUBMITTED, id, facts)
        )
        if submitted.seat is Seat.FIRST:
            return await _after_first(
                tx, request, submitted, dispositions, blind_check_share, now
            )
        return await _after_blind(tx, request, submitted, now)


async def measured_of(snapshot: Snapshot, examination: Examination) -> ImageQuality:
    """What was measured of the face in the original still: no edit of it takes a warning away."""
    probe = await snapshot.probes.get(examination.request_id)
    search = await snapshot.searches.get(examination.search_id)
    return probe.faces[search.face_index].quality


async def _override(
    tx: Transaction,
    submitted: Examination,
    dispositions: Mapping[str, Disposition],
    reason: str,
    now: datetime,
) -> Override | None:
    """Keep why somebody is proposed on an image that is warned about; refuse without (policy 3.7)."""
    warned = (await measured_of(tx, submitted)).warned()
    proposes = bool(proposed(dispositions))
    check_override(warned, reason, proposes=proposes)
    if not (warned and proposes):
        return None
    override = Override(submitted.id, warned, reason.strip(), now)
    await tx.overrides.add(override)
    return override


def _overriding(override: Override | None) -> dict[str, object]:
    if override is None:
        return {}
    return {"warned": list(override.warned), "override": override.reason}


async def _after_first(
    tx: Transaction,
    request: FaceRequest,
    first: Examination,
    dispositions: Mapping[str, Disposition],
    share: float,
    now: datetime,
) -> FaceRequest:
    if proposed(dispositions):
        step = Step.PROPOSE
    else:
        seed = secrets.randbits(63)
        drawn = is_checked_blind(request.asked.category, share, seed)
        step = Step.CHECK_NONE if drawn else Step.FIND_NONE
        facts = {
            "seed": seed,
            "share": share,
            "drawn": drawn,
            **moved(request, request.take(step, now)),
        }
        await tx.audit.append(
            AuditEvent(now, SYSTEM.person, Verb.BLIND_CHECK_DRAWN, request.id, facts)
        )
    after = request.take(step, now)
    await tx.requests.save(after)
    if after.state is State.PEER_REVIEW:
        await open_examination(tx, after, first.search_id, Seat.PEER, now)
    return after


async def _after_blind(
    tx: Transaction, request: FaceRequest, last: Examination, now: datetime
) -> FaceRequest:
    """Compare what everybody has said by now: two, and three once two differ (policy 3.4)."""
    done = [
        examination
        for examination in await tx.examinations.of(last.request_id, last.round)
        if examination.submitted_at is not None
    ]
    said = {e.seat: await tx.examinations.dispositions(e.id) for e in done}
    opinions = [said[seat] for seat in Seat if seat in said]
    supported, step = agreed(*opinions), follows(opinions)
    after = request.take(step, now)
    facts = {
        "agree": step in (Step.AGREE, Step.AGREE_NONE),
        **{seat: list(proposed(opinion)) for seat, opinion in said.items()},
        "both": [a.candidate_id for a in supported],
        "levels": levels_of(opinions),
        **moved(request, after),
    }
    await tx.audit.append(
        AuditEvent(now, SYSTEM.person, Verb.OPINIONS_COMPARED, request.id, facts)
    )
    await tx.requests.save(after)
    if step is Step.SPLIT:
        await open_examination(tx, after, last.search_id, Seat.THIRD, now)
    if step is Step.DISAGREE:
        await tx.searches.conclude(last.search_id, now)
    first = await first_of(tx, last)
    for agreement in supported:
        await _show_to_supervisor(tx, first, agreement.candidate_id)
    return after


async def _show_to_supervisor(
    tx: Transaction, first: Examination, candidate_id: str
) -> None:
    """Have the first examiner's sheet of a supported candidate shown where supervisors decide."""
    sheet = await tx.pictures.find(sheet_key(first.id, candidate_id))
    if sheet is not None:
        key = review_key(first.request_id, first.round, candidate_id)
        await tx.pictures.add(
            replace(
                sheet,
                key=key,
                card=key,
                slack_file=None,
                shared_at=None,
                removed_at=None,
            )
        )


async def first_of(tx: Transaction, later: Examination) -> Examination:
    """The first examination of the same round."""
    same_round = await tx.examinations.of(later.request_id, later.round)
    return next(e for e in same_round if e.seat is Seat.FIRST and e.left_at is None)


async def check_open(tx: Snapshot, examination: Examination) -> None:
    """Refuse work on an examination whose request has moved on or was withdrawn."""
    request = await tx.requests.get(examination.request_id)
    is_open = (
        request.state is examination.seat.open_in and request.round == examination.round
    )
    if not is_open:
        raise Refusal(
            "This examination is no longer open: the request has moved on.",
            rule="STATE",
        )


async def _analysed(tx: Snapshot, examination: Examination) -> Analysis:
    """The examiner's analysis; without it no candidate opens (policy 3.3, linear ACE)."""
    analysis = await tx.analyses.find(examination.id)
    if analysis is None:
        raise Refusal(
            "Analyse the probe first: no candidate opens before your analysis is saved.",
            rule="ANALYSIS_FIRST",
        )
    return analysis


async def _check_probe_shown(tx: Transaction, examination: Examination) -> None:
    """Nobody takes or analyses what cannot be seen in Slack now."""
    probe = await tx.pictures.find(probe_key(examination.id))
    if probe is None or probe.shared_at is None or probe.removed_at is not None:
        raise Refusal(
            "The probe is not in Slack now. Wait for it, or press “Show the pictures "
            "again” on the card.",
            rule="NOT_SHOWN",
        )


async def _check_alone(tx: Transaction, examination: Examination) -> None:
    """Nobody analyses a probe beside the candidates of whoever compared before (policy 3.3, linear ACE):
    Slack may take long to delete them, or not do it at all."""
    others = {e.id for e in await tx.examinations.of(examination.request_id)}
    others.remove(examination.id)
    for key, picture in (await tx.pictures.of(examination.request_id)).items():
        is_there = picture.shared_at is not None and picture.removed_at is None
        if is_there and has_candidate(key, others):
            raise Refusal(
                "Candidates of an earlier comparison are still in Slack. Wait until they are gone; if they do "
                "not go, an administrator of the workspace has to delete those files.",
                rule="NOT_YET_ALONE",
            )


async def _check_shown(
    tx: Transaction, examination: Examination, candidates: Sequence[str]
) -> None:
    """Nobody decides about a face that cannot be seen in Slack now."""
    pictures = await tx.pictures.of(examination.request_id)
    for candidate in candidates:
        sheet = pictures.get(sheet_key(examination.id, candidate))
        if sheet is None or sheet.shared_at is None or sheet.removed_at is not None:
            raise Refusal(
                "The pictures are not in Slack now. Wait for them, or press "
                "“Show the pictures again” on the card.",
                rule="NOT_SHOWN",
            )


def _check_carried(
    examination: Examination, dispositions: Mapping[str, Disposition]
) -> None:
    """Once more what was checked when it was saved: an earlier release took support without components."""
    for id, disposition in dispositions.items():
        if not disposition.conclusion.is_support:
            continue
        try:
            check_findings(
                disposition.findings, disposition.explanation, is_support=True
            )
        except Refusal as refused:
            raise type(refused)(
                f"Candidate {examination.label_of(id)}: {refused}"
            ) from None


def _check_listed(examination: Examination, candidate_id: str) -> None:
    if candidate_id not in examination.order:
        raise Refusal(
            "This candidate is not on your list.", rule="CANDIDATE_NOT_LISTED"
        )

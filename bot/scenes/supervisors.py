"""What the supervisors' channel shows: sign-offs, failures, reviews, and what they can revoke."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta

from bot.approvals import corroborations
from bot.casework.failures import find_failures
from bot.casework.marks import mark, named, seen
from bot.domain.analyses import refused_as
from bot.domain.authorizations import AuthorizationState
from bot.domain.context import STAND_IN_AFTER
from bot.domain.examinations import Examination, Seat, agreed, proposed
from bot.domain.leads import Ruling
from bot.domain.pictures import review_key
from bot.domain.rulings import (
    LAPSED,
    RECALLED_BY_HAND,
    STARTED,
    WRITTEN,
    RulingRecord,
)
from bot.domain.workflow import WITH_LEAD, State, Step
from bot.scenes.repeats import repeat_seen
from bot.scenes.scene import Outlook, Scene, Wanted
from bot.views import supervisor as views
from bot.views.authorizations import Exceptional
from bot.views.commander import oversight_card, revoked_notice
from bot.views.corroborating import uncorroborated_notice
from bot.views.text import Message


async def supervisors_see(scene: Scene, outlook: Outlook) -> AsyncIterator[Wanted]:
    request, channel = scene.request, outlook.rooms.supervisors
    rulings = await scene.tx.rulings.of(request.id)
    if (repeated := await repeat_seen(scene, outlook, rulings)) is not None:
        yield repeated
    if (card := await _sign_off(scene, outlook, rulings)) is not None:
        yield Wanted(f"{request.id}/sign_off", channel, card)
    if (card := await _failed(scene)) is not None:
        yield Wanted(f"{request.id}/failed", channel, card)
    if (refused := await _refused_image(scene, outlook)) is not None:
        yield refused
    for round in range(1, request.round + 1):
        key = review_key(request.id, round)
        if (card := await _review(scene, outlook, rulings, round)) is not None:
            yield Wanted(key, channel, card)
            sheets = [k for k in scene.pictures if k.startswith(f"{key}/")]
            if wanted := scene.not_gone(sorted(sheets)):
                yield Wanted(f"{key}/pictures", channel, thread=key, pictures=wanted)
    if (notice := await _uncorroborated(scene, outlook)) is not None:
        yield notice
    for asked in scene.authorizations:
        team = named(scene.authorizations, outlook.account_of)
        view = seen(asked, outlook.repositories, team=team)
        drawn = oversight_card(view, outlook.zone)
        yield Wanted(f"{asked.id}/oversight", channel, drawn)
        if asked.state is AuthorizationState.REVOKED:
            said = revoked_notice(view, outlook.zone)
            yield Wanted(f"{asked.id}/told_supervisors", channel, said)


async def _refused_image(scene: Scene, outlook: Outlook) -> Wanted | None:
    """Of a request that an examiner has ended on what is no photograph."""
    if scene.request.state is not State.REFUSED:
        return None
    for examination in await scene.tx.examinations.of(scene.request.id):
        analysis = await scene.tx.analyses.find(examination.id)
        if analysis is not None and refused_as(analysis.depiction) is not None:
            who = outlook.account(examination.examiner) or examination.examiner or ""
            said = views.refused_image(scene.request.id, who, analysis)
            channel = outlook.rooms.supervisors
            return Wanted(f"{scene.request.id}/refused_image", channel, said)
    return None


async def _uncorroborated(scene: Scene, outlook: Outlook) -> Wanted | None:
    """When the last of the days for it is over: the ones before are the requester's own."""
    request, last = scene.request, outlook.corroborate_days[-1]
    days = outlook.corroborate_days
    if last not in await corroborations.overdue(scene.tx, request, days, scene.now):
        return None
    said = uncorroborated_notice(request.id, request.requester_account, last)
    key = f"{corroborations.reminder_key(request.id, last)}/supervisors"
    return Wanted(key, outlook.rooms.supervisors, said)


async def _review(
    scene: Scene, outlook: Outlook, rulings: Sequence[RulingRecord], round: int
) -> Message | None:
    """The card of one round: once it is up for a ruling, and as long as it was ever posted."""
    request = scene.request
    ruling = next(
        (r for r in rulings if r.round == round and r.ruling in set(Ruling)), None
    )
    up = _can_be_ruled_on(scene) and request.round == round
    posted = await scene.tx.cards.find(review_key(request.id, round))
    if not up and posted is None:
        return None
    examinations = await scene.tx.examinations.of(request.id, round)
    return views.review_card(
        views.ReviewCard(
            number=request.id,
            version=request.version if up else 0,
            case_number=request.asked.case_number,
            category=request.asked.category,
            supported=await _supported_counts(scene, examinations),
            ruling=_ruling(outlook, ruling),
            withdrawn=request.state is State.WITHDRAWN,
            exceptional=_mark(scene, examinations),
            purged=any(not examination.order for examination in examinations),
            sealed=any(scene.is_sealed(one.search_id) for one in examinations),
            unchecked=up and await _is_unchecked(scene, examinations),
            can_recall=_is_of_lead(ruling) and request.state in WITH_LEAD,
            recalled=_recalled(outlook, _latest(rulings, RECALLED_BY_HAND))
            if _is_of_lead(ruling)
            else None,
        ),
        outlook.zone,
    )


def _can_be_ruled_on(scene: Scene) -> bool:
    """Before the context check only once that has waited for so long that it may never be made."""
    request = scene.request
    if request.state is State.CONTEXT_CHECK:
        return request.stood_for(STAND_IN_AFTER, scene.now)
    return request.state is State.SUPERVISOR_REVIEW


def _is_of_lead(ruling: RulingRecord | None) -> bool:
    return ruling is not None and ruling.ruling == Ruling.RELEASE


def _recalled(
    outlook: Outlook, recalled: RulingRecord | None
) -> views.RecallView | None:
    if recalled is None:
        return None
    who = outlook.account(recalled.supervisor) or recalled.supervisor
    return views.RecallView(who, recalled.at, recalled.reason)


def _mark(scene: Scene, examinations: Sequence[Examination]) -> Exceptional | None:
    for examination in examinations:
        if (allowed := scene.authorization_of(examination.search_id)) is not None:
            return mark(allowed, with_reason=True)
    return None


async def _is_unchecked(scene: Scene, examinations: Sequence[Examination]) -> bool:
    """Whether there is somebody two agree on whose context was not checked."""
    opinions = [
        await scene.tx.examinations.dispositions(one.id)
        for one in examinations
        if one.submitted_at is not None
    ]
    found = {one.candidate_id for one in agreed(*opinions)}
    request = scene.request
    return bool(found - set(await scene.tx.contexts.of(request.id, request.round)))


async def _supported_counts(
    scene: Scene, examinations: Sequence[Examination]
) -> tuple[int, ...]:
    counts = []
    for examination in sorted(examinations, key=lambda e: tuple(Seat).index(e.seat)):
        if examination.submitted_at is not None:
            dispositions = await scene.tx.examinations.dispositions(examination.id)
            counts.append(len(proposed(dispositions)))
    return tuple(counts)


def _ruling(outlook: Outlook, ruling: RulingRecord | None) -> views.RulingView | None:
    if ruling is None:
        return None
    return views.RulingView(
        Ruling(ruling.ruling),
        outlook.account(ruling.supervisor) or ruling.supervisor,
        ruling.at,
        ruling.reason,
    )


async def _sign_off(
    scene: Scene, outlook: Outlook, rulings: Sequence[RulingRecord]
) -> Message | None:
    request = scene.request
    signed = _latest(rulings, STARTED, Step.SIGN_OFF, Step.REFUSE)
    posted = await scene.tx.cards.find(f"{request.id}/sign_off")
    if request.state is not State.SIGN_OFF and posted is None:
        return None
    written = _latest(rulings, WRITTEN)
    hours = outlook.sign_off_hours
    return views.sign_off_card(
        views.SignOffCard(
            number=request.id,
            version=request.version if signed is None else 0,
            case_number=request.asked.case_number,
            category=request.asked.category,
            requester=request.requester_account,
            threat=dict(request.asked.particulars).get("threat", ""),
            decision=_signed(outlook, signed),
            withdrawn=request.state is State.WITHDRAWN,
            written=_written(outlook, written),
            write_by=_write_by(signed, hours),
            lapsed=_latest(rulings, LAPSED) is not None,
            hours=hours,
        ),
        outlook.zone,
    )


def _write_by(signed: RulingRecord | None, hours: int) -> datetime | None:
    if signed is None or signed.ruling != STARTED:
        return None
    return signed.at + timedelta(hours=hours)


def _latest(rulings: Sequence[RulingRecord], *kinds: str) -> RulingRecord | None:
    return next((r for r in rulings if r.ruling in kinds), None)


def _signed(outlook: Outlook, signed: RulingRecord | None) -> views.SignOffView | None:
    if signed is None:
        return None
    return views.SignOffView(
        granted=signed.ruling != Step.REFUSE,
        supervisor=outlook.account(signed.supervisor) or signed.supervisor,
        at=signed.at,
    )


def _written(
    outlook: Outlook, written: RulingRecord | None
) -> views.WrittenView | None:
    if written is None:
        return None
    who = outlook.account(written.supervisor) or written.supervisor
    return views.WrittenView(who, written.at, written.reason)


async def _failed(scene: Scene) -> Message | None:
    request = scene.request
    why = await _why_failed(scene)
    failed = why is not None
    if not failed and await scene.tx.cards.find(f"{request.id}/failed") is None:
        return None
    return views.search_failed_card(
        views.SearchFailedCard(
            number=request.id,
            version=request.version if failed else 0,
            why=f"{why or _FAILED_SEARCH} The operators' log has the reason.",
            still_failed=failed,
        )
    )


_FAILED_SEARCH = "The software failed again and again."


async def _why_failed(scene: Scene) -> str | None:
    """What a supervisor can have tried again; None if there is nothing."""
    if scene.request.state is State.SEARCH_FAILED:
        return _FAILED_SEARCH
    failures = await find_failures(scene.tx, scene.request)
    if failures.work:
        return "Pictures of this request could not be drawn."
    return "Slack did not take a message or picture." if failures else None

"""A request comes in, or is refused; and is taken back."""

from collections.abc import Set
from dataclasses import asdict
from datetime import datetime

from bot.casework.exceptional import end_open
from bot.casework.oversight import Overseers, tell_of_named
from bot.domain.actors import Actor, Role, check_holds
from bot.domain.audit import AuditEvent, Verb, by, fingerprint, moved
from bot.domain.purposes import (
    OffenseCategory,
    check_body_worn_camera,
    check_not_prohibited,
    check_offense_allowed,
    check_offense_day,
    check_statements,
)
from bot.domain.requests import Asked, FaceRequest, check_is_requester
from bot.domain.workflow import Step
from bot.errors import Refusal
from storage.database import Database


async def submit(
    db: Database,
    asked: Asked,
    declared: tuple[str, ...],
    bwc_confirmed: Set[str],
    *,
    offense_whitelist: Set[OffenseCategory],
    actor: Actor,
    channel: str,
    delivery: str,
    overseers: Overseers | None = None,
    now: datetime,
) -> FaceRequest:
    """Accept a request under the next number; refuse a prohibited use by its rule (policy 1.6).

    ``delivery`` is Slack's id of the submission: no state tells that it was recorded before. ``now`` is
    by the unit's clock: its day and its year count.
    """
    check_holds(actor, Role.REQUESTER, "asks for a search")
    check_statements(asked.attested, declared)
    check_not_prohibited(declared)
    check_body_worn_camera(asked.source, asked.purpose, bwc_confirmed)
    check_offense_allowed(asked.category, offense_whitelist)
    check_offense_day(asked.particulars, now.date())
    async with db.transaction() as tx:
        if not await tx.deliveries.first_time(delivery, now):
            raise Refusal(
                "This form was sent twice and is recorded once.", rule="SENT_TWICE"
            )
        request = FaceRequest(
            id=await tx.requests.next_number(now.year),
            asked=asked,
            requester=actor.person,
            requester_account=actor.slack_user,
            channel=channel,
            submitted_at=now,
        )
        await tx.requests.add(request)
        facts = by(actor) | {
            "asked_sha256": fingerprint(asdict(asked)),
            "case_number": asked.case_number,
            "category": asked.category,
            "purpose": asked.purpose,
            "source": asked.source,
            "attested": list(asked.attested),
            "bwc_checklist": sorted(bwc_confirmed),
            "image_file": asked.image_file,
            "list_length": asked.list_length,
            "channel": channel,
        }
        await tx.audit.append(
            AuditEvent(now, actor.person, Verb.REQUEST_SUBMITTED, request.id, facts)
        )
        if overseers is not None:
            await tell_of_named(tx, request, overseers, now)
    return request


async def withdraw(
    db: Database, id: str, *, actor: Actor, now: datetime
) -> FaceRequest:
    """Take a request back before its release; only whoever asked may (policy 6.3, 23)."""
    async with db.transaction() as tx:
        request = await tx.requests.get(id)
        check_is_requester(request, actor)
        withdrawn = request.take(
            Step.WITHDRAW, now, reason="You withdrew this request."
        )
        await tx.requests.save(withdrawn)
        await tx.work.cancel(id)
        await end_open(tx, id, "The request was withdrawn.", actor=actor, now=now)
        facts = by(actor) | moved(request, withdrawn)
        await tx.audit.append(
            AuditEvent(now, actor.person, Verb.REQUEST_WITHDRAWN, id, facts)
        )
    return withdrawn

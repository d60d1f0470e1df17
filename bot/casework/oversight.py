"""What those who oversee are told of: refused attempts at a use that touches what the law protects, and
requests that name somebody (policy 5.4 T13; policy 7, A16, A22 and A24; policy 2.4, R12)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.casework.alerts import Alerts
from bot.domain.actors import SYSTEM, Actor
from bot.domain.addresses import oversight_key
from bot.domain.audit import AuditEvent, Verb
from bot.domain.purposes import OVERSEEN, ProhibitedUse, prohibited
from bot.domain.requests import FaceRequest
from bot.domain.sendings import Sending, SendingKind
from bot.domain.watched import NAMED_PERSON, named_in
from bot.views.auditor import named_person, refused_use
from bot.views.text import Message
from storage.database import Database, Transaction


async def tell_of_refused(
    db: Database,
    alerts: Alerts,
    refused: ProhibitedUse,
    case_number: str,
    *,
    key: str,
    asked_by: Actor,
    auditors: Sequence[Actor],
    now: datetime,
) -> None:
    """Have supervisors and auditors told of a refused request, once for each sending of its form (``key``).

    That it was refused is on record already, or will be: this only sees to it that it is not overlooked.
    """
    if refused.rule not in OVERSEEN:
        return
    use = prohibited(refused.rule)
    said = refused_use(refused.rule, use, case_number, asked_by.slack_user)
    async with db.transaction() as tx:
        await alerts.add(
            tx,
            f"refused/{key}",
            f"A request was refused as a prohibited use (rule {refused.rule}): {use}. Case number "
            f"{case_number}. Nothing was searched. The auditors are told, too.",
            about=(asked_by.slack_user,),
        )
        await _tell_auditors(tx, key, said, auditors, now)
        facts = {
            "rule": refused.rule,
            "case_number": case_number,
            "asked_by": asked_by.person,
            "auditors": [auditor.person for auditor in auditors],
        }
        await tx.audit.append(
            AuditEvent(now, SYSTEM.person, Verb.OVERSIGHT_TOLD, key, facts)
        )


@dataclass(frozen=True, slots=True)
class Overseers:
    """Who is told of names, and which names those are."""

    alerts: Alerts
    auditors: Sequence[Actor]
    names: Sequence[str]


async def tell_of_named(
    tx: Transaction, request: FaceRequest, overseers: Overseers, now: datetime
) -> None:
    """Have supervisors and auditors told of a request whose grounds name a watched person (A22).

    It goes on all the same: a victim's name, or an officer's as a witness, may stand there for good reason.
    """
    asked = request.asked
    texts = (asked.factual_basis, *(said for _, said in asked.particulars))
    if not (found := named_in(texts, overseers.names)):
        return
    named, number = ", ".join(found), asked.case_number
    await overseers.alerts.add(
        tx,
        f"named/{request.id}",
        f"{request.id}: the grounds of this request name somebody on the list of watched names: {named}. A "
        "search is for a person whose name nobody knows: see why it is asked for. It goes on as any other "
        f"does. Case number {number}. The auditors are told, too.",
        about=(request.requester_account,),
        request_id=request.id,
    )
    said = named_person(request.id, named, number, request.requester_account)
    await _tell_auditors(tx, request.id, said, overseers.auditors, now)
    facts = {
        "rule": NAMED_PERSON,
        "names": list(found),
        "case_number": number,
        "asked_by": request.requester,
        "auditors": [auditor.person for auditor in overseers.auditors],
    }
    await tx.audit.append(
        AuditEvent(now, SYSTEM.person, Verb.OVERSIGHT_TOLD, request.id, facts)
    )


async def _tell_auditors(
    tx: Transaction,
    about: str,
    said: Message,
    auditors: Sequence[Actor],
    now: datetime,
) -> None:
    for auditor in auditors:
        account = auditor.slack_user
        card = oversight_key(about, account)
        await tx.outbox.add(
            Sending(
                key=card,
                kind=SendingKind.POST,
                request_id="",
                card=card,
                channel=account,
                text=said.text,
                blocks=said.blocks,
                created_at=now,
            )
        )

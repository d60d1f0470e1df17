"""Attempts at a use that touches what the law protects: refused, and told to those who oversee (policy
5.4 T13; policy 7, A16 and A24; policy 2.4, R12)."""

from collections.abc import Sequence
from datetime import datetime

from bot.casework.alerts import Alerts
from bot.domain.actors import SYSTEM, Actor
from bot.domain.addresses import oversight_key
from bot.domain.audit import AuditEvent, Verb
from bot.domain.purposes import OVERSEEN, ProhibitedUse, prohibited
from bot.domain.sendings import Sending, SendingKind
from bot.views.auditor import refused_use
from storage.database import Database


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
    async with db.transaction() as tx:
        await alerts.add(
            tx,
            f"refused/{key}",
            f"A request was refused as a prohibited use (rule {refused.rule}): {use}. Case number "
            f"{case_number}. Nothing was searched. The auditors are told, too.",
            about=(asked_by.slack_user,),
        )
        for auditor in auditors:
            account = auditor.slack_user
            card = oversight_key(key, account)
            said = refused_use(refused.rule, use, case_number, asked_by.slack_user)
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
        facts = {
            "rule": refused.rule,
            "case_number": case_number,
            "asked_by": asked_by.person,
            "auditors": [auditor.person for auditor in auditors],
        }
        await tx.audit.append(
            AuditEvent(now, SYSTEM.person, Verb.OVERSIGHT_TOLD, key, facts)
        )

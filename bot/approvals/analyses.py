"""The analysis of a probe alone is saved: the candidates are drawn, or the probe is none that may be searched."""

from datetime import datetime

from bot.approvals.examinations import draw_candidates, freeze
from bot.casework.exceptional import end_open
from bot.domain.actors import Actor
from bot.domain.analyses import Analysis, refused_as
from bot.domain.audit import AuditEvent, Verb, by, moved
from bot.domain.examinations import Examination
from bot.domain.purposes import ProhibitedUse
from bot.domain.workflow import Step
from storage.database import Database, Transaction


async def save_analysis(
    db: Database, analysis: Analysis, *, actor: Actor, now: datetime
) -> Examination:
    """Freeze what this examiner saw in the probe alone, and only then have the candidates drawn.

    Whoever says that it is no unmanipulated photograph of a real person ends the request by the rule,
    in whichever seat: what one examiner takes for a composite leads to nobody (policy 7, A19 and A20).
    """
    async with db.transaction() as tx:
        examination = await freeze(tx, analysis, actor=actor, now=now)
        refused = refused_as(analysis.depiction)
        if refused is None:
            await draw_candidates(tx, examination, now)
        else:
            await _refuse(tx, examination, analysis, refused, actor, now)
    return examination


async def _refuse(
    tx: Transaction,
    examination: Examination,
    analysis: Analysis,
    why: ProhibitedUse,
    actor: Actor,
    now: datetime,
) -> None:
    id = examination.request_id
    request = await tx.requests.get(id)
    refused = request.take(Step.REFUSE_IMAGE, now, reason=why.message)
    await tx.requests.save(refused)
    await tx.work.cancel(id)
    await end_open(tx, id, "The image was refused.", actor=actor, now=now)
    facts = {
        "examination": examination.id,
        "rule": why.rule,
        "depiction": analysis.depiction,
        "reason": analysis.objection,
        **by(actor),
        **moved(request, refused),
    }
    await tx.audit.append(AuditEvent(now, actor.person, Verb.PROBE_REFUSED, id, facts))

"""The time at a candidate, read from what the audit log knows of one sitting."""

from dataclasses import replace
from datetime import datetime

from bot.domain.audit import AuditEvent, Verb
from bot.domain.candidates import Disposition
from bot.domain.timing import Act, Did, seconds_at
from storage.database import Snapshot

_DID = {
    Verb.EXAMINATION_TAKEN: Did.BEGAN,
    Verb.ANALYSIS_SAVED: Did.BEGAN,
    Verb.CANDIDATE_VIEWED: Did.OPENED,
    Verb.CANDIDATE_DISPOSED: Did.DECIDED,
}


async def timed(
    snapshot: Snapshot, examination_id: str, decided: Disposition, now: datetime
) -> Disposition:
    """A decision that is being made, with the seconds spent on its candidate until now."""
    entries = await snapshot.audit.entries(examination_id)
    acts = [_act(e.event) for e in entries if e.event.verb in _DID]
    acts.append(Act(now, Did.DECIDED, decided.candidate_id))
    return replace(decided, seconds=seconds_at(decided.candidate_id, acts))


def _act(event: AuditEvent) -> Act:
    return Act(event.at, _DID[event.verb], event.facts.get("candidate"))

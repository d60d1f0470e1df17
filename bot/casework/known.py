"""What the record holds of a candidate: read only once the blind part is over (policy 6.3, 16)."""

from bot.domain.candidates import Candidate
from bot.domain.context import Known
from storage.database import Snapshot


async def known_of(snapshot: Snapshot, candidate: Candidate) -> Known:
    photograph = await snapshot.photographs.get(candidate.photo_id)
    held = await snapshot.photographs.of_subject(
        photograph.repository, photograph.subject_id
    )
    forbidden = await snapshot.sealings.forbidden([photograph.id], (), ())
    return Known(
        photograph,
        tuple(other for other in held if other.id != photograph.id),
        is_sealed=bool(forbidden.photo_ids),
    )

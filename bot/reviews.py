"""Everything a supervisor weighs before a ruling, read from the database."""

from bot.approvals import releases
from bot.approvals.releases import Opinion
from bot.casework.earlier import (
    Sitting,
    answers_before,
    before,
    sittings_before,
)
from bot.casework.marks import mark_of
from bot.domain.candidates import Candidate, Conclusion
from bot.domain.earlier import most_cautious
from bot.domain.examinations import proposed
from bot.domain.origins import Sign
from bot.domain.pictures import review_key
from bot.domain.purposes import DESCRIPTION, OFFENSE_DATE, PARTICULARS
from bot.domain.requests import FaceRequest
from bot.domain.searches import Search
from bot.domain.weakness import in_words
from bot.errors import Refusal
from bot.views import supervisor as views
from bot.views.authorizations import Exceptional
from bot.views.editing import links_of
from storage.database import Snapshot


async def review_of(snapshot: Snapshot, request: FaceRequest) -> views.ReviewModal:
    """Read one request for its review: both opinions, the search, and what was asked."""
    opinions = await releases.opinions(snapshot, request)
    search = await snapshot.searches.find_latest(request.id)
    asked = request.asked
    said = (*PARTICULARS[asked.purpose], OFFENSE_DATE, DESCRIPTION)
    labels = {p.name: p.label for p in said}
    return views.ReviewModal(
        number=request.id,
        version=request.version,
        case_number=asked.case_number,
        category=asked.category,
        purpose=asked.purpose,
        particulars=tuple((labels.get(n, n), text) for n, text in asked.particulars),
        factual_basis=asked.factual_basis,
        source=asked.source,
        warnings=await _warnings(snapshot, request),
        opinions=tuple([await _opinion(snapshot, opinion) for opinion in opinions]),
        supported=await _supported(snapshot, request, opinions, search),
        gallery_version=search.gallery_version if search else "none",
        gallery_size=search.gallery_size if search else 0,
        model=str(search.model) if search else "none",
        list_length=asked.list_length,
        exceptional=await _mark(snapshot, search),
        signs=await _signs(snapshot, request),
        edits=links_of(await snapshot.derivatives.of(request.id), reader=None),
        before=tuple(map(_before, await sittings_before(snapshot, request))),
        repeats=await answers_before(snapshot, request.id),
    )


def _before(sitting: Sitting) -> views.Before:
    conclusions = [d.conclusion for d in sitting.dispositions.values()]
    return views.Before(
        round=sitting.examination.round,
        examiner=sitting.examination.examiner or "",
        supported=sum(c.is_support for c in conclusions),
        inconclusive=sum(c is Conclusion.INCONCLUSIVE for c in conclusions),
        different=sum(c < Conclusion.INCONCLUSIVE for c in conclusions),
        ended_by=sitting.left.by if sitting.left is not None else "",
        reason=sitting.left.reason if sitting.left is not None else "",
    )


async def _mark(snapshot: Snapshot, search: Search | None) -> Exceptional | None:
    return await mark_of(snapshot, search, with_reason=True) if search else None


async def _signs(snapshot: Snapshot, request: FaceRequest) -> tuple[Sign, ...] | None:
    probe = await snapshot.probes.find(request.id)
    return None if probe is None else probe.signs


async def _warnings(snapshot: Snapshot, request: FaceRequest) -> tuple[str, ...]:
    probe = await snapshot.probes.find(request.id)
    if probe is None or probe.face is None:
        return ()
    return tuple(probe.face.quality.warnings())


async def _opinion(snapshot: Snapshot, opinion: Opinion) -> views.Opinion:
    conclusions = [d.conclusion for d in opinion.dispositions.values()]
    override = await snapshot.overrides.find(opinion.examination.id)
    return views.Opinion(
        examiner=opinion.examination.examiner or "",
        taken_at=opinion.examination.taken_at,
        submitted_at=opinion.examination.submitted_at,
        supported=sum(c.is_support for c in conclusions),
        inconclusive=sum(c is Conclusion.INCONCLUSIVE for c in conclusions),
        different=sum(c < Conclusion.INCONCLUSIVE for c in conclusions),
        seconds=_seconds(opinion),
        analysis=await snapshot.analyses.find(opinion.examination.id),
        override=override.reason if override is not None else "",
    )


def _seconds(opinion: Opinion) -> int | None:
    """None where some of it was decided before times were kept."""
    kept = [d.seconds for d in opinion.dispositions.values()]
    known = [seconds for seconds in kept if seconds is not None]
    return sum(known) if len(known) == len(kept) else None


async def _supported(
    snapshot: Snapshot,
    request: FaceRequest,
    opinions: list[Opinion],
    search: Search | None,
) -> tuple[views.Supported, ...]:
    """Every candidate that at least one examiner supports, the agreed ones with their level."""
    if search is None:
        return ()
    wanted = {c for opinion in opinions for c in proposed(opinion.dispositions)}
    levels = {a.candidate_id: a.conclusion for a in releases.supported(opinions)}
    return tuple(
        [
            await _one(
                snapshot, request, opinions, search, candidate, levels.get(candidate.id)
            )
            for candidate in await snapshot.searches.candidates(search.id)
            if candidate.id in wanted
        ]
    )


async def _one(
    snapshot: Snapshot,
    request: FaceRequest,
    opinions: list[Opinion],
    search: Search,
    candidate: Candidate,
    level: Conclusion | None,
) -> views.Supported:
    photograph = await snapshot.photographs.get(candidate.photo_id)
    gallery = await snapshot.galleries.get(search.gallery_version)
    picture = await snapshot.pictures.find(
        review_key(request.id, request.round, candidate.id)
    )
    checked = await snapshot.contexts.of(request.id, request.round)
    said_before = await before(
        snapshot, request, gallery.repository, candidate.subject_id
    )
    shown = picture is not None and picture.shared_at and not picture.removed_at
    return views.Supported(
        candidate=candidate.id,
        statements=tuple(
            views.Statement(
                opinion.examination.label_of(candidate.id),
                (said := opinion.dispositions[candidate.id]).conclusion,
                said.reason,
                said.findings,
                said.explanation,
                said.seconds,
            )
            for opinion in opinions
        ),
        similarity=candidate.similarity,
        rank=candidate.rank,
        agreed=None if level is None else most_cautious(level, said_before),
        picture=picture.slack_file if picture is not None and shown else None,
        arrest_number=photograph.arrest_number,
        capture_date=photograph.capture_date,
        weak=candidate.similarity < search.weak_below,
        band=in_words(candidate.similarity, gallery.calibration),
        context=checked.get(candidate.id),
        before=tuple(
            views.SaidBefore(
                one.examination.round,
                one.examination.examiner or "",
                one.said.conclusion,
            )
            for one in said_before.opinions
        ),
        bar=await _bar(snapshot, request, candidate, gallery.repository),
    )


async def _bar(
    snapshot: Snapshot, request: FaceRequest, candidate: Candidate, repository: str
) -> str:
    """Why this candidate cannot be released, as a release would be refused; empty where it can."""
    try:
        await releases.check_candidate(snapshot, request, candidate, repository)
    except Refusal as refused:
        return refused.message
    return ""

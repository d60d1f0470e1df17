"""Values for the views: unremarkable ones, and the worst that could arrive."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from bot.domain.actors import Role
from bot.domain.candidates import Conclusion, label
from bot.domain.identifiers import Identifiers
from bot.domain.leads import DISCLAIMER, Ruling
from bot.domain.purposes import OffenseCategory, ProbeSource, Purpose
from bot.domain.workflow import State
from bot.views import examiner, requester, supervisor
from bot.views.examiner import CandidatePage, CandidateTile, ExaminationCard, Stage
from bot.views.examining import CompareModal, OwnDecision, SubmitModal
from bot.views.home import OpenRequest, home
from bot.views.intake import IntakeDraft, intake_modal
from bot.views.requester import LeadView, RequestCard
from bot.views.reviewing import Opinion, ReviewModal, Statement, Supported
from bot.views.supervisor import (
    ReviewCard,
    RulingView,
    SearchFailedCard,
    SignOffCard,
    SignOffView,
)
from bot.views.text import Message
from tests.builders import NOON, REQUEST
from tests.views.reading import HOSTILE, LONG, LONG_LINES

View = Message | Mapping[str, Any]

FIFTY = tuple(label(i) for i in range(50))

DRAFT = IntakeDraft("2026-075-001234", None, None, "C-REQUESTS", None)

LEAD = LeadView(
    gallery="arrest and parole photographs",
    released_at=NOON,
    examiner="Ellis Novak (B-2001)",
    peer="Pat Okafor (B-2002)",
    supervisor="Sam Reyes (B-3001)",
    disclaimer=DISCLAIMER,
    arrest_number="K26612345",
    capture_date=date(2024, 5, 17),
)

NO_MATCH = (
    "No possible match was found in arrest and parole photographs as of November 23, 2026. "
    "This does not mean the person is not in the gallery."
)


def a_card(
    state: State = State.RECEIVED,
    *,
    reason: str = "",
    faces_picture: str | None = None,
    face_count: int = 0,
    lead: LeadView | None = None,
) -> RequestCard:
    return RequestCard(
        number=REQUEST,
        case_number="2026-075-001234",
        state=state,
        reason=reason,
        no_match_text=NO_MATCH,
        faces_picture=faces_picture,
        face_count=face_count,
        lead=lead,
    )


def an_examination_card(
    stage: Stage = Stage.WAITING, *, examiner: str | None = None
) -> ExaminationCard:
    return ExaminationCard(REQUEST, "EX-1", 2, 20, stage, examiner)


def a_page(
    stage: Stage = Stage.TAKEN, *tiles: CandidateTile, number: str = REQUEST
) -> CandidatePage:
    shown = tiles or tuple(CandidateTile(c, picture=f"F-{c}") for c in "ABCDE")
    return CandidatePage(number, "EX-1", 2, stage, shown)


def a_supported(
    candidate: str = "C-1",
    *,
    agreed: Conclusion | None = Conclusion.SOME_SUPPORT_SAME,
    reason: str = "Same scar over the left brow.",
) -> Supported:
    return Supported(
        candidate=candidate,
        statements=(
            Statement("C", Conclusion.STRONG_SUPPORT_SAME, reason),
            Statement("F", Conclusion.SOME_SUPPORT_SAME, reason),
        ),
        similarity=0.7351,
        rank=4,
        agreed=agreed,
        picture="F-SHEET",
        arrest_number="K26612345",
        capture_date=date(2024, 5, 17),
    )


def a_review(
    *supported: Supported, factual_basis: str = "The camera shows the till being taken."
) -> ReviewModal:
    opinion = Opinion("Ellis Novak", NOON, NOON, len(supported), 2, 17)
    return ReviewModal(
        number=REQUEST,
        version=9,
        case_number="2026-075-001234",
        category=OffenseCategory.ROBBERY,
        purpose=Purpose.A_CRIME,
        particulars=(("Complaint number", "2026-075-004711"),),
        factual_basis=factual_basis,
        source=ProbeSource.BUSINESS_CAMERA,
        warnings=("The face is blurred.",),
        opinions=(opinion, opinion),
        supported=supported,
        gallery_version="2026-11-23.1",
        gallery_size=103,
        model="SFace@5f5f5f5f",
        list_length=20,
    )


def a_sign_off(threat: str = "A bomb threat against a school.") -> SignOffCard:
    return SignOffCard(
        REQUEST,
        4,
        "2026-075-001234",
        OffenseCategory.OTHER_FELONY,
        "U-DANA",
        threat,
    )


def a_review_card(*supported: int) -> ReviewCard:
    return ReviewCard(REQUEST, 9, "2026-075-001234", OffenseCategory.MURDER, supported)


def requester_views() -> Iterator[View]:
    """Every view a requester can get, in every state, plain and at its worst."""
    for purpose in (None, *Purpose):
        for source in (None, *ProbeSource):
            draft = replace(DRAFT, purpose=purpose, source=source)
            yield intake_modal(draft, identifiers=Identifiers())
    worst_draft = IntakeDraft(LONG, Purpose.B_PERSON, None, "C-1", "F-1")
    yield intake_modal(worst_draft, identifiers=Identifiers())
    for state in State:
        yield requester.status_line(REQUEST, state, "U-DANA")
        yield from _cards(state)
    yield requester.accepted(REQUEST)
    yield requester.refusal(LONG)
    for role in Role:
        yield home({role}, [OpenRequest(REQUEST, state) for state in State])
    yield home(set(), [])
    yield home(set(Role), [OpenRequest(REQUEST, State.READY)] * 200)


def _cards(state: State) -> Iterator[View]:
    yield requester.request_card(a_card(state))
    for count in (0, 2, 10, 40):
        faces = a_card(state, reason=LONG, faces_picture="F-FACES", face_count=count)
        yield requester.request_card(faces)
    worst = replace(
        LEAD, gallery=LONG, examiner=LONG, peer=LONG, supervisor=LONG, opinion=LONG
    )
    opened = replace(LEAD, picture="F-PHOTO", acknowledged_at=NOON)
    gone = replace(opened, capture_date=None, picture_removed_at=NOON)
    for lead in (LEAD, worst, opened, gone):
        yield requester.request_card(a_card(state, lead=lead))
    hostile = replace(a_card(state), case_number=LONG, no_match_text=LONG_LINES)
    yield requester.request_card(hostile)


def examiner_views() -> Iterator[View]:
    """Every view of an examiner."""
    for stage in Stage:
        yield examiner.examination_card(an_examination_card(stage, examiner="U-ELLIS"))
        yield examiner.candidate_page(a_page(stage))
        tiles = (
            CandidateTile("A", "F-1"),
            CandidateTile("B", picture="F-B"),
            CandidateTile("C", picture="F-C", removed=True),
        )
        yield examiner.candidate_page(a_page(stage, *tiles))
    for level in (None, *Conclusion):
        yield examiner.compare_modal(CompareModal("EX-1", "AX", "F-1", level, LONG))
    yield examiner.compare_modal(CompareModal("EX-1", "A", None))
    decisions = [OwnDecision(c, Conclusion.EXCLUDED, LONG, NOON) for c in FIFTY]
    yield examiner.decisions_modal(REQUEST, decisions, ())
    yield examiner.decisions_modal(REQUEST, [], FIFTY)
    all_supported = tuple((c, Conclusion.STRONG_SUPPORT_SAME) for c in FIFTY)
    for decided, still_open in ((all_supported, ()), ((), ()), ((), FIFTY)):
        yield examiner.submit_modal(
            SubmitModal(REQUEST, "EX-1", 2, decided, still_open)
        )


def supervisor_views() -> Iterator[View]:
    """Every view of a supervisor."""
    for ruling in Ruling:
        done = RulingView(ruling, "U-SAM", NOON, LONG_LINES)
        yield supervisor.review_card(replace(a_review_card(1, 1), ruling=done))
    yield supervisor.review_card(a_review_card())
    yield supervisor.review_card(replace(a_review_card(0), case_number=LONG))
    yield supervisor.review_card(replace(a_review_card(2, 0), withdrawn=True))
    yield supervisor.review_modal(a_review())
    yield supervisor.review_modal(worst_review(50))
    yield supervisor.review_modal(worst_review(10))
    yield supervisor.sign_off_card(a_sign_off())
    yield supervisor.sign_off_card(replace(a_sign_off(LONG_LINES), case_number=LONG))
    yield supervisor.sign_off_card(replace(a_sign_off(), withdrawn=True))
    for granted in (True, False):
        decision = SignOffView(granted, "U-SAM", NOON)
        yield supervisor.sign_off_card(replace(a_sign_off(), decision=decision))
    for still_failed in (True, False):
        yield supervisor.search_failed_card(
            SearchFailedCard(REQUEST, 5, LONG, still_failed)
        )
    yield supervisor.alert(LONG)


def worst_review(count: int) -> ReviewModal:
    """As many supported candidates as there can be, with the longest of texts in wide characters."""
    wide = "\N{GRINNING FACE}&" * 1500
    supported = (
        replace(a_supported(f"C-{i}", reason=wide), weak=True) for i in range(count)
    )
    return replace(
        a_review(*supported, factual_basis=wide),
        case_number=HOSTILE * 40,
        particulars=((HOSTILE, wide),) * 9,
        warnings=(wide,) * 30,
        gallery_version=wide,
        model=wide,
    )

"""Values for the views: unremarkable ones, and the worst that could arrive."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from bot.domain.authorizations import TEXT_MAX, AuthorizationState, Grounds
from bot.domain.candidates import Conclusion, label
from bot.domain.context import Answer, Check, Checked, ContextCheck
from bot.domain.corroborations import Evidence, ReportKind
from bot.domain.leads import DISCLAIMER
from bot.domain.origins import FOUND_MAX, Mark, Sign
from bot.domain.purposes import OffenseCategory, ProbeSource, Purpose
from bot.domain.repositories import Repository
from bot.domain.workflow import State
from bot.views.authorizations import AuthorizationView, Exceptional, Named
from bot.views.corroborating import Backing, Reported
from bot.views.examiner import CandidatePage, CandidateTile, ExaminationCard, Stage
from bot.views.intake import IntakeDraft
from bot.views.requester import LeadView, RequestCard
from bot.views.reviewing import Opinion, ReviewModal, Statement, Supported
from bot.views.supervisor import ReviewCard, SignOffCard
from bot.views.text import Message
from tests.builders import NOON, REQUEST, a_context_check, an_analysis
from tests.views.reading import HOSTILE, LONG, LONG_LINES

View = Message | Mapping[str, Any]

FIFTY = tuple(label(i) for i in range(50))

CASE = "2026-075-001234"

DRAFT = IntakeDraft(CASE, None, None, "C-REQUESTS", None)

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

BACKING = Backing(Evidence.PHYSICAL, date(2026, 11, 20), NOON)
REPORTS = tuple(Reported(kind, date(2026, 11, 22), False, NOON) for kind in ReportKind)

MARK = Exceptional(
    repository="DMV photographs",
    authorization="AU-1",
    title="Chief of Detectives",
    decided_by="Chris Adeyemi (B-4001)",
    decided_at=NOON,
    reason="The till was robbed by a licensed driver.",
)
WORST_MARK = Exceptional(LONG, LONG, LONG, LONG, NOON, LONG_LINES)

DMV = Repository(
    name="DMV photographs",
    legal_basis="Driver licenses, 18 U.S.C. 2721(b)(1)",
    owner="Department of Motor Vehicles",
    contact="dmv-desk, extension 4410",
    data_sharing_basis="Memorandum of 2025-03-01",
)
WORST_REPOSITORY = Repository("&" * 60, LONG, LONG, LONG, LONG)

GROUNDS = Grounds(
    need="The man at the till has to be found before he robs again.",
    why_not_standard="He was never arrested in this city, says the manager.",
    why_this_repository="He left in a car that he drove himself, so he is licensed.",
    legal_basis="The exception for law enforcement of the privacy act.",
    data_sharing_basis="The memorandum with the department of vehicles.",
    command="75th Precinct Detective Squad",
    team=("B-1002",),
)
WORST_GROUNDS = Grounds(
    LONG_LINES, LONG, LONG_LINES, LONG, LONG_LINES, LONG, LONG, LONG_LINES
)
FULL = "x" * TEXT_MAX  # the most that the form takes
FULL_GROUNDS = Grounds(FULL, FULL, FULL, FULL, FULL, "y" * 100, FULL, FULL)

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
        case_number=CASE,
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
        context=a_context_check(candidate_id=candidate),
    )


def a_review(
    *supported: Supported, factual_basis: str = "The camera shows the till being taken."
) -> ReviewModal:
    opinion = Opinion(
        "Ellis Novak", NOON, NOON, len(supported), 2, 17, analysis=an_analysis()
    )
    return ReviewModal(
        number=REQUEST,
        version=9,
        case_number=CASE,
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
        CASE,
        OffenseCategory.OTHER_FELONY,
        "U-DANA",
        threat,
    )


def a_review_card(*supported: int) -> ReviewCard:
    return ReviewCard(REQUEST, 9, CASE, OffenseCategory.MURDER, supported)


def an_authorization(
    state: AuthorizationState = AuthorizationState.PENDING, grounds: Grounds = GROUNDS
) -> AuthorizationView:
    """Decided by the chief, ended by a supervisor, as far as the state has come to that."""
    asked = AuthorizationView(
        id="AU-1",
        version=3,
        number=REQUEST,
        case_number=CASE,
        repository=DMV,
        state=state,
        grounds=grounds,
        asked_by="U-DANA",
        asked_at=NOON,
        expires_at=NOON + timedelta(hours=72),
        picture="F-PROBE",
        face=2,
    )
    if state in (AuthorizationState.PENDING, AuthorizationState.WITHDRAWN):
        return asked
    decided = replace(
        asked,
        decided_by="U-CHIEF",
        decided_title="Chief of Detectives",
        decided_at=NOON,
        reason="It is proportionate to a series of robberies.",
    )
    if state is not AuthorizationState.REVOKED:
        return decided
    why = "The victim named somebody else."
    return replace(decided, ended_by="U-SAM", ended_at=NOON, end_reason=why)


def worst_authorization(state: AuthorizationState) -> AuthorizationView:
    """As long, and as hostile, as any text in it could be."""
    return replace(
        an_authorization(state, WORST_GROUNDS),
        case_number=LONG,
        repository=WORST_REPOSITORY,
        team=(Named(LONG), Named(HOSTILE, "U" * 11)) * 10,
        decided_title=LONG,
        reason=LONG_LINES,
        ended_at=NOON,
        end_reason=LONG_LINES,
    )


def _worst_context(note: str, *, worst: bool) -> ContextCheck:
    """Every answer with the longest of notes; the worst keep their candidate from release."""
    answer = Answer.INCONSISTENT if worst else Answer.EXPLAINED
    checked = a_context_check()
    return replace(checked, checks={check: Checked(answer, note) for check in Check})


def worst_review(count: int) -> ReviewModal:
    """As many supported candidates as there can be, with the longest of texts in wide characters."""
    wide = "\N{GRINNING FACE}&" * 1500
    supported = (
        replace(
            a_supported(f"C-{i}", reason=wide),
            weak=True,
            context=_worst_context(wide, worst=i > 10),
        )
        for i in range(count)
    )
    return replace(
        a_review(*supported, factual_basis=wide),
        case_number=HOSTILE * 40,
        particulars=((HOSTILE, wide),) * 9,
        warnings=(wide,) * 30,
        signs=tuple(Sign(mark, "x" * FOUND_MAX) for mark in Mark),
        gallery_version=wide,
        model=wide,
    )

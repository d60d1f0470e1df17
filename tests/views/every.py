"""Every view of each audience: unremarkable ones, and the worst that could arrive."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import product

from bot.domain.actors import Role
from bot.domain.analyses import MARKS_MAX, OBJECTION_MAX, Depiction
from bot.domain.authorizations import AuthorizationState
from bot.domain.candidates import Conclusion
from bot.domain.changes import ChangeState
from bot.domain.components import Component
from bot.domain.context import Known
from bot.domain.identifiers import Identifiers
from bot.domain.leads import Ruling
from bot.domain.purposes import ProbeSource, Purpose
from bot.domain.queue import Task, Timers, Waiting, reminders_due
from bot.domain.workflow import State
from bot.views import commander, examiner, requester, supervisor
from bot.views.analysing import AnalysisModal
from bot.views.asking import AskModal, ask_modal
from bot.views.authorizations import AuthorizationView
from bot.views.changing import change_card, decide_change_modal
from bot.views.contextual import (
    ContextCard,
    ContextModal,
    context_card,
    context_modal,
)
from bot.views.corroborating import (
    corroborate_modal,
    corroboration_reminder,
    report_modal,
    uncorroborated_notice,
)
from bot.views.examiner import CandidateTile, Stage
from bot.views.examining import CompareModal, OwnDecision, SubmitModal
from bot.views.home import Desk, Line, OpenRequest, home
from bot.views.intake import IntakeDraft, intake_modal
from bot.views.reassigning import displaced_note, hand_back_modal, reassign_modal
from bot.views.reminding import reminder_message
from bot.views.supervisor import (
    RecallView,
    RulingView,
    SearchFailedCard,
    SignOffView,
    WrittenView,
)
from tests.builders import LONG_AGO, NOON, REQUEST, a_photograph, an_analysis
from tests.views.changes import a_change, a_model_change, worst_change
from tests.views.reading import LONG, LONG_LINES
from tests.views.repeating import repeat_views
from tests.views.samples import (
    BACKING,
    DMV,
    DRAFT,
    FIFTY,
    LEAD,
    MARK,
    REPORTS,
    WORST_MARK,
    WORST_REPOSITORY,
    View,
    a_card,
    a_page,
    a_review,
    a_review_card,
    a_sign_off,
    an_authorization,
    an_examination_card,
    worst_authorization,
    worst_review,
)


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
        yield from _asked(state)
    for view in authorizations():
        yield requester.told_requester(view)
    for state in (State.HELD, State.RECALLED):
        yield requester.told_taken_back("FIS-2026-000123", state)
        yield requester.told_taken_back("FIS-2026-000123", state, LONG)
    yield from _forms()
    yield corroborate_modal(REQUEST)
    yield report_modal(REQUEST)
    yield corroboration_reminder(REQUEST, 7)
    yield requester.accepted(REQUEST)
    yield requester.refusal(LONG)
    for role in Role:
        yield home({role}, [OpenRequest(REQUEST, state) for state in State])
    yield home(set(), [])
    yield home(set(Role), [OpenRequest(REQUEST, State.READY)] * 200, _desk())


def _desk() -> Desk:
    lines = [
        Line(LONG, task, NOON, "https://fis.example/p1", late=True) for task in Task
    ]
    return Desk(tuple(lines * 9), tuple(lines * 9), NOON.date(), expired=True)


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
    marked = replace(opened, exceptional=MARK)
    backed = replace(opened, backing=BACKING, from_document=True)
    reported = replace(backed, reported=REPORTS)
    longest = replace(worst, exceptional=WORST_MARK)
    for lead in (LEAD, worst, opened, gone, marked, longest, backed, reported):
        yield requester.request_card(a_card(state, lead=lead))
    for told in ((), REPORTS[:1], REPORTS):
        yield requester.request_card(replace(a_card(state), reports_after=told))
    hostile = replace(a_card(state), case_number=LONG, no_match_text=LONG_LINES)
    yield requester.request_card(hostile)


def _asked(state: State) -> Iterator[View]:
    for view in authorizations():
        card = replace(a_card(state, lead=LEAD), authorizations=(view,), can_ask=True)
        yield requester.request_card(card)
    many = replace(
        a_card(state, lead=replace(LEAD, exceptional=WORST_MARK)),
        case_number=LONG,
        no_match_text=LONG_LINES,
        authorizations=tuple(authorizations()) * 9,
        can_ask=True,
    )
    yield requester.request_card(many)


def _forms() -> Iterator[View]:
    for futile in (True, False):
        yield ask_modal(AskModal(REQUEST, "1", (DMV,), futile))
    yield ask_modal(AskModal(REQUEST, "", (), needs_futile=False))
    many = tuple(replace(WORST_REPOSITORY, name=f"{n} {'&' * 50}") for n in range(150))
    yield ask_modal(AskModal(REQUEST, LONG, many, needs_futile=True))


def authorizations() -> Iterator[AuthorizationView]:
    """One in every state, plain and at its worst."""
    for state in AuthorizationState:
        yield an_authorization(state)
        yield worst_authorization(state)


def commander_views() -> Iterator[View]:
    """Every view of a commander, and of a supervisor who watches."""
    for each in authorizations():
        for can_be_revoked in (True, False):
            view = replace(each, can_be_revoked=can_be_revoked)
            yield commander.authorization_card(view)
            yield commander.oversight_card(view)
        yield commander.authorization_card(replace(view, picture=None, face=None))
        yield commander.decide_modal(view)
        yield commander.revoke_modal(view)
        yield commander.commander_reminder(view)
        yield commander.revoked_notice(view)


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
    for is_open in (True, False):
        for stands_in in (True, False):
            yield context_card(ContextCard(REQUEST, "EX-1", 3, is_open, stands_in))
    yield from _marked_for_examiners()
    for level in (None, *Conclusion):
        yield examiner.compare_modal(CompareModal("EX-1", "AX", "F-1", level, LONG))
    yield examiner.compare_modal(CompareModal("EX-1", "A", None))
    nearly_all = frozenset(Component) - {Component.EARS}
    for visible in (frozenset(Component), nearly_all, frozenset({Component.EYES})):
        seen = an_analysis(visible=visible, marks=LONG[:MARKS_MAX])
        yield examiner.compare_modal(CompareModal("EX-1", "A", "F-1", analysis=seen))
        yield examiner.analysis_modal(AnalysisModal(REQUEST, "EX-1", "F-1", seen))
        none = replace(seen, depiction=Depiction.SKETCH, objection=LONG[:OBJECTION_MAX])
        yield examiner.analysis_modal(AnalysisModal(REQUEST, "EX-1", "F-1", none))
    for picture in ("F-1", None):
        yield examiner.analysis_modal(AnalysisModal(REQUEST, "EX-1", picture))
    decisions = [OwnDecision(c, Conclusion.EXCLUDED, LONG, NOON) for c in FIFTY]
    yield examiner.decisions_modal(REQUEST, decisions, ())
    yield examiner.decisions_modal(REQUEST, [], FIFTY)
    all_supported = tuple((c, Conclusion.STRONG_SUPPORT_SAME) for c in FIFTY)
    for decided, still_open in ((all_supported, ()), ((), ()), ((), FIFTY)):
        yield examiner.submit_modal(
            SubmitModal(
                REQUEST, "EX-1", 2, decided, still_open, warnings=(LONG[:300],) * 12
            )
        )
    yield hand_back_modal(REQUEST, "EX-1", 2)
    yield reassign_modal(REQUEST, "EX-1", 2)
    yield displaced_note(REQUEST, LONG)
    for task, holder in product(Task, (None, "8101")):
        waiting = Waiting(REQUEST, "EX-1", task, NOON, 1, "EX-1/root", holder)
        for reminder in reminders_due(waiting, Timers(), NOON + timedelta(days=30)):
            yield reminder_message(reminder, "U-1" if holder else None)


def unmasked_views() -> Iterator[View]:
    """What the one examiner who checks the context reads, of whom nothing or everything is known."""
    blank = a_photograph(capture_date=None, sex="", birth_date=None)
    yield context_modal(ContextModal(REQUEST, "CA-0123456789ab", "A", Known(blank)))
    worst = replace(blank, sex=LONG, repository=LONG, arrest_number=LONG)
    worst = replace(worst, case_state=LONG, birth_date=NOON.date())
    newer = replace(worst, id="P-2", capture_date=NOON.date())
    dated = replace(worst, capture_date=LONG_AGO.date())
    yield context_modal(
        ContextModal(
            REQUEST,
            "CA-0123456789ab",
            "AX",
            Known(dated, (newer,) * 40, is_sealed=True),
            stated=((LONG, LONG_LINES), (LONG, LONG)),
            offense=NOON.date(),
            exceptional=WORST_MARK,
        )
    )


def _marked_for_examiners() -> Iterator[View]:
    for mark in (MARK, WORST_MARK):
        for stage in Stage:
            card = replace(an_examination_card(stage), exceptional=mark, can_ask=True)
            yield examiner.examination_card(card)
            yield examiner.examination_card(replace(card, purged=True))
            page = replace(a_page(stage), exceptional=mark)
            yield examiner.candidate_page(page)
        yield examiner.compare_modal(
            CompareModal("EX-1", "A", "F-1", None, LONG, exceptional=mark)
        )
        all_of_them = [OwnDecision(c, Conclusion.EXCLUDED, LONG, NOON) for c in FIFTY]
        yield examiner.decisions_modal(REQUEST, all_of_them, FIFTY, exceptional=mark)
        submit = SubmitModal(REQUEST, "EX-1", 2, (), (), exceptional=mark)
        yield examiner.submit_modal(submit)
    yield examiner.purged_page(REQUEST)
    yield examiner.told_sealed(REQUEST)
    sealed = replace(an_examination_card(), purged=True, sealed=True)
    yield examiner.examination_card(sealed)
    yield examiner.examination_card(replace(an_examination_card(), purged=True))
    for view in authorizations():
        yield examiner.authorized_search_card(view)
        yield examiner.examiner_reminder(view)
        yield examiner.told_examiners(view)


def supervisor_views() -> Iterator[View]:
    """Every view of a supervisor."""
    for ruling in Ruling:
        done = RulingView(ruling, "U-SAM", NOON, LONG_LINES)
        yield supervisor.review_card(replace(a_review_card(1, 1), ruling=done))
        released = replace(a_review_card(1, 1), ruling=done, can_recall=True)
        yield supervisor.review_card(released)
        back = RecallView("U-SAM", NOON, LONG_LINES)
        yield supervisor.review_card(replace(released, recalled=back))
    yield supervisor.recall_modal(REQUEST, 0)
    none = replace(
        an_analysis(marks=LONG[:MARKS_MAX]),
        depiction=Depiction.SKETCH,
        objection=LONG[:OBJECTION_MAX],
    )
    yield supervisor.refused_image(REQUEST, "U-ERIK", none)
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
    yield from _started()
    yield from repeat_views()
    for mark in (MARK, WORST_MARK):
        ruled = RulingView(Ruling.RELEASE, "U-SAM", NOON, LONG_LINES)
        marked = replace(a_review_card(1, 1), exceptional=mark)
        for card in (marked, replace(marked, ruling=ruled)):
            yield supervisor.review_card(card)
            yield supervisor.review_card(replace(card, purged=True))
            yield supervisor.review_card(replace(card, purged=True, sealed=True))
        yield supervisor.review_modal(replace(worst_review(50), exceptional=mark))
    for still_failed in (True, False):
        yield supervisor.search_failed_card(
            SearchFailedCard(REQUEST, 5, LONG, still_failed)
        )
    yield supervisor.alert(LONG)
    yield uncorroborated_notice(REQUEST, "U-DANA", 14)
    for state in ChangeState:
        for view in (a_change(state), a_model_change(state), worst_change(state)):
            yield change_card(view)
            yield decide_change_modal(view)


def _started() -> Iterator[View]:
    """Searches that a supervisor started for an imminent threat, and what became of them."""
    started = replace(
        a_sign_off(LONG_LINES),
        case_number=LONG,
        decision=SignOffView(True, "U-SAM", NOON),
        write_by=NOON,
    )
    written = WrittenView("U-SAM", NOON, LONG_LINES)
    for card in (
        started,
        replace(started, written=written),
        replace(started, lapsed=True),
        replace(started, withdrawn=True),
    ):
        yield supervisor.sign_off_card(card)
    yield supervisor.write_sign_off_modal(REQUEST, 5)

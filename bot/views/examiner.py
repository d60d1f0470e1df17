"""What examiners see: pictures and letters; no name, score, rank or fact of the case, and no opinion of another.

Nothing here depends on whose turn it is, so that a first and a second examination look alike.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.candidates import CONCLUSIONS, EXCLUSIONS, Conclusion, Exclusion
from bot.views.analysing import AnalysisModal, analysis_modal
from bot.views.authorizations import SEALED, Exceptional, purged_words
from bot.views.authorized import (
    authorized_search_card,
    blind_marks,
    examiner_reminder,
    told_examiners,
)
from bot.views.blocks import (
    Json,
    actions,
    button,
    context,
    divider,
    header,
    image,
    option,
    section,
)
from bot.views.examining import (
    CompareModal,
    OwnDecision,
    SubmitModal,
    compare_modal,
    decisions_modal,
    submit_modal,
)
from bot.views.ids import ActionId, detailed, ref
from bot.views.text import ZONE, Message, counted, escape, fitted, mention

__all__ = [
    "AnalysisModal",
    "CandidatePage",
    "CandidateTile",
    "CompareModal",
    "ExaminationCard",
    "Exceptional",
    "OwnDecision",
    "Stage",
    "SubmitModal",
    "analysis_modal",
    "authorized_search_card",
    "candidate_page",
    "compare_modal",
    "decision_note",
    "decisions_modal",
    "examination_card",
    "examiner_reminder",
    "pages",
    "picture_alt_text",
    "picture_file_name",
    "picture_title",
    "purged_page",
    "submit_modal",
    "told_examiners",
    "told_sealed",
]

PAGE_LENGTH = 5

BASE_RATE = (
    "About three of four searches end without a possible match. "
    "Nobody here may be the person. The order of the candidates means nothing."
)


class Stage(StrEnum):
    PREPARING = "preparing"
    WAITING = "waiting"
    TAKEN = "taken"
    SUBMITTED = "submitted"
    CLOSED = "closed"  # ended for another reason, for example withdrawn


@dataclass(frozen=True, slots=True)
class ExaminationCard:
    """The card a thread hangs on; ``examiner`` is a Slack account.

    ``purged``: what was found had to be destroyed; ``sealed``: because a photograph was sealed.
    """

    number: str
    examination: str
    version: int
    candidate_count: int
    stage: Stage
    examiner: str | None = None
    pictures_removed: bool = False
    exceptional: Exceptional | None = None
    purged: bool = False
    sealed: bool = False
    can_ask: bool = False


@dataclass(frozen=True, slots=True)
class CandidateTile:
    """One candidate on a page. Nothing here tells what the examiner has done so far: the later
    examiner may be watching, and order and pauses would tell (policy 7, A35)."""

    label: str
    picture: str | None = None
    removed: bool = False


@dataclass(frozen=True, slots=True)
class CandidatePage:
    number: str
    examination: str
    version: int
    stage: Stage
    candidates: tuple[CandidateTile, ...]
    exceptional: Exceptional | None = None


def picture_title(label: str | None) -> str:
    return f"Candidate {label}" if label else "Probe"


def picture_file_name(label: str | None) -> str:
    """A name that says nothing but the letter: file names are shown (policy 7, A35)."""
    return f"candidate-{label}.png" if label else "probe.png"


def picture_alt_text(label: str | None) -> str:
    return f"Probe and candidate {label} side by side" if label else "The probe"


def pages(labels: Sequence[str]) -> list[Sequence[str]]:
    """Return the letters of each page."""
    return [labels[i : i + PAGE_LENGTH] for i in range(0, len(labels), PAGE_LENGTH)]


def examination_card(view: ExaminationCard, zone: str = ZONE) -> Message:
    title = f"Comparison for {view.number}"
    body = _purged(view) if view.purged else _examination(view)
    blocks = [*blind_marks(view.exceptional, zone), header(title), *body]
    return Message(f"{title}.", tuple(blocks))


def _purged(view: ExaminationCard) -> Iterator[Json]:
    yield section(purged_words(view.exceptional, sealed=view.sealed))


def _examination(view: ExaminationCard) -> Iterator[Json]:
    yield section(
        f"{counted(view.candidate_count, 'candidate')} to compare with the probe. "
        "The probe is in the thread; the candidates follow once whoever takes it has analysed the "
        "probe alone.\n" + _standing(view)
    )
    yield context(BASE_RATE)
    yield from _card_buttons(view)
    if view.can_ask:
        value = ref(view.examination, view.version)
        ask = ActionId.ASK_AUTHORIZATION
        yield actions(button("Ask for another repository…", ask, value))


def _standing(view: ExaminationCard) -> str:
    who = mention(view.examiner) if view.examiner else "an examiner"
    match view.stage:
        case Stage.PREPARING:
            return "The probe is being prepared."
        case Stage.WAITING:
            return "Waiting for an examiner."
        case Stage.TAKEN:
            return f"Taken by {who}."
        case Stage.SUBMITTED:
            return f"Submitted by {who}."
        case Stage.CLOSED:
            return "Closed. There is nothing left to do here."


def _card_buttons(view: ExaminationCard) -> Iterator[Json]:
    value = ref(view.examination, view.version)
    if view.pictures_removed and view.stage in (Stage.WAITING, Stage.TAKEN):
        yield context("The pictures were removed from Slack after their time.")
        yield actions(button("Show the pictures again", ActionId.SHOW_AGAIN, value))
    elif view.stage is Stage.WAITING:
        yield actions(button("Take", ActionId.TAKE, value, style="primary"))
    elif view.stage is Stage.TAKEN:
        # The same before and after the analysis: the card tells nobody how far its examiner is.
        yield actions(
            button("Analyse the probe…", ActionId.ANALYSE, value),
            button("My decisions", ActionId.MY_DECISIONS, value),
            button("Submit", ActionId.SUBMIT_EXAMINATION, value, style="primary"),
        )
    if view.stage is Stage.TAKEN:
        yield actions(
            button("Edits of the still…", ActionId.EDIT_STILL, value),
            button("Hand back…", ActionId.HAND_BACK, value),
            button("Reassign… (supervisors)", ActionId.REASSIGN, value),
        )


def decision_note(
    label: str, conclusion: Conclusion, reason: str, decided: int, count: int
) -> Message:
    """The private receipt of one decision, for its examiner alone."""
    said = (
        f"*{picture_title(fitted(label, 10))}:* {CONCLUSIONS[conclusion]}\n"
        f"{fitted(reason, 300)}\n{decided} of {count} decided."
    )
    return Message("Your decision is recorded.", (section(said),))


def candidate_page(view: CandidatePage, zone: str = ZONE) -> Message:
    """Up to five candidates as one message of the thread."""
    blocks = blind_marks(view.exceptional, zone)
    for place, tile in enumerate(view.candidates):
        blocks += [divider()] if place else []
        blocks += _tile(view, tile)
    return Message(f"Candidates for {view.number}.", tuple(blocks))


def told_sealed(number: str) -> Message:
    """A message of its own: a card that changes notifies nobody, and somebody may be comparing."""
    said = (
        f"*{escape(number)}*\n{SEALED} Stop, use nothing of it, and destroy what you have noted about it. "
        "If there is anything left to compare, it comes as a new list."
    )
    return Message(f"{number}: there is news.", (section(said),))


def purged_page(number: str) -> Message:
    """What an old page becomes when its candidates had to be destroyed."""
    said = "What was found has been destroyed."
    return Message(f"Candidates for {number}.", (section(said),))


def _tile(view: CandidatePage, tile: CandidateTile) -> Iterator[Json]:
    yield section(f"*{picture_title(fitted(tile.label, 10))}*")
    over = view.stage in (Stage.SUBMITTED, Stage.CLOSED)
    if tile.removed or (over and tile.picture is None):
        yield context("The picture is not in Slack any more. The record keeps it.")
    elif tile.picture is None:
        yield context("The picture is being prepared.")
    else:
        yield image(tile.picture, picture_alt_text(tile.label))
    # Nobody decides about a face that cannot be seen.
    if view.stage is Stage.TAKEN and tile.picture is not None:
        yield _tile_buttons(view, tile.label)


def _tile_buttons(view: CandidatePage, label: str) -> Json:
    value = ref(view.examination, view.version, Exclusion.FEATURES_DIFFER)
    others = [
        option(ref(view.examination, view.version, code), text)
        for code, text in EXCLUSIONS.items()
        if code is not Exclusion.FEATURES_DIFFER
    ]
    return actions(
        button("Exclude", detailed(ActionId.EXCLUDE, label), value),
        button(
            "Compare…",
            detailed(ActionId.COMPARE, label),
            ref(view.examination, view.version),
            style="primary",
        ),
        {
            "type": "overflow",
            "action_id": detailed(ActionId.EXCLUDE_AS, label),
            "options": others,
        },
    )

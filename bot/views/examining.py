"""The private modals of one examiner: comparing a candidate, the own decisions, submitting them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from dataclasses import field as field_of
from datetime import datetime

from bot.domain.analyses import Analysis
from bot.domain.candidates import CONCLUSIONS, REASON_MIN, Conclusion
from bot.domain.components import (
    COMPONENTS,
    FINDINGS,
    VISIBLE_MIN,
    Finding,
    Findings,
)
from bot.views.analysing import analysis_line
from bot.views.authorizations import Exceptional
from bot.views.authorized import blind_marks
from bot.views.blocks import (
    Json,
    checkboxes,
    context,
    field,
    image,
    long_text_input,
    modal,
    options,
    radio,
    reason_field,
    section,
    select,
)
from bot.views.ids import BlockId, ViewId
from bot.views.quality import override_fields
from bot.views.text import SHORTENED, ZONE, counted, fitted, moment

REST_SIMILAR = "Every component my analysis calls visible and I leave open is similar"
_REASON_SHOWN_MAX = 300  # fifty of them have to fit into one view of 250 kB


@dataclass(frozen=True, slots=True)
class CompareModal:
    """One candidate; conclusion and reason are the examiner's own earlier ones, if any."""

    examination: str
    label: str
    picture: str | None
    conclusion: Conclusion | None = None
    reason: str = ""
    findings: Findings = field_of(default_factory=dict)
    explanation: str = ""
    analysis: Analysis | None = None
    exceptional: Exceptional | None = None


@dataclass(frozen=True, slots=True)
class OwnDecision:
    label: str
    conclusion: Conclusion
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SubmitModal:
    """What is about to be submitted: letters and conclusions, and the letters still open.

    ``version`` is the ``summary_version`` of the decisions shown.
    """

    number: str
    examination: str
    version: int
    decided: tuple[tuple[str, Conclusion], ...]
    open_labels: tuple[str, ...]
    exceptional: Exceptional | None = None
    warnings: tuple[str, ...] = ()  # of the image that was searched for

    @property
    def asks_why(self) -> bool:
        """Whether somebody is proposed on an image that is warned about."""
        proposes = any(level.is_support for _, level in self.decided)
        return bool(self.warnings) and proposes and not self.open_labels


def compare_modal(view: CompareModal, zone: str = ZONE) -> Json:
    chosen = None if view.conclusion is None else str(int(view.conclusion))
    levels = {str(int(level)): text for level, text in CONCLUSIONS.items()}
    return modal(
        ViewId.COMPARE,
        f"Candidate {view.label}",
        [
            *blind_marks(view.exceptional, zone),
            image(view.picture, f"Probe and candidate {view.label} side by side")
            if view.picture
            else context("The picture is no longer in Slack."),
            *([section(analysis_line(view.analysis))] if view.analysis else []),
            section(
                "*Component by component.* Each is enlarged on the sheet “part by part” in the thread. "
                "Leave what cannot be seen in both. Support needs at least "
                f"{VISIBLE_MIN} compared components, one of them eyes, nose, mouth, ears, scars or marks; "
                "an unexplained dissimilarity rules it out."
            ),
            field(
                BlockId.REST_SIMILAR,
                "The rest",
                checkboxes(options({"similar": REST_SIMILAR})),
                optional=True,
            ),
            *_components(view),
            field(
                BlockId.EXPLANATION,
                "Explanation",
                long_text_input(initial=view.explanation, least=0),
                hint="For what is dissimilar and explained: by age, expression, light, angle, injury. "
                "And for what your analysis of the probe called not visible.",
                optional=True,
            ),
            field(BlockId.CONCLUSION, "Conclusion", radio(options(levels), chosen)),
            reason_field(
                "Reasons",
                f"What the conclusion rests on, in words. At least {REASON_MIN} characters.",
                least=REASON_MIN,
                initial=view.reason,
            ),
        ],
        metadata={
            "examination": view.examination,
            "label": view.label,
        },
        submit="Save",
        close="Cancel",
    )


def _components(view: CompareModal) -> Iterator[Json]:
    """Eighteen menus, from top to bottom of a face (policy 3.2); nothing is chosen beforehand but what
    this examiner chose before."""
    offered = options({finding.value: words for finding, words in FINDINGS.items()})
    was_compared = view.conclusion is not None
    for component, words in COMPONENTS.items():
        chosen = view.findings.get(component, Finding.NOT_VISIBLE)
        block = f"{BlockId.COMPONENT}.{component}"
        menu = select(offered, chosen.value if was_compared else None)
        yield field(block, words, menu, optional=True)


def decisions_modal(
    number: str,
    decisions: Sequence[OwnDecision],
    open_labels: Sequence[str],
    zone: str = ZONE,
    exceptional: Exceptional | None = None,
) -> Json:
    """The examiner's own list; only that person is shown it."""
    return modal(
        ViewId.DECISIONS,
        "My decisions",
        [
            *blind_marks(exceptional, zone),
            section(f"*{fitted(number, 50)}*\n{_still_open(open_labels)}"),
            *(_decision(decision, zone) for decision in decisions[:50]),
        ],
        metadata={},
    )


def _decision(decision: OwnDecision, zone: str) -> Json:
    reason = fitted(decision.reason, _REASON_SHOWN_MAX)
    cut = "\n_Open Compare for the whole text._" if reason.endswith(SHORTENED) else ""
    return section(
        f"*Candidate {fitted(decision.label, 10)}:* {CONCLUSIONS[decision.conclusion]}\n"
        f"{reason}{cut}\n_{moment(decision.at, zone)}_"
    )


def _still_open(labels: Sequence[str]) -> str:
    if not labels:
        return "Every candidate is decided."
    return f"Still open ({len(labels)}): {fitted(', '.join(labels), 500)}"


def submit_modal(view: SubmitModal, zone: str = ZONE) -> Json:
    """A summary with its button, or what is still missing and none."""
    complete = not view.open_labels
    text = list(_summary(view)) if complete else [_still_open(view.open_labels)]
    return modal(
        ViewId.SUBMIT_EXAMINATION,
        "Submit comparison",
        [
            *blind_marks(view.exceptional, zone),
            section(f"*{fitted(view.number, 50)}*\n" + "\n".join(text)),
            *(override_fields(view.warnings) if view.asks_why else ()),
        ],
        metadata={"examination": view.examination, "version": view.version},
        submit="Submit" if complete else None,
        close="Cancel" if complete else "Close",
    )


def _summary(view: SubmitModal) -> Iterator[str]:
    supported = [(label, level) for label, level in view.decided if level.is_support]
    if not supported:
        yield "You support no candidate. That is the usual outcome."
    for label, level in supported:
        yield f"Candidate {fitted(label, 10)}: {CONCLUSIONS[level]}"
    inconclusive = sum(level is Conclusion.INCONCLUSIVE for _, level in view.decided)
    different = len(view.decided) - len(supported) - inconclusive
    yield f"{counted(different, 'candidate')} different or excluded, {inconclusive} inconclusive."
    yield "After submitting, your decisions can no longer be changed."

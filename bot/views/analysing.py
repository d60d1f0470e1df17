"""The analysis of a probe alone: the form, and what stands of it beside a comparison and in a review."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.domain.analyses import (
    EXTENTS,
    IS_PHOTOGRAPH,
    MARKS_MAX,
    NO_PHOTOGRAPH,
    OBJECTION_MAX,
    OBJECTION_MIN,
    USABILITY,
    Analysis,
    Depiction,
)
from bot.domain.components import COMPONENTS
from bot.views.authorizations import Exceptional
from bot.views.authorized import blind_marks
from bot.views.blocks import (
    Json,
    context,
    field,
    image,
    long_text_input,
    modal,
    options,
    radio,
    section,
    select_many,
)
from bot.views.ids import BlockId, ViewId
from bot.views.quality import ProbeQuality, measured
from bot.views.text import ZONE, fitted, line, moment, quoted

_LINE_MAX = 400
_NO_PHOTOGRAPH = {value: f"No: it is {text}" for value, text in NO_PHOTOGRAPH.items()}


@dataclass(frozen=True, slots=True)
class AnalysisModal:
    """The probe alone; ``frozen`` is the examiner's own analysis, once it is saved."""

    number: str
    examination: str
    picture: str | None
    frozen: Analysis | None = None
    exceptional: Exceptional | None = None
    quality: ProbeQuality | None = None


def analysis_modal(view: AnalysisModal, zone: str = ZONE) -> Json:
    """The form, or what was saved; no form without the probe: nobody analyses what cannot be seen."""
    can_save = view.frozen is None and view.picture is not None
    return modal(
        ViewId.ANALYSIS,
        "The probe alone",
        [
            *blind_marks(view.exceptional, zone),
            section(f"*{fitted(view.number, 50)}*"),
            image(view.picture, "The probe")
            if view.picture
            else context("The picture is not in Slack now."),
            *(measured(view.quality) if view.quality else ()),
            *(_frozen(view.frozen, zone) if view.frozen else ()),
            *(_form() if can_save else ()),
        ],
        metadata={"examination": view.examination},
        submit="Save for good" if can_save else None,
        close="Cancel" if can_save else "Close",
    )


def _form() -> Iterator[Json]:
    yield section(
        "Say what you see before you see anybody it may be. It cannot be changed afterwards, and the "
        "candidates appear in the thread once it is saved."
    )
    yield field(
        BlockId.USABILITY,
        f"This is {IS_PHOTOGRAPH}, and its usability is",
        radio(options({**USABILITY, **_NO_PHOTOGRAPH})),
        hint="Whatever is no such photograph is refused by its rule, and the request ends here.",
    )
    yield field(
        BlockId.OBJECTION,
        "If it is no such photograph: what shows it?",
        long_text_input(least=0, most=OBJECTION_MAX),
        hint=f"At least {OBJECTION_MIN} characters. The supervisors read it.",
        optional=True,
    )
    yield field(BlockId.EXTENT, "What can be seen", radio(options(EXTENTS)))
    yield field(
        BlockId.COMPONENTS,
        "Components",
        select_many(options(COMPONENTS)),
        hint="Those meant above. Leave it empty if every component can be seen.",
        optional=True,
    )
    yield field(
        BlockId.MARKS,
        "Distinctive marks",
        long_text_input(least=0, most=MARKS_MAX),
        hint="Scars, moles, tattoos, asymmetries: what would set this face apart.",
        optional=True,
    )


def _frozen(analysis: Analysis, zone: str) -> Iterator[Json]:
    yield section(analysis_words(analysis, MARKS_MAX))
    yield context(f"Saved {moment(analysis.at, zone)}; it cannot be changed any more.")


def analysis_words(analysis: Analysis, most: int) -> str:
    """An analysis in words; ``most`` is how much of its text on marks is shown."""
    marks = f"\n{quoted(analysis.marks, most)}" if analysis.marks else ""
    return f"{_depicted(analysis, most)}{_rated(analysis)}\nVisible: {visible_words(analysis)}.{marks}"


def analysis_line(analysis: Analysis) -> str:
    """One line above a comparison."""
    marks = f" Marks: {fitted(line(analysis.marks), _LINE_MAX)}"
    return (
        f"*Your analysis of the probe:* {_rated(analysis)} "
        f"Visible: {visible_words(analysis)}." + (marks if analysis.marks else "")
    )


def visible_words(analysis: Analysis) -> str:
    """The visible components from top to bottom, or the exceptions where those are fewer."""
    seen = [COMPONENTS[c].lower() for c in COMPONENTS if c in analysis.visible]
    hidden = [COMPONENTS[c].lower() for c in COMPONENTS if c not in analysis.visible]
    if not hidden:
        return "every component"
    if len(hidden) < len(seen):
        return f"every component but {', '.join(hidden)}"
    return ", ".join(seen)


def _depicted(analysis: Analysis, most: int) -> str:
    """Nothing where it was saved before anybody was asked."""
    if analysis.depiction is None:
        return ""
    if analysis.depiction is Depiction.PHOTOGRAPH:
        return f"{IS_PHOTOGRAPH[0].upper()}{IS_PHOTOGRAPH[1:]}. "
    taken_for = NO_PHOTOGRAPH[analysis.depiction]
    return f"*Not a photograph: {taken_for}.*\n{quoted(analysis.objection, most)}\n"


def _rated(analysis: Analysis) -> str:
    return f"{USABILITY[analysis.usability].split(':')[0]} probe."

"""What is seen in a probe alone, and what a comparison may make of it."""

import pytest

from bot.domain.analyses import (
    MARKS_MAX,
    Extent,
    MarksTooLong,
    NothingVisible,
    NotInAnalysis,
    Usability,
    analyse,
    check_analysed,
    visible_components,
    with_the_rest_similar,
)
from bot.domain.components import EXPLANATION_MIN, Component, Finding
from tests.builders import NOON, an_analysis

EYES, EARS = Component.EYES, Component.EARS
ONLY_EYES = an_analysis(visible=frozenset({EYES}))


@pytest.mark.parametrize(
    ("extent", "chosen", "visible"),
    [
        (Extent.ALL, [], set(Component)),
        (Extent.ALL, [EYES], set(Component)),
        (Extent.ONLY, [EYES, EARS], {EYES, EARS}),
        (Extent.ALL_BUT, [EARS], set(Component) - {EARS}),
    ],
)
def test_what_can_be_seen_is_named_by_what_is_fewer(
    extent: Extent, chosen: list[Component], visible: set[Component]
) -> None:
    assert visible_components(extent, chosen) == visible


@pytest.mark.parametrize(
    ("extent", "chosen"),
    [(Extent.ONLY, []), (Extent.ALL_BUT, []), (Extent.ALL_BUT, list(Component))],
)
def test_an_analysis_of_nothing_is_refused(
    extent: Extent, chosen: list[Component]
) -> None:
    with pytest.raises(NothingVisible):
        visible_components(extent, chosen)


def test_an_analysis_needs_one_component_and_a_text_that_fits() -> None:
    with pytest.raises(NothingVisible):
        analyse("E-1", Usability.GOOD, (), "", NOON)
    assert analyse("E-1", Usability.GOOD, [EYES], "x" * MARKS_MAX, NOON).marks
    with pytest.raises(MarksTooLong):
        analyse("E-1", Usability.GOOD, [EYES], "x" * (MARKS_MAX + 1), NOON)


def test_an_unusable_probe_can_be_said_to_be_one() -> None:
    said = analyse("E-1", Usability.UNUSABLE, [EYES], "", NOON)
    assert said.usability is Usability.UNUSABLE


@pytest.mark.parametrize("finding", set(Finding) - {Finding.NOT_VISIBLE})
def test_what_was_not_visible_in_the_probe_is_not_compared_without_a_word(
    finding: Finding,
) -> None:
    with pytest.raises(NotInAnalysis, match="ears"):
        check_analysed({EARS: finding}, "x" * (EXPLANATION_MIN - 1), ONLY_EYES)
    check_analysed({EARS: finding}, "x" * EXPLANATION_MIN, ONLY_EYES)


def test_what_was_visible_needs_no_explanation() -> None:
    found = {EYES: Finding.SIMILAR, EARS: Finding.NOT_VISIBLE}
    check_analysed(found, "", ONLY_EYES)


def test_the_rest_is_similar_only_as_far_as_it_was_visible_and_left_open() -> None:
    seen = an_analysis(visible=frozenset({EYES, EARS, Component.NOSE}))
    chosen = {EARS: Finding.NOT_VISIBLE, Component.NOSE: Finding.EXPLAINED}
    assert with_the_rest_similar(chosen, seen) == {**chosen, EYES: Finding.SIMILAR}


def test_the_same_analysis_always_has_the_same_content() -> None:
    one = an_analysis(visible=frozenset({EYES, EARS}))
    other = an_analysis(visible=frozenset({EARS, EYES}))
    assert one.facts() == other.facts()

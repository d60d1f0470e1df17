"""T4: a difference that nothing explains outweighs every similarity (policy 3.2)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.candidates import Conclusion, compare
from bot.domain.components import (
    COMPONENTS,
    FINDINGS,
    SPECIFIC,
    VISIBLE_MIN,
    Component,
    Finding,
    Findings,
    NotExplained,
    TooFewComponents,
    UnexplainedDissimilarity,
    check_findings,
    named,
)
from tests.builders import NOON

WHY = "Twelve years lie between the two pictures."
SEEN = {
    Component.EYES: Finding.SIMILAR,
    Component.NOSE: Finding.SIMILAR,
    Component.CHIN: Finding.SIMILAR,
}
findings = st.dictionaries(
    st.sampled_from(Component),
    st.sampled_from([f for f in Finding if f is not Finding.NOT_VISIBLE]),
)


def test_the_list_has_the_eighteen_components_of_the_standard() -> None:
    assert len(Component) == 18
    assert list(COMPONENTS) == list(Component)
    assert list(FINDINGS) == list(Finding)


@pytest.mark.parametrize("component", Component)
def test_t4_one_unexplained_dissimilarity_rules_support_out(
    component: Component,
) -> None:
    seen = dict.fromkeys(Component, Finding.SIMILAR)
    check_findings(seen, "", is_support=True)
    seen[component] = Finding.UNEXPLAINED
    with pytest.raises(UnexplainedDissimilarity, match=COMPONENTS[component].lower()):
        check_findings(seen, WHY, is_support=True)
    check_findings(seen, "", is_support=False)


@pytest.mark.parametrize("is_support", [True, False])
def test_what_is_called_explained_is_explained(is_support: bool) -> None:
    seen = SEEN | {Component.HAIRLINE: Finding.EXPLAINED}
    check_findings(seen, WHY, is_support=is_support)
    for too_short in ("", "x" * 19, " " * 40):
        with pytest.raises(NotExplained, match="hairline"):
            check_findings(seen, too_short, is_support=is_support)


def test_support_needs_three_components() -> None:
    check_findings(SEEN, "", is_support=True)
    for left_out in SEEN:
        fewer = {c: f for c, f in SEEN.items() if c is not left_out}
        with pytest.raises(TooFewComponents, match="at least 3"):
            check_findings(fewer, "", is_support=True)
        check_findings(fewer, "", is_support=False)


@pytest.mark.parametrize("component", Component)
def test_one_of_the_three_is_a_specific_one(component: Component) -> None:
    common = [c for c in Component if c not in SPECIFIC and c is not component][:2]
    seen = dict.fromkeys([*common, component], Finding.SIMILAR)
    if component in SPECIFIC:
        check_findings(seen, "", is_support=True)
    else:
        with pytest.raises(TooFewComponents, match="ears"):
            check_findings(seen, "", is_support=True)


@given(findings, st.sampled_from(Conclusion))
def test_no_support_is_ever_kept_that_its_components_do_not_carry(
    seen: Findings, level: Conclusion
) -> None:
    carries = (
        Finding.UNEXPLAINED not in seen.values()
        and len(seen) >= VISIBLE_MIN
        and any(component in SPECIFIC for component in seen)
    )
    try:
        kept = compare("C-1", level, "x" * 20, NOON, seen, WHY)
    except (UnexplainedDissimilarity, TooFewComponents):
        assert level.is_support
        assert not carries
    else:
        assert kept.findings == seen
        assert carries or not level.is_support


def test_what_was_not_visible_is_not_kept() -> None:
    seen = SEEN | {Component.EARS: Finding.NOT_VISIBLE}
    assert compare("C-1", Conclusion(1), "x" * 20, NOON, seen).findings == SEEN


def test_components_are_named_from_top_to_bottom() -> None:
    backwards = dict(reversed(SEEN.items()))
    assert named(backwards, Finding.SIMILAR) == "eyes, nose, chin and jawline"
    assert named(backwards, Finding.EXPLAINED) == ""

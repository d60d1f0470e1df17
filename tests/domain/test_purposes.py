"""Six purposes and no other; every prohibited use is refused by its name."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.purposes import (
    ATTESTATIONS,
    BODY_WORN_CAMERA_CHECKLIST,
    FACTUAL_BASIS_MIN,
    NONE_OF_THESE,
    PARTICULARS,
    PROBE_SOURCES,
    PROHIBITED_IMAGES,
    PROHIBITED_USES,
    PURPOSES,
    Attestation,
    OffenseCategory,
    ProbeSource,
    ProhibitedUse,
    Purpose,
    check_body_worn_camera,
    check_not_prohibited,
    check_offense_allowed,
    check_statements,
    words,
)
from bot.errors import Refusal

# Policy 1.6, one line each.
PROHIBITED = {
    "P_CROWD",
    "P_BWC_WARRANT",
    "P_CAMERA_NET",
    "P_LIVE",
    "P_OTHER_DB",
    "P_THIRD_PARTY",
    "P_PROTECTED",
    "P_IMMIGRATION",
    "P_PERSONAL",
    "P_SKETCH",
    "P_LOOKALIKE",
    "P_SYNTH",
    "P_UNCORROB_ARREST",
}
GRAVEST = [OffenseCategory.MURDER, OffenseCategory.RAPE, OffenseCategory.SHOOTING]
CHECKLIST = set(BODY_WORN_CAMERA_CHECKLIST)


def test_there_are_the_six_purposes_of_the_patrol_guide_and_no_other() -> None:
    assert list(Purpose) == [
        "A_CRIME",
        "B_PERSON",
        "C_DECEASED",
        "D_INCAPACITATED",
        "E_ARRESTEE",
        "F_THREAT",
    ]
    assert set(PURPOSES) == set(Purpose)


@pytest.mark.parametrize(
    ("purpose", "fields"),
    [
        (Purpose.A_CRIME, {"complaint_number", "when_and_where"}),
        (Purpose.B_PERSON, {"relation"}),
        (Purpose.C_DECEASED, {"aided_number"}),
        (Purpose.D_INCAPACITATED, {"aided_number", "treated_by"}),
        (Purpose.E_ARRESTEE, {"arrest_number"}),
        (Purpose.F_THREAT, {"threat"}),
    ],
)
def test_every_purpose_asks_for_the_further_facts_the_policy_names(
    purpose: Purpose, fields: set[str]
) -> None:
    assert {p.name for p in PARTICULARS[purpose]} == fields


def test_a_factual_basis_has_forty_characters_at_least() -> None:
    assert FACTUAL_BASIS_MIN == 40


def test_every_source_and_every_attestation_has_its_words() -> None:
    assert set(PROBE_SOURCES) == set(ProbeSource)
    assert set(ATTESTATIONS) == set(Attestation)


def test_a_requester_is_asked_about_every_prohibited_use_once() -> None:
    assert set(PROHIBITED_IMAGES) | set(PROHIBITED_USES) == PROHIBITED
    assert not set(PROHIBITED_IMAGES) & set(PROHIBITED_USES)


@pytest.mark.parametrize("code", sorted(PROHIBITED))
def test_a_prohibited_use_is_refused_by_its_name(code: str) -> None:
    with pytest.raises(ProhibitedUse, match=rf"\(rule {code}\)") as refused:
        check_not_prohibited([code])
    assert refused.value.rule == code
    assert "Nothing was searched" in refused.value.message


@given(
    st.lists(st.sampled_from([NONE_OF_THESE, *sorted(PROHIBITED)])).filter(
        lambda declared: set(declared) & PROHIBITED
    )
)
def test_the_first_prohibited_use_is_found_wherever_it_stands(
    declared: list[str],
) -> None:
    with pytest.raises(ProhibitedUse) as refused:
        check_not_prohibited(declared)
    assert refused.value.rule == next(c for c in declared if c in PROHIBITED)


def test_whoever_declares_none_of_them_may_go_on() -> None:
    assert check_not_prohibited([NONE_OF_THESE, NONE_OF_THESE]) is None  # type: ignore[func-returns-value]


@pytest.mark.parametrize("code", ["", "P_UNHEARD_OF", "none", "p_crowd"])
def test_a_code_nobody_knows_does_not_pass_for_none(code: str) -> None:
    with pytest.raises(ProhibitedUse):
        check_not_prohibited([NONE_OF_THESE, code])


def test_the_checklist_of_a_body_worn_camera_has_the_seven_points_of_the_policy() -> (
    None
):
    assert len(CHECKLIST) == 7


def test_a_body_worn_camera_still_passes_with_the_whole_checklist() -> None:
    source, purpose = ProbeSource.BODY_WORN_CAMERA, Purpose.A_CRIME
    assert check_body_worn_camera(source, purpose, CHECKLIST) is None  # type: ignore[func-returns-value]


@pytest.mark.parametrize("missing", sorted(CHECKLIST))
def test_a17_one_missing_point_refuses_a_body_worn_camera_still(missing: str) -> None:
    with pytest.raises(ProhibitedUse) as refused:
        check_body_worn_camera(
            ProbeSource.BODY_WORN_CAMERA, Purpose.A_CRIME, CHECKLIST - {missing}
        )
    assert refused.value.rule == "P_BWC_WARRANT"
    assert BODY_WORN_CAMERA_CHECKLIST[missing] in refused.value.message


@given(st.sets(st.sampled_from([*sorted(CHECKLIST), "another"])))
def test_a_refused_still_names_exactly_the_points_that_are_missing(
    confirmed: set[str],
) -> None:
    missing = CHECKLIST - confirmed
    try:
        check_body_worn_camera(ProbeSource.BODY_WORN_CAMERA, Purpose.A_CRIME, confirmed)
        named = set()
    except ProhibitedUse as refused:
        texts = BODY_WORN_CAMERA_CHECKLIST.items()
        named = {point for point, text in texts if text in refused.message}
    assert named == missing


@pytest.mark.parametrize("purpose", sorted(set(Purpose) - {Purpose.A_CRIME}))
def test_a17_a_body_worn_camera_still_is_searched_for_a_witnessed_crime_only(
    purpose: Purpose,
) -> None:
    with pytest.raises(ProhibitedUse) as refused:
        check_body_worn_camera(ProbeSource.BODY_WORN_CAMERA, purpose, CHECKLIST)
    assert refused.value.rule == "P_BWC_WARRANT"


@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize(
    "source", sorted(set(ProbeSource) - {ProbeSource.BODY_WORN_CAMERA})
)
def test_the_checklist_concerns_no_other_source(
    source: ProbeSource, purpose: Purpose
) -> None:
    assert check_body_worn_camera(source, purpose, set()) is None  # type: ignore[func-returns-value]


@pytest.mark.parametrize("missing", Attestation)
def test_one_missing_attestation_refuses_a_request(missing: Attestation) -> None:
    with pytest.raises(Refusal) as refused:
        check_statements(set(Attestation) - {missing}, [NONE_OF_THESE])
    assert refused.value.rule == "NOT_ATTESTED"


def test_silence_about_prohibited_uses_refuses_a_request() -> None:
    with pytest.raises(Refusal) as refused:
        check_statements(Attestation, [])
    assert refused.value.rule == "NOT_DECLARED"


def test_both_attestations_and_an_answer_are_enough() -> None:
    assert check_statements(Attestation, [NONE_OF_THESE]) is None  # type: ignore[func-returns-value]


@pytest.mark.parametrize("category", list(OffenseCategory))
def test_without_a_whitelist_every_offense_is_searched_for(
    category: OffenseCategory,
) -> None:
    assert check_offense_allowed(category, set()) is None  # type: ignore[func-returns-value]


@pytest.mark.parametrize("category", list(OffenseCategory))
def test_a_whitelist_lets_through_what_it_lists_and_nothing_else(
    category: OffenseCategory,
) -> None:
    everything_else = set(OffenseCategory) - {category}
    assert check_offense_allowed(category, {category}) is None  # type: ignore[func-returns-value]
    with pytest.raises(Refusal, match=words(category)) as refused:
        check_offense_allowed(category, everything_else)
    assert refused.value.rule == "OFFENSE_NOT_LISTED"


def test_a31_the_gravest_offenses_are_searched_first_and_non_criminal_ones_last() -> (
    None
):
    gravest = {category.priority for category in GRAVEST}
    crimes = {c.priority for c in OffenseCategory if c.is_crime and c not in GRAVEST}
    others = {c.priority for c in OffenseCategory if not c.is_crime}
    assert max(gravest) < min(crimes)
    assert max(crimes) < min(others)


@pytest.mark.parametrize(
    ("category", "text"),
    [
        (OffenseCategory.FELONY_ASSAULT, "felony assault"),
        (OffenseCategory.NONCRIMINAL_MISSING, "non-criminal: missing"),
        (OffenseCategory.NONCRIMINAL_ID, "non-criminal: id"),
    ],
)
def test_an_offense_is_written_as_a_person_writes_it(
    category: OffenseCategory, text: str
) -> None:
    assert words(category) == text


def test_no_two_offenses_read_the_same() -> None:
    pairs = combinations(OffenseCategory, 2)
    assert not [pair for pair in pairs if words(pair[0]) == words(pair[1])]

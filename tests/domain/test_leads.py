"""What leaves the section: only what two examiners support, by a third hand, to the one who asked."""

import hashlib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.actors import Part, Role
from bot.domain.candidates import Conclusion
from bot.domain.examinations import Agreed, agreed
from bot.domain.leads import (
    DISCLAIMER,
    RULING_REASON_MIN,
    check_may_acknowledge,
    check_may_release,
    check_may_rule,
    no_match_text,
    text_digest,
)
from bot.domain.photographs import STANDARD_REPOSITORY
from bot.errors import NotPermitted, Refusal
from tests.builders import (
    DANA,
    DETECTIVE,
    ELLIS,
    NOON,
    PAT,
    SAM,
    SUPERVISOR,
    an_actor,
    an_opinion,
    parts,
)

WHY = "Both examinations are complete."
WHOLE_TEAM = parts(requester=DANA, examiner=ELLIS, peer=PAT)


def test_a_supervisor_outside_the_case_may_rule_on_it() -> None:
    assert check_may_rule(SUPERVISOR, WHOLE_TEAM, WHY) is None  # type: ignore[func-returns-value]


@pytest.mark.parametrize("role", list(set(Role) - {Role.SUPERVISOR}))
def test_nobody_but_a_supervisor_rules(role: Role) -> None:
    with pytest.raises(NotPermitted) as refused:
        check_may_rule(an_actor(role, person=SAM), WHOLE_TEAM, WHY)
    assert refused.value.rule == "ROLE_REQUIRED"


@pytest.mark.parametrize("part", list(set(Part) - {Part.SUPERVISOR}))
def test_a_supervisor_who_asked_or_examined_does_not_rule(part: Part) -> None:
    with pytest.raises(
        NotPermitted, match=r"^You are .*, so somebody else must decide"
    ) as refused:
        check_may_rule(SUPERVISOR, frozenset({(SAM, part)}), WHY)
    assert refused.value.rule == "SEPARATION_OF_DUTIES"


def test_a_supervisor_who_signed_it_off_or_returned_it_may_still_rule_on_it() -> None:
    again = WHOLE_TEAM | {(SAM, Part.SUPERVISOR)}
    assert check_may_rule(SUPERVISOR, again, WHY) is None  # type: ignore[func-returns-value]


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (Part.REQUESTER, "the requester"),
        (Part.EXAMINER, "an examiner"),
        (Part.PEER, "an examiner"),
        (Part.THIRD, "an examiner"),
    ],
)
def test_signing_it_off_does_not_hide_another_part(part: Part, said: str) -> None:
    both = frozenset({(SAM, Part.SUPERVISOR), (SAM, part)})
    with pytest.raises(NotPermitted, match=f"You are {said} of this request"):
        check_may_rule(SUPERVISOR, both, WHY)


def test_a_ruling_needs_a_reason_of_ten_characters_that_are_not_spaces() -> None:
    shortest = "x" * RULING_REASON_MIN
    assert check_may_rule(SUPERVISOR, WHOLE_TEAM, shortest) is None  # type: ignore[func-returns-value]
    for reason in (shortest[1:], shortest[1:].center(40), ""):
        with pytest.raises(Refusal, match="at least 10") as refused:
            check_may_rule(SUPERVISOR, WHOLE_TEAM, reason)
        assert refused.value.rule == "REASON_TOO_SHORT"


def test_a_candidate_both_examiners_support_may_be_released_at_the_lower_level() -> (
    None
):
    supported = agreed(
        an_opinion({"C-2": Conclusion.STRONG_SUPPORT_SAME}),
        an_opinion({"C-2": Conclusion.SOME_SUPPORT_SAME}),
    )
    assert check_may_release("C-2", supported) == Agreed(
        "C-2", Conclusion.SOME_SUPPORT_SAME
    )


@pytest.mark.parametrize("chosen", ["C-1", "C-2"])
def test_a_supervisor_may_choose_any_of_several_that_both_support(chosen: str) -> None:
    both = an_opinion(dict.fromkeys(["C-1", "C-2"], Conclusion.SOME_SUPPORT_SAME))
    assert check_may_release(chosen, agreed(both, both)).candidate_id == chosen


@pytest.mark.parametrize(
    ("first", "peer"),
    [
        (an_opinion({"C-1": Conclusion.STRONG_SUPPORT_SAME}), {}),
        (an_opinion({"C-1": Conclusion.STRONG_SUPPORT_SAME}), an_opinion()),
        (an_opinion(), an_opinion({"C-1": Conclusion.STRONG_SUPPORT_SAME})),
        (
            an_opinion({"C-1": Conclusion.STRONG_SUPPORT_SAME}),
            an_opinion({"C-2": Conclusion.STRONG_SUPPORT_SAME}),
        ),
    ],
)
def test_a9_nothing_is_released_that_a_second_examiner_does_not_support(
    first: dict[str, object], peer: dict[str, object]
) -> None:
    with pytest.raises(NotPermitted) as refused:
        check_may_release("C-1", agreed(first, peer))  # type: ignore[arg-type]
    assert refused.value.rule == "TWO_EXAMINERS"


def test_only_the_person_who_asked_acknowledges() -> None:
    assert check_may_acknowledge(DANA, DETECTIVE) is None  # type: ignore[func-returns-value]
    with pytest.raises(NotPermitted) as refused:
        check_may_acknowledge(DANA, an_actor(Role.REQUESTER, person=SAM))
    assert refused.value.rule == "NOT_YOURS"


def test_whoever_lost_the_role_opens_no_lead_any_more() -> None:
    transferred = an_actor(Role.EXAMINER, person=DANA)
    with pytest.raises(NotPermitted) as refused:
        check_may_acknowledge(DANA, transferred)
    assert refused.value.rule == "ROLE_REQUIRED"


@pytest.mark.parametrize(
    "words",
    [
        "INVESTIGATIVE LEAD ONLY",
        "not a positive identification",
        "NOT probable cause to arrest or to obtain an arrest or search warrant",
        "Independent corroborating evidence is required",
        "Do not tell a witness",
        "prosecutor",
    ],
)
def test_the_disclaimer_says_what_the_policy_wants_said(words: str) -> None:
    assert words in DISCLAIMER


def test_a_no_match_names_the_gallery_and_the_day_and_claims_no_more() -> None:
    assert no_match_text((STANDARD_REPOSITORY, date(2026, 3, 5))) == (
        "No possible match was found in arrest and parole photographs as of March 5, 2026. "
        "This does not mean the person is not in the gallery."
    )


def test_a_no_match_in_two_galleries_gives_each_its_own_day() -> None:
    text = no_match_text(("the one", date(2026, 3, 5)), ("the other", date(2026, 4, 6)))
    assert text.startswith(
        "No possible match was found in the one as of March 5, 2026 or in the other as of April 6, 2026."
    )


def test_a_no_match_says_which_photographs_were_not_answered() -> None:
    text = no_match_text(
        ("the other", date(2026, 4, 6)), unanswered=STANDARD_REPOSITORY
    )
    assert text == (
        "No possible match was found in the other as of April 6, 2026. There is no answer from the "
        "arrest and parole photographs: nobody has examined them for this request. "
        "This does not mean the person is not in the gallery."
    )


@given(st.text(), st.text())
def test_two_texts_share_a_digest_only_when_they_are_the_same(
    one: str, other: str
) -> None:
    assert (text_digest(one) == text_digest(other)) == (one == other)


def test_the_digest_of_a_text_is_its_sha256() -> None:
    text = no_match_text((STANDARD_REPOSITORY, NOON.date()))
    assert text_digest(text) == hashlib.sha256(text.encode("utf-8")).hexdigest()

"""Two people compare everybody, blind; what both support is what counts, at the lower level."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import product
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.actors import Actor, Part, Role
from bot.domain.candidates import Conclusion, Disposition
from bot.domain.examinations import (
    Agreed,
    Examination,
    Seat,
    agreed,
    check_may_take,
    check_may_work,
    is_checked_blind,
    open_letters,
    opinions_agree,
    proposed,
)
from bot.domain.purposes import OffenseCategory
from bot.errors import NotPermitted, Refusal
from tests.builders import (
    DANA,
    ELLIS,
    EXAMINER,
    NOON,
    PAT,
    PEER,
    SAM,
    THREE,
    an_actor,
    an_examination,
    an_opinion,
    parts,
)

STRONG, SOME, UNSURE, AGAINST, EXCLUDED = sorted(Conclusion, reverse=True)
LATER = NOON + timedelta(minutes=20)
GRAVEST = {OffenseCategory.MURDER, OffenseCategory.RAPE, OffenseCategory.SHOOTING}

opinions = st.fixed_dictionaries(dict.fromkeys(THREE, st.sampled_from(Conclusion))).map(
    an_opinion
)
partial_opinions = st.dictionaries(
    st.sampled_from(THREE), st.sampled_from(Conclusion)
).map(lambda levels: an_opinion(levels, of=()))


def reordered(
    opinion: Mapping[str, Disposition], random: Random
) -> dict[str, Disposition]:
    return dict(random.sample(list(opinion.items()), len(opinion)))


# Taking a seat


@pytest.mark.parametrize("seat", list(Seat))
def test_a_certified_examiner_who_plays_no_part_may_take_a_seat(seat: Seat) -> None:
    assert check_may_take(seat, EXAMINER, parts(), NOON) is None  # type: ignore[func-returns-value]


@pytest.mark.parametrize("seat", list(Seat))
@pytest.mark.parametrize("role", list(set(Role) - {Role.EXAMINER}))
def test_nobody_but_an_examiner_takes_a_seat(seat: Seat, role: Role) -> None:
    with pytest.raises(NotPermitted) as refused:
        check_may_take(seat, an_actor(role, person=ELLIS), parts(), NOON)
    assert refused.value.rule == "ROLE_REQUIRED"


@pytest.mark.parametrize("seat", list(Seat))
def test_a_requester_who_is_also_an_examiner_takes_no_seat_of_the_own_request(
    seat: Seat,
) -> None:
    both = an_actor(Role.REQUESTER, Role.EXAMINER, person=DANA)
    with pytest.raises(NotPermitted, match="requester of this request") as refused:
        check_may_take(seat, both, parts(requester=DANA), NOON)
    assert refused.value.rule == "SEPARATION_OF_DUTIES"


def test_the_first_examiner_cannot_be_the_peer_even_under_another_account() -> None:
    other_account = an_actor(Role.EXAMINER, person=ELLIS, slack_user="U-OTHER")
    with pytest.raises(NotPermitted, match="somebody else must be its second examiner"):
        check_may_take(Seat.PEER, other_account, parts(examiner=ELLIS), NOON)


def test_the_supervisor_who_signed_it_off_does_not_examine_it() -> None:
    both = an_actor(Role.SUPERVISOR, Role.EXAMINER, person=SAM)
    with pytest.raises(NotPermitted, match="supervisor of this request"):
        check_may_take(Seat.FIRST, both, parts(supervisor=SAM), NOON)


def test_an_examiner_takes_no_seat_on_the_day_after_the_certificate_ended() -> None:
    lapsed = replace(EXAMINER, certified_until=NOON.date() - timedelta(days=1))
    with pytest.raises(NotPermitted) as refused:
        check_may_take(Seat.FIRST, lapsed, parts(), NOON)
    assert refused.value.rule == "TRAINING_EXPIRED"


def test_a_seat_is_remembered_as_the_part_it_is() -> None:
    assert {seat: seat.part for seat in Seat} == {
        Seat.FIRST: Part.EXAMINER,
        Seat.PEER: Part.PEER,
    }


def test_taking_an_examination_seats_the_person_and_leaves_the_rest() -> None:
    free = an_examination()
    taken = free.take(EXAMINER, LATER)
    assert taken == replace(free, examiner=ELLIS, taken_at=LATER, version=2)
    assert free == an_examination()


@pytest.mark.parametrize(
    ("second", "words"), [(PEER, "by somebody else"), (EXAMINER, "You have taken")]
)
def test_the_second_to_take_an_examination_is_told_so(
    second: Actor, words: str
) -> None:
    with pytest.raises(Refusal, match=words) as refused:
        an_examination().take(EXAMINER, NOON).take(second, LATER)
    assert refused.value.rule == "ALREADY_TAKEN"


# Working on it


def test_whoever_took_an_examination_may_work_on_it() -> None:
    mine = an_examination(examiner=ELLIS)
    assert check_may_work(mine, EXAMINER, NOON) is None  # type: ignore[func-returns-value]


@pytest.mark.parametrize(
    ("examination", "actor", "rule"),
    [
        (an_examination(), EXAMINER, "NOT_TAKEN"),
        (an_examination(examiner=ELLIS), PEER, "NOT_YOUR_EXAMINATION"),
        (
            an_examination(examiner=ELLIS, submitted_at=NOON),
            EXAMINER,
            "SUBMITTED",
        ),
        (
            an_examination(examiner=ELLIS),
            an_actor(Role.SUPERVISOR, person=ELLIS),
            "ROLE_REQUIRED",
        ),
        (
            an_examination(examiner=ELLIS),
            an_actor(Role.EXAMINER, person=ELLIS, certified_until=None),
            "TRAINING_EXPIRED",
        ),
    ],
)
def test_nobody_else_works_on_an_examination_and_nobody_after_it_is_submitted(
    examination: Examination, actor: Actor, rule: str
) -> None:
    with pytest.raises(NotPermitted) as refused:
        check_may_work(examination, actor, NOON)
    assert refused.value.rule == rule


@pytest.mark.parametrize("missing", THREE)
def test_one_candidate_without_a_decision_keeps_an_examination_open(
    missing: str,
) -> None:
    examination = an_examination(order=("C-3", "C-1", "C-2"), examiner=ELLIS)
    opinion = an_opinion(of=[c for c in THREE if c != missing])
    letter = examination.label_of(missing)
    with pytest.raises(Refusal, match=rf"Still open: {letter}\.") as refused:
        examination.submit(opinion, NOON)
    assert refused.value.rule == "ALL_CANDIDATES"
    assert open_letters(examination, opinion) == [letter]


def test_the_open_candidates_are_named_by_the_letters_their_examiner_sees() -> None:
    examination = an_examination(order=("C-3", "C-1", "C-2"))
    assert open_letters(examination, an_opinion(of=["C-1"])) == ["A", "C"]
    with pytest.raises(Refusal, match=r"Still open: A, C\."):
        examination.submit(an_opinion(of=["C-1"]), NOON)


def test_an_examination_with_every_decision_is_submitted_once() -> None:
    mine = an_examination(examiner=ELLIS)
    submitted = mine.submit(an_opinion(), LATER)
    assert submitted == replace(mine, submitted_at=LATER, version=2)
    with pytest.raises(Refusal) as refused:
        submitted.submit(an_opinion(), LATER)
    assert refused.value.rule == "SUBMITTED"


def test_decisions_about_candidates_of_another_search_do_not_fill_the_gaps() -> None:
    with pytest.raises(Refusal, match="Still open: A, B, C"):
        an_examination().submit(an_opinion(of=["D-1", "D-2", "D-3"]), NOON)


# What two opinions amount to


@pytest.mark.parametrize(("first", "peer"), list(product(Conclusion, repeat=2)))
def test_two_levels_amount_to_what_the_policy_says(
    first: Conclusion, peer: Conclusion
) -> None:
    both = agreed(an_opinion({"C-1": first}), an_opinion({"C-1": peer}))
    if first >= SOME and peer >= SOME:
        assert both == (Agreed("C-1", min(first, peer)),)
    else:
        assert both == ()


@pytest.mark.parametrize(
    ("first", "peer", "agree"),
    [
        ({}, {}, True),
        ({"C-1": UNSURE}, {"C-1": AGAINST}, True),
        ({"C-1": SOME}, {"C-1": STRONG}, True),
        ({"C-1": SOME, "C-2": SOME}, {"C-2": SOME, "C-3": STRONG}, True),
        ({"C-1": SOME}, {}, False),
        ({}, {"C-1": SOME}, False),
        ({"C-1": STRONG}, {"C-1": UNSURE}, False),
        ({"C-1": STRONG}, {"C-2": STRONG}, False),
    ],
)
def test_opinions_agree_when_both_find_nobody_or_both_support_the_same_person(
    first: dict[str, Conclusion], peer: dict[str, Conclusion], agree: bool
) -> None:
    assert opinions_agree(an_opinion(first), an_opinion(peer)) is agree


@given(partial_opinions, partial_opinions)
def test_it_does_not_matter_whose_opinion_came_first(
    one: dict[str, Disposition], other: dict[str, Disposition]
) -> None:
    assert agreed(one, other) == agreed(other, one)
    assert opinions_agree(one, other) == opinions_agree(other, one)


@given(opinions, opinions, st.randoms(use_true_random=False))
def test_it_does_not_matter_in_which_order_an_examiner_decided(
    one: dict[str, Disposition], other: dict[str, Disposition], random: Random
) -> None:
    assert agreed(reordered(one, random), reordered(other, random)) == agreed(
        one, other
    )
    assert proposed(reordered(one, random)) == proposed(one)


@given(partial_opinions, partial_opinions)
def test_nothing_is_agreed_that_either_does_not_support_or_above_the_lower_level(
    one: dict[str, Disposition], other: dict[str, Disposition]
) -> None:
    for agreement in agreed(one, other):
        levels = [o[agreement.candidate_id].conclusion for o in (one, other)]
        assert agreement.conclusion == min(levels) >= SOME


@given(opinions, opinions)
def test_the_strongest_agreement_comes_first(
    one: dict[str, Disposition], other: dict[str, Disposition]
) -> None:
    levels = [a.conclusion for a in agreed(one, other)]
    assert levels == sorted(levels, reverse=True)


@given(opinions)
def test_one_opinion_alone_is_never_an_agreement_on_somebody(
    one: dict[str, Disposition],
) -> None:
    assert agreed(one, {}) == agreed({}, one) == ()


@given(opinions, opinions, st.sampled_from(THREE))
def test_a_more_cautious_opinion_never_adds_an_agreement(
    one: dict[str, Disposition], other: dict[str, Disposition], candidate: str
) -> None:
    cautious = {**one, candidate: replace(one[candidate], conclusion=EXCLUDED)}
    kept = {a for a in agreed(one, other) if a.candidate_id != candidate}
    assert set(agreed(cautious, other)) == kept


@given(opinions)
def test_an_examiner_proposes_exactly_the_supported_candidates(
    opinion: dict[str, Disposition],
) -> None:
    assert set(proposed(opinion)) == {
        c for c, d in opinion.items() if d.conclusion in (STRONG, SOME)
    }


# The blind check of an examination that found nobody


@pytest.mark.parametrize("category", sorted(GRAVEST))
@given(seed=st.integers())
def test_the_gravest_offenses_are_always_checked_blind(
    category: OffenseCategory, seed: int
) -> None:
    assert is_checked_blind(category, 0.0, seed)


@pytest.mark.parametrize("category", sorted(set(OffenseCategory) - GRAVEST))
@given(seed=st.integers(), share=st.floats(0, 1))
def test_the_draw_of_any_other_offense_is_all_nothing_or_replayable(
    category: OffenseCategory, seed: int, share: float
) -> None:
    assert is_checked_blind(category, 1.0, seed)
    assert not is_checked_blind(category, 0.0, seed)
    drawn = is_checked_blind(category, share, seed)
    assert is_checked_blind(category, share, seed) is drawn


def test_about_the_configured_share_is_drawn() -> None:
    drawn = [is_checked_blind(OffenseCategory.ROBBERY, 0.2, s) for s in range(10_000)]
    assert abs(sum(drawn) - 2_000) < 5 * 40  # 5 standard deviations; fixed seeds


def test_each_examiner_sees_the_candidates_under_letters_of_their_own() -> None:
    first = an_examination(order=("C-1", "C-2", "C-3"), examiner=ELLIS)
    peer = an_examination(order=("C-3", "C-1", "C-2"), examiner=PAT, seat=Seat.PEER)
    assert [first.label_of(c) for c in THREE] == ["A", "B", "C"]
    assert [peer.label_of(c) for c in THREE] == ["B", "C", "A"]

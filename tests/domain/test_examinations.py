"""Two people compare everybody, blind, and a third if they differ; the lower level is what counts."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import permutations, product
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
    follows,
    is_checked_blind,
    levels_of,
    open_letters,
    proposed,
    reported,
)
from bot.domain.purposes import OffenseCategory
from bot.domain.workflow import Step
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


@pytest.mark.parametrize("seat", [Seat.PEER, Seat.THIRD])
def test_a2_an_examiner_sits_on_a_request_once_whatever_the_account(seat: Seat) -> None:
    """And the refusal does not say which seat: that there is a third tells that two differ."""
    other_account = an_actor(Role.EXAMINER, person=ELLIS, slack_user="U-OTHER")
    words = "^You are an examiner of this request, so somebody else must make this comparison.$"
    with pytest.raises(NotPermitted, match=words):
        check_may_take(seat, other_account, parts(examiner=ELLIS), NOON)


def test_a2_the_peer_is_not_the_third() -> None:
    with pytest.raises(NotPermitted) as refused:
        check_may_take(Seat.THIRD, PEER, parts(examiner=ELLIS, peer=PAT), NOON)
    assert refused.value.rule == "SEPARATION_OF_DUTIES"


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
        Seat.THIRD: Part.THIRD,
    }


def test_each_seat_is_open_in_a_state_of_its_own() -> None:
    assert len({seat.open_in for seat in Seat}) == len(Seat)


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
def test_two_go_on_when_both_find_nobody_or_both_support_the_same_person(
    first: dict[str, Conclusion], peer: dict[str, Conclusion], agree: bool
) -> None:
    step = follows([an_opinion(first), an_opinion(peer)])
    together = Step.AGREE if proposed(an_opinion(first)) else Step.AGREE_NONE
    assert step is (together if agree else Step.SPLIT)


# Policy 3.4 as a table: what two levels lead to (first down, peer across), and at which level three
# may be released; any other three are no possible match.
OF_TWO = """
     +2   +1    0   -1   -2
+2   +2   +1  3rd  3rd  3rd
+1   +1   +1  3rd  3rd  3rd
 0  3rd  3rd none none none
-1  3rd  3rd none none none
-2  3rd  3rd none none none
"""
OF_THREE = {
    (+2, +2, +2): +2,
    (+2, +2, +1): +1,
    (+2, +1, +1): +1,
    (+1, +1, +1): +1,
    (+2, +2, 0): +2,
    (+2, +1, 0): +1,
    (+1, +1, 0): +1,
}


def _of_one(*levels: Conclusion) -> list[dict[str, Disposition]]:
    """The opinions of several examiners about the only candidate there is."""
    return [an_opinion({"C-1": level}, of=()) for level in levels]


def _table_of_two() -> dict[tuple[int, int], str]:
    heads, *rows = (line.split() for line in OF_TWO.strip().splitlines())
    return {
        (int(row[0]), int(head)): cell
        for row in rows
        for head, cell in zip(heads, row[1:], strict=True)
    }


@pytest.mark.parametrize("levels", list(product(Conclusion, repeat=2)))
def test_any_two_levels_lead_where_the_policy_says(
    levels: tuple[Conclusion, Conclusion],
) -> None:
    cell, opinions = _table_of_two()[levels], _of_one(*levels)
    expected = {"3rd": Step.SPLIT, "none": Step.AGREE_NONE}.get(cell, Step.AGREE)
    assert follows(opinions) is expected
    level = int(cell) if cell not in ("3rd", "none") else None
    assert [a.conclusion for a in agreed(*opinions)] == ([level] if level else [])


@pytest.mark.parametrize("levels", list(product(Conclusion, repeat=3)))
def test_any_three_levels_lead_where_the_policy_says(
    levels: tuple[Conclusion, Conclusion, Conclusion],
) -> None:
    """Whoever of the three said what."""
    highest, middle, lowest = sorted(map(int, levels), reverse=True)
    level, opinions = OF_THREE.get((highest, middle, lowest)), _of_one(*levels)
    assert [a.conclusion for a in agreed(*opinions)] == ([level] if level else [])
    assert {reported(order) for order in permutations(levels)} == {level}
    if max(levels) > 0:
        assert follows(opinions) is (Step.AGREE if level else Step.DISAGREE)


@given(opinions, opinions, opinions)
def test_of_three_who_compared_a_list_each_candidate_is_told_by_itself(
    one: dict[str, Disposition],
    other: dict[str, Disposition],
    third: dict[str, Disposition],
) -> None:
    alone = {c: reported([o[c].conclusion for o in (one, other, third)]) for c in THREE}
    found = {a.candidate_id: a.conclusion for a in agreed(one, other, third)}
    assert found == {c: level for c, level in alone.items() if level is not None}


@given(opinions, opinions, opinions)
def test_a_third_opinion_adds_nobody_whom_the_first_two_both_do_not_support(
    one: dict[str, Disposition],
    other: dict[str, Disposition],
    third: dict[str, Disposition],
) -> None:
    supported = {*proposed(one), *proposed(other)}
    assert {a.candidate_id for a in agreed(one, other, third)} <= supported


def test_the_levels_on_record_are_those_of_everybody_whom_anybody_supports() -> None:
    said = [
        an_opinion({"C-2": SOME}),
        an_opinion({"C-2": UNSURE}),
        an_opinion({"C-3": STRONG}),
    ]
    assert levels_of(said) == {"C-2": [1, 0, -2], "C-3": [-2, -2, 2]}


@given(partial_opinions, partial_opinions)
def test_it_does_not_matter_whose_opinion_came_first(
    one: dict[str, Disposition], other: dict[str, Disposition]
) -> None:
    assert agreed(one, other) == agreed(other, one)
    assert follows([one, other]) is follows([other, one])


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


def test_nobody_leaves_an_examination_that_was_never_taken() -> None:
    with pytest.raises(Refusal) as refused:
        an_examination(examiner=None).leave(NOON)
    assert refused.value.rule == "NOT_TAKEN"


def test_an_examination_is_left_once() -> None:
    left = an_examination(examiner="8101").leave(NOON)
    assert left.left_at == NOON
    with pytest.raises(Refusal) as refused:
        left.leave(NOON)
    assert refused.value.rule == "HANDED_BACK"
    with pytest.raises(Refusal) as refused:
        left.take(EXAMINER, NOON)
    assert refused.value.rule == "HANDED_BACK"


def test_a_submitted_examination_is_not_left() -> None:
    done = replace(an_examination(examiner="8101"), submitted_at=NOON)
    with pytest.raises(Refusal) as refused:
        done.leave(NOON)
    assert refused.value.rule == "SUBMITTED"

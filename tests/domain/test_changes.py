"""A governed change: its course as a drawing, and who may do what to it (policy 2.4, R16; 7, A28)."""

from dataclasses import replace
from itertools import product

import pytest

from bot.domain.actors import Actor, Role
from bot.domain.changes import (
    AT_START,
    WHY_MIN,
    Change,
    ChangeKind,
    ChangeOver,
    ChangeState,
    ChangeStep,
    arrows,
    check_is_second,
    check_may_propose,
    check_words,
)
from bot.errors import Refusal
from tests.builders import NOON

DRAWN = """
pending --approve---> approved
pending --refuse----> refused
pending --withdraw--> withdrawn
"""
ARROWS = [
    (ChangeState(start), ChangeStep(arrow.strip("->")), ChangeState(end))
    for start, arrow, end in (line.split() for line in DRAWN.strip().splitlines())
]
REASON = "The unit agreed on it in its last meeting."


def a_change(state: ChangeState = ChangeState.PENDING, version: int = 1) -> Change:
    return Change(
        id="CH-1",
        kind=ChangeKind.SETTING,
        subject="FIS_WEAK_BELOW",
        before={"value": 0.35},
        after={"value": 0.4},
        why=REASON,
        proposed_by="9001",
        proposed_at=NOON,
        state=state,
        version=version,
    )


def a_person(badge: str, *roles: Role, account: str = "U-1") -> Actor:
    return Actor(badge, account, frozenset(roles))


@pytest.mark.parametrize(("state", "step"), list(product(ChangeState, ChangeStep)))
def test_only_the_drawn_steps_exist(state: ChangeState, step: ChangeStep) -> None:
    before = a_change(state, version=4)
    targets = {end for start, arrow, end in ARROWS if (start, arrow) == (state, step)}
    if targets:
        after = before.take(step)
        assert ({after.state}, after.version) == (targets, 5)
    else:
        with pytest.raises(ChangeOver, match=state):
            before.take(step)
    assert (before.state, before.version) == (state, 4)


def test_the_drawing_is_the_table() -> None:
    assert sorted(arrows()) == sorted(ARROWS)


@pytest.mark.parametrize("role", Role)
def test_only_an_administrator_or_a_supervisor_proposes(role: Role) -> None:
    if role in (Role.ADMINISTRATOR, Role.SUPERVISOR):
        check_may_propose(a_person("7", role))
    else:
        with pytest.raises(Refusal) as refused:
            check_may_propose(a_person("7", role))
        assert refused.value.rule == "ROLE_REQUIRED"


@pytest.mark.parametrize("role", Role)
def test_only_a_supervisor_decides(role: Role) -> None:
    if role is Role.SUPERVISOR:
        check_is_second(a_change(), a_person("9002", role))
    else:
        with pytest.raises(Refusal) as refused:
            check_is_second(a_change(), a_person("9002", role))
        assert refused.value.rule == "ROLE_REQUIRED"


def test_another_account_of_the_proposer_is_no_second_person() -> None:
    with pytest.raises(Refusal) as refused:
        check_is_second(a_change(), a_person("9001", Role.SUPERVISOR, account="U-2"))
    assert refused.value.rule == "SEPARATION_OF_DUTIES"


def test_an_administrator_is_no_second_person_to_what_a_start_proposes() -> None:
    change = replace(a_change(), proposed_by=AT_START)
    check_is_second(change, a_person("9002", Role.SUPERVISOR))
    both = a_person("9002", Role.SUPERVISOR, Role.ADMINISTRATOR)
    check_is_second(a_change(), both)  # 9001 proposed it, by badge
    with pytest.raises(Refusal, match="no administrator") as refused:
        check_is_second(change, both)
    assert refused.value.rule == "SEPARATION_OF_DUTIES"


@pytest.mark.parametrize(
    ("text", "is_enough"),
    [
        ("x" * WHY_MIN, True),
        ("x" * (WHY_MIN - 1), False),
        (" " * WHY_MIN, False),
        (f"{'x' * (WHY_MIN - 1)}   ", False),
        ("x" * 2000, True),
        ("x" * 2001, False),
    ],
)
def test_a_reason_says_enough_and_not_too_much(text: str, is_enough: bool) -> None:
    if is_enough:
        check_words(text)
    else:
        with pytest.raises(Refusal) as refused:
            check_words(text)
        assert refused.value.rule == "REASON_LENGTH"

"""A commander's permission: its machine drawn, each rule at its edge, and the seal over what it means."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from bot.domain.actors import Actor, Part, Role
from bot.domain.authorizations import (
    HOURS_MAX,
    REASON_MIN,
    TEAM_MAX,
    TEXT_MAX,
    TEXT_MIN,
    Authorization,
    AuthorizationState,
    AuthorizationStep,
    Grounds,
    SettledElsewhere,
    can_be_asked,
    check_decision,
    check_grounds,
    check_may_ask,
    check_may_decide,
    check_may_revoke,
    check_may_start,
    check_order,
    check_reason,
    check_scope_is_new,
    check_team,
    why_not,
)
from bot.domain.workflow import State
from bot.errors import NotPermitted, Refusal
from tests.builders import (
    CASE,
    CHIEF,
    COMMANDER,
    DANA,
    DEPUTY,
    DETECTIVE,
    DMV,
    ELLIS,
    EXAMINER,
    NOON,
    OTHER_COMMANDER,
    PAT,
    SAM,
    STATED,
    SUPERVISOR,
    a_commander,
    a_request,
    an_actor,
    an_authorization,
    grounds,
    parts,
)

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)

DRAWN = """
pending --grant-----> granted
pending --deny------> denied
pending --expire----> expired
pending --withdraw--> withdrawn
granted --start-----> running
granted --revoke----> revoked
granted --expire----> expired
granted --withdraw--> withdrawn
running --consume---> consumed
running --revoke----> revoked
running --expire----> expired
running --withdraw--> withdrawn
consumed --revoke---> revoked
"""


def drawn(line: str) -> tuple[AuthorizationState, AuthorizationStep, AuthorizationState]:  # fmt: skip
    start, arrow, end = line.split()
    return (
        AuthorizationState(start),
        AuthorizationStep(arrow.strip("->")),
        AuthorizationState(end),
    )


ARROWS = [drawn(line) for line in DRAWN.strip().splitlines()]
PAIRS = list(product(AuthorizationState, AuthorizationStep))


def rule_of(check: Callable[..., object], *given: object) -> str:
    """The rule by which this is refused."""
    with pytest.raises(Refusal) as refused:
        check(*given)
    return refused.value.rule


# --- the machine


@pytest.mark.parametrize(("state", "step"), PAIRS)
def test_only_the_drawn_steps_exist(
    state: AuthorizationState, step: AuthorizationStep
) -> None:
    before = an_authorization(state, version=4)
    targets = {end for start, arrow, end in ARROWS if (start, arrow) == (state, step)}
    if targets:
        after = before.take(step)
        assert ({after.state}, after.version) == (targets, 5)
    else:
        assert rule_of(before.take, step) == f"AUTHORIZATION_{state.upper()}"


def test_every_state_and_every_step_occur_in_the_drawing() -> None:
    reached = {end for _, _, end in ARROWS}
    assert reached | {AuthorizationState.PENDING} == set(AuthorizationState)
    assert {step for _, step, _ in ARROWS} == set(AuthorizationStep)


@pytest.mark.parametrize("state", AuthorizationState)
def test_one_is_open_while_a_search_of_it_may_still_come(
    state: AuthorizationState,
) -> None:
    steps = {step for start, step, _ in ARROWS if start is state}
    assert state.is_open == (AuthorizationStep.EXPIRE in steps)


def test_nothing_is_searched_without_a_grant_and_a_start_before() -> None:
    before = {end: (start, step) for start, step, end in ARROWS}
    assert before[AuthorizationState.CONSUMED] == (
        AuthorizationState.RUNNING,
        AuthorizationStep.CONSUME,
    )
    into = [start for start, _, end in ARROWS if end is AuthorizationState.RUNNING]
    assert into == [AuthorizationState.GRANTED]


@pytest.mark.parametrize("step", [AuthorizationStep.GRANT, AuthorizationStep.DENY])
def test_whoever_comes_second_is_told_which_office_decided(
    step: AuthorizationStep,
) -> None:
    decided = an_authorization().decide(step, COMMANDER, STATED, NOON)
    with pytest.raises(Refusal, match="already, by the Chief of Detectives") as late:
        decided.take(AuthorizationStep.GRANT)
    assert decided.state.value in late.value.message


def test_every_state_has_words_of_its_own_for_who_comes_too_late() -> None:
    said = {why_not(an_authorization(state)) for state in AuthorizationState}
    assert len(said) == len(AuthorizationState)


def test_a_decision_notes_who_as_what_when_why_and_until_when() -> None:
    until = NOON + 8 * HOUR
    granted = an_authorization().decide(
        AuthorizationStep.GRANT, COMMANDER, f"  {STATED} ", NOON + HOUR, until
    )
    assert (granted.decided_by, granted.decided_by_account) == (CHIEF, "U-B-4001")
    assert granted.decided_title == "Chief of Detectives"
    assert (granted.decided_at, granted.expires_at) == (NOON + HOUR, until)
    assert granted.reason == STATED
    assert granted.ended_by is None


def test_an_end_notes_who_when_and_why_and_leaves_the_decision_alone() -> None:
    granted = an_authorization(AuthorizationState.GRANTED)
    ended = granted.end(AuthorizationStep.REVOKE, SUPERVISOR, f" {STATED}\n", NOON)
    assert (ended.ended_by, ended.ended_at, ended.end_reason) == (SAM, NOON, STATED)
    assert (ended.decided_by, ended.reason) == (CHIEF, STATED)
    assert ended.state is AuthorizationState.REVOKED


# --- asking


def test_the_requester_and_a_certified_examiner_may_ask() -> None:
    for actor in (DETECTIVE, EXAMINER):
        check_may_ask(a_request(), actor, NOON)


@pytest.mark.parametrize(
    ("actor", "rule"),
    [
        (an_actor(Role.REQUESTER, person="B-1002"), "ROLE_REQUIRED"),
        (an_actor(person=DANA), "ROLE_REQUIRED"),
        (an_actor(Role.EXAMINER, person=DANA), "ROLE_REQUIRED"),
        (SUPERVISOR, "ROLE_REQUIRED"),
        (COMMANDER, "ROLE_REQUIRED"),
        (an_actor(Role.EXAMINER, certified_until=None, person=ELLIS), "TRAINING_EXPIRED"),
    ],
)  # fmt: skip
def test_nobody_else_may_ask(actor: Actor, rule: str) -> None:
    assert rule_of(check_may_ask, a_request(), actor, NOON) == rule


IN_PROGRESS = {
    State.READY,
    State.SEARCHING,
    State.SEARCH_FAILED,
    State.EXAMINATION,
    State.PEER_REVIEW,
    State.THIRD_REVIEW,
    State.CONTEXT_CHECK,
    State.SUPERVISOR_REVIEW,
}


@pytest.mark.parametrize("state", State)
def test_arrest_photographs_come_first_unless_it_is_said_why_not(state: State) -> None:
    futile = grounds(futile="x" * TEXT_MIN)
    short = grounds(futile=" " + "x" * (TEXT_MIN - 1) + " ")
    assert can_be_asked(state) == (state in {State.NO_POSSIBLE_MATCH, *IN_PROGRESS})
    if state is State.NO_POSSIBLE_MATCH:
        check_order(state, grounds())
    elif state in IN_PROGRESS:
        check_order(state, futile)
        assert rule_of(check_order, state, short) == "STANDARD_FIRST"
    else:
        assert rule_of(check_order, state, futile) == "STATE"


STATEMENTS = (
    "need",
    "why_not_standard",
    "why_this_repository",
    "legal_basis",
    "data_sharing_basis",
)


@pytest.mark.parametrize("name", STATEMENTS)
def test_every_statement_has_a_least_and_a_greatest_length(name: str) -> None:
    def stated(text: str) -> Grounds:
        changes: dict[str, Any] = {name: text}
        return replace(grounds(), **changes)

    check_grounds(stated("x" * TEXT_MIN))
    check_grounds(stated("x" * TEXT_MAX))
    for wrong in ("", "x" * (TEXT_MIN - 1), " " * TEXT_MIN, "x" * (TEXT_MAX + 1)):
        assert rule_of(check_grounds, stated(wrong)) == "GROUNDS"


@pytest.mark.parametrize("command", ["", "  \n"])
def test_the_command_that_asks_is_named(command: str) -> None:
    assert rule_of(check_grounds, grounds(command=command)) == "GROUNDS"


ASKED_ANEW = an_authorization(id="AU-9")
WITH_NEW_FACTS = an_authorization(
    id="AU-9", stated=grounds(new_facts="A witness came forward today.")
)


def before(*states: AuthorizationState) -> list[Authorization]:
    """One after the other, an hour each, and each settled half an hour later."""
    asked = [NOON - timedelta(hours=len(states) - n) for n in range(len(states))]
    return [
        replace(
            an_authorization(state, id=f"AU-{n}", asked_at=at),
            decided_at=at + timedelta(minutes=30),
        )
        for n, (state, at) in enumerate(zip(states, asked, strict=True))
    ]


@pytest.mark.parametrize("state", [s for s in AuthorizationState if s.is_open])
def test_one_question_at_a_time_whatever_it_asks_for(state: AuthorizationState) -> None:
    other = replace(WITH_NEW_FACTS, repository="Harbor Agency photographs")
    for asked in (WITH_NEW_FACTS, other):
        refused = rule_of(check_scope_is_new, before(state), asked)
        assert refused == "ALREADY_ASKED"


def test_a_search_that_was_made_is_not_made_again_whatever_is_new() -> None:
    made = before(AuthorizationState.CONSUMED)
    refused = rule_of(check_scope_is_new, made, WITH_NEW_FACTS)
    assert refused == "ALREADY_SEARCHED"


@pytest.mark.parametrize(
    "state", [AuthorizationState.EXPIRED, AuthorizationState.WITHDRAWN]
)
def test_what_lapsed_or_was_withdrawn_may_be_asked_anew_without_new_facts(
    state: AuthorizationState,
) -> None:
    check_scope_is_new(before(state, state, state), ASKED_ANEW)


REFUSED = [AuthorizationState.DENIED, AuthorizationState.REVOKED]


@pytest.mark.parametrize("state", REFUSED)
def test_what_was_denied_or_revoked_once_is_asked_anew_with_new_facts_only(
    state: AuthorizationState,
) -> None:
    refused = rule_of(check_scope_is_new, before(state), ASKED_ANEW)
    assert refused == "NEW_FACTS"
    short = an_authorization(stated=grounds(new_facts="x" * (TEXT_MIN - 1)))
    assert rule_of(check_scope_is_new, before(state), short) == "NEW_FACTS"
    enough = an_authorization(stated=grounds(new_facts="x" * TEXT_MIN))
    check_scope_is_new(before(state), enough)


LAPSED = [AuthorizationState.EXPIRED, AuthorizationState.WITHDRAWN]


@pytest.mark.parametrize(
    ("first", "second"), list(product(REFUSED, [*REFUSED, *LAPSED]))
)
def test_after_a_denial_one_more_question_is_the_last_whatever_became_of_it(
    first: AuthorizationState, second: AuthorizationState
) -> None:
    asked = before(*LAPSED, first, second)
    refused = rule_of(check_scope_is_new, asked, WITH_NEW_FACTS)
    assert refused == "DENIED_FOR_GOOD"


@pytest.mark.parametrize("state", REFUSED)
def test_what_was_withdrawn_before_a_denial_does_not_count(
    state: AuthorizationState,
) -> None:
    check_scope_is_new(before(*LAPSED, state), WITH_NEW_FACTS)


@pytest.mark.parametrize(
    ("states", "rule"),
    [
        ([AuthorizationState.DENIED], "DENIED_ELSEWHERE"),
        ([AuthorizationState.REVOKED], "DENIED_ELSEWHERE"),
        ([AuthorizationState.CONSUMED], "ALREADY_SEARCHED_ELSEWHERE"),
        (
            [AuthorizationState.DENIED, AuthorizationState.CONSUMED],
            "ALREADY_SEARCHED_ELSEWHERE",
        ),
    ],
)
def test_what_became_of_it_in_another_request_is_not_told_to_whoever_asks(
    states: list[AuthorizationState], rule: str
) -> None:
    other = "FIS-2026-000999"
    elsewhere = [replace(one, request_id=other) for one in before(*states)]
    with pytest.raises(SettledElsewhere) as refused:
        check_scope_is_new(elsewhere, WITH_NEW_FACTS)
    assert (refused.value.rule, refused.value.requests) == (rule, (other,))
    assert refused.value.message == (
        "This cannot be asked with this image. Talk to your supervisor."
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"repository": "Harbor Agency photographs"},
        {"probe_sha256": "ef" * 32},
        {"face_index": 1},
    ],
)
@pytest.mark.parametrize(
    "states",
    [
        (AuthorizationState.CONSUMED,),
        (AuthorizationState.DENIED, AuthorizationState.DENIED),
    ],
)
def test_another_repository_image_or_face_is_another_question(
    states: tuple[AuthorizationState, ...], changes: dict[str, Any]
) -> None:
    check_scope_is_new(before(*states), replace(ASKED_ANEW, **changes))


# --- who works the case


def naming(*team: str, **changes: Any) -> Authorization:
    return an_authorization(id="AU-9", stated=grounds(team=team), **changes)


@pytest.mark.parametrize("repository", [DMV, "Harbor Agency photographs"])
def test_whoever_has_decided_is_not_named_away(repository: str) -> None:
    denied = replace(before(AuthorizationState.DENIED)[0], repository=repository)
    by_chief = replace(denied, decided_by=CHIEF)
    assert rule_of(check_team, [by_chief], naming(PAT, CHIEF)) == "TEAM_NAMES_DECIDER"
    check_team([by_chief], naming(PAT, DEPUTY))


def test_nobody_is_hidden_among_many_named_at_once_or_one_after_the_other() -> None:
    many = [f"B-{n}" for n in range(TEAM_MAX + 1)]
    check_team([], naming(*many[1:]))
    assert rule_of(check_team, [], naming(*many)) == "TEAM_TOO_LARGE"
    earlier = naming(*many[1:])
    check_team([earlier], naming(many[1]))
    assert rule_of(check_team, [earlier], naming(many[0])) == "TEAM_TOO_LARGE"
    check_team([replace(earlier, request_id="FIS-2026-000999")], naming(many[0]))


# --- deciding


def test_either_office_decides_until_the_second_before_the_question_lapses() -> None:
    asked = an_authorization()
    for commander in (COMMANDER, OTHER_COMMANDER):
        check_may_decide(asked, commander, set(), asked.expires_at - SECOND)
        late = rule_of(check_may_decide, asked, commander, set(), asked.expires_at)
        assert late == "AUTHORIZATION_EXPIRED"


@pytest.mark.parametrize("role", [r for r in Role if r is not Role.COMMANDER])
def test_no_other_role_decides(role: Role) -> None:
    refused = rule_of(check_may_decide, an_authorization(), an_actor(role), set(), NOON)
    assert refused == "ROLE_REQUIRED"


def test_a_commander_without_one_of_the_two_offices_does_not_decide() -> None:
    chief_of_something = a_commander(office=None)
    refused = rule_of(
        check_may_decide, an_authorization(), chief_of_something, set(), NOON
    )
    assert refused == "OFFICE_REQUIRED"


def test_whoever_asked_or_works_the_case_leaves_the_decision_to_the_other() -> None:
    own = an_authorization(asked_by=CHIEF)
    for asked, team in ((own, set[str]()), (an_authorization(), {CHIEF})):
        with pytest.raises(NotPermitted, match="the other commander") as refused:
            check_may_decide(asked, COMMANDER, team, NOON)
        assert refused.value.rule == "SEPARATION_OF_DUTIES"
        check_may_decide(asked, OTHER_COMMANDER, team, NOON)


def test_what_was_decided_is_not_called_expired_when_a_second_commander_comes() -> None:
    denied = an_authorization(AuthorizationState.DENIED)
    check_may_decide(denied, COMMANDER, set(), denied.expires_at + HOUR)


@pytest.mark.parametrize(
    "typed", [CASE, f"  {CASE}\n", "2026-ab-77", "2026-AB-77", " 2026-Ab-77 "]
)
def test_the_case_number_may_be_typed_in_any_case_and_with_spaces_around(
    typed: str,
) -> None:
    number = CASE if CASE in typed else "2026-AB-77"
    check_decision(an_authorization(case_number=number), typed, STATED, 72)


@pytest.mark.parametrize(
    "typed", ["", " ", CASE[:-1], f"{CASE}0", "2026-075-001235", CASE.replace("-", "")]
)
def test_another_case_number_decides_nothing(typed: str) -> None:
    asked = an_authorization()
    for hours in (72, None):
        refused = rule_of(check_decision, asked, typed, STATED, hours)
        assert refused == "CASE_NUMBER_TYPED"


def test_a_reason_has_twenty_characters_that_are_not_spaces_around_it() -> None:
    assert REASON_MIN == 20
    check_reason("x" * 20)
    for short in ("", "x" * 19, "x" * 19 + "   "):
        assert rule_of(check_reason, short) == "REASON_TOO_SHORT"
        refused = rule_of(check_decision, an_authorization(), CASE, short, None)
        assert refused == "REASON_TOO_SHORT"


def test_a_grant_lasts_from_one_hour_to_fourteen_days() -> None:
    assert HOURS_MAX == 336
    asked = an_authorization()
    for hours in (1, 72, 336, None):
        check_decision(asked, CASE, STATED, hours)
    for hours in (-1, 0, 337, 10_000):
        refused = rule_of(check_decision, asked, CASE, STATED, hours)
        assert refused == "EXPIRY_TOO_LONG"


@pytest.mark.parametrize("role", Role)
def test_a_commander_or_a_supervisor_revokes_and_nobody_else(role: Role) -> None:
    if role in (Role.COMMANDER, Role.SUPERVISOR):
        check_may_revoke(an_actor(role))
    else:
        assert rule_of(check_may_revoke, an_actor(role)) == "ROLE_REQUIRED"


# --- starting


def test_certified_examiners_start_a_search_and_nobody_else() -> None:
    check_may_start(EXAMINER, parts(), NOON)
    untrained = an_actor(Role.EXAMINER, certified_until=None)
    for actor, rule in (
        (untrained, "TRAINING_EXPIRED"),
        (DETECTIVE, "ROLE_REQUIRED"),
        (SUPERVISOR, "ROLE_REQUIRED"),
        (COMMANDER, "ROLE_REQUIRED"),
    ):
        refused = rule_of(check_may_start, actor, frozenset(), NOON)
        assert refused == rule


@pytest.mark.parametrize(
    ("played", "may"),
    [
        (Part.REQUESTER, False),
        (Part.COMMANDER, False),
        (Part.ASKER, False),
        (Part.EXAMINER, True),
        (Part.PEER, True),
    ],
)
def test_nobody_starts_a_search_they_wanted_asked_for_or_permitted(
    played: Part, may: bool
) -> None:
    own = frozenset({(ELLIS, played), (DANA, Part.REQUESTER)})
    if may:
        check_may_start(EXAMINER, own, NOON)
    else:
        refused = rule_of(check_may_start, EXAMINER, own, NOON)
        assert refused == "SEPARATION_OF_DUTIES"


# --- reminders


def reminded(authorization: Authorization, before_end: timedelta) -> list[float]:
    due = authorization.reminders_due(authorization.expires_at - before_end)
    return [before.total_seconds() / 3600 for before in due]


@pytest.mark.parametrize("state", AuthorizationState)
def test_a_reminder_is_due_from_its_hour_to_the_end_while_somebody_can_act(
    state: AuthorizationState,
) -> None:
    authorization = an_authorization(state)
    waits = state in (AuthorizationState.PENDING, AuthorizationState.GRANTED)
    for before_end, due in (
        (24 * HOUR + SECOND, []),
        (24 * HOUR, [24.0]),
        (4 * HOUR + SECOND, [24.0]),
        (4 * HOUR, [24.0, 4.0]),
        (SECOND, [24.0, 4.0]),
        (timedelta(0), []),
    ):
        assert reminded(authorization, before_end) == (due if waits else [])


@pytest.mark.parametrize(("hours", "due"), [(24, [4.0]), (25, [24.0, 4.0]), (4, [])])
def test_a_reminder_of_before_the_period_began_is_never_due(
    hours: int, due: list[float]
) -> None:
    until = NOON + timedelta(hours=hours)
    for state in (AuthorizationState.PENDING, AuthorizationState.GRANTED):
        short = an_authorization(state, expires_at=until)
        assert reminded(short, SECOND) == due


def test_a_late_grant_begins_a_period_of_its_own() -> None:
    asked = an_authorization()
    late = asked.expires_at - HOUR
    granted = asked.decide(
        AuthorizationStep.GRANT, COMMANDER, STATED, late, late + 8 * HOUR
    )
    assert reminded(granted, 7 * HOUR) == []
    assert reminded(granted, 3 * HOUR) == [4.0]

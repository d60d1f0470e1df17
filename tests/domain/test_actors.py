"""Who may do what: roles, certificates, and never two parts on one request."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.actors import (
    SYSTEM,
    Actor,
    Part,
    Role,
    check_certified,
    check_holds,
    check_plays_no_part,
)
from bot.errors import NotPermitted
from tests.builders import DANA, NOON, an_actor, parts

TODAY = NOON.date()
DAY = timedelta(days=1)


@pytest.mark.parametrize("role", list(Role))
def test_a_role_is_held_by_whoever_was_given_it_and_nobody_else(role: Role) -> None:
    everything_else = an_actor(*(set(Role) - {role}))
    check_holds(an_actor(role), role, "does this")
    with pytest.raises(NotPermitted) as refused:
        check_holds(everything_else, role, "does this")
    assert refused.value.rule == "ROLE_REQUIRED"


@pytest.mark.parametrize("role", list(Role))
def test_the_system_itself_holds_no_role(role: Role) -> None:
    assert not SYSTEM.holds(role)


@pytest.mark.parametrize(
    ("role", "words"),
    [
        (Role.EXAMINER, "Only an examiner decides."),
        (Role.AUDITOR, "Only an auditor decides."),
        (Role.SUPERVISOR, "Only a supervisor decides."),
    ],
)
def test_a_missing_role_is_named_in_a_whole_sentence(role: Role, words: str) -> None:
    with pytest.raises(NotPermitted) as refused:
        check_holds(an_actor(), role, "decides")
    assert refused.value.message == words


def test_a_certificate_holds_to_the_very_end_of_its_last_day() -> None:
    actor = an_actor(certified_until=TODAY)
    midnight = NOON.replace(hour=23, minute=59, second=59, microsecond=999_999)
    check_certified(actor, midnight)
    with pytest.raises(NotPermitted, match="expired") as refused:
        check_certified(actor, midnight + timedelta(microseconds=1))
    assert refused.value.rule == "TRAINING_EXPIRED"


@pytest.mark.parametrize("until", [None, TODAY - DAY, date.min])
def test_whoever_was_never_or_no_longer_trained_is_refused(until: date | None) -> None:
    with pytest.raises(NotPermitted) as refused:
        check_certified(an_actor(Role.EXAMINER, certified_until=until), NOON)
    assert refused.value.rule == "TRAINING_EXPIRED"


@pytest.mark.parametrize("part", list(Part))
def test_nobody_plays_a_second_part_on_one_request(part: Part) -> None:
    # The seat is not said: that there is a third would tell that two examiners differ.
    said = f"the {part} of this request"
    if "examiner" in part:
        said = "an examiner of this request"
    if part is Part.EXAMINED_BEFORE:
        said = "one who compared this image for an earlier request"
    with pytest.raises(NotPermitted, match=f"You are {said}, so .* sign") as refused:
        check_plays_no_part(an_actor(), frozenset({(DANA, part)}), "sign")
    assert refused.value.rule == "SEPARATION_OF_DUTIES"


@given(account=st.text(max_size=12))
def test_a_second_account_is_no_second_person(account: str) -> None:
    actor = an_actor(Role.SUPERVISOR, person=DANA, slack_user=account)
    with pytest.raises(NotPermitted):
        check_plays_no_part(actor, parts(requester=DANA), "decide")


@pytest.mark.parametrize("actor", [an_actor(person="B-9"), SYSTEM])
def test_whoever_plays_no_part_may_play_one(actor: Actor) -> None:
    everybody = parts(requester="B-1", examiner="B-2", peer="B-3", supervisor="B-4")
    assert check_plays_no_part(actor, everybody, "decide") is None  # type: ignore[func-returns-value]

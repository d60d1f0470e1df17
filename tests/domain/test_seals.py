"""What a grant is bound to: its seal, what the log says of it, and the one search it allows."""

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.audit import Verb
from bot.domain.authorizations import (
    Authorization,
    AuthorizationState,
    NotInForce,
    Use,
    check_in_force,
    seal,
)
from bot.errors import NotPermitted
from tests.builders import NOON, SEAL_KEY, a_use, an_authorization, grounds, sealed

SECOND = timedelta(seconds=1)
GRANTED, RUNNING = AuthorizationState.GRANTED, AuthorizationState.RUNNING
ASKED_AND_GRANTED = (Verb.AUTHORIZATION_ASKED, Verb.AUTHORIZATION_GRANTED)
HISTORY = {
    GRANTED: ASKED_AND_GRANTED,
    RUNNING: (*ASKED_AND_GRANTED, Verb.AUTHORIZATION_STARTED),
}
IN_FORCE = sealed(an_authorization(GRANTED))


def in_force(
    authorization: Authorization,
    *,
    use: Use | None = None,
    history: tuple[Verb, ...] | None = None,
    key: bytes = SEAL_KEY,
    now: datetime = NOON,
    state: AuthorizationState = GRANTED,
) -> None:
    check_in_force(
        authorization,
        use or a_use(authorization),
        HISTORY[state] if history is None else history,
        key,
        now,
        state=state,
    )


def not_in_force(authorization: Authorization, **given: Any) -> str:
    with pytest.raises(NotInForce) as refused:
        in_force(authorization, **given)
    return refused.value.rule


@pytest.mark.parametrize("state", [GRANTED, RUNNING])
def test_a_grant_is_in_force_until_the_second_before_its_expiry(
    state: AuthorizationState,
) -> None:
    granted = replace(IN_FORCE, state=state)
    in_force(granted, state=state, now=granted.expires_at - SECOND)
    for late in (granted.expires_at, granted.expires_at + SECOND):
        refused = not_in_force(granted, state=state, now=late)
        assert refused == "AUTHORIZATION_EXPIRED"


@pytest.mark.parametrize("wanted", [GRANTED, RUNNING])
@pytest.mark.parametrize("state", AuthorizationState)
def test_in_any_other_state_it_is_not_in_force(
    state: AuthorizationState, wanted: AuthorizationState
) -> None:
    authorization = replace(IN_FORCE, state=state)
    if state is wanted:
        in_force(authorization, state=wanted)
    else:
        refused = not_in_force(authorization, state=wanted)
        assert refused == f"AUTHORIZATION_{state.upper()}"


BOUND: dict[str, Callable[[Authorization], Authorization]] = {
    "id": lambda a: replace(a, id=a.id + "1"),
    "request_id": lambda a: replace(a, request_id="FIS-2026-000124"),
    "case_number": lambda a: replace(a, case_number="2026-075-001235"),
    "probe_sha256": lambda a: replace(a, probe_sha256="ac" + a.probe_sha256[2:]),
    "face_index": lambda a: replace(a, face_index=a.face_index + 1),
    "face_place": lambda a: replace(a, face_place=a.face_place + "0"),
    "repository": lambda a: replace(a, repository="Harbor Agency photographs"),
    "decided_by": lambda a: replace(a, decided_by="B-4002"),
    "decided_title": lambda a: replace(a, decided_title=a.decided_title + " (acting)"),
    "expires_at": lambda a: replace(a, expires_at=a.expires_at + SECOND),
}


@pytest.mark.parametrize("field", BOUND)
def test_a_grant_with_anything_changed_that_it_is_bound_to_is_altered(
    field: str,
) -> None:
    altered = BOUND[field](IN_FORCE)
    assert altered != IN_FORCE
    assert not_in_force(altered) == "AUTHORIZATION_ALTERED"
    assert not_in_force(altered, use=a_use(IN_FORCE)) == "AUTHORIZATION_ALTERED"


@pytest.mark.parametrize("forged", ["", "0" * 64, IN_FORCE.seal[:-1], "forged"])
def test_a_grant_without_its_seal_is_altered(forged: str) -> None:
    assert not_in_force(replace(IN_FORCE, seal=forged)) == "AUTHORIZATION_ALTERED"


def test_a_grant_sealed_with_another_key_is_altered() -> None:
    assert not_in_force(IN_FORCE, key=bytes(32)) == "AUTHORIZATION_ALTERED"


WORDS = st.text(min_size=1, max_size=20)
AUTHORIZATIONS = st.builds(
    an_authorization,
    st.just(GRANTED),
    id=WORDS,
    request_id=WORDS,
    case_number=WORDS,
    probe_sha256=st.text("0123456789abcdef", min_size=64, max_size=64),
    face_index=st.integers(0, 50),
    repository=WORDS,
    decided_title=WORDS,
    expires_at=st.datetimes(
        min_value=datetime(2026, 1, 1),  # noqa: DTZ001  hypothesis adds the zone itself
        max_value=datetime(2030, 1, 1),  # noqa: DTZ001
        timezones=st.just(UTC),
    ),
)
KEYS = st.binary(min_size=32, max_size=32)
BOUND_FIELDS = list(BOUND)


@given(KEYS, AUTHORIZATIONS, AUTHORIZATIONS, st.sets(st.sampled_from(BOUND_FIELDS)))
def test_two_grants_have_one_seal_only_if_they_are_bound_to_the_same(
    key: bytes, one: Authorization, other: Authorization, taken: set[str]
) -> None:
    mixed = replace(one, **{name: getattr(other, name) for name in taken})
    is_same = all(getattr(one, name) == getattr(mixed, name) for name in BOUND_FIELDS)
    assert (seal(key, one) == seal(key, mixed)) == is_same


@given(KEYS, KEYS, AUTHORIZATIONS)
def test_only_the_same_key_makes_the_same_seal(
    one: bytes, other: bytes, granted: Authorization
) -> None:
    assert (seal(one, granted) == seal(other, granted)) == (one == other)


@given(KEYS, AUTHORIZATIONS, WORDS, st.integers(1, 99))
def test_what_is_not_bound_leaves_the_seal_as_it_is(
    key: bytes, granted: Authorization, text: str, version: int
) -> None:
    later = replace(
        granted,
        state=RUNNING,
        version=version,
        reason=text,
        end_reason=text,
        told=(text,),
        grounds=grounds(need=text),
    )
    assert seal(key, later) == seal(key, granted)


@given(st.integers(-14, 14))
def test_the_same_moment_in_another_zone_has_the_same_seal(hours: int) -> None:
    elsewhere = IN_FORCE.expires_at.astimezone(timezone(timedelta(hours=hours)))
    in_force(replace(IN_FORCE, expires_at=elsewhere))


ENDED = {
    Verb.AUTHORIZATION_CONSUMED: "AUTHORIZATION_CONSUMED",
    Verb.AUTHORIZATION_REVOKED: "AUTHORIZATION_REVOKED",
    Verb.AUTHORIZATION_EXPIRED: "AUTHORIZATION_EXPIRED",
    Verb.AUTHORIZATION_DENIED: "AUTHORIZATION_DENIED",
    Verb.AUTHORIZATION_WITHDRAWN: "AUTHORIZATION_WITHDRAWN",
}


@pytest.mark.parametrize("state", [GRANTED, RUNNING])
@pytest.mark.parametrize("verb", ENDED)
def test_what_the_log_says_has_ended_has_ended_whatever_the_row_says(
    verb: Verb, state: AuthorizationState
) -> None:
    row = replace(IN_FORCE, state=state)
    refused = not_in_force(row, state=state, history=(*HISTORY[state], verb))
    assert refused == ENDED[verb]


def test_what_the_log_never_saw_granted_was_not_granted() -> None:
    for history in ((), (Verb.AUTHORIZATION_ASKED, Verb.AUTHORIZATION_VIEWED)):
        assert not_in_force(IN_FORCE, history=history) == "AUTHORIZATION_ALTERED"


def test_what_the_log_saw_started_is_not_started_again() -> None:
    once = HISTORY[RUNNING]
    assert not_in_force(IN_FORCE, history=once) == "AUTHORIZATION_RUNNING"
    running = replace(IN_FORCE, state=RUNNING)
    for history in (HISTORY[GRANTED], (*once, Verb.AUTHORIZATION_STARTED)):
        refused = not_in_force(running, state=RUNNING, history=history)
        assert refused == "AUTHORIZATION_RUNNING"


def test_whoever_is_second_by_row_and_log_alike_is_late_and_no_attacker() -> None:
    running = replace(IN_FORCE, state=RUNNING)
    with pytest.raises(NotPermitted, match="started already") as late:
        in_force(running, history=HISTORY[RUNNING])
    assert late.value.rule == "AUTHORIZATION_RUNNING"
    assert not isinstance(late.value, NotInForce)
    over = (*HISTORY[RUNNING], Verb.AUTHORIZATION_REVOKED)
    for disagreeing in (HISTORY[GRANTED], over, HISTORY[RUNNING][-1:]):
        assert not_in_force(running, history=disagreeing) == "AUTHORIZATION_RUNNING"


SCOPE = {
    "request_id": ("FIS-2026-000124", "request"),
    "case_number": ("2026-075-001235", "case"),
    "probe_sha256": ("ef" * 32, "image"),
    "face_index": (1, "face"),
    "face_place": ("another place", "face"),
    "repository": ("Harbor Agency photographs", "repository"),
}


def test_every_part_of_a_use_is_held_against_the_grant() -> None:
    assert {field.name for field in fields(Use)} == set(SCOPE)


@pytest.mark.parametrize("field", SCOPE)
def test_a_use_for_anything_else_is_refused_with_what_is_another(field: str) -> None:
    value, word = SCOPE[field]
    changes: dict[str, Any] = {field: value}
    with pytest.raises(NotInForce, match=f"for another {word}") as refused:
        in_force(IN_FORCE, use=replace(a_use(IN_FORCE), **changes))
    assert refused.value.rule == "AUTHORIZATION_SCOPE"

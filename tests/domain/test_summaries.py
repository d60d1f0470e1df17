"""The month's count: what was asked in it, once by repository and once by commander."""

from collections.abc import Set
from dataclasses import asdict
from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.audit import AuditEvent, Verb
from bot.domain.authorizations import Authorization, AuthorizationState, Grounds
from bot.domain.summaries import (
    Counts,
    Course,
    Decider,
    LeadCounts,
    Month,
    leads_of,
    summary_of,
)
from bot.errors import Refusal
from tests.builders import DANA, NOON, REQUEST, SHA256

ZONE = "America/New_York"
OCTOBER = Month(2026, 10)
CHIEF = Decider("Chief of Detectives", "0101")
DEPUTY = Decider("Deputy Commissioner", "0102")
NOBODY = Decider("", "")
WORDS = "A till was robbed at knife point."


def a_question(
    *,
    id: str = "AU-1",
    repository: str = "DMV photographs",
    asked_at: datetime = NOON,
    decider: Decider = NOBODY,
    state: AuthorizationState = AuthorizationState.PENDING,
) -> Authorization:
    return Authorization(
        id=id,
        request_id=REQUEST,
        case_number="2026-075-001234",
        probe_sha256=SHA256,
        face_index=0,
        repository=repository,
        grounds=Grounds(WORDS, WORDS, WORDS, WORDS, WORDS, "Robbery Squad"),
        asked_by=DANA,
        asked_by_account=f"U-{DANA}",
        asked_at=asked_at,
        expires_at=asked_at,
        state=state,
        decided_by=decider.person or None,
        decided_title=decider.title,
    )


def a_course(
    *verbs: Verb,
    repository: str = "DMV photographs",
    decider: Decider = NOBODY,
    state: AuthorizationState = AuthorizationState.EXPIRED,
    leads: int = 0,
) -> Course:
    question = a_question(repository=repository, decider=decider, state=state)
    return Course(question, frozenset(verbs) | {Verb.AUTHORIZATION_ASKED}, leads)


def total(*courses: Course) -> Counts:
    return summary_of(OCTOBER, courses).total


# --- months


@pytest.mark.parametrize("text", ["2026-10", "2001-01", "2099-12"])
def test_a_month_is_written_as_it_is_read(text: str) -> None:
    assert str(Month.parse(text)) == text


@pytest.mark.parametrize(
    "text", ["", "2026", "2026-13", "2026-00", "2026-1", "26-10", "2026-10-01", "1999-12", "2026-10\n"]
)  # fmt: skip
def test_what_is_no_month_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(Refusal, match="like 2026-10"):
        Month.parse(text)


def test_a_month_begins_and_ends_at_the_units_midnight() -> None:
    start, end = Month(2026, 11).bounds(ZONE)  # the clock goes back on the first
    assert start == datetime(2026, 11, 1, 4, tzinfo=UTC)
    assert end == datetime(2026, 12, 1, 5, tzinfo=UTC)


moments = st.datetimes(
    datetime(2010, 1, 1),  # noqa: DTZ001  hypothesis adds the zone
    datetime(2090, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@given(moments, st.sampled_from([ZONE, "UTC", "Asia/Tokyo"]))
def test_the_month_that_ended_last_is_over_and_the_one_after_it_is_not(
    now: datetime, zone: str
) -> None:
    last = Month.ended_before(now, zone)
    following = Month(last.year + last.number // 12, last.number % 12 + 1)
    assert last.bounds(zone)[1] == following.bounds(zone)[0] <= now
    assert following.bounds(zone)[1] > now


def test_by_the_units_clock_the_old_year_lasts_longer() -> None:
    new_year = datetime(2027, 1, 1, 4, 59, tzinfo=UTC)
    assert Month.ended_before(new_year, ZONE) == Month(2026, 11)
    assert Month.ended_before(new_year.replace(hour=5), ZONE) == Month(2026, 12)


# --- counts


@pytest.mark.parametrize(
    ("verb", "counted"),
    [
        (Verb.AUTHORIZATION_GRANTED, Counts(asked=1, granted=1)),
        (Verb.AUTHORIZATION_DENIED, Counts(asked=1, denied=1)),
        (Verb.AUTHORIZATION_WITHDRAWN, Counts(asked=1, withdrawn=1)),
        (Verb.AUTHORIZATION_EXPIRED, Counts(asked=1, expired=1)),
        (Verb.AUTHORIZATION_REVOKED, Counts(asked=1, revoked=1)),
        (Verb.AUTHORIZATION_CONSUMED, Counts(asked=1, consumed=1)),
        (Verb.AUTHORIZATION_VIEWED, Counts(asked=1)),
        (Verb.AUTHORIZATION_NOT_IN_FORCE, Counts(asked=1)),
    ],
)
def test_what_was_done_is_counted_under_its_name(verb: Verb, counted: Counts) -> None:
    assert total(a_course(verb)) == counted


def test_a_search_that_was_made_counts_although_its_grant_was_revoked_afterwards() -> (
    None
):
    course = a_course(
        Verb.AUTHORIZATION_GRANTED,
        Verb.AUTHORIZATION_CONSUMED,
        Verb.AUTHORIZATION_REVOKED,
        state=AuthorizationState.REVOKED,
        leads=1,
    )
    assert total(course) == Counts(asked=1, granted=1, consumed=1, revoked=1, leads=1)


@pytest.mark.parametrize("state", list(AuthorizationState))
def test_only_what_can_still_come_to_something_is_open(
    state: AuthorizationState,
) -> None:
    assert total(a_course(state=state)).open == int(state.is_open)


def test_what_was_asked_in_an_earlier_month_counts_by_what_was_done_in_this_one() -> (
    None
):
    verbs = frozenset({Verb.AUTHORIZATION_GRANTED})
    granted = Course(a_question(state=AuthorizationState.GRANTED), verbs)
    assert total(granted) == Counts(granted=1)


def test_a_month_without_a_question_counts_nothing() -> None:
    empty = summary_of(OCTOBER, [])
    assert (empty.total, empty.by_repository, empty.by_commander) == (Counts(), {}, {})


def test_repositories_and_commanders_are_counted_apart_and_in_order() -> None:
    granted, denied = Verb.AUTHORIZATION_GRANTED, Verb.AUTHORIZATION_DENIED
    found = summary_of(
        OCTOBER,
        [
            a_course(granted, repository="Harbor", decider=DEPUTY),
            a_course(denied, repository="DMV", decider=CHIEF),
            a_course(granted, repository="Harbor", decider=CHIEF, leads=1),
            a_course(repository="DMV"),
        ],
    )
    assert list(found.by_repository.items()) == [
        ("DMV", Counts(asked=2, denied=1)),
        ("Harbor", Counts(asked=2, granted=2, leads=1)),
    ]
    assert list(found.by_commander.items()) == [
        (NOBODY, Counts(asked=1)),
        (CHIEF, Counts(asked=2, granted=1, denied=1, leads=1)),
        (DEPUTY, Counts(asked=1, granted=1)),
    ]


def _courses() -> st.SearchStrategy[list[Course]]:
    verbs: st.SearchStrategy[Set[Verb]] = st.frozensets(st.sampled_from(list(Verb)))
    question = st.builds(
        a_question,
        repository=st.sampled_from(["DMV", "Harbor", "Passports"]),
        decider=st.sampled_from([NOBODY, CHIEF, DEPUTY]),
        state=st.sampled_from(list(AuthorizationState)),
    )
    return st.lists(st.builds(Course, question, verbs, st.integers(0, 3)), max_size=12)


@given(_courses(), st.randoms())
def test_every_deed_is_in_one_line_of_each_list_whatever_the_order(
    courses: list[Course], random: Random
) -> None:
    found = summary_of(OCTOBER, courses)
    asked = [c for c in courses if Verb.AUTHORIZATION_ASKED in c.verbs]
    assert found.total.asked == len(asked)
    for lines in (found.by_repository, found.by_commander):
        assert sum(lines.values(), Counts()) == found.total
    assert summary_of(OCTOBER, random.sample(courses, len(courses))) == found


def test_what_is_written_down_names_month_repository_and_commander() -> None:
    course = a_course(Verb.AUTHORIZATION_DENIED, decider=CHIEF)
    counts = asdict(Counts(asked=1, denied=1))
    assert summary_of(OCTOBER, [course]).as_dict() == {
        "month": "2026-10",
        "total": counts,
        "by_repository": [{"repository": "DMV photographs", **counts}],
        "by_commander": [{"title": CHIEF.title, "person": CHIEF.person, **counts}],
        "leads": asdict(LeadCounts()),
        "small_cells_below": 5,
    }


def of_lead(verb: Verb, **facts: object) -> AuditEvent:
    return AuditEvent(NOON, DANA, verb, REQUEST, facts)


def test_each_deed_of_a_lead_counts_once() -> None:
    assert leads_of([]) == LeadCounts()
    told = Verb.LEAD_REPORTED
    assert leads_of(
        [
            of_lead(Verb.LEAD_RELEASED),
            of_lead(Verb.LEAD_RELEASED),
            of_lead(Verb.LEAD_ACKNOWLEDGED),
            of_lead(Verb.CORROBORATION_RECORDED),
            of_lead(told, kind="wrong_person", corroborated=False),
            of_lead(told, kind="arrest", corroborated=True),
            of_lead(told, kind="arrest", corroborated=False),
            of_lead(Verb.REQUEST_CLOSED),
        ]
    ) == LeadCounts(2, 1, 1, 1, 2, 1)

"""Rulings asked for directly: who, on what, on which version, and with which reason."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bot.approvals import examinations, releases, signoffs
from bot.domain.actors import Actor, Role
from bot.domain.audit import Verb
from bot.domain.candidates import Exclusion, exclude
from bot.domain.components import TooFewComponents
from bot.domain.examinations import Seat, summary_version
from bot.domain.leads import Ruling
from bot.domain.requests import FaceRequest
from bot.domain.workflow import State
from bot.errors import Refusal
from storage.database import Database
from tests.approvals.cases import Progress, a_case, examination_id
from tests.builders import (
    DANA,
    DETECTIVE,
    ELLIS,
    EXAMINER,
    NOON,
    PAT,
    PEER,
    SUPERVISOR,
    a_request,
    an_actor,
)

FIRST = examination_id(1, Seat.FIRST)


async def rule(db: Database, request: FaceRequest, **given: Any) -> FaceRequest:
    """Release what both support, unless something else is asked for."""
    usual: dict[str, Any] = {
        "ruling": Ruling.RELEASE,
        "reason": "Both examinations are complete.",
        "candidate_id": "C-1/1",
        "version": request.version,
        "zone": "America/New_York",
        "actor": SUPERVISOR,
        "now": NOON,
    }
    asked = usual | given
    return await releases.rule(
        db, request.id, asked.pop("ruling"), asked.pop("reason"), **asked
    )


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "an older version": ({"version": 7}, "CHANGED_MEANWHILE"),
    "a candidate both excluded": ({"candidate_id": "C-2/1"}, "TWO_EXAMINERS"),
    "a candidate of nobody": ({"candidate_id": "C-9"}, "TWO_EXAMINERS"),
    "no candidate": ({"candidate_id": None}, "NO_CANDIDATE"),
    "no reason": ({"reason": "  short  "}, "REASON_TOO_SHORT"),
    "a commander": ({"actor": an_actor(Role.COMMANDER)}, "ROLE_REQUIRED"),
    "an examiner": ({"actor": EXAMINER}, "ROLE_REQUIRED"),
    **{
        f"the {name}, who is a supervisor, too": (
            {"actor": an_actor(Role.SUPERVISOR, person=person)},
            "SEPARATION_OF_DUTIES",
        )
        for name, person in (("requester", DANA), ("examiner", ELLIS), ("peer", PAT))
    },
}


@pytest.mark.parametrize("name", WRONG)
async def test_a_ruling_that_may_not_be_leaves_everything_as_it_was(
    db: Database, name: str
) -> None:
    given, expected = WRONG[name]
    request = await a_case(db, State.SUPERVISOR_REVIEW)
    with pytest.raises(Refusal) as refused:
        await rule(db, request, **given)
    assert refused.value.rule == expected
    async with db.snapshot() as snapshot:
        assert await snapshot.requests.get(request.id) == request
        assert await snapshot.leads.find(request.id) is None
        assert await snapshot.rulings.of(request.id) == []
        assert await snapshot.audit.entries() == []


async def test_a_release_records_whom_it_is_about_and_who_stands_for_it(
    db: Database,
) -> None:
    request = await a_case(db, State.SUPERVISOR_REVIEW)
    released = await rule(db, request)
    assert released.state is State.RELEASED
    async with db.snapshot() as snapshot:
        lead = await snapshot.leads.find(request.id)
        [entry] = await snapshot.audit.entries()
    assert lead is not None
    assert (lead.examiner, lead.peer, lead.supervisor) == (
        ELLIS,
        PAT,
        SUPERVISOR.person,
    )
    assert entry.event.verb is Verb.LEAD_RELEASED
    assert entry.event.facts["candidate"] == "C-1/1"


async def test_one_finished_examination_alone_releases_nothing(db: Database) -> None:
    request = await a_case(db, State.SUPERVISOR_REVIEW, peer=Progress.TAKEN)
    with pytest.raises(Refusal) as refused:
        await rule(db, request)
    assert refused.value.rule == "TWO_EXAMINERS"


async def test_a_lead_is_acknowledged_by_its_requester_and_once(db: Database) -> None:
    request = await a_case(db, State.RELEASED)
    other = an_actor(Role.REQUESTER, person="B-9999")
    with pytest.raises(Refusal) as refused:
        await releases.acknowledge(db, request.id, actor=other, now=NOON)
    assert refused.value.rule == "NOT_YOURS"
    await releases.acknowledge(db, request.id, actor=DETECTIVE, now=NOON)
    with pytest.raises(Refusal) as again:
        await releases.acknowledge(db, request.id, actor=DETECTIVE, now=NOON)
    assert again.value.rule == "STATE"


@pytest.mark.parametrize(
    ("actor", "expected"),
    [
        (PEER, "NOT_YOUR_EXAMINATION"),
        (DETECTIVE, "ROLE_REQUIRED"),
        (
            an_actor(Role.EXAMINER, person=ELLIS, certified_until=None),
            "TRAINING_EXPIRED",
        ),
    ],
)
async def test_only_the_examiner_who_took_it_works_on_an_examination(
    db: Database, actor: Actor, expected: str
) -> None:
    await a_case(db, State.EXAMINATION, first=Progress.TAKEN)
    decided = exclude("C-1/1", Exclusion.MARKS_DIFFER, NOON)
    for act in (
        examinations.dispose(db, FIRST, decided, actor=actor, now=NOON),
        examinations.view(db, FIRST, "C-1/1", actor=actor, now=NOON),
        examinations.own_decisions(db, FIRST, actor=actor, now=NOON),
        examinations.submit(
            db, FIRST, summary=0, blind_check_share=0.0, actor=actor, now=NOON
        ),
    ):
        with pytest.raises(Refusal) as refused:
            await act
        assert refused.value.rule == expected


async def test_a_candidate_of_another_list_cannot_be_decided_on(db: Database) -> None:
    await a_case(db, State.EXAMINATION, first=Progress.TAKEN)
    decided = exclude("C-1/2", Exclusion.MARKS_DIFFER, NOON)
    with pytest.raises(Refusal) as refused:
        await examinations.dispose(db, FIRST, decided, actor=EXAMINER, now=NOON)
    assert refused.value.rule == "CANDIDATE_NOT_LISTED"


async def test_nobody_works_on_an_examination_nobody_has_taken(db: Database) -> None:
    await a_case(db, State.EXAMINATION, first=Progress.OPEN)
    with pytest.raises(Refusal) as refused:
        await examinations.view(db, FIRST, "C-1/1", actor=EXAMINER, now=NOON)
    assert refused.value.rule == "NOT_TAKEN"


@pytest.mark.parametrize("granted", [True, False])
async def test_whoever_signs_for_a_search_plays_no_other_part(
    db: Database, granted: bool
) -> None:
    request = await a_case(db, State.SIGN_OFF, first=Progress.OPEN, peer=Progress.OPEN)
    for actor, expected in (
        (an_actor(Role.SUPERVISOR, person=DANA), "SEPARATION_OF_DUTIES"),
        (EXAMINER, "ROLE_REQUIRED"),
    ):
        with pytest.raises(Refusal) as refused:
            await signoffs.sign_off(
                db, request.id, granted=granted, actor=actor, now=NOON
            )
        assert refused.value.rule == expected


async def test_a_minor_is_not_released_whatever_list_they_are_on(db: Database) -> None:
    """Policy R13: the list may be older than what is known of the birth date."""
    request = await a_case(db, State.SUPERVISOR_REVIEW)
    async with db.transaction() as tx:
        shown = await tx.photographs.get("P-1")
        await tx.photographs.describe(replace(shown, birth_date=date(2010, 1, 1)))
    with pytest.raises(Refusal, match="under 18") as refused:
        await rule(db, request)
    assert refused.value.rule == "MINOR"
    async with db.snapshot() as snapshot:
        assert await snapshot.leads.find(request.id) is None


async def test_a_search_that_found_nobody_can_be_closed_and_not_returned(
    db: Database,
) -> None:
    async with db.transaction() as tx:
        request = a_request(state=State.SUPERVISOR_REVIEW)
        await tx.requests.add(request)
    with pytest.raises(Refusal) as refused:
        await rule(db, request, ruling=Ruling.RETURN, candidate_id=None)
    assert refused.value.rule == "NO_CANDIDATES"
    closed = await rule(db, request, ruling=Ruling.CLOSE, candidate_id=None)
    assert closed.state is State.NO_POSSIBLE_MATCH


async def test_a_summary_that_is_not_of_these_decisions_is_not_submitted(
    db: Database,
) -> None:
    await a_case(db, State.EXAMINATION, first=Progress.TAKEN, peer=Progress.ABSENT)
    with pytest.raises(Refusal) as refused:
        await examinations.submit(
            db, FIRST, summary=0, blind_check_share=0.0, actor=EXAMINER, now=NOON
        )
    assert refused.value.rule == "STALE_SUMMARY"


async def test_support_without_compared_components_is_not_submitted(
    db: Database,
) -> None:
    """An earlier release let it be saved: as many components are needed as for a new one."""
    await a_case(db, State.EXAMINATION, first=Progress.TAKEN, peer=Progress.ABSENT)
    async with db.transaction() as tx:
        before = await tx.examinations.dispositions(FIRST)
        supported = replace(before["C-1/1"], findings={})
        await tx.examinations.dispose(FIRST, supported)
        decisions = await tx.examinations.dispositions(FIRST)
    summary = summary_version(decisions)
    with pytest.raises(TooFewComponents, match=r"^Candidate A: Support needs"):
        await examinations.submit(
            db, FIRST, summary=summary, blind_check_share=0.0, actor=EXAMINER, now=NOON
        )
    async with db.snapshot() as snapshot:
        assert (await snapshot.examinations.get(FIRST)).submitted_at is None


async def test_nobody_decides_about_a_picture_that_is_not_shown(db: Database) -> None:
    await a_case(db, State.EXAMINATION, first=Progress.TAKEN, shown=False)
    decided = exclude("C-1/1", Exclusion.MARKS_DIFFER, NOON)
    with pytest.raises(Refusal) as refused:
        await examinations.dispose(db, FIRST, decided, actor=EXAMINER, now=NOON)
    assert refused.value.rule == "NOT_SHOWN"


async def test_nobody_takes_an_examination_whose_pictures_are_not_shown(
    db: Database,
) -> None:
    await a_case(db, State.EXAMINATION, first=Progress.OPEN, shown=False)
    with pytest.raises(Refusal) as refused:
        await examinations.take(db, FIRST, actor=EXAMINER, now=NOON)
    assert refused.value.rule == "NOT_SHOWN"

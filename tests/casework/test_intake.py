"""Requests come in and are taken back, asked of the services directly."""

from dataclasses import asdict, replace
from itertools import count
from typing import Any

import pytest

from bot.casework import intake
from bot.domain.actors import Actor, Role
from bot.domain.audit import Verb, fingerprint
from bot.domain.purposes import NONE_OF_THESE, OffenseCategory, ProbeSource
from bot.domain.requests import Asked, FaceRequest
from bot.domain.workflow import State
from bot.errors import Refusal
from storage.database import Database
from tests.builders import DETECTIVE, EXAMINER, NOON, an_actor, what_was_asked

SENT = count()


async def submit(
    db: Database, asked: Asked | None = None, actor: Actor = DETECTIVE, **given: Any
) -> FaceRequest:
    return await intake.submit(
        db,
        asked or what_was_asked(),
        given.pop("declared", (NONE_OF_THESE, NONE_OF_THESE)),
        given.pop("bwc", frozenset()),
        offense_whitelist=given.pop("whitelist", frozenset()),
        actor=actor,
        channel="C-REQUESTS",
        delivery=given.pop("delivery", None) or f"view/{next(SENT)}",
        now=given.pop("now", NOON),
    )


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "by an examiner": ({"actor": EXAMINER}, "ROLE_REQUIRED"),
    "without attestations": (
        {"asked": what_was_asked(attested=())},
        "NOT_ATTESTED",
    ),
    "without a declaration": ({"declared": ()}, "NOT_DECLARED"),
    "for a prohibited use": ({"declared": ("P_PERSONAL",)}, "P_PERSONAL"),
    "for a use nobody knows": ({"declared": ("P_NEW",)}, "P_NEW"),
    "with a body-worn camera and no checklist": (
        {"asked": what_was_asked(source=ProbeSource.BODY_WORN_CAMERA)},
        "P_BWC_WARRANT",
    ),
    "for an offense that is not listed": (
        {"whitelist": {OffenseCategory.MURDER}},
        "OFFENSE_NOT_LISTED",
    ),
}


async def test_a_form_that_comes_again_makes_no_second_request(db: Database) -> None:
    await submit(db, delivery="view/V1/abc")
    with pytest.raises(Refusal) as refused:
        await submit(db, delivery="view/V1/abc")
    assert refused.value.rule == "SENT_TWICE"
    async with db.snapshot() as snapshot:
        assert len(await snapshot.requests.in_states(*State)) == 1


async def test_a_form_that_was_refused_does_not_count_as_sent(db: Database) -> None:
    with pytest.raises(Refusal):
        await submit(db, delivery="view/V1/abc", declared=())
    assert (await submit(db, delivery="view/V1/abc")).state is State.RECEIVED


@pytest.mark.parametrize("name", REFUSED)
async def test_a_refused_request_takes_no_number_and_leaves_nothing(
    db: Database, name: str
) -> None:
    given, rule = REFUSED[name]
    with pytest.raises(Refusal) as refused:
        await submit(db, **given)
    assert refused.value.rule == rule
    async with db.snapshot() as snapshot:
        assert await snapshot.requests.in_states(*State) == []
        assert await snapshot.audit.entries() == []
    assert (await submit(db)).id == "FIS-2026-000001"


async def test_numbers_begin_anew_with_the_year(db: Database) -> None:
    old = [await submit(db), await submit(db)]
    new = await submit(db, now=NOON.replace(year=2027))
    assert [r.id for r in (*old, new)] == [
        "FIS-2026-000001",
        "FIS-2026-000002",
        "FIS-2027-000001",
    ]


async def test_an_accepted_request_is_in_the_record_without_its_narrative(
    db: Database,
) -> None:
    request = await submit(db)
    async with db.snapshot() as snapshot:
        [entry] = await snapshot.audit.entries()
    assert entry.event.verb is Verb.REQUEST_SUBMITTED
    assert entry.event.facts["list_length"] == 20
    assert request.asked.factual_basis not in str(entry.event.facts)


async def test_the_record_holds_the_fingerprint_of_all_that_was_asked(
    db: Database,
) -> None:
    """Whoever alters the row of a request, its narrative included, is shown by the chain."""
    request = await submit(db)
    async with db.snapshot() as snapshot:
        [entry] = await snapshot.audit.entries()
        stored = await snapshot.requests.get(request.id)
    recorded = entry.event.facts["asked_sha256"]
    assert fingerprint(asdict(stored.asked)) == recorded
    altered = replace(stored.asked, factual_basis=stored.asked.factual_basis + ".")
    assert fingerprint(asdict(altered)) != recorded


async def test_the_record_holds_the_case_and_the_roles_of_whoever_asked(
    db: Database,
) -> None:
    request = await submit(db)
    async with db.snapshot() as snapshot:
        [entry] = await snapshot.audit.entries()
    facts = entry.event.facts
    assert facts["case_number"] == request.asked.case_number
    assert (facts["account"], facts["roles"]) == (DETECTIVE.slack_user, ["requester"])


async def test_a_withdrawal_records_the_state_it_ended(db: Database) -> None:
    request = await submit(db)
    await intake.withdraw(db, request.id, actor=DETECTIVE, now=NOON)
    async with db.snapshot() as snapshot:
        facts = (await snapshot.audit.entries())[-1].event.facts
    assert (facts["from"], facts["to"]) == ("received", "withdrawn")


async def test_only_the_requester_takes_a_request_back(db: Database) -> None:
    request = await submit(db)
    for actor, rule in (
        (an_actor(Role.REQUESTER, person="B-9999"), "NOT_YOURS"),
        (replace(DETECTIVE, roles=frozenset({Role.EXAMINER})), "ROLE_REQUIRED"),
    ):
        with pytest.raises(Refusal) as refused:
            await intake.withdraw(db, request.id, actor=actor, now=NOON)
        assert refused.value.rule == rule
    withdrawn = await intake.withdraw(db, request.id, actor=DETECTIVE, now=NOON)
    assert withdrawn.state is State.WITHDRAWN
    assert withdrawn.closed_at == NOON


async def test_a_second_account_of_the_requester_may_take_it_back(
    db: Database,
) -> None:
    request = await submit(db)
    other = replace(DETECTIVE, slack_user="U-OTHER")
    withdrawn = await intake.withdraw(db, request.id, actor=other, now=NOON)
    assert withdrawn.state is State.WITHDRAWN

"""Authorizations: each version kept as it was, what was written in them sealed, and who works a case."""

import asyncio
import itertools
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from bot.domain.actors import Part
from bot.domain.authorizations import (
    Authorization,
    AuthorizationState,
    AuthorizationStep,
    Grounds,
)
from bot.domain.examinations import Seat
from storage.database import Database
from storage.errors import ChangedMeanwhile, Unknown, VaultDamaged
from tests.builders import (
    CASE,
    CHIEF,
    COMMANDER,
    DANA,
    ELLIS,
    NOON,
    OTHER_COMMANDER,
    PAT,
    REQUEST,
    SAM,
    STATED,
    SUPERVISOR,
    a_request,
    a_ruling,
    an_authorization,
    an_examination,
    grounds,
    sealed,
    what_was_asked,
)

OTHER_REQUEST = "FIS-2026-000124"
STRANGER = "FIS-2026-000125"
TIP = "The cousin of the suspect told us so"

ASKED = an_authorization(
    stated=grounds(need=f"{TIP} 1", new_facts=f"{TIP} 2", team=(PAT, "B-9")),
    told=(f"U-{CHIEF}",),
)
GRANTED = sealed(
    ASKED.decide(
        AuthorizationStep.GRANT,
        COMMANDER,
        f"{TIP} 3",
        NOON,
        NOON + timedelta(hours=8),
    )
)
REVOKED = GRANTED.end(
    AuthorizationStep.REVOKE, SUPERVISOR, f"{TIP} 4", NOON + timedelta(hours=1)
)


async def kept(db: Database, *authorizations: Authorization) -> None:
    async with db.transaction() as tx:
        for authorization in authorizations:
            await tx.authorizations.add(authorization)


async def found(db: Database, id: str = "AU-1") -> Authorization | None:
    async with db.snapshot() as snapshot:
        return await snapshot.authorizations.find(id)


async def test_each_version_comes_back_as_it_was_saved(case: Database) -> None:
    await kept(case, ASKED)
    assert await found(case) == ASKED
    for later in (GRANTED, REVOKED):
        async with case.transaction() as tx:
            await tx.authorizations.save(later)
            assert await tx.authorizations.get("AU-1") == later


TEXT = st.text(st.characters(codec="utf-8"), max_size=60)
NUMBERS = itertools.count()
WRITTEN = st.builds(
    Grounds,
    *(TEXT for _ in range(8)),
    st.lists(TEXT, max_size=3).map(tuple),
)


@examples(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(WRITTEN, TEXT)
async def test_whatever_is_written_in_one_comes_back(
    case: Database, written: Grounds, reason: str
) -> None:
    asked = an_authorization(id=f"AU-{next(NUMBERS)}", stated=written)
    one = replace(asked, reason=reason, end_reason=reason)
    await kept(case, one)
    assert await found(case, one.id) == one


async def test_an_unknown_one_is_not_found_and_refused(case: Database) -> None:
    assert await found(case, "AU-2") is None
    async with case.snapshot() as snapshot:
        with pytest.raises(Unknown, match="AU-2"):
            await snapshot.authorizations.get("AU-2")


async def test_of_two_decisions_on_the_same_version_the_second_is_refused(
    case: Database,
) -> None:
    await kept(case, ASKED)
    denied = ASKED.decide(AuthorizationStep.DENY, OTHER_COMMANDER, STATED, NOON)
    async with case.transaction() as tx:
        await tx.authorizations.save(GRANTED)
    with pytest.raises(ChangedMeanwhile):
        async with case.transaction() as tx:
            await tx.authorizations.save(denied)
    assert await found(case) == GRANTED


async def test_a_version_that_leaves_one_out_is_refused(case: Database) -> None:
    await kept(case, ASKED)
    for wrong in (1, 3, 99):
        with pytest.raises(ChangedMeanwhile):
            async with case.transaction() as tx:
                await tx.authorizations.save(replace(GRANTED, version=wrong))


async def test_of_two_decisions_at_once_exactly_one_is_refused(
    in_file: Database,
) -> None:
    async with in_file.transaction() as tx:
        await tx.requests.add(a_request())
        await tx.authorizations.add(ASKED)

    async def decide(step: AuthorizationStep) -> None:
        async with in_file.snapshot() as snapshot:
            seen = await snapshot.authorizations.get("AU-1")
        await both_have_seen_it.wait()
        async with in_file.transaction() as tx:
            decided = seen.decide(step, COMMANDER, STATED, NOON)
            await tx.authorizations.save(decided)

    both_have_seen_it = asyncio.Barrier(2)
    results = await asyncio.gather(
        decide(AuthorizationStep.GRANT),
        decide(AuthorizationStep.DENY),
        return_exceptions=True,
    )
    assert [type(r) for r in results if r is not None] == [ChangedMeanwhile]


async def test_asking_and_deciding_make_the_cards_of_the_request_stale(
    case: Database,
) -> None:
    async with case.transaction() as tx:
        for change, authorization in (
            (tx.authorizations.add, ASKED),
            (tx.authorizations.save, GRANTED),
        ):
            await tx.requests.drawn(REQUEST, await tx.requests.mark(REQUEST))
            await change(authorization)
            assert await tx.requests.stale() == [REQUEST]


async def test_what_was_written_cannot_be_read_in_the_files(
    in_file: Database, path: Path
) -> None:
    async with in_file.transaction() as tx:
        await tx.requests.add(a_request())
        await tx.authorizations.add(REVOKED)
    assert await found(in_file) == REVOKED
    on_disk = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert REVOKED.seal.encode() in on_disk, "the right files were looked at"
    assert TIP.encode() not in on_disk
    assert STATED.encode() not in on_disk


@pytest.mark.parametrize("column", ["grounds", "reason", "end_reason"])
async def test_what_was_written_in_one_cannot_be_put_into_another(
    in_file: Database, path: Path, column: str
) -> None:
    async with in_file.transaction() as tx:
        await tx.requests.add(a_request())
        await tx.authorizations.add(REVOKED)
        await tx.authorizations.add(replace(REVOKED, id="AU-2"))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            f"UPDATE authorizations SET {column} = "  # noqa: S608  names of this test
            f"(SELECT {column} FROM authorizations WHERE id = 'AU-2') WHERE id = 'AU-1'"
        )
    with pytest.raises(VaultDamaged):
        await found(in_file)
    assert await found(in_file, "AU-2") is not None


async def test_those_of_a_request_come_oldest_first(case: Database) -> None:
    late = an_authorization(id="AU-A", asked_at=NOON + timedelta(hours=1))
    early = [an_authorization(id="AU-C"), an_authorization(id="AU-B")]
    async with case.transaction() as tx:
        await tx.requests.add(a_request(id=OTHER_REQUEST))
    await kept(
        case, late, *early, an_authorization(id="AU-D", request_id=OTHER_REQUEST)
    )
    async with case.snapshot() as snapshot:
        ids = [one.id for one in await snapshot.authorizations.of(REQUEST)]
    assert ids == ["AU-B", "AU-C", "AU-A"]


async def test_the_open_ones_are_those_something_can_still_come_of(
    case: Database,
) -> None:
    await kept(
        case, *(an_authorization(state, id=state) for state in AuthorizationState)
    )
    async with case.snapshot() as snapshot:
        still_open = {one.state for one in await snapshot.authorizations.open()}
    assert still_open == {
        AuthorizationState.PENDING,
        AuthorizationState.GRANTED,
        AuthorizationState.RUNNING,
    }


async def team(
    db: Database, case_number: str = CASE, request_id: str = REQUEST
) -> frozenset[str]:
    async with db.snapshot() as snapshot:
        return await snapshot.authorizations.team(case_number, request_id)


async def test_everybody_with_a_part_in_any_request_of_a_case_works_it(
    case: Database,
) -> None:
    async with case.transaction() as tx:
        await tx.requests.add(a_request(id=OTHER_REQUEST, requester="B-1002"))
        await tx.requests.add(
            a_request(
                id=STRANGER,
                asked=what_was_asked(case_number="2026-099-000001"),
                requester="B-1003",
            )
        )
        for id, request_id, examiner in (
            ("E-2", OTHER_REQUEST, ELLIS),
            ("E-3", STRANGER, "B-2003"),
        ):
            await tx.examinations.add(
                an_examination(
                    id=id, request_id=request_id, seat=Seat.PEER, examiner=examiner
                )
            )
        await tx.rulings.add(a_ruling(request_id=OTHER_REQUEST, supervisor=SAM))
        await tx.rulings.add(a_ruling(request_id=STRANGER, supervisor="B-3002"))
    assert await team(case) == {DANA, "B-1002", ELLIS, SAM}
    assert await team(case, "2026-099-000001") == {"B-1003", "B-2003", "B-3002"}
    assert await team(case, "2026-099-000002") == frozenset()


async def test_whoever_asked_and_whoever_was_named_then_works_the_case(
    case: Database,
) -> None:
    await kept(case, replace(ASKED, asked_by=ELLIS))
    assert await team(case) == {DANA, ELLIS, PAT, "B-9"}


async def test_whoever_another_request_of_the_case_names_is_not_barred_by_that(
    case: Database,
) -> None:
    async with case.transaction() as tx:
        await tx.requests.add(a_request(id=OTHER_REQUEST, requester="B-1002"))
    await kept(case, replace(ASKED, asked_by=ELLIS))
    assert await team(case, request_id=OTHER_REQUEST) == {DANA, "B-1002", ELLIS}


async def test_a_commander_who_decided_before_has_no_part_in_the_case_by_that(
    case: Database,
) -> None:
    await kept(case, GRANTED)
    assert CHIEF not in await team(case)
    async with case.snapshot() as snapshot:
        parts = await snapshot.requests.parts(REQUEST)
    assert {(CHIEF, Part.COMMANDER), (DANA, Part.ASKER)} <= parts

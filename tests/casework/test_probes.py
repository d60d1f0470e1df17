"""What a worker found in a still, written once; and which face is searched."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.casework import intake, probes
from bot.casework.probes import FACES_MAX, CheckedProbe
from bot.domain.audit import Verb
from bot.domain.probes import ProbeFace
from bot.domain.purposes import OffenseCategory, Purpose
from bot.domain.requests import Asked
from bot.domain.work import WorkItem, WorkKind
from bot.domain.workflow import IllegalStep, State
from bot.errors import Refusal
from storage.database import Database
from storage.errors import LeaseLost
from tests.builders import (
    DETECTIVE,
    NOON,
    REQUEST,
    SHA256,
    a_face,
    a_quality,
    a_request,
    what_was_asked,
)

LEASE = timedelta(seconds=15)
SMALL = a_quality(inter_eye_px=12.0)


async def stored(db: Database, asked: Asked | None = None) -> WorkItem:
    """A request whose still a worker has just begun to check."""
    async with db.transaction() as tx:
        await tx.requests.add(a_request(asked=asked))
    await probes.store(db, REQUEST, SHA256, 4711, "still.jpg", now=NOON)
    return await claimed(db)


async def claimed(db: Database) -> WorkItem:
    async with db.transaction() as tx:
        item = await tx.work.claim("W-1", NOON, LEASE)
    assert item is not None
    return item


def found(*faces: ProbeFace) -> CheckedProbe:
    return CheckedProbe("JPEG", 640, 480, faces, numbered="ef" * 32)


def several(count: int) -> CheckedProbe:
    return found(*(a_face(index=index) for index in range(count)))


async def last_rule(db: Database) -> object:
    async with db.snapshot() as snapshot:
        entries = await snapshot.audit.entries()
    unsuitable = [e for e in entries if e.event.verb is Verb.PROBE_UNSUITABLE]
    return unsuitable[-1].event.facts["rule"]


async def test_a_still_is_stored_once(db: Database) -> None:
    await stored(db)
    with pytest.raises(IllegalStep):
        await probes.store(db, REQUEST, SHA256, 4711, "still.jpg", now=NOON)


async def test_one_good_face_is_queued_for_the_search(db: Database) -> None:
    request = await probes.record_check(db, await stored(db), several(1), now=NOON)
    assert request.state is State.READY
    assert (await claimed(db)).kind is WorkKind.SEARCH


async def test_a_check_whose_lease_was_lost_writes_nothing(db: Database) -> None:
    item = await stored(db)
    late = replace(item, attempts=item.attempts + 1)
    with pytest.raises(LeaseLost):
        await probes.record_check(db, late, several(1), now=NOON)
    async with db.snapshot() as snapshot:
        assert (await snapshot.requests.get(REQUEST)).state is State.CHECKING


async def test_what_is_found_after_a_withdrawal_is_not_written(db: Database) -> None:
    item = await stored(db)
    await intake.withdraw(db, REQUEST, actor=DETECTIVE, now=NOON)
    with pytest.raises(LeaseLost):
        await probes.record_check(db, item, several(1), now=NOON)
    async with db.snapshot() as snapshot:
        assert (await snapshot.probes.get(REQUEST)).faces == ()


@pytest.mark.parametrize(
    ("faces", "rule"),
    [
        (found(), "PROBE_NO_FACE"),
        (found(a_face(quality=SMALL)), "PROBE_TOO_SMALL"),
        (
            found(*(a_face(index=i, quality=SMALL) for i in range(2))),
            "PROBE_TOO_SMALL",
        ),
        (several(FACES_MAX + 1), "P_CROWD"),
    ],
)
async def test_a_hard_stop_ends_the_request_by_its_rule(
    db: Database, faces: CheckedProbe, rule: str
) -> None:
    request = await probes.record_check(db, await stored(db), faces, now=NOON)
    assert request.state is State.UNSUITABLE
    assert await last_rule(db) == rule


async def test_a16_ten_faces_are_asked_about_and_eleven_are_a_crowd(
    db: Database,
) -> None:
    item = await stored(db)
    request = await probes.record_check(db, item, several(FACES_MAX), now=NOON)
    assert request.state is State.FACE_CHOICE


async def test_a_chosen_face_that_is_too_small_ends_the_request(db: Database) -> None:
    faces = found(a_face(index=0), a_face(index=1, quality=SMALL))
    await probes.record_check(db, await stored(db), faces, now=NOON)
    request = await probes.choose_face(db, REQUEST, 1, actor=DETECTIVE, now=NOON)
    assert request.state is State.UNSUITABLE
    assert await last_rule(db) == "PROBE_TOO_SMALL"


@pytest.mark.parametrize("index", [-1, 2, 999])
async def test_a_face_that_is_not_there_cannot_be_chosen(
    db: Database, index: int
) -> None:
    await probes.record_check(db, await stored(db), several(2), now=NOON)
    with pytest.raises(Refusal) as refused:
        await probes.choose_face(db, REQUEST, index, actor=DETECTIVE, now=NOON)
    assert refused.value.rule == "NO_SUCH_FACE"
    async with db.snapshot() as snapshot:
        assert (await snapshot.probes.get(REQUEST)).chosen is None


@pytest.mark.parametrize(
    ("asked", "priority"),
    [
        (what_was_asked(category=OffenseCategory.MURDER), 0),
        (what_was_asked(category=OffenseCategory.ROBBERY), 1),
        (
            what_was_asked(
                category=OffenseCategory.NONCRIMINAL_MISSING, purpose=Purpose.B_PERSON
            ),
            2,
        ),
    ],
)
async def test_a31_the_gravest_offense_is_searched_for_first(
    db: Database, asked: Asked, priority: int
) -> None:
    await probes.record_check(db, await stored(db, asked), several(1), now=NOON)
    assert (await claimed(db)).priority == priority

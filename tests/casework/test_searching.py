"""A search: begun, written once whoever does it, or given up; asked of the services directly."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.casework import intake, searching
from bot.casework.searching import MinorFound, Pins
from bot.domain.audit import Verb
from bot.domain.authorizations import NotInForce
from bot.domain.work import TOWARDS_A_LIST, WorkItem, WorkKind
from bot.domain.workflow import State
from storage.database import Database
from storage.errors import LeaseLost
from tests.builders import (
    DETECTIVE,
    DMV,
    NOON,
    REQUEST,
    SEAL_KEY,
    a_gallery,
    a_photograph,
    a_request,
    a_search,
    candidates,
)

PINS = Pins(a_gallery(), 20, ("repository = arrest and parole photographs",))
LEASE = timedelta(seconds=15)


async def begun(db: Database) -> WorkItem:
    """A search that a worker has begun."""
    async with db.transaction() as tx:
        await tx.requests.add(a_request(state=State.READY))
        await tx.galleries.add(PINS.gallery)
        await tx.galleries.record_standard(PINS.gallery.repository)
        for candidate in candidates(3):
            await tx.photographs.add(a_photograph(id=candidate.photo_id))
        await tx.work.add(WorkKind.SEARCH, REQUEST, now=NOON)
        item = await tx.work.claim("W-1", NOON, LEASE)
    assert item is not None
    await searching.start(db, item, PINS, key=SEAL_KEY, now=NOON)
    return item


async def verbs(db: Database) -> list[Verb]:
    async with db.snapshot() as snapshot:
        await snapshot.audit.check()
        return [e.event.verb for e in await snapshot.audit.entries()]


async def test_a_search_records_what_it_is_bound_to_before_it_runs(
    db: Database,
) -> None:
    await begun(db)
    async with db.snapshot() as snapshot:
        [entry] = await snapshot.audit.entries()
    facts = entry.event.facts
    assert facts["weights_sha256"] == PINS.gallery.model.weights_sha256
    assert facts["gallery_version"] == PINS.gallery.version
    assert facts["gallery_digest"] == PINS.gallery.digest
    assert facts["list_length"] == 20
    assert facts["filters"] == list(PINS.filters)


async def test_a_list_opens_one_examination(db: Database) -> None:
    item = await begun(db)
    request = await searching.finish(
        db, item, a_search(), candidates(3), key=SEAL_KEY, now=NOON
    )
    assert request.state is State.EXAMINATION
    async with db.snapshot() as snapshot:
        [examination] = await snapshot.examinations.of(REQUEST)
        [work] = await snapshot.work.open_for(REQUEST)
    assert set(examination.order) == {c.id for c in candidates(3)}
    assert (work.kind, work.subject) == (WorkKind.DRAW_ALONE, examination.id)


async def test_a32_of_two_workers_who_finish_the_same_search_one_is_written(
    db: Database,
) -> None:
    first = await begun(db)
    later = NOON + timedelta(minutes=1)
    async with db.transaction() as tx:
        second = await tx.work.claim("W-2", later, LEASE)
    assert second is not None
    await searching.start(db, second, PINS, key=SEAL_KEY, now=later)
    await searching.finish(
        db, second, a_search(), candidates(3), key=SEAL_KEY, now=later
    )
    with pytest.raises(LeaseLost):
        await searching.finish(
            db, first, a_search(id="S-2"), candidates(3), key=SEAL_KEY, now=later
        )
    assert (await verbs(db)).count(Verb.SEARCH_FINISHED) == 1
    assert (await verbs(db)).count(Verb.EXAMINATION_OPENED) == 1


async def test_the_record_holds_the_fingerprint_of_the_list(db: Database) -> None:
    """Whoever alters a similarity, a rank or a name in the list is shown by the chain."""
    await searching.finish(
        db, await begun(db), a_search(), candidates(3), key=SEAL_KEY, now=NOON
    )
    async with db.snapshot() as snapshot:
        stored = await snapshot.searches.candidates(a_search().id)
        [facts] = [
            e.event.facts
            for e in await snapshot.audit.entries()
            if e.event.verb is Verb.SEARCH_FINISHED
        ]
    assert searching.list_fingerprint(stored) == facts["candidates_sha256"]
    nearest, *others = stored
    for altered in (
        replace(nearest, similarity=nearest.similarity - 1e-9),
        replace(nearest, subject_id="P-9999"),
        replace(nearest, photo_id="another"),
    ):
        changed = searching.list_fingerprint([altered, *others])
        assert changed != facts["candidates_sha256"]


async def test_a_search_that_is_begun_again_is_no_second_transition(
    db: Database,
) -> None:
    item = await begun(db)
    again = await searching.start(db, item, PINS, key=SEAL_KEY, now=NOON)
    assert again is not None
    assert again.version == 2


async def test_a_search_nobody_wants_any_more_is_not_begun(db: Database) -> None:
    item = await begun(db)
    await intake.withdraw(db, REQUEST, actor=DETECTIVE, now=NOON)
    assert await searching.start(db, item, PINS, key=SEAL_KEY, now=NOON) is None


async def test_a_search_without_candidates_goes_to_the_supervisor(
    db: Database,
) -> None:
    item = await begun(db)
    request = await searching.finish(db, item, a_search(), [], key=SEAL_KEY, now=NOON)
    assert request.state is State.SUPERVISOR_REVIEW
    async with db.snapshot() as snapshot:
        assert await snapshot.examinations.of(REQUEST) == []


async def test_a_list_with_a_minor_on_it_is_not_written(db: Database) -> None:
    """The birth date came on record after the gallery was built."""
    item = await begun(db)
    listed = candidates(3)
    async with db.transaction() as tx:
        shown = await tx.photographs.get(listed[1].photo_id)
        child = replace(shown, subject_id="S-CHILD", birth_date=date(2010, 1, 1))
        await tx.photographs.add(replace(child, id="P-CHILD"))
    minor = replace(listed[1], photo_id="P-CHILD")
    with pytest.raises(MinorFound) as found:
        await searching.finish(
            db,
            item,
            a_search(),
            (listed[0], minor, listed[2]),
            key=SEAL_KEY,
            now=NOON,
        )
    assert found.value.photo_ids == {"P-CHILD"}
    async with db.snapshot() as snapshot:
        assert await snapshot.searches.of(REQUEST) == []
        assert await snapshot.work.is_held(item)


async def test_a_result_of_another_repository_is_not_written_without_authorization(
    db: Database,
) -> None:
    item = await begun(db)
    other = a_gallery(version="G-2", repository=DMV)
    async with db.transaction() as tx:
        await tx.galleries.add(other)
    strayed = replace(a_search(), gallery_version=other.version)
    with pytest.raises(NotInForce) as refused:
        await searching.finish(db, item, strayed, [], key=SEAL_KEY, now=NOON)
    assert refused.value.rule == "NOT_STANDARD"
    async with db.snapshot() as snapshot:
        assert await snapshot.searches.of(REQUEST) == []


async def test_nothing_is_searched_before_a_standard_repository_is_recorded(
    db: Database,
) -> None:
    async with db.transaction() as tx:
        await tx.requests.add(a_request(state=State.READY))
        await tx.work.add(WorkKind.SEARCH, REQUEST, now=NOON)
        item = await tx.work.claim("W-1", NOON, LEASE)
    assert item is not None
    with pytest.raises(NotInForce):
        await searching.start(db, item, PINS, key=SEAL_KEY, now=NOON)
    assert await verbs(db) == []


async def test_a_search_given_up_waits_for_a_supervisor(db: Database) -> None:
    item = await begun(db)
    request = await searching.give_up(db, item, "MemoryError", now=NOON)
    assert request.state is State.SEARCH_FAILED
    assert (await verbs(db))[-1] is Verb.SEARCH_GIVEN_UP


@pytest.mark.parametrize("kind", sorted(set(WorkKind) - TOWARDS_A_LIST))
async def test_other_work_given_up_does_not_stop_the_search(
    db: Database, kind: WorkKind
) -> None:
    """Edits made again for a review, the probe drawn for a commander: neither is on the way to a list."""
    item = await begun(db)
    async with db.transaction() as tx:
        await tx.work.add(kind, REQUEST, "EX-1", priority=0, now=NOON)
        other = await tx.work.claim("W-2", NOON, LEASE)
    assert other is not None
    assert other.kind is kind
    request = await searching.give_up(db, other, "MemoryError", now=NOON)
    assert request.state is State.SEARCHING
    assert (await verbs(db))[-1] is Verb.WORK_GIVEN_UP
    async with db.snapshot() as snapshot:
        assert [w.id for w in await snapshot.work.open_for(REQUEST)] == [item.id]


def test_the_id_of_a_candidate_says_nothing() -> None:
    ids = {searching.new_candidate_id() for _ in range(100)}
    assert len(ids) == 100
    assert {id[:3] for id in ids} == {"CA-"}

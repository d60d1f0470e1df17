"""An order to seal: from its commit on the photographs are in nothing that anybody could still use."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from bot.casework import sealing
from bot.casework.alerts import Alerts
from bot.casework.sealing import Done
from bot.casework.searching import finish
from bot.domain.audit import AuditEvent, Verb
from bot.domain.authorizations import AuthorizationState
from bot.domain.identifiers import Identifiers
from bot.domain.sealings import BadOrder, Order, SealedMeanwhile
from bot.domain.work import WorkKind
from bot.domain.workflow import State
from storage.database import Database
from storage.errors import VaultDamaged
from tests.builders import (
    DMV,
    NOON,
    REQUEST,
    SEAL_KEY,
    SFACE,
    a_gallery,
    a_lead,
    a_photograph,
    a_probe,
    a_request,
    a_search,
    a_template,
    an_authorization,
    candidates,
)

ARREST, OTHER = "K24612345", "K24699999"
ORDER = Order(ARREST, "Order 123/2026")
ALERTS = Alerts("C-SUPERVISORS", lambda: NOON)
SEALED, KEPT = "PHOTO-C-1", "PHOTO-C-2"
EXAMINED = {
    State.EXAMINATION,
    State.PEER_REVIEW,
    State.THIRD_REVIEW,
    State.CONTEXT_CHECK,
    State.SUPERVISOR_REVIEW,
}
LEADS = {State.RELEASED, State.ACKNOWLEDGED, State.CORROBORATED}
ENDED = {State.UNSUITABLE, State.REFUSED, State.WITHDRAWN, State.HELD, State.RECALLED}


async def sealed(db: Database, *orders: Order) -> list[Done]:
    return await sealing.seal(db, orders or [ORDER], ALERTS, actor="admin", now=NOON)


async def a_case(
    db: Database,
    state: State,
    *,
    concluded: bool = False,
    lead: str = "",
    authorized: bool = False,
) -> None:
    """A search that listed a photograph that will be sealed, and two others."""
    async with db.transaction() as tx:
        await tx.requests.add(a_request(state=state))
        await tx.probes.add(a_probe())
        await tx.galleries.add(a_gallery())
        await tx.galleries.record_standard(a_gallery().repository)
        for number, listed in enumerate(candidates(3), start=1):
            await tx.photographs.add(
                a_photograph(
                    id=listed.photo_id,
                    sha256=f"{number:064x}",
                    arrest_number=ARREST if listed.photo_id == SEALED else OTHER,
                )
            )
            await tx.templates.add(a_template(photo_id=listed.photo_id))
        search = a_search()
        if authorized:
            await tx.authorizations.add(an_authorization(AuthorizationState.CONSUMED))
            search = replace(search, authorization_id="AU-1")
        await tx.searches.add(search, candidates(3))
        if concluded:
            await tx.searches.conclude(search.id, NOON)
        if lead:
            photo = next(c for c in candidates(3) if c.photo_id == lead)
            await tx.leads.add(a_lead(candidate_id=photo.id, photo_id=lead))


async def state_of(db: Database) -> State:
    async with db.snapshot() as snapshot:
        return (await snapshot.requests.get(REQUEST)).state


async def events(db: Database, verb: Verb) -> list[AuditEvent]:
    async with db.snapshot() as snapshot:
        await snapshot.audit.check()
        entries = await snapshot.audit.entries()
    return [entry.event for entry in entries if entry.event.verb is verb]


async def alerts(db: Database) -> list[str]:
    async with db.snapshot() as snapshot:
        return [str(s.blocks) for s in await snapshot.outbox.heads(NOON)]


def after(state: State, *, concluded: bool) -> tuple[State, bool]:
    """Where a request is after a photograph of its list was sealed, and whether its list is gone."""
    if state in EXAMINED and not concluded:
        return State.READY, True
    may_go_on = state not in ENDED | LEADS
    return state, may_go_on and not concluded


@pytest.mark.parametrize(("state", "concluded"), list(product(State, (False, True))))
async def test_wherever_a_request_stands_nobody_can_decide_about_a_sealed_photograph(
    db: Database, state: State, *, concluded: bool
) -> None:
    await a_case(db, state, concluded=concluded)
    await sealed(db)
    wanted, is_gone = after(state, concluded=concluded)
    assert await state_of(db) is wanted
    async with db.snapshot() as snapshot:
        [search] = await snapshot.searches.of(REQUEST)
        left = await snapshot.searches.candidates(search.id)
        work = [item.kind for item in await snapshot.work.open_for(REQUEST)]
    assert (search.purged_at is not None) is is_gone
    assert (left == ()) is is_gone
    assert (search.sealing_id is not None) is is_gone
    assert work == ([WorkKind.SEARCH] if wanted is not state else [])


@pytest.mark.parametrize("state", sorted(LEADS))
async def test_the_lead_of_a_sealed_photograph_is_recalled_with_its_reason(
    db: Database, state: State
) -> None:
    await a_case(db, state, lead=SEALED)
    [done] = await sealed(db)
    assert done.recalled == (REQUEST,)
    async with db.snapshot() as snapshot:
        request = await snapshot.requests.get(REQUEST)
        assert await snapshot.leads.find(REQUEST) is None
    assert request.state is State.RECALLED
    assert "CPL 160.50" in request.reason
    [told] = await alerts(db)
    assert "recalled" in told
    assert ORDER.reference in told


@pytest.mark.parametrize("state", sorted(LEADS))
async def test_the_lead_of_another_photograph_stands(
    db: Database, state: State
) -> None:
    await a_case(db, state, lead=KEPT)
    [done] = await sealed(db)
    assert done.untouched == (REQUEST,)
    assert await state_of(db) is state
    async with db.snapshot() as snapshot:
        assert await snapshot.leads.find(REQUEST) is not None


@pytest.mark.parametrize("state", sorted(EXAMINED))
async def test_an_authorized_search_is_not_made_a_second_time(
    db: Database, state: State
) -> None:
    """It was allowed once: the standard search that was never answered is made instead."""
    await a_case(db, state, authorized=True)
    await sealed(db)
    assert await state_of(db) is State.READY
    async with db.snapshot() as snapshot:
        [item] = await snapshot.work.open_for(REQUEST)
    assert (item.kind, item.subject) == (WorkKind.SEARCH, "")


async def test_an_answer_of_the_standard_search_stands_when_the_authorized_one_falls(
    db: Database,
) -> None:
    async with db.transaction() as tx:
        await tx.requests.add(a_request(state=State.EXAMINATION))
        await tx.probes.add(a_probe())
        await tx.galleries.add(a_gallery())
        await tx.authorizations.add(an_authorization(AuthorizationState.CONSUMED))
        await tx.searches.add(a_search(id="S-1"), candidates(1))
        await tx.searches.conclude("S-1", NOON)
        listed = [
            replace(c, id="C-9", search_id="S-2", photo_id="DMV-1")
            for c in candidates(1)
        ]
        own = replace(a_search(id="S-2"), authorization_id="AU-1")
        await tx.searches.add(own, listed)
        await tx.photographs.add(a_photograph(id="DMV-1", repository=DMV))
    await sealed(db)
    assert await state_of(db) is State.NO_POSSIBLE_MATCH


async def test_rows_and_templates_by_every_model_are_gone_and_a_tombstone_is_left(
    db: Database,
) -> None:
    await a_case(db, State.WITHDRAWN)
    other = replace(SFACE, name="Other", weights_sha256="0f" * 32)
    async with db.transaction() as tx:
        await tx.templates.add(a_template(photo_id=SEALED, model=other))
    [done] = await sealed(db)
    async with db.snapshot() as snapshot:
        assert await snapshot.photographs.find(SEALED) is None
        for model in (SFACE, other):
            assert await snapshot.templates.find(SEALED, model) is None
        assert await snapshot.photographs.find(KEPT) is not None
        [tombstone] = await snapshot.sealings.tombstones(done.sealing.id)
    assert (tombstone.photo_id, tombstone.sha256) == (SEALED, f"{1:064x}")


async def test_photographs_of_an_arrest_are_sealed_in_every_repository(
    db: Database,
) -> None:
    async with db.transaction() as tx:
        await tx.photographs.add(a_photograph(id="A", sha256="a" * 64))
        await tx.photographs.add(
            a_photograph(
                id="B", sha256="b" * 64, repository=DMV, arrest_number="k246 12345"
            )
        )
        # The very same file under another number is the same photograph.
        await tx.photographs.add(
            a_photograph(id="C", sha256="a" * 64, arrest_number="X")
        )
        await tx.photographs.add(
            a_photograph(id="D", sha256="d" * 64, arrest_number=OTHER)
        )
    [done] = await sealed(db)
    assert done.photographs == ("A", "B", "C")


async def test_the_record_names_who_sealed_what_by_which_order(db: Database) -> None:
    await a_case(db, State.EXAMINATION)
    [done] = await sealed(db)
    [event] = await events(db, Verb.SEALING_RECEIVED)
    assert (event.actor, event.subject) == ("admin", done.sealing.id)
    assert event.facts["order"] == ORDER.reference
    assert event.facts["arrest"] == ARREST
    assert list(event.facts["photographs"]) == [SEALED]
    assert event.facts["taken_back"] == [REQUEST]


async def test_the_same_order_again_does_nothing(db: Database) -> None:
    await a_case(db, State.EXAMINATION)
    [first] = await sealed(db)
    [again] = await sealed(db)
    assert not again.is_new
    assert again.sealing == first.sealing
    assert len(await events(db, Verb.SEALING_RECEIVED)) == 1


async def test_an_arrest_twice_in_one_batch_is_sealed_once(db: Database) -> None:
    await a_case(db, State.EXAMINATION)
    first, same, other = await sealed(db, ORDER, ORDER, Order(ARREST, "Order 9"))
    assert first.photographs == (SEALED,)
    assert not same.is_new
    assert other.is_new
    assert other.photographs == ()


async def test_what_was_sealed_is_forbidden_by_id_by_bytes_and_by_arrest(
    db: Database,
) -> None:
    await a_case(db, State.WITHDRAWN)
    await sealed(db)
    async with db.snapshot() as snapshot:
        found = await snapshot.sealings.forbidden(
            ["NEW", SEALED], ["a" * 64, f"{1:064x}"], ["k24612345 ", OTHER, ""]
        )
    assert found.covers(SEALED, "a" * 64, OTHER)
    assert found.covers("NEW", f"{1:064x}", OTHER)
    assert found.covers("NEW", "a" * 64, "K24612345")
    assert not found.covers("NEW", "a" * 64, OTHER)
    assert not found.covers("NEW", "a" * 64, "")


async def test_an_arrest_nobody_has_a_photograph_of_is_forbidden_from_then_on(
    db: Database,
) -> None:
    [done] = await sealed(db)
    assert done.photographs == ()
    async with db.snapshot() as snapshot:
        assert (await snapshot.sealings.forbidden((), (), [ARREST])).arrest_numbers
        assert await snapshot.sealings.unfinished() == [done.sealing]


async def test_the_tables_do_not_tell_which_arrest_was_sealed(db: Database) -> None:
    [done] = await sealed(db)
    assert ARREST not in repr(done.sealing)


@pytest.mark.parametrize(
    ("arrest", "reference", "said"),
    [
        ("K2461234", "Order 1", "K26612345"),
        ("", "Order 1", "K26612345"),
        (ARREST, "  ", "reference"),
        (ARREST, "x" * 201, "reference"),
        (ARREST, "Order\x001", "reference"),
    ],
)
async def test_an_order_that_cannot_be_meant_so_is_refused(
    db: Database, arrest: str, reference: str, said: str
) -> None:
    [bad] = await sealing.read_orders(db, [(arrest, reference)], Identifiers())
    assert isinstance(bad, BadOrder)
    assert said in bad.message


async def test_a_number_of_another_format_is_believed_where_photographs_have_it(
    db: Database,
) -> None:
    async with db.transaction() as tx:
        await tx.photographs.add(a_photograph(arrest_number="Old 77"))
    written = [("old 77", "Order 1"), ("old 78", "Order 1")]
    read, bad = await sealing.read_orders(db, written, Identifiers())
    assert read == Order("OLD77", "Order 1")
    assert isinstance(bad, BadOrder)


async def test_all_orders_of_a_batch_are_carried_out_or_none(db: Database) -> None:
    """The request that the second one touches cannot be read."""
    async with db.transaction() as tx:
        other = a_photograph(id=KEPT, sha256="9" * 64, arrest_number=OTHER)
        await tx.photographs.add(other)
        await tx.requests.add(a_request(state=State.EXAMINATION))
        await tx.photographs.add(a_photograph(id=SEALED, sha256="1" * 64))
        await tx.searches.add(a_search(), candidates(1))
    await _break(db, "UPDATE requests SET reason = x'00'")
    with pytest.raises(VaultDamaged):
        await sealed(db, Order(OTHER, "Order 2"), ORDER)
    async with db.snapshot() as snapshot:
        assert await snapshot.photographs.find(KEPT) is not None
        assert await snapshot.sealings.all() == []


async def _break(db: Database, statement: str) -> None:
    async with db.transaction() as tx:
        await tx.requests._connection.exec_driver_sql(statement)


async def test_a_search_that_found_what_was_sealed_meanwhile_writes_nothing(
    db: Database,
) -> None:
    async with db.transaction() as tx:
        await tx.requests.add(a_request(state=State.SEARCHING))
        await tx.probes.add(a_probe())
        await tx.galleries.add(a_gallery())
        await tx.galleries.record_standard(a_gallery().repository)
        await tx.photographs.add(a_photograph(id=SEALED))
        await tx.work.add(WorkKind.SEARCH, REQUEST, now=NOON)
        item = await tx.work.claim("W-1", NOON, timedelta(minutes=1))
    assert item is not None
    await sealed(db)
    with pytest.raises(SealedMeanwhile):
        await finish(db, item, a_search(), candidates(1), key=SEAL_KEY, now=NOON)
    async with db.snapshot() as snapshot:
        assert await snapshot.searches.of(REQUEST) == []
        assert await snapshot.work.is_held(item)


async def test_a_search_leaves_out_what_an_unfinished_order_has_sealed(
    db: Database,
) -> None:
    await a_case(db, State.WITHDRAWN)
    repository = a_gallery().repository
    [done] = await sealed(db)
    async with db.snapshot() as snapshot:
        assert await snapshot.sealings.excluded(repository) == {SEALED}
        assert await snapshot.sealings.excluded(DMV) == frozenset()
    async with db.transaction() as tx:
        await tx.sealings.finish(done.sealing.id, NOON)
        assert await tx.sealings.excluded(repository) == frozenset()

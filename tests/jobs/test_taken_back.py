"""Words that were not sent yet when what they tell of was destroyed: nobody reads them any more."""

from dataclasses import replace

import pytest

from bot.domain.sendings import SendingKind
from bot.sandbox import cases
from bot.sandbox.faults import Fault
from tests.builders import a_sending
from tests.jobs.parts import ROOT, Desk

SECRET, INSTEAD, NEWER = "a lead", "being brought up to date", "taken back"


async def said(desk: Desk) -> str:
    """Everything that is kept to be sent, or was given up."""
    async with desk.db.snapshot() as snapshot:
        kept = await snapshot.outbox.failed() + await snapshot.outbox.heads(
            desk.clock()
        )
    return " ".join(sending.text for sending in kept)


async def take_back(desk: Desk) -> bool | None:
    """As a purge does, and the redraw after it."""
    async with desk.db.transaction() as tx:
        is_posting = await tx.outbox.take_back(ROOT, INSTEAD)
        card = await tx.cards.find(ROOT)
        assert card is not None
        await tx.cards.put(replace(card, digest="taken back" if is_posting else ""))
    return is_posting


async def tried(desk: Desk, fault: Fault, method: str) -> None:
    desk.sandbox.workspace.faults.plan(method, fault)
    outbox = desk.outbox()
    while desk.sandbox.workspace.faults.waiting(method):
        await outbox.step()
        await outbox.drain()
    desk.clock.forward(60)


@pytest.mark.parametrize("fault", [Fault.FAILS_BEFORE, Fault.FAILS_AFTER])
async def test_a_post_that_was_tried_arrives_once_and_ends_as_what_stands_now(
    desk: Desk, fault: Fault
) -> None:
    await desk.post(ROOT, text=SECRET)
    await tried(desk, fault, "chat.postMessage")
    assert await take_back(desk) is True
    assert SECRET not in await said(desk)
    await desk.update(ROOT, NEWER)
    await desk.send_all(desk.outbox())
    assert desk.texts() == [NEWER]


async def test_an_update_that_was_tried_is_never_sent_again(desk: Desk) -> None:
    await desk.post(ROOT, text="root")
    await desk.send_all(desk.outbox())
    await desk.update(ROOT, SECRET)
    await tried(desk, Fault.FAILS_BEFORE, "chat.update")
    assert await take_back(desk) is False
    assert await desk.pending() == 0
    await desk.send_all(desk.outbox())
    assert desk.texts() == ["root"]


async def test_what_was_given_up_is_not_kept(desk: Desk) -> None:
    for kind in (SendingKind.POST, SendingKind.UPDATE):
        await desk.post(ROOT) if kind is SendingKind.POST else None
        async with desk.db.transaction() as tx:
            given = a_sending(kind=kind, key=kind, card=ROOT, text=SECRET)
            await tx.outbox.give_up(await tx.outbox.add(given), "no")
    assert SECRET in await said(desk)
    await take_back(desk)
    assert SECRET not in await said(desk)
    async with desk.db.snapshot() as snapshot:
        assert await snapshot.outbox.failed() == []


async def test_removals_uploads_and_other_cards_go_on(desk: Desk) -> None:
    await desk.post(ROOT)
    await desk.send_all(desk.outbox())
    async with desk.db.transaction() as tx:
        for kind in (SendingKind.REMOVE_FILE, SendingKind.UPLOAD):
            await tx.outbox.add(a_sending(kind=kind, key=kind, card=ROOT))
        await tx.outbox.add(a_sending(key="other", card="other"))
    assert await take_back(desk) is None
    assert await desk.pending() == 3


async def test_a_newer_form_empties_what_was_given_up(desk: Desk) -> None:
    await desk.post(ROOT, channel=cases.EXAMINERS)
    async with desk.db.transaction() as tx:
        for kind in (SendingKind.UPDATE, SendingKind.REMOVE_FILE):
            given = a_sending(kind=kind, key=kind, card=ROOT, text=f"{SECRET} {kind}")
            await tx.outbox.give_up(await tx.outbox.add(given), "no")
        await tx.outbox.forget_given_up(ROOT)
        texts = {sending.kind: sending.text for sending in await tx.outbox.failed()}
    assert texts[SendingKind.UPDATE] == ""
    assert texts[SendingKind.REMOVE_FILE] == f"{SECRET} remove_file"

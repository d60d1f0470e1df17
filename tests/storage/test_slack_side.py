"""Cards, pictures, the outbox, deliveries and the configuration last seen."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.sendings import Picture, SendingKind
from storage.database import Database
from storage.errors import Unknown
from tests.builders import (
    EXAMINER_CHANNEL,
    NOON,
    REQUEST,
    REQUEST_CHANNEL,
    a_card,
    a_picture,
    a_sending,
)

MINUTE = timedelta(minutes=1)


async def test_a_card_is_found_by_its_key_and_by_its_request(db: Database) -> None:
    card, other = a_card(), a_card(key="other", request_id="FIS-2026-000999")
    async with db.transaction() as tx:
        assert await tx.cards.find(card.key) is None
        await tx.cards.put(card)
        await tx.cards.put(other)
        assert await tx.cards.find(card.key) == card
        assert await tx.cards.of(REQUEST) == {card.key: card}


async def test_a_card_put_again_takes_the_place_of_the_earlier(db: Database) -> None:
    sent = a_card(digest="new", ts="1.2", posted_in="D-1")
    async with db.transaction() as tx:
        await tx.cards.put(a_card())
        await tx.cards.put(sent)
        assert await tx.cards.of(REQUEST) == {sent.key: sent}


@pytest.mark.parametrize("channel", [REQUEST_CHANNEL, "D-1"])
async def test_a_card_is_found_by_the_message_it_became(
    channel: str, db: Database
) -> None:
    card = a_card(ts="1.2", posted_in="D-1")
    async with db.transaction() as tx:
        await tx.cards.put(card)
        assert await tx.cards.at(channel, "1.2") == card
        assert await tx.cards.at(channel, "1.3") is None
        assert await tx.cards.at(EXAMINER_CHANNEL, "1.2") is None


async def test_a_picture_is_found_by_key_request_and_slack_file(case: Database) -> None:
    picture = a_picture(slack_file="F-7", shared_at=NOON)
    async with case.transaction() as tx:
        await tx.pictures.add(picture)
        assert await tx.pictures.find(picture.key) == picture
        assert await tx.pictures.of(REQUEST) == {picture.key: picture}
        assert await tx.pictures.by_slack_file("F-7") == picture
        assert await tx.pictures.by_slack_file("F-8") is None


async def test_a_saved_picture_is_what_stands(case: Database) -> None:
    shared = a_picture(slack_file="F-7", shared_at=NOON, removed_at=NOON + MINUTE)
    async with case.transaction() as tx:
        await tx.pictures.add(a_picture())
        await tx.pictures.save(shared)
        assert await tx.pictures.find(shared.key) == shared
        with pytest.raises(Unknown):
            await tx.pictures.save(a_picture(key="never added"))


async def test_pictures_shown_before_a_moment_are_those_still_in_slack(
    case: Database,
) -> None:
    def shown(key: str, minutes: int) -> Picture:
        return a_picture(key=key, shared_at=NOON - minutes * MINUTE)

    async with case.transaction() as tx:
        for picture in (
            shown("old", 5),
            shown("older", 6),
            shown("young", 0),
            replace(shown("removed", 7), removed_at=NOON),
            a_picture(key="never shown"),
        ):
            await tx.pictures.add(picture)
        found = await tx.pictures.shown_before(NOON)
    assert [picture.key for picture in found] == ["older", "old"]


async def test_a_sending_comes_back_as_it_was_added(db: Database) -> None:
    sending = a_sending(
        blocks=({"type": "section", "text": {"type": "mrkdwn", "text": "*Hi*"}},),
        pictures=("p-1", "p-2"),
        thread="card",
    )
    async with db.transaction() as tx:
        id = await tx.outbox.add(sending)
        assert await tx.outbox.heads(NOON) == [replace(sending, id=id)]


async def test_the_same_key_is_never_sent_twice(db: Database) -> None:
    async with db.transaction() as tx:
        id = await tx.outbox.add(a_sending())
        assert await tx.outbox.add(a_sending(text="again")) == id
        await tx.outbox.done(id)
        assert await tx.outbox.add(a_sending(text="and again")) == id
        assert await tx.outbox.heads(NOON) == []


async def test_the_heads_are_the_first_of_each_channel(db: Database) -> None:
    async with db.transaction() as tx:
        for key, channel in (("a1", "A"), ("b1", "B"), ("a2", "A"), ("b2", "B")):
            await tx.outbox.add(a_sending(key=key, channel=channel))
        first = await tx.outbox.heads(NOON)
        await tx.outbox.done(first[0].id)
        second = await tx.outbox.heads(NOON)
    assert [sending.key for sending in first] == ["a1", "b1"]
    assert [sending.key for sending in second] == ["b1", "a2"]


async def test_a_sending_that_waits_holds_back_the_rest_of_its_channel(
    db: Database,
) -> None:
    async with db.transaction() as tx:
        id = await tx.outbox.add(a_sending(key="a1", channel="A"))
        await tx.outbox.add(a_sending(key="a2", channel="A"))
        await tx.outbox.retry(id, NOON + MINUTE, "ratelimited")
        assert await tx.outbox.heads(NOON) == []
        [head] = await tx.outbox.heads(NOON + MINUTE)
    assert (head.key, head.attempts, head.last_error) == ("a1", 1, "ratelimited")


async def test_a_sending_given_up_lets_the_rest_of_its_channel_pass(
    db: Database,
) -> None:
    async with db.transaction() as tx:
        id = await tx.outbox.add(a_sending(key="a1", channel="A"))
        await tx.outbox.add(a_sending(key="a2", channel="A"))
        await tx.outbox.give_up(id, "channel_not_found")
        [head] = await tx.outbox.heads(NOON)
        [failed] = await tx.outbox.failed()
    assert head.key == "a2"
    assert (failed.key, failed.last_error) == ("a1", "channel_not_found")


async def test_only_updates_never_tried_are_dropped(db: Database) -> None:
    async with db.transaction() as tx:
        for key, kind, card in (
            ("post", SendingKind.POST, "mine"),
            ("tried", SendingKind.UPDATE, "mine"),
            ("untried", SendingKind.UPDATE, "mine"),
            ("other", SendingKind.UPDATE, "other"),
        ):
            id = await tx.outbox.add(
                a_sending(key=key, kind=kind, card=card, channel=key)
            )
            if key == "tried":
                await tx.outbox.retry(id, NOON, "timeout")
        await tx.outbox.drop_updates("mine")
        left = await tx.outbox.heads(NOON)
    assert [sending.key for sending in left] == ["post", "tried", "other"]


async def test_an_update_dropped_while_it_was_being_sent_harms_nobody(
    db: Database,
) -> None:
    async with db.transaction() as tx:
        id = await tx.outbox.add(a_sending(kind=SendingKind.UPDATE, card="mine"))
        await tx.outbox.drop_updates("mine")
        await tx.outbox.done(id)
        await tx.outbox.retry(id, NOON, "timeout")
        newer = await tx.outbox.add(a_sending(key="newer"))
        assert [sending.id for sending in await tx.outbox.heads(NOON)] == [newer]
    assert newer > id


async def test_pending_counts_what_still_has_to_be_sent(db: Database) -> None:
    async with db.transaction() as tx:
        for key in ("sent", "failed", "waiting"):
            await tx.outbox.add(a_sending(key=key))
        await tx.outbox.add(a_sending(key="other", request_id="FIS-2026-000999"))
        await tx.outbox.done(1)
        await tx.outbox.give_up(2, "boom")
        assert await tx.outbox.pending() == 2
        assert await tx.outbox.pending(REQUEST) == 1


async def test_a_delivery_is_new_only_once(db: Database) -> None:
    async with db.transaction() as tx:
        assert await tx.deliveries.first_time("Ev-1", NOON)
        assert not await tx.deliveries.first_time("Ev-1", NOON)
        assert await tx.deliveries.first_time("Ev-2", NOON)


async def test_only_old_deliveries_are_forgotten(db: Database) -> None:
    async with db.transaction() as tx:
        await tx.deliveries.first_time("old", NOON - MINUTE)
        await tx.deliveries.first_time("young", NOON)
        await tx.deliveries.forget_before(NOON)
        assert await tx.deliveries.first_time("old", NOON)
        assert not await tx.deliveries.first_time("young", NOON)


async def test_the_configuration_last_seen_is_the_one_put_last(db: Database) -> None:
    async with db.transaction() as tx:
        assert await tx.settings_seen.last() is None
        await tx.settings_seen.put("first", NOON)
        await tx.settings_seen.put("second", NOON - MINUTE)
        assert await tx.settings_seen.last() == "second"

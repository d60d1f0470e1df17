"""The bot's own sender against a Slack that somebody else wrote: posts, threads, changes, pictures, scopes."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from bot.audience import Audience
from bot.domain.actors import Actor, Role
from bot.domain.sendings import SendingKind
from bot.jobs.outbox import Outbox
from bot.jobs.uploads import Uploader
from bot.sandbox import cases
from bot.workspace import Workspace
from storage.database import Database
from storage.vault import Vault
from tests.builders import REQUEST, a_card, a_picture, a_sending, an_actor
from tests.jobs.parts import PNG, Hands
from tests.second_opinion.emulator import BOT, SCANTY, Emulated, token_of

ROOT, REPLY = f"{REQUEST}/root", f"{REQUEST}/reply"
Store = tuple[Database, Vault]


@dataclass
class Desk:
    """One sender, and what it is given to send to the examiners."""

    slack: Emulated
    db: Database
    vault: Vault
    token: str = BOT
    clock: Hands = field(default_factory=Hands)

    @property
    def channel(self) -> str:
        return self.slack.ids[cases.EXAMINERS]

    def outbox(self) -> Outbox:
        client = self.slack.client(self.token)
        uploader = Uploader(self.db, self.vault, client, self.clock, poll_s=(0.0, 0.0))
        workspace = Workspace(client, self.slack.team)
        return Outbox(
            self.db,
            client,
            uploader,
            Audience(workspace, _anybody, rooms={}),
            self.clock,
            seconds_between=0.0,
        )

    async def send(self) -> None:
        outbox = self.outbox()
        while await outbox.step():
            await outbox.drain()

    async def pending(self) -> int:
        async with self.db.snapshot() as snapshot:
            return await snapshot.outbox.pending()

    async def ts(self, key: str) -> str:
        async with self.db.snapshot() as snapshot:
            card = await snapshot.cards.find(key)
        assert card is not None
        return str(card.ts)

    async def add(self, key: str, **given: Any) -> None:
        async with self.db.transaction() as tx:
            await tx.outbox.add(a_sending(key=key, channel=self.channel, **given))

    async def post(self, key: str, **given: Any) -> None:
        async with self.db.transaction() as tx:
            await tx.cards.put(a_card(key=key, channel=self.channel))
        await self.add(f"post/{key}", card=key, **given)

    async def upload(self, *names: str) -> None:
        keys = tuple(f"{REQUEST}/{name}" for name in names)
        async with self.db.transaction() as tx:
            for key, name in zip(keys, names, strict=True):
                sha256 = self.vault.put(PNG + name.encode())
                await tx.pictures.add(
                    a_picture(
                        key=key,
                        vault_sha256=sha256,
                        file_name=f"{name}.png",
                        title=name,
                    )
                )
        kind = SendingKind.UPLOAD
        await self.add(
            f"upload/{keys}", kind=kind, card=keys[0], thread=ROOT, pictures=keys
        )


def _anybody(account: str) -> Actor:
    return an_actor(Role.EXAMINER, slack_user=account)


@pytest.fixture
def desk(slack: Emulated, store: Store) -> Desk:
    return Desk(slack, *store)


async def test_a_card_its_thread_and_its_change_stand_as_they_were_sent(
    desk: Desk,
) -> None:
    await desk.post(ROOT, text="root")
    await desk.post(REPLY, text="reply", thread=ROOT)
    await desk.add(
        "update/root", kind=SendingKind.UPDATE, card=ROOT, text="root, changed"
    )
    await desk.send()
    thread = await desk.slack.thread(cases.EXAMINERS, await desk.ts(ROOT))
    assert [m["text"] for m in thread] == ["root, changed", "reply"]
    assert [m["text"] for m in await desk.slack.messages(cases.EXAMINERS)] == [
        "root, changed"
    ]


async def test_pictures_are_one_message_that_only_who_is_inside_can_open(
    desk: Desk,
) -> None:
    await desk.post(ROOT, text="root")
    await desk.upload("probe", "face")
    await desk.send()
    assert await desk.pending() == 0
    _, pictures = await desk.slack.thread(cases.EXAMINERS, await desk.ts(ROOT))
    assert [f["name"] for f in pictures["files"]] == ["probe.png", "face.png"]
    url = str(pictures["files"][0]["url_private"])
    assert await desk.slack.download(url, BOT) == (200, PNG + b"probe")
    assert await desk.slack.download(url, token_of(cases.ERIK)) == (
        200,
        PNG + b"probe",
    )
    for token in (None, token_of(cases.DANA)):
        status, data = await desk.slack.download(url, token)
        assert status in (401, 404)
        assert PNG not in data


async def test_a_picture_that_is_taken_down_is_gone_there_too(desk: Desk) -> None:
    await desk.post(ROOT, text="root")
    await desk.upload("probe")
    await desk.send()
    file = desk.slack.shim.answers("files.info")[-1]["file"]["id"]
    remove = SendingKind.REMOVE_FILE
    key = f"{REQUEST}/probe"
    await desk.add("remove/probe", kind=remove, card=key, pictures=(key,), text=file)
    await desk.send()
    assert await desk.pending() == 0
    assert desk.slack.shim.answers("files.delete")[-1]["ok"] is True


async def test_without_a_scope_everything_waits_and_nothing_is_given_up(
    desk: Desk,
) -> None:
    desk.token = SCANTY
    await desk.post(ROOT, text="root")
    await desk.upload("probe")
    await desk.send()
    refused = desk.slack.shim.answers("files.getUploadURLExternal")[-1]
    assert (refused["error"], refused["needed"]) == ("missing_scope", "files:write")
    assert await desk.pending() == 1
    # The app is installed anew, with the scope.
    desk.token = BOT
    desk.clock.forward(301)
    await desk.send()
    assert await desk.pending() == 0
    thread = await desk.slack.thread(cases.EXAMINERS, await desk.ts(ROOT))
    assert len(thread) == 2

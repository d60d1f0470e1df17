"""A sender's desk: a simulated Slack, a database with one request, and a clock with hands."""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NoReturn

from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.audience import Audience
from bot.domain.actors import Actor, Role
from bot.domain.sendings import Picture, SendingKind
from bot.errors import NotPermitted
from bot.jobs.outbox import Outbox
from bot.jobs.uploads import Uploader
from bot.sandbox import cases
from bot.sandbox.records import BOT_USER, Json, Message, StoredFile
from bot.sandbox.server import Sandbox
from bot.workspace import Workspace
from storage.database import Database
from storage.vault import Vault
from tests.builders import NOON, REQUEST, a_card, a_picture, a_sending, an_actor

KEY = bytes(range(32))
PNG = b"\x89PNG\r\n\x1a\n"
ROOT, REPLY = f"{REQUEST}/root", f"{REQUEST}/reply"
AT_ONCE = (0.0, 0.0, 0.0)


@dataclass
class Hands:
    """One clock for the bot and for Slack; the test moves it."""

    moment: datetime = NOON

    def __call__(self) -> datetime:
        return self.moment

    def seconds(self) -> float:
        return self.moment.timestamp()

    def forward(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


class Killed(BaseException):
    """The process ended here; nothing that handles errors may handle this."""


class Dying(AsyncWebClient):
    """A client whose process is killed at one of its calls: before it left, or when it was answered."""

    def __init__(self, at: int, *, answered: bool, **given: Any) -> None:
        super().__init__(**given)
        self._left, self._answered = at, answered
        self.died = False

    async def api_call(self, *args: Any, **given: Any) -> AsyncSlackResponse:
        self._left -= 1
        last = self._left == 0
        if self.died or (last and not self._answered):
            self._die()
        answer = await super().api_call(*args, **given)
        if last or self.died:
            self._die()
        return answer

    def _die(self) -> NoReturn:
        self.died = True
        raise Killed


@dataclass
class Desk:
    sandbox: Sandbox
    db: Database
    vault: Vault
    clock: Hands
    workspaces: list[Workspace] = field(default_factory=list)

    requesters: set[str] = field(default_factory=lambda: {cases.DANA})

    def actor(self, account: str) -> Actor:
        """The role map of this desk: requesters, and nobody else."""
        if account not in self.requesters:
            raise NotPermitted("nobody")
        return an_actor(Role.REQUESTER, slack_user=account)

    # --- who sends

    def client(self, timeout: int = 30) -> AsyncWebClient:
        return AsyncWebClient(
            token=self.sandbox.bot_token,
            base_url=self.sandbox.api_url,
            timeout=timeout,
            retry_handlers=[],
        )

    def dying(self, at: int, *, answered: bool) -> Dying:
        return Dying(
            at,
            answered=answered,
            token=self.sandbox.bot_token,
            base_url=self.sandbox.api_url,
            retry_handlers=[],
        )

    def outbox(
        self,
        client: AsyncWebClient | None = None,
        *,
        seconds_between: float = 0.0,
        poll_s: Sequence[float] = AT_ONCE,
        alerts_to: str | None = None,
    ) -> Outbox:
        """The sender of one process; another one knows only what is in the database."""
        client = client or self.client()
        workspace = Workspace(client, "T-FIS")
        self.workspaces.append(workspace)
        return Outbox(
            self.db,
            client,
            Uploader(self.db, self.vault, client, self.clock, poll_s=poll_s),
            Audience(workspace, self.actor, rooms={}),
            self.clock,
            alerts_to=alerts_to,
            seconds_between=seconds_between,
        )

    async def send_all(self, outbox: Outbox, *, minutes: int = 60) -> None:
        """Let it send until nothing is left; a minute passes whenever nothing more can be done now."""
        for _ in range(minutes):
            while await outbox.step():
                await outbox.drain()
            if await self.pending() == 0:
                return
            self.clock.forward(60)
        raise AssertionError(f"{await self.pending()} sendings were never sent")

    async def pending(self) -> int:
        async with self.db.snapshot() as snapshot:
            return await snapshot.outbox.pending()

    # --- what is to be sent

    async def post(
        self, card: str, channel: str = cases.EXAMINERS, **given: Any
    ) -> None:
        async with self.db.transaction() as tx:
            await tx.cards.put(a_card(key=card, channel=channel))
            await tx.outbox.add(
                a_sending(key=f"post/{card}", card=card, channel=channel, **given)
            )

    async def update(
        self, card: str, text: str, channel: str = cases.EXAMINERS
    ) -> None:
        async with self.db.transaction() as tx:
            await tx.outbox.add(
                a_sending(
                    key=f"update/{card}/{text}",
                    kind=SendingKind.UPDATE,
                    card=card,
                    channel=channel,
                    text=text,
                )
            )

    async def upload(self, *names: str, thread: str | None = ROOT) -> None:
        """One message with these pictures."""
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
            await tx.outbox.add(
                a_sending(
                    key=f"upload/{keys}",
                    kind=SendingKind.UPLOAD,
                    card=keys[0],
                    channel=cases.EXAMINERS,
                    thread=thread,
                    pictures=keys,
                )
            )

    async def a_thread(self) -> None:
        """A card, two pictures and a message below it, and a change of the card."""
        await self.post(ROOT, text="root")
        await self.upload("probe", "face")
        await self.post(REPLY, text="reply", thread=ROOT)
        await self.update(ROOT, "root, changed")

    # --- what arrived

    def messages(self, channel: str = cases.EXAMINERS) -> list[Message]:
        return [m for m in self.sandbox.workspace.messages if m.channel == channel]

    def texts(self, channel: str = cases.EXAMINERS) -> list[str]:
        """Each message as a person sees it, files by their names."""
        files = self.sandbox.workspace.files
        return [
            m.text or "+".join(files[f].name for f in m.files if not files[f].deleted)
            for m in self.messages(channel)
        ]

    def shown(self) -> list[StoredFile]:
        """Every file of the bot that somebody can see."""
        files = self.sandbox.workspace.files.values()
        return [f for f in files if f.owner == BOT_USER and f.shares and not f.deleted]

    def calls(self, method: str) -> list[Json]:
        return [given for name, given in self.sandbox.web_api.calls if name == method]

    async def pictures(self) -> dict[str, Picture]:
        async with self.db.snapshot() as snapshot:
            return await snapshot.pictures.of(REQUEST)

    async def check_thread_shown_once(self) -> None:
        """``a_thread`` as it has to stand: whole, in order, nothing twice, all of it noted."""
        root, pictures, reply = (
            m for m in self.messages() if m.text or self._visible(m)
        )
        assert (root.text, reply.text) == ("root, changed", "reply")
        assert pictures.thread_ts == reply.thread_ts == root.ts
        noted = await self.pictures()
        assert {p.slack_file for p in noted.values()} == set(pictures.files)
        assert all(p.shared_at is not None for p in noted.values())
        assert sorted(f.name for f in self.shown()) == ["face.png", "probe.png"]
        assert all(len(f.shares) == 1 for f in self.shown())
        for file in self.shown():
            key = f"{REQUEST}/{file.name.removesuffix('.png')}"
            assert file.data is not None
            assert hashlib.sha256(file.data).hexdigest() == noted[key].vault_sha256

    def _visible(self, message: Message) -> bool:
        files = self.sandbox.workspace.files
        return any(not files[id].deleted for id in message.files)


async def eventually(look: Callable[[], object], *, seconds: float = 10) -> None:
    """Wait for what another process or a late answer is about to do."""
    async with asyncio.timeout(seconds):
        while not look():  # noqa: ASYNC110  nobody here could set an event
            await asyncio.sleep(0.01)

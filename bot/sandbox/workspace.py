"""The state of a simulated Slack workspace: nothing here answers HTTP or calls the bot."""

import asyncio
import copy
import itertools
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from bot.sandbox.errors import SlackError
from bot.sandbox.faults import Fault, Faults, Planned, Rates
from bot.sandbox.modals import Modals
from bot.sandbox.records import (
    BOT_NAME,
    BOT_USER,
    TEAM_ID,
    Blocks,
    Channel,
    Json,
    Message,
    ResponseUrl,
    Share,
    StoredFile,
    Trigger,
    User,
    WorkspaceSeed,
)
from bot.sandbox.visibility import Seen, everything_visible_to

if TYPE_CHECKING:
    from bot.sandbox.administration import Administration
    from bot.sandbox.people import Person

Now = Callable[[], float]
Found = TypeVar("Found")
TRIGGER_SECONDS = 3.0
TICKET_SECONDS = 30.0


class Workspace:
    """People, channels, messages, files and modals, as Slack would keep them."""

    def __init__(
        self,
        seed: WorkspaceSeed,
        *,
        now: Now = time.time,
        processing_seconds: float = 0.0,
    ) -> None:
        self.name = seed.name
        self.now = now
        self.processing_seconds = processing_seconds
        self.edit_seconds: float | None = None
        """How long a message can be changed, where the workspace limits that."""
        bot = User(BOT_USER, "fisbot", BOT_NAME, is_bot=True)
        self.users = {user.id: user for user in (*seed.users, bot)}
        self.channels = {
            c.id: replace(c, members=set(c.members)) for c in seed.channels
        }
        self.groups = {group.id: group for group in seed.groups}
        self.messages: list[Message] = []
        self.ephemerals: list[Message] = []
        self.files: dict[str, StoredFile] = {}
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.choices: dict[tuple[str, str, str], dict[str, dict[str, Json]]] = {}
        """What a person has filled in on a message: (channel, ts, person) -> block -> action."""
        self.clicks: Counter[str] = Counter()
        """How often each person has pressed or chosen something."""
        self.modals = Modals(self.next_id, self.next_ts, self.changed)
        self.faults = Faults()
        self.rates = Rates(now)
        self.person: Callable[[str], Person] = _nobody
        self.administration: Administration | None = None
        self._tickets: dict[str, float] = {}
        self._stuck_seconds = 0.0
        self._listeners: list[Callable[[], None]] = []
        self._ids = itertools.count(1)
        self._last_ts = 0

    # --- identities and time

    def next_id(self, prefix: str) -> str:
        return f"{prefix}{next(self._ids):08d}"

    def next_ts(self) -> str:
        """Return the present moment as Slack writes it, later than every one before."""
        self._last_ts = max(self._last_ts + 1, int(self.now() * 1_000_000))
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def issue_trigger(self, user: str) -> str:
        trigger = Trigger(
            f"{self.next_id('')}.{self.next_id('')}.{user}", user, self.now()
        )
        self.triggers[trigger.id] = trigger
        return trigger.id

    def exchange_trigger(self, id: str) -> str:
        """Use a trigger, once and within three seconds; return whose it was."""
        trigger = self.triggers.get(id)
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        if self.now() - trigger.issued > TRIGGER_SECONDS:
            raise SlackError("expired_trigger_id")
        trigger.used = True
        return trigger.user

    def issue_ticket(self) -> str:
        ticket = secrets.token_urlsafe(12)
        self._tickets[ticket] = self.now()
        return ticket

    def redeem_ticket(self, ticket: str) -> bool:
        """Whether this ticket opens a connection; it does so once, and soon."""
        issued = self._tickets.pop(ticket, None)
        return issued is not None and self.now() - issued <= TICKET_SECONDS

    # --- changes, and waiting for them

    def changed(self) -> None:
        for listener in tuple(self._listeners):
            listener()

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call ``listener`` after every change until the returned function is called."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def until(
        self, find: Callable[[], Found | None], *, seconds: float = 10
    ) -> Found:
        """Return the first thing found (truthy), looking again after every change."""
        wake = asyncio.Event()
        stop = self.subscribe(wake.set)
        try:
            async with asyncio.timeout(seconds):
                while not (found := find()):
                    await wake.wait()
                    wake.clear()
                return found
        finally:
            stop()

    # --- channels

    def direct(self, user: str) -> Channel:
        """Return the bot's conversation with one person, opened if need be."""
        id = f"D-{user.removeprefix('U-')}"
        if id not in self.channels:
            self.channels[id] = Channel(id, "", {user, BOT_USER}, im_with=user)
        return self.channels[id]

    def is_member(self, channel: str, user: str) -> bool:
        return channel in self.channels and user in self.channels[channel].members

    # --- messages

    def post(self, message: Message) -> Message:
        message.blocks = self.named_blocks(message.blocks)
        where = self.ephemerals if message.only_for else self.messages
        where.append(message)
        for id in message.files:
            share = Share(message.channel, message.ts, message.thread_ts)
            self.files[id].shares.append(share)
        self.changed()
        return message

    def can_edit(self, message: Message) -> bool:
        age = self.now() - float(message.ts)
        return self.edit_seconds is None or age <= self.edit_seconds

    def edit(self, message: Message, text: str, blocks: Blocks) -> None:
        message.text, message.blocks = text, self.named_blocks(blocks)
        message.edited = self.next_ts()
        self.changed()

    def remove(self, message: Message) -> None:
        where = self.ephemerals if message.only_for else self.messages
        where.remove(message)
        self.changed()

    def find_message(self, channel: str, ts: str) -> Message | None:
        both = itertools.chain(self.messages, self.ephemerals)
        return next((m for m in both if m.channel == channel and m.ts == ts), None)

    def in_channel(self, channel: str) -> list[Message]:
        return [m for m in self.messages if m.channel == channel and not m.is_reply]

    def in_thread(self, channel: str, ts: str) -> list[Message]:
        return [
            m
            for m in self.messages
            if m.channel == channel and m.thread_ts == ts and m.ts != ts
        ]

    def named_blocks(self, blocks: Blocks) -> Blocks:
        """Return a copy in which every block and element has an id, as Slack gives them."""
        named = copy.deepcopy(blocks)
        for block in named:
            block.setdefault("block_id", self.next_id("b"))
            for element in elements_of(block):
                if element.get("type") != "image":
                    element.setdefault("action_id", self.next_id("a"))
        return named

    # --- files

    def complete(self, file: StoredFile) -> None:
        """Begin to process a file that has arrived whole."""
        file.completed_at = self.now()
        file.stuck_until = self.now() + self._stuck_seconds

    def is_processed(self, file: StoredFile) -> bool:
        done, now = file.completed_at, self.now()
        if done is None or now < file.stuck_until:
            return False
        return now - done >= self.processing_seconds

    @contextmanager
    def stuck_for(self, planned: Planned | None) -> Iterator[None]:
        """Whatever file is completed meanwhile is stuck in processing, if that is planned."""
        if planned is not None and planned.fault is Fault.FILE_STUCK:
            self._stuck_seconds = planned.seconds
        try:
            yield
        finally:
            self._stuck_seconds = 0.0

    def release_files(self) -> None:
        """Let every stuck file be processed."""
        for file in self.files.values():
            file.stuck_until = 0.0
        self.changed()

    def find_file(self, reference: Json) -> StoredFile | None:
        """Find the file a ``slack_file`` means, by its id or one of its addresses."""
        if "id" in reference:
            return self.files.get(str(reference["id"]))
        parts = str(reference.get("url", "")).split("/")
        named = (f for f in self.files.values() if f"{TEAM_ID}-{f.id}" in parts)
        return next(named, None)

    def everything_visible_to(self, user: str) -> list[Seen]:
        """Return every text and picture this person can reach (for tests of what leaks)."""
        return everything_visible_to(self, user)


def elements_of(block: Json) -> Iterator[Json]:
    """Yield what a person can press or fill in in this block."""
    if block.get("type") == "actions":
        yield from block.get("elements", ())
    elif block.get("type") == "section" and "accessory" in block:
        yield block["accessory"]
    elif block.get("type") == "input":
        yield block["element"]


def _nobody(user: str) -> "Person":
    raise LookupError(f"{user} cannot act: the workspace is not served")

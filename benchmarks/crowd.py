"""Many people clicking at once: python -m benchmarks.crowd --people 50 --seconds 120 [--json]"""

import argparse
import asyncio
import io
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import aiohttp
from PIL import Image

from app import trial_settings
from benchmarks.latency import Spread, spread
from bot import log
from bot.assembly import Store, environment, open_store
from bot.config import Settings
from bot.domain.audit import AuditEvent, Verb
from bot.handlers.front import EVENTS_PATH
from bot.roles import render
from bot.sandbox import cases
from bot.sandbox.acts import ANALYSIS, Acts, NotAsExpected, actions
from bot.sandbox.demo import enrol_galleries, furnished, in_workspace
from bot.sandbox.errors import NotAcknowledged, NotVisible
from bot.sandbox.forms import find_element, pressed
from bot.sandbox.people import Person
from bot.sandbox.records import Json, User, WorkspaceSeed
from bot.sandbox.server import Sandbox
from bot.views.ids import ActionId, ViewId
from storage.database import Snapshot

APP = Path(__file__).resolve().parent.parent / "app.py"
ACK_LIMIT_S = 0.3
LIST_LENGTH = 8
REQUESTS_AHEAD = 8
PATIENCE_S = 120
STILL_SIDE = 480
FROZEN = "ANALYSIS_FROZEN"
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Recorded:
    done: int
    refused: dict[str, int]  # in words, by rule
    requests: int
    repeated: int  # of these, held until a supervisor decides: the portraits ran out
    examined: int  # examinations that were taken
    decided: int  # decisions about candidates
    problems: tuple[str, ...]  # what was lost, done twice or left open; none is good


@dataclass(frozen=True, slots=True)
class Report:
    people: int
    seconds: float
    acks: Spread
    unacknowledged: int
    clicks: int
    recorded: Recorded

    @property
    def good(self) -> bool:
        calm = self.acks.p95 < ACK_LIMIT_S and not self.unacknowledged
        return calm and not self.recorded.problems


@dataclass
class Clicks:
    """Every click that was acknowledged, by Slack's own id of it."""

    keys: list[str] = field(default_factory=list)
    opening: int = 0
    """Of these, the ones that asked for the form of an analysis: opened, or refused in words."""
    analyses: int = 0
    """Forms of an analysis that were sent, complete."""
    lost: int = 0
    submissions: int = 0
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(100_000))


class Crowd:
    """So many people, half of whom ask while the other half examine; each at an own pace."""

    def __init__(self, sandbox: Sandbox, people: int, pause_s: float) -> None:
        self._sandbox = sandbox
        self._acts = Acts(sandbox, patience_s=10)
        self._pause_s = pause_s
        self._random = random.Random(7)  # noqa: S311  a repeatable crowd
        self.clicks = Clicks()
        accounts = crowd_accounts(people)
        self._requesters, self._examiners = accounts[0::2], accounts[1::2]
        self._stills = itertools.cycle(portraits())
        self._tried: dict[str, list[str]] = {}
        """The cards that each examiner has pressed Take on."""

    async def ask_ahead(self) -> None:
        """Requests whose candidates are laid out before anybody begins to click."""
        for account in itertools.islice(
            itertools.cycle(self._requesters), REQUESTS_AHEAD
        ):
            await self._ask(self._sandbox.person(account), send=True)
        acts = Acts(self._sandbox, patience_s=PATIENCE_S)
        await acts.until("the cards", lambda: self._can_be_taken() or None)

    def _can_be_taken(self) -> bool:
        ready = [card for card in self._cards() if ActionId.TAKE in actions(card)]
        return len(ready) >= REQUESTS_AHEAD

    async def click(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        await asyncio.gather(
            *(
                self._keep(account, self._request, until)
                for account in self._requesters
            ),
            *(self._keep(account, self._examine, until) for account in self._examiners),
        )

    async def _keep(
        self,
        account: str,
        act: Callable[[Person], Awaitable[None]],
        until: float,
    ) -> None:
        person = self._sandbox.person(account)
        while time.monotonic() < until:
            # A message may be redrawn, and a form replaced, between looking and pressing.
            with suppress(NotVisible, NotAsExpected, LookupError):
                await act(person)
            await asyncio.sleep(self._random.uniform(0, 2 * self._pause_s))

    # --- requesters

    async def _request(self, person: Person) -> None:
        await self._ask(person, send=self._random.random() < 0.02)

    async def _ask(self, person: Person, *, send: bool) -> None:
        """Open the form and fill it in; send it, or think better of it."""
        try:
            number = f"2026-075-{next(self.clicks.numbers)}"
            person = await self._acts.open_form(person.id, number)
            if not send:
                await person.pick(ActionId.INTAKE_SOURCE, "OTHER")
                await person.close_modal()
                return
            view = person.modal or {}
            sent = await self._acts.fill_form(person, next(self._stills))
        except NotAcknowledged:
            self.clicks.lost += 1
            return
        if sent.errors:
            raise NotAsExpected(f"{view.get('id')}: {dict(sent.errors)}")
        self.clicks.submissions += 1

    # --- examiners

    def _cards(self) -> list[Json]:
        messages = self._sandbox.workspace.in_channel(cases.EXAMINERS)
        return [{"ts": m.ts, "blocks": m.blocks} for m in messages if m.blocks]

    async def _examine(self, person: Person) -> None:
        """Take an examination if one can be taken, analyse its probe, else exclude somebody; whoever may."""
        if (view := person.modal or {}).get("callback_id") == ViewId.ANALYSIS:
            await self._analyse(person, view)
            return
        cards = self._cards()
        tried = self._tried.setdefault(person.id, [])
        own = [card for card in cards if card["ts"] in tried]
        # Most people mind their own business, some press what is somebody else's.
        card = self._random.choice(
            own if own and self._random.random() < 0.8 else cards
        )
        if ActionId.TAKE in actions(card):
            tried.append(card["ts"])
            await self._press(person, card["ts"], ActionId.TAKE)
            return
        if candidates := self._acts.candidates(person.id, card):
            chosen = self._random.choice(candidates)
            exclude = f"{ActionId.EXCLUDE}.{chosen.letter}"
            await self._press(person, chosen.page_ts, exclude)
        elif ActionId.ANALYSE in actions(card):
            await self._press(person, card["ts"], ActionId.ANALYSE)

    async def _analyse(self, person: Person, view: Json) -> None:
        """Fill in the form that is open; whoever did so before is shown what was saved, and closes it."""
        fields = {block["block_id"] for block in view["blocks"]}
        try:
            if not fields.issuperset(ANALYSIS):
                await person.close_modal()
                return
            sent = await person.fill_and_submit(ANALYSIS)
        except NotAcknowledged:
            self.clicks.lost += 1
            return
        if sent.errors:
            raise NotAsExpected(f"{view['id']}: {dict(sent.errors)}")
        self.clicks.analyses += 1

    async def _press(self, person: Person, ts: str, action_id: str) -> None:
        message = self._sandbox.workspace.find_message(cases.EXAMINERS, ts)
        if message is None:
            return
        action = pressed(*find_element(message.blocks, action_id, None))
        payload = person.payloads.message_action(person.id, message, action)
        delivery = await person.courier.interaction(person.id, payload)
        if delivery.acknowledged:
            self.clicks.keys.append(f"click/{payload['trigger_id']}")
            self.clicks.opening += action_id == ActionId.ANALYSE
        else:
            self.clicks.lost += 1


def portraits() -> Iterator[bytes]:
    """A still of its own for each request, as a probe that was sent before is held: one of every person
    there is a portrait of."""
    folders = (cases.PORTRAITS / name for name in ("gallery", "strangers"))
    paths = sorted(path for folder in folders for path in folder.glob("*.webp"))
    for path in paths:
        with Image.open(path) as portrait:
            still = portrait.convert("RGB").resize((STILL_SIDE, STILL_SIDE))
        kept = io.BytesIO()
        still.save(kept, "JPEG", quality=80)
        yield kept.getvalue()


def crowd_accounts(people: int) -> list[str]:
    return [f"U-CROWD{number:03d}" for number in range(people)]


def crowded(people: int) -> tuple[WorkspaceSeed, list[Json]]:
    """The workspace of the demonstration and its roles, with a crowd in both."""
    seed, roles = cases.seed(), cases.people()
    rooms = {c.id: replace(c, members=set(c.members)) for c in seed.channels}
    users = list(seed.users)
    for number, account in enumerate(crowd_accounts(people)):
        asks = number % 2 == 0
        users.append(User(account, account.lower(), f"Crowd {number}"))
        rooms[cases.REQUESTS if asks else cases.EXAMINERS].members.add(account)
        example = cases.DANA if asks else cases.ERIK
        like = next(one for one in roles if example in one["slack_users"])
        roles.append(like | {"person": f"C{number:04d}", "slack_users": [account]})
    return replace(seed, users=tuple(users), channels=tuple(rooms.values())), roles


# --- the bot, as it is served


@asynccontextmanager
async def served(
    data: Path, people: int, tell: Tell
) -> AsyncIterator[tuple[Sandbox, Settings]]:
    """A workspace here; the bot and its worker as processes of their own."""
    seed, roles = crowded(people)
    settings = furnished(trial_settings(data, fresh=True))
    settings.role_map.write_text(render(roles))
    async with Sandbox(seed, cases.MANIFEST) as sandbox:
        settings = in_workspace(settings, sandbox).model_copy(
            update={"list_length": LIST_LENGTH}
        )
        store = await open_store(settings)
        await enrol_galleries(settings, store, tell)
        await store.db.close()
        sandbox.connect(f"http://{settings.host}:{settings.port}{EVENTS_PATH}")
        with _process(settings):
            await _is_up(settings)
            yield sandbox, settings


@contextmanager
def _process(settings: Settings) -> Iterator[None]:
    command = (sys.executable, str(APP), "serve", "--sandbox", "--seconds-between", "0")
    process = subprocess.Popen(  # noqa: S603  our own program
        command,
        env=dict(environment(settings)),
        cwd=APP.parent,
        stdout=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(60)


async def _is_up(settings: Settings) -> None:
    await _until_healthy(settings, lambda health: True)


async def _until_healthy(settings: Settings, good: Callable[[Json], bool]) -> None:
    url = f"http://{settings.host}:{settings.port}/health"
    async with aiohttp.ClientSession() as session, asyncio.timeout(PATIENCE_S):
        while True:
            with suppress(aiohttp.ClientError):
                async with session.get(url) as answer:
                    if good(await answer.json()):
                        return
            await asyncio.sleep(0.1)


# --- what the record says of it


async def check(settings: Settings, clicks: Clicks) -> Recorded:
    """How much was done, how much refused, how many requests; and whatever does not add up."""
    store = await open_store(settings)
    try:
        async with store.db.snapshot() as snapshot:
            return await _checked(snapshot, clicks, store)
    finally:
        await store.db.close()


async def _checked(snapshot: Snapshot, clicks: Clicks, store: Store) -> Recorded:
    await snapshot.audit.check()
    events = [entry.event for entry in await snapshot.audit.entries()]
    count = Counter(event.verb for event in events)
    done = count[Verb.EXAMINATION_TAKEN] + count[Verb.CANDIDATE_DISPOSED]
    refused = Counter(
        str(e.facts["rule"]) for e in events if e.verb is Verb.ATTEMPT_REFUSED
    )
    requests = count[Verb.REQUEST_SUBMITTED] + count[Verb.REQUEST_REFUSED]
    problems = []
    unknown = [k for k in clicks.keys if not await snapshot.deliveries.is_known(k)]
    if not clicks.keys:
        problems.append("nobody clicked on a card")
    if unknown:
        problems.append(f"{len(unknown)} acknowledged clicks left no trace")
    # A form that was opened twice is sent twice: the second one is refused, and is no click on a card.
    sent_again = refused[FROZEN]
    opened = len(clicks.keys) - done - (refused.total() - sent_again)
    if not 0 <= opened <= clicks.opening:
        problems.append(
            f"{len(clicks.keys)} clicks, but {done} done and {refused.total()} refused; "
            f"{clicks.opening} at most only opened a form"
        )
    if (saved := count[Verb.ANALYSIS_SAVED]) + sent_again != clicks.analyses:
        problems.append(
            f"{clicks.analyses} analyses sent, {saved} saved, {sent_again} refused"
        )
    if not count[Verb.CANDIDATE_DISPOSED]:
        problems.append("nobody got as far as deciding about a candidate")
    if requests != clicks.submissions:
        problems.append(
            f"{clicks.submissions} forms sent, {requests} requests recorded"
        )
    taken = Counter(e.subject for e in events if e.verb is Verb.EXAMINATION_TAKEN)
    problems += [f"{id} was taken {n} times" for id, n in taken.items() if n > 1]
    problems += [p async for p in _lost_decisions(snapshot, events)]
    if failed := await snapshot.outbox.failed():
        problems.append(f"{len(failed)} messages were given up")
    return Recorded(
        done,
        dict(refused),
        requests,
        count[Verb.REPEAT_FOUND],
        count[Verb.EXAMINATION_TAKEN],
        count[Verb.CANDIDATE_DISPOSED],
        tuple(problems),
    )


async def _lost_decisions(
    snapshot: Snapshot, events: list[AuditEvent]
) -> AsyncIterator[str]:
    """Every candidate somebody decided about has a decision."""
    decided: dict[str, set[object]] = {}
    for event in events:
        if event.verb is Verb.CANDIDATE_DISPOSED:
            decided.setdefault(event.subject, set()).add(event.facts["candidate"])
    for id, candidates in decided.items():
        kept = await snapshot.examinations.dispositions(id)
        if set(kept) != candidates:
            yield f"{id}: {len(candidates)} decided, {len(kept)} kept"


async def measure(
    data: Path, people: int, seconds: float, pause_s: float, tell: Tell
) -> Report:
    async with served(data, people, tell) as (sandbox, settings):
        crowd = Crowd(sandbox, people, pause_s)
        tell("Requests ahead ...")
        await crowd.ask_ahead()
        first = len(sandbox.courier.journal)
        tell(f"{people} people click for {seconds:.0f} s on {os.cpu_count()} cores ...")
        await crowd.click(seconds)
        acks = list(sandbox.courier.journal[first:])
        tell("Everything that follows from it ...")
        await _until_healthy(settings, lambda health: health["outbox_pending"] == 0)
    recorded = await check(settings, crowd.clicks)
    return Report(
        people,
        seconds,
        spread([d.seconds for d in acks]),
        sum(not d.acknowledged for d in acks),
        len(crowd.clicks.keys),
        recorded,
    )


def show(report: Report) -> None:
    recorded = report.recorded
    print(f"acknowledgements   {report.acks}")
    print(f"not acknowledged   {report.unacknowledged}")
    print(
        f"clicks on cards    {report.clicks}: {recorded.done} done, refused in words {recorded.refused}"
    )
    print(
        f"requests           {recorded.requests}: {recorded.repeated} held as repeated, "
        f"{recorded.examined} examinations taken, {recorded.decided} decisions"
    )
    for problem in recorded.problems:
        print(f"PROBLEM: {problem}")
    limits = f"p95 < {ACK_LIMIT_S * 1000:.0f} ms, nothing lost, nothing twice"
    print(f"{limits}: {'kept' if report.good else 'NOT KEPT'}")


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.crowd", description=__doc__
    )
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument(
        "--pause",
        type=float,
        default=1.0,
        help="between two acts of one person, on average",
    )
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    log.configure("error")
    with tempfile.TemporaryDirectory() as folder:
        tell: Tell = (lambda _: None) if given.json else print
        data = Path(folder) / "data"
        report = asyncio.run(
            measure(data, given.people, given.seconds, given.pause, tell)
        )
    if given.json:
        print(json.dumps(asdict(report) | {"good": report.good}))
    else:
        show(report)
    return 0 if report.good else 1


if __name__ == "__main__":
    sys.exit(main())

"""The front door of the whole bot: a workspace of people, a real engine, and a clock that stands still."""

import asyncio
import base64
import copy
import itertools
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

from aiohttp import web

from bot.approvals import contexts
from bot.approvals import examinations as service
from bot.approvals.analyses import save_analysis
from bot.assembly import Bot, Store
from bot.casework.alerts import Alerts
from bot.casework.destroying import renew_gallery
from bot.casework.enrolment import enrol_manifest, read_manifest
from bot.config import Settings, read_settings
from bot.domain.analyses import Usability, analyse
from bot.domain.audit import AuditEvent, Verb
from bot.domain.authorizations import Authorization
from bot.domain.candidates import Candidate as Listed
from bot.domain.candidates import Conclusion, compare
from bot.domain.components import Component, Findings
from bot.domain.examinations import summary_version
from bot.domain.photographs import STANDARD_REPOSITORY
from bot.domain.requests import FaceRequest
from bot.domain.workflow import State
from bot.handlers.front import EVENTS_PATH, front
from bot.jobs.bench import Bench
from bot.jobs.worker import Worker
from bot.matching.engine import Face, FaceEngine
from bot.matching.images import Image
from bot.matching.pool import EnginePool, EnrolResult, enrol
from bot.roles import RoleMap, render
from bot.sandbox import cases
from bot.sandbox.acts import CARRIED, REASON, SEEN, Acts, Candidate, agreeing
from bot.sandbox.authorizing import Authorizing
from bot.sandbox.forms import find_element, pressed
from bot.sandbox.people import Person
from bot.sandbox.repeating import Repeating
from bot.sandbox.server import Sandbox
from bot.views.ids import ActionId
from storage.cipher import Cipher
from storage.database import Database
from storage.vault import Vault

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
KEY = bytes(range(32))
LIST_LENGTH = 3
LEASE = timedelta(seconds=60)
# Whoever is on a still that has a mate, and some more to compare with.
MATES = ("D0014", "D0061", "D0027", "D0210", "D0217", "D0073", "D0240")
GALLERY_SIZE = 24
DMV_MATES = ("L0062", "L0234", "L0142")
DMV_SIZE = 6


@dataclass
class Hands:
    """A clock whose hands a test moves."""

    moment: datetime = NOON

    def __call__(self) -> datetime:
        return self.moment

    def forward(self, **by: float) -> None:
        self.moment += timedelta(**by)


class Remembering:
    """A real engine that looks at each image once, however many cases send it."""

    def __init__(self, engine: FaceEngine) -> None:
        self.model = engine.model
        self._engine = engine
        self._seen: dict[bytes, list[Face]] = {}

    def faces(self, image: Image) -> list[Face]:
        key = sha256(repr(image.shape).encode() + image.tobytes()).digest()
        if key not in self._seen:
            self._seen[key] = self._engine.faces(image)
        return list(self._seen[key])


class Complaints(logging.Handler):
    """What Bolt says of a listener that failed: nobody else hears of it."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


class _OneEngine:
    """Enrols in this process; loading the engine once more in another one takes longer."""

    def __init__(self, engine: FaceEngine) -> None:
        self.model = engine.model
        self._engine = engine

    def enrol_images(
        self, paths: Iterable[Path], *, strict: bool = False
    ) -> Iterator[EnrolResult]:
        return (enrol(self._engine, path, strict=strict) for path in paths)


class Resting(Worker):
    """In the place of a worker, one who does nothing."""

    def __init__(self, _replaced: Worker) -> None:
        pass

    async def step(self) -> bool:
        return False


@dataclass(frozen=True, repr=False)
class Enrolled:
    """A gallery that was enrolled once; every test starts from a copy of its database."""

    database: Path
    vault: Vault
    vault_home: Path
    bench: Bench
    stages: dict[str, "Stage"] = field(default_factory=dict)


@dataclass(frozen=True, repr=False)  # pytest writes out what a fixture returns
class Stage:
    """A moment of a case that was reached once, to begin other tests from: all memories of it.

    ``ids`` is how many ids Slack had given out; ``files`` are the probe and the pictures, which a test may destroy.
    """

    id: str
    database: bytes
    slack: dict[str, Any]
    ids: int
    files: tuple[bytes, ...]


# What a simulated workspace remembers; who acts in it and who listens belongs to the running one.
REMEMBERED = (
    "users",
    "channels",
    "messages",
    "ephemerals",
    "files",
    "choices",
    "_last_ts",
)


def one_engine(engine: FaceEngine) -> EnginePool:
    return cast(EnginePool, _OneEngine(engine))


async def enrol_once(home: Path, engine: FaceEngine) -> Enrolled:
    path, galleries = home / "fis.sqlite3", home / "galleries"
    vault, db = Vault(home / "vault", Cipher(KEY)), Database(path, Cipher(KEY))
    await db.migrate()
    for repository, manifest, mates, size in (
        (STANDARD_REPOSITORY, cases.PEOPLE_MANIFEST, MATES, GALLERY_SIZE),
        (cases.DMV, cases.DMV_MANIFEST, DMV_MATES, DMV_SIZE),
    ):
        rows = read_manifest(manifest, cases.PORTRAITS)
        rows.sort(key=lambda row: row.subject_id not in mates)
        report = await enrol_manifest(
            db,
            vault,
            galleries,
            one_engine(engine),
            rows[:size],
            repository,
            actor="test",
            now=lambda: NOON,
            progress=lambda _done, _total: None,
        )
        assert report.enrolled == size
    async with db.transaction() as tx:
        await tx.galleries.record_standard(STANDARD_REPOSITORY)
    await db.close()
    bench = Bench(engine, vault, galleries, weak_below=0.35)
    return Enrolled(path, vault, home / "vault", bench)


@dataclass(repr=False)
class Workplace:
    """Everything that runs, and ways to look at it; time passes only in ``settle``."""

    sandbox: Sandbox
    bot: Bot
    db: Database
    worker: Worker
    clock: Hands
    settings: Settings
    vault: Vault
    vault_home: Path
    bench: Bench
    stages: dict[str, Stage]
    acts: Acts = field(init=False)
    authorizing: Authorizing = field(init=False)
    repeating: Repeating = field(init=False)
    lease = LEASE

    def __post_init__(self) -> None:
        self.acts = Acts(self.sandbox, pause=self.settle, patience_s=3.0)
        self.authorizing = Authorizing(self.acts)
        self.repeating = Repeating(self.acts)

    # --- time

    async def settle(self, *, work: bool = True) -> None:
        """Let everything happen that follows from what was done; without ``work`` no worker works."""
        while True:
            await self.bot.reception.drain()
            await self.bot.turn()
            await self._send_all()
            worked = work and await self._work_all()
            if not worked and not await self._is_stale():
                return

    async def _send_all(self) -> None:
        """Send everything that is due before the cards are drawn again: the bot does both at once."""
        await self.bot.outbox.drain()
        while await self._is_due():
            await self.bot.outbox.step()
            await self.bot.outbox.drain()

    async def _work_all(self) -> bool:
        worked = False
        while await self.worker.step():
            worked = True
        return worked

    def another_worker(self, bench: Bench | None = None) -> Worker:
        """One more worker on the same database, with its own engine if one is given."""
        return Worker(
            self.db,
            bench or self.bench,
            self.clock,
            name="W-2",
            repository=self.settings.repository,
            lease=LEASE,
            seal_key=self.settings.seal_key,
            alerts=Alerts(self.settings.supervisor_channel, self.clock),
        )

    async def _is_due(self) -> bool:
        async with self.db.snapshot() as snapshot:
            return bool(await snapshot.outbox.heads(self.clock()))

    async def _is_stale(self) -> bool:
        async with self.db.snapshot() as snapshot:
            return bool(await snapshot.requests.stale())

    # --- people

    def person(self, account: str) -> Person:
        return self.sandbox.person(account)

    def notes(self, account: str, channel: str) -> list[str]:
        """What one person was told privately in a channel."""
        return [text_of(m) for m in self.person(account).ephemerals(channel)]

    def told(self, account: str) -> str:
        """Everything the bot told one person privately, in whatever place."""
        person = self.person(account)
        rooms = [c.id for c in person.channels() if not c.is_im]
        notes = [note for room in rooms for note in self.notes(account, room)]
        direct = [text_of(m) for m in person.dm_messages()]
        return "\n".join([*notes, *direct])

    def seen_by(self, account: str) -> list[str]:
        """Every text one person can reach, values of buttons and names of files included."""
        everything = self.sandbox.workspace.everything_visible_to(account)
        return [s.content for s in everything if isinstance(s.content, str)]

    def pictures_of(self, account: str) -> list[bytes]:
        """Every picture one person can open."""
        everything = self.sandbox.workspace.everything_visible_to(account)
        return [s.content for s in everything if isinstance(s.content, bytes)]

    def press(
        self, account: str, channel: str, ts: str, action_id: str
    ) -> dict[str, Any]:
        """The payload of a button as this person would send it, who may not even see it."""
        message = self.sandbox.workspace.find_message(channel, ts)
        assert message is not None
        action = pressed(*find_element(message.blocks, action_id, None))
        return self.person(account).payloads.message_action(account, message, action)

    async def deliver(self, *payloads: dict[str, Any]) -> None:
        """Deliver what somebody sends, all at once, and let everything follow."""
        courier = self.sandbox.courier
        await asyncio.gather(
            *(courier.interaction(p["user"]["id"], p) for p in payloads)
        )
        await self.settle()

    def in_roles(self, account: str, **entry: Any) -> None:
        """Change somebody's entry of the role map, as an administrator does in the file."""
        people = [
            person | (entry if account in person["slack_users"] else {})
            for person in cases.people()
        ]
        self.settings.role_map.write_text(render(people))

    # --- the record

    async def request(self, id: str) -> FaceRequest:
        async with self.db.snapshot() as snapshot:
            return await snapshot.requests.get(id)

    async def state(self, id: str) -> State:
        return (await self.request(id)).state

    async def events(self, *verbs: Verb) -> list[AuditEvent]:
        """The audit log since the gallery was enrolled; all of it, or these verbs only."""
        # A refusal is answered first and recorded then.
        await self.bot.reception.drain()
        async with self.db.snapshot() as snapshot:
            await snapshot.audit.check()
            entries = await snapshot.audit.entries()
        return [e.event for e in entries if not verbs or e.event.verb in verbs]

    async def refusals(self) -> list[tuple[str, str]]:
        """Who was refused, by which rule."""
        verbs = (Verb.ATTEMPT_REFUSED, Verb.REQUEST_REFUSED)
        return [(e.actor, str(e.facts["rule"])) for e in await self.events(*verbs)]

    async def listed(self, id: str) -> tuple[Listed, ...]:
        """The candidates of the last search, nearest first."""
        async with self.db.snapshot() as snapshot:
            search = await snapshot.searches.find_latest(id)
            assert search is not None
            return await snapshot.searches.candidates(search.id)

    async def finder(
        self, id: str, place: int, subject: str | None, conclusion: int = 2
    ) -> Callable[[Candidate], int | None]:
        """Know the right letter, as an examiner does by looking; exclude everybody else."""
        listed = await self.listed(id)
        mate = next(c for c in listed if c.subject_id == subject)
        async with self.db.snapshot() as snapshot:
            examination = (await snapshot.examinations.of(id))[place]
        letter = examination.label_of(mate.id)
        return lambda candidate: conclusion if candidate.letter == letter else None

    async def counts(self) -> tuple[int, int, int]:
        """How many requests, searches and audit entries there are: what a refused act must not change."""
        async with self.db.snapshot() as snapshot:
            requests = await snapshot.requests.in_states(*State)
            searches = [await snapshot.searches.find_latest(r.id) for r in requests]
            entries = await snapshot.audit.entries()
        return len(requests), sum(s is not None for s in searches), len(entries)

    # --- whole stretches of a case

    async def sent(self, account: str = cases.DANA, **given: Any) -> str:
        """A request with a still of D0014 unless said otherwise, just sent."""
        image = given.pop("image", None) or still("mated")
        return await self.acts.request(account, image, **given)

    async def searched(self, account: str = cases.DANA, **given: Any) -> str:
        """A request whose candidates wait for their first examiner."""

        async def reach() -> str:
            id = await self.sent(account, **given)
            await self.acts.examination(id)
            return id

        return await self.reached(f"searched {account} {given}", reach)

    async def reached(self, name: str, reach: Callable[[], Awaitable[str]]) -> str:
        """Reach a stage by doing all of it; the second time a test begins with it, by remembering."""
        key = f"{self.settings.digest} {name}"
        if not await self._is_untouched():
            return await reach()
        if (stage := self.stages.get(key)) is None:
            id = await reach()
            await self.settle()
            self.stages[key] = await self._remembered(id)
            return id
        await self._go_back_to(stage)
        return stage.id

    async def _is_untouched(self) -> bool:
        """Whether everybody and every room is as in the beginning, and nobody has asked for anything."""
        workspace, seed = self.sandbox.workspace, cases.seed()
        rooms = [c for c in workspace.channels.values() if not c.is_im]
        return (
            (await self.counts())[0] == 0
            and rooms == list(seed.channels)
            and all(workspace.users[user.id] == user for user in seed.users)
            and self.settings.role_map.read_text() == render(cases.people())
            and self.clock() == NOON
        )

    async def _remembered(self, id: str) -> Stage:
        async with self.db.snapshot() as snapshot:
            pictures = await snapshot.pictures.of(id)
            probe = await snapshot.probes.find(id)
            edited = await snapshot.derivatives.of(id)
        await self.db.close()
        workspace = self.sandbox.workspace
        slack = {n: getattr(workspace, n) for n in REMEMBERED}
        files = {p.vault_sha256 for p in pictures.values()}
        files |= {probe.sha256} if probe else set()
        files |= {derivative.sha256 for derivative in edited}
        return Stage(
            id,
            self._database.read_bytes(),
            copy.deepcopy(slack),
            int(workspace.next_id("")),
            tuple({self.vault.get(sha256) for sha256 in files}),
        )

    async def _go_back_to(self, stage: Stage) -> None:
        await self.db.close()
        self._database.write_bytes(stage.database)
        for name, value in copy.deepcopy(stage.slack).items():
            setattr(self.sandbox.workspace, name, value)
        for file in stage.files:
            self.vault.put(file)
        # Ids that were given out stay so.
        while int(self.sandbox.workspace.next_id("")) < stage.ids:
            continue
        self.bot.workspace.forget()

    @property
    def _database(self) -> Path:
        return self.settings.data_dir / "fis.sqlite3"

    async def card(self, id: str, place: int = 0) -> str:
        """The ts of an examination's card, to press its buttons."""
        await self.settle()
        return str(self.acts.examination_cards(id)[place]["ts"])

    async def examined(
        self,
        id: str,
        account: str,
        place: int,
        found: str | None,
        conclusion: int = 2,
        *,
        in_context: bool = True,
    ) -> None:
        """One whole examination that supports one subject, or nobody; with the context check after it
        if it led to one."""
        await self.acts.examination(id, place)
        nobody: Callable[[Candidate], int | None] = lambda _: None  # noqa: E731
        supports = await self.finder(id, place, found, conclusion) if found else nobody
        await self.acts.examine(account, id, place, supports)
        await self.settle()
        if in_context:
            await self.context_checked(id)

    async def decided(
        self,
        id: str,
        account: str,
        place: int,
        found: str | None,
        conclusion: int = 2,
        *,
        findings: Findings = SEEN,
        in_context: bool = True,
    ) -> None:
        """One whole examination without its clicks, for tests that are about what follows it; with the
        context check after it if it led to one. ``findings`` are those about whoever is found."""
        await self.settle()  # nobody decides about what is not shown yet
        actor, now = RoleMap(self.settings.role_map).actor(account), self.clock()
        listed = {c.id: c.subject_id for c in await self.listed(id)}
        async with self.db.snapshot() as snapshot:
            examination = (await snapshot.examinations.of(id))[place]
        await service.take(self.db, examination.id, actor=actor, now=now)
        seen = analyse(examination.id, Usability.GOOD, Component, "", now)
        await save_analysis(self.db, seen, actor=actor, now=now)
        await self.settle()  # the candidates come now
        for candidate in examination.order:
            is_found = listed[candidate] == found
            level = Conclusion(conclusion) if is_found else Conclusion.EXCLUDED
            compared = findings if is_found else SEEN
            opinion = compare(candidate, level, REASON, now, compared)
            await service.dispose(
                self.db, examination.id, opinion, actor=actor, now=now
            )
        async with self.db.snapshot() as snapshot:
            decisions = await snapshot.examinations.dispositions(examination.id)
        await service.submit(
            self.db,
            examination.id,
            summary=summary_version(decisions),
            blind_check_share=self.settings.blind_check_share,
            actor=actor,
            now=now,
            override=CARRIED,
        )
        if in_context:
            await self.context_checked(id)

    async def context_checked(self, id: str) -> None:
        """Where a context check waits: nothing stands against any candidate; without its clicks."""
        while (request := await self.request(id)).state is State.CONTEXT_CHECK:
            async with self.db.snapshot() as snapshot:
                examinations = await snapshot.examinations.of(id, request.round)
            first = next(e.examiner for e in examinations if e.submitted_at)
            roles = RoleMap(self.settings.role_map)
            actor = roles.actor(roles.account_of(first or "") or "")
            asked: dict[str, Any] = {
                "can_examine": lambda _: True,
                "actor": actor,
                "now": self.clock(),
            }
            waiting = await contexts.open_next(self.db, id, **asked)
            await contexts.check(
                self.db,
                id,
                waiting.candidate.id,
                agreeing(waiting.known.recorded()),
                **asked,
            )

    async def peered(self, found: str | None = "D0014", **given: Any) -> str:
        """A request whose second examination waits."""

        async def reach() -> str:
            id = await self.searched(**given)
            await self.decided(id, cases.ERIK, 0, found)
            await self.settle()
            assert await self.state(id) is State.PEER_REVIEW
            return id

        return await self.reached(f"peered {found} {given}", reach)

    async def reviewable(self, found: str | None = "D0014", **given: Any) -> str:
        """A request on which both examiners support the same subject."""

        async def reach() -> str:
            id = await self.searched(**given)
            await self.decided(id, cases.ERIK, 0, found)
            await self.decided(id, cases.PRIYA, 1, found)
            await self.settle()
            assert await self.state(id) is State.SUPERVISOR_REVIEW
            return id

        return await self.reached(f"reviewable {found} {given}", reach)

    async def unanswered(self, **given: Any) -> str:
        """A request about a stranger that ended with no possible match."""
        given.setdefault("image", still("stranger"))

        async def reach() -> str:
            id = await self.searched(**given)
            await self.decided(id, cases.ERIK, 0, None)
            await self.settle()
            await self.acts.close(cases.SAM, id)
            await self.settle()
            assert await self.state(id) is State.NO_POSSIBLE_MATCH
            return id

        return await self.reached(f"unanswered {_named(given)}", reach)

    async def asked(self, **given: Any) -> str:
        """The same, with the question for the DMV photographs before the commanders."""

        async def reach() -> str:
            id = await self.unanswered(**given)
            await self.authorizing.ask(cases.DANA, id)
            await self.authorizing.question(id)
            await self.settle()
            return id

        return await self.reached(f"asked {_named(given)}", reach)

    async def granted(self, **given: Any) -> str:
        async def reach() -> str:
            id = await self.asked(**given)
            await self.authorizing.decide(cases.MARA, id, "grant")
            await self.authorizing.order(id)
            await self.settle()
            return id

        return await self.reached(f"granted {_named(given)}", reach)

    async def authorized(self, **given: Any) -> str:
        """The candidates of the DMV photographs wait for their first examiner."""

        async def reach() -> str:
            id = await self.granted(**given)
            await self.authorizing.start(cases.LENA, id)
            await self.acts.examination(id, 1)
            await self.settle()
            return id

        return await self.reached(f"authorized {_named(given)}", reach)

    async def authorization(self, id: str) -> Authorization:
        """The last one of a request."""
        async with self.db.snapshot() as snapshot:
            return (await snapshot.authorizations.of(id))[-1]

    async def acknowledged(self, **given: Any) -> str:
        """A lead whose requester has read what it is not."""

        async def reach() -> str:
            id = await self.released(**given)
            await self.acts.press_own(cases.DANA, id, ActionId.ACKNOWLEDGE)
            await self.settle()
            assert await self.state(id) is State.ACKNOWLEDGED
            return id

        return await self.reached(f"acknowledged {given}", reach)

    async def released(self, **given: Any) -> str:

        async def reach() -> str:
            id = await self.reviewable(**given)
            await self.acts.release(cases.SAM, id)
            await self.settle()
            assert await self.state(id) is State.RELEASED
            return id

        return await self.reached(f"released {given}", reach)


def _named(given: dict[str, Any]) -> dict[str, Any]:
    """What a stage was reached with, short enough to be its name."""
    return {
        name: sha256(value).hexdigest()[:8] if isinstance(value, bytes) else value
        for name, value in given.items()
    }


def still(kind: str, number: int = 0) -> bytes:
    return cases.stills(kind)[number].path.read_bytes()


def text_of(value: object) -> str:
    """Every text of a message or view that a person reads."""
    if isinstance(value, dict):
        own = [value["text"]] if isinstance(value.get("text"), str) else []
        return " ".join([*own, *(text_of(v) for v in value.values())])
    if isinstance(value, list):
        return " ".join(text_of(v) for v in value)
    return ""


Reached = Callable[[Bot, Sandbox], AbstractAsyncContextManager[None]]
"""How events get to the bot, from when it is entered."""


@asynccontextmanager
async def opened(
    home: Path, enrolled: Enrolled, *, ack_seconds: float = 3.0, **changes: Any
) -> AsyncIterator[Workplace]:
    """Workspace, bot and one worker, in this process, behind real HTTP on loopback."""
    async with Sandbox(
        cases.seed(), cases.MANIFEST, retry_delays=(0, 0), ack_seconds=ack_seconds
    ) as sandbox:
        settings = _settings(home, sandbox, changes)
        async with at_work(home, enrolled, sandbox, settings, _by_http) as workplace:
            yield workplace


@asynccontextmanager
async def _by_http(bot: Bot, sandbox: Sandbox) -> AsyncIterator[None]:
    async with _listening(bot) as url:
        sandbox.connect(url)
        yield


@asynccontextmanager
async def at_work(
    home: Path,
    enrolled: Enrolled,
    sandbox: Sandbox,
    settings: Settings,
    reached: Reached,
) -> AsyncIterator[Workplace]:
    """The bot and one worker beside a workspace, until everything that follows has happened."""
    clock = Hands()
    db, bot, worker = parts(home, enrolled, settings, clock)
    workplace = Workplace(
        sandbox,
        bot,
        db,
        worker,
        clock,
        settings,
        enrolled.vault,
        enrolled.vault_home,
        enrolled.bench,
        enrolled.stages,
    )
    complaints = Complaints()
    bot.app.logger.addHandler(complaints)
    try:
        async with reached(bot, sandbox):
            await bot.check()
            yield workplace
            await workplace.settle()
        assert complaints.said == []
        await check_in_order(workplace)
    finally:
        bot.app.logger.removeHandler(complaints)
        await bot.outbox.drain()
        await db.close()


def parts(
    home: Path, enrolled: Enrolled, settings: Settings, clock: Hands
) -> tuple[Database, Bot, Worker]:
    """A bot and its one worker on a database of their own."""
    # Two hundred who click at once wait for one another, on a machine with other work as well.
    db = Database(home / "fis.sqlite3", Cipher(KEY), busy_s=60)
    store = Store(db, enrolled.vault, home / "galleries")

    async def rebuild(repository: str) -> str:
        """What the bot has a process of its own for."""
        return await renew_gallery(db, store.galleries, repository, clock())

    bot = Bot(settings, store, clock, seconds_between=0.0, rebuild=rebuild)
    worker = Worker(
        db,
        enrolled.bench,
        clock,
        name="W-1",
        repository=settings.repository,
        lease=LEASE,
        seal_key=settings.seal_key,
        alerts=Alerts(settings.supervisor_channel, clock),
    )
    return db, bot, worker


async def check_in_order(workplace: Workplace) -> None:
    """What holds at the end of every test that uses the front door, whatever it was about."""
    assert all(d.acknowledged for d in workplace.sandbox.courier.journal)
    # Slack ignores an argument it does not know; a mistyped one must not go unseen here.
    assert workplace.sandbox.web_api.ignored == set()
    await check_record(workplace)
    check_nobody_met_a_defect(workplace)
    await check_requesters_saw_no_candidate(workplace)


async def check_record(workplace: Workplace) -> None:
    """The chain is whole, every transition has its event, and nothing for Slack was given up."""
    events = await workplace.events()
    async with workplace.db.snapshot() as snapshot:
        assert await snapshot.outbox.failed() == []
        requests = await snapshot.requests.in_states(*State)
    for request in requests:
        assert transitions(request.id, events) == request.version - 1, request


def transitions(id: str, events: list[AuditEvent]) -> int:
    """How many steps of one request the audit log tells of."""
    own = [e for e in events if id in (e.subject, e.facts.get("request"))]
    return sum(
        _is_step(event.verb, before.verb)
        for before, event in itertools.pairwise(own)
        # A request that had ended before its sign-off lapsed stays where it was.
        # Nor is a context check a step while more candidates wait for theirs.
        if event.verb not in _NOT_ALWAYS_A_STEP or "to" in event.facts
    )


_STEPS = {
    Verb.REQUEST_WITHDRAWN,
    Verb.PROBE_STORED,
    Verb.PROBE_CHECKED,
    Verb.PROBE_UNSUITABLE,
    Verb.PROBE_REFUSED,
    Verb.FACE_CHOSEN,
    Verb.REPEAT_FOUND,
    Verb.REPEAT_ALLOWED,
    Verb.REPEAT_REFUSED,
    Verb.SIGN_OFF_ASKED,
    Verb.SIGN_OFF_GIVEN,
    Verb.SIGN_OFF_DENIED,
    Verb.SEARCH_STARTED,
    Verb.SEARCH_FINISHED,
    Verb.SEARCH_GIVEN_UP,
    Verb.SEARCH_RETRIED,
    Verb.EXAMINATION_SUBMITTED,
    Verb.CONTEXT_CHECKED,
    Verb.LEAD_RELEASED,
    Verb.LEAD_ACKNOWLEDGED,
    Verb.CORROBORATION_RECORDED,
    Verb.LEAD_RECALLED,
    Verb.REQUEST_CLOSED,
    Verb.REQUEST_RETURNED,
    Verb.AUTHORIZATION_STARTED,
    Verb.SEARCHED_ON_DERIVATIVE,
    Verb.RESULTS_ABANDONED,
    Verb.SIGN_OFF_LAPSED,
}
_NOT_ALWAYS_A_STEP = {Verb.SIGN_OFF_LAPSED, Verb.CONTEXT_CHECKED}
# Two entries of one step: what was found or chosen, and what that led to.
_OF_ONE_STEP = (
    {
        (found, led_to)
        for found in (Verb.PROBE_CHECKED, Verb.FACE_CHOSEN)
        for led_to in (Verb.PROBE_UNSUITABLE, Verb.SIGN_OFF_ASKED, Verb.REPEAT_FOUND)
    }
    | {(Verb.REPEAT_ALLOWED, Verb.SIGN_OFF_ASKED)}
    | {(Verb.SEARCH_STARTED, Verb.SEARCH_STARTED)}
)  # begun again after a crash


def _is_step(verb: Verb, before: Verb) -> bool:
    return verb in _STEPS and (before, verb) not in _OF_ONE_STEP


def check_nobody_met_a_defect(workplace: Workplace) -> None:
    workspace = workplace.sandbox.workspace
    for message in (*workspace.messages, *workspace.ephemerals):
        assert "went wrong" not in text_of(message.blocks)


async def check_requesters_saw_no_candidate(workplace: Workplace) -> None:
    """Of all that was found, a requester reaches one lead's number and photograph, once acknowledged."""
    for account in (cases.DANA, cases.OMAR):
        channels = {c.id for c in workplace.person(account).channels()}
        if channels.isdisjoint({cases.EXAMINERS, cases.SUPERVISORS}):
            seen = "\n".join(workplace.seen_by(account))
            for word in await _secrets(workplace):
                assert word not in seen, f"{account} reads {word}"


async def _secrets(workplace: Workplace) -> set[str]:
    words = {"CA-", "EX-", "SE-", "Candidate", "Comparison", "imilarity", "rank"}
    async with workplace.db.snapshot() as snapshot:
        for request in await snapshot.requests.in_states(*State):
            search = await snapshot.searches.find_latest(request.id)
            lead = await snapshot.leads.find(request.id)
            known = lead.photo_id if lead and lead.acknowledged_at else None
            for listed in (
                await snapshot.searches.candidates(search.id) if search else ()
            ):
                photograph = await snapshot.photographs.find(listed.photo_id)
                words |= {listed.subject_id, f"{listed.similarity:.3f}"}
                if photograph is not None and photograph.id != known:
                    words |= {photograph.arrest_number}
    return words


@asynccontextmanager
async def _listening(bot: Bot) -> AsyncIterator[str]:
    application = front(bot.app, bot.health)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}{EVENTS_PATH}"
    finally:
        await runner.cleanup()


def _settings(home: Path, sandbox: Sandbox, changes: dict[str, Any]) -> Settings:
    roles = home / "roles.yaml"
    roles.write_text(render(cases.people()))
    repositories = home / "repositories.yaml"
    repositories.write_text(cases.REPOSITORIES)
    given: dict[str, Any] = {
        "_env_file": None,
        "data_dir": home,
        "encryption_key": base64.urlsafe_b64encode(KEY).decode(),
        "role_map": roles,
        "slack_bot_token": sandbox.bot_token,
        "slack_signing_secret": sandbox.signing_secret,
        "slack_base_url": sandbox.api_url,
        "slack_team": "T-FIS",
        "request_channel": cases.REQUESTS,
        "examiner_channel": cases.EXAMINERS,
        "supervisor_channel": cases.SUPERVISORS,
        "commander_channel": cases.COMMANDERS,
        "repositories": repositories,
        "list_length": LIST_LENGTH,
        "blind_check_share": 0.0,
    }
    return read_settings(**given | changes)

"""kill -9, with real processes: the case goes on, with one result, nothing twice and nothing lost."""

import asyncio
import random
import shutil
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from bot.domain.audit import AuditEvent, Verb
from bot.domain.candidates import Conclusion
from bot.domain.workflow import State
from bot.sandbox import cases
from bot.sandbox.acts import Acts, NotAsExpected
from bot.sandbox.errors import NotAcknowledged
from bot.sandbox.records import BOT_USER
from bot.sandbox.server import Sandbox
from bot.views.ids import ActionId
from storage.cipher import Cipher
from storage.database import Database
from tests.front import KEY, Enrolled, still
from tests.jobs.living import House, Line, Living, is_alive, kill, settings_for
from tests.jobs.parts import eventually

KILLS = 15
LOOKING_S = 0.002
STARTED = "SELECT count(*) FROM audit_log WHERE verb = 'search.started'"
MATE = "D0014"


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture
async def house(enrolled: Enrolled, home: Path, models: Path) -> AsyncIterator[House]:
    shutil.copy(enrolled.database, home / "fis.sqlite3")
    shutil.copytree(enrolled.vault_home, home / "vault")
    shutil.copytree(enrolled.bench.galleries_dir, home / "galleries")
    async with Sandbox(cases.seed(), cases.MANIFEST, retry_delays=()) as sandbox:
        settings = settings_for(home, sandbox, KEY, models_dir=models)
        house = House(settings, sandbox)
        yield house
        await asyncio.to_thread(house.close)


def kill_in_the_middle_of_the_search(
    house: House, bot: Living, *, bot_too: bool
) -> None:
    """Once, as soon as the first search of a worker is on record as begun: it takes many times as long as
    looking whether it is."""

    def strike() -> None:
        while house.rows(STARTED) == [(0,)]:
            time.sleep(LOOKING_S)
        if bot_too:
            bot.kill()
        kill(bot.worker_pids()[-1])

    def react(line: Line) -> None:
        if line["event"] == "work.claimed" and line["work"] == "search":
            bot.reactions.clear()
            threading.Thread(target=strike).start()

    bot.reactions.append(react)


async def test_a_worker_killed_in_the_middle_of_a_search_costs_a_delay_only(
    house: House,
) -> None:
    acts = Acts(house.sandbox)
    bot = house.serve()
    await house.is_up()
    kill_in_the_middle_of_the_search(house, bot, bot_too=False)
    request = await acts.request(cases.DANA, still("mated"))
    await acts.examination(request)
    assert len(bot.worker_pids()) == 2
    assert await attempts(house) == [1, 2]
    await check_all_of_it_once(house)
    assert await asyncio.to_thread(bot.end) == 0
    await house.all_ended()


async def test_a_bot_killed_with_its_worker_in_the_middle_of_a_search_goes_on(
    house: House,
) -> None:
    acts = Acts(house.sandbox)
    first = house.serve()
    await house.is_up()
    kill_in_the_middle_of_the_search(house, first, bot_too=True)
    request = await acts.request(cases.DANA, still("mated"))
    await eventually(lambda: not is_alive(first.process.pid), seconds=60)
    assert house.rows("SELECT count(*) FROM searches") == [(0,)]
    second = house.serve()
    await house.is_up()
    await acts.examination(request)
    assert await attempts(house) == [1, 2]
    await check_all_of_it_once(house)
    assert await asyncio.to_thread(second.end) == 0
    await house.all_ended()


async def test_a_bot_killed_at_any_moment_of_a_case_loses_and_doubles_nothing(
    house: House,
) -> None:
    """The worker stays; the bot is killed again and again while it posts and uploads."""
    house.settings = house.settings.model_copy(update={"workers": 0})
    worker = house.start("worker")
    killer = Killer(house)
    acts = Acts(house.sandbox, patience_s=2)
    case = Case(house, acts, killer.is_up)
    async with asyncio.timeout(150):
        killing = asyncio.create_task(killer.keep_killing(KILLS))
        await case.whole()
        await killing
    assert killer.killed == KILLS
    # What was under way at the last kill is brought to its end by the last process.
    await killer.is_up()
    await check_all_of_it_once(house)
    assert await case.state() is State.ACKNOWLEDGED
    await case.close()
    assert await asyncio.to_thread(house.processes[-1].end) == 0
    assert await asyncio.to_thread(worker.end) == 0
    await house.all_ended()


class Killer:
    """Kills the bot at the n-th thing it does in Slack, or before it has done any, and starts it again."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._left = -1
        self.killed = 0
        self._up = asyncio.Event()

    async def is_up(self) -> None:
        await self._up.wait()

    async def keep_killing(self, times: int) -> None:
        workspace = self._house.sandbox.workspace
        stop = workspace.subscribe(self._one_more)
        for _ in range(times):
            bot = await self._start()
            self._left = random.randint(0, 6)  # noqa: S311  a moment, not a secret
            if self._left == 0:
                bot.process.kill()
            await asyncio.to_thread(bot.process.wait)
            self._up.clear()
            self.killed += 1
        stop()
        await self._start()

    async def _start(self) -> Living:
        bot = self._house.serve()
        await self._house.is_up()
        self._up.set()
        return bot

    def _one_more(self) -> None:
        """Something was written in Slack; the answer to it has not left yet."""
        self._left -= 1
        if self._left == 0:
            self._house.processes[-1].process.kill()


class Case:
    """A whole case by patient people: what shows no effect, they press again."""

    def __init__(
        self, house: House, acts: Acts, is_up: Callable[[], Awaitable[None]]
    ) -> None:
        self._house, self._acts, self._is_up = house, acts, is_up
        self._db = Database(house.settings.data_dir / "fis.sqlite3", Cipher(KEY))
        self.request = ""

    async def whole(self) -> None:
        await self._until(self._sent, self._send)
        for place, account in enumerate((cases.ERIK, cases.PRIYA)):
            await self._examine(place, account)
        await self._until(
            self._is(State.SUPERVISOR_REVIEW),
            lambda: self._acts.check_context(cases.ERIK, self.request),
        )
        await self._until(
            self._is(State.RELEASED),
            lambda: self._acts.release(cases.SAM, self.request),
        )
        await self._until(
            self._is(State.ACKNOWLEDGED),
            lambda: self._acts.press_own(
                cases.DANA, self.request, ActionId.ACKNOWLEDGE
            ),
        )

    async def close(self) -> None:
        await self._db.close()

    async def state(self) -> State:
        async with self._db.snapshot() as snapshot:
            return (await snapshot.requests.get(self.request)).state

    async def _until(
        self, is_so: Callable[[], Awaitable[bool]], act: Callable[[], Awaitable[object]]
    ) -> None:
        """Do it again for as long as it shows no effect."""
        while not await is_so():
            await self._is_up()
            with _not_there_yet():
                await act()
                await self._acts.until("an effect", _after(5))

    async def _sent(self) -> bool:
        async with self._db.snapshot() as snapshot:
            requests = await snapshot.requests.in_states(*State)
        self.request = requests[0].id if requests else ""
        return bool(requests)

    async def _send(self) -> None:
        await self._acts.request(cases.DANA, still("mated"))

    def _is(self, state: State) -> Callable[[], Awaitable[bool]]:
        async def look() -> bool:
            return await self.state() is state

        return look

    async def _examine(self, place: int, account: str) -> None:
        acts = self._acts
        await self._until(
            lambda: self._is_taken(place),
            lambda: self._take(place, account),
        )
        card = acts.examination_cards(self.request)[place]
        await self._until(
            lambda: self._is_analysed(place), lambda: acts.analyse(account, card)
        )
        found = await self._letter_of_mate(place)
        for letter in await self._letters(place):
            await self._until(
                lambda letter=letter: self._is_decided(place, letter),  # type: ignore[misc]
                lambda letter=letter: self._decide(account, card, letter, found),  # type: ignore[misc]
            )
        await self._until(
            lambda: self._is_submitted(place), lambda: acts.submit(account, card)
        )

    async def _take(self, place: int, account: str) -> None:
        await self._acts.sit_down(
            account, await self._acts.examination(self.request, place)
        )

    async def _decide(
        self, account: str, card: dict[str, object], letter: str, found: str
    ) -> None:
        # After a kill the candidates may come a while after the analysis was saved.
        candidate = await self._acts.until(
            f"candidate {letter}",
            lambda: next(
                (c for c in self._acts.candidates(account, card) if c.letter == letter),
                None,
            ),
        )
        if letter == found:
            await self._acts.compare(account, candidate, Conclusion.STRONG_SUPPORT_SAME)
        else:
            await self._acts.exclude(account, candidate)

    async def _letter_of_mate(self, place: int) -> str:
        async with self._db.snapshot() as snapshot:
            examination = (await snapshot.examinations.of(self.request))[place]
            listed = await snapshot.searches.candidates(examination.search_id)
        return examination.label_of(next(c.id for c in listed if c.subject_id == MATE))

    async def _letters(self, place: int) -> list[str]:
        async with self._db.snapshot() as snapshot:
            examination = (await snapshot.examinations.of(self.request))[place]
        return [examination.label_of(id) for id in examination.order]

    async def _is_analysed(self, place: int) -> bool:
        async with self._db.snapshot() as snapshot:
            examination = (await snapshot.examinations.of(self.request))[place]
            return await snapshot.analyses.find(examination.id) is not None

    async def _is_taken(self, place: int) -> bool:
        async with self._db.snapshot() as snapshot:
            examinations = await snapshot.examinations.of(self.request)
        return len(examinations) > place and examinations[place].examiner is not None

    async def _is_decided(self, place: int, letter: str) -> bool:
        async with self._db.snapshot() as snapshot:
            examination = (await snapshot.examinations.of(self.request))[place]
            decided = await snapshot.examinations.dispositions(examination.id)
        return letter in {examination.label_of(id) for id in decided}

    async def _is_submitted(self, place: int) -> bool:
        async with self._db.snapshot() as snapshot:
            examination = (await snapshot.examinations.of(self.request))[place]
        return examination.submitted_at is not None


@contextmanager
def _not_there_yet() -> Iterator[None]:
    """Whoever does not find yet what they look for, or gets no answer, tries again later."""
    try:
        with suppress(NotAcknowledged, NotAsExpected, LookupError):
            yield
    except RuntimeError as error:
        # What a ``next`` that found nothing becomes on its way out of a coroutine (PEP 479).
        if not isinstance(error.__cause__, StopIteration):
            raise


def _after(looks: int) -> Callable[[], bool | None]:
    left = iter(range(looks))
    return lambda: next(left, None) is None or None


# --- what has to hold afterwards


async def attempts(house: House) -> list[object]:
    """The attempts at which the search was begun."""
    return [
        e.facts["attempt"] for e in await events(house) if e.verb is Verb.SEARCH_STARTED
    ]


async def events(house: House) -> list[AuditEvent]:
    """The audit log, its chain checked."""
    db = Database(house.settings.data_dir / "fis.sqlite3", Cipher(KEY))
    async with db.snapshot() as snapshot:
        await snapshot.audit.check()
        entries = await snapshot.audit.entries()
    await db.close()
    return [entry.event for entry in entries]


async def check_all_of_it_once(house: House) -> None:
    """One request, its whole result once, every card and picture once, and nothing else."""
    await eventually(lambda: is_finished(house), seconds=60)
    assert house.rows("SELECT count(*) FROM requests") == [(1,)]
    assert house.rows("SELECT count(*) FROM searches") == [(1,)]
    assert house.rows("SELECT count(*) FROM candidates") == [(5,)]
    verbs = Counter(event.verb for event in await events(house))
    assert verbs[Verb.SEARCH_FINISHED] == verbs[Verb.REQUEST_SUBMITTED] == 1
    check_messages(house)
    check_pictures(house)


def is_finished(house: House) -> bool:
    """Nothing left to send, to redraw or to work on."""
    return house.rows(
        "SELECT (SELECT count(*) FROM outbox WHERE state = 'pending'),"
        " (SELECT count(*) FROM requests WHERE drawn_mark != change_mark),"
        " (SELECT count(*) FROM work WHERE state = 'open')"
    ) == [(0, 0, 0)]


def check_messages(house: House) -> None:
    """Every card stands in Slack once, and everything the outbox posted is a card."""
    cards = Counter(house.rows("SELECT posted_in, ts FROM cards"))
    posted = Counter(
        (m.channel, m.ts)
        for m in house.sandbox.workspace.messages
        if m.client_msg_id is not None
    )
    assert cards == posted
    assert set(posted.values()) == {1}
    assert house.rows("SELECT * FROM outbox WHERE state = 'failed'") == []


def check_pictures(house: House) -> None:
    """Whatever was ever shown is a picture of record, shown once."""
    noted = Counter(house.rows("SELECT slack_file FROM pictures"))
    files = house.sandbox.workspace.files.values()
    shares = Counter((f.id,) for f in files for _ in f.shares if f.owner == BOT_USER)
    assert noted == shares
    assert set(noted.values()) == {1}
    assert house.rows("SELECT * FROM pictures WHERE shared_at IS NULL") == []

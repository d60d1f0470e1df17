"""How long a search and an acknowledgement take, beside what the obvious ways would take: python -m benchmarks.latency"""

import asyncio
import json
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from app import MODELS, trial_settings
from bot import log
from bot.matching import images
from bot.matching.deepface_engine import DeepFaceEngine
from bot.matching.weights import prepare
from bot.sandbox import cases
from bot.sandbox.acts import Acts, NotAsExpected
from bot.sandbox.acts import number as card_number
from bot.sandbox.demo import demo
from bot.sandbox.errors import NotAcknowledged
from bot.sandbox.people import Person
from bot.sandbox.server import Sandbox
from bot.views.ids import ActionId

SEARCHES = 10
AT_ONCE = 3
PEER_SECONDS = 8.0
PATIENCE_S = 4.0
SEARCH_LIMIT_S, ACK_LIMIT_S = 1.0, 0.3
STILL = cases.stills("mated")[0].path.read_bytes()


@dataclass(frozen=True, slots=True)
class Spread:
    """Seconds, by how many of how many are no longer."""

    count: int
    p50: float
    p95: float
    longest: float

    def __str__(self) -> str:
        p50, p95, longest = (
            f"{v * 1000:.0f}" for v in (self.p50, self.p95, self.longest)
        )
        return f"p50 {p50:>5} ms   p95 {p95:>5} ms   max {longest:>5} ms   (n = {self.count})"


def spread(seconds: Sequence[float]) -> Spread:
    ordered = sorted(seconds)
    p95 = ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
    return Spread(len(ordered), statistics.median(ordered), p95, ordered[-1])


@dataclass(frozen=True, slots=True)
class Report:
    search: Spread  # from the submission of the form to the committed candidate list
    laid_out: Spread  # from submission to twenty candidates with buttons in the examiners' thread
    acks: Spread  # commands and clicks, while searches run in a worker
    peer_acks: Spread  # the same, while the same search runs on the event loop itself
    engine: Spread  # one still decoded, its face found and encoded, by this engine
    peer_engine: (
        Spread  # the same by DeepFace.represent as it comes, with the same weights
    )

    @property
    def good(self) -> bool:
        return self.search.p95 < SEARCH_LIMIT_S and self.acks.longest < ACK_LIMIT_S


class Trial:
    """Acts in the demonstration's workspace and looks at its database from outside."""

    def __init__(self, sandbox: Sandbox, database: Path) -> None:
        self._sandbox, self._database = sandbox, database
        self._acts = Acts(sandbox, patience_s=120)
        self._numbers = iter(range(100_000, 999_999))

    async def one_search(self) -> tuple[float, float]:
        """Seconds from the submission to the committed list, and to the cards laid out."""
        before = self._searches()
        began, request = await self._send()
        await self._listed(before + 1)
        listed = time.perf_counter() - began
        await self._acts.examination(request)
        return listed, time.perf_counter() - began

    async def searches_at_once(self) -> None:
        """Several in the queue, so that a search, its drawings and its uploads never pause."""
        before = self._searches()
        sent = [await self._send() for _ in range(AT_ONCE)]
        await self._listed(before + AT_ONCE)
        for _, request in sent:
            await self._acts.examination(request)

    async def acks_during(self, work: Awaitable[None]) -> Spread:
        """Commands and clicks of somebody else, one after the other, while something goes on."""
        journal = self._sandbox.courier.journal
        task, first = asyncio.ensure_future(work), len(journal)
        while not task.done():
            # On a busy loop Slack's three seconds may pass before the form is there.
            with suppress(NotAsExpected, NotAcknowledged):
                await self._fill_in(Acts(self._sandbox, patience_s=PATIENCE_S))
        await task
        return spread([delivery.seconds for delivery in journal[first:]])

    async def _fill_in(self, acts: Acts) -> None:
        """Open the form, choose, wait for it to be redrawn, choose again, and close it."""
        person = await acts.open_form(cases.OMAR)
        for source in ("OTHER", "BUSINESS_CAMERA", "PRIVATE_CAMERA"):
            redrawn = _changed(person)
            await person.pick(ActionId.INTAKE_SOURCE, source)
            await acts.until("the form redrawn", redrawn)
        await person.close_modal()

    async def _send(self) -> tuple[float, str]:
        """Send a still; return when the form was submitted, and the number of the request."""
        number = f"2026-075-{next(self._numbers)}"
        known = {card_number(m) for m in self._acts.own_cards(cases.DANA)}
        person = await self._acts.open_form(cases.DANA, number)
        delivery = await self._acts.fill_form(person, STILL)
        began = time.perf_counter() - delivery.seconds

        def new() -> str | None:
            numbers = map(card_number, self._acts.own_cards(cases.DANA))
            return next((n for n in numbers if n and n not in known), None)

        return began, await self._acts.until("the requester's card", new)

    async def _listed(self, count: int) -> None:
        while self._searches() < count:  # noqa: ASYNC110  another process writes them
            await asyncio.sleep(0.005)

    def _searches(self) -> int:
        with closing(sqlite3.connect(self._database)) as connection:
            row = connection.execute("SELECT count(*) FROM searches").fetchone()
            return int(row[0])


def _changed(person: Person) -> Callable[[], bool]:
    before = (person.modal or {}).get("hash")
    return lambda: (person.modal or {}).get("hash") != before


async def on_the_event_loop(engine: DeepFaceEngine) -> None:
    """The obvious way: decode, find, encode and compare in the listener itself."""
    templates = np.zeros((100, engine.model.dim), np.float32)
    until = time.perf_counter() + PEER_SECONDS
    while time.perf_counter() < until:
        began = time.perf_counter()
        [face, *_] = engine.faces(images.decode(STILL).image)
        templates @ face.template
        # As long a rest as it took: without any, nothing else happens at all.
        await asyncio.sleep(time.perf_counter() - began)


def timed(work: Callable[[], object], times: int = 20) -> Spread:
    work()
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return spread(seconds)


def as_it_comes() -> object:
    """deepface's own detection and alignment, its own session, the same weights."""
    from deepface import DeepFace

    pixels = np.ascontiguousarray(images.decode(STILL).image[:, :, ::-1])
    return DeepFace.represent(pixels, model_name="SFace", detector_backend="yunet")


async def measure(data: Path, tell: Callable[[str], None]) -> Report:
    settings = trial_settings(data, fresh=True)
    async with demo(settings, port=0, tell=tell) as running:
        trial = Trial(running.sandbox, settings.data_dir / "fis.sqlite3")
        tell("Warming up ...")
        await trial.one_search()
        tell(f"{SEARCHES} searches, one after the other ...")
        searches = [await trial.one_search() for _ in range(SEARCHES)]
        tell("Commands and clicks while searches run ...")
        acks = await trial.acks_during(trial.searches_at_once())
        tell("The same, with the search on the event loop ...")
        # Not before: the bot itself holds no engine, and collects its garbage the faster for it.
        engine = DeepFaceEngine(prepare(MODELS))
        peer_acks = await trial.acks_during(on_the_event_loop(engine))
    tell("The engine and its peer ...")
    return Report(
        search=spread([listed for listed, _ in searches]),
        laid_out=spread([laid_out for _, laid_out in searches]),
        acks=acks,
        peer_acks=peer_acks,
        engine=timed(lambda: engine.faces(images.decode(STILL).image)),
        peer_engine=timed(as_it_comes),
    )


def show(report: Report) -> None:
    rows = {
        "submission to committed list": report.search,
        "submission to cards laid out": report.laid_out,
        "acknowledgements during searches": report.acks,
        "  peer: search on the event loop": report.peer_acks,
        "one face found and encoded": report.engine,
        "  peer: DeepFace.represent": report.peer_engine,
    }
    for name, seconds in rows.items():
        print(f"{name:<34}{seconds}")
    acks = report.peer_acks.p95 / report.acks.p95
    engine = report.peer_engine.p50 / report.engine.p50
    print(f"\nThe peer's acknowledgements take {acks:.1f} times as long (p95);")
    print(f"a face takes our engine {1 / engine:.1f} times as long as the peer (p50).")
    limits = f"list p95 < {SEARCH_LIMIT_S:.0f} s, every acknowledgement < {ACK_LIMIT_S * 1000:.0f} ms"
    print(f"{limits}: {'kept' if report.good else 'NOT KEPT'}")


def main() -> int:
    log.configure("error")
    as_json = "--json" in sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        tell = (lambda _: None) if as_json else print
        report = asyncio.run(measure(Path(folder) / "data", tell))
    if as_json:
        print(json.dumps(asdict(report) | {"good": report.good}))
    else:
        show(report)
    return 0 if report.good else 1


if __name__ == "__main__":
    sys.exit(main())

"""Brings up the whole thing on one machine: workspace, bot, workers, gallery."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import chain
from pathlib import Path

from bot.assembly import Bot, Store, free_port, only_bot, open_store
from bot.casework.enrolment import EnrolmentReport, enrol_manifest, read_manifest
from bot.clock import utc_now
from bot.config import Settings
from bot.errors import Refusal
from bot.handlers.front import EVENTS_PATH
from bot.matching.pool import EnginePool
from bot.roles import render
from bot.sandbox import cases
from bot.sandbox.authorization_script import AuthorizationScript
from bot.sandbox.editing_script import EditingScript
from bot.sandbox.ended_script import EndedScript
from bot.sandbox.playing import Say, Script
from bot.sandbox.running import MovableClock, Running
from bot.sandbox.script import StandardScript
from bot.sandbox.server import Sandbox

SCRIPTS: Mapping[str, tuple[type[Script], ...]] = {
    "standard": (StandardScript, EditingScript),
    "authorization": (AuthorizationScript, EndedScript),
}


def say(line: str) -> None:
    """To the screen at once, also through a pipe."""
    print(line, flush=True)


@asynccontextmanager
async def demo(settings: Settings, *, port: int, tell: Say) -> AsyncIterator[Running]:
    """Run workspace and bot until the block ends; the galleries are enrolled first."""
    settings = furnished(settings)
    with only_bot(settings.data_dir):
        async with _demo(settings, port, tell) as running:
            yield running


@asynccontextmanager
async def _demo(settings: Settings, port: int, tell: Say) -> AsyncIterator[Running]:
    samples = sorted((cases.PORTRAITS / "probes").glob("*.jpg"))
    async with Sandbox(
        cases.seed(), cases.MANIFEST, port=free_port(port), samples=samples
    ) as sandbox:
        settings = in_workspace(settings, sandbox)
        store = await open_store(settings)
        await enrol_galleries(settings, store, tell)
        clock = MovableClock()
        bot = Bot(settings, store, clock, seconds_between=0.0)
        await bot.check()
        sandbox.connect(f"http://{settings.host}:{settings.port}{EVENTS_PATH}")
        ready = asyncio.Event()
        running = asyncio.create_task(bot.run(ready=ready))
        await ready.wait()
        try:
            yield Running(sandbox, store, bot, clock, settings)
        finally:
            bot.stop()
            await running
            await store.db.close()


def furnished(settings: Settings) -> Settings:
    """The same settings, with the people and repositories of the simulation in their files."""
    repositories = settings.role_map.with_name("repositories.yaml")
    repositories.write_text(cases.REPOSITORIES)
    settings.role_map.write_text(render(cases.people()))
    return settings.model_copy(
        update={
            "repositories": repositories,
            "commander_channel": cases.COMMANDERS,
        }
    )


def in_workspace(settings: Settings, sandbox: Sandbox) -> Settings:
    """The same settings, pointed at a running sandbox, with a free port for the bot."""
    return settings.model_copy(
        update={
            "slack_base_url": sandbox.api_url,
            "slack_bot_token": type(settings.slack_bot_token)(sandbox.bot_token),
            "slack_signing_secret": type(settings.slack_bot_token)(
                sandbox.signing_secret
            ),
            "port": free_port(),
        }
    )


async def enrol_galleries(settings: Settings, store: Store, tell: Say) -> None:
    """Enrol the portraits that come with the product, each repository's into its own gallery."""
    began = time.monotonic()
    tell("Enrolling portraits of people who do not exist ...")
    with EnginePool(settings.models_home, 2, settings.model) as pool:
        for repository, *manifests in (
            (settings.repository, cases.PEOPLE_MANIFEST, cases.FURTHER_MANIFEST),
            (cases.DMV, cases.DMV_MANIFEST),
        ):
            report = await _enrolled(store, pool, repository, manifests)
            for one in report.rejected:
                tell(f"  not enrolled: {one.photo_id}: {one.reason}")
            tell(f"  {report.enrolled} in {repository}")
    tell(f"  done in {time.monotonic() - began:.1f} s")


async def _enrolled(
    store: Store, pool: EnginePool, repository: str, manifests: Sequence[Path]
) -> EnrolmentReport:
    return await enrol_manifest(
        store.db,
        store.vault,
        store.galleries,
        pool,
        [row for one in manifests for row in read_manifest(one, cases.PORTRAITS)],
        repository,
        actor="demo",
        now=utc_now,
        progress=lambda _done, _total: None,
    )


async def run_demo(settings: Settings, port: int) -> None:
    """The workspace in the browser, until interrupted."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with demo(settings, port=port, tell=say) as at:
        say("")
        say(
            f"Open {at.sandbox.page_url} in your browser. Simulation: nobody pictured exists."
        )
        say("Type /fis-request as Dana Ruiz to begin. Stop with Ctrl-C.")
        await stop.wait()


def scripts(name: str | None) -> tuple[type[Script], ...]:
    """What is played under this name, or everything there is, in order."""
    if name is None:
        return tuple(chain.from_iterable(SCRIPTS.values()))
    if name not in SCRIPTS:
        raise Refusal(
            f"There is no script {name!r}. There are: {', '.join(SCRIPTS)}.",
            rule="UNKNOWN_SCRIPT",
        )
    return SCRIPTS[name]


async def play(settings: Settings, chosen: Sequence[type[Script]]) -> int:
    """Without a browser; 0 if every case came out as it should."""
    async with demo(settings, port=0, tell=say) as running:
        results = [await script(running, say).play() for script in chosen]
    journal = running.sandbox.courier.journal
    slowest = max((delivery.seconds for delivery in journal), default=0.0)
    say(f"\nSlowest acknowledgement: {slowest * 1000:.0f} ms")
    say("All cases came out as they should." if all(results) else "FAILED.")
    return 0 if all(results) else 1

"""Builds every part from the settings and connects them; only app.py and tests use it."""

import asyncio
import json
import os
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import structlog
from aiohttp import web
from filelock import FileLock, Timeout
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.approvals import changes
from bot.audience import DECIDERS, INSIDERS, OVERSEERS, Audience
from bot.board import Board
from bot.casework.alerts import Alerts
from bot.casework.governed import Governed
from bot.casework.sealed_list import NAME as SEALED_LIST
from bot.casework.sealed_list import reapply
from bot.clock import Clock, in_zone, utc_now
from bot.config import BadConfiguration, Settings
from bot.domain.actors import SYSTEM, Role
from bot.domain.audit import AuditEvent, Verb
from bot.errors import Unavailable
from bot.handlers.authorizations import AuthorizationHandlers, Places, Terms
from bot.handlers.changes import ChangeHandlers
from bot.handlers.contexts import ContextHandlers
from bot.handlers.editing import EditingHandlers
from bot.handlers.examinations import ExaminationHandlers
from bot.handlers.front import front
from bot.handlers.homes import Homes
from bot.handlers.leads import LeadHandlers
from bot.handlers.queries import QueryHandlers
from bot.handlers.reassignments import ReassignmentHandlers
from bot.handlers.reception import Reception
from bot.handlers.releases import ReleaseHandlers
from bot.handlers.repeats import RepeatHandlers
from bot.handlers.requests import RequestHandlers
from bot.jobs.fetching import Fetcher
from bot.jobs.health import Health
from bot.jobs.loops import keep_going
from bot.jobs.outbox import Outbox
from bot.jobs.previews import Previews
from bot.jobs.scheduler import Ticks, guarded
from bot.jobs.sealer import Rebuild, RebuildBeside, Sealer
from bot.jobs.sweeper import Sweeper
from bot.jobs.uploads import Uploader
from bot.jobs.workers import WorkerProcesses
from bot.roles import RoleMap
from bot.scenes import Outlook, Rooms, Scenery
from bot.workspace import Workspace
from storage.cipher import Cipher
from storage.database import Database
from storage.vault import Vault

log = structlog.get_logger()

_TURN_S = 0.05
_LOOK_S = 60.0
_SWEEP_S = 1.0
_HOMES_S = 5.0
# Slack takes about one message a second and channel; the local workspace takes any number.
_SECONDS_BETWEEN = 1.1


@dataclass(frozen=True, slots=True)
class Store:
    """What is kept, opened."""

    db: Database
    vault: Vault
    galleries: Path


@contextmanager
def only_bot(data: Path) -> Iterator[None]:
    """Refuse a second bot on the same data: it would send every message twice. The system frees
    the lock when its holder dies, however it dies."""
    data.mkdir(parents=True, exist_ok=True)
    lock = FileLock(data / "bot.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise BadConfiguration(
            f"A bot is already running on {data}. Stop it first; more workers may run "
            "beside it with 'app.py worker'."
        ) from None
    try:
        yield
    finally:
        lock.release()


async def open_store(settings: Settings) -> Store:
    """Open the database, bringing its tables up to date, and the vault. Whatever a restored backup
    brought back although it is sealed is sealed again before anybody can search."""
    cipher = Cipher(settings.key)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    db = Database(settings.data_dir / "fis.sqlite3", cipher)
    await db.migrate()
    alerts = Alerts(settings.supervisor_channel, utc_now)
    for done in await reapply(db, settings.data_dir / SEALED_LIST, alerts, utc_now()):
        log.warning("sealing.reapplied", sealing=done.sealing.id)
    return Store(
        db,
        Vault(settings.data_dir / "vault", cipher),
        settings.data_dir / "galleries",
    )


async def check_standard(db: Database, settings: Settings) -> None:
    """Refuse settings by which another repository would be searched without any authorization."""
    async with db.snapshot() as snapshot:
        recorded = await snapshot.galleries.standard()
    if recorded is not None and recorded != settings.repository:
        raise BadConfiguration(
            f"FIS_REPOSITORY is “{settings.repository}”, but the standard repository of the database in "
            f"{settings.data_dir} is “{recorded}” and stays so. Set FIS_REPOSITORY to “{recorded}”, or "
            "begin a data folder of its own for another standard repository."
        )


async def record_standard(
    db: Database, settings: Settings, actor: str, now: datetime
) -> None:
    """Note once which repository needs no authorization; nothing changes it afterwards."""
    await check_standard(db, settings)
    async with db.transaction() as tx:
        if await tx.galleries.standard() is not None:
            return
        await tx.galleries.record_standard(settings.repository)
        facts = {"repository": settings.repository}
        await tx.audit.append(
            AuditEvent(now, actor, Verb.STANDARD_RECORDED, "configuration", facts)
        )


class Bot:
    """The bot in one process; the workers are processes of their own beside it."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        clock: Clock,
        *,
        seconds_between: float = _SECONDS_BETWEEN,
        rebuild: Rebuild | None = None,
    ) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock
        self._stop = asyncio.Event()
        token = settings.slack_bot_token.get_secret_value()
        self.client = AsyncWebClient(token=token, base_url=settings.slack_base_url)
        roles = RoleMap(settings.role_map)
        keep = timedelta(hours=settings.picture_hours)
        self.workspace = Workspace(self.client, settings.slack_team)
        self._is_changed = False
        self.audience = Audience(
            self.workspace,
            roles.actor,
            _rooms(settings),
            without_faces=frozenset(filter(None, [settings.commander_channel])),
        )
        scenery = Scenery(_outlook(settings, roles))
        self.board = Board(store.db, scenery, clock, keep)
        self._alerts = Alerts(settings.supervisor_channel, clock)
        # The client's own retry after a cut connection would share an upload a second time.
        sender = AsyncWebClient(
            token=token, base_url=settings.slack_base_url, retry_handlers=[]
        )
        self.outbox = Outbox(
            store.db,
            sender,
            Uploader(store.db, store.vault, sender, clock),
            self.audience,
            clock,
            alerts_to=settings.supervisor_channel,
            seconds_between=seconds_between,
        )
        self._fetcher = Fetcher(
            store.db, store.vault, self.client, clock, _hosts(settings)
        )
        local = in_zone(clock, settings.time_zone)
        self.reception = Reception(store.db, self.client, roles, self.workspace, local)
        self._previews = Previews(store.db, self.client, zone=settings.time_zone)
        self._sweeper = Sweeper(store.db, store.vault, clock)
        beside = RebuildBeside(renew_command(), worker_environment(settings))
        self._sealer = Sealer(
            store.db,
            store.vault,
            store.galleries,
            settings.data_dir / SEALED_LIST,
            self._alerts,
            clock,
            rebuild or beside,
        )
        self.ticks = Ticks(
            store.db,
            store.vault,
            self.board,
            roles,
            self.reception.role_history,
            self._alerts,
            clock,
            zone=settings.time_zone,
            sign_off_hours=settings.sign_off_hours,
            galleries=store.galleries,
            sealing_feed=settings.sealing_feed,
            identifiers=settings.identifiers,
            corroborate_days=settings.reminding_days,
            timers=settings.timers,
        )
        self.homes = Homes(
            store.db,
            self.client,
            roles,
            self.workspace,
            local,
            zone=settings.time_zone,
            timers=settings.timers,
            evidence_days=settings.reminding_days[-1],
        )
        self.app = self._slack_app(roles)
        self.workers = WorkerProcesses(
            worker_command(), worker_environment(settings), settings.workers
        )
        self._health = Health(store.db, self.client, self.workers)

    def _slack_app(self, roles: RoleMap) -> AsyncApp:
        settings, db, board = self._settings, self._store.db, self.board
        governed, secret = Governed(settings.governed), settings.slack_signing_secret
        app = AsyncApp(
            name="fis-bot",  # else Bolt reads its name off the call stack, which is slow
            client=self.client,
            signing_secret=secret.get_secret_value() if secret else None,
            raise_error_for_unhandled_request=False,
        )
        reception = self.reception
        RequestHandlers(
            db,
            reception,
            board,
            roles,
            self._alerts,
            channel=settings.request_channel,
            identifiers=settings.identifiers,
            offense_whitelist=settings.offense_whitelist,
            governed=governed,
            watched_names=settings.known_names,
            hold_unsigned=self.ticks.hold_unsigned,
        ).register(app)
        ExaminationHandlers(
            db,
            reception,
            board,
            channel=settings.examiner_channel,
            supervisors=settings.supervisor_channel,
            governed=governed,
            zone=settings.time_zone,
        ).register(app)
        EditingHandlers(
            db,
            reception,
            board,
            channel=settings.examiner_channel,
            zone=settings.time_zone,
        ).register(app)
        ReassignmentHandlers(
            db, reception, board, channel=settings.examiner_channel
        ).register(app)
        ContextHandlers(
            db,
            reception,
            board,
            roles,
            channel=settings.examiner_channel,
            zone=settings.time_zone,
        ).register(app)
        ReleaseHandlers(
            db,
            reception,
            board,
            channel=settings.supervisor_channel,
            zone=settings.time_zone,
            sign_off_hours=settings.sign_off_hours,
            hold_unsigned=self.ticks.hold_unsigned,
        ).register(app)
        RepeatHandlers(
            db, reception, board, channel=settings.supervisor_channel
        ).register(app)
        LeadHandlers(
            db,
            reception,
            board,
            roles,
            self._alerts,
            channel=settings.request_channel,
            zone=settings.time_zone,
        ).register(app)
        ChangeHandlers(
            db,
            reception,
            board,
            galleries=self._store.galleries,
            channel=settings.supervisor_channel,
            zone=settings.time_zone,
        ).register(app)
        self._authorizations(roles).register(app)
        QueryHandlers(self.homes, self.workspace, self._look_soon).register(app)
        return app

    def _authorizations(self, roles: RoleMap) -> AuthorizationHandlers:
        settings = self._settings
        return AuthorizationHandlers(
            self._store.db,
            self.reception,
            self.board,
            roles,
            self.workspace,
            self._alerts,
            Places(
                settings.request_channel,
                settings.examiner_channel,
                settings.supervisor_channel,
                settings.commander_channel,
            ),
            Terms(
                settings.known_repositories,
                settings.seal_key,
                settings.authorization_hours,
                settings.time_zone,
            ),
        )

    async def check(self) -> None:
        """Before anything is served: the audit chain whole, the right team, the channels looked at."""
        db, settings = self._store.db, self._settings
        async with db.snapshot() as snapshot:
            await snapshot.audit.check()
            seen = await snapshot.settings_seen.last()
        answer = await self.client.auth_test()
        if answer["team_id"] != settings.slack_team:
            raise BadConfiguration(
                f"FIS_SLACK_TEAM is {settings.slack_team}, but the token belongs to {answer['team_id']}."
            )
        now = self._clock()
        await record_standard(db, settings, SYSTEM.person, now)
        await self.look_at_channels()
        async with db.transaction() as tx:
            if seen != settings.digest:
                await tx.settings_seen.put(settings.digest, now)
                event = AuditEvent(
                    now,
                    SYSTEM.person,
                    Verb.CONFIGURATION_CHANGED,
                    "configuration",
                    {"settings": settings.public(), "before": seen},
                )
                await tx.audit.append(event)
            await tx.audit.append(AuditEvent(now, SYSTEM.person, Verb.STARTED, "bot"))
        await self._compare_with_record(now)
        await self.reception.role_history.record()
        # What came to its end while nobody was running ends now.
        await self.ticks.end_what_is_over()
        # By the clock in any case: a file that cannot be read must not keep the bot from starting.
        await guarded(self.ticks.read_sealing_feed)()
        await self.board.look_again()
        await self.homes.restore()

    async def _compare_with_record(self, now: datetime) -> None:
        """What decides who is found is in force as it was approved, whatever the settings say."""
        found = await changes.at_start(self._store.db, self._settings.governed, now)
        model = self._settings.model
        found += await changes.model_at_start(
            self._store.db, self._settings.repository, model, self._alerts, now
        )
        for other in found:
            log.warning(
                "configuration.other_value_not_used",
                setting=other.name,
                in_force=other.in_force,
                found=other.found,
                proposed=other.change,
            )

    async def look_at_channels(self) -> None:
        """Hold a channel that is not safe, and have the faces there removed; the bot goes on."""
        settings = self._settings
        await self.outbox.channels.look(
            settings.request_channel,
            settings.examiner_channel,
            settings.supervisor_channel,
            *filter(None, [settings.commander_channel]),
        )

    def _look_soon(self) -> None:
        self._is_changed = True

    async def look_if_changed(self) -> None:
        """Look at the channels once more as soon as somebody came or went."""
        if self._is_changed:
            self._is_changed = False
            try:
                await self.look_at_channels()
            except Unavailable as missing:
                self._is_changed = True
                log.warning("channels.not_looked_at", why=str(missing))

    async def turn(self) -> None:
        """One turn of everything that follows from the database; tests call it, ``run`` repeats it."""
        await self.look_if_changed()
        await self._fetcher.step()
        await self.board.refresh_stale()
        await self.board.refresh_changes()
        await self.outbox.step()
        await self._previews.step()
        await self.homes.refresh()
        await self.sweep()
        await self.seal()

    async def sweep(self) -> bool:
        """Destroy the pictures of results that were purged, once they are out of Slack."""
        return await self._sweeper.step()

    async def seal(self) -> bool:
        """Carry orders to seal out to the end."""
        return await self._sealer.step()

    async def run(self, *, ready: asyncio.Event | None = None) -> None:
        """Serve until ``stop``; workers, outbox, redraws and the clock run beside the door."""
        async with AsyncExitStack() as stack:
            await self._open_door(stack)
            scheduler = self.ticks.schedule()
            scheduler.start()
            stack.callback(scheduler.shutdown, wait=False)
            if ready is not None:
                ready.set()
            await asyncio.gather(
                *(
                    keep_going(name, step, self._stop, idle_s=_TURN_S)
                    for name, step in (
                        ("changed", self.look_if_changed),
                        ("fetch", self._fetcher.begin),
                        ("redraw", self.board.refresh_stale),
                        ("changes", self.board.refresh_changes),
                        ("outbox", self.outbox.step),
                        ("previews", self._previews.step),
                    )
                ),
                keep_going("homes", self.homes.refresh, self._stop, idle_s=_HOMES_S),
                keep_going("purge", self.sweep, self._stop, idle_s=_SWEEP_S),
                keep_going("seal", self.seal, self._stop, idle_s=_SWEEP_S),
                keep_going(
                    "channels", self.look_at_channels, self._stop, idle_s=_LOOK_S
                ),
                self.workers.run(self._stop),
            )
            await self._fetcher.close()
            await self.outbox.drain()
        await self.reception.drain()

    def stop(self) -> None:
        self._stop.set()

    async def _open_door(self, stack: AsyncExitStack) -> None:
        settings = self._settings
        if settings.connection == "socket" and settings.slack_app_token is not None:
            token = settings.slack_app_token.get_secret_value()
            handler = AsyncSocketModeHandler(
                self.app,
                token,
                web_client=AsyncWebClient(
                    token=token, base_url=settings.slack_base_url
                ),
            )
            await handler.connect_async()  # type: ignore[no-untyped-call]
            stack.push_async_callback(handler.close_async)
            return
        runner = web.AppRunner(
            front(self.app, self.health), access_log=None, shutdown_timeout=2.0
        )
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, settings.host, settings.port).start()

    async def health(self) -> dict[str, object]:
        """What an operator wants to know at a glance."""
        return await self._health.report()


def _rooms(settings: Settings) -> dict[str, frozenset[Role]]:
    """Who belongs in each room of the section."""
    rooms = {
        settings.examiner_channel: INSIDERS,
        # Who reads there whom two examiners support would not compare blind in a later round.
        settings.supervisor_channel: OVERSEERS,
    }
    if settings.commander_channel is not None:
        rooms[settings.commander_channel] = DECIDERS
    return rooms


def _outlook(settings: Settings, roles: RoleMap) -> Outlook:
    return Outlook(
        Rooms(
            settings.examiner_channel,
            settings.supervisor_channel,
            settings.commander_channel,
        ),
        roles.account_of,
        settings.time_zone,
        settings.known_repositories,
        settings.sign_off_hours,
        settings.reminding_days,
        settings.timers,
    )


def _hosts(settings: Settings) -> frozenset[str]:
    """Where Slack keeps files: by its API's address, so that GovSlack and the sandbox work too."""
    host = urlsplit(settings.slack_base_url).hostname or ""
    return frozenset({host})


def worker_command() -> tuple[str, ...]:
    return (*_app(), "worker", "--parent", str(os.getpid()))


def renew_command() -> tuple[str, ...]:
    """What rebuilds a gallery without what is sealed; the repository is still to be named."""
    return (*_app(), "renew-gallery")


def _app() -> tuple[str, str]:
    return (sys.executable, str(Path(__file__).resolve().parent.parent / "app.py"))


def environment(settings: Settings) -> Mapping[str, str]:
    """The environment from which another process reads the same settings."""
    own = {
        k: v
        for k, v in os.environ.items()
        if k == "FIS_MODELS" or not k.startswith("FIS_")
    }
    return own | {
        f"FIS_{name.upper()}": value
        for name, value in _as_text(settings)
        if value is not None
    }


def worker_environment(settings: Settings) -> Mapping[str, str]:
    """The same without Slack's secrets: whoever takes a worker over by a hostile image must not
    find them. They are named all the same, or the worker would read them from ``fis.env``."""
    hidden = ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_APP_TOKEN")
    return {**environment(settings), **{f"FIS_{n}": "not-for-workers" for n in hidden}}


def _as_text(settings: Settings) -> list[tuple[str, str | None]]:
    plain: list[tuple[str, str | None]] = []
    for name, value in settings:
        if hasattr(value, "get_secret_value"):
            value = value.get_secret_value()
        if isinstance(value, frozenset | dict):
            value = json.dumps(sorted(value) if isinstance(value, frozenset) else value)
        plain.append((name, None if value is None else str(value)))
    return plain


def free_port(wanted: int = 0) -> int:
    """The wanted port of loopback, or another one if somebody uses it now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            return free_port()
        port: int = probe.getsockname()[1]
        return port

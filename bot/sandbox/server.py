"""Serves a workspace on loopback: the Web API, the delivery to the bot, and the page."""

import secrets
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.sandbox.administration import Administration
from bot.sandbox.api import Token, WebApi
from bot.sandbox.delivery import ACK_SECONDS, RETRY_DELAYS, Courier, Delivery
from bot.sandbox.facts import event_scopes, read_manifest
from bot.sandbox.payloads import Payloads
from bot.sandbox.people import Person
from bot.sandbox.records import Json, WorkspaceSeed
from bot.sandbox.responses import Responses
from bot.sandbox.sockets import Sockets
from bot.sandbox.ui import Ui
from bot.sandbox.workspace import Workspace

HOST = "127.0.0.1"
LARGEST_REQUEST = 64 * 1024 * 1024


class Sandbox(Administration):
    """A running workspace. ``api_url`` is the bot's ``base_url``; ``connect`` tells where the bot is.

    A bot that is nowhere is reached by Socket Mode, once it has opened a connection with ``app_token``.
    """

    def __init__(
        self,
        seed: WorkspaceSeed,
        manifest_path: Path,
        bot_url: str | None = None,
        port: int = 0,
        *,
        ack_seconds: float = ACK_SECONDS,
        retry_delays: tuple[float, ...] = RETRY_DELAYS,
        processing_seconds: float = 0.0,
        now: Callable[[], float] = time.time,
        samples: Sequence[Path] = (),
        app_scopes: frozenset[str] = frozenset({"connections:write"}),
    ) -> None:
        self.app = read_manifest(manifest_path)
        self._samples = samples
        self.bot_token = "xoxb-sandbox-" + secrets.token_hex(8)
        self.app_token = "xapp-sandbox-" + secrets.token_hex(8)
        self.signing_secret = secrets.token_hex(16)
        self.workspace = Workspace(seed, now=now, processing_seconds=processing_seconds)
        self.sockets = Sockets(self.workspace)
        self.courier = Courier(
            self.signing_secret,
            self.sockets,
            self.workspace.faults,
            bot_url,
            ack_seconds=ack_seconds,
            retry_delays=retry_delays,
        )
        self.web_api = WebApi(
            self.workspace,
            Token(self.bot_token, self.app.scopes),
            Token(self.app_token, app_scopes),
        )
        self.workspace.person = self.person
        self.workspace.administration = self
        self._port = port
        self._runner: web.AppRunner | None = None
        self._base_url = ""

    async def __aenter__(self) -> "Sandbox":
        application = web.Application(
            client_max_size=LARGEST_REQUEST, middlewares=[_only_from_this_machine]
        )
        self.web_api.add_routes(application.router)
        self.sockets.add_routes(application)
        Responses(self.workspace).add_routes(application.router)
        Ui(self.workspace, self.app, self._samples).add_routes(application)
        await self.courier.__aenter__()
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, HOST, self._port)
        await site.start()
        self._base_url = f"http://{HOST}:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
        await self.courier.__aexit__(kind, error, traceback)

    @property
    def page_url(self) -> str:
        return f"{self._base_url}/"

    @property
    def api_url(self) -> str:
        return f"{self._base_url}/api/"

    def connect(self, bot_url: str) -> None:
        self.courier.bot_url = bot_url

    def person(self, id: str) -> Person:
        if id not in self.workspace.users:
            raise LookupError(f"nobody is called {id}")
        payloads = Payloads(self.workspace, self._base_url)
        return Person(id, self.workspace, self._base_url, self.courier, payloads)

    async def tell(self, user: str, event: Json) -> Delivery:
        """Report an event, if the manifest subscribes to it and one of its scopes is granted."""
        scopes = event_scopes().get(event["type"], frozenset())
        granted = not scopes or bool(scopes & self.app.scopes)
        if event["type"] not in self.app.events or not granted:
            return Delivery("not subscribed", user, None, 0.0)
        envelope = Payloads(self.workspace, self._base_url).event(event)
        return await self.courier.event(user, envelope)


@web.middleware
async def _only_from_this_machine(
    request: web.Request, handler: Handler
) -> web.StreamResponse:
    # A page elsewhere could otherwise reach this port through a name it points at 127.0.0.1.
    origin = urlsplit(request.headers.get("Origin", "")).hostname or HOST
    if {urlsplit(f"//{request.host}").hostname, origin} - {HOST, "localhost"}:
        raise web.HTTPForbidden(text="This simulation answers its own machine only.")
    return await handler(request)

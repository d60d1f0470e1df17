"""Socket Mode: envelopes over a WebSocket that the bot opened, instead of signed requests to it."""

import asyncio
import itertools
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from bot.sandbox.records import APP_ID, Json
from bot.sandbox.workspace import Workspace

MOST_CONNECTIONS = 10
_SECONDS_TO_LEAVE = 10.0
_HOST = "simulated-link"
_TYPES = {"command": "slash_commands", "event": "events_api"}
_ANSWERABLE = frozenset({"command", "view_submission", "block_suggestion"})

Answer = tuple[int | None, str, str | None]
"""Status, body and what the person is shown when there was no good answer."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One thing to be delivered; ``retry`` is the attempt's number and why there is another."""

    kind: str
    user: str
    content: Mapping[str, Any]
    retry: tuple[int, str] | None = None


@dataclass(eq=False, slots=True)
class Connection:
    socket: web.WebSocketResponse
    transport: asyncio.BaseTransport | None
    gone: asyncio.Event = field(default_factory=asyncio.Event)


class Sockets:
    """The connections of one app; whatever is delivered goes to one of them."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._open: list[Connection] = []
        self._leaving: set[Connection] = set()
        self._waiting: dict[str, asyncio.Future[Json]] = {}
        self._turn = itertools.count()

    def add_routes(self, application: web.Application) -> None:
        application.router.add_get("/link/", self.connect)
        application.on_shutdown.append(self._close)

    @property
    def connections(self) -> int:
        return len(self._open)

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        """Accept a connection by the ticket of ``apps.connections.open``, which is good for one."""
        if not self._workspace.redeem_ticket(request.query.get("ticket", "")):
            raise web.HTTPForbidden
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        if len(self._open) >= MOST_CONNECTIONS:
            await socket.send_json(_disconnect("too_many_websockets"))
            await socket.close()
            return socket
        connection = Connection(socket, request.transport)
        self._open.append(connection)
        try:
            await socket.send_json(_hello(len(self._open)))
            self._workspace.changed()
            async for message in socket:
                self._take(message.data)
        finally:
            self._forget(connection)
        return socket

    async def send(self, parcel: Parcel, seconds: float) -> Answer:
        """Send an envelope and wait for its acknowledgement, on whichever connection it comes."""
        if not self._open:
            return None, "", "dispatch_failed"
        connection = self._open[next(self._turn) % len(self._open)]
        id = str(uuid.uuid4())
        answer = asyncio.get_running_loop().create_future()
        self._waiting[id] = answer
        try:
            async with asyncio.timeout(seconds):
                await connection.socket.send_json(_envelope(id, parcel))
                return 200, _body(parcel, await answer), None
        except TimeoutError:
            return None, "", "operation_timeout"
        except ConnectionError:
            return None, "", "dispatch_failed"
        finally:
            del self._waiting[id]

    async def disconnect(
        self, reason: str = "refresh_requested", *, seconds: float = _SECONDS_TO_LEAVE
    ) -> None:
        """Ask every connection to give way to a new one; close those that do not."""
        leaving, self._open = self._open, []
        self._leaving.update(leaving)
        await asyncio.gather(*(self._see_off(c, reason, seconds) for c in leaving))

    async def warn(self) -> None:
        """Say that a disconnect is near; everything still arrives until then."""
        for connection in self._open:
            await connection.socket.send_json(_disconnect("warning"))

    def cut(self) -> None:
        """Cut every connection without a word, as a network does."""
        for connection in tuple(self._open):
            self._open.remove(connection)
            if isinstance(connection.transport, asyncio.Transport):
                connection.transport.abort()

    async def _see_off(
        self, connection: Connection, reason: str, seconds: float
    ) -> None:
        try:
            async with asyncio.timeout(seconds):
                await connection.socket.send_json(_disconnect(reason))
                await connection.gone.wait()
        except (TimeoutError, ConnectionError):
            await connection.socket.close()

    def _take(self, data: object) -> None:
        """Take an acknowledgement; whatever else an app may say is for nobody."""
        try:
            said = json.loads(str(data))
        except ValueError:
            return
        if not isinstance(said, dict):
            return
        answer = self._waiting.get(str(said.get("envelope_id")))
        if answer is not None and not answer.done():
            answer.set_result(said.get("payload") or {})

    def _forget(self, connection: Connection) -> None:
        if connection in self._open:
            self._open.remove(connection)
        self._leaving.discard(connection)
        connection.gone.set()
        self._workspace.changed()

    async def _close(self, application: web.Application) -> None:
        for connection in (*self._open, *self._leaving):
            await connection.socket.close()


def _envelope(id: str, parcel: Parcel) -> Json:
    body: Json = {
        "envelope_id": id,
        "type": _TYPES.get(parcel.kind, "interactive"),
        "accepts_response_payload": parcel.kind in _ANSWERABLE,
        "payload": dict(parcel.content),
    }
    if parcel.kind == "event":
        number, reason = parcel.retry or (0, "")
        body |= {
            "retry_attempt": number,
            "retry_reason": reason.removeprefix("http_"),
        }
    return body


def _body(parcel: Parcel, payload: Json) -> str:
    # Slack does not look at the answer to an envelope that takes none.
    return json.dumps(payload) if payload and parcel.kind in _ANSWERABLE else ""


def _hello(connections: int) -> Json:
    return {
        "type": "hello",
        "num_connections": connections,
        "connection_info": {"app_id": APP_ID},
        "debug_info": {"host": _HOST, "approximate_connection_time": 18060},
    }


def _disconnect(reason: str) -> Json:
    return {"type": "disconnect", "reason": reason, "debug_info": {"host": _HOST}}

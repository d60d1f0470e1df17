"""Stands between Slack's Python client and ``emulate``, which was made for the JavaScript one.

The Python client reads by GET and puts arguments into the query even when it posts; emulate looks at
the body of a POST only. Addresses of files in its answers lead back through here.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl, urlencode

from aiohttp import ClientSession, web

_FORM = "application/x-www-form-urlencoded"
_KEPT = ("Authorization", "Content-Type")
_LARGEST = 64 * 1024 * 1024
Json = dict[str, Any]


@dataclass
class Shim:
    """What went through it, for a look afterwards."""

    upstream: str
    session: ClientSession
    url: str = ""
    calls: list[tuple[str, Json, Json]] = field(default_factory=list)
    """Method, arguments and answer of every call."""

    @property
    def api_url(self) -> str:
        return f"{self.url}/api/"

    def answers(self, method: str) -> list[Json]:
        return [answer for name, _, answer in self.calls if name == method]

    def arguments(self, method: str) -> list[Json]:
        return [given for name, given, _ in self.calls if name == method]

    async def call(self, request: web.Request) -> web.Response:
        given = await _arguments(request)
        headers = _headers(request) | {"Content-Type": _FORM}
        url = self.upstream + request.path
        async with self.session.post(url, data=urlencode(given), headers=headers) as a:
            body = self._through_here(await a.read())
            answer = json.loads(body)
            self.calls.append((request.path.rpartition("/")[2], given, answer))
            return web.json_response(answer, status=a.status)

    async def pass_on(self, request: web.Request) -> web.Response:
        """Uploads and downloads: as they are."""
        async with self.session.request(
            request.method,
            self.upstream + request.path_qs,
            # As a file: aiohttp warns of large bytes, and a warning is an error here.
            data=BytesIO(await request.read()),
            headers=_headers(request),
        ) as answer:
            kind = answer.content_type
            data = await answer.read()
            return web.Response(body=data, status=answer.status, content_type=kind)

    def _through_here(self, body: bytes) -> bytes:
        for name in ("localhost", "127.0.0.1"):
            port = self.upstream.rpartition(":")[2]
            body = body.replace(f"http://{name}:{port}".encode(), self.url.encode())
        return body


async def _arguments(request: web.Request) -> Json:
    given: Json = dict(request.query)
    if request.content_type == "application/json":
        for name, value in json.loads(await request.text() or "{}").items():
            given[name] = value if isinstance(value, str) else json.dumps(value)
    elif request.method == "POST":
        given |= dict(parse_qsl(await request.text(), keep_blank_values=True))
    return given


def _headers(request: web.Request) -> dict[str, str]:
    return {name: request.headers[name] for name in _KEPT if name in request.headers}


@asynccontextmanager
async def standing_before(upstream: str) -> AsyncIterator[Shim]:
    async with ClientSession() as session:
        shim = Shim(upstream, session)
        application = web.Application(client_max_size=_LARGEST)
        application.router.add_route("*", "/api/{method}", shim.call)
        application.router.add_route("*", "/{path:.*}", shim.pass_on)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        shim.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield shim
        finally:
            await runner.cleanup()

"""The Web API: admits or refuses a call as Slack would, then does it."""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from bot.sandbox import arguments, chat, connections, directory, uploads, views
from bot.sandbox.arguments import Arguments, Call
from bot.sandbox.errors import SlackError
from bot.sandbox.facts import MethodFacts, methods
from bot.sandbox.faults import Fault, Planned
from bot.sandbox.records import TEAM_ID, Json
from bot.sandbox.workspace import Workspace

Method = Callable[[Call], Json]
METHODS: dict[str, Method] = {
    **chat.METHODS,
    **connections.METHODS,
    **directory.METHODS,
    **uploads.METHODS,
    **views.METHODS,
}


@dataclass(frozen=True, slots=True)
class Token:
    """What a caller shows, and what it may do with it."""

    value: str
    scopes: frozenset[str]

    def is_shown(self, token: str) -> bool:
        return secrets.compare_digest(token.encode(), self.value.encode())


class WebApi:
    """Every method the bot uses, under ``/api/``, and the files it uploads and downloads."""

    def __init__(self, workspace: Workspace, bot: Token, app: Token) -> None:
        self._workspace = workspace
        self._bot = bot
        self._app = app
        self.calls: list[tuple[str, Arguments]] = []
        """Every call so far that had a good token, refused ones included."""
        self.ignored: set[tuple[str, str]] = set()
        """Arguments that a method does not know: Slack says nothing of them, and does nothing."""

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_route("*", "/api/{method}", self.answer)
        router.add_post("/upload/{file}/{secret}", self.upload)
        router.add_get("/files-pri/{file}/{name:.*}", self.download)
        router.add_get("/signin", _sign_in_page)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        # Slack has the whole call before it is slow: who gives up waiting does not take it back.
        await request.read()
        planned = self._workspace.faults.take_for_call(method)
        if (response := await _fails_before(planned)) is not None:
            return response
        try:
            token, given = await arguments.read(request)
            response = _json(self._called(method, token, given, request, planned))
        except SlackError as error:
            response = _refused(error)
        return await _fails_after(planned, request, response)

    def _called(
        self,
        name: str,
        token: str,
        given: Arguments,
        request: web.Request,
        planned: Planned | None,
    ) -> Json:
        facts = methods().get(name)
        if facts is None:
            raise SlackError("unknown_method", req_method=name)
        wanted = self._app if facts.app_level else self._bot
        self._check_token(token, wanted)
        self.calls.append((name, given))
        _check_scope(facts, wanted)
        self.ignored |= {(name, one) for one in arguments.check(given, facts)}
        if planned is not None and planned.fault is Fault.REFUSED:
            raise SlackError(planned.code)
        wait = self._workspace.rates.wait(name, facts.tier, str(given.get("channel")))
        if wait is not None:
            raise SlackError("ratelimited", retry_after=wait)
        call = Call(self._workspace, given, str(request.url.origin()))
        with self._workspace.stuck_for(planned):
            return {"ok": True, **METHODS[name](call)}

    def _check_token(self, token: str, wanted: Token) -> None:
        if not token:
            raise SlackError("not_authed")
        if not wanted.is_shown(token):
            raise SlackError("invalid_auth")
        if wanted is self._bot and self._workspace.faults.token_revoked:
            raise SlackError("token_revoked")

    async def upload(self, request: web.Request) -> web.Response:
        file = self._workspace.files.get(request.match_info["file"])
        data = await _uploaded_bytes(request)
        if file is None or file.completed_at is not None or len(data) != file.size:
            return web.Response(
                status=400, text="the upload does not fit its reservation"
            )
        uploads.fill(file, data)
        return web.Response(text=f"OK - {len(data)}")

    async def download(self, request: web.Request) -> web.Response:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        file = self._workspace.files.get(
            request.match_info["file"].removeprefix(f"{TEAM_ID}-")
        )
        readable = (
            self._bot.is_shown(token)
            and not self._workspace.faults.token_revoked
            and "files:read" in self._bot.scopes
            and file is not None
            and file.data is not None
            and uploads.bot_may_read(self._workspace, file)
        )
        if file is None or not readable:
            # A trap that Slack sets too: 200 and a page of HTML instead of the picture.
            raise web.HTTPFound("/signin")
        return web.Response(body=file.data, content_type=file.mimetype)


def _check_scope(facts: MethodFacts, token: Token) -> None:
    if facts.scopes and not facts.scopes & token.scopes:
        needed, provided = (
            ",".join(sorted(facts.scopes)),
            ",".join(sorted(token.scopes)),
        )
        raise SlackError("missing_scope", needed=needed, provided=provided)


async def _fails_before(planned: Planned | None) -> web.Response | None:
    match planned:
        case Planned(Fault.RATE_LIMITED, seconds):
            return _refused(SlackError("ratelimited", retry_after=int(seconds)))
        case Planned(Fault.FAILS_BEFORE):
            return _refused(SlackError("internal_error"), status=500)
        case Planned(Fault.SLOW, seconds):
            await asyncio.sleep(seconds)
    return None


async def _fails_after(
    planned: Planned | None, request: web.Request, response: web.Response
) -> web.Response:
    if planned is not None and planned.fault is Fault.FAILS_AFTER:
        return _refused(SlackError("internal_error"), status=500)
    if (
        planned is not None
        and planned.fault is Fault.DROPPED
        and request.transport is not None
    ):
        request.transport.abort()
    return response


def _refused(error: SlackError, status: int = 200) -> web.Response:
    if error.code != "ratelimited":
        return _json(error.body(), status)
    wait = error.more.pop("retry_after")
    return _json(error.body(), 429, {"Retry-After": str(wait)})


def _json(
    body: Json, status: int = 200, headers: dict[str, str] | None = None
) -> web.Response:
    return web.json_response(body, status=status, headers=headers)


async def _uploaded_bytes(request: web.Request) -> bytes:
    if request.content_type != "multipart/form-data":
        return await request.read()
    for field in (await request.post()).values():
        if isinstance(field, web.FileField):
            return field.file.read()
    return b""


async def _sign_in_page(request: web.Request) -> web.Response:
    return web.Response(
        text="<html><body>Sign in</body></html>", content_type="text/html"
    )

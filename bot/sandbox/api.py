"""The Web API: admits or refuses a call as Slack would, then does it."""

import asyncio
import secrets
from collections.abc import Callable

from aiohttp import web

from bot.sandbox import arguments, chat, directory, uploads, views
from bot.sandbox.arguments import Arguments, Call
from bot.sandbox.errors import SlackError
from bot.sandbox.facts import AppFacts, MethodFacts, methods
from bot.sandbox.faults import Fault, Planned
from bot.sandbox.records import TEAM_ID, Json
from bot.sandbox.workspace import Workspace

Method = Callable[[Call], Json]
METHODS: dict[str, Method] = {
    **chat.METHODS,
    **directory.METHODS,
    **uploads.METHODS,
    **views.METHODS,
}


class WebApi:
    """Every method the bot uses, under ``/api/``, and the files it uploads and downloads."""

    def __init__(self, workspace: Workspace, app: AppFacts, token: str) -> None:
        self._workspace = workspace
        self._app = app
        self._token = token
        self.calls: list[tuple[str, Arguments]] = []
        """Every call so far that had a good token, refused ones included."""

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_route("*", "/api/{method}", self.answer)
        router.add_post("/upload/{file}/{secret}", self.upload)
        router.add_get("/files-pri/{file}/{name:.*}", self.download)
        router.add_get("/signin", _sign_in_page)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        # Slack has the whole call before it is slow: who gives up waiting does not take it back.
        await request.read()
        planned = self._workspace.faults.take(method)
        if (response := await _fails_before(planned)) is not None:
            return response
        try:
            response = _json(
                self._called(method, *await arguments.read(request), request)
            )
        except SlackError as error:
            response = _refused(error)
        return await _fails_after(planned, request, response)

    def _called(
        self, name: str, token: str, given: Arguments, request: web.Request
    ) -> Json:
        facts = methods().get(name)
        if facts is None:
            raise SlackError("unknown_method", req_method=name)
        self._check_token(token)
        self.calls.append((name, given))
        self._check_scope(facts)
        arguments.check(given, facts)
        wait = self._workspace.rates.wait(name, facts.tier, str(given.get("channel")))
        if wait is not None:
            raise SlackError("ratelimited", retry_after=wait)
        call = Call(self._workspace, given, str(request.url.origin()))
        return {"ok": True, **METHODS[name](call)}

    def _check_token(self, token: str) -> None:
        if not token:
            raise SlackError("not_authed")
        if not secrets.compare_digest(token.encode(), self._token.encode()):
            raise SlackError("invalid_auth")

    def _check_scope(self, facts: MethodFacts) -> None:
        if facts.scopes and not facts.scopes & self._app.scopes:
            needed, provided = (
                ",".join(sorted(facts.scopes)),
                ",".join(sorted(self._app.scopes)),
            )
            raise SlackError("missing_scope", needed=needed, provided=provided)

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
            token == self._token
            and "files:read" in self._app.scopes
            and file is not None
            and file.data is not None
            and uploads.bot_may_read(self._workspace, file)
        )
        if file is None or not readable:
            # A trap that Slack sets too: 200 and a page of HTML instead of the picture.
            raise web.HTTPFound("/signin")
        return web.Response(body=file.data, content_type=file.mimetype)


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

"""The HTTP front: refuses what Bolt would stumble over before it sees it, and answers for its health."""

from collections.abc import Awaitable, Callable

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp

EVENTS_PATH = "/slack/events"
_BODY_MAX = 1024 * 1024
_TYPES = ("application/x-www-form-urlencoded", "application/json")

Health = Callable[[], Awaitable[dict[str, object]]]


def front(app: AsyncApp, health: Health) -> web.Application:
    """Return the server's application: Slack's one address, and a health answer for operators."""

    async def events(request: web.Request) -> web.StreamResponse:
        _check(request)
        answer = await app.async_dispatch(await to_bolt_request(request))
        return await to_aiohttp_response(answer)

    async def healthy(_request: web.Request) -> web.Response:
        return web.json_response(await health())

    application = web.Application(client_max_size=_BODY_MAX)
    application.router.add_post(EVENTS_PATH, events)
    application.router.add_get("/health", healthy)
    return application


def _check(request: web.Request) -> None:
    """A timestamp that is no number and a body that is no form make Bolt fail with a 500 (policy 7, A6)."""
    if request.content_type not in _TYPES:
        raise web.HTTPUnsupportedMediaType
    stamp = request.headers.get("X-Slack-Request-Timestamp", "")
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= 12):
        raise web.HTTPUnauthorized
    if not request.headers.get("X-Slack-Signature", "").startswith("v0="):
        raise web.HTTPUnauthorized

"""The HTTP front: refuses what Bolt would stumble over before it sees it, and answers for its health."""

import json
import re
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qs

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp

EVENTS_PATH = "/slack/events"
_BODY_MAX = 1024 * 1024
_FORM, _JSON = "application/x-www-form-urlencoded", "application/json"
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")

Health = Callable[[], Awaitable[dict[str, object]]]


def front(app: AsyncApp, health: Health) -> web.Application:
    """Return the server's application: Slack's one address, and a health answer for operators."""

    async def events(request: web.Request) -> web.StreamResponse:
        _check_headers(request)
        _check_body(request.content_type, await request.read())
        answer = await app.async_dispatch(await to_bolt_request(request))
        return await to_aiohttp_response(answer)

    async def healthy(_request: web.Request) -> web.Response:
        return web.json_response(await health())

    application = web.Application(client_max_size=_BODY_MAX)
    application.router.add_post(EVENTS_PATH, events)
    application.router.add_get("/health", healthy)
    return application


def _check_headers(request: web.Request) -> None:
    """A timestamp or a signature in foreign characters makes Bolt fail with a 500 (policy 7, A6)."""
    if request.content_type not in (_FORM, _JSON):
        raise web.HTTPUnsupportedMediaType
    stamp = request.headers.get("X-Slack-Request-Timestamp", "")
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= 12):
        raise web.HTTPUnauthorized
    if not _SIGNATURE.fullmatch(request.headers.get("X-Slack-Signature", "")):
        raise web.HTTPUnauthorized


def _check_body(content_type: str, body: bytes) -> None:
    """Bolt takes a body apart before it knows who sent it, and fails at one of another shape."""
    try:
        payload = _payload(content_type, body.decode())
    except (ValueError, RecursionError):
        raise web.HTTPBadRequest from None
    if not _has_shape(payload):
        raise web.HTTPBadRequest


def _payload(content_type: str, text: str) -> object:
    if content_type == _JSON:
        return json.loads(text)
    # A command has its fields in the form itself.
    return json.loads(parse_qs(text).get("payload", ["{}"])[0])


def _has_shape(payload: object) -> bool:
    if not isinstance(payload, dict):
        return False
    match payload.get("type"):
        case "event_callback":
            return isinstance(payload.get("event"), dict)
        case "block_actions":
            return _are_actions(payload.get("actions"))
        case "view_submission" | "view_closed":
            return isinstance(payload.get("view"), dict)
    return True


def _are_actions(actions: object) -> bool:
    return (
        isinstance(actions, list)
        and bool(actions)
        and all(
            isinstance(a, dict) and isinstance(a.get("action_id"), str) for a in actions
        )
    )

"""Bad days on the page: what can go wrong next, what is still to come, and what lasts."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from aiohttp import web

from bot.sandbox.administration import Administration
from bot.sandbox.facts import methods
from bot.sandbox.faults import (
    ANY_CALL,
    ANY_DELIVERY,
    LASTING,
    OF_DELIVERIES,
    Fault,
)
from bot.sandbox.records import Json
from bot.sandbox.workspace import Workspace

Start = Callable[[Coroutine[Any, Any, Any]], None]

DELIVERIES = (
    "command",
    "block_actions",
    "view_submission",
    "view_closed",
    "message_action",
    "event",
)
_SECONDS = {
    Fault.RATE_LIMITED: 5.0,
    Fault.SLOW: 5.0,
    Fault.REORDERED: 10.0,
    Fault.FILE_STUCK: 30.0,
}
_CODE = "internal_error"


def of_calls() -> list[Fault]:
    return [fault for fault in Fault if fault not in OF_DELIVERIES | LASTING]


def listed(faults: list[Fault]) -> list[Json]:
    return [
        {"name": f.name, "words": f.value[:1].upper() + f.value[1:]} for f in faults
    ]


class FaultPages:
    """``start`` runs what takes long, such as an event that Slack repeats for minutes."""

    def __init__(self, workspace: Workspace, start: Start) -> None:
        self._workspace = workspace
        self._start = start

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_get("/ui/faults", self._show)
        router.add_post("/ui/faults", self._cause)
        router.add_post("/ui/faults/end", self._end)

    def page(self) -> Json:
        return {
            "groups": [self._calls(), self._deliveries(), self._lasting()],
            "planned": self._planned(),
            "lasting": self._going_on(),
        }

    def _calls(self) -> Json:
        targets = [["", ANY_CALL], *([name, name] for name in sorted(methods()))]
        return {
            "title": "The next call of the bot",
            "about": "What the bot asks of Slack goes wrong once.",
            "faults": listed(of_calls()),
            "target_label": "Which call",
            "targets": targets,
        }

    def _deliveries(self) -> Json:
        targets = [["", ANY_DELIVERY], *([kind, kind] for kind in DELIVERIES)]
        return {
            "title": "The next delivery to the bot",
            "about": "A click, form, command or event goes wrong once on its way.",
            "faults": listed([f for f in Fault if f in OF_DELIVERIES]),
            "target_label": "Which delivery",
            "targets": targets,
        }

    def _lasting(self) -> Json:
        return {
            "title": "From now on, until it is ended",
            "about": "What an administrator or another organization did.",
            "faults": listed([f for f in Fault if f in LASTING]),
            "target_label": "Channel, where it concerns one",
            "targets": [[id, f"#{name}"] for id, name in self._rooms()],
        }

    def _rooms(self) -> list[tuple[str, str]]:
        channels = self._workspace.channels.values()
        return [(channel.id, channel.name) for channel in channels if not channel.is_im]

    def _planned(self) -> list[str]:
        places = (ANY_CALL, ANY_DELIVERY, "upload", *DELIVERIES, *sorted(methods()))
        counts = [(place, self._workspace.faults.waiting(place)) for place in places]
        return [f"{place}: {count} to come" for place, count in counts if count]

    def _going_on(self) -> list[Json]:
        shared = [
            _lasts(Fault.CHANNEL_SHARED, c.id, f"#{c.name} is shared outside")
            for c in self._workspace.channels.values()
            if c.is_ext_shared
        ]
        revoked = _lasts(Fault.TOKEN_REVOKED, "", Fault.TOKEN_REVOKED.value)
        return [*shared, *([revoked] if self._workspace.faults.token_revoked else [])]

    async def _show(self, request: web.Request) -> web.Response:
        return web.json_response(self.page())

    async def _cause(self, request: web.Request) -> web.Response:
        fault, target = await self._wanted(request)
        code = _CODE if fault is Fault.REFUSED else ""
        if fault is Fault.REFUSED and target not in methods():
            raise web.HTTPBadRequest(text="Name the call that is to be refused.")
        self._start(
            self._administration.cause(
                fault, target, seconds=_SECONDS.get(fault, 1.0), code=code
            )
        )
        await asyncio.sleep(0)
        return web.json_response(self.page())

    async def _end(self, request: web.Request) -> web.Response:
        fault, target = await self._wanted(request)
        self._start(self._administration.cure(fault, target))
        await asyncio.sleep(0)
        return web.json_response(self.page())

    async def _wanted(self, request: web.Request) -> tuple[Fault, str]:
        body = await request.json()
        fault, target = Fault.__members__.get(str(body.get("fault"))), body["target"]
        known = {"", *DELIVERIES, *methods(), *(id for id, _ in self._rooms())}
        if fault is None or target not in known:
            raise web.HTTPNotFound
        return fault, target if fault is not Fault.TOKEN_REVOKED else ""

    @property
    def _administration(self) -> Administration:
        if self._workspace.administration is None:
            raise web.HTTPNotFound
        return self._workspace.administration


def _lasts(fault: Fault, target: str, words: str) -> Json:
    return {"fault": fault.name, "target": target, "words": words}

"""The page's endpoints: each names the person it acts as, and shows no more than that person may see."""

import asyncio
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.sandbox.errors import NotAcknowledged, NotVisible, SlackError
from bot.sandbox.facts import AppFacts
from bot.sandbox.people import Person
from bot.sandbox.records import Json
from bot.sandbox.ui_acts import ACTS, SIGHTS, Act
from bot.sandbox.ui_faults import FaultPages
from bot.sandbox.ui_state import glimpse, overview
from bot.sandbox.ui_tour import TourPages
from bot.sandbox.workspace import Workspace

PAGE = Path(__file__).with_name("page")
_POLICY = (
    "default-src 'self'; img-src 'self' blob:; base-uri 'none'; form-action 'none'"
)
_ALIVE_SECONDS = 15.0
_CHANGED, _ALIVE = b"data: changed\n\n", b": alive\n\n"


class Ui:
    def __init__(
        self, workspace: Workspace, facts: AppFacts, samples: Sequence[Path] = ()
    ) -> None:
        self._workspace = workspace
        self._samples = {path.name: path for path in samples}
        self._facts = facts
        self._tour = TourPages(workspace)
        self._faults = FaultPages(workspace, self._start)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._closing = False

    def add_routes(self, application: web.Application) -> None:
        router = application.router
        router.add_get("/", _page)
        router.add_static("/page/", PAGE)
        router.add_get("/ui/workspace", self._overview)
        for name, sight in SIGHTS.items():
            router.add_get(f"/ui/{name}", self._shown(sight))
        router.add_get("/ui/file/{id}", self._file)
        router.add_get("/ui/events", self._events)
        router.add_get("/ui/samples", self._sample_names)
        router.add_get("/ui/samples/{name}", self._sample)
        router.add_post("/ui/upload", self._upload)
        router.add_post("/ui/home", self._home)
        self._tour.add_routes(router)
        self._faults.add_routes(router)
        for name, act in ACTS.items():
            router.add_post(f"/ui/{name}", self._acted(act))
        application.on_shutdown.append(self._close)

    # --- seeing

    async def _overview(self, request: web.Request) -> web.Response:
        told = overview(self._workspace, self._facts)
        return web.json_response({**told, "has_tour": self._tour.is_here})

    async def _file(self, request: web.Request) -> web.Response:
        person = self._person(request.query.get("as", ""))
        try:
            data = person.read_file(request.match_info["id"])
        except PermissionError:
            raise web.HTTPNotFound from None
        kind = self._workspace.files[request.match_info["id"]].mimetype
        return web.Response(
            body=data, content_type=kind, headers={"X-Content-Type-Options": "nosniff"}
        )

    async def _sample_names(self, request: web.Request) -> web.Response:
        return web.json_response({"samples": sorted(self._samples)})

    async def _sample(self, request: web.Request) -> web.StreamResponse:
        """A still that comes with the simulation, for a newcomer who has none at hand."""
        if (path := self._samples.get(request.match_info["name"])) is None:
            raise web.HTTPNotFound
        return web.FileResponse(path)

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """Say that something this person sees has changed, and nothing more: the page then asks as them.

        Of what happens elsewhere the person hears nothing, not even that it happens.
        """
        person, seen = self._person(request.query.get("as", "")), 0
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        wake = asyncio.Event()
        stop = self._workspace.subscribe(wake.set)
        try:
            while not self._closing:
                wake.clear()
                before, seen = seen, glimpse(person)
                await response.write(_CHANGED if seen != before else _ALIVE)
                await self._changes(wake, person, seen)
        except ConnectionError:
            pass  # The page is closed.
        finally:
            stop()
        return response

    async def _changes(self, wake: asyncio.Event, person: Person, seen: int) -> None:
        """Wait until the person sees something else, or until it is time to show that one is alive."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_ALIVE_SECONDS):
                while not self._closing:
                    await wake.wait()
                    wake.clear()
                    if glimpse(person) != seen:
                        return

    # --- acting

    async def _upload(self, request: web.Request) -> web.Response:
        person = self._person(request.query.get("as", ""))
        name = request.query.get("name", "file")
        return web.json_response({"file": person.upload(name, await request.read())})

    async def _home(self, request: web.Request) -> web.Response:
        person = self._person(str((await request.json()).get("as")))
        # Slack repeats an event for minutes; the page does not wait for that.
        self._start(person.open_home())
        return web.json_response({"ok": True})

    def _start(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _shown(self, show: Act) -> Handler:
        async def handler(request: web.Request) -> web.Response:
            query = dict(request.query)
            return await _answer(show, self._person(query.get("as", "")), query)

        return handler

    def _acted(self, act: Act) -> Handler:
        async def handler(request: web.Request) -> web.Response:
            body = await request.json()
            return await _answer(act, self._person(str(body.get("as"))), body)

        return handler

    def _person(self, id: str) -> Person:
        user = self._workspace.users.get(id)
        if user is None or user.is_bot or user.deleted:
            raise web.HTTPNotFound
        return self._workspace.person(id)

    async def _close(self, application: web.Application) -> None:
        self._closing = True
        self._workspace.changed()
        for task in self._tasks:
            task.cancel()


async def _answer(act: Act, person: Person, body: Json) -> web.Response:
    try:
        return web.json_response(await act(person, body))
    except NotAcknowledged as error:
        return web.json_response({"error": str(error)}, status=502)
    except (NotVisible, KeyError):
        raise web.HTTPNotFound from None
    except SlackError as error:
        return web.json_response({"error": str(error.body())}, status=502)


async def _page(request: web.Request) -> web.FileResponse:
    return web.FileResponse(
        PAGE / "index.html", headers={"Content-Security-Policy": _POLICY}
    )

"""The tour on the page: where it stands, and starting it again."""

from aiohttp import web

from bot.sandbox.records import Json
from bot.sandbox.tour import Look, Step, current, done, takes_place_in
from bot.sandbox.tour_chapters import CHAPTERS
from bot.sandbox.workspace import Workspace


class TourPages:
    """One tour for the whole workspace: two windows can be two people of the same case."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._since = ""

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_get("/ui/tour", self._show)
        router.add_post("/ui/tour", self._restart)

    @property
    def is_here(self) -> bool:
        return takes_place_in(self._workspace, CHAPTERS)

    def page(self) -> Json:
        chapters = CHAPTERS if self.is_here else ()
        look = Look(self._workspace, self._since)
        finished = {id for chapter in chapters for id in done(look, chapter)}
        return {
            "current": current(chapters, finished),
            "chapters": [
                {
                    "title": chapter.title,
                    "about": chapter.about,
                    "steps": [self._step(s, s.id in finished) for s in chapter.steps],
                }
                for chapter in chapters
            ],
        }

    def _step(self, step: Step, is_done: bool) -> Json:
        channel = self._workspace.channels.get(step.channel)
        room = channel is not None and not channel.is_im
        return {
            "id": step.id,
            "title": step.title,
            "account": step.account,
            "person": self._workspace.users[step.account].real_name,
            "channel": step.channel,
            "place": f"#{channel.name}" if channel and room else "direct messages",
            "do": step.do,
            "why": step.why,
            "policy": step.policy,
            "types": step.types,
            "done": is_done,
        }

    async def _show(self, request: web.Request) -> web.Response:
        return web.json_response(self.page())

    async def _restart(self, request: web.Request) -> web.Response:
        """Begin again: what was done before no longer counts."""
        self._since = self._workspace.next_ts()
        return web.json_response({"ok": True})

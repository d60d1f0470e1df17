"""Answers outside the Web API: ``response_url``, and the body of an acknowledged command."""

from aiohttp import web

from bot.sandbox.chat import checked_blocks
from bot.sandbox.errors import SlackError
from bot.sandbox.records import BOT_USER, Json, Message, ResponseUrl
from bot.sandbox.workspace import Workspace

MOST_USES = 5
SECONDS = 30 * 60


class Responses:
    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_post("/respond/{id}", self.answer)

    async def answer(self, request: web.Request) -> web.Response:
        place = self._workspace.response_urls.get(request.match_info["id"])
        if place is None or self._workspace.now() - place.issued > SECONDS:
            return web.json_response({"ok": False, "error": "expired_url"}, status=404)
        place.uses += 1
        # A use that is refused posts nothing, and would be waited for in vain.
        self._workspace.changed()
        if place.uses > MOST_USES:
            return web.json_response({"ok": False, "error": "used_url"}, status=404)
        try:
            respond(self._workspace, place, await request.json())
        except SlackError as error:
            return web.json_response(error.body(), status=400)
        return web.json_response({"ok": True})


def respond(workspace: Workspace, place: ResponseUrl, body: Json) -> None:
    """Post, replace or delete as the body says; without a word, a note only this person sees."""
    original = _original(workspace, place)
    if body.get("delete_original") and original is not None:
        workspace.remove(original)
        return
    text, blocks = str(body.get("text") or ""), body.get("blocks") or []
    if not text and not blocks:
        raise SlackError("no_text")
    blocks = checked_blocks(workspace, blocks)
    if body.get("replace_original") and original is not None:
        workspace.edit(original, text, blocks)
        return
    shown_to_all = body.get("response_type") == "in_channel"
    workspace.post(
        Message(
            workspace.next_ts(),
            place.channel,
            BOT_USER,
            text,
            blocks,
            place.thread_ts,
            only_for=None if shown_to_all else place.user,
        )
    )


def _original(workspace: Workspace, place: ResponseUrl) -> Message | None:
    if place.message_ts is None:
        return None
    return workspace.find_message(place.channel, place.message_ts)

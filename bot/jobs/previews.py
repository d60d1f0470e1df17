"""Gives an open form the picture its examiner waits for, once Slack has it."""

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.casework import editing
from bot.domain.edits import Draft
from bot.domain.pictures import edit_key
from bot.scenes.edits import to_edit
from bot.views.editing import edit_modal
from storage.database import Database, Snapshot

log = structlog.get_logger()


class Previews:
    """Nothing is remembered here: what a form still lacks stands in the database."""

    def __init__(self, db: Database, client: AsyncWebClient, *, zone: str) -> None:
        self._db = db
        self._client = client
        self._zone = zone

    async def step(self) -> bool:
        """Draw the forms anew whose preview has come, or has failed; True if there were any."""
        async with self._db.snapshot() as snapshot:
            drafts = await snapshot.edit_drafts.all()
            due = [d for d in drafts if await _is_due(snapshot, d)]
        for draft in due:
            await self._show(draft)
        dropped = await editing.drop_over(self._db)
        return bool(due or dropped)

    async def _show(self, draft: Draft) -> None:
        async with self._db.snapshot() as snapshot:
            editable = await editing.read(snapshot, draft.examination_id)
            if editable.draft is None or editable.draft.id != draft.id:
                return
            view = edit_modal(await to_edit(snapshot, editable), self._zone)
        try:
            await self._client.views_update(view_id=draft.view_id, view=view)
        except SlackApiError as error:
            # Closed before it came: whoever opens the form again finds the picture in it.
            log.info("preview.unseen", error=error.response.get("error"))
        await editing.shown(self._db, draft)


async def _is_due(snapshot: Snapshot, draft: Draft) -> bool:
    if draft.shown or not draft.is_ready:
        return False
    if draft.problem:
        return True
    picture = await snapshot.pictures.find(edit_key(draft.examination_id, draft.id))
    return picture is not None and picture.shared_at is not None

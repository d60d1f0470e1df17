"""Pictures into Slack and out again, in a way that can be repeated after a crash."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.clock import Clock
from bot.domain.sendings import Picture
from bot.errors import Unavailable
from storage.database import Database
from storage.vault import Vault

_POLL_S = (0.05, 0.1, 0.2, 0.3, 0.6, 1.2, 2.4, 4.8, 9.6, 10.0)


class Uploader:
    """Uploads by Slack's three steps. The file id is kept before the file is shared, so that after
    a crash Slack can be asked whether it was: nothing is shown twice, no history scope is needed.
    """

    def __init__(
        self, db: Database, vault: Vault, client: AsyncWebClient, clock: Clock
    ) -> None:
        self._db = db
        self._vault = vault
        self._client = client
        self._clock = clock

    async def share(
        self, pictures: Sequence[Picture], channel: str, thread_ts: str | None
    ) -> list[Picture]:
        """Show these pictures as one message; return them with file id and time."""
        if not await self._all_shared(pictures):
            pictures = [await self._prepare(picture) for picture in pictures]
            await self._client.files_completeUploadExternal(
                files=[{"id": p.slack_file, "title": p.title} for p in pictures],
                channel_id=channel,
                thread_ts=thread_ts,
            )
        for picture in pictures:
            await self._wait_until_shown(str(picture.slack_file))
        now = self._clock()
        return [replace(picture, shared_at=now) for picture in pictures]

    async def remove(self, slack_file: str) -> None:
        """Delete a file; one that is gone already is as good."""
        try:
            await self._client.files_delete(file=slack_file)
        except SlackApiError as error:
            if error.response.get("error") not in {"file_not_found", "file_deleted"}:
                raise

    async def _all_shared(self, pictures: Sequence[Picture]) -> bool:
        """Whether an earlier attempt got as far as sharing; Slack shares all of one call or none."""
        first = pictures[0].slack_file
        return first is not None and _is_shared(await self._info(first))

    async def _prepare(self, picture: Picture) -> Picture:
        data = await asyncio.to_thread(self._vault.get, picture.vault_sha256)
        answer = await self._client.files_getUploadURLExternal(
            filename=picture.file_name, length=len(data), alt_txt=picture.alt_text
        )
        prepared = replace(picture, slack_file=answer["file_id"])
        async with self._db.transaction() as tx:
            await tx.pictures.save(prepared)
        await self._put(answer["upload_url"], picture.file_name, data)
        return prepared

    async def _put(self, url: str, name: str, data: bytes) -> None:
        form = aiohttp.FormData()
        form.add_field("filename", data, filename=name, content_type="image/png")
        async with (
            aiohttp.ClientSession() as session,
            session.post(url, data=form) as answer,
        ):
            if answer.status != 200:
                raise Unavailable(f"Slack took no file: {answer.status}.")

    async def _wait_until_shown(self, slack_file: str) -> None:
        """Slack needs a moment to process a file before a block may refer to it."""
        for wait in _POLL_S:
            if _is_shared(await self._info(slack_file)):
                return
            await asyncio.sleep(wait)
        raise Unavailable("Slack is still processing a picture.")

    async def _info(self, slack_file: str) -> dict[str, object]:
        try:
            answer = await self._client.files_info(file=slack_file)
        except SlackApiError as error:
            if error.response.get("error") in {"file_not_found", "file_deleted"}:
                return {}
            raise
        return dict(answer["file"])


def _is_shared(file: dict[str, object]) -> bool:
    return bool(file.get("mimetype")) and bool(file.get("shares"))

"""Pictures into Slack and out again, in a way that can be repeated after a crash."""

import asyncio
import io
from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.clock import Clock
from bot.domain.sendings import Picture
from bot.errors import Unavailable
from storage.database import Database
from storage.vault import Vault

log = structlog.get_logger()

Result = TypeVar("Result")
AT_ONCE = 4
POLL_S = (0.05, 0.1, 0.2, 0.3, 0.6, 1.2, 2.4, 4.8, 9.6, 10.0)
_TIMEOUT = aiohttp.ClientTimeout(total=60)
_GONE = frozenset({"file_not_found", "file_deleted"})


class NotShown(Unavailable):
    """Slack has not processed a picture, or never got as far as sharing it."""


class Uploader:
    """Uploads by Slack's three steps: reserve, put, complete.

    The file ids are noted between the second step and the third. Pictures without one have therefore
    never been shared; of the others Slack can be asked whether they were. Nothing is shown twice,
    and no scope to read conversations is needed.
    """

    def __init__(
        self,
        db: Database,
        vault: Vault,
        client: AsyncWebClient,
        clock: Clock,
        *,
        poll_s: Sequence[float] = POLL_S,
    ) -> None:
        self._db = db
        self._vault = vault
        self._client = client
        self._clock = clock
        self._poll_s = poll_s
        self._completed: set[str] = set()

    async def share(
        self, pictures: Sequence[Picture], channel: str, thread_ts: str | None
    ) -> list[Picture]:
        """Show these pictures as one message; return them with file id and time."""
        if not await self._shared_before(pictures):
            pictures = await self._put_all(pictures)
            await self._complete(pictures, channel, thread_ts)
        files = [str(picture.slack_file) for picture in pictures]
        await _few_at_once(self._wait_until_shown(file) for file in files)
        self._completed.difference_update(files)
        now = self._clock()
        return [replace(picture, shared_at=now) for picture in pictures]

    async def remove(self, slack_file: str) -> None:
        """Delete a file; one that is gone already is as good."""
        try:
            await self._client.files_delete(file=slack_file)
        except SlackApiError as error:
            if error.response.get("error") not in _GONE:
                raise

    async def abandon(self, pictures: Sequence[Picture]) -> None:
        """Delete what attempts to show them may have left: it might yet come to be seen."""
        noted = [p for p in pictures if p.slack_file is not None and not p.shared_at]
        await _few_at_once(self.remove(str(p.slack_file)) for p in noted)
        self._completed.difference_update(str(p.slack_file) for p in noted)
        async with self._db.transaction() as tx:
            for picture in noted:
                await tx.pictures.save(replace(picture, slack_file=None))

    async def _shared_before(self, pictures: Sequence[Picture]) -> bool:
        """Whether an earlier attempt got as far as sharing; Slack shares all of one call or none."""
        noted = [p.slack_file for p in pictures if p.slack_file is not None]
        if not noted:
            return False
        try:
            await self._wait_until_shown(noted[0])
        except NotShown:
            if noted[0] in self._completed:
                raise
            # An answer that comes after all must not show them beside the new ones.
            log.warning("uploads.abandoned", request=pictures[0].request_id)
            await _few_at_once(self.remove(file) for file in noted)
            return False
        return True

    async def _put_all(self, pictures: Sequence[Picture]) -> list[Picture]:
        async with aiohttp.ClientSession(timeout=_TIMEOUT) as session:
            prepared = await _few_at_once(
                self._put(session, picture) for picture in pictures
            )
        async with self._db.transaction() as tx:
            for picture in prepared:
                await tx.pictures.save(picture)
        return prepared

    async def _put(self, session: aiohttp.ClientSession, picture: Picture) -> Picture:
        data = await asyncio.to_thread(self._vault.get, picture.vault_sha256)
        answer = await self._client.files_getUploadURLExternal(
            filename=picture.file_name, length=len(data), alt_txt=picture.alt_text
        )
        form = aiohttp.FormData()
        # As a file: bytes of more than a megabyte would keep the event loop while they are sent.
        form.add_field(
            "filename",
            io.BytesIO(data),
            filename=picture.file_name,
            content_type=_content_type(picture.file_name),
        )
        async with session.post(
            answer["upload_url"], data=form, allow_redirects=False
        ) as taken:
            if taken.status != 200:
                raise Unavailable(f"Slack took no file: {taken.status}.")
        return replace(picture, slack_file=answer["file_id"])

    async def _complete(
        self, pictures: Sequence[Picture], channel: str, thread_ts: str | None
    ) -> None:
        await self._client.files_completeUploadExternal(
            files=[{"id": p.slack_file, "title": p.title} for p in pictures],
            channel_id=channel,
            thread_ts=thread_ts,
        )
        self._completed.update(str(p.slack_file) for p in pictures)

    async def _wait_until_shown(self, slack_file: str) -> None:
        """Slack needs a moment to process a file before a block may refer to it."""
        for wait in self._poll_s:
            if _is_shared(await self._info(slack_file)):
                return
            await asyncio.sleep(wait)
        raise NotShown("Slack is still processing a picture.")

    async def _info(self, slack_file: str) -> dict[str, object]:
        try:
            answer = await self._client.files_info(file=slack_file)
        except SlackApiError as error:
            if error.response.get("error") in _GONE:
                return {}
            raise
        return dict(answer["file"])


def _is_shared(file: dict[str, object]) -> bool:
    return bool(file.get("mimetype")) and bool(file.get("shares"))


async def _few_at_once(calls: Iterable[Awaitable[Result]]) -> list[Result]:
    """Await them all, a few at a time; raise the first error once none is under way any more."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(call: Awaitable[Result]) -> Result:
        async with turn:
            return await call

    results = await asyncio.gather(*map(one, calls), return_exceptions=True)
    return [_good(result) for result in results]


def _good(result: Result | BaseException) -> Result:
    if isinstance(result, BaseException):
        raise result
    return result


def _content_type(file_name: str) -> str:
    return "image/gif" if file_name.endswith(".gif") else "image/png"

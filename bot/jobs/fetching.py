"""Brings the still of an accepted request from Slack into the vault."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlsplit

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.casework import probes, searching
from bot.clock import Clock
from bot.domain.requests import FaceRequest
from bot.domain.work import WorkItem, WorkKind
from bot.domain.workflow import IllegalStep, State
from bot.errors import Refusal, Unavailable
from storage.database import Database
from storage.errors import LeaseLost
from storage.vault import Vault

log = structlog.get_logger()

BYTES_MAX = 10 * 1024 * 1024
_GONE = frozenset({"file_not_found", "file_deleted", "not_visible", "access_denied"})
_WITHHELD = frozenset({403, 404, 410})
_WITHHELD_MAX = 3
AT_ONCE = 4
# After each attempt but the last: fifty-five minutes in all.
_WAITS_S = (5, 5, 10, 20, 40, 80, 160, 300, 600, 900, 1200)
_LEASE = timedelta(minutes=5)  # longer than one attempt can take
_TIMEOUT = aiohttp.ClientTimeout(total=60)


class NoImage(Refusal):
    """The file that was named cannot be had; the message says what would cure it."""

    rule = "IMAGE_NOT_THERE"


class Withheld(Unavailable):
    """Slack names the file and does not hand it out; seldom for long, but it happens."""


class Fetcher:
    """Takes requests that were just received; what fails for technical reasons is tried again, a
    dozen times within about an hour, and then waits for a supervisor.

    Attempts are kept as work in the database, so that a restart forgets none. There is one bot, so
    whatever was claimed when it starts was claimed by a dead one.
    """

    def __init__(
        self,
        db: Database,
        vault: Vault,
        client: AsyncWebClient,
        clock: Clock,
        hosts: frozenset[str],
    ) -> None:
        self._db = db
        self._vault = vault
        self._client = client
        self._clock = clock
        self._hosts = hosts
        self._busy: set[asyncio.Task[None]] = set()
        self._released = False

    async def step(self) -> None:
        """Fetch what is waiting, and wait for it."""
        await self.begin()
        while self._busy:
            await asyncio.gather(*self._busy)
            await self.begin()

    async def begin(self) -> None:
        """Begin to fetch what is waiting, a few at once: a slow one holds up no other."""
        self._busy = {task for task in self._busy if not task.done()}
        await self._note()
        while len(self._busy) < AT_ONCE and (item := await self._claim()) is not None:
            self._busy.add(asyncio.create_task(self._fetch(item)))

    async def close(self) -> None:
        """Let go of what is under way; it is fetched after the next start."""
        for task in self._busy:
            task.cancel()
        await asyncio.gather(*self._busy, return_exceptions=True)

    async def _note(self) -> None:
        """Have the stills of new requests fetched."""
        async with self._db.snapshot() as snapshot:
            lacking = await snapshot.work.lacking(WorkKind.FETCH, State.RECEIVED)
        if not lacking and self._released:
            return
        async with self._db.transaction() as tx:
            if not self._released:
                await tx.work.release(WorkKind.FETCH, self._clock())
            for id in lacking:
                await tx.work.add(WorkKind.FETCH, id, now=self._clock())
        self._released = True

    async def _claim(self) -> WorkItem | None:
        async with self._db.snapshot() as snapshot:
            if not await snapshot.work.due(WorkKind.FETCH, self._clock()):
                return None
        async with self._db.transaction() as tx:
            return await tx.work.claim(
                "fetcher", self._clock(), _LEASE, {WorkKind.FETCH}
            )

    async def _fetch(self, item: WorkItem) -> None:
        try:
            await self._fetch_once(item)
        except Withheld as error:
            if item.attempts < _WITHHELD_MAX:
                await self._later(item, str(error))
            else:
                await self._reject(item.request_id, _not_there())
        except (aiohttp.ClientError, TimeoutError, OSError, Unavailable) as error:
            await self._later(item, str(error) or type(error).__name__)
        except Exception as error:  # one damaged request must not end the others
            log.exception("fetch.defect", request=item.request_id)
            await self._later(item, type(error).__name__)

    async def _fetch_once(self, item: WorkItem) -> None:
        async with self._db.snapshot() as snapshot:
            request = await snapshot.requests.get(item.request_id)
        try:
            name, data = await self._download(request)
            sha256 = await asyncio.to_thread(self._vault.put, data)
            await probes.store(
                self._db, request.id, sha256, len(data), name, now=self._clock()
            )
        except IllegalStep:
            log.info("fetch.overtaken", request=request.id)
        except Refusal as refusal:
            await self._reject(request.id, refusal)

    async def _reject(self, id: str, why: Refusal) -> None:
        try:
            await probes.reject(self._db, id, why, now=self._clock())
        except IllegalStep:
            log.info("fetch.overtaken", request=id)

    async def _later(self, item: WorkItem, error: str) -> None:
        log.warning("fetch.later", request=item.request_id, error=error)
        now = self._clock()
        try:
            if item.attempts > len(_WAITS_S):
                await searching.give_up(self._db, item, error, now=now)
                return
            due = now + timedelta(seconds=_WAITS_S[item.attempts - 1])
            async with self._db.transaction() as tx:
                await tx.work.fail(item, error, due)
        except LeaseLost:
            log.info("fetch.overtaken", request=item.request_id)
        except Exception:  # it is claimed again when its lease runs out
            log.exception("fetch.defect", request=item.request_id)

    async def _download(self, request: FaceRequest) -> tuple[str, bytes]:
        file = await self._info(request.asked.image_file)
        if int(str(file.get("size") or 0)) > BYTES_MAX:
            raise NoImage(
                "The file is larger than 10 MB. Send a smaller still, best as JPEG or PNG.",
                rule="IMAGE_TOO_LARGE",
            )
        if not file.get("mimetype"):
            raise Unavailable("Slack is still processing the file.")
        await self._check_theirs(request, file)
        url = str(file.get("url_private_download") or file.get("url_private") or "")
        self._check_host(url)
        return str(file.get("name") or ""), await self._read(url)

    async def _info(self, file_id: str) -> dict[str, object]:
        try:
            return dict((await self._client.files_info(file=file_id))["file"])
        except SlackApiError as error:
            if error.response.get("error") in _GONE:
                raise _not_there() from error
            raise Unavailable(
                f"Slack answered {error.response.get('error')}."
            ) from error

    async def _check_theirs(
        self, request: FaceRequest, file: Mapping[str, object]
    ) -> None:
        """The file's id comes out of a payload, and the bot may read more than its sender may."""
        own = file.get("user") == request.requester_account
        if not own and request.channel not in _shared_in(file):
            raise _foreign()
        async with self._db.snapshot() as snapshot:
            if await snapshot.pictures.by_slack_file(request.asked.image_file):
                raise _foreign()

    def _check_host(self, url: str) -> None:
        """The address comes out of a payload: the token goes to Slack's own hosts only."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.scheme == "https" or host == "127.0.0.1":
            for allowed in self._hosts:
                if host == allowed or host.endswith(f".{allowed}"):
                    return
        raise NoImage("The image does not lie with Slack. Upload it to Slack instead.")

    async def _read(self, url: str) -> bytes:
        headers = {"Authorization": f"Bearer {self._client.token}"}
        async with (
            aiohttp.ClientSession(timeout=_TIMEOUT) as session,
            session.get(url, headers=headers, allow_redirects=False) as answer,
        ):
            if answer.status in _WITHHELD:
                raise Withheld(f"Slack answered {answer.status} for a file.")
            if answer.status != 200:
                raise Unavailable(f"Slack answered {answer.status} for a file.")
            data = await answer.content.read(BYTES_MAX + 1)
            while not answer.content.at_eof() and len(data) <= BYTES_MAX:
                data += await answer.content.read(BYTES_MAX + 1 - len(data))
        if len(data) > BYTES_MAX:
            raise NoImage(
                "The file is larger than 10 MB. Send a smaller still.",
                rule="IMAGE_TOO_LARGE",
            )
        return data


def _shared_in(file: Mapping[str, object]) -> set[str]:
    """The channels a file was posted in, of whatever kind."""
    shares = file.get("shares")
    kinds = shares.values() if isinstance(shares, Mapping) else ()
    return {channel for kind in kinds for channel in kind}


def _not_there() -> NoImage:
    return NoImage(
        "The image is no longer in Slack, or the bot may not see it. Send it again."
    )


def _foreign() -> NoImage:
    return NoImage(
        "The image is neither your own nor posted in the request channel. "
        "Upload the still yourself.",
        rule="FOREIGN_FILE",
    )

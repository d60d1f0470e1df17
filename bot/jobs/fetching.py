"""Brings the still of an accepted request from Slack into the vault."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.casework import probes
from bot.clock import Clock
from bot.domain.requests import FaceRequest
from bot.domain.workflow import IllegalStep, State
from bot.errors import Refusal, Unavailable
from storage.database import Database
from storage.vault import Vault

log = structlog.get_logger()

BYTES_MAX = 10 * 1024 * 1024
_GONE = frozenset({"file_not_found", "file_deleted", "not_visible", "access_denied"})
_WAIT = timedelta(seconds=5)
_TIMEOUT = aiohttp.ClientTimeout(total=60)


class NoImage(Refusal):
    """The file that was named cannot be had; the message says what would cure it."""

    rule = "IMAGE_NOT_THERE"


class Fetcher:
    """Takes requests that were just received; what fails for technical reasons is tried again."""

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
        self._later: dict[str, datetime] = {}

    async def step(self) -> None:
        """Fetch every still that is waiting."""
        async with self._db.snapshot() as snapshot:
            waiting = await snapshot.requests.in_states(State.RECEIVED)
        for request in waiting:
            if self._later.get(request.id, self._clock()) <= self._clock():
                await self._fetch(request)

    async def _fetch(self, request: FaceRequest) -> None:
        try:
            name, data = await self._download(request)
            sha256 = await asyncio.to_thread(self._vault.put, data)
            await probes.store(
                self._db, request.id, sha256, len(data), name, now=self._clock()
            )
        except IllegalStep:
            log.info("fetch.overtaken", request=request.id)
        except Refusal as refusal:
            await probes.reject(self._db, request.id, refusal, now=self._clock())
        except (aiohttp.ClientError, TimeoutError, OSError, Unavailable) as error:
            log.warning("fetch.later", request=request.id, error=repr(error))
            self._later[request.id] = self._clock() + _WAIT

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
                raise NoImage(
                    "The image is no longer in Slack, or the bot may not see it. Send it again."
                ) from error
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


def _foreign() -> NoImage:
    return NoImage(
        "The image is neither your own nor posted in the request channel. "
        "Upload the still yourself.",
        rule="FOREIGN_FILE",
    )

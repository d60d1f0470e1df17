"""Whether the bot can do its work, for whoever watches over it: no names, no numbers of requests."""

import asyncio
from collections.abc import Callable
from time import monotonic

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.jobs.workers import WorkerProcesses
from storage.database import Database

# Whoever watches may ask often; Slack is asked this often at most, and not waited for longer.
_REMEMBERED_S = 2.0
_PATIENCE_S = 3.0


class Health:
    """Degraded is a bot that answers and yet cannot work: Slack refuses its token, or no worker runs."""

    def __init__(
        self,
        db: Database,
        client: AsyncWebClient,
        workers: WorkerProcesses,
        *,
        seconds: Callable[[], float] = monotonic,
    ) -> None:
        self._db = db
        self._client = client
        self._workers = workers
        self._seconds = seconds
        self._asked_at = -_REMEMBERED_S
        self._trouble: str | None = None
        self._asking = asyncio.Lock()

    async def report(self) -> dict[str, object]:
        reasons = list(filter(None, (await self._slack(), self._work())))
        async with self._db.snapshot() as snapshot:
            return {
                "ok": not reasons,
                "status": "degraded" if reasons else "ok",
                "reasons": reasons,
                "outbox_pending": await snapshot.outbox.pending(),
                "outbox_failed": len(await snapshot.outbox.failed()),
            }

    def _work(self) -> str | None:
        """Without workers of its own, a bot does not know of those that run beside it."""
        if self._workers.are_all_dead:
            return "No worker is running: nothing is checked or searched."
        return None

    async def _slack(self) -> str | None:
        async with self._asking:
            if self._seconds() - self._asked_at >= _REMEMBERED_S:
                self._trouble = await self._ask()
                self._asked_at = self._seconds()
        return self._trouble

    async def _ask(self) -> str | None:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self._client.auth_test()
        except SlackApiError as error:
            return f"Slack refuses the bot's token: {error.response.get('error', '')}."
        except (aiohttp.ClientError, TimeoutError, OSError):
            return "Slack cannot be reached."
        return None

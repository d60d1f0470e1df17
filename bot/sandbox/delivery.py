"""Delivery to the bot, signed or by Socket Mode, with Slack's three seconds and its retries of events."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

import aiohttp

from bot.sandbox.errors import NotAcknowledged
from bot.sandbox.faults import Fault, Faults
from bot.sandbox.records import Json
from bot.sandbox.sockets import Answer, Parcel, Sockets

ACK_SECONDS = 3.0
RETRY_DELAYS = (0.0, 60.0, 300.0)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One thing sent to the bot, and what the bot answered."""

    kind: str
    user: str
    status: int | None
    seconds: float
    body: str = ""
    error: str | None = None
    """What Slack shows the person when there was no good answer, ``operation_timeout`` for one."""
    errors: Mapping[str, str] = field(default_factory=dict)
    """The words under the fields of a form, by block."""

    @property
    def acknowledged(self) -> bool:
        return self.status == 200

    def json(self) -> Json:
        """Return the answer's JSON object; an empty one when it is none."""
        try:
            body = json.loads(self.body)
        except ValueError:
            return {}
        return body if isinstance(body, dict) else {}

    def check(self) -> "Delivery":
        if not self.acknowledged:
            raise NotAcknowledged(
                f"{self.kind} by {self.user}: {self.error}, status {self.status} after {self.seconds:.2f} s"
            )
        return self


class Courier:
    """Signs and posts to the bot's one address; without one, sends by Socket Mode.

    Keeps a journal of every delivery.
    """

    def __init__(
        self,
        signing_secret: str,
        sockets: Sockets,
        faults: Faults,
        bot_url: str | None = None,
        *,
        ack_seconds: float = ACK_SECONDS,
        retry_delays: tuple[float, ...] = RETRY_DELAYS,
    ) -> None:
        self.bot_url = bot_url
        self.journal: list[Delivery] = []
        self.signing_secret = signing_secret
        self._ack_seconds = ack_seconds
        self._retry_delays = retry_delays
        self._session: aiohttp.ClientSession | None = None
        self._sockets = sockets
        self._faults = faults
        self._held: list[asyncio.Event] = []

    async def __aenter__(self) -> "Courier":
        # A bot that was restarted must not be met on a connection to its predecessor.
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(force_close=True)
        )
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def command(self, user: str, form: Mapping[str, str]) -> Delivery:
        return await self._deliver(Parcel("command", user, form))

    async def interaction(self, user: str, payload: Json) -> Delivery:
        return await self._deliver(Parcel(str(payload["type"]), user, payload))

    async def event(self, user: str, envelope: Json) -> Delivery:
        """Deliver an event, and again under the same id while the bot does not answer 2xx."""
        delivery = await self._deliver(Parcel("event", user, envelope))
        for number, delay in enumerate(self._retry_delays, start=1):
            if delivery.acknowledged or delivery.error == "no_retry":
                break
            await asyncio.sleep(delay)
            retry = number, _why_again(delivery)
            delivery = await self._deliver(Parcel("event", user, envelope, retry))
        return delivery

    async def _deliver(self, parcel: Parcel) -> Delivery:
        planned = self._faults.take_for_delivery(parcel.kind)
        fault = planned.fault if planned else None
        if planned and fault is Fault.REORDERED:
            await self._let_pass(planned.seconds)
        started = time.perf_counter()
        times = 2 if fault is Fault.DUPLICATED else 1
        status, answer, error = (
            await asyncio.gather(*(self._send(parcel) for _ in range(times)))
        )[0]
        if fault is Fault.LOST_ACK:
            status, answer, error = None, "", "operation_timeout"
        seconds = time.perf_counter() - started
        fields = _field_errors(answer) if parcel.kind == "view_submission" else {}
        delivery = Delivery(
            parcel.kind, parcel.user, status, seconds, answer, error, fields
        )
        self.journal.append(delivery)
        for held in self._held:
            held.set()
        return delivery

    async def _let_pass(self, seconds: float) -> None:
        """Wait until something else has been delivered, but not for ever."""
        self._held.append(passed := asyncio.Event())
        try:
            async with asyncio.timeout(seconds):
                await passed.wait()
        except TimeoutError:
            return
        finally:
            self._held.remove(passed)

    async def _send(self, parcel: Parcel) -> Answer:
        if self.bot_url is None:
            return await self._sockets.send(parcel, self._ack_seconds)
        return await self._post(self.bot_url, *_request(parcel))

    async def _post(self, url: str, body: str, headers: Mapping[str, str]) -> Answer:
        if self._session is None:
            return None, "", "dispatch_failed"
        data = body.encode()
        signed = {**headers, **signature(self.signing_secret, data, time.time())}
        try:
            async with (
                asyncio.timeout(self._ack_seconds),
                self._session.post(url, data=data, headers=signed) as response,
            ):
                answer = await response.text()
                return response.status, answer, _error(response)
        except TimeoutError:
            return None, "", "operation_timeout"
        except aiohttp.ClientError:
            return None, "", "dispatch_failed"


_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_JSON = {"Content-Type": "application/json"}


def _request(parcel: Parcel) -> tuple[str, Mapping[str, str]]:
    """Return body and headers as Slack posts them: events as JSON, everything else as a form."""
    if parcel.kind == "command":
        return urlencode(parcel.content), _FORM
    if parcel.kind != "event":
        return urlencode({"payload": json.dumps(parcel.content)}), _FORM
    headers = dict(_JSON)
    if parcel.retry is not None:
        number, reason = parcel.retry
        headers |= {
            "X-Slack-Retry-Num": str(number),
            "X-Slack-Retry-Reason": reason,
        }
    return json.dumps(parcel.content), headers


def _why_again(delivery: Delivery) -> str:
    if delivery.error == "operation_timeout":
        return "http_timeout"
    return "connection_failed" if delivery.status is None else "http_error"


def signature(secret: str, body: bytes, moment: float) -> dict[str, str]:
    """Return the headers by which an app knows that Slack sent this (scheme v0)."""
    timestamp = str(int(moment))
    base = b":".join((b"v0", timestamp.encode(), body))
    digest = hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": f"v0={digest}"}


def _error(response: aiohttp.ClientResponse) -> str | None:
    if response.status == 200:
        return None
    return (
        "no_retry"
        if response.headers.get("X-Slack-No-Retry") == "1"
        else "dispatch_failed"
    )


def _field_errors(answer: str) -> dict[str, str]:
    try:
        body = json.loads(answer)
    except ValueError:
        return {}
    wrong = isinstance(body, dict) and body.get("response_action") == "errors"
    return {str(k): str(v) for k, v in body.get("errors", {}).items()} if wrong else {}

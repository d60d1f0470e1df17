"""Bad days on purpose: what goes wrong with the bot's calls, with what is delivered to it, and around it."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum


class Fault(Enum):
    # With a call of the bot's.
    RATE_LIMITED = "429 with Retry-After, nothing written"
    FAILS_BEFORE = "500, nothing written"
    FAILS_AFTER = "500, but it was written"
    SLOW = "answers late"
    DROPPED = "written, then the connection is cut"
    REFUSED = "refused with an error code of the method"
    FILE_STUCK = "the file is not processed for a while"
    # With a delivery to the bot.
    LOST_ACK = "the bot's answer never reaches Slack"
    DUPLICATED = "delivered twice, at the same moment"
    REORDERED = "delivered after what happens next"
    # Around it, until it is cured.
    TOKEN_REVOKED = "the bot's token is revoked"  # noqa: S105 - what happened, not a token
    CHANNEL_SHARED = "a channel is shared with another organization"


OF_DELIVERIES = frozenset({Fault.LOST_ACK, Fault.DUPLICATED, Fault.REORDERED})
LASTING = frozenset({Fault.TOKEN_REVOKED, Fault.CHANNEL_SHARED})
ANY_CALL, ANY_DELIVERY = "any call", "any delivery"


@dataclass(frozen=True, slots=True)
class Planned:
    fault: Fault
    seconds: float = 1.0
    code: str = ""


@dataclass(slots=True)
class Faults:
    """What goes wrong next, in the order planned: by method, or by the kind of what is delivered."""

    token_revoked: bool = False
    _planned: dict[str, deque[Planned]] = field(default_factory=dict)

    def plan(
        self,
        at: str,
        fault: Fault,
        *,
        times: int = 1,
        seconds: float = 1.0,
        code: str = "",
    ) -> None:
        """``at``: a method, ``event``, ``command``, the type of an interaction, or any of either."""
        queue = self._planned.setdefault(at, deque())
        queue.extend([Planned(fault, seconds, code)] * times)

    def planned(self) -> list[tuple[str, Planned]]:
        """Everything that is still to come, and where."""
        return [(at, one) for at, queue in self._planned.items() for one in queue]

    def waiting(self, at: str) -> int:
        """How many of the faults planned there have not met a call or a delivery yet."""
        return len(self._planned.get(at, ()))

    def forget(self, fault: Fault) -> None:
        """Let what was planned of this kind not happen after all."""
        for at, queue in self._planned.items():
            self._planned[at] = deque(p for p in queue if p.fault is not fault)

    def take(self, at: str) -> Planned | None:
        queue = self._planned.get(at)
        return queue.popleft() if queue else None

    def take_for_call(self, method: str) -> Planned | None:
        return self.take(method) or self.take(ANY_CALL)

    def take_for_delivery(self, kind: str) -> Planned | None:
        return self.take(kind) or self.take(ANY_DELIVERY)


_PER_MINUTE = {1: 1, 2: 20, 3: 50, 4: 100}


@dataclass(slots=True)
class Rates:
    """Slack's limits, kept only when ``strict``: by tier a minute, one post a second a channel."""

    now: Callable[[], float]
    strict: bool = False
    burst: int = 3
    _calls: dict[str, deque[float]] = field(default_factory=dict)

    def wait(self, method: str, tier: int | str, channel: str) -> int | None:
        """Return the seconds to wait when this call is one too many, else count it."""
        if not self.strict:
            return None
        if method == "chat.postMessage":
            return self._count(f"{method} {channel}", self.burst, float(self.burst))
        return (
            self._count(method, _PER_MINUTE[tier], 60.0)
            if isinstance(tier, int)
            else None
        )

    def _count(self, key: str, most: int, seconds: float) -> int | None:
        calls = self._calls.setdefault(key, deque())
        now = self.now()
        while calls and now - calls[0] >= seconds:
            calls.popleft()
        if len(calls) >= most:
            return max(1, round(seconds - (now - calls[0])))
        calls.append(now)
        return None

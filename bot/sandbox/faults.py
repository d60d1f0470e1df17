"""Bad days on purpose: rate limits, failures before and after the write, slow and cut answers."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum


class Fault(Enum):
    RATE_LIMITED = "429 with Retry-After, nothing written"
    FAILS_BEFORE = "500, nothing written"
    FAILS_AFTER = "500, but it was written"
    SLOW = "answers late"
    DROPPED = "written, then the connection is cut"


@dataclass(frozen=True, slots=True)
class Planned:
    fault: Fault
    seconds: float = 1.0


@dataclass(slots=True)
class Faults:
    """What goes wrong with the next calls of a method, in the order planned."""

    _planned: dict[str, deque[Planned]] = field(default_factory=dict)

    def plan(
        self, method: str, fault: Fault, *, times: int = 1, seconds: float = 1.0
    ) -> None:
        queue = self._planned.setdefault(method, deque())
        queue.extend([Planned(fault, seconds)] * times)

    def waiting(self, method: str) -> int:
        """How many of the faults planned for a method have not met a call yet."""
        return len(self._planned.get(method, ()))

    def take(self, method: str) -> Planned | None:
        queue = self._planned.get(method)
        return queue.popleft() if queue else None


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

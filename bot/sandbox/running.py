"""What runs in the demonstration, and the clock it runs by."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.assembly import Bot, Store
from bot.clock import utc_now
from bot.config import Settings
from bot.sandbox.server import Sandbox


@dataclass
class MovableClock:
    """This machine's clock, put forward by whatever somebody wants to have waited.

    Only forward: a clock that runs backwards would give out leases that are over already. Worker
    processes keep the machine's own time.
    """

    ahead: timedelta = field(default=timedelta(), init=False)

    def __call__(self) -> datetime:
        return utc_now() + self.ahead

    def forward(self, by: timedelta) -> None:
        if by < timedelta():
            raise ValueError("this clock is not put back")
        self.ahead += by


@dataclass(frozen=True, slots=True)
class Running:
    """A workspace and the bot in it, both at work."""

    sandbox: Sandbox
    store: Store
    bot: Bot
    clock: MovableClock
    settings: Settings

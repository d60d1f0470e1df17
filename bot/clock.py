"""Time as a value: services take ``now``; only handlers and jobs hold a clock."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC)


def in_zone(clock: Clock, zone: str) -> Clock:
    """Return the same moments by the unit's own clock, for what is counted in its days and years."""
    there = ZoneInfo(zone)
    return lambda: clock().astimezone(there)


def day_in(zone: str, at: datetime) -> date:
    """Return the day on the unit's calendar."""
    return at.astimezone(ZoneInfo(zone)).date()

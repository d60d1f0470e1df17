"""Text as Slack may show it: escaped, within limits, in the unit's own time."""

import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from bot.domain.sendings import Block

ZONE = "America/New_York"
SECTION_MAX = 3000
CHANGING = "This message is being brought up to date."
SHORTENED = " … (shortened)"

# Control characters, and those that turn the direction of writing and so could disguise a text.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]"
)
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


@dataclass(frozen=True, slots=True)
class Message:
    """What is posted. ``text`` stands on lock screens: a neutral sentence and a number, nothing else."""

    text: str
    blocks: tuple[Block, ...]


def escape(text: str) -> str:
    """Return user-given text such that Slack finds no mention, link or channel in it (policy 7, A30)."""
    return _UNSEEN.sub("", text).translate(_ESCAPES)


def fitted(text: str, most: int = SECTION_MAX) -> str:
    """Return the text escaped, and shortened, saying so, where it would be longer than ``most``."""
    return escape(_shortened(text, most, lambda part: len(escape(part))))


def quoted(text: str, most: int = SECTION_MAX) -> str:
    """Return user-given text as a quotation, so that it cannot pass for ours."""
    cut = _shortened(text, most - 2, _length_in_quotation)
    return "\n".join(f"> {line}" for line in escape(cut).split("\n"))


def _length_in_quotation(part: str) -> int:
    return len(escape(part)) + 2 * part.count("\n")


def _shortened(text: str, most: int, length: Callable[[str], int]) -> str:
    if length(text) <= most:
        return text
    # No text is escaped letter by letter to find where to cut it: a longer part is never shorter escaped.
    ends = range(1, len(text) + 1)
    kept = bisect_right(ends, most - len(SHORTENED), key=lambda end: length(text[:end]))
    return text[:kept] + SHORTENED


def line(text: str) -> str:
    """Return user-given text as one line, so that none of it can pass for a line of ours."""
    return " ".join(text.split())


def clipped(text: str, most: int) -> str:
    """Return text for a plain field that takes no markup, cut with an ellipsis."""
    seen = _UNSEEN.sub("", text)
    return seen if len(seen) <= most else seen[: most - 1] + "…"


def is_unseen(character: str) -> bool:
    """Whether a character is of those that cannot be seen, or disguise what is."""
    return _UNSEEN.match(character) is not None


def mention(account: str) -> str:
    return f"<@{escape(account)}>"


def moment(at: datetime, zone: str = ZONE) -> str:
    """Return a time as the unit's clock shows it: November 23, 2026, 14:05 EST."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{day(local)}, {local:%H:%M %Z}"


def day(on: date) -> str:
    return f"{on:%B} {on.day}, {on.year}"


def lasting(seconds: int) -> str:
    """Return 45 s, 4 min 10 s, 2 h 5 min."""
    minutes, rest = divmod(seconds, 60)
    if not minutes:
        return f"{rest} s"
    hours, minutes_left = divmod(minutes, 60)
    return f"{hours} h {minutes_left} min" if hours else f"{minutes} min {rest} s"


def counted(count: int, one: str, many: str | None = None) -> str:
    """Return 1 candidate, 2 candidates."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def sentence(word: str) -> str:
    """Return a phrase with a capital at its beginning."""
    return word[:1].upper() + word[1:]

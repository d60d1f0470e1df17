"""The guided tour: cases in steps, and how it is seen that a step was done."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bot.sandbox.records import Message
from bot.sandbox.sight import Sight
from bot.sandbox.visibility import strings, visible_messages
from bot.sandbox.workspace import Workspace

_NUMBER = re.compile(r"Request (FIS-\S+)")


@dataclass(frozen=True, slots=True)
class Sign:
    """What the person of a step can see once it is done: ``count`` conversations with all ``words``,
    or a ``form`` open with them, on the case if there are none. ``{number}`` stands for the request.

    A conversation is a message with everything beneath it, notes to this person alone included.
    """

    words: tuple[str, ...] = ()
    count: int = 1
    form: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """In ``do``, [brackets] hold words of the screen and `backticks` what is typed; ``types`` is what
    the page offers to type. ``policy`` names the paragraph behind ``why``."""

    id: str
    title: str
    account: str
    channel: str
    do: tuple[str, ...]
    why: str
    policy: str
    sign: Sign
    types: str = ""


@dataclass(frozen=True, slots=True)
class Chapter:
    """One case; its request is known by who sent it and by its case number."""

    title: str
    about: str
    requester: str
    case_number: str
    steps: tuple[Step, ...]


def direct(account: str) -> str:
    """The conversation of a person with the bot."""
    return f"D-{account.removeprefix('U-')}"


@dataclass(slots=True)
class Look:
    """One look at what everybody can see of what happened after ``since``; every message is read once."""

    workspace: Workspace
    since: str = ""
    _texts: dict[str, str] = field(default_factory=dict)
    _rooms: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def conversations(self, account: str, channel: str) -> list[str]:
        """What this person can read in a channel, each message together with its thread, oldest first."""
        if (account, channel) not in self._rooms:
            self._rooms[account, channel] = self._read(account, channel)
        return self._rooms[account, channel]

    def _read(self, account: str, channel: str) -> list[str]:
        together: dict[str, list[str]] = defaultdict(list)
        for message in visible_messages(self.workspace, account):
            root = message.thread_ts or message.ts
            if message.channel == channel and root > self.since:
                together[root].append(self._text(message))
        return [" ".join(together[root]) for root in sorted(together)]

    def _text(self, message: Message) -> str:
        if message.ts not in self._texts:
            self._texts[message.ts] = " ".join(_words(message.blocks)) or message.text
        return self._texts[message.ts]

    def has_open(self, account: str, form: str, words: Sequence[str]) -> bool:
        """Whether this person has a form open that says all of this."""
        modal = Sight(account, self.workspace, "").modal
        if modal is None or modal["callback_id"] != form:
            return False
        said = " ".join(strings(modal["blocks"]))
        return all(word in said for word in words)


def done(look: Look, chapter: Chapter) -> set[str]:
    """Return the steps that were done; who has gone further has done what comes before."""
    number = _request(look, chapter)
    seen = [_is_seen(look, chapter, step, number) for step in chapter.steps]
    return {step.id for place, step in enumerate(chapter.steps) if any(seen[place:])}


def current(chapters: Sequence[Chapter], finished: set[str]) -> str:
    """Return the step that comes next; an empty word when the tour is over."""
    steps = (step.id for chapter in chapters for step in chapter.steps)
    return next((id for id in steps if id not in finished), "")


def takes_place_in(workspace: Workspace, chapters: Sequence[Chapter]) -> bool:
    """Whether everybody and every channel of the tour is in this workspace."""
    steps = [step for chapter in chapters for step in chapter.steps]
    return all(
        step.account in workspace.users
        and (
            step.channel == direct(step.account)
            or workspace.is_member(step.channel, step.account)
        )
        for step in steps
    )


def _is_seen(look: Look, chapter: Chapter, step: Step, number: str | None) -> bool:
    sign = step.sign
    if number is None and any("{number}" in words for words in sign.words):
        return False
    wanted = [words.format(number=number) for words in sign.words]
    if sign.form:
        return look.has_open(step.account, sign.form, wanted or [chapter.case_number])
    said = look.conversations(step.account, step.channel)
    return sum(all(words in text for words in wanted) for text in said) >= sign.count


def _request(look: Look, chapter: Chapter) -> str | None:
    """The number of the chapter's request, the last one if there are several."""
    own = look.conversations(chapter.requester, direct(chapter.requester))
    cards = [
        found[1]
        for text in own
        if chapter.case_number in text and (found := _NUMBER.search(text))
    ]
    return cards[-1] if cards else None


def _words(value: object) -> Iterator[str]:
    """Every text of blocks that a person reads."""
    if isinstance(value, dict):
        if isinstance(text := value.get("text"), str):
            yield text
        for one in value.values():
            yield from _words(one)
    elif isinstance(value, list):
        for one in value:
            yield from _words(one)

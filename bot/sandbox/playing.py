"""What every script of the demonstration shares: cases in order, steps with their times, and what is looked for."""

import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from bot.sandbox import cases
from bot.sandbox.acts import Acts, Candidate, NotAsExpected, all_text
from bot.sandbox.errors import NotAcknowledged, NotVisible
from bot.sandbox.records import Json
from bot.sandbox.running import Running

Say = Callable[[str], None]
Case = tuple[str, Callable[[], Awaitable[None]]]
Result = TypeVar("Result")


class Script(ABC):
    """Plays its cases; each step is printed with its time, and a step that fails ends its case."""

    def __init__(self, running: Running, tell: Say) -> None:
        self._running = running
        self._sandbox = running.sandbox
        self._db = running.store.db
        self._acts = Acts(running.sandbox)
        self._say = tell

    @abstractmethod
    def all_cases(self) -> Sequence[Case]:
        """Every case with its title, in the order in which they are played."""

    async def play(self) -> bool:
        """Whether every case came out as it should."""
        return all([await self._case(title, case) for title, case in self.all_cases()])

    async def _case(self, title: str, case: Callable[[], Awaitable[None]]) -> bool:
        self._say(f"\n== {title}")
        try:
            await case()
        except (NotAsExpected, NotAcknowledged, NotVisible, LookupError) as error:
            self._say(f"  FAILED: {type(error).__name__}: {error}")
            return False
        return True

    async def _step(self, what: str, act: Awaitable[Result]) -> Result:
        began = time.monotonic()
        result = await act
        self._say(f"  {time.monotonic() - began:6.2f} s  {what}")
        return result

    def _note(self, what: str) -> None:
        self._say(f"            {what}")

    def _expect(self, so: bool, what: str) -> None:
        if not so:
            raise NotAsExpected(f"not so: {what}")

    # --- what people see

    async def _told(
        self, account: str, words: str, channel: str = cases.REQUESTS
    ) -> None:
        person = self._acts.person(account)
        await self._acts.until(
            f"a private note about {words}",
            lambda: [m for m in person.ephemerals(channel) if words in all_text(m)],
        )

    async def _posted(self, account: str, channel: str, *words: str) -> Json:
        """Wait for a message that says all of this; the last one, if there are several."""

        def look() -> Json | None:
            seen = self._acts.person(account).messages(channel)
            found = [m for m in seen if all(word in all_text(m) for word in words)]
            return found[-1] if found else None

        return await self._acts.until(f"a message with {', '.join(words)}", look)

    async def _directly(self, account: str, *words: str) -> Json:
        """The same in the direct messages."""
        return await self._posted(account, self._acts.person(account).dm, *words)

    async def _photograph(self, account: str, request: str) -> None:
        person = self._acts.person(account)

        def look() -> str | None:
            card = self._acts.own_card(account, request)
            images = [b for b in card["blocks"] if b["type"] == "image"]
            return images[0]["slack_file"]["id"] if images else None

        file = await self._acts.until("the photograph", look)
        self._expect(person.read_file(file).startswith(b"\x89PNG"), "it is a picture")

    def _seen_by(self, account: str) -> list[str]:
        """Every text one person can reach."""
        return [
            str(seen.content)
            for seen in self._sandbox.workspace.everything_visible_to(account)
            if not isinstance(seen.content, bytes)
        ]

    # --- what the record says

    async def _finder(
        self, request: str, subject: str | None, *, place: int = 0, level: int = 2
    ) -> Callable[[Candidate], int | None]:
        """Know the right letter, as an examiner does by looking: ``level`` for it, exclude the rest."""
        async with self._db.snapshot() as snapshot:
            search = await snapshot.searches.find_latest(request)
            if search is None:
                raise NotAsExpected("there was no search")
            candidates = await snapshot.searches.candidates(search.id)
            examination = (await snapshot.examinations.of(request))[place]
        mate = next((c for c in candidates if c.subject_id == subject), None)
        self._expect(mate is not None, "the right person is among the candidates")
        letter = examination.label_of(mate.id) if mate else ""
        return lambda candidate: level if candidate.letter == letter else None

    async def _chain(self) -> None:
        async with self._db.snapshot() as snapshot:
            head = await snapshot.audit.check()
            entries = await snapshot.audit.entries()
        self._note(f"{len(entries)} entries in the audit log, chain whole: {head[:16]}")

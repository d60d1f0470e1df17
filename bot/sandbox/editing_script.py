"""A still that is too dark, played without a browser: edited in steps, searched once more (policy 1.7)."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from io import BytesIO

from PIL import Image, ImageStat

from bot.domain.audit import AuditEvent, Verb
from bot.domain.edits import Operation
from bot.sandbox import cases
from bot.sandbox.acts import Candidate, NotAsExpected
from bot.sandbox.editing import Editing
from bot.sandbox.playing import Case, Script
from bot.sandbox.records import Json

_PATIENCE_S = 30.0
_AFTER_THAT: Mapping[Operation, Mapping[str, str]] = {
    Operation.GAMMA: {"gamma": "1.6"},
    Operation.CROP: {"left_percent": "20", "right_percent": "20"},
}


class EditingScript(Script):
    def all_cases(self) -> Sequence[Case]:
        return (("A dark still, brightened and searched once more", self.edited),)

    async def edited(self) -> None:
        acts, step, still = self._acts, self._step, cases.stills("dark")[0]
        request = await acts.request(
            cases.OMAR, still.path.read_bytes(), case_number="2026-040-000780"
        )
        self._note(f"Detective Haddad sent {request}")
        card = await step("searched as it came", acts.examination(request))
        await acts.sit_down(cases.ERIK, card)
        await self._brightened(card)
        await Editing(acts).search(cases.ERIK, card)
        await step("searched once more, on the last edit", acts.examination(request, 1))
        await self._compared_with_the_original(request, still.subject)
        await acts.examination(request, 2)
        mate = await self._finder(request, still.subject, place=2)
        await step(
            "examiner Nair, blind, compared the same candidates",
            acts.examine(cases.PRIYA, request, 2, mate),
        )
        await acts.check_context(cases.ERIK, request)
        await self._released(request)

    async def _brightened(self, card: Json) -> None:
        """Looked at with two values, kept with one; then two more edits, each of the one before."""
        step, editing = self._step, Editing(self._acts)
        form = await editing.open(cases.ERIK, card)
        seen = [
            await step(
                f"examiner Lund looked at it, exposed longer by {stops} stops",
                editing.preview(form, Operation.EXPOSURE, {"stops": stops}),
            )
            for stops in ("1", "2")
        ]
        self._expect(_light(seen[0]) < _light(seen[1]), "the preview grew lighter")
        await editing.keep(form)
        for operation, numbers in _AFTER_THAT.items():
            form = await editing.open(cases.ERIK, card)
            await step(
                f"examiner Lund looked at the edit after it ({operation}), and kept it",
                editing.preview(form, operation, numbers),
            )
            await editing.keep(form)

    async def _compared_with_the_original(
        self, request: str, subject: str | None
    ) -> None:
        person, sheets = self._acts.person(cases.ERIK), list[bytes]()
        mate = await self._finder(request, subject, place=1)

        def looking(candidate: Candidate) -> int | None:
            sheets.append(person.read_file(candidate.slack_file))
            return mate(candidate)

        await self._step(
            "examiner Lund compared, the original beside the edit on every sheet",
            self._acts.examine(cases.ERIK, request, 1, looking),
        )
        self._expect(all(map(_has_three, sheets)), "the original is on every sheet")

    async def _released(self, request: str) -> None:
        review = await self._acts.review(cases.SAM, request)
        again = await self._step(
            "the review was opened, and every edit made again from the original",
            self._made_again(request),
        )
        self._expect(again.facts["error"] == "", "they came out the same")
        await self._acts.rule_release(review)
        await self._step(
            "supervisor Whitfield released",
            self._acts.answered(cases.OMAR, request, "INVESTIGATIVE LEAD ONLY"),
        )
        seen = " ".join(self._seen_by(cases.OMAR))
        self._expect("Gamma" not in seen, "the detective reads nothing of the edits")

    async def _made_again(self, request: str) -> AuditEvent:
        """Wait until the record says what came of it."""
        deadline = time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline:
            async with self._db.snapshot() as snapshot:
                entries = await snapshot.audit.entries(request)
            for entry in entries:
                if entry.event.verb is Verb.EDITS_REPLAYED:
                    return entry.event
            await asyncio.sleep(0.02)
        raise NotAsExpected("the edits were not made again")


def _light(png: bytes) -> float:
    with Image.open(BytesIO(png)) as picture:
        return float(ImageStat.Stat(picture.convert("L")).mean[0])


def _has_three(sheet: bytes) -> bool:
    """Whether candidate, edit and original are on it: two faces alone make about a square."""
    with Image.open(BytesIO(sheet)) as picture:
        return picture.width > 1.6 * picture.height

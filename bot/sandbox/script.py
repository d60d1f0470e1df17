"""The cases of the demo, played without a browser: match, no match, refusals, and what must not be seen."""

import time
from collections.abc import Awaitable, Callable

from bot.sandbox import cases
from bot.sandbox.acts import Acts, Candidate, NotAsExpected, all_text
from bot.sandbox.errors import NotAcknowledged, NotVisible
from bot.sandbox.server import Sandbox
from bot.views.ids import ActionId, BlockId
from storage.database import Database

Say = Callable[[str], None]


class Play:
    """Plays every case; each step is printed with its time, and a step that fails ends its case."""

    def __init__(self, sandbox: Sandbox, db: Database, tell: Say) -> None:
        self._sandbox = sandbox
        self._acts = Acts(sandbox)
        self._db = db
        self._say = tell

    async def everything(self) -> int:
        """Return 0 if every case came out as it should, else 1."""
        results = [
            await self._case(title, case)
            for title, case in (
                ("A possible match, released as a lead", self.possible_match),
                ("No possible match", self.no_match),
                (
                    "Refused: a face in a crowd, a body-worn camera, a guest",
                    self.refused,
                ),
                ("Unsuitable stills", self.unsuitable),
                ("Several faces, and a change of mind", self.several_faces),
                ("The record", self.record),
            )
        ]
        slowest = max((d.seconds for d in self._sandbox.courier.journal), default=0.0)
        self._say(f"\nSlowest acknowledgement: {slowest * 1000:.0f} ms")
        self._say("All cases came out as they should." if all(results) else "FAILED.")
        return 0 if all(results) else 1

    async def _case(self, title: str, case: Callable[[], Awaitable[None]]) -> bool:
        self._say(f"\n== {title}")
        try:
            await case()
        except (NotAsExpected, NotAcknowledged, NotVisible, LookupError) as error:
            self._say(f"  FAILED: {type(error).__name__}: {error}")
            return False
        return True

    async def _step(self, what: str, act: Awaitable[object]) -> object:
        began = time.monotonic()
        result = await act
        self._say(f"  {time.monotonic() - began:6.2f} s  {what}")
        return result

    # --- the cases

    async def possible_match(self) -> None:
        acts, step = self._acts, self._step
        still = cases.stills("mated")[0]
        request = await acts.request(cases.DANA, still.path.read_bytes())
        self._say(f"          Detective Ruiz sent {request}")
        await step("searched, twenty candidates laid out", acts.examination(request))
        mate = await self._finder(request, still.subject)
        await step(
            "examiner Lund compared every candidate",
            acts.examine(cases.ERIK, request, 0, mate),
        )
        await step("a second, blind examination opened", acts.examination(request, 1))
        await self._first_examiner_is_refused(request)
        mate = await self._finder(request, still.subject, place=1)
        await step(
            "examiner Nair compared the same candidates in another order",
            acts.examine(cases.PRIYA, request, 1, mate),
        )
        await step("supervisor Whitfield released", acts.release(cases.SAM, request))
        card = await acts.answered(cases.DANA, request, "INVESTIGATIVE LEAD ONLY")
        self._expect(
            "image" not in _kinds(card), "no photograph before the acknowledgement"
        )
        await step(
            "Detective Ruiz acknowledged",
            acts.press_own(cases.DANA, request, ActionId.ACKNOWLEDGE),
        )
        await step("the photograph arrived", self._photograph(request))

    async def no_match(self) -> None:
        acts, step = self._acts, self._step
        still = cases.stills("stranger")[0]
        request = await acts.request(
            cases.OMAR,
            still.path.read_bytes(),
            case_number="2026-040-000777",
            changes={BlockId.CATEGORY: "SHOOTING"},
        )
        self._say(f"          Detective Haddad sent {request}")
        await step(
            "examiner Okafor excluded all",
            acts.examine(cases.LENA, request, 0, lambda _: 0),
        )
        await step(
            "examiner Vega, blind, excluded all",
            acts.examine(cases.TOMAS, request, 1, lambda _: 0),
        )
        await step("supervisor Adeyemi closed", acts.close(cases.RUTH, request))
        await step(
            "Detective Haddad was told",
            acts.answered(cases.OMAR, request, "No possible match was found"),
        )

    async def refused(self) -> None:
        acts = self._acts
        image = cases.stills("mated")[1].path.read_bytes()
        person = await acts.open_form(cases.DANA, "2026-075-001235")
        await acts.fill_form(
            person, image, changes={BlockId.PROHIBITED_IMAGES: ["P_CROWD"]}
        )
        await self._step("a crowd: refused", self._told(cases.DANA, "P_CROWD"))
        person = await acts.open_form(cases.DANA, "2026-075-001236")
        await acts.fill_form(
            person,
            image,
            changes={
                BlockId.SOURCE: "BODY_WORN_CAMERA",
                BlockId.BWC_CHECKLIST: ["still", "activated"],
            },
        )
        await self._step(
            "an incomplete body-worn-camera checklist: refused",
            self._told(cases.DANA, "P_BWC_WARRANT"),
        )
        guest = acts.person(cases.VIC)
        await guest.command(cases.REQUESTS, "/fis-request")
        await self._step("a guest: refused", self._told(cases.VIC, ""))
        self._expect(guest.modal is None, "a guest gets no form")

    async def unsuitable(self) -> None:
        acts, step = self._acts, self._step
        for kind, words in (
            ("no_face", "No face was found"),
            ("too_small", "between the eyes"),
        ):
            image = cases.stills(kind)[0].path.read_bytes()
            request = await acts.request(cases.DANA, image)
            await step(
                f"{kind.replace('_', ' ')}: closed as unsuitable, with what would cure it",
                acts.answered(cases.DANA, request, words),
            )

    async def several_faces(self) -> None:
        acts, step = self._acts, self._step
        image = cases.stills("several")[0].path.read_bytes()
        request = await acts.request(cases.OMAR, image)
        await step(
            "three faces: the detective is asked which one",
            acts.answered(cases.OMAR, request, "Face 1"),
        )
        await acts.press_own(cases.OMAR, request, f"{ActionId.CHOOSE_FACE}.0")
        await step("searched with that face", acts.examination(request))
        await acts.press_own(cases.OMAR, request, ActionId.WITHDRAW)
        await step("withdrawn", acts.answered(cases.OMAR, request, "withdrew"))

    async def record(self) -> None:
        async with self._db.snapshot() as snapshot:
            head = await snapshot.audit.check()
            entries = await snapshot.audit.entries()
        self._say(
            f"          {len(entries)} entries in the audit log, chain whole: {head[:16]}"
        )
        seen = [
            str(seen.content)
            for seen in self._sandbox.workspace.everything_visible_to(cases.DANA)
            if not isinstance(seen.content, bytes)
        ]
        self._expect(
            not any("Comparison for" in t or "Candidate " in t for t in seen),
            "the detective saw no candidate list",
        )

    # --- checks

    async def _finder(
        self, request: str, subject: str | None, *, place: int = 0
    ) -> Callable[[Candidate], int]:
        """Know the right letter, as an examiner does by looking: +2 for it, exclude the rest."""
        async with self._db.snapshot() as snapshot:
            search = await snapshot.searches.find_latest(request)
            if search is None:
                raise NotAsExpected("there was no search")
            candidates = await snapshot.searches.candidates(search.id)
            examination = (await snapshot.examinations.of(request))[place]
        mate = next((c for c in candidates if c.subject_id == subject), None)
        self._expect(mate is not None, "the right person is among the candidates")
        letter = examination.label_of(mate.id) if mate else ""
        return lambda candidate: 2 if candidate.letter == letter else 0

    async def _first_examiner_is_refused(self, request: str) -> None:
        card = await self._acts.examination(request, 1)
        await self._acts.person(cases.ERIK).click(
            cases.EXAMINERS, card["ts"], ActionId.TAKE
        )
        await self._told(cases.ERIK, "somebody else", cases.EXAMINERS)
        self._say("          examiner Lund may not take it: he was the first")

    async def _photograph(self, request: str) -> None:
        person = self._acts.person(cases.DANA)

        def look() -> str | None:
            card = self._acts.own_card(cases.DANA, request)
            images = [b for b in card["blocks"] if b["type"] == "image"]
            return images[0]["slack_file"]["id"] if images else None

        file = await self._acts.until("the photograph", look)
        self._expect(person.read_file(file).startswith(b"\x89PNG"), "it is a picture")

    async def _told(
        self, account: str, words: str, channel: str = cases.REQUESTS
    ) -> None:
        person = self._acts.person(account)
        await self._acts.until(
            f"a private note about {words}",
            lambda: [m for m in person.ephemerals(channel) if words in all_text(m)],
        )

    def _expect(self, so: bool, what: str) -> None:
        if not so:
            raise NotAsExpected(f"not so: {what}")


def _kinds(message: dict[str, object]) -> set[str]:
    blocks = message["blocks"]
    return {b["type"] for b in blocks} if isinstance(blocks, list) else set()

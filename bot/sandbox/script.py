"""The cases of the demo, played without a browser: match, no match, refusals, and what must not be seen."""

from collections.abc import Sequence

from bot.sandbox import cases
from bot.sandbox.acts import all_text, announced
from bot.sandbox.playing import Case, Script
from bot.sandbox.repeating import Repeating
from bot.views.ids import ActionId, BlockId

CLICKS_MAX = 30
"""For twenty candidates, one of them compared in full."""


class StandardScript(Script):
    """Everything around the standard repository."""

    def all_cases(self) -> Sequence[Case]:
        return (
            ("A possible match, released as a lead", self.possible_match),
            ("Two examiners differ, and a third decides, blind", self.split),
            ("No possible match", self.no_match),
            ("The same still under another case number", self.repeated),
            ("Refused: a face in a crowd, a body-worn camera, a guest", self.refused),
            ("Unsuitable stills", self.unsuitable),
            ("Several faces, and a change of mind", self.several_faces),
            ("The record", self.record),
        )

    async def possible_match(self) -> None:
        acts, step = self._acts, self._step
        still = cases.stills("mated")[0]
        request = await acts.request(cases.DANA, still.path.read_bytes())
        self._note(f"Detective Ruiz sent {request}")
        await step("searched, candidates laid out", acts.examination(request))
        mate = await self._finder(request, still.subject)
        clicks = self._sandbox.workspace.clicks
        before = clicks[cases.ERIK]
        card = await step(
            "examiner Lund analysed the probe and compared every candidate",
            acts.examine(cases.ERIK, request, 0, mate, in_full=True),
        )
        self._clicks(clicks[cases.ERIK] - before, announced(card))
        await step("a second, blind examination opened", acts.examination(request, 1))
        await self._first_examiner_is_refused(request)
        mate = await self._finder(request, still.subject, place=1)
        await step(
            "examiner Nair compared the same candidates in another order",
            acts.examine(cases.PRIYA, request, 1, mate),
        )
        await step(
            "examiner Lund checked what is known against the request",
            acts.check_context(cases.ERIK, request),
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
        await step("the photograph arrived", self._photograph(cases.DANA, request))
        self._expect(
            "Array-ready" not in all_text(acts.own_card(cases.DANA, request)),
            "no array before independent evidence",
        )
        await acts.corroborate(cases.DANA, request)
        await step(
            "Detective Ruiz recorded independent evidence",
            acts.answered(cases.DANA, request, "Array-ready"),
        )

    async def split(self) -> None:
        acts, step = self._acts, self._step
        still = cases.stills("mated")[2]
        request = await acts.request(
            cases.OMAR, still.path.read_bytes(), case_number="2026-040-000778"
        )
        self._note(f"Detective Haddad sent {request}")
        for place, (account, said, level) in enumerate(
            (
                (cases.ERIK, "examiner Lund supports one candidate", 2),
                (cases.PRIYA, "examiner Nair, blind, cannot tell", 0),
                (cases.LENA, "examiner Okafor, blind, supports the same a little", 1),
            )
        ):
            await acts.examination(request, place)
            finder = await self._finder(
                request, still.subject, place=place, level=level
            )
            await step(said, acts.examine(account, request, place, finder))
        await step(
            "examiner Lund checked what is known against the request",
            acts.check_context(cases.ERIK, request),
        )
        await step(
            "supervisor Whitfield released at the lower level",
            acts.release(cases.SAM, request),
        )
        card = await acts.answered(
            cases.OMAR, request, "Opinion of two of three examiners"
        )
        self._expect(
            "Some support" in all_text(card), "the more cautious opinion is reported"
        )

    def _clicks(self, needed: int, candidates: int) -> None:
        """Presses, choices in menus and forms sent; typing and opening a menu are none."""
        self._note(
            f"{needed} clicks from taking it to submitting it: the analysis, {candidates} candidates, "
            "one of them compared in every visible component"
        )
        self._expect(needed <= CLICKS_MAX, f"at most {CLICKS_MAX} clicks")

    async def no_match(self) -> None:
        acts, step = self._acts, self._step
        still = cases.stills("stranger")[2]
        request = await acts.request(
            cases.OMAR,
            still.path.read_bytes(),
            case_number="2026-040-000777",
            changes={BlockId.CATEGORY: "SHOOTING"},
        )
        self._note(f"Detective Haddad sent {request}")
        await step(
            "examiner Okafor excluded all",
            acts.examine(cases.LENA, request, 0, lambda _: None),
        )
        await step(
            "examiner Vega, blind, excluded all",
            acts.examine(cases.TOMAS, request, 1, lambda _: None),
        )
        await step("supervisor Adeyemi closed", acts.close(cases.RUTH, request))
        await step(
            "Detective Haddad was told",
            acts.answered(cases.OMAR, request, "No possible match was found"),
        )

    async def repeated(self) -> None:
        acts, step, repeating = self._acts, self._step, Repeating(self._acts)
        image = cases.stills("stranger")[2].path.read_bytes()
        request = await acts.request(cases.DANA, image, case_number="2026-075-001299")
        self._note(f"Detective Ruiz sent {request}")
        await step("known again, and held", repeating.card(request))
        await step(
            "supervisor Adeyemi refused: there are no new facts",
            repeating.refuse(cases.RUTH, request),
        )
        await step(
            "Detective Ruiz was told the rule",
            acts.answered(cases.DANA, request, "REPEATED_PROBE"),
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
        await self._chain()
        self._expect(
            not any(
                "Comparison for" in text or "Candidate " in text
                for text in self._seen_by(cases.DANA)
            ),
            "the detective saw no candidate list",
        )

    async def _first_examiner_is_refused(self, request: str) -> None:
        card = await self._acts.examination(request, 1)
        await self._acts.person(cases.ERIK).click(
            cases.EXAMINERS, card["ts"], ActionId.TAKE
        )
        await self._told(cases.ERIK, "somebody else", cases.EXAMINERS)
        self._note("examiner Lund may not take it: he was the first")


def _kinds(message: dict[str, object]) -> set[str]:
    blocks = message["blocks"]
    return {b["type"] for b in blocks} if isinstance(blocks, list) else set()

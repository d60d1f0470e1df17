"""Another repository, played without a browser: asked, denied, granted, searched once (policy 6.4)."""

from collections.abc import Sequence

from bot.sandbox import cases
from bot.sandbox.acts import all_text
from bot.sandbox.authorization_steps import AuthorizationSteps, stranger
from bot.sandbox.authorizing import REASON
from bot.sandbox.playing import Case, Say
from bot.sandbox.records import Json
from bot.sandbox.running import Running
from bot.views.ids import ActionId, BlockId

CASE_NUMBER, MISTYPED = "2026-075-004001", "2026-075-004010"
MARK = f"EXCEPTIONAL REPOSITORY · {cases.DMV}"
NEW_FACTS = "A witness has since read two letters of a license plate of this state."
NO_NEW_FACTS = "None.".ljust(40)
HOURS = 72


class AuthorizationScript(AuthorizationSteps):
    """One request from no possible match to a lead out of the DMV photographs."""

    def __init__(self, running: Running, tell: Say) -> None:
        super().__init__(running, tell)
        self._request = ""
        self._same_press: Json = {}

    def all_cases(self) -> Sequence[Case]:
        return (
            ("Nobody among the arrest photographs", self.unanswered),
            ("Another repository: denied, asked anew, granted", self.decided),
            ("The authorized search, and an exceptional lead", self.searched),
            ("Used up: a second start is refused", self.used_up),
        )

    async def unanswered(self) -> None:
        self._request = await self._unanswered(stranger(0), CASE_NUMBER)

    # --- the question

    async def decided(self) -> None:
        request, step = self._request, self._step
        await self._ask(cases.DANA, request)
        await step(
            "asked: both commanders and their channel have the card", self._asked()
        )
        await self._authorizing.decide(
            cases.JOON, request, "deny", case_number=CASE_NUMBER
        )
        await step(
            "the Deputy Commissioner denied; Detective Ruiz was told, with the reason",
            self._directly(cases.DANA, request, "was denied", REASON),
        )
        await step("asked without new facts: refused", self._asked_without_new_facts())
        await step("asked with new facts", self._asked_with_new_facts())
        await step("a mistyped case number: nothing decided", self._mistyped())
        await step(
            f"the Chief of Detectives granted it for {HOURS} hours; Detective Ruiz was told",
            self._told_of_grant(),
        )

    async def _asked(self) -> None:
        heading = f"Authorization for {self._request}"
        for commander in (cases.MARA, cases.JOON):
            await self._directly(commander, heading)
            await self._posted(commander, cases.COMMANDERS, heading)

    async def _asked_without_new_facts(self) -> None:
        answer = await self._authorizing.ask(
            cases.DANA, self._request, {BlockId.NEW_FACTS: NO_NEW_FACTS}
        )
        self._under_field(answer.errors.get(BlockId.NEW_FACTS))

    async def _asked_with_new_facts(self) -> None:
        """The form is still open: nothing that was typed is lost."""
        person = self._acts.person(cases.DANA)
        answer = await person.fill_and_submit({BlockId.NEW_FACTS: NEW_FACTS})
        self._expect(not answer.errors, "the question was accepted")
        await self._authorizing.question(self._request)

    async def _mistyped(self) -> None:
        answer = await self._authorizing.decide(
            cases.MARA, self._request, "grant", case_number=MISTYPED, hours=HOURS
        )
        self._under_field(answer.errors.get(BlockId.TYPED_CASE_NUMBER))

    async def _told_of_grant(self) -> None:
        person = self._acts.person(cases.MARA)
        answer = await person.fill_and_submit({BlockId.TYPED_CASE_NUMBER: CASE_NUMBER})
        self._expect(not answer.errors, "the decision was accepted")
        words = ("was granted", "Chief of Detectives")
        await self._directly(cases.DANA, self._request, *words)

    def _under_field(self, words: str | None) -> None:
        self._expect(words is not None, "refused under its field")
        self._note(f"under the field: {words}")

    # --- its one search

    async def searched(self) -> None:
        request, step = self._request, self._step
        order = await self._authorizing.order(request)
        self._same_press = self._authorizing.press_of_start(cases.TOMAS, order)
        await self._authorizing.start(cases.LENA, request)
        card = await step(
            "examiner Okafor started the search; candidates laid out",
            self._acts.examination(request, 2),
        )
        self._expect(MARK in all_text(card), "the examination is marked")
        self._note(f"marked: {MARK}")
        await self._former_examiner_is_refused(card)
        await self._supported(cases.LENA, 2, "examiner Okafor")
        await self._supported(cases.TOMAS, 3, "examiner Vega, blind,")
        await step(
            "examiner Okafor checked what is known against the request",
            self._acts.check_context(cases.LENA, request),
        )
        await step(
            "supervisor Adeyemi released", self._acts.release(cases.RUTH, request)
        )
        await self._lead()

    async def _former_examiner_is_refused(self, card: Json) -> None:
        person = self._acts.person(cases.ERIK)
        await person.click(cases.EXAMINERS, card["ts"], ActionId.TAKE)
        await self._told(cases.ERIK, "somebody else", cases.EXAMINERS)
        self._note("examiner Lund may not take it: he examined the standard search")

    async def _supported(self, account: str, place: int, name: str) -> None:
        subject = cases.stills("stranger")[0].dmv_subject
        await self._acts.examination(self._request, place)
        supports = await self._finder(self._request, subject, place=place)
        await self._step(
            f"{name} compared every candidate and supports one",
            self._acts.examine(account, self._request, place, supports),
        )
        texts = self._seen_by(account)
        self._expect(
            not any(REASON in text for text in texts), "an examiner is not told why"
        )

    async def _lead(self) -> None:
        acts, request = self._acts, self._request
        lead = await acts.answered(cases.DANA, request, "INVESTIGATIVE LEAD ONLY")
        marks = ("EXCEPTIONAL REPOSITORY", cases.DMV, "Chief of Detectives", REASON)
        for words in marks:
            self._expect(words in all_text(lead), f"the lead says {words}")
        self._note("the lead names the repository, who authorized it, and why")
        await acts.press_own(cases.DANA, request, ActionId.ACKNOWLEDGE)
        await self._step(
            "Detective Ruiz acknowledged; the photograph arrived",
            self._photograph(cases.DANA, request),
        )

    async def used_up(self) -> None:
        await self._start_is_refused(
            cases.TOMAS, self._same_press, "consumed", "AUTHORIZATION_CONSUMED"
        )
        searches = await self._searches(self._request)
        self._expect(len(searches) == 2, "no third search")

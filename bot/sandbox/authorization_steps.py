"""The steps that the cases of another repository share."""

from collections.abc import Mapping

from bot.domain.searches import Search
from bot.domain.workflow import State
from bot.sandbox import cases
from bot.sandbox.acts import all_text
from bot.sandbox.authorizing import Authorizing
from bot.sandbox.playing import Say, Script
from bot.sandbox.records import Json
from bot.sandbox.repeating import Repeating
from bot.sandbox.running import Running
from bot.views.ids import BlockId


class AuthorizationSteps(Script):
    def __init__(self, running: Running, tell: Say) -> None:
        super().__init__(running, tell)
        self._authorizing = Authorizing(self._acts)
        self._repeating = Repeating(self._acts)

    async def _unanswered(self, image: bytes, case_number: str) -> str:
        """A request about somebody who is not among the arrest photographs, closed.

        It is about a shooting: then a second examiner looks although the first found nobody.
        """
        acts, step = self._acts, self._step
        request = await acts.request(
            cases.DANA,
            image,
            case_number=case_number,
            changes={BlockId.CATEGORY: "SHOOTING"},
        )
        self._note(f"Detective Ruiz sent {request}")
        await self._allowed_if_repeated(request)
        await step(
            "examiner Lund excluded all",
            acts.examine(cases.ERIK, request, 0, lambda _: None),
        )
        await step(
            "examiner Nair, blind, excluded all",
            acts.examine(cases.PRIYA, request, 1, lambda _: None),
        )
        await acts.close(cases.SAM, request)
        await step(
            "supervisor Whitfield closed; Detective Ruiz was told",
            acts.answered(cases.DANA, request, "No possible match was found"),
        )
        return request

    async def _allowed_if_repeated(self, request: str) -> None:
        """Another case of this workspace may have sent the same still (policy 7, A21)."""
        await self._acts.until(
            "the search, or that it is held",
            lambda: (
                self._repeating.find(request)
                or self._acts.examination_cards(request)
                or None
            ),
        )
        if self._repeating.find(request) is not None:
            await self._step(
                "held, for the still was sent before; supervisor Adeyemi allowed it with new facts",
                self._repeating.allow(cases.RUTH, request),
            )

    async def _ask(
        self, account: str, request: str, changes: Mapping[str, object] | None = None
    ) -> None:
        answer = await self._authorizing.ask(account, request, changes)
        self._expect(not answer.errors, "the question was accepted")

    async def _granted(self, request: str, case_number: str, hours: int) -> Json:
        """Return the card with which an examiner may start the search."""
        await self._authorizing.decide(
            cases.MARA, request, "grant", case_number=case_number, hours=hours
        )
        return await self._step(
            f"the Chief of Detectives granted it for {hours} hours",
            self._authorizing.order(request),
        )

    async def _start_is_refused(
        self, account: str, press: Json, words: str, rule: str
    ) -> None:
        """Whoever pressed is told why not, and the supervisors that it was tried."""
        await self._authorizing.send(account, press)
        await self._step(
            "an examiner presses “Start the search” all the same: refused",
            self._told(account, words, cases.EXAMINERS),
        )
        told = self._acts.person(account).ephemerals(cases.EXAMINERS)[-1]
        self._note(f"the examiner reads: {_said(told)}")
        alert = await self._posted(cases.SAM, cases.SUPERVISORS, "was refused", rule)
        self._note(f"the supervisors read: {_said(alert)}")

    async def _state(self, request: str) -> State:
        async with self._db.snapshot() as snapshot:
            return (await snapshot.requests.get(request)).state

    async def _searches(self, request: str) -> list[Search]:
        async with self._db.snapshot() as snapshot:
            return await snapshot.searches.of(request)


def _said(message: Json) -> str:
    return " ".join(all_text(message["blocks"]).split())


def stranger(number: int) -> bytes:
    """A still of somebody who is in the DMV photographs only."""
    return cases.stills("stranger")[number].path.read_bytes()

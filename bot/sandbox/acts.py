"""What people do in a case, step by step, as clicks and forms; for the script and for the tests."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from bot.domain.components import Component, Finding, Findings
from bot.domain.context import Answer, Check, Checked, Checks
from bot.sandbox import cases
from bot.sandbox.delivery import Delivery
from bot.sandbox.people import Person
from bot.sandbox.records import Json
from bot.sandbox.server import Sandbox
from bot.views.ids import ActionId, BlockId, CommandName, detailed

Found = TypeVar("Found")

BASIS = "The person on the still took the cash drawer at knife point and left on foot."
REASON = (
    "Ear lobes, nose bridge and the line of the jaw agree; hairline differs with age."
)
CARRIED = (
    "The components named can be seen in it in spite of its size, light and angle."
)
"""Why somebody is proposed on an image that is warned about."""
SEEN: Findings = dict.fromkeys(
    (Component.EYES, Component.NOSE, Component.MOUTH), Finding.SIMILAR
)
"""What an examiner of the demonstration compares of whoever is supported."""
EVIDENCE: Mapping[str, object] = {
    BlockId.EVIDENCE: "physical",
    BlockId.HAPPENED_ON: "2026-11-22",
    BlockId.EXPLANATION: "Fingerprints on the cash drawer, compared by the laboratory.",
    BlockId.INDEPENDENT: ["INDEPENDENT"],
}
"""The independent evidence of the demonstration."""
REPORTED = (
    "The person was at work in another state; the employer and the time cards say so."
)

ANALYSIS: Mapping[str, object] = {
    BlockId.USABILITY: "good",
    BlockId.EXTENT: "all",
    BlockId.MARKS: "A mole below the left eye; the right ear lobe is attached.",
}
"""What an examiner of the demonstration sees in a probe."""
EXPLAINED = "It was looked at, too: ears and nose are the same, the hair is longer."
"""How an examiner of the demonstration explains what the record holds against a candidate."""


_TAKES_MAX, _PAUSES = 40, 20


class NotAsExpected(AssertionError):
    """A step of a case did not come out as it should."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One candidate as it stands in a thread."""

    letter: str
    page_ts: str
    slack_file: str


async def _a_moment() -> None:
    await asyncio.sleep(0.02)


class Acts:
    """Acts in one workspace; every wait is for something a person would see.

    ``pause`` passes the time while it is not there yet.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        *,
        patience_s: float = 30.0,
        pause: Callable[[], Awaitable[None]] = _a_moment,
    ) -> None:
        self.sandbox = sandbox
        self._patience_s = patience_s
        self._pause = pause

    def person(self, account: str) -> Person:
        return self.sandbox.person(account)

    async def until(self, what: str, look: Callable[[], Found | None]) -> Found:
        """Wait until ``look`` finds something; refuse to wait for ever."""
        deadline = time.monotonic() + self._patience_s
        while not (found := look()):
            if time.monotonic() > deadline:
                raise NotAsExpected(f"waited {self._patience_s:.0f} s for {what}")
            await self._pause()
        return found

    # --- the requester

    async def open_form(self, account: str, case_number: str = "") -> Person:
        person = self.person(account)
        await person.command(cases.REQUESTS, CommandName.FIS_REQUEST, case_number)
        await self.until("the form", lambda: person.modal)
        return person

    async def fill_form(
        self,
        person: Person,
        image: bytes | None,
        *,
        name: str = "still.jpg",
        changes: Mapping[str, object] | None = None,
    ) -> Delivery:
        """Fill in an armed robbery from a shop's camera, with ``changes`` by block; submit it."""
        changes = dict(changes or {})
        purpose = str(changes.pop(BlockId.PURPOSE, "A_CRIME"))
        source = str(changes.pop(BlockId.SOURCE, "BUSINESS_CAMERA"))
        await self._pick(person, ActionId.INTAKE_PURPOSE, purpose)
        await self._pick(person, ActionId.INTAKE_SOURCE, source)
        values: dict[str, object] = {
            BlockId.CATEGORY: "ROBBERY",
            BlockId.FACTUAL_BASIS: BASIS,
            BlockId.ATTESTATIONS: ["UNKNOWN_IDENTITY", "LAWFULLY_OBTAINED"],
            BlockId.PROHIBITED_IMAGES: ["NONE"],
            BlockId.PROHIBITED_USES: ["NONE"],
        }
        if purpose == "A_CRIME":
            values |= {
                detailed(BlockId.PARTICULAR, "complaint_number"): "2026-075-001234",
                detailed(
                    BlockId.PARTICULAR, "when_and_where"
                ): "2026-11-20, 22:40, 511 Vanderbilt Avenue",
            }
        if image is not None:
            values[BlockId.IMAGE] = [person.upload(name, image)]
        return await person.fill_and_submit(values | changes)

    async def _pick(self, person: Person, action: str, option: str) -> None:
        before = _hash(person)
        await person.pick(action, option)
        await self.until("the form redrawn", lambda: _hash(person) != before or None)

    async def request(
        self,
        account: str,
        image: bytes,
        *,
        case_number: str = "2026-075-001234",
        changes: Mapping[str, object] | None = None,
    ) -> str:
        """Send a request and return its number."""
        known = {number(m) for m in self.own_cards(account)}
        person = await self.open_form(account, case_number)
        delivery = await self.fill_form(person, image, changes=changes)
        if delivery.errors:
            raise NotAsExpected(f"the form has errors: {dict(delivery.errors)}")
        return await self.until(
            "the requester's card",
            lambda: next(
                (
                    n
                    for m in self.own_cards(account)
                    if (n := number(m)) and n not in known
                ),
                None,
            ),
        )

    def own_cards(self, account: str) -> list[Json]:
        """The cards in the direct messages of a person."""
        return [m for m in self.person(account).dm_messages() if number(m)]

    def own_card(self, account: str, request: str) -> Json:
        return next(m for m in self.own_cards(account) if number(m) == request)

    async def answered(self, account: str, request: str, words: str) -> Json:
        """Wait until the requester's card says something."""
        return await self.until(
            f"'{words}' on the card of {request}",
            lambda: (
                card
                if words in all_text(card := self.own_card(account, request))
                else None
            ),
        )

    async def press_own(
        self, account: str, request: str, action: str, *, value: str | None = None
    ) -> Delivery:
        person = self.person(account)
        card = self.own_card(account, request)
        return await person.click(person.dm, card["ts"], action, value=value)

    async def corroborate(
        self,
        account: str,
        request: str,
        changes: Mapping[str, object] | None = None,
    ) -> Delivery:
        """Record the independent evidence of an acknowledged lead."""
        person = await self._open_own(account, request, ActionId.CORROBORATE)
        return await person.fill_and_submit({**EVIDENCE, **(changes or {})})

    async def report_lead(
        self, account: str, request: str, kind: str, on: str = "2026-11-23"
    ) -> Delivery:
        """Report that a lead was false, or used for an arrest."""
        person = await self._open_own(account, request, ActionId.REPORT_LEAD)
        return await person.fill_and_submit(
            {
                BlockId.REPORT: kind,
                BlockId.HAPPENED_ON: on,
                BlockId.EXPLANATION: REPORTED,
            }
        )

    async def _open_own(self, account: str, request: str, action: ActionId) -> Person:
        """Press a button of the own card that opens a form."""
        person = self.person(account)
        await self.press_own(account, request, action)
        await self.until("the form", lambda: person.modal)
        return person

    # --- the examiners

    def examination_cards(self, request: str) -> list[Json]:
        """The cards of all examinations of a request, oldest first; read as the supervisor."""
        return [
            m
            for m in self.person(cases.SAM).messages(cases.EXAMINERS)
            if f"Comparison for {request}" in all_text(m)
        ]

    async def examination(self, request: str, place: int = 0) -> Json:
        """Wait until the examination at this place can be taken."""

        def look() -> Json | None:
            cards = self.examination_cards(request)
            if len(cards) > place and ActionId.TAKE in actions(cards[place]):
                return cards[place]
            return None

        return await self.until("an examination to take", look)

    async def sit_down(self, account: str, card: Json) -> None:
        """Take an examination and do nothing yet; once more while another one's candidates are being
        removed from Slack."""
        person, told = self.person(account), self._told_to_wait(account)
        for _ in range(_TAKES_MAX):
            await person.click(cases.EXAMINERS, card["ts"], ActionId.TAKE)
            if await self._sits(account, card, told):
                return
            told = self._told_to_wait(account)
            for _ in range(_PAUSES):
                await self._pause()
        raise NotAsExpected("the candidates of another examination stay in Slack")

    async def _sits(self, account: str, card: Json, told: int) -> bool:
        """Wait until the examination is taken, or until it is said once more that it cannot be yet."""

        def look() -> str | None:
            if ActionId.ANALYSE in actions(self._root(account, card)):
                return "taken"
            return "later" if self._told_to_wait(account) > told else None

        return await self.until("the button to analyse the probe", look) == "taken"

    def _told_to_wait(self, account: str) -> int:
        notes = self.person(account).ephemerals(cases.EXAMINERS)
        return sum("are still in Slack" in all_text(note) for note in notes)

    async def analyse(
        self, account: str, card: Json, changes: Mapping[str, object] | None = None
    ) -> Delivery:
        """Analyse the probe alone, every component visible unless said otherwise."""
        person = self.person(account)
        await person.click(cases.EXAMINERS, card["ts"], ActionId.ANALYSE)
        await self.until("the form of the analysis", lambda: person.modal)
        return await person.fill_and_submit({**ANALYSIS, **(changes or {})})

    async def take(self, account: str, card: Json) -> None:
        """Take an examination, analyse its probe, and wait for the candidates."""
        await self.sit_down(account, card)
        await self.analyse(account, card)
        await self.until(
            "the buttons of the candidates",
            lambda: self._can_be_decided(account, card) or None,
        )

    def _can_be_decided(self, account: str, card: Json) -> bool:
        """Whether every candidate is there with its buttons: the pages may come after the card."""
        pages = self._pages(account, card)
        shown = sum(len(_letters(page)) for page in pages)
        root = self._root(account, card)
        return shown == announced(root) and all(map(_has_buttons, pages))

    def _root(self, account: str, card: Json) -> Json:
        """A card as it stands now."""
        messages = self.person(account).messages(cases.EXAMINERS)
        return next(m for m in messages if m["ts"] == card["ts"])

    def _pages(self, account: str, card: Json) -> list[Json]:
        thread = self.person(account).thread(cases.EXAMINERS, card["ts"])
        return [m for m in thread if _letters(m)]

    def candidates(self, account: str, card: Json) -> list[Candidate]:
        """Every candidate of an examination, as its thread shows them."""
        return [
            Candidate(letter, page["ts"], file)
            for page in self._pages(account, card)
            for letter, file in _letters(page).items()
        ]

    async def exclude(self, account: str, candidate: Candidate) -> None:
        await self.person(account).click(
            cases.EXAMINERS,
            candidate.page_ts,
            detailed(ActionId.EXCLUDE, candidate.letter),
        )

    async def compare(
        self,
        account: str,
        candidate: Candidate,
        conclusion: int,
        reason: str = REASON,
        findings: Findings = SEEN,
        *,
        rest_similar: bool = False,
    ) -> Delivery:
        person = self.person(account)
        await person.click(
            cases.EXAMINERS,
            candidate.page_ts,
            detailed(ActionId.COMPARE, candidate.letter),
        )
        await self.until("the comparison", lambda: person.modal)
        return await person.fill_and_submit(
            {
                BlockId.CONCLUSION: str(conclusion),
                BlockId.REASON: reason,
                BlockId.REST_SIMILAR: ["similar"] if rest_similar else [],
                **{f"{BlockId.COMPONENT}.{c}": f.value for c, f in findings.items()},
            }
        )

    async def submit(self, account: str, card: Json) -> None:
        person = self.person(account)
        await person.click(cases.EXAMINERS, card["ts"], ActionId.SUBMIT_EXAMINATION)
        modal = await self.until("the summary", lambda: person.modal)
        asked = any(b["block_id"] == BlockId.OVERRIDE for b in modal["blocks"])
        await person.fill_and_submit({BlockId.OVERRIDE: CARRIED} if asked else {})

    async def examine(
        self,
        account: str,
        request: str,
        place: int,
        supports: Callable[[Candidate], int | None],
        *,
        in_full: bool = False,
    ) -> Json:
        """A whole examination: ``supports`` gives a conclusion, or None to exclude with one click.

        ``in_full``: every component is compared that the analysis calls visible, not three of them.
        """
        card = await self.examination(request, place)
        await self.take(account, card)
        for candidate in self.candidates(account, card):
            if (conclusion := supports(candidate)) is None:
                await self.exclude(account, candidate)
            else:
                findings = {} if in_full else SEEN
                await self.compare(
                    account,
                    candidate,
                    conclusion,
                    findings=findings,
                    rest_similar=in_full,
                )
        await self.until(
            "the receipt of the last decision",
            lambda: self._all_decided(account, card),
        )
        await self.submit(account, card)
        return card

    def _all_decided(self, account: str, card: Json) -> bool | None:
        """Whether the private receipts say that every candidate is decided."""
        count = len(self.candidates(account, card))
        notes = self.person(account).ephemerals(cases.EXAMINERS)
        mine = [all_text(n) for n in notes if n.get("thread_ts") == card["ts"]]
        return any(f"{count} of {count} decided" in note for note in mine) or None

    async def context_card(self, account: str, request: str) -> Json:
        """Wait until the context of what the examiners agree on can be checked by this one."""
        return await self.until(
            "the context check", lambda: self._find_context_card(account, request)
        )

    def _find_context_card(self, account: str, request: str) -> Json | None:
        """The last of its rounds."""
        direct = self.person(account).dm_messages()
        found = [m for m in direct if _asks_for_context(m) and request in all_text(m)]
        return found[-1] if found else None

    async def open_context(self, account: str, request: str) -> Person:
        """Open what is unmasked of the next agreed candidate."""
        person = self.person(account)
        card = await self.context_card(account, request)
        await person.click(person.dm, card["ts"], ActionId.CHECK_CONTEXT)
        await self.until("what is known", lambda: person.modal)
        return person

    async def check_context(
        self,
        account: str,
        request: str,
        changes: Mapping[str, object] | None = None,
    ) -> Delivery:
        """Find everything consistent, and explain what the record holds against that; ``changes`` by block."""
        person = await self.open_context(account, request)
        recorded = {
            check: Answer(chosen["value"])
            for check in Check
            if (chosen := _chosen(person.modal, detailed(BlockId.CHECK, check)))
        }
        values: dict[str, object] = {}
        for check, given in agreeing(recorded).items():
            values[detailed(BlockId.CHECK, check)] = given.answer.value
            values[detailed(BlockId.CHECK_NOTE, check)] = given.note
        return await person.fill_and_submit(values | dict(changes or {}))

    # --- the supervisors

    async def review(self, account: str, request: str) -> Person:
        """Open the review of a request."""
        card = await self.until(
            "the review card", lambda: self.supervisor_card(request, ActionId.REVIEW)
        )
        person = self.person(account)
        await person.click(cases.SUPERVISORS, card["ts"], ActionId.REVIEW)
        await self.until("the review", lambda: person.modal)
        return person

    def supervisor_card(self, request: str, action: str) -> Json | None:
        messages = self.person(cases.SAM).messages(cases.SUPERVISORS)
        return next(
            (m for m in messages if request in all_text(m) and action in actions(m)),
            None,
        )

    async def release(self, account: str, request: str) -> Delivery:
        """Release the candidate that both examiners support."""
        return await self.rule_release(await self.review(account, request))

    async def rule_release(self, person: Person) -> Delivery:
        """The same in a review that is open."""
        block = _block(person.modal, BlockId.RELEASED_CANDIDATE)
        chosen = block["element"]["options"][0]["value"]
        return await person.fill_and_submit(
            {
                BlockId.RULING: "release",
                BlockId.RELEASED_CANDIDATE: chosen,
                BlockId.REASON: "Both examinations agree and give their reasons.",
            }
        )

    async def close(
        self, account: str, request: str, ruling: str = "close"
    ) -> Delivery:
        person = await self.review(account, request)
        return await person.fill_and_submit(
            {
                BlockId.RULING: ruling,
                BlockId.REASON: "The opinions leave nothing to release.",
            }
        )


def agreeing(recorded: Mapping[Check, Answer]) -> Checks:
    """Answers by which nothing stands against a candidate, as far as the record allows."""
    return {check: _agreeing(recorded.get(check)) for check in Check}


def _agreeing(recorded: Answer | None) -> Checked:
    if recorded is Answer.INCONSISTENT:
        return Checked(Answer.EXPLAINED, EXPLAINED)
    return Checked(recorded or Answer.CONSISTENT)


def _asks_for_context(message: Json) -> bool:
    return ActionId.CHECK_CONTEXT in actions(message)


def _chosen(view: Json | None, block_id: str) -> Json | None:
    chosen: Json | None = _block(view, block_id)["element"].get("initial_option")
    return chosen


def number(message: Json) -> str | None:
    """The request number in a card's heading."""
    for block in message.get("blocks", []):
        if block["type"] == "header":
            words: list[str] = block["text"]["text"].split()
            return next((w for w in words if w.startswith("FIS-")), None)
    return None


def all_text(value: object) -> str:
    """Every piece of text of a message or view, joined."""
    if isinstance(value, dict):
        own = [value["text"]] if isinstance(value.get("text"), str) else []
        return " ".join([*own, *(all_text(v) for v in value.values())])
    if isinstance(value, list):
        return " ".join(all_text(v) for v in value)
    return ""


def actions(message: Json) -> set[str]:
    """The action ids of a message's buttons."""
    return {
        element["action_id"]
        for block in message.get("blocks", [])
        if block["type"] == "actions"
        for element in block["elements"]
    }


def announced(card: Json) -> int:
    """How many candidates the card of an examination says there are."""
    found = re.search(r"(\d+) candidates? to compare", all_text(card))
    return int(found[1]) if found else 0


def _letters(page: Json) -> dict[str, str]:
    """Letter to file of each candidate on a page."""
    letters, letter = {}, ""
    for block in page.get("blocks", []):
        text = all_text(block)
        if block["type"] == "section" and "*Candidate " in text:
            letter = text.split("*Candidate ")[1].split("*")[0]
        if block["type"] == "image" and letter:
            letters[letter] = block["slack_file"]["id"]
    return letters


def _has_buttons(page: Json) -> bool:
    return len(actions(page)) >= len(_letters(page))


def _hash(person: Person) -> object:
    return (person.modal or {}).get("hash")


def _block(view: Json | None, block_id: str) -> Json:
    blocks: list[Json] = (view or {}).get("blocks", [])
    return next(b for b in blocks if b.get("block_id") == block_id)

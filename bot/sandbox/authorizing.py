"""What people do about another repository: ask, decide, search, revoke; for the script and the tests."""

from collections.abc import Mapping

from bot.sandbox import cases
from bot.sandbox.acts import Acts, NotAsExpected, actions, all_text
from bot.sandbox.delivery import Delivery
from bot.sandbox.forms import find_element, pressed
from bot.sandbox.people import Person
from bot.sandbox.records import Json
from bot.views.ids import ActionId, BlockId

NEED = (
    "Three armed robberies in one week; the suspect fired a shot and is still at large."
)
REASON = "The need is legitimate, and nothing milder is left to try."

QUESTION: Mapping[str, object] = {
    BlockId.REPOSITORY: cases.DMV,
    BlockId.NEED: NEED,
    BlockId.WHY_NOT_STANDARD: "Arrest and parole photographs were searched without any result.",
    BlockId.WHY_THIS_REPOSITORY: "The suspect drove off in a car with a license of this state.",
    BlockId.LEGAL_BASIS: "Use by law enforcement, 18 USC 2721(b)(1), case as numbered.",
    BlockId.DATA_SHARING_BASIS: "Records access agreement of 2024, single request.",
    BlockId.COMMAND: "Robbery Squad, Brooklyn North",
}


class Authorizing:
    """Acts in the workspace that ``acts`` acts in."""

    def __init__(self, acts: Acts) -> None:
        self._acts = acts

    # --- asking

    async def open_question(self, account: str, request: str) -> Person:
        """Press the button on the requester's own card."""
        await self._acts.until(
            "the button to ask for another repository",
            lambda: (
                ActionId.ASK_AUTHORIZATION
                in actions(self._acts.own_card(account, request))
                or None
            ),
        )
        await self._acts.press_own(account, request, ActionId.ASK_AUTHORIZATION)
        person = self._acts.person(account)
        await self._acts.until("the question", lambda: person.modal)
        return person

    async def ask(
        self,
        account: str,
        request: str,
        changes: Mapping[str, object] | None = None,
    ) -> Delivery:
        person = await self.open_question(account, request)
        return await person.fill_and_submit({**QUESTION, **(changes or {})})

    # --- the cards

    def card(
        self, account: str, channel: str, request: str, action: str
    ) -> Json | None:
        """The last card about a request in a channel that has this button."""
        found = [
            message
            for message in self._acts.person(account).messages(channel)
            if f"for {request}" in all_text(message) and action in actions(message)
        ]
        return found[-1] if found else None

    async def question(self, request: str, account: str = cases.MARA) -> Json:
        """Wait for the card in the commanders' channel."""
        return await self._acts.until(
            "the card of the commanders",
            lambda: self.card(
                account, cases.COMMANDERS, request, ActionId.DECIDE_AUTHORIZATION
            ),
        )

    # --- deciding

    async def open_decision(self, account: str, request: str) -> Person:
        card = await self.question(request, account)
        person = self._acts.person(account)
        await person.click(cases.COMMANDERS, card["ts"], ActionId.DECIDE_AUTHORIZATION)
        await self._acts.until("the form of the decision", lambda: person.modal)
        return person

    async def decide(
        self,
        account: str,
        request: str,
        decision: str,
        *,
        case_number: str = "2026-075-001234",
        hours: int = 72,
        reason: str = REASON,
    ) -> Delivery:
        person = await self.open_decision(account, request)
        return await person.fill_and_submit(
            {
                BlockId.DECISION: decision,
                BlockId.TYPED_CASE_NUMBER: case_number,
                BlockId.EXPIRY_HOURS: str(hours),
                BlockId.REASON: reason,
            }
        )

    # --- searching

    async def order(self, request: str, account: str = cases.LENA) -> Json:
        """Wait for the card with which an examiner starts the search."""
        return await self._acts.until(
            "the card of the authorized search",
            lambda: self.card(
                account, cases.EXAMINERS, request, ActionId.START_AUTHORIZED
            ),
        )

    async def start(self, account: str, request: str) -> Json:
        card = await self.order(request, account)
        await self._acts.person(account).click(
            cases.EXAMINERS, card["ts"], ActionId.START_AUTHORIZED
        )
        return card

    def press_of_start(self, account: str, card: Json) -> Json:
        """What Slack sends when this person presses the button of this card as it stands now."""
        person = self._acts.person(account)
        message = person.workspace.find_message(cases.EXAMINERS, card["ts"])
        if message is None:
            raise NotAsExpected("there is no such card")
        action = pressed(*find_element(message.blocks, ActionId.START_AUTHORIZED, None))
        return person.payloads.message_action(account, message, action)

    async def send(self, account: str, press: Json) -> Delivery:
        courier = self._acts.sandbox.courier
        return (await courier.interaction(account, press)).check()

    # --- revoking

    async def open_revocation(
        self, account: str, request: str, channel: str = cases.COMMANDERS
    ) -> Person:
        card = await self._acts.until(
            "a card to revoke on",
            lambda: self.card(account, channel, request, ActionId.REVOKE_AUTHORIZATION),
        )
        person = self._acts.person(account)
        await person.click(channel, card["ts"], ActionId.REVOKE_AUTHORIZATION)
        await self._acts.until("the form of the revocation", lambda: person.modal)
        return person

    async def revoke(
        self,
        account: str,
        request: str,
        channel: str = cases.COMMANDERS,
        reason: str = "The suspect was found by other means this morning.",
    ) -> Delivery:
        person = await self.open_revocation(account, request, channel)
        return await person.fill_and_submit({BlockId.REASON: reason})

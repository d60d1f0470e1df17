"""What a supervisor does about a probe that was sent before, as clicks and forms; for the script and the tests."""

from bot.sandbox import cases
from bot.sandbox.acts import Acts, actions, all_text
from bot.sandbox.delivery import Delivery
from bot.sandbox.people import Person
from bot.sandbox.records import Json
from bot.views.ids import ActionId, BlockId

NEW_FACTS = "A second witness has since named a street where he is seen every morning."
NONE_NEW = "Nothing is known today that was not known at the first search."


class Repeating:
    def __init__(self, acts: Acts) -> None:
        self._acts = acts

    def find(self, request: str) -> Json | None:
        """The card of a request that was held, decided or not; read as a supervisor."""
        shown = self._acts.person(cases.SAM).messages(cases.SUPERVISORS)
        heading = f"Repeated probe in {request}"
        return next((m for m in shown if heading in all_text(m)), None)

    async def card(self, request: str) -> Json:
        """Wait until it can be decided."""

        def look() -> Json | None:
            card = self.find(request)
            can_be = card is not None and ActionId.ALLOW_REPEAT in actions(card)
            return card if can_be else None

        return await self._acts.until("the card of a repeated probe", look)

    async def open(self, account: str, request: str, *, allow: bool) -> Person:
        card, person = await self.card(request), self._acts.person(account)
        action = ActionId.ALLOW_REPEAT if allow else ActionId.REFUSE_REPEAT
        await person.click(cases.SUPERVISORS, card["ts"], action)
        await self._acts.until("the form", lambda: person.modal)
        return person

    async def allow(
        self, account: str, request: str, facts: str = NEW_FACTS
    ) -> Delivery:
        person = await self.open(account, request, allow=True)
        return await person.fill_and_submit({BlockId.REASON: facts})

    async def refuse(self, account: str, request: str, why: str = NONE_NEW) -> Delivery:
        person = await self.open(account, request, allow=False)
        return await person.fill_and_submit({BlockId.REASON: why})

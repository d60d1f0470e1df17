"""What supervisors have to look at: told in their channel, once."""

from collections.abc import Sequence

from bot.clock import Clock
from bot.domain.sendings import Sending, SendingKind
from bot.views.supervisor import alert
from storage.database import Transaction
from storage.outbox import ALERTS


class Alerts:
    def __init__(self, channel: str | None, clock: Clock) -> None:
        self._channel = channel
        self._clock = clock

    async def add(
        self,
        tx: Transaction,
        name: str,
        text: str,
        *,
        about: Sequence[str] = (),
        not_to: str = "",
        request_id: str = "",
    ) -> None:
        """Have it posted, unless it is about the very channel; the same name is told once."""
        if self._channel is None or self._channel == not_to:
            return
        said = alert(text, about)
        await tx.outbox.add(
            Sending(
                key=f"{ALERTS}{name}",
                kind=SendingKind.POST,
                request_id=request_id,
                card=f"{ALERTS}{name}",
                channel=self._channel,
                text=said.text,
                blocks=said.blocks,
                created_at=self._clock(),
            )
        )

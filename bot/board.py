"""Redraws the Slack cards of a request from the database; the one writer of cards."""

import hashlib
import json
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

import structlog

from bot.clock import Clock
from bot.domain.sendings import Card, Sending, SendingKind, removal
from bot.domain.workflow import State
from bot.scenes import Scene, Scenery, Wanted, read_scene
from bot.views.text import Message
from storage.database import Database, Transaction

log = structlog.get_logger()

_OPEN = [state for state in State if not state.is_final]
_LATER = timedelta(minutes=1)


class Board:
    """Compares what should be shown with what was handed to the outbox, and hands over the rest.

    Nothing is remembered between two calls: after a crash the next redraw does what is missing.
    """

    def __init__(
        self, db: Database, scenery: Scenery, clock: Clock, keep_pictures: timedelta
    ) -> None:
        self._db = db
        self._scenery = scenery
        self._clock = clock
        self._keep_pictures = keep_pictures
        self._later: dict[str, datetime] = {}

    async def refresh(self, id: str) -> None:
        """Bring every card of one request up to date."""
        async with self._db.transaction() as tx:
            mark = await tx.requests.mark(id)
            scene = await read_scene(tx, id, self._clock(), self._keep_pictures)
            shown = await self._scenery.wanted(scene)
            cards = await tx.cards.of(id)
            for wanted in shown:
                await self._place(tx, id, scene.now, wanted, cards.get(wanted.key))
            await self._take_down(tx, scene)
            await tx.requests.drawn(id, mark)

    async def refresh_stale(self) -> int:
        """Redraw what has changed since it was drawn, by whichever process; return how many.

        A request that cannot be drawn keeps no other from it, and is left alone for a minute; what
        is wrong with it is raised in the end.
        """
        async with self._db.snapshot() as snapshot:
            stale = await snapshot.requests.stale()
        now, defects = self._clock(), list[Exception]()
        due = [id for id in stale if self._later.get(id, now) <= now]
        for id in due:
            try:
                await self.refresh(id)
            except Exception as defect:
                log.exception("redraw.defect", request=id)
                self._later[id] = now + _LATER
                defects.append(defect)
        if defects:
            raise defects[0]
        return len(due)

    async def look_again(self) -> None:
        """What stands in Slack may be as an earlier version of the bot drew it: every open request is
        drawn once more, and sent where anything has changed."""
        async with self._db.transaction() as tx:
            for request in await tx.requests.in_states(*_OPEN):
                await tx.requests.touch(request.id)

    async def refresh_changes(self) -> int:
        """Bring the cards of governed changes up to date, whichever process changed them."""
        async with self._db.snapshot() as snapshot:
            if not await snapshot.changes.undrawn():
                return 0
        async with self._db.transaction() as tx:
            changes, now = await tx.changes.undrawn(), self._clock()
            for change in changes:
                wanted = self._scenery.of_change(change)
                card = await tx.cards.find(wanted.key)
                await self._place(tx, "", now, wanted, card)
                await tx.changes.drawn(change)
        return len(changes)

    async def expire_pictures(self) -> None:
        """Have pictures redrawn, and so taken down, whose hours in Slack are over."""
        async with self._db.transaction() as tx:
            for picture in await tx.pictures.shown_before(
                self._clock() - self._keep_pictures
            ):
                await tx.requests.touch(picture.request_id)

    async def _place(
        self,
        tx: Transaction,
        request_id: str,
        now: datetime,
        wanted: Wanted,
        card: Card | None,
    ) -> None:
        if wanted.message is None:
            kind, key = SendingKind.UPLOAD, f"upload/{wanted.key}"
            await tx.outbox.add(_sending(request_id, now, wanted, kind, key))
            return
        digest = _digest(wanted.message)
        if card is not None and card.digest == digest:
            return
        # A card that lost its message (it could no longer be changed in Slack) is posted anew.
        is_new = card is None or (card.ts is None and card.digest == "")
        if is_new:
            kind = SendingKind.POST
        else:
            kind = SendingKind.UPDATE
            await tx.outbox.drop_updates(wanted.key)
        await tx.cards.put(
            Card(wanted.key, request_id, wanted.channel, digest)
            if card is None
            else replace(card, digest=digest)
        )
        await tx.outbox.forget_given_up(wanted.key)
        key = f"{kind}/{wanted.key}/{uuid4().hex}"
        await tx.outbox.add(_sending(request_id, now, wanted, kind, key))

    async def _take_down(self, tx: Transaction, scene: Scene) -> None:
        """Delete from Slack what has to be gone, each from where it was sent."""
        gone = [
            picture
            for picture in scene.pictures.values()
            if picture.shared_at is not None
            and picture.removed_at is None
            and scene.gone(picture)
        ]
        places = await tx.outbox.uploaded_to(scene.request.id) if gone else {}
        for picture in gone:
            channel = places.get(picture.key, scene.request.requester_account)
            await tx.outbox.add(removal(picture, channel, scene.now))


def _sending(
    request_id: str, now: datetime, wanted: Wanted, kind: SendingKind, key: str
) -> Sending:
    message = wanted.message or Message("", ())
    return Sending(
        key=key,
        kind=kind,
        request_id=request_id,
        card=wanted.key,
        channel=wanted.channel,
        thread=wanted.thread,
        text=message.text,
        blocks=message.blocks,
        pictures=wanted.pictures,
        created_at=now,
    )


def _digest(message: Message) -> str:
    drawn = json.dumps([message.text, message.blocks], sort_keys=True)
    return hashlib.sha256(drawn.encode()).hexdigest()

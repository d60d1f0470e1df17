"""Authorizations that end before their search has brought anything: revoked, expired; and the record of all."""

import io
from collections.abc import Sequence
from datetime import timedelta

from PIL import Image

from bot.casework.summaries import summarize
from bot.clock import day_in
from bot.domain.summaries import Month, Summary
from bot.domain.workflow import State
from bot.sandbox import cases
from bot.sandbox.acts import NotAsExpected
from bot.sandbox.authorization_steps import AuthorizationSteps, stranger
from bot.sandbox.halting import TooQuick, halted
from bot.sandbox.playing import Case
from bot.views.auditor import decider, in_words, leads_in_words
from bot.views.ids import ActionId, BlockId

FUTILE = "The registered owner of the car has never been arrested or paroled."
HOURS = 8
_ATTEMPTS = 3


class EndedScript(AuthorizationSteps):
    """The last of its cases puts the clock forward, so nothing can be searched after it."""

    def all_cases(self) -> Sequence[Case]:
        return (
            ("Revoked in the middle of the search", self.revoked),
            ("Its time is over: a start is refused", self.expired),
            ("The record of the authorizations", self.record),
        )

    # --- revoked

    async def revoked(self) -> None:
        for attempt in range(_ATTEMPTS):
            try:
                await self._revoked(
                    _saved_anew(stranger(1), attempt), f"2026-075-00500{attempt}"
                )
            except TooQuick as quick:
                self._note(f"{quick}: once more, with another case")
            else:
                return
        raise NotAsExpected(f"{_ATTEMPTS} searches were over before they were stopped")

    async def _revoked(self, image: bytes, case_number: str) -> None:
        request = await self._unanswered(image, case_number)
        await self._ask(cases.DANA, request)
        await self._granted(request, case_number, hours=72)
        await self._authorizing.start(cases.LENA, request)
        workers = dict(self._running.bot.workers.pids)
        async with halted(self._running, request) as pid:
            self._note(f"examiner Okafor started it; worker {pid} is stopped in it")
            await self._authorizing.revoke(cases.JOON, request)
            await self._step(
                "the Deputy Commissioner revoked; the detective and the examiners were told",
                self._told_of_revocation(request),
            )
            await self._is_back(request)
        await self._step("the worker goes on, with the next request", self._next())
        await self._is_back(request)
        self._expect(self._running.bot.workers.pids == workers, "no worker has died")
        self._note(
            "of the stopped search nothing was written; the answer before stands"
        )

    async def _told_of_revocation(self, request: str) -> None:
        await self._directly(cases.DANA, request, "has been revoked")
        await self._posted(cases.ERIK, cases.EXAMINERS, f"{request}:", "was revoked")

    async def _is_back(self, request: str) -> None:
        """At the answer it had before, with the one search that led to it."""
        await self._acts.answered(cases.DANA, request, "No possible match was found")
        is_answered = await self._state(request) is State.NO_POSSIBLE_MATCH
        self._expect(is_answered, "the request is back at its answer")
        searches = await self._searches(request)
        standard = [search.authorization_id for search in searches] == [None]
        self._expect(standard, "no other search is on record")

    async def _next(self) -> None:
        image = cases.stills("mated")[1].path.read_bytes()
        request = await self._acts.request(cases.OMAR, image)
        await self._acts.examination(request)
        await self._acts.press_own(cases.OMAR, request, ActionId.WITHDRAW)

    # --- over

    async def expired(self) -> None:
        case_number = "2026-075-006001"
        request = await self._asked_early(case_number)
        order = await self._granted(request, case_number, HOURS)
        press = self._authorizing.press_of_start(cases.TOMAS, order)
        self._running.clock.forward(timedelta(hours=HOURS))
        self._note(f"the bot's clock is put forward by {HOURS} hours, for the rest")
        await self._start_is_refused(
            cases.TOMAS, press, "expired", "AUTHORIZATION_EXPIRED"
        )
        await self._running.bot.ticks.end_what_is_over()  # within a minute by itself
        await self._step(
            "Detective Haddad was told that it has expired",
            self._directly(cases.OMAR, request, "has expired"),
        )
        self._expect(len(await self._searches(request)) == 1, "nothing was searched")

    async def _asked_early(self, case_number: str) -> str:
        """While the standard search waits for its examiners, which takes a reason (A15)."""
        request = await self._acts.request(
            cases.OMAR, stranger(2), case_number=case_number
        )
        self._note(f"Detective Haddad sent {request}")
        await self._allowed_if_repeated(request)
        await self._step("searched", self._acts.examination(request))
        await self._ask(cases.OMAR, request, {BlockId.FUTILE: FUTILE})
        return request

    # --- the record

    async def record(self) -> None:
        await self._chain()
        summary = await self._summary()
        self._note(f"the summary of {summary.month}")
        self._note(f"in all: {in_words(summary.total)}")
        for repository, counts in summary.by_repository.items():
            self._note(f"{repository}: {in_words(counts)}")
        for who, counts in summary.by_commander.items():
            self._note(f"{decider(who)}: {in_words(counts)}")
        self._note(f"leads of every repository: {leads_in_words(summary.leads)}")
        total = summary.total
        self._expect(total.asked == total.granted + total.denied, "all were decided")
        self._expect(total.open == 0, "none is open")
        self._expect(total.leads == 1, "one lead came of them")

    async def _summary(self) -> Summary:
        zone, now = self._running.settings.time_zone, self._running.clock()
        today = day_in(zone, now - self._running.clock.ahead)
        month = Month(today.year, today.month)
        return await summarize(self._db, month, zone, now=now)


def _saved_anew(image: bytes, times: int) -> bytes:
    """The same picture in another file: one image is not searched for twice (A21)."""
    if not times:
        return image
    again = io.BytesIO()
    Image.open(io.BytesIO(image)).save(again, "JPEG", quality=96 - times)
    return again.getvalue()

"""Hours as they pass, whatever the unit's clock shows; and a clock that one damaged row does not stop."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.authorizations import AuthorizationState
from bot.sandbox import cases
from tests.front import Workplace
from tests.journeys.asking import tamper

GOES_BACK = datetime(2026, 11, 1, 3, 30, tzinfo=UTC)  # 23:30 in New York, before 2 a.m.
GOES_FORWARD = datetime(2027, 3, 14, 4, 30, tzinfo=UTC)


@pytest.mark.parametrize("night", [GOES_BACK, GOES_FORWARD])
async def test_eight_hours_are_eight_hours_in_a_night_the_clock_changes(
    workplace: Workplace, night: datetime
) -> None:
    id = await workplace.unanswered()
    workplace.clock.moment = night
    await workplace.authorizing.ask(cases.DANA, id)
    await workplace.authorizing.decide(cases.MARA, id, "grant", hours=8)
    await workplace.settle()
    granted = await workplace.authorization(id)
    assert granted.decided_at is not None
    assert granted.expires_at - granted.decided_at == timedelta(hours=8)


async def test_a_damaged_authorization_does_not_keep_another_from_expiring(
    workplace: Workplace,
) -> None:
    whole, damaged = await workplace.asked(), await workplace.sent(cases.OMAR)
    await workplace.acts.examination(damaged)
    futile = {"futile": "The person was seen to arrive from abroad an hour before."}
    await workplace.authorizing.ask(cases.OMAR, damaged, futile)
    await workplace.settle()
    edit = "UPDATE authorizations SET grounds = ? WHERE request_id = ?"
    with closing(sqlite3.connect(workplace.settings.data_dir / "fis.sqlite3")) as kept:
        [(grounds,)] = kept.execute(
            "SELECT grounds FROM authorizations WHERE request_id = ?", (damaged,)
        )
    tamper(workplace, edit, b"x" * 60, damaged)
    workplace.clock.forward(hours=73)
    await workplace.bot.ticks.end_what_is_over()
    ended = await workplace.authorization(whole)
    assert ended.state is AuthorizationState.EXPIRED
    async with workplace.db.snapshot() as snapshot:
        left = await snapshot.authorizations.ending(workplace.clock())
    assert len(left) == 1
    tamper(workplace, edit, grounds, damaged)

"""Reminders and open Homes over kill -9, with real processes: told once each, and drawn on."""

from datetime import timedelta
from pathlib import Path

from bot.clock import utc_now
from bot.sandbox import cases
from bot.sandbox.acts import Acts, all_text
from bot.views.ids import ActionId
from tests.front import Enrolled, Workplace, text_of
from tests.jobs.living import House
from tests.jobs.parts import eventually
from tests.jobs.test_authorized_crashes import house_at
from tests.jobs.test_crashes import check_messages, is_finished, models

__all__ = ["models"]  # a fixture


async def a_day_ago(workplace: Workplace) -> str:
    """A comparison nobody has taken, a little older than the first reminder."""
    workplace.clock.moment = utc_now() - timedelta(hours=25)
    return await workplace.searched()


def told(house: House) -> tuple[int, int]:
    """How many reminders stand in the examiners' and in the supervisors' channel."""
    said = [
        message.channel
        for message in house.sandbox.workspace.messages
        if "something waits" in text_of(message.blocks) + message.text
    ]
    return said.count(cases.EXAMINERS), said.count(cases.SUPERVISORS)


def kill_at_the_next_reminder(house: House) -> None:
    """Slack has it, and its answer has not left yet: nothing of it is on record."""
    workspace, before = house.sandbox.workspace, told(house)

    def look() -> None:
        if told(house) != before:
            house.processes[-1].process.kill()
            stop()

    stop = workspace.subscribe(look)


async def served(house: House) -> None:
    """Start it, and let everything follow from what it finds."""
    house.serve()
    await house.is_up()
    await eventually(lambda: is_finished(house), seconds=60)


def unrecorded(house: House) -> int:
    """Reminders that Slack may have, and of which the record does not know yet."""
    [(count,)] = house.rows(
        "SELECT count(*) FROM cards WHERE key LIKE '%/reminder/%' AND ts IS NULL"
    )
    return int(count)


async def test_a_reminder_is_told_once_whenever_the_bot_is_killed(
    home: Path, enrolled: Enrolled, models: Path
) -> None:
    async with house_at(a_day_ago, home, enrolled, models) as (house, _):
        house.settings = house.settings.model_copy(update={"workers": 0})
        for hours, once in ((25, (1, 0)), (73, (2, 1))):
            since = f"{utc_now() - timedelta(hours=hours):%Y-%m-%d %H:%M:%S.%f}"
            house.change("UPDATE examinations SET opened_at = ?", since)
            # Killed between the post and its record; the next one posts it again, which is the same.
            kill_at_the_next_reminder(house)
            first = house.serve()
            await eventually(lambda p=first: p.process.poll() is not None, seconds=60)  # type: ignore[misc]
            assert unrecorded(house) >= 1
            assert sum(told(house)) <= sum(once)
            await served(house)
            assert told(house) == once
            assert unrecorded(house) == 0
            # Killed at rest: whoever starts now finds that it was told.
            house.processes[-1].kill()
            await served(house)
            assert told(house) == once
            house.processes[-1].kill()
        check_messages(house)


async def test_a_home_is_drawn_on_after_a_kill(
    home: Path, enrolled: Enrolled, models: Path
) -> None:
    async with house_at(a_day_ago, home, enrolled, models) as (house, id):
        house.settings = house.settings.model_copy(update={"workers": 0})
        acts, homes = Acts(house.sandbox), house.sandbox.workspace.modals.homes

        def erik() -> str:
            found = homes.get(cases.ERIK)
            return all_text(found.body) if found else ""

        await served(house)
        await acts.person(cases.ERIK).open_home()
        await eventually(lambda: f"{id}: a comparison nobody has taken" in erik())
        house.processes[-1].kill()
        await served(house)
        card = acts.examination_cards(id)[0]
        priya = acts.person(cases.PRIYA)
        await priya.click(cases.EXAMINERS, card["ts"], ActionId.TAKE)
        await eventually(lambda: "somebody has taken" in erik(), seconds=30)
        assert set(homes) == {cases.ERIK}

"""kill -9 around an order to seal: it is carried out to the end, once, within its time."""

import asyncio
from pathlib import Path

from bot.domain.audit import Verb
from bot.matching import shared
from tests.front import Enrolled, Workplace
from tests.jobs.living import House, Line, Living
from tests.jobs.parts import eventually
from tests.jobs.test_authorized_crashes import house_at, in_vault, is_recorded, named
from tests.jobs.test_crashes import models
from tests.journeys.sealed import MATE, Traces, where
from tests.journeys.test_sealing_in_files import MAY_NAME

__all__ = ["models"]  # a fixture

PATIENCE_S = 90
WITHIN_S = 300


def kill_at(bot: Living, event: str) -> None:
    def react(line: Line) -> None:
        if line["event"] == event:
            bot.process.kill()

    bot.reactions.append(react)


def traces_of(house: House, photo: str, sha256: str) -> Traces:
    [(vector,)] = house.rows(
        f"SELECT vector FROM templates WHERE photo_id = '{photo}'"  # noqa: S608
    )
    file = house.settings.data_dir / "vault" / sha256[:2] / sha256[2:4] / sha256
    return Traces(photo.encode(), file.read_bytes(), vector, codes=vector[:64])


def a_feed(house: House, arrest: str) -> Path:
    """A file that another system has left, with a line that nobody can carry out."""
    feed = house.settings.data_dir / "feed"
    feed.mkdir()
    text = f"arrest_number,order_reference\r\n{arrest},Order 123/2026\r\nnonsense,Order 9\r\n"
    (feed / "orders.csv").write_text(text)
    house.settings = house.settings.model_copy(
        update={"sealing_feed": feed, "workers": 0}
    )
    return feed


def left_in(house: House, traces: Traces) -> list[str]:
    home = house.settings.data_dir
    return where(traces, home, shared.place(home / "galleries"), may_name=MAY_NAME)


async def test_an_order_is_carried_out_to_the_end_whoever_is_killed_when(
    enrolled: Enrolled, home: Path, models: Path
) -> None:
    """The bot right after the order was committed, and while the gallery is built again."""
    async with house_at(Workplace.released, home, enrolled, models) as (house, id):
        [(photo, sha256, arrest)] = house.rows(
            f"SELECT id, sha256, arrest_number FROM photographs WHERE subject_id = '{MATE}'"  # noqa: S608
        )
        traces, others = traces_of(house, photo, sha256), in_vault(house) - named(house)
        assert left_in(house, traces)
        feed = a_feed(house, arrest)

        first = house.serve()
        kill_at(first, "sealing.feed_read")
        await eventually(lambda: first.process.poll() is not None, seconds=PATIENCE_S)
        assert house.rows("SELECT count(*) FROM sealings") == [(1,)]
        assert house.rows("SELECT count(finished_at) FROM sealings") == [(0,)]
        assert house.rows(f"SELECT id FROM photographs WHERE id = '{photo}'") == []  # noqa: S608
        assert [path.name for path in (feed / "failed").iterdir()] == ["orders.csv"]

        galleries = house.rows("SELECT count(*) FROM galleries")
        second = house.serve()
        await house.is_up()
        await eventually(
            lambda: house.rows("SELECT count(*) FROM galleries") != galleries,
            seconds=PATIENCE_S,
        )
        second.kill()

        house.serve()
        await house.is_up()
        await eventually(
            lambda: house.rows("SELECT count(finished_at) FROM sealings") == [(1,)],
            seconds=PATIENCE_S,
        )
        [finished] = await is_recorded(house, Verb.SEALING_FINISHED)
        assert finished.facts["seconds"] < WITHIN_S
        assert len(await is_recorded(house, Verb.SEALING_RECEIVED)) == 1
        assert left_in(house, traces) == []
        assert named(house) <= in_vault(house) <= named(house) | others
        assert house.rows("SELECT id, state FROM requests") == [(id, "recalled")]
        said = [str(m.blocks) for m in house.sandbox.workspace.messages]
        [alert] = [text for text in said if "Orders to seal in the file" in text]
        assert "Line 3" in alert


async def test_an_order_given_on_the_command_line_is_carried_out_by_the_bot_that_runs(
    enrolled: Enrolled, home: Path, models: Path
) -> None:
    async with house_at(Workplace.searched, home, enrolled, models) as (house, id):
        house.settings = house.settings.model_copy(update={"workers": 0})
        [(photo, sha256, arrest)] = house.rows(
            f"SELECT id, sha256, arrest_number FROM photographs WHERE subject_id = '{MATE}'"  # noqa: S608
        )
        traces = traces_of(house, photo, sha256)
        house.serve()
        await house.is_up()
        command = house.start("seal", "--arrest", arrest, "--order", "Order 7/2026")
        assert await asyncio.to_thread(command.process.wait, PATIENCE_S) == 0
        await eventually(
            lambda: house.rows("SELECT count(finished_at) FROM sealings") == [(1,)],
            seconds=PATIENCE_S,
        )
        [received] = await is_recorded(house, Verb.SEALING_RECEIVED)
        assert received.actor.startswith("administrator ")
        [finished] = await is_recorded(house, Verb.SEALING_FINISHED)
        assert finished.facts["seconds"] < WITHIN_S
        assert left_in(house, traces) == []
        assert house.rows(f"SELECT state FROM requests WHERE id = '{id}'") == [  # noqa: S608
            ("ready",)
        ]

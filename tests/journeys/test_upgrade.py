"""A database of the version before authorizations is brought up to date, with live cases in it."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

import storage.migrations
from bot.domain.workflow import State, Step
from bot.sandbox import cases
from bot.views.ids import ActionId, BlockId
from tests.front import Workplace, text_of
from tests.journeys.threats import started

FIRST = "0001"


def first_version(path: Path) -> None:
    """An empty database as the first version made it."""
    config = Config()
    config.set_main_option(
        "script_location", str(Path(storage.migrations.__file__).parent)
    )
    config.set_main_option("path_separator", "os")
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, FIRST)
    engine.dispose()


def set_back(path: Path) -> None:
    """The same rows in a database of the first version, with a signature as it was kept then."""
    old = path.with_name("first.sqlite3")
    first_version(old)
    with closing(sqlite3.connect(old, isolation_level=None)) as connection:
        connection.execute("ATTACH ? AS new", (str(path),))
        for (table,) in connection.execute(
            "SELECT name FROM main.sqlite_master WHERE type = 'table' "
            "AND name NOT IN ('alembic_version', 'sqlite_sequence')"
        ).fetchall():
            columns = ", ".join(
                f'"{row[1]}"'
                for row in connection.execute(f"PRAGMA main.table_info({table})")
            )
            connection.execute(
                f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM new.{table}"  # noqa: S608
            )
        connection.execute(
            "UPDATE rulings SET ruling = ? WHERE ruling = 'threat_started'",
            (Step.SIGN_OFF,),
        )
        connection.execute("DETACH new")
    for kept in path.parent.glob(f"{path.name}*"):
        kept.unlink()
    old.rename(path)


async def upgraded(workplace: Workplace) -> None:
    """The present database set back to the first version, and brought up to date again."""
    await workplace.db.close()
    set_back(workplace.settings.data_dir / "fis.sqlite3")
    await workplace.db.migrate()
    await workplace.bot.check()
    await workplace.settle()


async def test_a_threat_case_signed_before_the_upgrade_keeps_its_lead(
    workplace: Workplace,
) -> None:
    id = await started(workplace)
    await workplace.decided(id, cases.ERIK, 0, "D0014")
    await workplace.decided(id, cases.PRIYA, 1, "D0014")
    await workplace.settle()
    await workplace.acts.release(cases.SAM, id)
    await workplace.settle()
    await workplace.acts.press_own(cases.DANA, id, ActionId.ACKNOWLEDGE)
    await workplace.settle()
    workplace.clock.forward(days=300)
    await upgraded(workplace)
    assert await workplace.state(id) is State.ACKNOWLEDGED
    async with workplace.db.snapshot() as snapshot:
        assert await snapshot.leads.find(id) is not None
    assert len(await workplace.listed(id)) == 3


async def test_an_answer_given_before_the_upgrade_still_stands_after_a_question(
    workplace: Workplace,
) -> None:
    id = await workplace.unanswered()
    await upgraded(workplace)
    await workplace.acts.answered(
        cases.DANA, id, "No possible match was found in the arrest and parole"
    )
    await workplace.authorizing.ask(cases.DANA, id)
    await workplace.authorizing.question(id)
    workplace.clock.forward(hours=73)
    await workplace.bot.ticks.end_authorizations()
    await workplace.settle()
    assert await workplace.state(id) is State.NO_POSSIBLE_MATCH


async def test_a_threat_search_started_after_the_upgrade_needs_its_writing(
    workplace: Workplace,
) -> None:
    await workplace.unanswered()
    await upgraded(workplace)
    id = await started(workplace)
    workplace.clock.moment += timedelta(hours=24)
    await workplace.bot.ticks.hold_unsigned()
    assert await workplace.state(id) is State.HELD


async def test_a_review_older_than_the_context_check_says_what_would_cure_it(
    workplace: Workplace,
) -> None:
    id = await workplace.reviewable()
    await upgraded(workplace)
    card = workplace.acts.supervisor_card(id, ActionId.REVIEW)
    assert "No context check." in text_of(card)
    assert "Return the request" in text_of(card)
    sam = await workplace.acts.review(cases.SAM, id)
    assert "*Context:* not checked." in text_of(sam.modal)
    offered = {block.get("block_id") for block in (sam.modal or {})["blocks"]}
    assert BlockId.RELEASED_CANDIDATE not in offered
    sam.fill({BlockId.RULING: "return", BlockId.REASON: "No context was checked."})
    await sam.submit()
    await workplace.settle()
    assert await workplace.state(id) is State.EXAMINATION
    for place, account in ((2, cases.LENA), (3, cases.TOMAS)):
        await workplace.decided(id, account, place, "D0014")
        await workplace.settle()
    card = workplace.acts.supervisor_card(id, ActionId.REVIEW)
    assert "No context check." not in text_of(card)
    await workplace.acts.release(cases.SAM, id)
    await workplace.settle()
    assert await workplace.state(id) is State.RELEASED

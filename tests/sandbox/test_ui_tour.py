"""The guided tour as the page is told of it."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bot.sandbox import cases
from bot.sandbox.server import Sandbox
from bot.sandbox.tour_chapters import CHAPTERS, MATCH
from tests.front import Workplace, still


@pytest.fixture
async def http(workplace: Workplace) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(workplace.sandbox.page_url) as session:
        yield session


async def asked(http: aiohttp.ClientSession, path: str) -> Any:
    async with http.get(path) as answer:
        return await answer.json()


async def test_a_workspace_without_the_people_of_the_tour_offers_none(
    sandbox: Sandbox,
) -> None:
    async with aiohttp.ClientSession(sandbox.page_url) as http:
        assert not (await asked(http, "/ui/workspace"))["has_tour"]
        assert await asked(http, "/ui/tour") == {"current": "", "chapters": []}


async def test_the_page_is_told_whom_to_act_as_where_and_why(
    http: aiohttp.ClientSession,
) -> None:
    assert (await asked(http, "/ui/workspace"))["has_tour"]
    tour = await asked(http, "/ui/tour")
    assert tour["current"] == MATCH.steps[0].id
    steps = [step for chapter in tour["chapters"] for step in chapter["steps"]]
    assert len(steps) == sum(len(chapter.steps) for chapter in CHAPTERS)
    assert all(all(step[k] for k in ("person", "place", "do", "why")) for step in steps)
    assert {step["place"] for step in steps} == {
        "#fis-requests",
        "#fis-examiners",
        "#fis-supervisors",
        "#fis-commanders",
        "direct messages",
    }


async def test_a_step_is_ticked_on_the_page_until_the_tour_starts_again(
    workplace: Workplace, http: aiohttp.ClientSession
) -> None:
    await workplace.acts.request(
        cases.DANA, still("mated"), case_number=MATCH.case_number
    )
    assert (await asked(http, "/ui/tour"))["current"] == "match-taken"
    async with http.post("/ui/tour", json={}) as answer:
        assert answer.status == 200
    assert (await asked(http, "/ui/tour"))["current"] == MATCH.steps[0].id

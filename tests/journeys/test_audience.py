"""Candidates are posted only where everybody may see them, and never before the one who asked."""

from datetime import date

import pytest

from bot.approvals import signoffs
from bot.domain.actors import Actor, Role
from bot.domain.audit import Verb
from bot.domain.workflow import State
from bot.errors import NotPermitted
from bot.sandbox import cases
from bot.sandbox.acts import all_text
from bot.views.ids import ActionId
from tests.front import Workplace

PNG = b"\x89PNG"


async def test_nothing_is_posted_while_the_requester_sits_among_the_examiners(
    workplace: Workplace,
) -> None:
    await workplace.sandbox.join(cases.EXAMINERS, cases.DANA)
    id = await workplace.sent()
    await workplace.settle()

    assert workplace.acts.examination_cards(id) == []
    # Her own still is a JPEG; everything the bot shows is a PNG.
    assert not any(p.startswith(PNG) for p in workplace.pictures_of(cases.DANA))
    alerts = [
        all_text(m) for m in workplace.person(cases.SAM).messages(cases.SUPERVISORS)
    ]
    assert any(
        "asked for this search" in alert or cases.DANA in alert for alert in alerts
    )
    assert await workplace.events(Verb.CHANNEL_UNSAFE)


async def test_the_case_goes_on_when_the_channel_is_safe_again(
    workplace: Workplace,
) -> None:
    await workplace.sandbox.join(cases.EXAMINERS, cases.DANA)
    id = await workplace.sent()
    await workplace.settle()
    await workplace.sandbox.leave(cases.EXAMINERS, cases.DANA)
    workplace.clock.forward(minutes=2)
    workplace.bot.workspace.forget()
    await workplace.settle()

    assert len(workplace.acts.examination_cards(id)) == 1


async def test_somebody_without_a_role_among_the_examiners_stops_all_posting(
    workplace: Workplace,
) -> None:
    await workplace.sandbox.join(cases.EXAMINERS, cases.OMAR)
    id = await workplace.sent()
    await workplace.settle()

    assert workplace.acts.examination_cards(id) == []
    assert workplace.pictures_of(cases.OMAR) == []


async def test_whoever_opened_the_review_examines_no_later_round(
    workplace: Workplace,
) -> None:
    workplace.in_roles(
        cases.RUTH,
        roles=["supervisor", "examiner"],
        certified_until=date(2099, 1, 1),
    )
    id = await workplace.reviewable()
    await workplace.acts.review(cases.RUTH, id)
    await workplace.person(cases.RUTH).close_modal()
    await workplace.acts.close(cases.SAM, id, "return")
    await workplace.settle()

    card = await workplace.acts.examination(id, 2)
    await workplace.person(cases.RUTH).click(cases.EXAMINERS, card["ts"], ActionId.TAKE)
    await workplace.settle()
    assert (await workplace.refusals())[-1][1] == "SEPARATION_OF_DUTIES"
    assert await workplace.state(id) is State.EXAMINATION


async def test_a1_a_requester_who_also_supervises_starts_no_own_search_again(
    workplace: Workplace,
) -> None:
    id = await workplace.sent()
    await workplace.settle()
    actor = Actor("4711", cases.DANA, frozenset({Role.REQUESTER, Role.SUPERVISOR}))
    with pytest.raises(NotPermitted) as refused:
        await signoffs.retry(workplace.db, id, actor=actor, now=workplace.clock())
    assert refused.value.rule == "SEPARATION_OF_DUTIES"

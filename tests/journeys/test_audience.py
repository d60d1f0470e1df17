"""Candidates are posted only where everybody may see them, and never before the one who asked."""

from datetime import date

import pytest

from bot.approvals import signoffs
from bot.domain.actors import Actor, Role
from bot.domain.audit import Verb
from bot.domain.workflow import State
from bot.errors import NotPermitted
from bot.roles import render
from bot.sandbox import cases
from bot.sandbox.acts import all_text
from bot.views.ids import ActionId
from tests.front import Workplace
from tests.journeys.reassigning import taken

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


async def test_a2_the_requesters_other_account_among_the_examiners_sees_no_candidate(
    workplace: Workplace,
) -> None:
    people = [p for p in cases.people() if p["person"] not in ("4711", "8104")]
    accounts = [cases.DANA, cases.TOMAS]
    roles = {"roles": ["requester", "examiner"], "certified_until": date(2099, 12, 31)}
    people.append({"person": "4711", "slack_users": accounts, **roles})
    workplace.settings.role_map.write_text(render(people))
    await workplace.sent()
    await workplace.settle()
    assert not any(p.startswith(PNG) for p in workplace.pictures_of(cases.TOMAS))
    [event] = await workplace.events(Verb.CHANNEL_UNSAFE)
    assert event.facts["accounts"] == [cases.TOMAS]


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


async def test_a7_a_requester_who_comes_later_does_not_see_what_is_there(
    workplace: Workplace,
) -> None:
    """Of the own request; what others asked for stays."""
    id = await workplace.searched()
    await taken(workplace, cases.ERIK, id)
    before = len(await _in_slack(workplace, id))
    assert before
    workplace.in_roles(
        cases.DANA, roles=["requester", "examiner"], certified_until=date(2099, 12, 31)
    )
    await workplace.sandbox.join(cases.EXAMINERS, cases.DANA)
    await workplace.settle()
    assert await _in_slack(workplace, id) == []
    assert not any(p.startswith(PNG) for p in workplace.pictures_of(cases.DANA))
    assert len(await workplace.events(Verb.CHANNEL_UNSAFE)) == 1
    alerts = workplace.person(cases.SAM).messages(cases.SUPERVISORS)
    assert any(cases.DANA in all_text(alert) for alert in alerts)


async def _in_slack(workplace: Workplace, id: str) -> list[str]:
    async with workplace.db.snapshot() as snapshot:
        pictures = await snapshot.pictures.of(id)
    return [
        key
        for key, one in pictures.items()
        if one.shared_at is not None and one.removed_at is None
    ]


async def test_no_review_is_shown_while_a_plain_examiner_is_among_the_supervisors(
    workplace: Workplace,
) -> None:
    """Whoever read there whom two support would not compare blind in a later round (policy 3.5)."""
    id = await workplace.peered()
    await workplace.sandbox.join(cases.SUPERVISORS, cases.LENA)
    await workplace.decided(id, cases.PRIYA, 1, "D0014")
    await workplace.settle()
    assert await workplace.state(id) is State.SUPERVISOR_REVIEW
    assert not any(p.startswith(PNG) for p in workplace.pictures_of(cases.LENA))
    assert "supports 1 candidate" not in "\n".join(workplace.seen_by(cases.LENA))
    await workplace.sandbox.leave(cases.SUPERVISORS, cases.LENA)
    workplace.clock.forward(minutes=2)
    await workplace.settle()
    await workplace.acts.release(cases.SAM, id)
    await workplace.settle()
    assert await workplace.state(id) is State.RELEASED

"""A role that is taken away takes its direct messages with it, and those of other roles go on."""

from bot.domain.audit import Verb
from bot.domain.authorizations import AuthorizationState
from bot.roles import render
from bot.sandbox import cases
from tests.front import Workplace, text_of
from tests.journeys.asking import alerts, state_of

REASON = "The witness Maria Gomez named this car to us."


def demote(workplace: Workplace, account: str, roles: list[str]) -> None:
    """Nobody but a commander has an office."""
    kept = [
        {k: v for k, v in (person | {"roles": roles}).items() if k != "office"}
        if account in person["slack_users"]
        else person
        for person in cases.people()
    ]
    workplace.settings.role_map.write_text(render(kept))


def read(workplace: Workplace, account: str) -> str:
    return "\n".join(text_of(m) for m in workplace.person(account).dm_messages())


async def test_whoever_is_no_commander_any_more_reads_no_decision_and_sees_no_face(
    workplace: Workplace,
) -> None:
    id = await workplace.asked()
    assert len(workplace.pictures_of(cases.MARA)) > 0
    await workplace.sandbox.leave(cases.COMMANDERS, cases.MARA)
    demote(workplace, cases.MARA, ["requester"])
    await workplace.authorizing.decide(cases.JOON, id, "grant", reason=REASON)
    await workplace.settle()
    assert await state_of(workplace, id) is AuthorizationState.GRANTED
    assert REASON not in read(workplace, cases.MARA)
    assert workplace.pictures_of(cases.MARA) == []
    assert any("no longer a commander" in alert for alert in alerts(workplace))
    assert len(await workplace.events(Verb.CHANNEL_UNSAFE)) == 1


async def test_a_message_that_is_withheld_holds_up_none_of_another_role(
    workplace: Workplace,
) -> None:
    id = await workplace.asked()
    await workplace.sandbox.leave(cases.COMMANDERS, cases.MARA)
    demote(workplace, cases.MARA, ["requester"])
    await workplace.sandbox.join(cases.REQUESTS, cases.MARA)
    await workplace.authorizing.decide(cases.JOON, id, "deny", reason=REASON)
    await workplace.settle()
    own = await workplace.sent(cases.MARA)
    await workplace.settle()
    assert f"Request {own}" in read(workplace, cases.MARA)
    assert REASON not in read(workplace, cases.MARA)

"""What Slack reports of people counts from that moment on (policy 7, A4)."""

from dataclasses import replace

from bot.sandbox import cases
from bot.views.ids import ActionId
from tests.front import Workplace


async def test_a4_an_account_slack_reports_as_deactivated_does_nothing_more(
    workplace: Workplace,
) -> None:
    id = await workplace.searched()
    ts = await workplace.card(id)
    erik = workplace.person(cases.ERIK)
    await erik.click(cases.EXAMINERS, ts, ActionId.TAKE)
    await workplace.settle()  # Slack was just asked who this is
    users = workplace.sandbox.workspace.users
    users[cases.ERIK] = replace(users[cases.ERIK], deleted=True)
    changed: dict[str, object] = {
        "type": "user_change",
        "user": {"id": cases.ERIK, "deleted": True},
    }
    await workplace.sandbox.courier.event(cases.ERIK, erik.payloads.event(changed))
    await erik.click(cases.EXAMINERS, ts, ActionId.MY_DECISIONS)
    await workplace.settle()
    assert await workplace.refusals() == [("8101", "NOT_A_FULL_MEMBER")]
    assert erik.modal is None

"""Somebody closes a window before the bot has redrawn it: nobody hears of a defect."""

from bot.sandbox import cases
from bot.sandbox.faults import Fault
from bot.views.ids import ActionId
from tests.front import Workplace


async def test_a_form_closed_before_it_is_redrawn_is_no_defect(
    workplace: Workplace,
) -> None:
    person = await workplace.acts.open_form(cases.DANA)
    workplace.sandbox.workspace.faults.plan("views.update", Fault.SLOW, seconds=0.1)
    await person.pick(ActionId.INTAKE_SOURCE, "OTHER")
    await person.close_modal()
    await workplace.settle()
    assert "views.update" in [method for method, _ in workplace.sandbox.web_api.calls]
    assert "went wrong" not in workplace.told(cases.DANA)

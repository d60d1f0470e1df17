"""A request that the form itself refuses leaves a trace (policy 7, A16, A22, A23; 6.3, 1)."""

import pytest

from bot.domain.audit import Verb
from bot.sandbox import cases
from bot.views.ids import BlockId
from tests.front import Workplace, still


@pytest.mark.parametrize(
    "changes",
    [
        {BlockId.CASE_NUMBER: "x1"},  # A22: no case, wrong format
        {
            BlockId.CATEGORY: "NONCRIMINAL_MISSING"
        },  # A23: purpose and category contradict
        {
            BlockId.ATTESTATIONS: ["UNKNOWN_IDENTITY"]
        },  # 6.3, 1: one of two; none at all, Slack does not send
    ],
)
async def test_a_refused_request_leaves_a_trace(
    workplace: Workplace, changes: dict[str, object]
) -> None:
    person = await workplace.acts.open_form(cases.DANA, "2026-075-001234")
    delivery = await workplace.acts.fill_form(person, still("mated"), changes=changes)
    assert delivery.errors
    await workplace.settle()
    assert await workplace.refusals()
    [event] = await workplace.events(Verb.ATTEMPT_REFUSED)
    assert event.facts["rule"] == "BAD_FORM"
    assert event.facts["fields"] == sorted(delivery.errors)
    assert event.actor == "4711"

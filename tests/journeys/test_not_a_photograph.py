"""What is no unmanipulated photograph of a real person ends at an examiner's analysis (policy 7, A19 and A20)."""

from typing import Any

import pytest

from bot.domain.audit import Verb
from bot.domain.workflow import State
from bot.sandbox import cases
from bot.sandbox.acts import ANALYSIS, actions, all_text
from bot.sandbox.delivery import Delivery
from bot.views.ids import ActionId, BlockId
from tests.front import Workplace, text_of

WHY = "Left and right half of the face are the same, down to the moles."
RULES = {
    "sketch": "P_SKETCH",
    "lookalike": "P_LOOKALIKE",
    "synthetic": "P_SYNTH",
    "screen": "P_SYNTH",
}


async def analysed(
    workplace: Workplace, account: str, card: dict[str, Any], **changes: object
) -> Delivery:
    await workplace.acts.sit_down(account, card)
    delivery = await workplace.acts.analyse(account, card, dict(changes))
    await workplace.settle()
    return delivery


def called(depiction: str, why: str = WHY) -> dict[str, object]:
    return {BlockId.USABILITY: depiction, BlockId.OBJECTION: why}


@pytest.mark.parametrize(("depiction", "rule"), RULES.items())
async def test_a19_an_examiner_ends_a_request_by_its_rule_before_any_candidate(
    workplace: Workplace, depiction: str, rule: str
) -> None:
    id = await workplace.searched()
    card = await workplace.acts.examination(id)
    await analysed(workplace, cases.ERIK, card, **called(depiction))

    assert await workplace.state(id) is State.REFUSED
    [refused] = await workplace.events(Verb.PROBE_REFUSED)
    assert (refused.actor, refused.facts["rule"]) == ("8101", rule)
    assert (refused.facts["reason"], refused.facts["to"]) == (WHY, State.REFUSED)
    own = workplace.acts.own_card(cases.DANA, id)
    assert rule in text_of(own)
    assert actions(own) == set()
    assert WHY not in text_of(own)  # an examiner's words stay inside
    assert workplace.pictures_of(cases.ERIK) == []
    assert workplace.acts.candidates(cases.ERIK, card) == []
    async with workplace.db.snapshot() as snapshot:
        assert await snapshot.work.open_for(id) == []
    told = [
        said
        for m in workplace.person(cases.SAM).messages(cases.SUPERVISORS)
        if f"{id} was refused" in (said := all_text(m))
    ]
    assert len(told) == 1
    assert "<@U-ERIK>" in told[0]
    assert WHY in told[0]


async def test_a20_the_second_examiner_ends_it_as_well_without_knowing_of_the_first(
    workplace: Workplace,
) -> None:
    id = await workplace.peered()
    card = await workplace.acts.examination(id, 1)
    await analysed(workplace, cases.PRIYA, card, **called("synthetic"))
    assert await workplace.state(id) is State.REFUSED
    assert await workplace.events(Verb.OPINIONS_COMPARED) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (called("sketch", ""), "what shows it"),
        (called("good"), "you call it a photograph"),
        (called("friend"), ""),
    ],
)
async def test_nobody_ends_a_request_without_saying_what_shows_it(
    workplace: Workplace, changes: dict[str, object], said: str
) -> None:
    id = await workplace.searched()
    card = await workplace.acts.examination(id)
    await workplace.acts.sit_down(cases.ERIK, card)
    erik = workplace.person(cases.ERIK)
    await erik.click(cases.EXAMINERS, card["ts"], ActionId.ANALYSE)
    await workplace.settle()
    if said:
        delivery = await erik.fill_and_submit({**ANALYSIS, **changes})
        assert said in delivery.errors[BlockId.OBJECTION]
    else:
        with pytest.raises(Exception, match="friend"):
            erik.fill({**ANALYSIS, **changes})
    assert await workplace.events(Verb.ANALYSIS_SAVED) == []
    assert await workplace.state(id) is State.EXAMINATION


async def test_nobody_but_who_took_it_ends_it_and_nobody_after_it_was_withdrawn(
    workplace: Workplace,
) -> None:
    id = await workplace.searched()
    card = await workplace.acts.examination(id)
    await workplace.acts.sit_down(cases.ERIK, card)
    erik = workplace.person(cases.ERIK)
    await erik.click(cases.EXAMINERS, card["ts"], ActionId.ANALYSE)
    await workplace.settle()
    erik.fill({**ANALYSIS, **called("sketch")})
    [view] = workplace.sandbox.workspace.modals.stacks[cases.ERIK]
    foreign = workplace.person(cases.PRIYA).payloads.submission(cases.PRIYA, view)
    foreign["view"]["id"] += "X"
    await workplace.deliver(foreign)
    await workplace.acts.press_own(cases.DANA, id, ActionId.WITHDRAW)
    await workplace.settle()
    await erik.fill_and_submit({})
    await workplace.settle()

    assert [rule for _, rule in await workplace.refusals()] == [
        "NOT_YOUR_EXAMINATION",
        "STATE",
    ]
    assert await workplace.events(Verb.PROBE_REFUSED) == []
    assert await workplace.state(id) is State.WITHDRAWN


async def test_what_was_refused_once_is_held_when_it_is_sent_again(
    workplace: Workplace,
) -> None:
    id = await workplace.searched()
    card = await workplace.acts.examination(id)
    await analysed(workplace, cases.ERIK, card, **called("screen"))
    again = await workplace.sent(cases.OMAR)
    await workplace.settle()
    assert await workplace.state(again) is State.REPEAT_REVIEW

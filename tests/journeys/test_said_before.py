"""What was said of a person on a request does not lapse by examining anew (decision 0031; 3.4; 7, A9, A21)."""

from bot.domain.candidates import Conclusion
from bot.domain.context import Check
from bot.domain.workflow import State
from bot.sandbox import cases
from bot.views.ids import BlockId
from tests.front import Workplace, text_of
from tests.journeys.reassigning import handed_back, reassigned, taken
from tests.journeys.test_context_check import (
    TOO_TALL,
    agreed,
    answered,
    mate_in,
    release_forged,
)

MATE = "D0014"
SHOOTING = {BlockId.CATEGORY: "SHOOTING"}


async def returned(workplace: Workplace, id: str) -> None:
    await workplace.acts.close(cases.SAM, id, "return")
    await workplace.settle()


async def agreed_anew(workplace: Workplace, id: str, *accounts: str) -> None:
    """Two fresh examiners support the mate, and nothing new stands against it."""
    async with workplace.db.snapshot() as snapshot:
        place = len(await snapshot.examinations.of(id)) - 1
    for following, account in enumerate(accounts, place):
        await workplace.decided(id, account, following, MATE)
    await workplace.settle()
    assert await workplace.state(id) is State.SUPERVISOR_REVIEW


async def read_in_review(workplace: Workplace, id: str) -> str:
    sam = await workplace.acts.review(cases.SAM, id)
    read = text_of(sam.modal)
    await sam.close_modal()
    return read


async def check_not_released(workplace: Workplace, id: str, rule: str) -> None:
    read = await read_in_review(workplace, id)
    assert "Release the candidate chosen above" not in read
    await release_forged(workplace, id)
    assert await workplace.state(id) is State.SUPERVISOR_REVIEW
    assert (await workplace.refusals())[-1] == ("9001", rule)


async def test_t12_a_return_does_not_forget_an_unexplained_inconsistency(
    workplace: Workplace,
) -> None:
    """Too tall and too heavy, a return, two fresh examiners, and then "unknown"."""
    id = await agreed(workplace)
    await workplace.acts.check_context(
        cases.ERIK, id, answered(Check.BUILD, "inconsistent", TOO_TALL)
    )
    await workplace.settle()
    await returned(workplace, id)
    await workplace.decided(id, cases.LENA, 2, MATE)
    await workplace.decided(id, cases.TOMAS, 3, MATE, in_context=False)
    await workplace.settle()
    await workplace.acts.check_context(
        cases.LENA, id, answered(Check.BUILD, "unknown", "")
    )
    await workplace.settle()
    assert "inconsistency nobody has explained since: height and weight" in (
        await read_in_review(workplace, id)
    )
    await check_not_released(workplace, id, "CONTEXT_INCONSISTENT")


async def test_what_the_second_check_explains_can_be_released_and_the_lead_tells_of_the_first_round(
    workplace: Workplace,
) -> None:
    id = await agreed(workplace)
    await workplace.acts.check_context(
        cases.ERIK, id, answered(Check.BUILD, "inconsistent", TOO_TALL)
    )
    await workplace.settle()
    await returned(workplace, id)
    await workplace.decided(id, cases.LENA, 2, MATE)
    await workplace.decided(id, cases.TOMAS, 3, MATE, in_context=False)
    await workplace.settle()
    explained = "The height of the request was that of another person beside him."
    await workplace.acts.check_context(
        cases.LENA, id, answered(Check.BUILD, "inconsistent_explained", explained)
    )
    await workplace.settle()
    read = await read_in_review(workplace, id)
    for who in ("8101", "8102"):
        assert f"Round 1, {who}: 1 supported, 0 inconclusive, 2 different" in read
        assert f"round 1, {who}: +2" in read
    await workplace.acts.release(cases.SAM, id)
    await workplace.settle()
    assert await workplace.state(id) is State.RELEASED
    card = text_of(workplace.acts.own_card(cases.DANA, id))
    told = "*Earlier opinions on this person:* 2 strong support for same person"
    assert told in card
    assert "8101" not in card


async def test_a_round_that_supported_nobody_is_not_returned(
    workplace: Workplace,
) -> None:
    id = await workplace.searched(changes=SHOOTING)
    await workplace.decided(id, cases.ERIK, 0, None)
    await workplace.decided(id, cases.PRIYA, 1, MATE, conclusion=0)
    await workplace.settle()
    sam = await workplace.acts.review(cases.SAM, id)
    assert "Return for a new examination" not in text_of(sam.modal)
    [view] = workplace.sandbox.workspace.modals.stacks[cases.SAM]
    sam.fill({BlockId.RULING: "close", BlockId.REASON: "Look at it once more."})
    chosen = view.values[BlockId.RULING].values()
    for value in chosen:
        value["selected_option"]["value"] = "return"
    await workplace.deliver(sam.payloads.submission(cases.SAM, view))
    assert await workplace.state(id) is State.SUPERVISOR_REVIEW
    assert await workplace.refusals() == [("9001", "NOBODY_SUPPORTED")]


async def test_whoever_was_excluded_in_an_earlier_round_is_not_released_after_a_return(
    workplace: Workplace,
) -> None:
    """Another one was supported, so it could be returned; the mate was excluded by both."""
    id = await workplace.searched()
    other = next(
        c.subject_id for c in await workplace.listed(id) if c.subject_id != MATE
    )
    await workplace.decided(id, cases.ERIK, 0, other)
    await workplace.decided(id, cases.PRIYA, 1, other)
    await workplace.settle()
    await returned(workplace, id)
    await agreed_anew(workplace, id, cases.LENA, cases.TOMAS)
    assert "round 1, 8101: -2  Different persons" in await read_in_review(workplace, id)
    await check_not_released(workplace, id, "EXCLUDED_BEFORE")


async def test_an_exclusion_that_was_handed_back_counts_and_is_read_in_the_review(
    workplace: Workplace,
) -> None:
    id = await workplace.searched()
    ts = await taken(workplace, cases.ERIK, id)
    await excluded(workplace, id, cases.ERIK, 0)
    await handed_back(workplace, cases.ERIK, ts)
    await agreed_anew(workplace, id, cases.LENA, cases.PRIYA)
    read = await read_in_review(workplace, id)
    assert "8101: 0 supported, 0 inconclusive, 1 different or excluded." in read
    assert "Handed back by 8101: I know the person" in read
    await check_not_released(workplace, id, "EXCLUDED_BEFORE")


async def test_a_supervisor_does_not_take_a_dissenter_off_and_release(
    workplace: Workplace,
) -> None:
    id = await workplace.peered()
    ts = await taken(workplace, cases.PRIYA, id, 1)
    await excluded(workplace, id, cases.PRIYA, 1)
    await reassigned(workplace, cases.SAM, ts, "She has been at it for too long now.")
    await agreed_anew(workplace, id, cases.TOMAS)
    read = await read_in_review(workplace, id)
    assert "Taken away by 9001: She has been at it for too long now." in read
    await check_not_released(workplace, id, "EXCLUDED_BEFORE")


async def excluded(workplace: Workplace, id: str, account: str, place: int) -> None:
    """Exclude the mate with one click."""
    mate = await mate_in(workplace, id)
    async with workplace.db.snapshot() as snapshot:
        letter = (await snapshot.examinations.of(id))[place].label_of(mate.id)
    card = workplace.acts.examination_cards(id)[place]
    shown = workplace.acts.candidates(account, card)
    await workplace.acts.exclude(account, next(c for c in shown if c.letter == letter))
    await workplace.settle()


async def test_the_most_cautious_opinion_is_the_one_that_is_reported(
    workplace: Workplace,
) -> None:
    """Policy 3.4: some support twice, a return, strong support twice: the lead must not say strong."""
    id = await workplace.searched()
    await workplace.decided(id, cases.ERIK, 0, MATE, 1)
    await workplace.decided(id, cases.PRIYA, 1, MATE, 1)
    await workplace.settle()
    await workplace.acts.close(cases.SAM, id, "return")
    await workplace.settle()
    await workplace.decided(id, cases.LENA, 2, MATE, 2)
    await workplace.decided(id, cases.TOMAS, 3, MATE, 2)
    await workplace.settle()
    await workplace.acts.release(cases.SAM, id)
    await workplace.settle()
    async with workplace.db.snapshot() as snapshot:
        lead = await snapshot.leads.find(id)
    assert lead is not None
    assert lead.conclusion is Conclusion(1)

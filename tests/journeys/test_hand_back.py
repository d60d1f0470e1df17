"""An examiner gives an examination up: somebody who has seen nothing of it begins anew, blind."""

from datetime import date

from bot.domain.actors import Part
from bot.domain.audit import Verb
from bot.domain.workflow import State
from bot.sandbox import cases
from bot.views.ids import ActionId
from tests.front import Workplace, text_of
from tests.journeys.reassigning import (
    WHY,
    examinations,
    handed_back,
    pressed,
    taken,
)


async def test_the_next_examiner_starts_from_nothing(workplace: Workplace) -> None:
    id = await workplace.searched()
    ts = await taken(workplace, cases.ERIK, id)
    card = workplace.acts.examination_cards(id)[0]
    await workplace.acts.exclude(
        cases.ERIK, workplace.acts.candidates(cases.ERIK, card)[0]
    )
    await workplace.settle()
    await handed_back(workplace, cases.ERIK, ts)

    left, following = await examinations(workplace, id)
    assert (left.sitting, following.sitting) == (1, 2)
    assert left.left_at == workplace.clock()
    assert following.examiner is None
    assert following.seed != left.seed
    async with workplace.db.snapshot() as snapshot:
        assert len(await snapshot.examinations.dispositions(left.id)) == 1
        assert await snapshot.examinations.dispositions(following.id) == {}
        [done] = await snapshot.examinations.hand_backs(id)
        pictures = await snapshot.pictures.of(id)
    assert (done.person, done.by, done.reason) == ("8101", "8101", WHY)
    # Every picture that was shown is out of Slack; the next ones are others.
    shown = [p for key, p in pictures.items() if key.startswith(f"{left.id}/")]
    assert shown
    assert all(p.removed_at is not None for p in shown if p.shared_at is not None)

    await workplace.decided(id, cases.LENA, 1, "D0014")
    await workplace.settle()
    assert await workplace.state(id) is State.PEER_REVIEW


async def test_what_was_decided_stays_in_the_audit_log(workplace: Workplace) -> None:
    id = await workplace.searched()
    ts = await taken(workplace, cases.ERIK, id)
    card = workplace.acts.examination_cards(id)[0]
    await workplace.acts.exclude(
        cases.ERIK, workplace.acts.candidates(cases.ERIK, card)[0]
    )
    await workplace.settle()
    await handed_back(workplace, cases.ERIK, ts)
    [disposed] = await workplace.events(Verb.CANDIDATE_DISPOSED)
    [back] = await workplace.events(Verb.EXAMINATION_HANDED_BACK)
    assert disposed.subject == back.subject
    assert back.facts["reason"] == WHY
    assert back.facts["decided"] == 1


async def test_whoever_handed_back_can_take_no_seat_on_this_request(
    workplace: Workplace,
) -> None:
    id = await workplace.searched()
    await handed_back(workplace, cases.ERIK, await taken(workplace, cases.ERIK, id))
    again = await workplace.card(id, 1)
    await pressed(workplace, cases.ERIK, again, ActionId.TAKE)
    await workplace.decided(id, cases.LENA, 1, "D0014")
    await workplace.settle()
    await pressed(workplace, cases.ERIK, await workplace.card(id, 2), ActionId.TAKE)
    assert await workplace.refusals() == [("8101", "SEPARATION_OF_DUTIES")] * 2
    async with workplace.db.snapshot() as snapshot:
        assert ("8101", Part.EXAMINER) in await snapshot.requests.parts(id)


async def test_a_hand_back_needs_a_reason(workplace: Workplace) -> None:
    id = await workplace.searched()
    ts = await taken(workplace, cases.ERIK, id)
    delivery = await handed_back(workplace, cases.ERIK, ts, "Too short.")
    assert delivery.errors
    assert len(await examinations(workplace, id)) == 1


async def test_nobody_else_hands_an_examination_back(workplace: Workplace) -> None:
    id = await workplace.searched()
    ts = await taken(workplace, cases.ERIK, id)
    for account in (cases.PRIYA, cases.SAM):
        assert await pressed(workplace, account, ts, ActionId.HAND_BACK) is None
    assert await workplace.refusals() == [
        ("8102", "NOT_YOUR_EXAMINATION"),
        ("9001", "ROLE_REQUIRED"),
    ]


async def test_a4_an_expired_examiner_does_not_hand_back(workplace: Workplace) -> None:
    id = await workplace.searched()
    ts = await taken(workplace, cases.ERIK, id)
    form = await pressed(workplace, cases.ERIK, ts, ActionId.HAND_BACK)
    assert form is not None
    workplace.in_roles(cases.ERIK, certified_until=date(2026, 11, 22))
    await workplace.person(cases.ERIK).fill_and_submit({"reason": WHY})
    await workplace.settle()
    assert await workplace.refusals() == [("8101", "TRAINING_EXPIRED")]
    assert len(await examinations(workplace, id)) == 1


async def test_a_second_hand_back_of_the_same_sitting_is_refused(
    workplace: Workplace,
) -> None:
    """Two windows of the same person: the second is about a sitting that is over."""
    id = await workplace.searched()
    ts = await taken(workplace, cases.ERIK, id)
    press = workplace.press(cases.ERIK, cases.EXAMINERS, ts, ActionId.HAND_BACK)
    await handed_back(workplace, cases.ERIK, ts)
    await workplace.deliver(press)
    assert await workplace.refusals() == [("8101", "HANDED_BACK")]
    assert len(await examinations(workplace, id)) == 2


async def test_nothing_of_a_sitting_that_was_handed_back_can_be_used(
    workplace: Workplace,
) -> None:
    id = await workplace.searched()
    ts = await taken(workplace, cases.ERIK, id)
    presses = [
        workplace.press(cases.ERIK, cases.EXAMINERS, ts, action)
        for action in (ActionId.MY_DECISIONS, ActionId.SUBMIT_EXAMINATION)
    ]
    await handed_back(workplace, cases.ERIK, ts)
    for press in presses:
        await workplace.deliver(press)
    assert await workplace.refusals() == [("8101", "HANDED_BACK")] * 2


async def test_after_a_withdrawal_there_is_nothing_to_hand_back(
    workplace: Workplace,
) -> None:
    id = await workplace.searched()
    ts = await taken(workplace, cases.ERIK, id)
    press = workplace.press(cases.ERIK, cases.EXAMINERS, ts, ActionId.HAND_BACK)
    await workplace.acts.press_own(cases.DANA, id, ActionId.WITHDRAW)
    await workplace.settle()
    await workplace.deliver(press)
    assert await workplace.refusals() == [("8101", "STATE")]


async def test_the_second_examination_is_handed_back_without_a_word_to_others(
    workplace: Workplace,
) -> None:
    """The card ends like any other, and no reason is shown to anybody (policy 7, A35)."""
    id = await workplace.peered()
    await handed_back(
        workplace, cases.PRIYA, await taken(workplace, cases.PRIYA, id, 1)
    )
    for account in (cases.ERIK, cases.LENA, cases.DANA):
        assert not any(WHY in text for text in workplace.seen_by(account))
    closed = workplace.acts.examination_cards(id)[1]
    assert "Closed. There is nothing left to do here." in text_of(closed)
    await workplace.decided(id, cases.LENA, 2, "D0014")
    await workplace.settle()
    assert await workplace.state(id) is not State.PEER_REVIEW

"""A supervisor wants it examined anew: only people who have not seen it are still blind."""

from datetime import date

from bot.domain.audit import Verb
from bot.domain.workflow import State
from bot.sandbox import cases
from bot.views.ids import ActionId
from tests.front import Workplace, text_of


async def test_a_return_needs_two_fresh_examiners(workplace: Workplace) -> None:
    id = await workplace.reviewable()
    await workplace.acts.close(cases.SAM, id, "return")
    await workplace.settle()
    assert await workplace.state(id) is State.EXAMINATION
    assert (await workplace.request(id)).round == 2

    for place, fresh in ((2, cases.LENA), (3, cases.TOMAS)):
        card = await workplace.acts.examination(id, place)
        for tired in (cases.ERIK, cases.PRIYA):
            person = workplace.person(tired)
            await person.click(cases.EXAMINERS, card["ts"], ActionId.TAKE)
            await workplace.settle()
            assert "somebody else" in workplace.notes(tired, cases.EXAMINERS)[-1]
        await workplace.decided(id, fresh, place, "D0014")
        await workplace.settle()

    refused = [rule for _, rule in await workplace.refusals()]
    assert refused == ["SEPARATION_OF_DUTIES"] * 4
    # Whoever returned it may also release it: that is one part, not two.
    await workplace.acts.release(cases.SAM, id)
    await workplace.settle()
    async with workplace.db.snapshot() as snapshot:
        lead = await snapshot.leads.find(id)
    assert lead is not None
    assert (lead.examiner, lead.peer, lead.supervisor) == ("8103", "8104", "9001")


async def test_a7_nobody_who_read_the_review_is_seated_anew(
    workplace: Workplace,
) -> None:
    """The supervisors' channel says what the first round came to, and an examiner may sit there."""
    id = await workplace.reviewable()
    await workplace.sandbox.join(cases.SUPERVISORS, cases.LENA)
    certified = {"certified_until": date(2099, 12, 31)}
    workplace.in_roles(cases.TOMAS, roles=["examiner", "supervisor"], **certified)
    await workplace.acts.close(cases.SAM, id, "return")
    await workplace.settle()
    card = await workplace.acts.examination(id, 2)
    for account in (cases.LENA, cases.TOMAS):
        person = workplace.person(account)
        await person.click(cases.EXAMINERS, card["ts"], ActionId.TAKE)
        await workplace.settle()
        assert "supervisors' channel" in workplace.notes(account, cases.EXAMINERS)[-1]
    rules = [rule for _, rule in await workplace.refusals()]
    assert rules == ["READ_THE_REVIEW"] * 2
    async with workplace.db.snapshot() as snapshot:
        assert (await snapshot.examinations.of(id))[2].examiner is None
    # Who has left the channel has read it all the same.
    await workplace.sandbox.leave(cases.SUPERVISORS, cases.LENA)
    await workplace.person(cases.LENA).click(cases.EXAMINERS, card["ts"], ActionId.TAKE)
    await workplace.settle()
    async with workplace.db.snapshot() as snapshot:
        assert (await snapshot.examinations.of(id))[2].examiner is None


async def test_the_examinations_of_the_first_round_stay_in_the_record(
    workplace: Workplace,
) -> None:
    id = await workplace.reviewable()
    await workplace.acts.close(cases.SAM, id, "return")
    await workplace.settle()
    async with workplace.db.snapshot() as snapshot:
        rounds = [e.round for e in await snapshot.examinations.of(id)]
        first = (await snapshot.examinations.of(id))[0]
        kept = await snapshot.examinations.dispositions(first.id)
    assert rounds == [1, 1, 2]
    assert len(kept) == 3
    [returned] = await workplace.events(Verb.REQUEST_RETURNED)
    assert returned.facts["reason"] == "The opinions leave nothing to release."


async def test_the_requester_cannot_tell_that_it_was_returned(
    workplace: Workplace,
) -> None:
    id = await workplace.reviewable()
    before = text_of(workplace.acts.own_card(cases.DANA, id))
    await workplace.acts.close(cases.SAM, id, "return")
    await workplace.settle()
    assert text_of(workplace.acts.own_card(cases.DANA, id)) == before

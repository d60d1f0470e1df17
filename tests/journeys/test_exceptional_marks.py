"""What came of an exceptional search is marked wherever it is seen, and tells each of them no more."""

from bot.sandbox import cases
from bot.sandbox.authorizing import NEED, QUESTION, REASON
from bot.views.ids import ActionId
from tests.front import Workplace, text_of
from tests.journeys.asking import CASE

MARK = f"EXCEPTIONAL REPOSITORY · {cases.DMV}"
OF_THE_CASE = (CASE, NEED, REASON, "4711", "U-DANA", *map(str, QUESTION.values()))
BLINDING = tuple(said for said in OF_THE_CASE if said != cases.DMV)


async def shown_modal(workplace: Workplace, account: str, ts: str, action: str) -> str:
    person = workplace.person(account)
    await person.click(cases.EXAMINERS, ts, action)
    await workplace.settle()
    assert person.modal is not None
    return text_of(person.modal)


async def test_whatever_examiners_see_of_it_is_marked_and_tells_nothing_of_the_case(
    workplace: Workplace,
) -> None:
    id = await workplace.authorized()
    card = workplace.acts.examination_cards(id)[1]
    assert MARK in text_of(card["blocks"])
    assert MARK not in text_of(workplace.acts.examination_cards(id)[0]["blocks"])
    await workplace.acts.take(cases.LENA, card)
    [page] = {c.page_ts for c in workplace.acts.candidates(cases.LENA, card)}
    thread = workplace.person(cases.LENA).thread(cases.EXAMINERS, card["ts"])
    [drawn] = [m for m in thread if m["ts"] == page]
    assert MARK in text_of(drawn["blocks"])
    for ts, action in (
        (page, "compare.A"),
        (card["ts"], ActionId.MY_DECISIONS),
        (card["ts"], ActionId.SUBMIT_EXAMINATION),
    ):
        assert MARK in await shown_modal(workplace, cases.LENA, ts, action)
    for account in (cases.LENA, cases.ERIK, cases.TOMAS):
        seen = "\n".join(workplace.seen_by(account))
        assert MARK in seen
        assert [said for said in BLINDING if said in seen] == []


async def test_whatever_the_peer_sees_of_it_is_marked_and_tells_nothing_of_the_case(
    workplace: Workplace,
) -> None:
    id = await workplace.authorized()
    await workplace.decided(id, cases.LENA, 1, "L0062")
    await workplace.settle()
    card = workplace.acts.examination_cards(id)[2]
    assert MARK in text_of(card["blocks"])
    seen = "\n".join(workplace.seen_by(cases.TOMAS))
    assert [said for said in BLINDING if said in seen] == []


async def test_whatever_supervisors_see_of_it_is_marked_with_the_reason(
    workplace: Workplace,
) -> None:
    id = await workplace.authorized()
    await workplace.decided(id, cases.LENA, 1, "L0062")
    await workplace.decided(id, cases.TOMAS, 2, "L0062")
    await workplace.settle()
    card = workplace.acts.supervisor_card(id, ActionId.REVIEW)
    assert card is not None
    ruth = await workplace.acts.review(cases.RUTH, id)
    for seen in (card["blocks"], ruth.modal):
        assert MARK in text_of(seen)
        assert REASON in text_of(seen)
        assert "Chief of Detectives" in text_of(seen)


async def test_a_requester_sees_no_candidate_before_the_release_and_then_a_marked_one(
    workplace: Workplace,
) -> None:
    id = await workplace.authorized()
    await workplace.decided(id, cases.LENA, 1, "L0062")
    await workplace.decided(id, cases.TOMAS, 2, "L0062")
    await workplace.settle()
    before = set(workplace.pictures_of(cases.DANA))
    assert not any("L0062" in text for text in workplace.seen_by(cases.DANA))
    assert "possible match" not in text_of(workplace.acts.own_card(cases.DANA, id))
    await workplace.acts.release(cases.RUTH, id)
    await workplace.settle()
    assert set(workplace.pictures_of(cases.DANA)) == before
    await workplace.acts.press_own(cases.DANA, id, ActionId.ACKNOWLEDGE)
    await workplace.settle()
    lead = text_of(workplace.acts.own_card(cases.DANA, id)["blocks"])
    for marked in ("EXCEPTIONAL REPOSITORY", cases.DMV, "Chief of Detectives"):
        assert marked in lead
    assert len(set(workplace.pictures_of(cases.DANA)) - before) == 1


async def test_the_standard_answer_and_the_standard_lead_carry_no_mark(
    workplace: Workplace,
) -> None:
    id = await workplace.reviewable()
    ruth = await workplace.acts.review(cases.RUTH, id)
    assert "EXCEPTIONAL" not in text_of(ruth.modal)
    await workplace.acts.release(cases.SAM, id)
    await workplace.settle()
    for account in (cases.DANA, cases.ERIK, cases.SAM):
        assert not any("EXCEPTIONAL" in text for text in workplace.seen_by(account))

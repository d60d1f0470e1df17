"""Two examiners differ: a third compares blind, and the most cautious of them counts (policy 3.4; 6.3, 11 to 15)."""

import re
from collections import Counter
from dataclasses import replace
from datetime import date

import pytest

from bot.domain.audit import Verb
from bot.domain.candidates import Conclusion
from bot.domain.components import Component, Finding
from bot.domain.workflow import State
from bot.sandbox import cases
from bot.views.ids import ActionId, BlockId
from tests.conftest import Open
from tests.front import Workplace, still, text_of
from tests.journeys.test_abuse_people import take, taken_by

MATE = "D0014"
LONG, YESTERDAY = date(2099, 12, 31), date(2026, 11, 22)
SHOOTING = {BlockId.CATEGORY: "SHOOTING"}
WORDS = (
    "No possible match was found in the arrest and parole photographs as of November 23, 2026. "
    "This does not mean the person is not in the gallery."
)


async def split(workplace: Workplace, first: int = 2, peer: int = 0) -> str:
    """A request whose two examiners differ about the same candidate; the third comparison waits."""

    async def reach() -> str:
        id = await workplace.peered() if first == 2 else await workplace.searched()
        if first != 2:
            await workplace.decided(id, cases.ERIK, 0, MATE, conclusion=first)
        await workplace.decided(id, cases.PRIYA, 1, MATE, conclusion=peer)
        await workplace.settle()
        assert await workplace.state(id) is State.THIRD_REVIEW
        return id

    return await workplace.reached(f"split {first} {peer}", reach)


async def test_a_third_who_agrees_lets_a_supervisor_release_at_the_lower_level(
    workplace: Workplace,
) -> None:
    """All of it through clicks: +2, 0, then +1."""
    id = await workplace.searched()
    await workplace.examined(id, cases.ERIK, 0, MATE, conclusion=2)
    await workplace.examined(id, cases.PRIYA, 1, MATE, conclusion=0)
    assert await workplace.state(id) is State.THIRD_REVIEW
    await workplace.examined(id, cases.LENA, 2, MATE, conclusion=1)
    assert await workplace.state(id) is State.SUPERVISOR_REVIEW
    await workplace.acts.release(cases.SAM, id)
    await workplace.settle()
    async with workplace.db.snapshot() as snapshot:
        lead = await snapshot.leads.find(id)
    assert lead is not None
    assert lead.conclusion is Conclusion.SOME_SUPPORT_SAME
    assert (lead.examiner, lead.peer, lead.third) == ("8101", "8102", "8103")
    [released] = await workplace.events(Verb.LEAD_RELEASED)
    assert released.facts["third"] == "8103"
    read = text_of(workplace.acts.own_card(cases.DANA, id))
    assert "*Third examiner:* 8103" in read
    assert "*Opinion of two of three examiners:* Some support for same person" in read
    assert "*Opinion of the other:* inconclusive" in read


async def test_the_supervisor_reads_three_opinions_with_names_and_levels(
    workplace: Workplace,
) -> None:
    id = await split(workplace)
    await workplace.decided(id, cases.LENA, 2, MATE, conclusion=1)
    await workplace.settle()
    person = await workplace.acts.review(cases.SAM, id)
    shown = text_of(person.modal)
    for place, (who, level) in enumerate(
        (("8101", "+2"), ("8102", "0  Inconclusive"), ("8103", "+1")), 1
    ):
        assert f"*Examination {place}:* {who}" in shown
        assert re.search(
            rf"Examination {place}, letter [ABC]: {re.escape(level)}", shown
        )
    assert "(agreed: +1  Some support for same person)" in shown


@pytest.mark.parametrize("third", [0, -1, -2])
async def test_a_third_who_does_not_support_it_ends_in_the_usual_words(
    workplace: Workplace, third: int
) -> None:
    id = await split(workplace)
    await workplace.decided(id, cases.LENA, 2, MATE, conclusion=third)
    await workplace.settle()
    assert await workplace.state(id) is State.NO_POSSIBLE_MATCH
    assert WORDS in text_of(workplace.acts.own_card(cases.DANA, id))
    assert workplace.acts.supervisor_card(id, ActionId.REVIEW) is None


@pytest.mark.parametrize("peer", [-1, -2])
async def test_whoever_is_for_different_persons_is_not_outvoted(
    workplace: Workplace, peer: int
) -> None:
    """A third is asked all the same: that there is one must not tell what was said (decision 0024)."""
    id = await split(workplace, peer=peer)
    await workplace.decided(id, cases.LENA, 2, MATE, conclusion=2)
    await workplace.settle()
    assert await workplace.state(id) is State.NO_POSSIBLE_MATCH
    assert WORDS in text_of(workplace.acts.own_card(cases.DANA, id))
    compared = (await workplace.events(Verb.OPINIONS_COMPARED))[-1]
    listed = {c.subject_id: c.id for c in await workplace.listed(id)}
    assert compared.facts["levels"] == {listed[MATE]: [2, peer, 2]}
    assert compared.facts["both"] == []
    assert not compared.facts["agree"]


TATTOO = {
    Component.EYES: Finding.SIMILAR,
    Component.NOSE: Finding.SIMILAR,
    Component.ALTERATIONS: Finding.UNEXPLAINED,
}


async def test_t4_two_who_support_do_not_outvote_a_tattoo_that_the_third_saw(
    workplace: Workplace,
) -> None:
    """Michael Oliver: +2, 0 with an unexplained dissimilarity, +1."""
    id = await workplace.peered()
    await workplace.decided(
        id, cases.PRIYA, 1, MATE, conclusion=0, findings=TATTOO, in_context=False
    )
    await workplace.decided(id, cases.LENA, 2, MATE, conclusion=1)
    await workplace.settle()
    assert await workplace.state(id) is State.NO_POSSIBLE_MATCH
    compared = (await workplace.events(Verb.OPINIONS_COMPARED))[-1]
    assert compared.facts["both"] == []


async def test_a9_an_unexplained_dissimilarity_stops_a_release_that_was_offered(
    workplace: Workplace,
) -> None:
    """A request that came to its review by an earlier version, which did not look."""
    id = await workplace.reviewable()
    sam = await workplace.acts.review(cases.SAM, id)
    mate = next(c for c in await workplace.listed(id) if c.subject_id == MATE)
    async with workplace.db.transaction() as tx:
        peer = next(e for e in await tx.examinations.of(id) if e.examiner == "8102")
        said = (await tx.examinations.dispositions(peer.id))[mate.id]
        await tx.examinations.dispose(peer.id, replace(said, findings=TATTOO))
    await workplace.acts.rule_release(sam)
    await workplace.settle()
    assert await workplace.state(id) is State.SUPERVISOR_REVIEW
    assert await workplace.refusals() == [("9001", "UNEXPLAINED_DISSIMILARITY")]


async def test_what_a_blind_check_finds_goes_to_a_third_as_a_proposal(
    workplace: Workplace,
) -> None:
    """The first could not tell; the check after a shooting supports one, and so does the third."""
    id = await workplace.searched(changes=SHOOTING)
    await workplace.decided(id, cases.ERIK, 0, MATE, conclusion=0)
    await workplace.decided(id, cases.PRIYA, 1, MATE, conclusion=2)
    assert await workplace.state(id) is State.THIRD_REVIEW
    await workplace.examined(id, cases.TOMAS, 2, MATE, conclusion=1)
    await workplace.acts.release(cases.RUTH, id)
    await workplace.settle()
    assert await workplace.state(id) is State.RELEASED


async def test_two_who_support_different_candidates_are_a_split_as_well(
    workplace: Workplace,
) -> None:
    id = await workplace.peered()
    other = next(
        c.subject_id for c in await workplace.listed(id) if c.subject_id != MATE
    )
    await workplace.decided(id, cases.PRIYA, 1, other)
    assert await workplace.state(id) is State.THIRD_REVIEW
    await workplace.decided(id, cases.LENA, 2, MATE)
    await workplace.settle()
    assert await workplace.state(id) is State.NO_POSSIBLE_MATCH


# Who may be the third


@pytest.mark.parametrize(
    ("account", "person"), [(cases.ERIK, "8101"), (cases.PRIYA, "8102")]
)
async def test_a2_neither_of_the_two_who_differ_is_the_third(
    workplace: Workplace, account: str, person: str
) -> None:
    id = await split(workplace)
    await take(workplace, account, id, 2)
    assert await taken_by(workplace, id, 2) is None
    assert await workplace.refusals() == [(person, "SEPARATION_OF_DUTIES")]


async def test_a1_a_requester_is_not_the_third_and_is_not_told_that_there_is_one(
    workplace: Workplace,
) -> None:
    id = await split(workplace)
    workplace.in_roles(
        cases.DANA, roles=["requester", "examiner"], certified_until=LONG
    )
    await workplace.sandbox.join(cases.EXAMINERS, cases.DANA)
    await take(workplace, cases.DANA, id, 2)
    assert await taken_by(workplace, id, 2) is None
    assert await workplace.refusals() == [("4711", "SEPARATION_OF_DUTIES")]
    assert "third" not in workplace.told(cases.DANA)


async def test_a4_whose_training_has_run_out_is_not_the_third(
    workplace: Workplace,
) -> None:
    id = await split(workplace)
    workplace.in_roles(cases.LENA, certified_until=YESTERDAY)
    await take(workplace, cases.LENA, id, 2)
    assert await taken_by(workplace, id, 2) is None
    assert await workplace.refusals() == [("8103", "TRAINING_EXPIRED")]


async def test_a2_the_third_examiner_does_not_rule_on_the_release(
    workplace: Workplace,
) -> None:
    id = await split(workplace)
    await workplace.decided(id, cases.LENA, 2, MATE, conclusion=1)
    await workplace.settle()
    workplace.in_roles(
        cases.LENA, roles=["examiner", "supervisor"], certified_until=LONG
    )
    await workplace.sandbox.join(cases.SUPERVISORS, cases.LENA)
    card = workplace.acts.supervisor_card(id, ActionId.REVIEW)
    assert card is not None
    lena = workplace.person(cases.LENA)
    await lena.click(cases.SUPERVISORS, card["ts"], ActionId.REVIEW)
    await workplace.settle()
    assert lena.modal is None
    assert await workplace.refusals() == [("8103", "SEPARATION_OF_DUTIES")]


async def split_again(workplace: Workplace) -> str:
    """Sam has returned what both supported, and the two of the second round differ: nobody is left."""

    async def reach() -> str:
        id = await workplace.reviewable()
        await workplace.acts.close(cases.SAM, id, "return")
        await workplace.decided(id, cases.LENA, 2, MATE)
        await workplace.decided(id, cases.TOMAS, 3, MATE, conclusion=0)
        await workplace.settle()
        assert await workplace.state(id) is State.THIRD_REVIEW
        return id

    return await workplace.reached("split again", reach)


async def test_a2_the_supervisor_who_returned_it_is_not_the_third(
    workplace: Workplace,
) -> None:
    id = await split_again(workplace)
    workplace.in_roles(
        cases.SAM, roles=["examiner", "supervisor"], certified_until=LONG
    )
    await take(workplace, cases.SAM, id, 4)
    assert await taken_by(workplace, id, 4) is None
    assert await workplace.refusals() == [("9001", "SEPARATION_OF_DUTIES")]


async def test_supervisors_are_told_once_when_nobody_is_left_to_compare(
    workplace: Workplace,
) -> None:
    id = await split_again(workplace)
    for _ in range(2):
        await workplace.bot.ticks.tell_of_vacant()
        await workplace.settle()
    assert alerts(workplace) == [id]
    told = text_of(workplace.person(cases.SAM).messages(cases.SUPERVISORS)[-1])
    assert "third" not in told
    # A new examiner can take it, who does not read what the round before came to.
    workplace.in_roles(cases.OMAR, roles=["examiner"], certified_until=LONG)
    await workplace.sandbox.join(cases.EXAMINERS, cases.OMAR)
    await take(workplace, cases.OMAR, id, 4)
    assert await taken_by(workplace, id, 4) == "4822"


async def test_nobody_is_told_while_somebody_can_compare(workplace: Workplace) -> None:
    await split(workplace)
    await workplace.bot.ticks.tell_of_vacant()
    await workplace.settle()
    assert alerts(workplace) == []


async def test_a_role_map_that_cannot_be_read_is_no_lack_of_examiners(
    workplace: Workplace,
) -> None:
    await split_again(workplace)
    workplace.settings.role_map.write_text("people: [")
    await workplace.bot.ticks.tell_of_vacant()
    await workplace.settle()
    assert alerts(workplace) == []


def alerts(workplace: Workplace) -> list[str]:
    """The requests of which supervisors were told that nobody may compare."""
    messages = workplace.person(cases.SAM).messages(cases.SUPERVISORS)
    texts = [text_of(m) for m in messages]
    return [
        found
        for text in texts
        if "a comparison waits that nobody may make" in text
        for found in re.findall(r"FIS-\d{4}-\d{6}", text)
    ]


# What nobody may notice (policy 7, A35)


async def test_a35_the_third_card_reads_like_the_first(workplace: Workplace) -> None:
    id = await workplace.searched()
    first = text_of(workplace.acts.examination_cards(id)[0]["blocks"])
    await workplace.decided(id, cases.ERIK, 0, MATE)
    await workplace.decided(id, cases.PRIYA, 1, None)
    await workplace.settle()
    third = workplace.acts.examination_cards(id)[2]
    assert text_of(third["blocks"]) == first
    assert _alike(str(third["text"])) == _alike(
        str(workplace.acts.examination_cards(id)[0]["text"])
    )


def _alike(text: str) -> str:
    """Ids and times are chance; the letters of candidates are not."""
    text = re.sub(r"EX-[0-9a-f]{12}", "EX", text)
    return re.sub(r"\b[bF]-?\d{8}\b", "#", text)


async def test_a35_the_third_cannot_tell_who_of_the_two_supported_whom(
    workplace: Workplace,
) -> None:
    """Whichever of them found somebody, and whoever it was."""
    seen = []
    for number, first, peer in ((0, MATE, None), (1, None, "D0061")):
        before = Counter(workplace.seen_by(cases.LENA))
        id = await workplace.searched(changes=SHOOTING, image=still("mated", number))
        await workplace.decided(id, cases.ERIK, 0, first)
        await workplace.decided(id, cases.PRIYA, 1, peer)
        await workplace.settle()
        assert await workplace.state(id) is State.THIRD_REVIEW
        news = Counter(workplace.seen_by(cases.LENA)) - before
        seen.append(sorted(_alike(t.replace(id, "FIS")) for t in news.elements()))
    assert seen[0] == seen[1]


async def test_a35_the_third_has_an_order_and_letters_of_their_own(
    open_workplace: Open,
) -> None:
    async with open_workplace(list_length=12) as workplace:
        id = await workplace.searched()
        await workplace.decided(id, cases.ERIK, 0, MATE)
        await workplace.decided(id, cases.PRIYA, 1, None)
        async with workplace.db.snapshot() as snapshot:
            done = await snapshot.examinations.of(id)
        assert len({e.order for e in done}) == len({e.seed for e in done}) == 3


async def test_a35_nothing_tells_a_requester_that_two_differ(
    workplace: Workplace,
) -> None:
    id = await workplace.peered()
    before = Counter(workplace.seen_by(cases.DANA))
    await workplace.decided(id, cases.PRIYA, 1, None)
    await workplace.settle()
    assert await workplace.state(id) is State.THIRD_REVIEW
    assert Counter(workplace.seen_by(cases.DANA)) == before


async def test_a11_of_two_who_take_the_third_comparison_at_once_one_gets_it(
    workplace: Workplace,
) -> None:
    id = await split(workplace)
    ts = await workplace.card(id, 2)
    await workplace.deliver(
        *(
            workplace.press(account, cases.EXAMINERS, ts, ActionId.TAKE)
            for account in (cases.LENA, cases.TOMAS)
        )
    )
    assert await taken_by(workplace, id, 2) in ("8103", "8104")
    assert [rule for _, rule in await workplace.refusals()] == ["ALREADY_TAKEN"]


async def test_after_a_withdrawal_there_is_no_third_comparison(
    workplace: Workplace,
) -> None:
    id = await split(workplace)
    ts = await workplace.card(id, 2)
    press = workplace.press(cases.LENA, cases.EXAMINERS, ts, ActionId.TAKE)
    await workplace.acts.press_own(cases.DANA, id, ActionId.WITHDRAW)
    await workplace.settle()
    assert await workplace.state(id) is State.WITHDRAWN
    await workplace.deliver(press)
    assert await taken_by(workplace, id, 2) is None
    assert {rule for _, rule in await workplace.refusals()} <= {"STATE", "STALE_CARD"}
    assert await workplace.refusals()

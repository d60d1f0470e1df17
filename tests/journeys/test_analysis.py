"""The probe is analysed alone before any candidate opens (policy 3.3, 6.3 step 10), by signed clicks."""

import copy
from typing import Any

import pytest

from bot.domain.audit import Verb
from bot.domain.components import Component, Finding
from bot.sandbox import cases
from bot.sandbox.acts import ANALYSIS, SEEN, actions, all_text
from bot.views.ids import ActionId, BlockId
from tests.front import Workplace
from tests.journeys.sealed import MATE


async def seated(workplace: Workplace, account: str = cases.ERIK) -> tuple[str, Any]:
    """An examination that is taken, and whose probe nobody has analysed."""
    id = await workplace.searched()
    card = await workplace.acts.examination(id)
    await workplace.acts.sit_down(account, card)
    await workplace.settle()
    return id, card


async def examination_of(workplace: Workplace, id: str) -> Any:
    async with workplace.db.snapshot() as snapshot:
        return (await snapshot.examinations.of(id))[-1]


def moved(payload: dict[str, Any], examination: Any, action: str, letter: str) -> Any:
    """The press of one button made the press of another, as somebody may forge it."""
    payload["actions"][0] |= {
        "action_id": f"{action}.{letter}" if letter else action,
        "value": f"{examination.id}|{examination.version}|FEATURES_DIFFER",
    }
    return payload


async def test_before_the_analysis_only_the_probe_is_in_slack(
    workplace: Workplace,
) -> None:
    id, card = await seated(workplace)

    assert len(workplace.pictures_of(cases.ERIK)) == 1
    assert workplace.acts.candidates(cases.ERIK, card) == []
    assert not any("Candidate " in text for text in workplace.seen_by(cases.PRIYA))
    async with workplace.db.snapshot() as snapshot:
        pictures = await snapshot.pictures.of(id)
        assert await snapshot.work.open_for(id) == []
    examination = await examination_of(workplace, id)
    assert list(pictures) == [f"{examination.id}/probe"]

    await workplace.acts.analyse(cases.ERIK, card)
    await workplace.settle()
    shown = workplace.acts.candidates(cases.ERIK, card)
    assert len(shown) == len(examination.order)


async def test_what_one_has_compared_is_out_of_slack_before_the_next_analyses(
    workplace: Workplace,
) -> None:
    """All examiners are in one channel: whoever goes on could open the candidates of who went before."""
    await workplace.peered(MATE)
    assert len(workplace.pictures_of(cases.PRIYA)) == 1  # the probe of the second card


@pytest.mark.parametrize(
    ("action", "letter"),
    [
        (ActionId.EXCLUDE, "A"),
        (ActionId.COMPARE, "A"),
        (ActionId.SUBMIT_EXAMINATION, ""),
        (ActionId.MY_DECISIONS, ""),
        (ActionId.SHOW_AGAIN, ""),
    ],
)
async def test_no_candidate_opens_before_the_analysis(
    workplace: Workplace, action: str, letter: str
) -> None:
    id, card = await seated(workplace)
    press = workplace.press(cases.ERIK, cases.EXAMINERS, card["ts"], ActionId.ANALYSE)
    examination = await examination_of(workplace, id)

    await workplace.deliver(moved(press, examination, action, letter))
    assert await workplace.refusals() == [("8101", "ANALYSIS_FIRST")]
    assert workplace.person(cases.ERIK).modal is None
    async with workplace.db.snapshot() as snapshot:
        assert await snapshot.examinations.dispositions(examination.id) == {}
        assert len(await snapshot.pictures.of(id)) == 1


async def test_an_analysis_is_saved_once_and_frozen(workplace: Workplace) -> None:
    id, card = await seated(workplace)
    erik = workplace.person(cases.ERIK)
    await erik.click(cases.EXAMINERS, card["ts"], ActionId.ANALYSE)
    await workplace.settle()
    [view] = workplace.sandbox.workspace.modals.stacks[cases.ERIK]
    erik.fill({**ANALYSIS, BlockId.USABILITY: "poor"})
    other = copy.deepcopy(erik.payloads.submission(cases.ERIK, view))
    other["view"]["hash"] += "x"
    await erik.fill_and_submit(ANALYSIS)
    await workplace.settle()
    # As if the form had been opened a second time before.
    await workplace.deliver(other)

    assert await workplace.refusals() == [("8101", "ANALYSIS_FROZEN")]
    [saved] = await workplace.events(Verb.ANALYSIS_SAVED)
    assert saved.facts["usability"] == "good"
    examination = await examination_of(workplace, id)
    async with workplace.db.snapshot() as snapshot:
        analysis = await snapshot.analyses.find(examination.id)
    assert analysis is not None
    assert analysis.facts() == {k: saved.facts[k] for k in analysis.facts()}

    await erik.click(cases.EXAMINERS, card["ts"], ActionId.ANALYSE)
    await workplace.settle()
    assert (erik.modal or {}).get("submit") is None
    assert "cannot be changed any more" in all_text(erik.modal)


async def test_nobody_but_who_took_it_analyses_or_reads_the_analysis(
    workplace: Workplace,
) -> None:
    _, card = await seated(workplace)
    priya = workplace.person(cases.PRIYA)
    await priya.click(cases.EXAMINERS, card["ts"], ActionId.ANALYSE)
    await workplace.acts.analyse(cases.ERIK, card)
    await workplace.settle()
    await priya.click(cases.EXAMINERS, card["ts"], ActionId.ANALYSE)
    await workplace.settle()

    assert priya.modal is None
    assert await workplace.refusals() == [("8102", "NOT_YOUR_EXAMINATION")] * 2
    mark = str(ANALYSIS[BlockId.MARKS])
    assert not any(mark in text for text in workplace.seen_by(cases.PRIYA))


async def test_a_withdrawn_request_is_not_analysed_any_more(
    workplace: Workplace,
) -> None:
    id, card = await seated(workplace)
    erik = workplace.person(cases.ERIK)
    await erik.click(cases.EXAMINERS, card["ts"], ActionId.ANALYSE)
    await workplace.settle()
    await workplace.acts.press_own(cases.DANA, id, ActionId.WITHDRAW)
    await workplace.settle()
    await erik.fill_and_submit(ANALYSIS)
    await workplace.settle()

    assert await workplace.refusals() == [("8101", "STATE")]
    assert await workplace.events(Verb.ANALYSIS_SAVED) == []


async def test_an_analysis_of_nothing_is_told_under_its_field(
    workplace: Workplace,
) -> None:
    _, card = await seated(workplace)
    told = await workplace.acts.analyse(
        cases.ERIK, card, {BlockId.EXTENT: "only", BlockId.COMPONENTS: []}
    )
    assert set(told.errors) == {BlockId.COMPONENTS}


async def test_the_card_does_not_tell_a_peer_that_the_probe_was_analysed(
    workplace: Workplace,
) -> None:
    """A35: what the peer could tell from the card; that candidates appear is all there is."""
    _, card = await seated(workplace)

    def root() -> Any:
        messages = workplace.person(cases.PRIYA).messages(cases.EXAMINERS)
        return next(m for m in messages if m["ts"] == card["ts"])

    before = root()
    await workplace.acts.analyse(cases.ERIK, card)
    await workplace.settle()
    assert root()["blocks"] == before["blocks"]


async def test_what_the_analysis_did_not_see_needs_an_explanation(
    workplace: Workplace,
) -> None:
    _, card = await seated(workplace)
    acts = workplace.acts
    hidden: dict[str, object] = {
        BlockId.EXTENT: "all_but",
        BlockId.COMPONENTS: ["nose"],
    }
    await acts.analyse(cases.ERIK, card, hidden)
    await workplace.settle()
    [candidate, *_] = acts.candidates(cases.ERIK, card)

    told = await acts.compare(cases.ERIK, candidate, 2)
    assert "nose" in told.errors[BlockId.EXPLANATION]
    assert await workplace.refusals() == [("8101", "NOT_IN_ANALYSIS")]
    assert "every component but nose" in all_text(workplace.person(cases.ERIK).modal)

    again = await workplace.person(cases.ERIK).fill_and_submit(
        {BlockId.EXPLANATION: "Its bridge shows against the light of the window."}
    )
    assert not again.errors
    await workplace.settle()
    assert len(await workplace.events(Verb.CANDIDATE_DISPOSED)) == 1


async def test_the_rest_is_similar_by_one_choice(workplace: Workplace) -> None:
    id, card = await seated(workplace)
    acts = workplace.acts
    seen: dict[str, object] = {
        BlockId.EXTENT: "only",
        BlockId.COMPONENTS: ["eyes", "nose", "mouth"],
    }
    await acts.analyse(cases.ERIK, card, seen)
    await workplace.settle()
    [candidate, *_] = acts.candidates(cases.ERIK, card)
    await acts.compare(cases.ERIK, candidate, 2, findings={}, rest_similar=True)
    await workplace.settle()

    examination = await examination_of(workplace, id)
    async with workplace.db.snapshot() as snapshot:
        [decided] = (await snapshot.examinations.dispositions(examination.id)).values()
    assert decided.findings == SEEN


async def test_the_probe_alone_is_shown_again_before_its_analysis(
    workplace: Workplace,
) -> None:
    id, card = await seated(workplace)
    workplace.clock.forward(hours=73)
    await workplace.bot.ticks.expire_pictures()
    await workplace.settle()
    assert workplace.pictures_of(cases.ERIK) == []
    [shown] = workplace.acts.examination_cards(id)
    assert ActionId.ANALYSE not in actions(shown)

    erik = workplace.person(cases.ERIK)
    await erik.click(cases.EXAMINERS, card["ts"], ActionId.SHOW_AGAIN)
    await workplace.settle()
    assert len(workplace.pictures_of(cases.ERIK)) == 1
    await workplace.acts.analyse(cases.ERIK, card)
    await workplace.settle()
    assert workplace.acts.candidates(cases.ERIK, card)


async def test_the_supervisor_reads_each_analysis_beside_the_opinion(
    workplace: Workplace,
) -> None:
    id = await workplace.reviewable()
    person = await workplace.acts.review(cases.SAM, id)
    read = all_text(person.modal)
    assert read.count("Before any candidate:") == 2
    assert "Good probe." in read


async def test_the_peer_analyses_the_probe_anew(workplace: Workplace) -> None:
    id = await workplace.peered()
    card = await workplace.acts.examination(id, 1)
    await workplace.acts.sit_down(cases.PRIYA, card)
    await workplace.settle()
    assert workplace.acts.candidates(cases.PRIYA, card) == []
    priya = workplace.person(cases.PRIYA)
    await priya.click(cases.EXAMINERS, card["ts"], ActionId.ANALYSE)
    await workplace.settle()
    assert "Good probe" not in all_text(priya.modal)
    assert Finding.SIMILAR not in str(priya.modal)
    assert Component.EYES in str(priya.modal)

"""How long an examiner was at each candidate is on record, and told to nobody before the end."""

from bot.domain.audit import Verb
from bot.sandbox import cases
from bot.views.ids import ActionId, detailed
from tests.front import Workplace, text_of
from tests.journeys.reassigning import taken


async def seconds(workplace: Workplace, id: str, place: int = 0) -> dict[str, int]:
    """By letter, as the table keeps them."""
    async with workplace.db.snapshot() as snapshot:
        examination = (await snapshot.examinations.of(id))[place]
        decided = await snapshot.examinations.dispositions(examination.id)
    return {
        examination.label_of(candidate): disposition.seconds
        for candidate, disposition in decided.items()
        if disposition.seconds is not None
    }


async def test_a_comparison_is_timed_from_its_opening_to_its_saving(
    workplace: Workplace,
) -> None:
    id = await workplace.searched()
    await taken(workplace, cases.ERIK, id)
    card = workplace.acts.examination_cards(id)[0]
    first, second, _ = workplace.acts.candidates(cases.ERIK, card)
    erik = workplace.person(cases.ERIK)
    workplace.clock.forward(seconds=40)
    await erik.click(
        cases.EXAMINERS, first.page_ts, detailed(ActionId.COMPARE, first.letter)
    )
    await workplace.settle()
    workplace.clock.forward(seconds=20)
    await erik.close_modal()
    # Opened again: both views count, and what lies between them is the first one's.
    await workplace.acts.compare(cases.ERIK, first, -1)
    await workplace.settle()
    workplace.clock.forward(seconds=7)
    await workplace.acts.exclude(cases.ERIK, second)
    await workplace.settle()
    assert await seconds(workplace, id) == {first.letter: 20, second.letter: 7}
    recorded = [
        e.facts["seconds"] for e in await workplace.events(Verb.CANDIDATE_DISPOSED)
    ]
    assert recorded == [20, 7]


async def test_a_clock_that_went_back_gives_no_negative_time(
    workplace: Workplace,
) -> None:
    id = await workplace.searched()
    await taken(workplace, cases.ERIK, id)
    card = workplace.acts.examination_cards(id)[0]
    [first, *_] = workplace.acts.candidates(cases.ERIK, card)
    workplace.clock.forward(minutes=-10)
    await workplace.acts.exclude(cases.ERIK, first)
    await workplace.settle()
    assert await seconds(workplace, id) == {first.letter: 0}


async def test_the_supervisor_reads_the_times_once_everything_is_decided(
    workplace: Workplace,
) -> None:
    id = await workplace.reviewable()
    person = await workplace.acts.review(cases.SAM, id)
    assert person.modal is not None
    assert "At the candidates: 0 s." in text_of(person.modal)


async def test_no_time_is_shown_to_anybody_before(workplace: Workplace) -> None:
    id = await workplace.searched()
    await taken(workplace, cases.ERIK, id)
    card = workplace.acts.examination_cards(id)[0]
    [first, *_] = workplace.acts.candidates(cases.ERIK, card)
    workplace.clock.forward(seconds=757)
    await workplace.acts.exclude(cases.ERIK, first)
    await workplace.settle()
    for account in (cases.PRIYA, cases.SAM, cases.DANA):
        read = " ".join(workplace.seen_by(account))
        assert "757" not in read
        assert "12 min 37 s" not in read

"""The guided tour speaks of what is really there, and ticks every step of a case in its order."""

import re
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

import pytest

from bot.domain.edits import Operation
from bot.sandbox import cases
from bot.sandbox.acts import Candidate, number
from bot.sandbox.editing import Editing
from bot.sandbox.tour import Chapter, Look, Step, current, direct, done, takes_place_in
from bot.sandbox.tour_chapters import (
    CHAPTERS,
    EDIT,
    EXCEPTION,
    MATCH,
    NO_MATCH,
    REFUSAL,
    REPEAT,
    THREAT,
)
from bot.sandbox.workspace import Workspace
from bot.views.ids import ActionId, BlockId, CommandName
from bot.views.text import Message
from tests.front import Workplace, still
from tests.sandbox.parts import SEED
from tests.views.every import (
    commander_views,
    examiner_views,
    requester_views,
    supervisor_views,
    unmasked_views,
)
from tests.views.reading import strings
from tests.views.test_editing import FORMS

Done = TypeVar("Done")

STEPS = [step for chapter in CHAPTERS for step in chapter.steps]
POLICY = re.compile(r"policy [1-7](\.\d{1,2}|, A\d{1,2})")


def words_of_the_product() -> Iterator[str]:
    yield from strings(list(FORMS))
    for audience in (
        requester_views,
        examiner_views,
        supervisor_views,
        commander_views,
        unmasked_views,
    ):
        for view in audience():
            yield from strings(view.blocks if isinstance(view, Message) else view)


def test_every_word_the_tour_takes_from_a_screen_stands_on_one() -> None:
    taken = {word for s in STEPS for line in s.do for word in marked(line)}
    known = set(words_of_the_product())
    everything = "\n".join(known)
    assert len(taken) > 30
    # A title such as "Comparison for" goes on with a number.
    assert [w for w in taken if w not in known and f"{w} FIS-" not in everything] == []


def marked(line: str) -> list[str]:
    return re.findall(r"\[([^\]]+)\]", line)


def test_everybody_of_the_tour_is_in_the_channel_it_sends_them_to() -> None:
    assert takes_place_in(Workspace(cases.seed()), CHAPTERS)
    assert not takes_place_in(Workspace(SEED), CHAPTERS)


def test_every_still_of_the_tour_comes_with_the_simulation() -> None:
    named = re.findall(
        r"[a-z]+-\d\.jpg", " ".join(line for s in STEPS for line in s.do)
    )
    stills = {"mated-1.jpg", "stranger-1.jpg", "mated-2.jpg", "dark-1.jpg"}
    assert set(named) == stills
    assert all((cases.PORTRAITS / "probes" / name).exists() for name in named)


def test_every_command_of_the_tour_is_typed_for_the_case_of_its_chapter() -> None:
    for chapter in CHAPTERS:
        for step in chapter.steps:
            if step.types not in ("", CommandName.FIS_REQUEST):
                assert step.types == f"{CommandName.FIS_REQUEST} {chapter.case_number}"


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.id)
def test_every_step_says_why_and_where_the_policy_says_so(step: Step) -> None:
    assert POLICY.fullmatch(step.policy)
    assert 40 < len(step.why) < 220
    assert not re.search(r"\b(hit|identified|confidence|match confirmed)\b", step.why)


def test_the_readme_counts_the_cases_of_the_tour() -> None:
    readme = (cases.MANIFEST.parent / "README.md").read_text()
    numbers = ("five", "six", "seven", "eight", "nine")
    assert f"leads through {numbers[len(CHAPTERS) - 5]} cases" in readme


def test_no_two_steps_share_their_name() -> None:
    assert len({step.id for step in STEPS}) == len(STEPS)


async def test_a_form_that_is_closed_again_is_not_ticked(workplace: Workplace) -> None:
    workspace = workplace.sandbox.workspace
    person = await workplace.acts.open_form(cases.DANA, MATCH.case_number)
    assert done(Look(workspace), MATCH) == {"match-form"}
    assert done(Look(workspace), REFUSAL) == set()
    await person.close_modal()
    assert done(Look(workspace), MATCH) == set()


def test_nothing_is_done_in_an_untouched_workspace() -> None:
    workspace = Workspace(cases.seed())
    assert [done(Look(workspace), chapter) for chapter in CHAPTERS] == [set()] * len(
        CHAPTERS
    )
    assert current(CHAPTERS, set()) == MATCH.steps[0].id
    assert current(CHAPTERS, {step.id for step in STEPS}) == ""


class Walk:
    """Walks through a chapter; after every act exactly the steps so far are ticked."""

    def __init__(self, workplace: Workplace, chapter: Chapter) -> None:
        self.workplace, self.chapter = workplace, chapter
        self.past: list[str] = []

    async def step(self, act: Awaitable[Done]) -> Done:
        """Do the next step of the chapter."""
        assert self.ticked() == set(self.past)
        result = await act
        await self.workplace.settle()
        self.past.append(self.chapter.steps[len(self.past)].id)
        assert self.ticked() == set(self.past)
        return result

    def ticked(self) -> set[str]:
        return done(Look(self.workplace.sandbox.workspace), self.chapter)

    def is_over(self) -> bool:
        return len(self.past) == len(self.chapter.steps)


async def compared(
    workplace: Workplace, account: str, id: str, place: int, found: str | None
) -> None:
    """Take, decide about all, submit."""
    supports: Callable[[Candidate], int | None] = lambda _: None  # noqa: E731
    if found:
        supports = await workplace.finder(id, place, found)
    await workplace.acts.examine(account, id, place, supports)


async def decided(workplace: Workplace, id: str, account: str, found: str) -> None:
    """Support the one candidate of a comparison that was taken."""
    card = workplace.acts.examination_cards(id)[0]
    supports = await workplace.finder(id, 0, found)
    for candidate in workplace.acts.candidates(account, card):
        if conclusion := supports(candidate):
            await workplace.acts.compare(account, candidate, conclusion)


async def submitted(workplace: Workplace, id: str, account: str) -> None:
    card = workplace.acts.examination_cards(id)[0]
    decided_one = await workplace.finder(id, 0, "D0014")
    for candidate in workplace.acts.candidates(account, card):
        if not decided_one(candidate):
            await workplace.acts.exclude(account, candidate)
    await workplace.settle()
    await workplace.acts.submit(account, card)


async def sent(
    workplace: Workplace, chapter: Chapter, image: bytes, **changes: object
) -> str:
    return await workplace.acts.request(
        chapter.requester, image, case_number=chapter.case_number, changes=changes
    )


async def test_a_match_ticks_its_steps_in_order(workplace: Workplace) -> None:
    acts, walk = workplace.acts, Walk(workplace, MATCH)
    person = await walk.step(acts.open_form(cases.DANA, MATCH.case_number))
    await walk.step(acts.fill_form(person, still("mated")))
    id = next(n for m in acts.own_cards(cases.DANA) if (n := number(m)))
    card = await acts.examination(id)
    await walk.step(acts.sit_down(cases.ERIK, card))
    await walk.step(acts.analyse(cases.ERIK, card))
    await walk.step(decided(workplace, id, cases.ERIK, "D0014"))
    await walk.step(submitted(workplace, id, cases.ERIK))
    await walk.step(compared(workplace, cases.PRIYA, id, 1, "D0014"))
    await walk.step(acts.check_context(cases.ERIK, id))
    await walk.step(acts.release(cases.SAM, id))
    acknowledged = acts.press_own(cases.DANA, id, ActionId.ACKNOWLEDGE)
    await walk.step(acknowledged)
    await walk.step(acts.corroborate(cases.DANA, id))
    assert walk.is_over()


async def test_no_match_and_the_exception_after_it_tick_their_steps_in_order(
    workplace: Workplace,
) -> None:
    acts, asking = workplace.acts, workplace.authorizing
    walk = Walk(workplace, NO_MATCH)
    case = sent(
        workplace, NO_MATCH, still("stranger"), **{BlockId.CATEGORY: "SHOOTING"}
    )
    id = await walk.step(case)
    await walk.step(compared(workplace, cases.ERIK, id, 0, None))
    await walk.step(compared(workplace, cases.PRIYA, id, 1, None))
    await walk.step(acts.close(cases.RUTH, id))
    assert walk.is_over()

    walk = Walk(workplace, EXCEPTION)
    decision = asking.decide(cases.MARA, id, "grant", case_number=EXCEPTION.case_number)
    found = "L0062"
    await walk.step(asking.ask(cases.OMAR, id))
    await walk.step(decision)
    await walk.step(asking.start(cases.LENA, id))
    await walk.step(compared(workplace, cases.LENA, id, 2, found))
    await walk.step(compared(workplace, cases.TOMAS, id, 3, found))
    await walk.step(acts.check_context(cases.LENA, id))
    await walk.step(acts.release(cases.RUTH, id))
    acknowledged = acts.press_own(cases.OMAR, id, ActionId.ACKNOWLEDGE)
    await walk.step(acknowledged)
    assert walk.is_over()


async def test_a_repeated_still_ticks_its_steps_in_order(
    workplace: Workplace,
) -> None:
    await workplace.unanswered()
    walk = Walk(workplace, REPEAT)
    id = await walk.step(sent(workplace, REPEAT, still("stranger")))
    await walk.step(workplace.repeating.refuse(cases.RUTH, id))
    assert walk.is_over()


async def test_an_edit_ticks_its_steps_in_order(workplace: Workplace) -> None:
    acts, walk = workplace.acts, Walk(workplace, EDIT)
    editing = Editing(acts)
    # Whoever is on the dark still is not in the small gallery of the tests.
    id = await walk.step(sent(workplace, EDIT, still("mated")))
    card = await acts.examination(id)
    await walk.step(acts.sit_down(cases.ERIK, card))

    async def brighten() -> None:
        person = await editing.open(cases.ERIK, card)
        await editing.preview(person, Operation.EXPOSURE, {"stops": "2"})
        await editing.keep(person)
        await editing.open(cases.ERIK, card)

    await walk.step(brighten())
    await walk.step(editing.search(cases.ERIK, card))
    await walk.step(compared(workplace, cases.ERIK, id, 1, "D0014"))
    await walk.step(compared(workplace, cases.PRIYA, id, 2, "D0014"))
    await acts.check_context(cases.ERIK, id)
    review = await acts.review(cases.SAM, id)
    await workplace.settle()
    await walk.step(acts.rule_release(review))
    assert walk.is_over()


async def test_a_refusal_ticks_its_steps_in_order(workplace: Workplace) -> None:
    acts, walk = workplace.acts, Walk(workplace, REFUSAL)
    person = await walk.step(acts.open_form(cases.DANA, REFUSAL.case_number))
    crowd: dict[str, object] = {BlockId.PROHIBITED_IMAGES: ["P_CROWD"]}
    refused = acts.fill_form(person, still("mated"), changes=crowd)
    await walk.step(refused)
    guest = workplace.person(cases.VIC)
    asked = guest.command(cases.REQUESTS, CommandName.FIS_REQUEST)
    await walk.step(asked)
    assert walk.is_over()


async def test_a_threat_ticks_its_steps_in_order(workplace: Workplace) -> None:
    acts, walk = workplace.acts, Walk(workplace, THREAT)
    threat = {
        BlockId.PURPOSE: "F_THREAT",
        "particular.threat": "He says he will shoot.",
    }
    id = await walk.step(sent(workplace, THREAT, still("mated", 1), **threat))

    async def start() -> None:
        card = acts.supervisor_card(id, ActionId.SIGN_OFF)
        assert card is not None
        await sam.click(cases.SUPERVISORS, card["ts"], ActionId.SIGN_OFF)

    async def write() -> None:
        card = acts.supervisor_card(id, ActionId.WRITE_SIGN_OFF)
        assert card is not None
        await sam.click(cases.SUPERVISORS, card["ts"], ActionId.WRITE_SIGN_OFF)
        await acts.until("the form", lambda: sam.modal)
        await sam.fill_and_submit({BlockId.REASON: "He named the school and the hour."})

    sam = workplace.person(cases.SAM)
    await walk.step(start())
    await walk.step(write())
    assert walk.is_over()


async def test_what_was_done_before_the_tour_began_again_does_not_count(
    workplace: Workplace,
) -> None:
    await workplace.acts.request(
        cases.DANA, still("mated"), case_number=MATCH.case_number
    )
    workspace = workplace.sandbox.workspace
    assert done(Look(workspace), MATCH) == {"match-form", "match-sent"}
    assert done(Look(workspace, workspace.next_ts()), MATCH) == set()


async def test_the_case_of_one_chapter_ticks_no_other(workplace: Workplace) -> None:
    await sent(workplace, MATCH, still("mated"))
    workspace = workplace.sandbox.workspace
    others = [chapter for chapter in CHAPTERS if chapter is not MATCH]
    assert not any(done(Look(workspace), chapter) for chapter in others)


def test_a_direct_message_is_where_the_workspace_has_it() -> None:
    assert Workspace(cases.seed()).direct(cases.DANA).id == direct(cases.DANA)

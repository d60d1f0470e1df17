"""Pictures leave Slack after their hours; nobody decides about a face that cannot be seen."""

from bot.approvals import examinations
from bot.domain.audit import Verb
from bot.domain.candidates import Exclusion, exclude
from bot.domain.workflow import State
from bot.errors import Refusal
from bot.roles import RoleMap
from bot.sandbox import cases
from bot.sandbox.acts import actions
from bot.views.ids import ActionId
from tests.front import Workplace, text_of


async def after_the_pictures_are_gone(workplace: Workplace, id: str) -> None:
    workplace.clock.forward(hours=73)
    await workplace.bot.ticks.expire_pictures()
    await workplace.settle()
    assert (await workplace.state(id)) is State.EXAMINATION


async def test_an_examination_without_pictures_cannot_be_taken(
    workplace: Workplace,
) -> None:
    id = await workplace.searched()
    await after_the_pictures_are_gone(workplace, id)

    [card] = workplace.acts.examination_cards(id)
    assert actions(card) == {ActionId.SHOW_AGAIN, ActionId.ASK_AUTHORIZATION}
    assert workplace.pictures_of(cases.ERIK) == []


async def test_a_face_that_is_not_shown_cannot_be_excluded(
    workplace: Workplace,
) -> None:
    id = await workplace.searched()
    card = await workplace.acts.examination(id)
    await workplace.acts.take(cases.ERIK, card)
    await after_the_pictures_are_gone(workplace, id)

    async with workplace.db.snapshot() as snapshot:
        [examination] = await snapshot.examinations.of(id)
    actor = RoleMap(workplace.settings.role_map).actor(cases.ERIK)
    decision = exclude(
        examination.order[0], Exclusion.FEATURES_DIFFER, workplace.clock()
    )
    refused = ""
    try:
        await examinations.dispose(
            workplace.db, examination.id, decision, actor=actor, now=workplace.clock()
        )
    except Refusal as refusal:
        refused = refusal.rule
    assert refused == "NOT_SHOWN"


async def test_pictures_asked_for_again_are_shown_again_and_the_case_goes_on(
    workplace: Workplace,
) -> None:
    id = await workplace.searched()
    before = len(workplace.pictures_of(cases.ERIK))
    await after_the_pictures_are_gone(workplace, id)
    [card] = workplace.acts.examination_cards(id)

    await workplace.person(cases.ERIK).click(
        cases.EXAMINERS, card["ts"], ActionId.SHOW_AGAIN
    )
    await workplace.settle()

    assert len(workplace.pictures_of(cases.ERIK)) == before
    [asked] = await workplace.events(Verb.PICTURES_ASKED_AGAIN)
    assert asked.actor == "8101"
    await workplace.examined(id, cases.ERIK, 0, "D0014")
    assert (await workplace.state(id)) is State.PEER_REVIEW


async def test_pictures_that_are_there_are_not_shown_twice(
    workplace: Workplace,
) -> None:
    id = await workplace.searched()
    async with workplace.db.snapshot() as snapshot:
        [examination] = await snapshot.examinations.of(id)
    actor = RoleMap(workplace.settings.role_map).actor(cases.ERIK)
    refused = ""
    try:
        await examinations.show_again(
            workplace.db, examination.id, actor=actor, now=workplace.clock()
        )
    except Refusal as refusal:
        refused = refusal.rule
    assert refused == "STILL_SHOWN"


async def test_the_channel_never_tells_how_far_an_examiner_is(
    workplace: Workplace,
) -> None:
    id = await workplace.searched()
    card = await workplace.acts.examination(id)
    await workplace.acts.take(cases.ERIK, card)
    await workplace.settle()
    before = workplace.person(cases.PRIYA).thread(cases.EXAMINERS, card["ts"])

    first = workplace.acts.candidates(cases.ERIK, card)[0]
    await workplace.acts.exclude(cases.ERIK, first)
    await workplace.settle()

    assert workplace.person(cases.PRIYA).thread(cases.EXAMINERS, card["ts"]) == before
    [note] = workplace.person(cases.ERIK).ephemerals(cases.EXAMINERS)
    assert f"Candidate {first.letter}" in text_of(note)
    assert workplace.person(cases.PRIYA).ephemerals(cases.EXAMINERS) == []

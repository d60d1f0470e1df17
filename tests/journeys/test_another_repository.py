"""Another repository, from the question to the lead, through the front door."""

import sqlite3
from contextlib import closing

from bot.domain.audit import Verb
from bot.domain.authorizations import AuthorizationState
from bot.domain.pictures import COMMANDERS, asked_key
from bot.domain.workflow import State
from bot.sandbox import cases
from bot.views.ids import ActionId
from tests.front import Workplace, text_of

STRANGER = "L0062"


async def test_a_question_reaches_both_commanders_and_their_channel(
    workplace: Workplace,
) -> None:
    id = await workplace.asked()
    asked = await workplace.authorization(id)
    assert asked.state is AuthorizationState.PENDING
    assert set(asked.told) == {cases.MARA, cases.JOON}
    for commander in (cases.MARA, cases.JOON):
        [card] = workplace.person(commander).dm_messages()
        assert id in text_of(card["blocks"])
        assert any(block["type"] == "image" for block in card["blocks"])


async def test_a_granted_search_leads_to_a_lead_marked_as_exceptional(
    workplace: Workplace,
) -> None:
    id = await workplace.authorized()
    assert await workplace.state(id) is State.EXAMINATION
    await workplace.examined(id, cases.LENA, 1, STRANGER)
    await workplace.examined(id, cases.TOMAS, 2, STRANGER)
    await workplace.acts.release(cases.RUTH, id)
    await workplace.settle()
    card = await workplace.acts.answered(cases.DANA, id, "EXCEPTIONAL REPOSITORY")
    assert cases.DMV in text_of(card["blocks"])
    assert "Chief of Detectives" in text_of(card["blocks"])
    consumed = await workplace.authorization(id)
    assert consumed.state is AuthorizationState.CONSUMED
    verbs = [e.verb for e in await workplace.events()]
    assert verbs.count(Verb.AUTHORIZATION_CONSUMED) == 1


async def test_a_second_start_is_refused(workplace: Workplace) -> None:
    id = await workplace.granted()
    card = await workplace.authorizing.order(id)
    presses = [
        workplace.press(account, cases.EXAMINERS, card["ts"], ActionId.START_AUTHORIZED)
        for account in (cases.LENA, cases.TOMAS)
    ]
    await workplace.deliver(*presses)
    assert len(await workplace.events(Verb.AUTHORIZATION_STARTED)) == 1


async def test_a_revocation_destroys_what_was_found(workplace: Workplace) -> None:
    id = await workplace.authorized()
    await workplace.authorizing.revoke(cases.JOON, id)
    await workplace.settle()
    assert await workplace.state(id) is State.NO_POSSIBLE_MATCH
    async with workplace.db.snapshot() as snapshot:
        searches = await snapshot.searches.of(id)
        assert await snapshot.searches.candidates(searches[-1].id) == ()
        assert searches[-1].swept_at is not None


async def test_the_probe_is_taken_out_of_the_rooms_in_which_commanders_saw_it(
    workplace: Workplace,
) -> None:
    id = await workplace.asked()
    await workplace.authorizing.decide(cases.MARA, id, "deny")
    await workplace.settle()
    asked = await workplace.authorization(id)
    path = workplace.settings.data_dir / "fis.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        removals = connection.execute(
            "SELECT card, channel FROM outbox WHERE kind = 'remove_file' AND card LIKE ?",
            (f"{asked.id}/%",),
        ).fetchall()
    rooms = {asked_key(asked.id, account): account for account in asked.told}
    rooms[asked_key(asked.id, COMMANDERS)] = cases.COMMANDERS
    assert dict(removals) == rooms

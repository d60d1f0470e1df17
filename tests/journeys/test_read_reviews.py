"""Nobody who could read what a round came to compares in a later one, whatever opened it (policy 7, A7)."""

from datetime import date
from pathlib import Path

from bot.domain.workflow import State
from bot.roles import render
from bot.sandbox import cases
from bot.sandbox.acts import all_text
from bot.views.ids import ActionId
from tests.casework.test_discovery import everything_in, exported
from tests.front import Enrolled, Workplace
from tests.journeys.sealed import MATE, own_house, seal, subjects_listed

CERTIFIED = {"certified_until": date(2099, 12, 31)}


async def examiner_of(workplace: Workplace, id: str, place: int) -> str | None:
    async with workplace.db.snapshot() as snapshot:
        return (await snapshot.examinations.of(id))[place].examiner


async def test_whoever_exported_the_record_is_not_seated_in_a_returned_round(
    workplace: Workplace, tmp_path: Path
) -> None:
    """Examiner and auditor in one person: nothing of what was found leaves while it may be returned."""
    workplace.in_roles(cases.LENA, roles=["examiner", "auditor"], **CERTIFIED)
    id = await workplace.reviewable()
    done = await exported(workplace, tmp_path, id, account=cases.LENA)
    assert '"conclusion": 2' not in everything_in(done.folder)
    assert '"similarity"' not in everything_in(done.folder)
    await workplace.acts.close(cases.SAM, id, "return")
    await workplace.settle()
    card = await workplace.acts.examination(id, 2)
    await workplace.person(cases.LENA).click(cases.EXAMINERS, card["ts"], ActionId.TAKE)
    await workplace.settle()
    assert await examiner_of(workplace, id, 2) is None


async def test_whoever_reads_the_supervisors_channel_is_not_seated_after_a_sealing(
    home: Path, enrolled: Enrolled
) -> None:
    """The review stood there with its counts and the sheet of whom two support; somebody else on the
    list is sealed, the search is made anew, and no supervisor ever "returned" anything."""
    async with own_house(home, enrolled) as workplace:
        workplace.in_roles(cases.RUTH, roles=["supervisor", "examiner"], **CERTIFIED)
        id = await workplace.reviewable()
        ruth = workplace.person(cases.RUTH)
        told = [all_text(m) for m in ruth.messages(cases.SUPERVISORS)]
        assert any(f"Review of {id}" in one for one in told)
        assert len(workplace.pictures_of(cases.RUTH)) > 0
        other = next(s for s in await subjects_listed(workplace, id) if s != MATE)
        await seal(workplace, other)
        await workplace.settle()
        assert await workplace.state(id) is State.EXAMINATION
        assert MATE in await subjects_listed(workplace, id)
        card = await workplace.acts.examination(id, 2)
        await ruth.click(cases.EXAMINERS, card["ts"], ActionId.TAKE)
        await workplace.settle()
        assert await examiner_of(workplace, id, 2) is None


async def test_a_second_account_in_the_supervisors_channel_counts(
    workplace: Workplace,
) -> None:
    """Lena and Vic are one person with two accounts (A2); the second one sits among the supervisors."""
    people = [p for p in cases.people() if p["person"] not in ("8103", "0000")]
    people.append(
        {
            "person": "8103",
            "slack_users": [cases.LENA, cases.TOMAS],
            "roles": ["examiner", "auditor"],
            **CERTIFIED,
        }
    )
    people = [p for p in people if p["slack_users"] != [cases.TOMAS]]
    workplace.settings.role_map.write_text(render(people))
    await workplace.sandbox.join(cases.SUPERVISORS, cases.TOMAS)
    id = await workplace.reviewable()
    told = [
        all_text(m) for m in workplace.person(cases.TOMAS).messages(cases.SUPERVISORS)
    ]
    assert any(f"Review of {id}" in one for one in told)
    await workplace.acts.close(cases.SAM, id, "return")
    await workplace.settle()
    card = await workplace.acts.examination(id, 2)
    await workplace.person(cases.LENA).click(cases.EXAMINERS, card["ts"], ActionId.TAKE)
    await workplace.settle()
    assert await examiner_of(workplace, id, 2) is None


async def test_an_auditor_who_read_the_review_and_left_the_room_is_not_seated(
    workplace: Workplace,
) -> None:
    workplace.in_roles(cases.LENA, roles=["examiner", "auditor"], **CERTIFIED)
    await workplace.sandbox.join(cases.SUPERVISORS, cases.LENA)
    id = await workplace.reviewable()
    told = [
        all_text(m) for m in workplace.person(cases.LENA).messages(cases.SUPERVISORS)
    ]
    assert any(f"Review of {id}" in one for one in told)
    await workplace.acts.close(cases.SAM, id, "return")
    await workplace.settle()
    await workplace.sandbox.leave(cases.SUPERVISORS, cases.LENA)
    card = await workplace.acts.examination(id, 2)
    await workplace.person(cases.LENA).click(cases.EXAMINERS, card["ts"], ActionId.TAKE)
    await workplace.settle()
    assert await examiner_of(workplace, id, 2) is None


async def test_a_returned_round_that_only_auditors_in_the_room_could_take_is_told(
    workplace: Workplace,
) -> None:
    """Nobody may take it, and nobody is told: the vacancy alert does not know who sits there."""
    workplace.in_roles(cases.LENA, roles=["examiner", "auditor"], **CERTIFIED)
    people = [p for p in cases.people() if p["person"] not in ("8103", "8104")]
    people.append(
        {
            "person": "8103",
            "slack_users": [cases.LENA],
            "roles": ["examiner", "auditor"],
            **CERTIFIED,
        }
    )
    workplace.settings.role_map.write_text(render(people))
    await workplace.sandbox.leave(cases.EXAMINERS, cases.TOMAS)
    await workplace.sandbox.join(cases.SUPERVISORS, cases.LENA)
    id = await workplace.reviewable()
    await workplace.acts.close(cases.SAM, id, "return")
    await workplace.settle()
    card = await workplace.acts.examination(id, 2)
    await workplace.person(cases.LENA).click(cases.EXAMINERS, card["ts"], ActionId.TAKE)
    await workplace.settle()
    assert (await workplace.refusals())[-1] == ("8103", "READ_THE_REVIEW")
    await workplace.bot.ticks.tell_of_vacant()
    await workplace.settle()
    told = [
        all_text(m) for m in workplace.person(cases.SAM).messages(cases.SUPERVISORS)
    ]
    assert any("a comparison waits that nobody may make" in one for one in told)


async def test_who_was_an_auditor_when_it_was_returned_is_not_seated(
    workplace: Workplace,
) -> None:
    workplace.in_roles(cases.LENA, roles=["examiner", "auditor"], **CERTIFIED)
    id = await workplace.reviewable()
    await workplace.bot.ticks.record_roles()
    workplace.in_roles(cases.LENA, roles=["examiner"], **CERTIFIED)
    await workplace.acts.close(cases.SAM, id, "return")
    await workplace.settle()
    card = await workplace.acts.examination(id, 2)
    await workplace.person(cases.LENA).click(cases.EXAMINERS, card["ts"], ActionId.TAKE)
    await workplace.settle()
    assert await examiner_of(workplace, id, 2) is None


async def test_who_becomes_an_auditor_after_taking_saves_nothing(
    workplace: Workplace,
) -> None:
    id = await workplace.reviewable()
    await workplace.acts.close(cases.SAM, id, "return")
    await workplace.settle()
    card = await workplace.acts.examination(id, 2)
    await workplace.person(cases.LENA).click(cases.EXAMINERS, card["ts"], ActionId.TAKE)
    await workplace.settle()
    assert await examiner_of(workplace, id, 2) == "8103"
    workplace.in_roles(cases.LENA, roles=["examiner", "auditor"], **CERTIFIED)
    await workplace.acts.analyse(cases.LENA, card)
    await workplace.settle()
    assert (await workplace.refusals())[-1] == ("8103", "READ_THE_REVIEW")
    async with workplace.db.snapshot() as snapshot:
        taken = (await snapshot.examinations.of(id))[2]
        assert await snapshot.analyses.find(taken.id) is None

"""A27 and T15: a sealed photograph is in no list, no lead and no picture from that moment on."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from bot.casework.destroying import renew_gallery
from bot.casework.searching import Pins
from bot.domain.audit import Verb
from bot.domain.corroborations import ReportKind
from bot.domain.edits import Derivative
from bot.domain.probes import Probe
from bot.domain.workflow import State
from bot.jobs.bench import Bench, Run
from bot.sandbox import cases
from bot.sandbox.acts import REASON, actions
from bot.views.ids import ActionId, BlockId, ViewId, detailed
from tests.front import Enrolled, Resting, Workplace, text_of
from tests.journeys.asking import alerts, tamper
from tests.journeys.destroyed import Found, check_destroyed, found_by_last_search
from tests.journeys.sealed import (
    MATE,
    REFERENCE,
    is_finished,
    own_house,
    photographs_of,
    seal,
    subjects_listed,
    told_examiners,
)

NEWS = "there is news"
CANDIDATE = BlockId.RELEASED_CANDIDATE


@pytest.fixture
async def house(enrolled: Enrolled, home: Path) -> AsyncIterator[Workplace]:
    async with own_house(home, enrolled) as workplace:
        yield workplace


async def carried_out(workplace: Workplace) -> None:
    """Let the loops run until nothing is left."""
    for _ in range(10):
        await workplace.settle()
        if await is_finished(workplace):
            return
    raise AssertionError("the order was not carried out to the end")


async def found_mate(workplace: Workplace, id: str) -> Found:
    """What a search has led to; of whom it found only the one that is sealed: the others are found
    again, as near as before."""
    found = await found_by_last_search(workplace, id)
    mate = tuple(c for c in found.candidates if c.subject_id == MATE)
    return replace(found, candidates=mate)


async def test_a27_sealed_before_the_search_it_is_not_found(house: Workplace) -> None:
    working, house.worker = house.worker, Resting(house.worker)
    id = await house.sent()
    await seal(house)
    house.worker = working
    await house.settle()
    assert len(await house.events(Verb.SEARCH_STARTED)) == 1
    assert await house.state(id) is State.EXAMINATION
    listed = await subjects_listed(house, id)
    assert len(listed) == 3
    assert MATE not in listed


async def test_a27_without_the_order_the_very_same_probe_finds_it(
    house: Workplace,
) -> None:
    id = await house.searched()
    assert (await subjects_listed(house, id))[0] == MATE


class Interrupted(Bench):
    """In the middle of its first search, after it has found, something else happens."""

    meanwhile: Callable[[], object] | None = None
    searches = 0

    def search(
        self,
        request_id: str,
        probe: Probe,
        pins: Pins,
        began: datetime,
        go_on: Callable[[], object] = lambda: None,
        derivative: Derivative | None = None,
    ) -> Run:
        run = super().search(request_id, probe, pins, began, go_on, derivative)
        self.searches += 1
        if self.meanwhile is not None:
            happening, self.meanwhile = self.meanwhile, None
            happening()
        return run


async def test_a27_sealed_while_the_search_runs_it_is_searched_again(
    house: Workplace,
) -> None:
    """Not struck from the list: whoever was fourth has to be on it now."""
    house.worker = Resting(house.worker)
    id = await house.sent()
    loop = asyncio.get_running_loop()
    bench = Interrupted(
        house.bench.engine, house.vault, house.bench.galleries_dir, 0.35
    )

    def sealed() -> None:
        asyncio.run_coroutine_threadsafe(seal(house), loop).result(20)

    bench.meanwhile = sealed
    house.worker = house.another_worker(bench)
    await house.settle()
    assert bench.searches == 2
    listed = await subjects_listed(house, id)
    assert len(listed) == 3
    assert MATE not in listed
    assert len(await house.events(Verb.SEARCH_FINISHED)) == 1


async def test_a27_sealed_between_search_and_examination_the_list_is_made_anew(
    house: Workplace,
) -> None:
    id = await house.searched()
    found = await found_mate(house, id)
    [done] = await seal(house)
    assert done.taken_back == (id,)
    await carried_out(house)
    await check_destroyed(house, found)
    assert await house.state(id) is State.EXAMINATION
    listed = await subjects_listed(house, id)
    assert len(listed) == 3
    assert MATE not in listed
    assert sum(NEWS in said for said in told_examiners(house)) == 1
    [alert] = alerts(house)
    assert id in alert
    assert REFERENCE in alert
    assert house.told(cases.DANA).count("lead") == 0


async def test_a27_the_new_list_is_examined_to_its_end(house: Workplace) -> None:
    """By somebody who has not seen the first one."""
    id = await house.searched()
    await seal(house)
    await carried_out(house)
    await house.examined(id, cases.ERIK, 1, None)
    await house.acts.close(cases.SAM, id)
    await house.settle()
    assert await house.state(id) is State.NO_POSSIBLE_MATCH


async def test_a27_sealed_while_it_is_compared_no_decision_about_it_is_saved(
    house: Workplace,
) -> None:
    """The form is open and filled in; it is sent a moment too late."""
    id = await house.searched()
    card = await house.acts.examination(id)
    await house.acts.take(cases.ERIK, card)
    await house.settle()
    card = house.acts.examination_cards(id)[0]
    candidate = house.acts.candidates(cases.ERIK, card)[0]
    exclude = detailed(ActionId.EXCLUDE, candidate.letter)
    press = house.press(cases.ERIK, cases.EXAMINERS, candidate.page_ts, exclude)
    compare = detailed(ActionId.COMPARE, candidate.letter)
    erik = house.person(cases.ERIK)
    await erik.click(cases.EXAMINERS, candidate.page_ts, compare)
    await house.acts.until("the comparison", lambda: erik.modal)
    erik.fill({BlockId.CONCLUSION: "0", BlockId.REASON: REASON})
    await seal(house)
    await erik.submit()
    await house.deliver(press)
    assert {rule for _, rule in await house.refusals()} == {"CANDIDATE_NOT_LISTED"}
    assert await house.events(Verb.CANDIDATE_DISPOSED) == []
    await carried_out(house)
    for shown in house.person(cases.ERIK).messages(cases.EXAMINERS):
        assert ActionId.SUBMIT_EXAMINATION not in actions(shown)


async def test_a27_an_examiner_of_the_destroyed_list_does_not_examine_the_new_one(
    house: Workplace,
) -> None:
    """What was seen cannot be unseen."""
    id = await house.peered()
    await seal(house)
    await carried_out(house)
    ts = str(house.acts.examination_cards(id)[-1]["ts"])
    await house.person(cases.ERIK).click(cases.EXAMINERS, ts, ActionId.TAKE)
    await house.settle()
    [(_, rule)] = await house.refusals()
    assert rule == "SEPARATION_OF_DUTIES"


async def test_a27_sealed_before_the_release_nothing_can_be_released(
    house: Workplace,
) -> None:
    id = await house.reviewable()
    card = house.acts.supervisor_card(id, ActionId.REVIEW)
    assert card is not None
    press = house.press(cases.SAM, cases.SUPERVISORS, card["ts"], ActionId.REVIEW)
    found = await found_mate(house, id)
    await seal(house)
    await house.deliver(press)
    assert house.person(cases.SAM).modal is None
    await carried_out(house)
    await check_destroyed(house, found)
    assert await house.events(Verb.LEAD_RELEASED) == []
    assert MATE not in await subjects_listed(house, id)


async def test_a27_sealed_while_the_release_is_being_written_it_is_refused(
    house: Workplace,
) -> None:
    id = await house.reviewable()
    person = await house.acts.review(cases.SAM, id)
    assert person.modal is not None
    [block] = [b for b in person.modal["blocks"] if b.get("block_id") == CANDIDATE]
    chosen = block["element"]["options"][0]["value"]
    person.fill({BlockId.RULING: "release", BlockId.REASON: REASON, CANDIDATE: chosen})
    await seal(house)
    await person.submit()
    await house.settle()
    assert await house.events(Verb.LEAD_RELEASED) == []
    assert [rule for _, rule in await house.refusals()] == ["STATE"]


async def test_a27_the_release_itself_asks_once_more(house: Workplace) -> None:
    """A tombstone that came from nowhere, with no list destroyed: the release refuses all the same."""
    id = await house.reviewable()
    open_before = await house.acts.review(cases.SAM, id)
    [photograph, *_] = await photographs_of(house, MATE)
    tamper(
        house,
        "INSERT INTO sealings VALUES ('SL-X', ?, '', '', '2026-11-23 12:00:00', '2026-11-23 12:00:00')",
        REFERENCE,
    )
    tamper(
        house,
        "INSERT INTO tombstones SELECT photo_id, subject_id, '', '', 'SL-X', '2026-11-23 12:00:00' "
        "FROM candidates WHERE photo_id = ?",
        photograph.id,
    )
    await house.acts.rule_release(open_before)
    await house.settle()
    assert [rule for _, rule in await house.refusals()] == ["SEALED"]
    assert "must not be used" in house.told(cases.SAM)
    assert await house.state(id) is State.SUPERVISOR_REVIEW


@pytest.mark.parametrize("acknowledged", [False, True])
async def test_a27_sealed_after_the_release_the_lead_is_recalled_and_everybody_told(
    house: Workplace, *, acknowledged: bool
) -> None:
    id = await house.released()
    if acknowledged:
        await house.acts.press_own(cases.DANA, id, ActionId.ACKNOWLEDGE)
        await house.settle()
    found = await found_by_last_search(house, id)
    [done] = await seal(house)
    assert done.recalled == (id,)
    await carried_out(house)
    assert await house.state(id) is State.RECALLED
    await check_destroyed(house, found)
    told = house.told(cases.DANA)
    assert "The lead was taken back. It must not be used." in told
    assert "sealed by order (CPL 160.50)" in told
    assert sum(NEWS in said for said in told_examiners(house)) == 1
    [alert] = alerts(house)
    assert "recalled" in alert
    [photograph, *_] = done.photographs
    assert not any(photograph in text for text in house.seen_by(cases.DANA))


async def test_a33_an_arrest_is_reported_although_the_lead_is_sealed_and_destroyed(
    house: Workplace,
) -> None:
    id = await house.acknowledged()
    await seal(house)
    await carried_out(house)
    await house.settle()
    async with house.db.snapshot() as snapshot:
        assert await snapshot.leads.find(id) is None
    own = house.acts.own_card(cases.DANA, id)
    assert ActionId.REPORT_LEAD in actions(own)
    await house.acts.report_lead(cases.DANA, id, ReportKind.ARREST)
    await house.settle()
    [event] = await house.events(Verb.LEAD_REPORTED)
    assert (event.actor, event.facts["corroborated"]) == ("4711", False)
    assert "Used for an arrest" in text_of(house.acts.own_card(cases.DANA, id))
    assert any("for an arrest" in said for said in house.seen_by(cases.SAM))


async def test_a33_a_sealed_lead_nobody_has_opened_is_not_reported_on(
    house: Workplace,
) -> None:
    id = await house.released()
    await seal(house)
    await carried_out(house)
    await house.settle()
    own = house.acts.own_card(cases.DANA, id)
    assert ActionId.REPORT_LEAD not in actions(own)


async def test_a27_what_was_recalled_cannot_be_acknowledged_any_more(
    house: Workplace,
) -> None:
    id = await house.released()
    card, room = house.acts.own_card(cases.DANA, id), house.person(cases.DANA).dm
    press = house.press(cases.DANA, room, card["ts"], ActionId.ACKNOWLEDGE)
    await seal(house)
    await house.deliver(press)
    assert [rule for _, rule in await house.refusals()] == ["STATE"]
    assert await house.events(Verb.LEAD_ACKNOWLEDGED) == []


async def test_t15_a_closed_no_match_keeps_its_record_and_loses_the_pictures(
    house: Workplace,
) -> None:
    id = await house.searched()
    await house.decided(id, cases.ERIK, 0, None)
    await house.settle()
    await house.acts.close(cases.SAM, id)
    await house.settle()
    assert await house.state(id) is State.NO_POSSIBLE_MATCH
    mate = next(c for c in await house.listed(id) if c.subject_id == MATE)
    before = await pictures_of(house, id, mate.id)
    assert before
    [done] = await seal(house)
    assert done.untouched == (id,)
    await carried_out(house)
    assert await pictures_of(house, id, mate.id) == []
    assert not any(sha256 in house.vault for sha256 in before)
    assert await house.state(id) is State.NO_POSSIBLE_MATCH
    assert mate in await house.listed(id)


async def pictures_of(workplace: Workplace, id: str, candidate: str) -> list[str]:
    async with workplace.db.snapshot() as snapshot:
        pictures = await snapshot.pictures.of(id)
    return [p.vault_sha256 for key, p in pictures.items() if key.endswith(candidate)]


async def test_t15_nobody_is_found_by_a_gallery_all_of_whose_photographs_are_sealed(
    house: Workplace,
) -> None:
    async with house.db.snapshot() as snapshot:
        known = await snapshot.photographs.known(house.settings.repository)
        subjects = {
            (await snapshot.photographs.get(id)).subject_id for id in sorted(known)
        }
    for subject in sorted(subjects):
        await seal(house, subject)
    await carried_out(house)
    id = await house.sent()
    await house.settle()
    assert await house.state(id) is State.SUPERVISOR_REVIEW
    assert await house.listed(id) == ()


def test_a27_nothing_in_slack_seals() -> None:
    """No button, no form and no command: only who runs the bot does."""
    names = [str(name) for kind in (ActionId, ViewId) for name in kind]
    assert names
    assert [name for name in names if "seal" in name] == []


async def test_a27_the_record_names_the_administrator_who_sealed(
    house: Workplace,
) -> None:
    await seal(house)
    await carried_out(house)
    [received] = await house.events(Verb.SEALING_RECEIVED)
    assert received.actor == "administrator ada"
    [finished] = await house.events(Verb.SEALING_FINISHED)
    assert finished.facts["order"] == REFERENCE


@pytest.mark.parametrize("renewed", [True, False])
async def test_a27_a_minor_at_capture_is_in_no_list(
    house: Workplace, *, renewed: bool
) -> None:
    """The same probe, the same photograph: only the date of birth says seventeen. Known since the
    gallery was built, it makes the search look again."""
    [photograph] = await photographs_of(house, MATE)
    assert photograph.capture_date is not None
    born = photograph.capture_date.replace(year=photograph.capture_date.year - 17)
    statement = "UPDATE photographs SET birth_date = ? WHERE id = ?"
    tamper(house, statement, born.isoformat(), photograph.id)
    if renewed:
        await renew_gallery(
            house.db, house.bench.galleries_dir, photograph.repository, house.clock()
        )
    id = await house.sent()
    await house.settle()
    listed = await subjects_listed(house, id)
    assert len(listed) == 3
    assert MATE not in listed
    *_, finished = await house.events(Verb.SEARCH_STARTED)
    assert finished.facts["minors_left_out"] == (0 if renewed else 1)
    assert "not a minor at capture" in finished.facts["filters"]
    assert "not sealed" in finished.facts["filters"]

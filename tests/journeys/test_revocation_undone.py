"""Whatever has come of an authorization is undone when it is revoked, however far it has come."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.approvals import authorizations as service
from bot.casework.enrolment import enrol_manifest, read_manifest
from bot.domain.actors import Part
from bot.domain.audit import Verb
from bot.domain.authorizations import AuthorizationState
from bot.domain.sendings import Picture
from bot.domain.workflow import State
from bot.jobs.bench import Bench, ExaminationScene
from bot.roles import RoleMap
from bot.sandbox import cases
from bot.views.ids import ActionId, BlockId
from tests.front import Resting, Workplace, one_engine, still, text_of
from tests.jobs.parts import eventually
from tests.journeys.destroyed import (
    DESTROYED,
    check_destroyed,
    found_by_last_search,
    pages,
)
from tests.stages import stage

STRANGER = "L0062"
REASON = "The suspect was found by other means this morning."
ANSWER = "photographs as of November 23, 2026"

Reach = Callable[[Workplace], Awaitable[str]]


async def waiting(workplace: Workplace) -> str:
    return await workplace.authorized()


@stage
async def taken(workplace: Workplace) -> str:
    id = await workplace.authorized()
    card = await workplace.acts.examination(id, 1)
    await workplace.acts.take(cases.LENA, card)
    return id


@stage
async def partly_decided(workplace: Workplace) -> str:
    id = await taken(workplace)
    card = workplace.acts.examination_cards(id)[1]
    [first, second, *_] = workplace.acts.candidates(cases.LENA, card)
    await workplace.acts.compare(cases.LENA, first, 2)
    await workplace.acts.exclude(cases.LENA, second)
    await workplace.settle()
    assert len(await workplace.events(Verb.CANDIDATE_DISPOSED)) >= 2
    return id


@stage
async def peered(workplace: Workplace) -> str:
    id = await workplace.authorized()
    await workplace.decided(id, cases.LENA, 1, STRANGER)
    await workplace.settle()
    assert await workplace.state(id) is State.PEER_REVIEW
    return id


@stage
async def supported(workplace: Workplace) -> str:
    id = await peered(workplace)
    await workplace.decided(id, cases.TOMAS, 2, STRANGER)
    await workplace.settle()
    assert await workplace.state(id) is State.SUPERVISOR_REVIEW
    return id


@stage
async def nobody_supported(workplace: Workplace) -> str:
    id = await workplace.authorized()
    await workplace.decided(id, cases.LENA, 1, None)
    await workplace.settle()
    assert await workplace.state(id) is State.SUPERVISOR_REVIEW
    return id


@stage
async def closed(workplace: Workplace) -> str:
    id = await nobody_supported(workplace)
    await workplace.acts.close(cases.RUTH, id)
    await workplace.settle()
    assert await workplace.state(id) is State.NO_POSSIBLE_MATCH
    return id


async def disagreed(workplace: Workplace) -> str:
    id = await peered(workplace)
    await workplace.decided(id, cases.TOMAS, 2, None)
    await workplace.decided(id, cases.PRIYA, 3, None)
    await workplace.settle()
    assert await workplace.state(id) is State.NO_POSSIBLE_MATCH
    return id


@stage
async def released(workplace: Workplace) -> str:
    id = await supported(workplace)
    await workplace.acts.release(cases.RUTH, id)
    await workplace.settle()
    assert await workplace.state(id) is State.RELEASED
    return id


async def acknowledged(workplace: Workplace) -> str:
    id = await released(workplace)
    await workplace.acts.press_own(cases.DANA, id, ActionId.ACKNOWLEDGE)
    await workplace.settle()
    assert await workplace.state(id) is State.ACKNOWLEDGED
    return id


async def revoke(workplace: Workplace, id: str) -> None:
    await workplace.authorizing.revoke(cases.JOON, id, reason=REASON)
    await workplace.settle()


async def revoked_by_service(workplace: Workplace, id: str, first: str = "") -> None:
    """At once, without a click after which everything else would happen, too."""
    joon = RoleMap(workplace.settings.role_map).actor(cases.JOON)
    revoked = first or (await workplace.authorization(id)).id
    await service.revoke(
        workplace.db, revoked, REASON, actor=joon, now=workplace.clock()
    )


def own_card(workplace: Workplace, id: str) -> str:
    return text_of(workplace.acts.own_card(cases.DANA, id)["blocks"])


@pytest.mark.parametrize(
    "reach",
    [
        waiting,
        taken,
        partly_decided,
        peered,
        supported,
        nobody_supported,
        closed,
        disagreed,
    ],
)
async def test_what_was_found_is_destroyed_and_the_answer_before_stands(
    workplace: Workplace, reach: Reach
) -> None:
    id = await reach(workplace)
    workplace.clock.forward(hours=30)
    found = await found_by_last_search(workplace, id)
    assert found.pictures
    await revoke(workplace, id)
    assert await workplace.state(id) is State.NO_POSSIBLE_MATCH
    await check_destroyed(workplace, found)
    card = own_card(workplace, id)
    assert ANSWER in card
    assert cases.DMV not in card.split("*Another repository:*")[0]
    posted = pages(workplace, found)
    assert bool(posted) is (reach is not waiting)  # nobody has analysed the probe
    assert all(DESTROYED in text_of(page["blocks"]) for page in posted)


@pytest.mark.parametrize("reach", [released, acknowledged])
async def test_a_lead_is_taken_back_and_its_photograph_destroyed(
    workplace: Workplace, reach: Reach
) -> None:
    id = await reach(workplace)
    found = await found_by_last_search(workplace, id)
    assert f"{id}/lead" in found.pictures
    await revoke(workplace, id)
    assert await workplace.state(id) is State.RECALLED
    await check_destroyed(workplace, found)
    card = own_card(workplace, id)
    assert "The lead was taken back. It must not be used." in card
    assert "DL-" not in card
    [abandoned] = await workplace.events(Verb.RESULTS_ABANDONED)
    assert abandoned.facts["to"] == State.RECALLED


async def test_a_lead_taken_back_before_it_was_drawn_is_never_drawn(
    workplace: Workplace,
) -> None:
    id = await supported(workplace)
    await workplace.acts.release(cases.RUTH, id)
    await workplace.bot.reception.drain()
    async with workplace.db.snapshot() as snapshot:
        assert [w.kind for w in await snapshot.work.open_for(id)] == ["draw_lead"]
    await revoked_by_service(workplace, id)
    for _ in range(4):
        workplace.clock.forward(minutes=1)
        await workplace.settle()
    assert await workplace.state(id) is State.RECALLED
    assert await workplace.events(Verb.WORK_GIVEN_UP) == []
    async with workplace.db.snapshot() as snapshot:
        assert f"{id}/lead" not in await snapshot.pictures.of(id)


async def test_the_log_tells_what_was_undone_in_order(workplace: Workplace) -> None:
    id = await partly_decided(workplace)
    found = await found_by_last_search(workplace, id)
    await revoke(workplace, id)
    undone = await workplace.events(
        Verb.AUTHORIZATION_REVOKED,
        Verb.RESULTS_PURGED,
        Verb.RESULTS_ABANDONED,
        Verb.PURGE_FINISHED,
    )
    revoked, purged, abandoned, finished = undone
    assert (revoked.verb, revoked.actor) == (Verb.AUTHORIZATION_REVOKED, "0102")
    assert revoked.facts["from"] == AuthorizationState.CONSUMED
    assert revoked.facts["reason"] == REASON
    assert (purged.verb, purged.subject) == (Verb.RESULTS_PURGED, found.search.id)
    assert purged.facts["examinations"] == [e.id for e in found.examinations]
    assert purged.facts["authorization"] == revoked.subject
    assert abandoned.facts["from"] == State.EXAMINATION
    assert abandoned.facts["to"] == State.NO_POSSIBLE_MATCH
    assert finished.verb is Verb.PURGE_FINISHED
    assert finished.subject == found.search.id


async def test_a_file_that_something_else_is_made_of_is_kept(
    workplace: Workplace,
) -> None:
    """The probe of the standard examination looks the same to the last byte."""
    id = await waiting(workplace)
    found = await found_by_last_search(workplace, id)
    [probe] = [p for key, p in found.pictures.items() if key.endswith("/probe")]
    await revoke(workplace, id)
    async with workplace.db.snapshot() as snapshot:
        left = await snapshot.pictures.of(id)
    assert probe.vault_sha256 in {picture.vault_sha256 for picture in left.values()}
    assert probe.vault_sha256 in workplace.vault


async def test_who_examined_what_was_destroyed_has_still_examined_it(
    workplace: Workplace,
) -> None:
    id = await peered(workplace)
    await revoke(workplace, id)
    async with workplace.db.snapshot() as snapshot:
        assert ("8103", Part.EXAMINER) in await snapshot.requests.parts(id)


async def test_pictures_being_drawn_when_it_is_revoked_leave_nothing_in_the_vault(
    workplace: Workplace,
) -> None:
    id = await workplace.authorized()
    card = await workplace.acts.examination(id, 1)
    await workplace.acts.sit_down(cases.LENA, card)
    bench = Drawing(workplace.bench.engine, workplace.vault, workplace.bench.galleries_dir, 0.35)  # fmt: skip
    workplace.worker = Resting(workplace.worker)
    await workplace.acts.analyse(cases.LENA, card)
    await workplace.bot.reception.drain()
    drawing = asyncio.create_task(workplace.another_worker(bench).step())
    await eventually(lambda: bench.drawn)
    await revoked_by_service(workplace, id)
    bench.go_on.set()
    await drawing
    sheets = [p for p in bench.drawn if "/sheet/" in p.key]
    assert sheets
    assert [p.key for p in sheets if p.vault_sha256 in workplace.vault] == []
    async with workplace.db.snapshot() as snapshot:
        left = await snapshot.pictures.of(id)
    assert left.keys().isdisjoint(p.key for p in bench.drawn)


async def test_pictures_on_their_way_to_slack_do_not_arrive(
    workplace: Workplace,
) -> None:
    id = await workplace.granted()
    await workplace.authorizing.start(cases.LENA, id)
    slack = workplace.sandbox.workspace
    slack.processing_seconds = 1e9  # Slack has shared them and does not say so yet
    before = set(slack.files)
    await workplace.bot.reception.drain()
    for _ in range(2):
        assert await workplace.worker.step()
    await workplace.bot.board.refresh_stale()
    await on_its_way(workplace, before)
    found = await found_by_last_search(workplace, id)
    await revoked_by_service(workplace, id)
    slack.processing_seconds = 0.0
    await workplace.settle()
    await check_destroyed(workplace, found)
    new = [file for name, file in slack.files.items() if name not in before]
    assert new
    assert [file.id for file in new if not file.deleted] == []


async def on_its_way(workplace: Workplace, before: set[str]) -> None:
    """Send until a picture was shared of which the bot does not know yet."""
    files = workplace.sandbox.workspace.files
    async with asyncio.timeout(10):
        while not any(f.shares for name, f in files.items() if name not in before):
            await workplace.bot.outbox.step()


async def test_revoking_the_first_leaves_what_came_of_a_second(
    workplace: Workplace,
) -> None:
    id = await closed(workplace)
    first = await workplace.authorization(id)
    of_first = await found_by_last_search(workplace, id)
    await enrol_harbor(workplace)
    await workplace.authorizing.ask(
        cases.DANA, id, {str(BlockId.REPOSITORY): cases.HARBOR}
    )
    await workplace.authorizing.decide(cases.JOON, id, "grant")
    await workplace.authorizing.start(cases.TOMAS, id)
    await workplace.settle()
    await workplace.decided(id, cases.PRIYA, 2, None)
    await workplace.settle()
    of_second = await found_by_last_search(workplace, id)
    assert of_second.search.id != of_first.search.id
    await revoked_by_service(workplace, id, first.id)
    await workplace.settle()
    await check_destroyed(workplace, of_first)
    assert await workplace.state(id) is State.SUPERVISOR_REVIEW
    assert await found_by_last_search(workplace, id) == of_second
    await workplace.acts.close(cases.RUTH, id)
    await workplace.settle()
    answer = own_card(workplace, id).split("*Another repository:*")[0]
    assert cases.HARBOR in answer
    assert cases.DMV not in answer


async def test_after_a_revocation_the_second_question_finds_anew(
    workplace: Workplace,
) -> None:
    id = await peered(workplace)
    await revoke(workplace, id)
    facts = {
        str(BlockId.NEW_FACTS): "A second witness saw the same car on another day."
    }
    await workplace.authorizing.ask(cases.DANA, id, facts)
    await workplace.authorizing.decide(cases.MARA, id, "grant")
    await workplace.authorizing.start(cases.TOMAS, id)
    await workplace.settle()
    assert await workplace.state(id) is State.EXAMINATION
    assert STRANGER in {c.subject_id for c in await workplace.listed(id)}
    second = await workplace.authorization(id)
    await workplace.authorizing.revoke(cases.JOON, id)
    await workplace.settle()
    assert await workplace.state(id) is State.NO_POSSIBLE_MATCH
    assert (await workplace.authorization(id)).id == second.id
    assert ANSWER in own_card(workplace, id)


async def test_a_search_that_came_before_any_answer_gives_way_to_the_standard_list(
    workplace: Workplace,
) -> None:
    id = await instead_of_standard(workplace)
    found = await found_by_last_search(workplace, id)
    await revoke(workplace, id)
    await check_destroyed(workplace, found)
    assert await workplace.state(id) is State.EXAMINATION
    standard = await found_by_last_search(workplace, id)
    assert standard.search.authorization_id is None
    assert len(await workplace.events(Verb.SEARCH_STARTED)) == 2  # none anew
    [untaken, reopened] = standard.examinations
    assert (untaken.examiner, reopened.seat) == (None, untaken.seat)
    assert reopened.round > untaken.round
    [abandoned] = await workplace.events(Verb.RESULTS_ABANDONED)
    assert abandoned.facts["to"] == State.EXAMINATION


async def test_whoever_examined_nothing_of_it_examines_the_reopened_list(
    workplace: Workplace,
) -> None:
    id = await instead_of_standard(workplace)
    await workplace.decided(id, cases.LENA, 1, STRANGER)
    await workplace.decided(id, cases.TOMAS, 2, None)
    await workplace.decided(id, cases.PRIYA, 3, None)
    await revoke(workplace, id)
    await workplace.decided(id, cases.ERIK, 4, None)
    await workplace.settle()
    await workplace.acts.close(cases.RUTH, id)
    await workplace.settle()
    answer = own_card(workplace, id).split("*Another repository:*")[0]
    assert "arrest and parole photographs as of" in answer


async def test_the_standard_search_goes_on_when_what_was_to_replace_it_is_revoked(
    workplace: Workplace,
) -> None:
    id = await instead_of_standard(workplace, start=False)
    before = await workplace.request(id)
    await revoke(workplace, id)
    assert await workplace.request(id) == before
    await workplace.decided(id, cases.ERIK, 0, None)
    await workplace.settle()
    assert await workplace.state(id) is State.SUPERVISOR_REVIEW


@stage
async def instead_of_standard(workplace: Workplace, *, start: bool = True) -> str:
    """Arrest photographs were said to be futile while their examination waited."""
    id = await workplace.searched(image=still("stranger"))
    futile = {
        str(BlockId.FUTILE): "He came to this city last week and was never arrested."
    }
    await workplace.authorizing.ask(cases.DANA, id, futile)
    await workplace.authorizing.decide(cases.MARA, id, "grant")
    await workplace.authorizing.order(id)
    if start:
        await workplace.authorizing.start(cases.LENA, id)
    await workplace.settle()
    return id


class Drawing(Bench):
    """Has drawn, and does not come back before it is told to."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.drawn: list[Picture] = []
        self.go_on = threading.Event()

    def draw_examination(self, scene: ExaminationScene) -> list[Picture]:
        self.drawn = super().draw_examination(scene)
        assert self.go_on.wait(20)
        return self.drawn


async def enrol_harbor(workplace: Workplace) -> None:
    rows = read_manifest(cases.PEOPLE_MANIFEST, cases.PORTRAITS)
    await enrol_manifest(
        workplace.db,
        workplace.vault,
        workplace.bench.galleries_dir,
        one_engine(workplace.bench.engine),
        rows[-4:],
        cases.HARBOR,
        actor="test",
        now=workplace.clock,
        progress=lambda _done, _total: None,
    )

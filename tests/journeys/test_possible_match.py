"""A case that ends with a lead, by clicks alone, seen by everybody who takes part in it."""

import re
from collections.abc import AsyncIterator

import pytest

from bot.domain.audit import Verb
from bot.domain.leads import DISCLAIMER
from bot.domain.workflow import State
from bot.sandbox import cases
from bot.sandbox.acts import REASON
from bot.views.ids import ActionId
from tests.conftest import Open
from tests.front import Workplace, check_requesters_saw_no_candidate, still, text_of


@pytest.fixture
async def six(open_workplace: Open) -> AsyncIterator[Workplace]:
    async with open_workplace(list_length=6) as workplace:
        yield workplace


async def check_dana_saw_no_picture_but_her_own(workplace: Workplace) -> None:
    await check_requesters_saw_no_candidate(workplace)
    assert workplace.pictures_of(cases.DANA) == [still("mated")]


async def test_a_possible_match_reaches_the_requester_alone_and_as_one_lead(
    six: Workplace, capsys: pytest.CaptureFixture[str]
) -> None:
    acts = six.acts
    id = await six.searched()
    await check_dana_saw_no_picture_but_her_own(six)
    for place, examiner in enumerate((cases.ERIK, cases.PRIYA)):
        await six.examined(id, examiner, place, "D0014")
        await check_dana_saw_no_picture_but_her_own(six)
    await acts.release(cases.SAM, id)
    card = await acts.answered(cases.DANA, id, "INVESTIGATIVE LEAD ONLY")

    assert DISCLAIMER in text_of(card)
    assert "image" not in {block["type"] for block in card["blocks"]}
    await check_dana_saw_no_picture_but_her_own(six)

    await acts.press_own(cases.DANA, id, ActionId.ACKNOWLEDGE)
    await six.settle()
    card = acts.own_card(cases.DANA, id)
    [image] = [block for block in card["blocks"] if block["type"] == "image"]
    photograph = six.person(cases.DANA).read_file(image["slack_file"]["id"])
    assert sorted(six.pictures_of(cases.DANA)) == sorted([still("mated"), photograph])
    mate = next(c for c in await six.listed(id) if c.subject_id == "D0014")
    async with six.db.snapshot() as snapshot:
        known = await snapshot.photographs.get(mate.photo_id)
    assert known.arrest_number in text_of(card)

    assert await _verbs(six) == WHOLE_CASE
    log = capsys.readouterr().out
    assert "work.claimed" in log
    for word in ("D0014", known.arrest_number, "2026-075-001234", REASON, "still.jpg"):
        assert word not in log


WHOLE_CASE = [
    Verb.REQUEST_SUBMITTED,
    Verb.PROBE_STORED,
    Verb.PROBE_CHECKED,
    Verb.SEARCH_STARTED,
    Verb.SEARCH_FINISHED,
    Verb.EXAMINATION_OPENED,
    Verb.EXAMINATION_TAKEN,
    Verb.ANALYSIS_SAVED,
    Verb.EXAMINATION_SUBMITTED,
    Verb.EXAMINATION_OPENED,
    Verb.EXAMINATION_TAKEN,
    Verb.ANALYSIS_SAVED,
    Verb.EXAMINATION_SUBMITTED,
    Verb.OPINIONS_COMPARED,
    Verb.CONTEXT_VIEWED,
    Verb.CONTEXT_CHECKED,
    Verb.RELEASE_VIEWED,
    Verb.LEAD_RELEASED,
    Verb.LEAD_ACKNOWLEDGED,
]


async def _verbs(workplace: Workplace) -> list[Verb]:
    """The course of the case, without what happens once per picture or candidate, or at a start."""
    often = {
        Verb.PICTURE_SHOWN,
        Verb.PICTURE_REMOVED,
        Verb.CANDIDATE_VIEWED,
        Verb.CANDIDATE_DISPOSED,
        Verb.SUBJECT_ENROLLED,
        Verb.GALLERY_BUILT,
        Verb.STARTED,
        Verb.CONFIGURATION_CHANGED,
        Verb.BASELINE_RECORDED,
    }
    return [e.verb for e in await workplace.events() if e.verb not in often]


async def test_every_decision_and_every_look_is_in_the_record(
    workplace: Workplace,
) -> None:
    id = await workplace.searched()
    await workplace.examined(id, cases.ERIK, 0, "D0014")
    disposed = await workplace.events(Verb.CANDIDATE_DISPOSED)
    assert {e.facts["candidate"] for e in disposed} == {
        c.id for c in await workplace.listed(id)
    }
    assert sorted(e.facts["conclusion"] for e in disposed) == [-2, -2, 2]
    [viewed] = await workplace.events(Verb.CANDIDATE_VIEWED)
    assert viewed.actor == "8101"
    [submitted] = await workplace.events(Verb.EXAMINATION_SUBMITTED)
    assert submitted.facts["proposed"] == [viewed.facts["candidate"]]


async def test_a_notification_says_nothing_but_a_number(workplace: Workplace) -> None:
    id = await workplace.released()
    await workplace.acts.press_own(cases.DANA, id, ActionId.ACKNOWLEDGE)
    await workplace.settle()
    workspace = workplace.sandbox.workspace
    for message in (*workspace.messages, *workspace.ephemerals):
        assert re.sub(id, "", message.text) in NOTIFICATIONS


NOTIFICATIONS = {
    "",
    "Request : received.",
    "Request : answered.",
    "Request : see your card.",
    "Comparison for .",
    "Candidates for .",
    "Review of .",
}


async def test_the_pictures_leave_slack_when_the_case_is_over(
    workplace: Workplace,
) -> None:
    id = await workplace.released()
    for account in (cases.ERIK, cases.SAM):
        assert workplace.pictures_of(account) == []
    async with workplace.db.snapshot() as snapshot:
        pictures = (await snapshot.pictures.of(id)).values()
    assert all(workplace.vault.get(p.vault_sha256) for p in pictures)


async def test_the_photograph_leaves_slack_after_its_hours(
    workplace: Workplace,
) -> None:
    id = await workplace.released()
    await workplace.acts.press_own(cases.DANA, id, ActionId.ACKNOWLEDGE)
    await workplace.settle()
    workplace.clock.forward(hours=73)
    await workplace.bot.ticks.expire_pictures()
    await workplace.settle()
    assert workplace.pictures_of(cases.DANA) == [still("mated")]
    card = text_of(workplace.acts.own_card(cases.DANA, id))
    assert "was removed from Slack" in card


async def test_the_lead_names_the_level_of_the_more_cautious_examiner(
    workplace: Workplace,
) -> None:
    id = await workplace.searched()
    await workplace.decided(id, cases.ERIK, 0, "D0014", conclusion=2)
    await workplace.decided(id, cases.PRIYA, 1, "D0014", conclusion=1)
    await workplace.settle()
    await workplace.acts.release(cases.SAM, id)
    card = await workplace.acts.answered(cases.DANA, id, "INVESTIGATIVE LEAD ONLY")
    assert "Some support for same person" in text_of(card)
    assert await workplace.state(id) is State.RELEASED
    [released] = await workplace.events(Verb.LEAD_RELEASED)
    assert released.facts["conclusion"] == 1


async def test_the_original_lies_encrypted_under_its_own_digest(
    workplace: Workplace,
) -> None:
    id = await workplace.searched()
    async with workplace.db.snapshot() as snapshot:
        probe = await snapshot.probes.get(id)
        search = await snapshot.searches.find_latest(id)
    assert workplace.vault.get(probe.sha256) == still("mated")
    kept = [p.read_bytes() for p in workplace.vault_home.rglob("*") if p.is_file()]
    assert not any(still("mated")[100:164] in data for data in kept)
    assert search is not None
    assert search.probe_sha256 == probe.sha256
    assert search.exact
    assert search.list_length == 3
    assert search.gallery_size == 24

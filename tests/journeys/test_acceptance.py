"""Failures on record elsewhere, and abuse (policy 5.4 and 7): would this bot have stopped it? By signed clicks.

What has a file of its own is tested there: T1 in test_quality, T4 in test_components, T5 and T10 in
test_corroboration, T11 and T17 in test_repeated_probes, T15 in test_abuse_sealing.
"""

from typing import Any

import pytest

from bot.domain.audit import Verb
from bot.domain.authorizations import AuthorizationState
from bot.domain.workflow import State
from bot.sandbox import cases
from bot.views.ids import ActionId, BlockId
from tests.front import Workplace, still, text_of
from tests.journeys.asking import searches, start_press, state_of
from tests.journeys.test_refused_uses import check_refused, send
from tests.journeys.test_unsuitable import UNSUITABLE, crowd


async def test_t2_supervisor_and_requester_read_how_old_the_photograph_is(
    workplace: Workplace,
) -> None:
    id = await workplace.reviewable()
    async with workplace.db.snapshot() as snapshot:
        found = next(c for c in await workplace.listed(id) if c.subject_id == "D0014")
        taken = (await snapshot.photographs.get(found.photo_id)).capture_date
    assert taken is not None
    day = f"{taken:%B} {taken.day}, {taken.year}"
    review = await workplace.acts.review(cases.SAM, id)
    assert f"photographed {day}" in text_of(review.modal)
    await workplace.acts.release(cases.SAM, id)
    await workplace.settle()
    await workplace.acts.press_own(cases.DANA, id, ActionId.ACKNOWLEDGE)
    await workplace.settle()
    own = text_of(workplace.acts.own_card(cases.DANA, id))
    assert f"*Photograph taken:* {day}" in own


async def test_t3_a_lead_tells_its_weaknesses_and_that_they_must_be_disclosed(
    workplace: Workplace,
) -> None:
    """One of three examiners could not tell; the words are in the record as a digest, too."""
    id = await workplace.peered()
    await workplace.decided(id, cases.PRIYA, 1, "D0014", conclusion=0)
    await workplace.decided(id, cases.LENA, 2, "D0014", conclusion=1)
    await workplace.settle()
    await workplace.acts.release(cases.SAM, id)
    await workplace.settle()
    own = text_of(workplace.acts.own_card(cases.DANA, id))
    for words in (
        "INVESTIGATIVE LEAD ONLY",
        "NOT probable cause",
        "Disclose this lead and its limits to the prosecutor",
        "Limits: ",
        "Opinion of the other:* inconclusive",
    ):
        assert words in own
    [released] = await workplace.events(Verb.LEAD_RELEASED)
    assert len(str(released.facts["text_sha256"])) == 64


async def test_t6_no_other_repository_is_searched_once_its_authorization_is_gone(
    workplace: Workplace,
) -> None:
    id = await workplace.granted()
    press = await start_press(workplace, id)
    await workplace.authorizing.revoke(
        cases.JOON, id, reason="The legitimate need has ended with an arrest."
    )
    await workplace.settle()
    await workplace.deliver(press)
    assert await state_of(workplace, id) is AuthorizationState.REVOKED
    assert [s.authorization_id for s in await searches(workplace, id)] == [None]
    assert await workplace.refusals()


@pytest.mark.parametrize(
    "uses",
    [
        {BlockId.PROHIBITED_IMAGES: ["P_CROWD"]},
        {BlockId.PROHIBITED_USES: ["P_PROTECTED"]},
    ],
)
async def test_t13_a_still_of_a_protest_is_refused_by_its_rule(
    workplace: Workplace, uses: dict[str, object]
) -> None:
    await send(workplace, uses)
    [code] = (str(c) for codes in uses.values() for c in _list(codes))
    await check_refused(workplace, code)


def _list(codes: object) -> list[object]:
    assert isinstance(codes, list)
    return codes


async def test_t13_the_picture_of_a_crowd_is_refused_whatever_was_attested(
    workplace: Workplace,
) -> None:
    id = await workplace.sent(image=crowd())
    await workplace.settle()
    assert await workplace.state(id) is State.UNSUITABLE
    [ended] = await workplace.events(Verb.PROBE_UNSUITABLE)
    assert ended.facts["rule"] == "P_CROWD"


@pytest.mark.parametrize("account", [cases.SAM, cases.LENA, cases.DANA])
async def test_t14_nobody_but_a_commander_allows_another_repository(
    workplace: Workplace, account: str
) -> None:
    """Supervisor, examiner, detective: even with the commanders' card before them."""
    id = await workplace.asked()
    card = await workplace.authorizing.question(id)
    action = ActionId.DECIDE_AUTHORIZATION
    press = workplace.press(cases.MARA, cases.COMMANDERS, card["ts"], action)
    press["user"] = {**press["user"], "id": account}
    await workplace.deliver(press)
    assert workplace.person(account).modal is None
    assert await state_of(workplace, id) is AuthorizationState.PENDING
    assert len(await workplace.refusals()) == 1


async def test_t16_nothing_is_searched_whose_origin_was_not_stated(
    workplace: Workplace,
) -> None:
    person = await workplace.acts.open_form(cases.DANA, "2026-075-001234")
    changes: dict[str, object] = {BlockId.ATTESTATIONS: ["UNKNOWN_IDENTITY"]}
    delivery = await workplace.acts.fill_form(person, still("mated"), changes=changes)
    assert BlockId.ATTESTATIONS in delivery.errors
    assert (await workplace.counts())[:2] == (0, 0)


async def test_t16_the_source_a_requester_states_is_what_the_supervisor_reads(
    workplace: Workplace,
) -> None:
    id = await workplace.reviewable()
    review = await workplace.acts.review(cases.SAM, id)
    assert "*Source of the image*" in (shown := text_of(review.modal))
    assert "camera" in shown.lower()


# Abuse


@pytest.mark.parametrize("kind", ["a18_gif", "a18_animated", "a18_video"])
async def test_a18_nothing_that_moves_is_searched(
    workplace: Workplace, kind: str
) -> None:
    made, _, _ = UNSUITABLE[kind]
    id = await workplace.sent(image=made())
    await workplace.settle()
    assert await workplace.state(id) is State.UNSUITABLE
    assert await workplace.events(Verb.SEARCH_STARTED) == []


async def test_a18_a_burst_of_frames_does_not_fit_into_the_form(
    workplace: Workplace,
) -> None:
    person = await workplace.acts.open_form(cases.DANA, "2026-075-001234")
    files = [person.upload(f"frame-{n}.jpg", still("mated", n)) for n in (0, 1)]
    changes: dict[str, object] = {BlockId.IMAGE: files}
    delivery = await workplace.acts.fill_form(person, None, changes=changes)
    await workplace.settle()
    assert BlockId.IMAGE in delivery.errors
    assert (await workplace.counts())[:2] == (0, 0)


@pytest.mark.parametrize("code", ["P_CAMERA_NET", "P_LIVE"])
async def test_a18_city_cameras_and_live_pictures_are_refused_by_their_rule(
    workplace: Workplace, code: str
) -> None:
    await send(workplace, {BlockId.PROHIBITED_IMAGES: [code]})
    await check_refused(workplace, code)


@pytest.mark.parametrize("code", ["P_SKETCH", "P_LOOKALIKE", "P_SYNTH"])
async def test_a19_no_sketch_look_alike_or_generated_face_is_searched(
    workplace: Workplace, code: str
) -> None:
    await send(workplace, {BlockId.PROHIBITED_IMAGES: [code]})
    await check_refused(workplace, code)


async def test_a23_a_purpose_is_not_changed_after_the_request_was_sent(
    workplace: Workplace,
) -> None:
    """No button does it, and the form sent once more with another purpose does nothing."""
    person = await workplace.acts.open_form(cases.DANA, "2026-075-001234")
    [view] = workplace.sandbox.workspace.modals.stacks[cases.DANA]
    await workplace.acts.fill_form(person, still("mated"))
    again = person.payloads.submission(cases.DANA, view)
    _put(again, BlockId.PURPOSE, "B_PERSON")
    await workplace.deliver(again)
    [id] = {m["id"] for m in [await _only_request(workplace)]}
    assert (await workplace.request(id)).asked.purpose == "A_CRIME"
    assert (await workplace.counts())[0] == 1


async def _only_request(workplace: Workplace) -> dict[str, Any]:
    async with workplace.db.snapshot() as snapshot:
        [request] = await snapshot.requests.in_states(*State)
    return {"id": request.id}


def _put(payload: dict[str, Any], block: str, value: str) -> None:
    """Change what a form says was chosen."""
    for name, fields in payload["view"]["state"]["values"].items():
        if name.startswith(block):
            for field in fields.values():
                field["selected_option"] = {**field["selected_option"], "value": value}


async def test_a23_a_witness_is_not_searched_for_as_a_suspect(
    workplace: Workplace,
) -> None:
    """What a purpose needs is asked for: a witness without the relation to the case is not sent."""
    person = await workplace.acts.open_form(cases.DANA, "2026-075-001234")
    changes: dict[str, object] = {BlockId.PURPOSE: "B_PERSON"}
    delivery = await workplace.acts.fill_form(person, still("mated"), changes=changes)
    assert delivery.errors
    assert (await workplace.counts())[:2] == (0, 0)


async def test_a9_nothing_is_released_while_a_third_examiner_compares(
    workplace: Workplace,
) -> None:
    """The supervisor's card of an agreement that was taken back by nobody: there is none to press."""
    id = await workplace.peered()
    await workplace.decided(id, cases.PRIYA, 1, "D0014", conclusion=0)
    await workplace.settle()
    assert await workplace.state(id) is State.THIRD_REVIEW
    assert workplace.acts.supervisor_card(id, ActionId.REVIEW) is None
    async with workplace.db.snapshot() as snapshot:
        assert await snapshot.leads.find(id) is None

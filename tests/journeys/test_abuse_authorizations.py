"""An authorization used for what it was not given for (policy 7, A12): every time refused, and told."""

from typing import Any

import pytest

from bot.domain.audit import Verb
from bot.domain.authorizations import AuthorizationState
from bot.domain.workflow import State
from bot.jobs.bench import Bench, Run
from bot.sandbox import cases
from bot.views.ids import ActionId
from tests.front import Workplace, still
from tests.journeys.asking import (
    alerts,
    searches,
    start_press,
    state_of,
    tamper,
)

LENA = "8103"
ANOTHER_FACE = (
    "UPDATE probes SET chosen = 1, faces = json_insert(faces, '$[#]', "
    "json_set(json_extract(faces, '$[0]'), '$.index', 1))"
)
ALTERED = "not as it was granted"

EDITS = {
    "the case of the request": (
        "UPDATE requests SET case_number = '2026-075-009999'",
        "AUTHORIZATION_SCOPE",
        "for another case",
    ),
    "the case of the grant": (
        "UPDATE authorizations SET case_number = '2026-075-009999'",
        "AUTHORIZATION_ALTERED",
        ALTERED,
    ),
    "the image": (
        "UPDATE probes SET sha256 = 'ab' || substr(sha256, 3)",
        "AUTHORIZATION_SCOPE",
        "for another image",
    ),
    "the image of both": (
        "UPDATE authorizations SET probe_sha256 = 'ab' || substr(probe_sha256, 3)",
        "AUTHORIZATION_ALTERED",
        ALTERED,
    ),
    "the face": (ANOTHER_FACE, "AUTHORIZATION_SCOPE", "for another face"),
    "the place of the face": (
        "UPDATE probes SET faces = json_set(faces, '$[0].points[0][0]', 7.0)",
        "AUTHORIZATION_SCOPE",
        "for another face",
    ),
    "the face of the grant": (
        "UPDATE authorizations SET face_index = 1",
        "AUTHORIZATION_ALTERED",
        ALTERED,
    ),
    "the repository": (
        "UPDATE authorizations SET repository = 'Harbor Agency photographs'",
        "AUTHORIZATION_ALTERED",
        ALTERED,
    ),
    "the repository, to the standard one": (
        "UPDATE authorizations SET repository = 'arrest and parole photographs'",
        "AUTHORIZATION_ALTERED",
        ALTERED,
    ),
    "the expiry": (
        "UPDATE authorizations SET expires_at = '2027-11-23 12:00:00.000000'",
        "AUTHORIZATION_ALTERED",
        ALTERED,
    ),
    "the approver": (
        "UPDATE authorizations SET decided_by = '0102'",
        "AUTHORIZATION_ALTERED",
        ALTERED,
    ),
    "the seal": (
        "UPDATE authorizations SET seal = ''",
        "AUTHORIZATION_ALTERED",
        ALTERED,
    ),
    "the time of the expiry, back": (
        "UPDATE authorizations SET expires_at = '2026-11-23 12:00:00.000000'",
        "AUTHORIZATION_ALTERED",
        ALTERED,
    ),
}


async def check_refused(
    workplace: Workplace, id: str, press: Any, rule: str, said: str
) -> None:
    """The press starts nothing: its person is told why, the rule is in the log, supervisors are alerted."""
    state, made = await workplace.state(id), await searches(workplace, id)
    known = len(await workplace.refusals())
    await workplace.deliver(press)
    assert (await workplace.refusals())[known:] == [(LENA, rule)]
    assert said in workplace.told(cases.LENA)
    [alert] = [a for a in alerts(workplace) if rule in a]
    assert id in alert
    assert await workplace.state(id) is state
    assert await searches(workplace, id) == made


@pytest.mark.parametrize("edit", EDITS)
async def test_a12_a_grant_is_worth_nothing_once_anything_it_is_for_was_edited(
    workplace: Workplace, edit: str
) -> None:
    statement, rule, said = EDITS[edit]
    id = await workplace.granted()
    press = await start_press(workplace, id)
    tamper(workplace, statement)
    await check_refused(workplace, id, press, rule, said)
    assert await workplace.events(Verb.AUTHORIZATION_STARTED) == []


GRANTED_AGAIN = "UPDATE authorizations SET state = 'granted', version = version + 1"


async def consumed(workplace: Workplace, id: str) -> None:
    await workplace.authorizing.start(cases.TOMAS, id)
    await workplace.settle()
    assert await state_of(workplace, id) is AuthorizationState.CONSUMED


async def revoked(workplace: Workplace, id: str) -> None:
    await workplace.authorizing.revoke(cases.JOON, id)
    await workplace.settle()
    assert await state_of(workplace, id) is AuthorizationState.REVOKED


async def expired(workplace: Workplace, id: str) -> None:
    workplace.clock.forward(hours=72)
    await workplace.bot.ticks.end_what_is_over()
    await workplace.settle()
    assert await state_of(workplace, id) is AuthorizationState.EXPIRED


ENDS = [
    (consumed, "AUTHORIZATION_CONSUMED", "the authorization is consumed"),
    (revoked, "AUTHORIZATION_REVOKED", "was revoked"),
    (expired, "AUTHORIZATION_EXPIRED", "must be asked for anew"),
]


@pytest.mark.parametrize(("ending", "rule", "said"), ENDS)
async def test_a12_what_has_ended_starts_nothing_any_more(
    workplace: Workplace, ending: Any, rule: str, said: str
) -> None:
    id = await workplace.granted()
    press = await start_press(workplace, id)
    await ending(workplace, id)
    await check_refused(workplace, id, press, rule, said)


@pytest.mark.parametrize(("ending", "rule", "_said"), ENDS)
async def test_a12_a_row_set_back_to_granted_does_not_undo_what_the_log_says(
    workplace: Workplace, ending: Any, rule: str, _said: str
) -> None:
    id = await workplace.granted()
    press = await start_press(workplace, id)
    await ending(workplace, id)
    tamper(workplace, GRANTED_AGAIN)
    await check_refused(workplace, id, press, rule, "By the audit log")


async def test_a12_an_expiry_put_off_by_hand_breaks_the_seal(
    workplace: Workplace,
) -> None:
    id = await workplace.granted()
    press = await start_press(workplace, id)
    await expired(workplace, id)
    tamper(workplace, GRANTED_AGAIN)
    tamper(
        workplace, "UPDATE authorizations SET expires_at = '2026-12-23 12:00:00.000000'"
    )
    await check_refused(workplace, id, press, "AUTHORIZATION_ALTERED", ALTERED)


async def test_a12_at_its_very_hour_it_allows_nothing_though_nobody_ended_it_yet(
    workplace: Workplace,
) -> None:
    id = await workplace.granted()
    press = await start_press(workplace, id)
    workplace.clock.forward(hours=72)
    said = "must be asked for anew"
    await check_refused(workplace, id, press, "AUTHORIZATION_EXPIRED", said)


async def test_a12_a_second_before_its_hour_it_is_still_good(
    workplace: Workplace,
) -> None:
    id = await workplace.granted()
    press = await start_press(workplace, id)
    workplace.clock.forward(hours=72, seconds=-1)
    await workplace.deliver(press)
    assert await state_of(workplace, id) is AuthorizationState.CONSUMED


FORGED = (
    "UPDATE authorizations SET state = 'granted', decided_by = '0101', decided_title = "
    "'Chief of Detectives', decided_by_account = 'U-MARA', decided_at = asked_at, seal = ?"
)


@pytest.mark.parametrize("seal", ["", "0" * 64])
@pytest.mark.parametrize("is_denied", [False, True])
async def test_a12_a_row_made_to_say_granted_was_not_granted(
    workplace: Workplace, is_denied: bool, seal: str
) -> None:
    """Nobody granted it, or somebody denied it; the attacker even has the card drawn."""
    id = await workplace.asked()
    if is_denied:
        await workplace.authorizing.decide(cases.MARA, id, "deny")
        await workplace.settle()
    tamper(workplace, FORGED, seal)
    tamper(workplace, "UPDATE requests SET change_mark = change_mark + 1")
    press = await start_press(workplace, id)
    await check_refused(workplace, id, press, "AUTHORIZATION_ALTERED", ALTERED)


async def test_a12_the_same_click_delivered_twice_starts_one_search(
    workplace: Workplace,
) -> None:
    id = await workplace.granted()
    press = await start_press(workplace, id)
    await workplace.deliver(press, press)
    await workplace.deliver(press)
    assert len(await workplace.events(Verb.AUTHORIZATION_STARTED)) == 1
    assert len(await workplace.events(Verb.AUTHORIZATION_CONSUMED)) == 1
    assert await workplace.refusals() == []
    assert len(await searches(workplace, id)) == 2


async def test_a12_the_button_of_one_card_does_nothing_on_another(
    workplace: Workplace,
) -> None:
    """Two requests with a grant each: the press on one carries the authorization of the other."""
    first = await workplace.granted()
    second = await granted_for_omar(workplace)
    press = await start_press(workplace, first)
    other = await start_press(workplace, second)
    press["actions"][0]["value"] = other["actions"][0]["value"]
    await workplace.deliver(press)
    assert await workplace.refusals() == [(LENA, "FOREIGN_CARD")]
    assert "does not belong to this message" in workplace.told(cases.LENA)
    assert await workplace.events(Verb.AUTHORIZATION_STARTED) == []


async def granted_for_omar(workplace: Workplace) -> str:
    """A second request, of another case, with a grant that nobody has used."""
    id = await workplace.sent(
        cases.OMAR, image=still("stranger", 1), case_number="2026-075-007777"
    )
    await workplace.acts.examination(id)
    await workplace.decided(id, cases.ERIK, 0, None)
    await workplace.settle()
    await workplace.acts.close(cases.SAM, id)
    await workplace.settle()
    await workplace.authorizing.ask(cases.OMAR, id)
    await workplace.authorizing.decide(
        cases.MARA, id, "grant", case_number="2026-075-007777"
    )
    await workplace.authorizing.order(id)
    return id


# --- between the click and the search

AT_THE_WORKER = {
    "the case of the request": (
        "UPDATE requests SET case_number = '2026-075-009999'",
        "AUTHORIZATION_SCOPE",
    ),
    "the image": (
        "UPDATE probes SET sha256 = 'ab' || substr(sha256, 3)",
        "AUTHORIZATION_SCOPE",
    ),
    "the face": (ANOTHER_FACE, "AUTHORIZATION_SCOPE"),
    "the repository, to one with nobody in it": (
        "UPDATE authorizations SET repository = 'Harbor Agency photographs'",
        "AUTHORIZATION_ALTERED",
    ),
    "the repository, to the standard one": (
        "UPDATE authorizations SET repository = 'arrest and parole photographs'",
        "AUTHORIZATION_ALTERED",
    ),
    "the expiry": (
        "UPDATE authorizations SET expires_at = '2027-11-23 12:00:00.000000'",
        "AUTHORIZATION_ALTERED",
    ),
    "the approver": (
        "UPDATE authorizations SET decided_by = '0102'",
        "AUTHORIZATION_ALTERED",
    ),
    "the state, to be started once more": (
        "UPDATE authorizations SET state = 'granted'",
        "AUTHORIZATION_GRANTED",
    ),
}


@pytest.mark.parametrize("edit", AT_THE_WORKER)
async def test_a12_an_edit_after_the_click_is_found_before_anything_is_searched(
    workplace: Workplace, edit: str
) -> None:
    statement, rule = AT_THE_WORKER[edit]
    id = await workplace.granted()
    made = await searches(workplace, id)
    await ordered(workplace, id)
    tamper(workplace, statement)
    await workplace.settle()
    [refused] = await workplace.events(Verb.AUTHORIZATION_NOT_IN_FORCE)
    assert (refused.actor, refused.facts["rule"]) == ("system", rule)
    assert refused.facts["request"] == id
    [alert] = alerts(workplace)
    assert rule in alert
    assert id in alert
    assert await workplace.state(id) is State.NO_POSSIBLE_MATCH
    assert await searches(workplace, id) == made
    assert len(await workplace.events(Verb.SEARCH_STARTED)) == 1


async def ordered(workplace: Workplace, id: str) -> None:
    """The search was started by a click, and no worker has come to it yet."""
    await workplace.authorizing.start(cases.LENA, id)
    await workplace.settle(work=False)
    assert await workplace.state(id) is State.READY
    assert await state_of(workplace, id) is AuthorizationState.RUNNING


async def test_a12_work_under_no_authorization_there_is_gives_way_to_what_was_ordered(
    workplace: Workplace,
) -> None:
    id = await workplace.granted()
    await ordered(workplace, id)
    tamper(
        workplace,
        "UPDATE work SET subject = 'AU-000000000000' WHERE kind = 'search' AND state = 'open'",
    )
    await workplace.settle()
    [refused] = await workplace.events(Verb.AUTHORIZATION_NOT_IN_FORCE)
    assert refused.facts["rule"] == "AUTHORIZATION_UNKNOWN"
    assert len(alerts(workplace)) == 1
    asked = await workplace.authorization(id)
    assert asked.state is AuthorizationState.CONSUMED
    _, made = await searches(workplace, id)
    assert made.authorization_id == asked.id


async def test_a12_an_hour_that_comes_before_the_worker_ends_it(
    workplace: Workplace,
) -> None:
    id = await workplace.granted()
    made = await searches(workplace, id)
    await ordered(workplace, id)
    workplace.clock.forward(hours=72)
    await workplace.settle()
    assert await state_of(workplace, id) is AuthorizationState.EXPIRED
    [refused] = await workplace.events(Verb.AUTHORIZATION_NOT_IN_FORCE)
    assert refused.facts["rule"] == "AUTHORIZATION_EXPIRED"
    assert await workplace.state(id) is State.NO_POSSIBLE_MATCH
    assert await searches(workplace, id) == made


class EditedMeanwhile(Bench):
    """Somebody edits the database file while the search runs."""

    def __init__(self, workplace: Workplace, statement: str) -> None:
        bench = workplace.bench
        super().__init__(
            bench.engine, bench.vault, bench.galleries_dir, weak_below=0.35
        )
        self._workplace = workplace
        self._statement = statement

    def search(self, *given: Any) -> Run:
        run = super().search(*given)
        tamper(self._workplace, self._statement)
        return run


@pytest.mark.parametrize("edit", AT_THE_WORKER)
async def test_a12_an_edit_while_it_is_searched_is_found_before_anything_is_written(
    workplace: Workplace, edit: str
) -> None:
    statement, rule = AT_THE_WORKER[edit]
    id = await workplace.granted()
    made = await searches(workplace, id)
    await ordered(workplace, id)
    worker = workplace.another_worker(EditedMeanwhile(workplace, statement))
    assert await worker.step()
    await workplace.settle()
    [refused] = await workplace.events(Verb.AUTHORIZATION_NOT_IN_FORCE)
    assert refused.facts["rule"] == rule
    assert len(alerts(workplace)) == 1
    assert await searches(workplace, id) == made
    assert len(workplace.acts.examination_cards(id)) == 1
    assert await workplace.state(id) is State.NO_POSSIBLE_MATCH


SEARCH_ANOTHER = (
    "INSERT INTO work (kind, request_id, subject, generation, priority, state, attempts, worker, "
    "lease_until, last_error) "
    "VALUES ('search', ?, ?, 1, 0, 'open', 0, '', '2026-11-23 12:00:00.000000', '')"
)


@pytest.mark.parametrize("is_running", [False, True])
async def test_a12_work_forged_for_another_request_searches_nothing(
    workplace: Workplace, is_running: bool
) -> None:
    """The authorization is in force, and even running, but for another request."""
    id = await workplace.granted()
    other = await workplace.sent(cases.OMAR, case_number="2026-075-007777")
    await workplace.acts.examination(other)
    if is_running:
        await ordered(workplace, id)
    made = await searches(workplace, other)
    authorization = (await workplace.authorization(id)).id
    tamper(workplace, SEARCH_ANOTHER, other, authorization)
    await workplace.settle()
    [refused] = await workplace.events(Verb.AUTHORIZATION_NOT_IN_FORCE)
    rule = "AUTHORIZATION_SCOPE" if is_running else "AUTHORIZATION_GRANTED"
    assert (refused.facts["request"], refused.facts["rule"]) == (other, rule)
    [alert] = alerts(workplace)
    assert other in alert
    assert await searches(workplace, other) == made
    assert await workplace.state(other) is State.EXAMINATION
    # What it was really given for is left alone.
    wanted = AuthorizationState.CONSUMED if is_running else AuthorizationState.GRANTED
    assert await state_of(workplace, id) is wanted


async def test_a12_supervisors_are_alerted_once_however_often_it_is_pressed(
    workplace: Workplace,
) -> None:
    id = await workplace.granted()
    presses = [await start_press(workplace, id) for _ in range(3)]
    tamper(workplace, "UPDATE authorizations SET decided_by = '0102'")
    await workplace.deliver(*presses)
    assert await workplace.refusals() == [(LENA, "AUTHORIZATION_ALTERED")] * 3
    assert len(alerts(workplace)) == 1


async def test_a12_a_start_of_no_authorization_at_all_is_a_foreign_card(
    workplace: Workplace,
) -> None:
    id = await workplace.granted()
    for value in ("AU-000000000000|1", f"{id}|1", "AU-' OR 1=1|1"):
        press = await start_press(workplace, id)
        press["actions"][0]["value"] = value
        await workplace.deliver(press)
    assert await workplace.refusals() == [(LENA, "FOREIGN_CARD")] * 3
    start = ActionId.START_AUTHORIZED
    assert workplace.authorizing.card(cases.LENA, cases.EXAMINERS, id, start)

"""After the lead: independent evidence before any array, false leads and arrests reported back (policy 6.3, 21;
T5, T10; policy 7, A26 and A33)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.domain.audit import Verb
from bot.domain.corroborations import ReportKind
from bot.domain.workflow import State
from bot.sandbox import cases
from bot.sandbox.acts import EVIDENCE, REPORTED, actions
from bot.views.ids import ActionId, BlockId
from tests.conftest import Open
from tests.front import Enrolled, Workplace, still, text_of
from tests.journeys.asking import alerts, send, top
from tests.journeys.sealed import own_house, seal

READY = "Array-ready"
NOT_YET = "Not to be used for a photo array"
LEAD_BUTTONS = {ActionId.CORROBORATE, ActionId.REPORT_LEAD}
WRONG, ARREST = ReportKind.WRONG_PERSON.value, ReportKind.ARREST.value


def card(workplace: Workplace, id: str) -> str:
    return text_of(workplace.acts.own_card(cases.DANA, id))


async def corroborated(workplace: Workplace, **changes: object) -> str:
    id = await workplace.acknowledged()
    await workplace.acts.corroborate(cases.DANA, id, changes)
    await workplace.settle()
    return id


async def report(workplace: Workplace, id: str, kind: str, on: str) -> None:
    await workplace.acts.report_lead(cases.DANA, id, kind, on)
    await workplace.settle()


async def opened_form(workplace: Workplace, id: str, action: ActionId) -> None:
    """Dana before a form, not yet filled in."""
    await workplace.acts.press_own(cases.DANA, id, action)
    await workplace.settle()
    assert workplace.person(cases.DANA).modal is not None


def press(workplace: Workplace, id: str, account: str, action: str) -> dict[str, Any]:
    """The press of a button of Dana's card by anybody, also one that is not on it."""
    own = workplace.acts.own_card(cases.DANA, id)
    on_it = next(iter(sorted(actions(own))))
    channel = workplace.person(cases.DANA).dm
    payload = workplace.press(account, channel, own["ts"], on_it)
    payload["actions"][0] |= {"action_id": action, "value": f"{id}|0"}
    return payload


async def test_t5_a_lead_is_array_ready_only_with_independent_evidence_on_record(
    workplace: Workplace,
) -> None:
    id = await workplace.released()
    assert NOT_YET in card(workplace, id)
    await workplace.acts.press_own(cases.DANA, id, ActionId.ACKNOWLEDGE)
    await workplace.settle()
    said = card(workplace, id)
    assert NOT_YET in said
    assert "never probable cause" in said
    assert READY not in said

    await workplace.acts.corroborate(cases.DANA, id)
    await workplace.settle()
    said = card(workplace, id)
    assert READY in said
    assert "Physical evidence" in said
    assert "still never probable cause" in said
    assert NOT_YET not in said
    assert await workplace.state(id) is State.CORROBORATED


async def test_t5_what_was_recorded_stands_in_the_record_without_its_words(
    workplace: Workplace,
) -> None:
    id = await corroborated(workplace)
    async with workplace.db.snapshot() as snapshot:
        kept = await snapshot.corroborations.find(id)
    assert kept is not None
    assert kept.text == EVIDENCE[BlockId.EXPLANATION]
    [event] = await workplace.events(Verb.CORROBORATION_RECORDED)
    assert (event.actor, event.facts["evidence"]) == ("4711", "physical")
    assert event.facts["independent"] is True
    assert kept.text not in str(event.facts)


async def test_t5_a_lead_says_when_its_image_came_from_an_identity_document(
    workplace: Workplace,
) -> None:
    plain = await workplace.released()
    assert "identity document" not in card(workplace, plain)
    id = await workplace.released(
        found="D0061",
        image=still("mated", 1),
        changes={BlockId.SOURCE: "ID_DOCUMENT"},
    )
    assert "from an identity document, which may be false" in card(workplace, id)


async def test_t10_a_requester_cannot_confirm_a_candidate(workplace: Workplace) -> None:
    """Nothing on the card says yes to a face, and the doors that do are not a requester's."""
    id = await workplace.acknowledged()
    own = workplace.acts.own_card(cases.DANA, id)
    assert actions(own) == LEAD_BUTTONS
    for word in ("onfirm", "dentified", "ositive ID"):
        assert word not in text_of(own)
    examination = await workplace.card(id)
    review = workplace.acts.supervisor_card(id, ActionId.REVIEW)
    assert review is None  # decided: nothing is left to press for anybody
    for action in (ActionId.TAKE, ActionId.REVIEW, f"{ActionId.COMPARE}.A"):
        await workplace.deliver(press(workplace, id, cases.DANA, action))
    assert workplace.person(cases.DANA).modal is None
    assert {who for who, _ in await workplace.refusals()} == {"4711"}
    assert len(await workplace.refusals()) == 3
    assert await workplace.card(id) == examination
    assert await workplace.state(id) is State.ACKNOWLEDGED


async def test_t10_a_witness_who_was_shown_the_lead_is_no_evidence(
    workplace: Workplace,
) -> None:
    id = await workplace.acknowledged()
    await opened_form(workplace, id, ActionId.CORROBORATE)
    labels = text_of(workplace.person(cases.DANA).modal)
    assert "A witness who was not shown the lead" in labels
    assert "nobody who gave it was shown the photograph" in " ".join(labels.split())


async def test_a26_evidence_without_the_attestation_of_its_independence_is_refused(
    workplace: Workplace,
) -> None:
    id = await workplace.acknowledged()
    await opened_form(workplace, id, ActionId.CORROBORATE)
    dana = workplace.person(cases.DANA)
    dana.fill({**EVIDENCE, BlockId.INDEPENDENT: []})
    await send(workplace, cases.DANA)
    assert await workplace.state(id) is State.ACKNOWLEDGED
    assert READY not in card(workplace, id)
    assert await workplace.refusals() == [("4711", "NOT_INDEPENDENT")]
    assert dana.modal is not None, "what was typed is not lost"


async def test_a26_the_form_names_other_face_searches_and_the_lead_itself(
    workplace: Workplace,
) -> None:
    id = await workplace.acknowledged()
    await opened_form(workplace, id, ActionId.CORROBORATE)
    said = " ".join(text_of(workplace.person(cases.DANA).modal).split())
    assert "neither from this lead nor from a face search by any other agency" in said


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({BlockId.HAPPENED_ON: "2026-11-24"}, "IN_THE_FUTURE"),
        ({BlockId.INDEPENDENT: []}, "NOT_INDEPENDENT"),
    ],
)
async def test_what_is_wrong_with_evidence_is_said_under_its_field(
    workplace: Workplace, changes: Mapping[str, object], rule: str
) -> None:
    id = await workplace.acknowledged()
    await opened_form(workplace, id, ActionId.CORROBORATE)
    workplace.person(cases.DANA).fill({**EVIDENCE, **changes})
    delivery = await send(workplace, cases.DANA)
    assert set(delivery.errors) == set(changes)
    assert await workplace.refusals() == [("4711", rule)]


async def test_too_few_words_are_no_evidence(workplace: Workplace) -> None:
    id = await workplace.acknowledged()
    await opened_form(workplace, id, ActionId.CORROBORATE)
    workplace.person(cases.DANA).fill({**EVIDENCE, BlockId.EXPLANATION: "It fits."})
    delivery = await send(workplace, cases.DANA)
    assert set(delivery.errors) == {BlockId.EXPLANATION}
    assert await workplace.state(id) is State.ACKNOWLEDGED


@pytest.mark.parametrize(
    ("account", "rule"),
    [(cases.OMAR, "NOT_YOURS"), (cases.SAM, "NOT_IN_CHANNEL")],
)
@pytest.mark.parametrize("action", sorted(LEAD_BUTTONS))
async def test_nobody_but_its_requester_records_anything_of_a_lead(
    workplace: Workplace, account: str, rule: str, action: str
) -> None:
    id = await workplace.acknowledged()
    await workplace.deliver(press(workplace, id, account, action))
    assert workplace.person(account).modal is None
    assert [r for _, r in await workplace.refusals()] == [rule]


async def test_the_form_of_another_requester_is_refused(workplace: Workplace) -> None:
    id = await workplace.acknowledged()
    await opened_form(workplace, id, ActionId.CORROBORATE)
    dana = workplace.person(cases.DANA)
    dana.fill(EVIDENCE)
    omar = workplace.person(cases.OMAR)
    forged = omar.payloads.submission(cases.OMAR, top(workplace, cases.DANA))
    await workplace.deliver(forged)
    assert await workplace.state(id) is State.ACKNOWLEDGED
    assert await workplace.refusals() == [("4822", "NOT_YOURS")]


async def test_a_requester_who_lost_the_role_records_nothing(
    workplace: Workplace,
) -> None:
    id = await workplace.acknowledged()
    await opened_form(workplace, id, ActionId.CORROBORATE)
    workplace.person(cases.DANA).fill(EVIDENCE)
    workplace.in_roles(cases.DANA, roles=["auditor"])
    await send(workplace, cases.DANA)
    assert await workplace.state(id) is State.ACKNOWLEDGED
    assert await workplace.refusals() == [("4711", "ROLE_REQUIRED")]
    workplace.in_roles(cases.DANA, roles=["requester"])


@pytest.mark.parametrize("action", sorted(LEAD_BUTTONS))
async def test_nothing_is_recorded_before_the_acknowledgement(
    workplace: Workplace, action: str
) -> None:
    id = await workplace.released()
    assert actions(workplace.acts.own_card(cases.DANA, id)) == {ActionId.ACKNOWLEDGE}
    await workplace.deliver(press(workplace, id, cases.DANA, action))
    assert workplace.person(cases.DANA).modal is None
    [(_, rule)] = await workplace.refusals()
    assert rule in ("STATE", "NO_LEAD")


async def test_the_second_of_two_forms_is_refused(workplace: Workplace) -> None:
    id = await workplace.acknowledged()
    await opened_form(workplace, id, ActionId.CORROBORATE)
    workplace.person(cases.DANA).fill(EVIDENCE)
    payloads = [
        workplace.person(cases.DANA).payloads.submission(
            cases.DANA, top(workplace, cases.DANA)
        )
        for _ in range(2)
    ]
    payloads[1]["view"]["id"] += "X"  # another window with the same form
    for payload in payloads:
        await workplace.deliver(payload)
    assert await workplace.state(id) is State.CORROBORATED
    assert len(await workplace.events(Verb.CORROBORATION_RECORDED)) == 1
    assert await workplace.refusals() == [("4711", "STATE")]


async def test_a_lead_that_was_recalled_can_no_longer_be_corroborated(
    home: Path, enrolled: Enrolled
) -> None:
    async with own_house(home, enrolled) as house:
        id = await house.acknowledged()
        await opened_form(house, id, ActionId.CORROBORATE)
        house.person(cases.DANA).fill(EVIDENCE)
        await seal(house)
        await house.settle()
        await send(house, cases.DANA)
        assert await house.state(id) is State.RECALLED
        assert await house.refusals() == [("4711", "STATE")]
        # What was done with it before can still be reported.
        left = actions(house.acts.own_card(cases.DANA, id)) & LEAD_BUTTONS
        assert left == {ActionId.REPORT_LEAD}


async def test_a_corroborated_lead_is_recalled_with_the_words_of_its_evidence(
    home: Path, enrolled: Enrolled
) -> None:
    async with own_house(home, enrolled) as house:
        id = await corroborated(house)
        await seal(house)
        await house.settle()
        assert await house.state(id) is State.RECALLED
        async with house.db.snapshot() as snapshot:
            assert await snapshot.leads.find(id) is None
            assert await snapshot.corroborations.find(id) is None
        said = card(house, id)
        assert "It must not be used." in said
        assert READY not in said
        assert house.told(cases.DANA).count("taken back") >= 1
        # When there was evidence stays on record, for an arrest that is reported late.
        house.clock.forward(hours=72)
        await report(house, id, ARREST, "2026-11-25")
        [event] = await house.events(Verb.LEAD_REPORTED)
        assert event.facts["corroborated"] is True


async def test_a_false_lead_is_recorded_and_told_to_the_supervisors(
    workplace: Workplace,
) -> None:
    id = await corroborated(workplace)
    await report(workplace, id, WRONG, "2026-11-23")
    [told] = alerts(workplace)
    assert id in told
    assert "the wrong person" in told
    assert REPORTED in told
    [event] = await workplace.events(Verb.LEAD_REPORTED)
    assert (event.facts["kind"], event.facts["reason"]) == (WRONG, REPORTED)
    said = card(workplace, id)
    assert "You reported this lead as false." in said
    assert READY not in said


async def test_a_lead_reported_as_false_is_not_corroborated_any_more(
    workplace: Workplace,
) -> None:
    id = await workplace.acknowledged()
    await opened_form(workplace, id, ActionId.CORROBORATE)
    workplace.person(cases.DANA).fill(EVIDENCE)
    late = workplace.person(cases.DANA).payloads.submission(
        cases.DANA, top(workplace, cases.DANA)
    )
    await workplace.person(cases.DANA).close_modal()
    await report(workplace, id, WRONG, "2026-11-23")
    assert actions(workplace.acts.own_card(cases.DANA, id)) == {ActionId.REPORT_LEAD}
    await workplace.deliver(late)
    assert await workplace.state(id) is State.ACKNOWLEDGED
    assert await workplace.refusals() == [("4711", "FALSE_LEAD")]


async def test_the_same_thing_is_reported_once(workplace: Workplace) -> None:
    id = await workplace.acknowledged()
    await report(workplace, id, WRONG, "2026-11-23")
    delivery = await workplace.acts.report_lead(cases.DANA, id, WRONG)
    assert set(delivery.errors) == {BlockId.REPORT}
    assert await workplace.refusals() == [("4711", "ALREADY_REPORTED")]
    assert len(await workplace.events(Verb.LEAD_REPORTED)) == 1


async def test_a33_an_arrest_without_evidence_on_record_is_told_to_the_supervisors(
    workplace: Workplace,
) -> None:
    id = await workplace.acknowledged()
    await report(workplace, id, ARREST, "2026-11-23")
    [told] = alerts(workplace)
    assert "WITHOUT independent evidence recorded before that day" in told
    [event] = await workplace.events(Verb.LEAD_REPORTED)
    assert event.facts["corroborated"] is False
    assert "without independent evidence recorded before that day" in card(
        workplace, id
    )


@pytest.mark.parametrize("arrested", ["2026-11-22", "2026-11-23"])
async def test_a33_evidence_recorded_on_the_day_of_the_arrest_or_later_does_not_cover_it(
    workplace: Workplace, arrested: str
) -> None:
    id = await corroborated(workplace)
    await report(workplace, id, ARREST, arrested)
    [event] = await workplace.events(Verb.LEAD_REPORTED)
    assert event.facts["corroborated"] is False


async def test_a33_an_arrest_after_the_evidence_was_recorded_is_no_violation(
    workplace: Workplace,
) -> None:
    id = await corroborated(workplace)
    workplace.clock.forward(days=1)
    await report(workplace, id, ARREST, "2026-11-24")
    [event] = await workplace.events(Verb.LEAD_REPORTED)
    assert event.facts["corroborated"] is True
    assert "WITHOUT" not in alerts(workplace)[0]


def reminders(workplace: Workplace, account: str) -> list[str]:
    person = workplace.person(account)
    room = person.dm_messages if account == cases.DANA else None
    messages = room() if room else person.messages(cases.SUPERVISORS)
    return [said for m in messages if "days ago, and no" in (said := text_of(m))]


async def days_pass(workplace: Workplace, days: float) -> None:
    workplace.clock.forward(days=days)
    for _ in range(2):  # a tick may come twice, or a bot start again
        await workplace.bot.ticks.remind()
        await workplace.settle()


async def test_a_lead_without_evidence_is_brought_to_mind_and_then_to_the_supervisors(
    workplace: Workplace,
) -> None:
    await workplace.acknowledged()
    await days_pass(workplace, 6.9)
    assert reminders(workplace, cases.DANA) == []
    await days_pass(workplace, 0.2)
    [first] = reminders(workplace, cases.DANA)
    assert "7 days ago" in first
    assert reminders(workplace, cases.SAM) == []
    await days_pass(workplace, 7)
    assert len(reminders(workplace, cases.DANA)) == 2
    [told] = reminders(workplace, cases.SAM)
    assert "14 days ago" in told
    await days_pass(workplace, 30)
    assert len(reminders(workplace, cases.DANA)) == 2
    assert len(reminders(workplace, cases.SAM)) == 1


async def test_nobody_is_reminded_of_what_is_on_record(workplace: Workplace) -> None:
    await corroborated(workplace)
    await days_pass(workplace, 30)
    assert reminders(workplace, cases.DANA) == []
    assert reminders(workplace, cases.SAM) == []


async def test_nobody_is_reminded_of_a_false_lead(workplace: Workplace) -> None:
    id = await workplace.acknowledged()
    await report(workplace, id, WRONG, "2026-11-23")
    await days_pass(workplace, 30)
    assert reminders(workplace, cases.DANA) == []


async def test_the_days_of_the_reminders_are_settings(open_workplace: Open) -> None:
    days = {"corroborate_days": 2, "corroborate_days_supervisors": 3}
    async with open_workplace(**days) as workplace:
        await workplace.acknowledged()
        await days_pass(workplace, 2)
        assert len(reminders(workplace, cases.DANA)) == 1
        await days_pass(workplace, 1)
        assert len(reminders(workplace, cases.SAM)) == 1


async def test_a33_arrests_without_evidence_on_record_are_counted_for_the_auditor(
    workplace: Workplace,
) -> None:
    id = await workplace.acknowledged()
    await report(workplace, id, ARREST, "2026-11-23")
    await report(workplace, id, WRONG, "2026-11-23")
    workplace.clock.forward(days=10)
    await workplace.bot.ticks.send_summaries()
    await workplace.settle()
    said = workplace.told(cases.ADA)
    assert (
        "1 released, 1 acknowledged, 1 reported as false, 1 used for an arrest, 1 of these without "
        "independent evidence recorded before the day"
    ) in said
    assert id not in said

"""The context check by clicks: what it unmasks, to whom, and what it keeps a supervisor from releasing."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from bot.approvals import releases
from bot.domain.actors import Role
from bot.domain.audit import Verb
from bot.domain.candidates import Candidate
from bot.domain.context import Answer, Check
from bot.domain.leads import Ruling
from bot.domain.photographs import Photograph
from bot.domain.workflow import State
from bot.errors import Refusal
from bot.roles import render
from bot.sandbox import cases
from bot.views.ids import ActionId, BlockId, detailed
from tests.builders import an_actor
from tests.front import Workplace, text_of

MATE = "D0014"
DESCRIBED = "Woman of about fifty, six feet two, heavy, grey hair to the shoulders."
STATED: Mapping[str, object] = {
    BlockId.OFFENSE_DATE: "2026-11-20",
    BlockId.DESCRIPTION: DESCRIBED,
}
TOO_TALL = "The candidate is eight inches taller and seventy pounds heavier."


def answered(check: Check, answer: str, note: str = "") -> dict[str, object]:
    return {
        detailed(BlockId.CHECK, check): answer,
        detailed(BlockId.CHECK_NOTE, check): note,
    }


async def agreed(workplace: Workplace, **given: Any) -> str:
    """Two examiners support the same candidate, and nobody has looked at the facts yet."""

    async def reach() -> str:
        id = await workplace.searched(**given)
        await workplace.decided(id, cases.ERIK, 0, MATE)
        await workplace.decided(id, cases.PRIYA, 1, MATE, in_context=False)
        await workplace.settle()
        assert await workplace.state(id) is State.CONTEXT_CHECK
        return id

    return await workplace.reached(f"agreed {given}", reach)


async def mate_in(workplace: Workplace, id: str) -> Candidate:
    return next(c for c in await workplace.listed(id) if c.subject_id == MATE)


async def mate_of(workplace: Workplace, id: str) -> Photograph:
    mate = await mate_in(workplace, id)
    async with workplace.db.snapshot() as snapshot:
        return await snapshot.photographs.get(mate.photo_id)


async def release_forged(workplace: Workplace, id: str) -> None:
    """A supervisor's release as somebody would send it whom the form does not offer any."""
    mate = await mate_in(workplace, id)
    sam = await workplace.acts.review(cases.SAM, id)
    [view] = workplace.sandbox.workspace.modals.stacks[cases.SAM]
    values = view.values
    sam.fill({BlockId.REASON: "Both examinations agree and give their reasons."})
    for block, value in (
        (BlockId.RULING, "release"),
        (BlockId.RELEASED_CANDIDATE, mate.id),
    ):
        values[block] = {
            ActionId.FIELD: {
                "type": "radio_buttons",
                "selected_option": {
                    "text": {"type": "plain_text", "text": "forged"},
                    "value": value,
                },
            }
        }
    await workplace.deliver(sam.payloads.submission(cases.SAM, view))


async def test_t12_whoever_is_too_tall_for_the_suspect_cannot_be_released(
    workplace: Workplace,
) -> None:
    """Trevis Williams: eight inches and seventy pounds, and nobody asked."""
    id = await agreed(workplace, changes=STATED)
    await workplace.acts.check_context(
        cases.ERIK, id, answered(Check.BUILD, "inconsistent", TOO_TALL)
    )
    await workplace.settle()
    assert await workplace.state(id) is State.SUPERVISOR_REVIEW

    sam = await workplace.acts.review(cases.SAM, id)
    read = text_of(sam.modal)
    assert "Inconsistent: height and weight" in read
    assert TOO_TALL in read
    assert "cannot be released" in read
    blocks = {b.get("block_id") for b in (sam.modal or {})["blocks"]}
    assert BlockId.RELEASED_CANDIDATE not in blocks
    sam.fill({BlockId.RULING: "close", BlockId.REASON: "The build does not agree."})
    await release_forged(workplace, id)
    assert await workplace.refusals() == [("9001", "CONTEXT_INCONSISTENT")]
    assert await workplace.state(id) is State.SUPERVISOR_REVIEW
    await workplace.acts.close(cases.RUTH, id)
    await workplace.settle()
    assert await workplace.state(id) is State.NO_POSSIBLE_MATCH
    card = workplace.acts.own_card(cases.DANA, id)
    assert "No possible match was found" in text_of(card)


async def test_an_inconsistency_explained_in_writing_can_be_released(
    workplace: Workplace,
) -> None:
    id = await agreed(workplace)
    why = "The witness saw the person sitting in a car, and only from above."
    await workplace.acts.check_context(
        cases.ERIK, id, answered(Check.BUILD, "inconsistent_explained", why)
    )
    await workplace.settle()
    await workplace.acts.release(cases.SAM, id)
    await workplace.acts.answered(cases.DANA, id, "INVESTIGATIVE LEAD ONLY")
    [event] = await workplace.events(Verb.CONTEXT_CHECKED)
    assert event.actor == "8101"
    assert event.facts["checks"]["build"] == {
        "answer": "inconsistent_explained",
        "note": why,
    }
    assert set(event.facts["checks"]) == set(Check)
    assert event.facts["unexplained"] == []
    seen = "\n".join(workplace.seen_by(cases.DANA))
    assert "Background check" in seen
    assert why not in seen


async def test_a9_a_release_before_the_context_check_is_refused(
    workplace: Workplace,
) -> None:
    """A form of the round before, kept open until two others agree again."""
    id = await workplace.reviewable()
    sam = await workplace.acts.review(cases.SAM, id)
    [view] = workplace.sandbox.workspace.modals.stacks[cases.SAM]
    chosen = (await mate_in(workplace, id)).id
    sam.fill(
        {
            BlockId.RULING: "release",
            BlockId.RELEASED_CANDIDATE: chosen,
            BlockId.REASON: "Both examinations agree.",
        }
    )
    kept = sam.payloads.submission(cases.SAM, view)
    await workplace.acts.close(cases.RUTH, id, "return")
    await workplace.settle()
    await workplace.decided(id, cases.LENA, 2, MATE)
    await workplace.decided(id, cases.TOMAS, 3, MATE, in_context=False)
    await workplace.settle()
    assert await workplace.state(id) is State.CONTEXT_CHECK
    assert workplace.acts.supervisor_card(id, ActionId.REVIEW) is None
    await workplace.deliver(kept)
    assert await workplace.refusals() == [("9001", "STATE")]
    assert await workplace.events(Verb.LEAD_RELEASED) == []


async def test_a9_without_a_context_check_a_review_of_an_earlier_version_releases_nothing(
    workplace: Workplace,
) -> None:
    id = await workplace.reviewable()
    async with workplace.db.transaction() as tx:
        search = await tx.searches.find_latest(id)
        assert search is not None
        await tx.contexts.purge(search.id)
    sam = await workplace.acts.review(cases.SAM, id)
    assert "not checked" in text_of(sam.modal)
    await release_forged(workplace, id)
    assert await workplace.refusals() == [("9001", "CONTEXT_NOT_CHECKED")]
    assert await workplace.events(Verb.LEAD_RELEASED) == []


async def test_t8_the_facts_are_unmasked_to_the_first_examiner_alone(
    workplace: Workplace,
) -> None:
    """Porcha Woodruff: a check of what anybody could have seen came after the arrest."""
    id = await agreed(workplace, changes=STATED)
    mate = await mate_of(workplace, id)
    for account in (cases.ERIK, cases.PRIYA, cases.LENA, cases.DANA):
        seen = "\n".join(workplace.seen_by(account))
        assert mate.arrest_number not in seen
        assert account == cases.DANA or DESCRIBED not in seen
    erik = await workplace.acts.open_context(cases.ERIK, id)
    read = text_of(erik.modal)
    assert mate.arrest_number in read
    assert DESCRIBED in read
    assert "at the offense" in read
    [viewed] = await workplace.events(Verb.CONTEXT_VIEWED)
    assert viewed.actor == "8101"
    for account in (cases.PRIYA, cases.LENA):
        assert mate.arrest_number not in "\n".join(workplace.seen_by(account))


async def test_t8_no_answer_may_be_left_out(workplace: Workplace) -> None:
    id = await agreed(workplace)
    erik = await workplace.acts.open_context(cases.ERIK, id)
    delivery = await erik.submit()
    missing = {detailed(BlockId.CHECK, c) for c in tuple(Check)[:5]}
    assert missing <= set(delivery.errors)
    assert await workplace.state(id) is State.CONTEXT_CHECK


async def test_whoever_may_not_check_any_more_learns_nothing_of_the_record(
    workplace: Workplace,
) -> None:
    id = await agreed(workplace)
    mate = await mate_of(workplace, id)
    newer = replace(mate, id="P-NEW", sha256="ef" * 32, arrest_number="K26000001")
    erik = await workplace.acts.open_context(cases.ERIK, id)
    async with workplace.db.transaction() as tx:
        await tx.photographs.add(replace(newer, capture_date=date(2026, 11, 1)))
    workplace.in_roles(cases.ERIK, certified_until=date(2026, 11, 22))
    checks = {detailed(BlockId.CHECK, check): Answer.CONSISTENT for check in Check}
    delivery = await erik.fill_and_submit(checks)
    assert delivery.errors == {}
    await workplace.settle()
    [refused] = await workplace.refusals()
    assert refused[0] == "8101"
    assert refused[1] != "AGAINST_RECORD"
    assert await workplace.state(id) is State.CONTEXT_CHECK


async def test_an_answer_that_no_form_offers_is_refused_and_recorded(
    workplace: Workplace,
) -> None:
    """That somebody explained a sealing away has to be on record, though it never got beyond the form."""
    id = await agreed(workplace)
    erik = await workplace.acts.open_context(cases.ERIK, id)
    [view] = workplace.sandbox.workspace.modals.stacks[cases.ERIK]
    chosen = {"text": {"type": "plain_text", "text": "forged"}}
    view.values[detailed(BlockId.CHECK, Check.SEALED)] = {
        ActionId.FIELD: {
            "type": "static_select",
            "selected_option": {**chosen, "value": Answer.EXPLAINED},
        }
    }
    note = {"type": "plain_text_input", "value": "The order was about somebody else."}
    view.values[detailed(BlockId.CHECK_NOTE, Check.SEALED)] = {ActionId.FIELD: note}
    erik.fill(
        {
            detailed(BlockId.CHECK, c): Answer.CONSISTENT
            for c in Check
            if c is not Check.SEALED
        }
    )
    await workplace.deliver(erik.payloads.submission(cases.ERIK, view))
    assert await workplace.refusals() == [("8101", "CONTEXT_NEVER_EXPLAINED")]
    [event] = await workplace.events(Verb.ATTEMPT_REFUSED)
    assert event.subject == id
    assert await workplace.state(id) is State.CONTEXT_CHECK


async def test_t9_a_newer_photograph_must_be_explained(workplace: Workplace) -> None:
    """Porcha Woodruff: compared by a photograph of eight years ago, although there was a newer one."""
    id = await agreed(workplace)
    mate = await mate_of(workplace, id)
    newer = replace(mate, id="P-NEW", sha256="ef" * 32, arrest_number="K26000001")
    async with workplace.db.transaction() as tx:
        await tx.photographs.add(replace(newer, capture_date=date(2026, 11, 1)))
    block = detailed(BlockId.CHECK, Check.NEWER_PHOTOGRAPH)
    delivery = await workplace.acts.check_context(cases.ERIK, id, {block: "consistent"})
    assert set(delivery.errors) == {block}
    erik = workplace.person(cases.ERIK)
    assert "A newer photograph exists" in text_of(erik.modal)
    await erik.fill_and_submit(answered(Check.NEWER_PHOTOGRAPH, "inconsistent"))
    await workplace.settle()
    await release_forged(workplace, id)
    assert await workplace.refusals() == [
        ("8101", "AGAINST_RECORD"),
        ("9001", "CONTEXT_INCONSISTENT"),
    ]


async def test_t9_a_newer_photograph_that_came_after_the_check_stops_the_release(
    workplace: Workplace,
) -> None:
    id = await workplace.reviewable()
    newer = replace(await mate_of(workplace, id), id="P-NEW", sha256="ef" * 32)
    sam = await workplace.acts.review(cases.SAM, id)
    async with workplace.db.transaction() as tx:
        await tx.photographs.add(replace(newer, capture_date=date(2026, 11, 22)))
    await workplace.acts.rule_release(sam)
    await workplace.settle()
    assert await workplace.refusals() == [("9001", "CONTEXT_OUTDATED")]
    assert await workplace.state(id) is State.SUPERVISOR_REVIEW


@pytest.mark.parametrize(
    ("account", "rule"),
    [
        (cases.PRIYA, "FIRST_EXAMINER_CHECKS"),
        (cases.LENA, "NOT_OF_THIS_ROUND"),
        (cases.SAM, "ROLE_REQUIRED"),
    ],
)
async def test_nobody_but_the_first_examiner_opens_the_facts(
    workplace: Workplace, account: str, rule: str
) -> None:
    id = await agreed(workplace)
    card = await workplace.acts.context_card(cases.ERIK, id)
    erik = workplace.person(cases.ERIK)
    await workplace.deliver(
        workplace.press(account, erik.dm, card["ts"], ActionId.CHECK_CONTEXT)
    )
    assert workplace.person(account).modal is None
    assert [r for _, r in await workplace.refusals()] == [rule]


async def test_the_peer_stands_in_for_a_first_examiner_who_cannot(
    workplace: Workplace,
) -> None:
    id = await agreed(workplace)
    workplace.in_roles(cases.ERIK, certified_until=date(2026, 1, 1))
    card = await workplace.acts.context_card(cases.ERIK, id)
    erik = workplace.person(cases.ERIK)
    await erik.click(erik.dm, card["ts"], ActionId.CHECK_CONTEXT)
    await workplace.settle()
    assert await workplace.refusals() == [("8101", "TRAINING_EXPIRED")]
    await workplace.acts.check_context(cases.PRIYA, id)
    await workplace.settle()
    assert await workplace.state(id) is State.SUPERVISOR_REVIEW


async def test_the_peer_stands_in_after_a_day(workplace: Workplace) -> None:
    id = await agreed(workplace)
    workplace.clock.moment += timedelta(hours=24)
    await workplace.acts.check_context(cases.PRIYA, id)
    await workplace.settle()
    assert await workplace.state(id) is State.SUPERVISOR_REVIEW


async def test_a_check_is_saved_once_and_not_after_a_withdrawal(
    workplace: Workplace,
) -> None:
    id = await agreed(workplace)
    erik = await workplace.acts.open_context(cases.ERIK, id)
    [view] = workplace.sandbox.workspace.modals.stacks[cases.ERIK]
    for check in Check:
        chosen = detailed(BlockId.CHECK, check)
        erik.fill({chosen: "consistent"})
    payload = erik.payloads.submission(cases.ERIK, view)
    again = [payload | {"view": payload["view"] | {"id": f"V-{n}"}} for n in range(5)]
    await workplace.deliver(*again)
    assert len(await workplace.events(Verb.CONTEXT_CHECKED)) == 1
    assert {r for _, r in await workplace.refusals()} == {"STATE"}
    await workplace.acts.press_own(cases.DANA, id, ActionId.WITHDRAW)
    await workplace.settle()
    late = payload | {"view": payload["view"] | {"id": "V-late"}}
    await workplace.deliver(late)
    assert len(await workplace.events(Verb.CONTEXT_CHECKED)) == 1


async def test_the_card_names_no_candidate_and_closes_itself(
    workplace: Workplace,
) -> None:
    """A notification shows it to whoever looks at the screen."""
    id = await agreed(workplace)
    card = await workplace.acts.context_card(cases.ERIK, id)
    read = text_of(card)
    assert "Candidate" not in read
    assert "D0014" not in read
    await workplace.acts.check_context(cases.ERIK, id)
    await workplace.settle()
    messages = workplace.sandbox.workspace.messages
    [after] = [m for m in messages if m.ts == card["ts"]]
    assert "nothing left to do" in text_of(after.blocks)
    assert "nconsistent" not in text_of(after.blocks)


async def test_what_was_noted_goes_with_the_list_it_was_about(
    workplace: Workplace,
) -> None:
    id = await workplace.reviewable()
    request = await workplace.request(id)
    async with workplace.db.snapshot() as snapshot:
        assert len(await snapshot.contexts.of(id, request.round)) == 1
        search = await snapshot.searches.find_latest(id)
    assert search is not None
    async with workplace.db.transaction() as tx:
        await tx.contexts.purge(search.id)
    async with workplace.db.snapshot() as snapshot:
        assert await snapshot.contexts.of(id, request.round) == {}


async def test_a_third_examiner_never_reads_who_it_is(workplace: Workplace) -> None:
    """Not as a stand-in either: policy 6.5 has no biographics for that seat."""
    id = await workplace.peered()
    await workplace.decided(id, cases.PRIYA, 1, MATE, conclusion=0)
    await workplace.decided(id, cases.LENA, 2, MATE, conclusion=1, in_context=False)
    await workplace.settle()
    assert await workplace.state(id) is State.CONTEXT_CHECK
    workplace.clock.forward(hours=25)
    await workplace.settle()
    card = await workplace.acts.context_card(cases.ERIK, id)
    erik = workplace.person(cases.ERIK)
    await workplace.deliver(
        workplace.press(cases.LENA, erik.dm, card["ts"], ActionId.CHECK_CONTEXT)
    )
    assert await workplace.refusals() == [("8103", "NOT_OF_THIS_ROUND")]
    assert not any("Context check of" in t for t in workplace.seen_by(cases.LENA))


async def end(workplace: Workplace, id: str) -> None:
    """A supervisor's ruling as it comes to the services, whatever the cards offer."""
    async with workplace.db.snapshot() as snapshot:
        request = await snapshot.requests.get(id)
    await releases.rule(
        workplace.db,
        id,
        Ruling.RETURN,
        "Nobody can make the check.",
        candidate_id=None,
        version=request.version,
        zone="America/New_York",
        actor=an_actor(Role.SUPERVISOR, person="9001"),
        now=workplace.clock(),
    )


async def test_a_check_that_nobody_may_make_is_told_and_a_supervisor_ends_it(
    workplace: Workplace,
) -> None:
    """Both certificates have run out: nobody waits for ever, and nothing is released unchecked."""
    id = await agreed(workplace)
    both, yesterday = {cases.ERIK, cases.PRIYA}, date(2026, 11, 22)
    people = [
        one | ({"certified_until": yesterday} if both & {*one["slack_users"]} else {})
        for one in cases.people()
    ]
    workplace.settings.role_map.write_text(render(people))
    for _ in range(2):
        await workplace.bot.ticks.tell_of_vacant()
        await workplace.settle()
    messages = workplace.person(cases.SAM).messages(cases.SUPERVISORS)
    told = [m for m in messages if "a context check waits" in text_of(m)]
    assert len(told) == 1
    assert workplace.acts.supervisor_card(id, ActionId.REVIEW) is None
    with pytest.raises(Refusal, match="24 hours") as early:
        await end(workplace, id)
    assert early.value.rule == "STATE"
    workplace.clock.forward(hours=25)
    await workplace.bot.ticks.tell_of_vacant()
    await workplace.settle()
    await release_forged(workplace, id)
    assert await workplace.state(id) is State.CONTEXT_CHECK
    assert (await workplace.refusals())[-1] == ("9001", "STATE")
    await workplace.person(cases.SAM).close_modal()
    await workplace.acts.close(cases.SAM, id, "return")
    await workplace.settle()
    assert await workplace.state(id) is State.EXAMINATION
    [returned] = await workplace.events(Verb.REQUEST_RETURNED)
    assert returned.facts["from"] == "context_check"


async def test_nobody_is_told_of_a_check_that_the_peer_may_make(
    workplace: Workplace,
) -> None:
    id = await agreed(workplace)
    workplace.in_roles(cases.ERIK, certified_until=date(2026, 11, 22))
    await workplace.bot.ticks.tell_of_vacant()
    await workplace.settle()
    messages = workplace.person(cases.SAM).messages(cases.SUPERVISORS)
    assert not any(id in text_of(m) for m in messages)

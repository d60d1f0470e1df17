"""The same probe once more: known again, held, and searched only upon new facts (T11, T17, A21)."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.domain.audit import Verb
from bot.domain.prints import Likeness, Repeat
from bot.domain.workflow import State
from bot.roles import render
from bot.sandbox import cases
from bot.sandbox.acts import actions, all_text
from bot.sandbox.repeating import NEW_FACTS, NONE_NEW
from bot.views.ids import ActionId, BlockId
from tests.front import Workplace, still, text_of
from tests.journeys.repeats import again, disguised, edited, repeated
from tests.journeys.threats import THREAT, sign

OTHER_CASE = "2026-099-000777"


async def searches(workplace: Workplace, id: str) -> int:
    async with workplace.db.snapshot() as snapshot:
        return len(await snapshot.searches.of(id))


def card_of(workplace: Workplace, id: str) -> str:
    return all_text(workplace.repeating.find(id))


# --- T11: the same probe after no possible match


async def test_t11_the_same_probe_after_no_match_is_not_searched_without_a_supervisor(
    workplace: Workplace,
) -> None:
    first, held = await repeated(workplace)
    assert await searches(workplace, held) == 0
    [found] = await workplace.events(Verb.REPEAT_FOUND)
    assert found.subject == held
    assert found.facts["rule"] == "REPEATED_PROBE"
    assert found.facts["repeats"] == {first: "same_file"}


async def test_t11_with_new_facts_of_a_supervisor_it_is_searched_and_examined_anew(
    workplace: Workplace,
) -> None:
    _, held = await repeated(workplace)
    await workplace.repeating.allow(cases.SAM, held)
    await workplace.settle()
    assert await workplace.state(held) is State.EXAMINATION
    assert await searches(workplace, held) == 1
    [allowed] = await workplace.events(Verb.REPEAT_ALLOWED)
    assert (allowed.actor, allowed.facts["new_facts"]) == ("9001", NEW_FACTS)
    card = card_of(workplace, held)
    assert "Allowed because of new facts" in card
    assert NEW_FACTS in card
    assert workplace.acts.supervisor_card(held, ActionId.ALLOW_REPEAT) is None


async def test_t11_refused_it_ends_unsearched_and_the_requester_reads_the_rule(
    workplace: Workplace,
) -> None:
    _, held = await repeated(workplace)
    await workplace.repeating.refuse(cases.RUTH, held)
    await workplace.settle()
    assert await workplace.state(held) is State.REFUSED
    assert await searches(workplace, held) == 0
    own = text_of(workplace.acts.own_card(cases.DANA, held))
    assert "REPEATED_PROBE" in own
    assert NONE_NEW not in own
    [refused] = await workplace.events(Verb.REPEAT_REFUSED)
    assert (refused.actor, refused.facts["reason"]) == ("9002", NONE_NEW)


@pytest.mark.parametrize("facts", ["x" * 19, " " * 40])
async def test_t11_without_new_facts_in_words_nothing_is_allowed(
    workplace: Workplace, facts: str
) -> None:
    _, held = await repeated(workplace)
    sent = await workplace.repeating.allow(cases.SAM, held, facts)
    await workplace.settle()
    assert BlockId.REASON in sent.errors
    assert await workplace.state(held) is State.REPEAT_REVIEW


async def test_t11_a_new_image_of_another_person_is_no_repetition(
    workplace: Workplace,
) -> None:
    await workplace.unanswered()
    other = await again(workplace, image=still("stranger", 1))
    assert await workplace.state(other) is State.EXAMINATION
    assert await workplace.events(Verb.REPEAT_FOUND) == []


# --- T17: the second search of a case with another image


async def test_t17_a_second_search_with_a_look_alike_is_refused_by_its_rule(
    workplace: Workplace,
) -> None:
    await workplace.unanswered()
    person = await workplace.acts.open_form(cases.DANA, "2026-075-001234")
    await workplace.acts.fill_form(
        person, still("mated"), changes={BlockId.PROHIBITED_IMAGES: ["P_LOOKALIKE"]}
    )
    await workplace.settle()
    assert (await workplace.counts())[:2] == (1, 1)
    assert await workplace.refusals() == [("4711", "P_LOOKALIKE")]


async def test_t17_the_real_still_edited_after_no_match_is_held(
    workplace: Workplace,
) -> None:
    first = await workplace.unanswered()
    held = await again(workplace, image=edited(still("stranger")))
    assert await workplace.state(held) is State.REPEAT_REVIEW
    [found] = await workplace.events(Verb.REPEAT_FOUND)
    assert set(found.facts["repeats"]) == {first}
    assert found.facts["repeats"][first] != "same_file"


# --- A21: try until somebody is found


async def test_a21_another_case_number_and_another_requester_do_not_help(
    workplace: Workplace,
) -> None:
    first = await workplace.unanswered()
    held = await again(
        workplace, cases.OMAR, edited(still("stranger")), case_number=OTHER_CASE
    )
    assert await workplace.state(held) is State.REPEAT_REVIEW
    card = card_of(workplace, held)
    assert first in card
    assert "No possible match" in card


async def test_a21_while_a_request_with_the_image_is_open_another_one_is_held(
    workplace: Workplace,
) -> None:
    await workplace.searched()
    held = await again(workplace, cases.OMAR, still("mated"))
    assert await workplace.state(held) is State.REPEAT_REVIEW
    assert "Still open" in card_of(workplace, held)


async def test_a21_a_lead_that_was_released_is_no_reason_to_search_again(
    workplace: Workplace,
) -> None:
    await workplace.released()
    held = await again(workplace, cases.OMAR, still("mated"))
    assert await workplace.state(held) is State.REPEAT_REVIEW
    assert "Answered with a lead" in card_of(workplace, held)


async def test_a21_of_two_at_once_one_is_searched(workplace: Workplace) -> None:
    image = still("stranger")
    ids = [
        await workplace.acts.request(account, image)
        for account in (cases.DANA, cases.OMAR)
    ]
    await workplace.settle()
    states = {await workplace.state(id) for id in ids}
    assert states == {State.EXAMINATION, State.REPEAT_REVIEW}


async def test_a21_a_refused_repetition_is_held_again(workplace: Workplace) -> None:
    first, held = await repeated(workplace)
    await workplace.repeating.refuse(cases.SAM, held)
    await workplace.settle()
    third = await again(workplace)
    assert await workplace.state(third) is State.REPEAT_REVIEW
    async with workplace.db.snapshot() as snapshot:
        found = await snapshot.prints.repeats(third)
    assert [repeat.earlier_id for repeat in found] == [first]


async def test_a21_withdrawn_before_any_search_it_may_be_sent_again(
    workplace: Workplace,
) -> None:
    _, held = await repeated(workplace)
    await workplace.acts.press_own(cases.DANA, held, ActionId.WITHDRAW)
    await workplace.settle()
    assert await workplace.state(held) is State.WITHDRAWN
    card = workplace.repeating.find(held)
    assert card is not None
    assert actions(card) == set()
    third = await again(workplace)
    async with workplace.db.snapshot() as snapshot:
        found = await snapshot.prints.repeats(third)
    assert held not in [repeat.earlier_id for repeat in found]


async def test_a21_withdrawn_after_a_search_it_may_not(workplace: Workplace) -> None:
    id = await workplace.searched()
    await workplace.acts.press_own(cases.DANA, id, ActionId.WITHDRAW)
    await workplace.settle()
    held = await again(workplace, image=still("mated"))
    assert await workplace.state(held) is State.REPEAT_REVIEW


async def test_a21_another_face_of_the_same_picture_is_another_question(
    workplace: Workplace,
) -> None:
    image = still("several")
    ids = [await again(workplace, image=image) for _ in range(3)]
    for id, face in zip(ids, (0, 1, 1), strict=True):
        await workplace.acts.press_own(cases.DANA, id, f"{ActionId.CHOOSE_FACE}.{face}")
        await workplace.settle()
    states = [await workplace.state(id) for id in ids]
    assert State.REPEAT_REVIEW not in states[:2]
    assert states[2] is State.REPEAT_REVIEW


async def test_a21_another_repository_for_the_same_request_is_no_repetition(
    workplace: Workplace,
) -> None:
    id = await workplace.authorized()
    assert await workplace.state(id) is State.EXAMINATION
    assert await workplace.events(Verb.REPEAT_FOUND) == []


# --- who may, and once only


async def test_a1_nobody_allows_the_own_repetition(workplace: Workplace) -> None:
    _, held = await repeated(workplace)
    workplace.in_roles(cases.DANA, roles=["requester", "supervisor"])
    await workplace.sandbox.join(cases.SUPERVISORS, cases.DANA)
    card = await workplace.repeating.card(held)
    await workplace.person(cases.DANA).click(
        cases.SUPERVISORS, card["ts"], ActionId.ALLOW_REPEAT
    )
    await workplace.settle()
    assert await workplace.state(held) is State.REPEAT_REVIEW
    assert await workplace.refusals() == [("4711", "SEPARATION_OF_DUTIES")]


async def test_a1_who_examined_the_image_before_does_not_decide(
    workplace: Workplace,
) -> None:
    _, held = await repeated(workplace)
    workplace.in_roles(cases.ERIK, roles=["examiner", "supervisor"])
    await workplace.sandbox.join(cases.SUPERVISORS, cases.ERIK)
    card = await workplace.repeating.card(held)
    await workplace.person(cases.ERIK).click(
        cases.SUPERVISORS, card["ts"], ActionId.REFUSE_REPEAT
    )
    await workplace.settle()
    assert await workplace.state(held) is State.REPEAT_REVIEW
    assert await workplace.refusals() == [("8101", "SEPARATION_OF_DUTIES")]


async def test_a3_an_examiner_in_the_channel_decides_nothing(
    workplace: Workplace,
) -> None:
    _, held = await repeated(workplace)
    await workplace.sandbox.join(cases.SUPERVISORS, cases.LENA)
    card = await workplace.repeating.card(held)
    await workplace.person(cases.LENA).click(
        cases.SUPERVISORS, card["ts"], ActionId.ALLOW_REPEAT
    )
    await workplace.settle()
    assert await workplace.state(held) is State.REPEAT_REVIEW
    assert await workplace.refusals() == [("8103", "ROLE_REQUIRED")]


async def test_a11_of_two_supervisors_at_once_one_decides(workplace: Workplace) -> None:
    _, held = await repeated(workplace)
    first = await workplace.repeating.open(cases.SAM, held, allow=True)
    second = await workplace.repeating.open(cases.RUTH, held, allow=False)
    await first.fill_and_submit({BlockId.REASON: NEW_FACTS})
    await second.fill_and_submit({BlockId.REASON: NONE_NEW})
    await workplace.settle()
    assert await workplace.state(held) is State.EXAMINATION
    assert await workplace.refusals() == [("9002", "STATE")]
    assert await workplace.events(Verb.REPEAT_REFUSED) == []


async def test_a_form_sent_after_the_withdrawal_changes_nothing(
    workplace: Workplace,
) -> None:
    _, held = await repeated(workplace)
    person = await workplace.repeating.open(cases.SAM, held, allow=True)
    await workplace.acts.press_own(cases.DANA, held, ActionId.WITHDRAW)
    await workplace.settle()
    await person.fill_and_submit({BlockId.REASON: NEW_FACTS})
    await workplace.settle()
    assert await workplace.state(held) is State.WITHDRAWN
    assert await workplace.refusals() == [("9001", "STATE")]


# --- purpose F goes through both


async def test_a34_a_repeated_probe_for_a_threat_needs_both_words(
    workplace: Workplace,
) -> None:
    await workplace.unanswered()
    held = await again(workplace, **THREAT)
    assert await workplace.state(held) is State.REPEAT_REVIEW
    await workplace.repeating.allow(cases.SAM, held)
    await workplace.settle()
    assert await workplace.state(held) is State.SIGN_OFF
    assert await searches(workplace, held) == 0
    await sign(workplace, held, cases.SAM, ActionId.SIGN_OFF)
    assert await workplace.state(held) is State.EXAMINATION


# --- what is told


async def test_the_requester_learns_that_it_was_sent_before_and_nothing_of_what_came_of_it(
    workplace: Workplace,
) -> None:
    first = await workplace.unanswered()
    held = await again(workplace, cases.OMAR, case_number=OTHER_CASE)
    own = text_of(workplace.acts.own_card(cases.OMAR, held))
    assert "sent for a search before" in own
    assert "A supervisor decides" in own
    seen = "\n".join(workplace.seen_by(cases.OMAR)).replace(first, "", 1)
    assert "possible match" not in seen
    assert "Repeated probe" not in seen


async def test_the_card_of_a_repetition_has_no_candidate_and_no_score(
    workplace: Workplace,
) -> None:
    first = await workplace.released()
    held = await again(workplace, cases.OMAR, still("mated"))
    card = card_of(workplace, held)
    for listed in await workplace.listed(first):
        assert listed.subject_id not in card
        assert f"{listed.similarity:.2f}" not in card


async def test_a21_whoever_compared_the_image_before_does_not_compare_it_again(
    workplace: Workplace,
) -> None:
    """Nor rule on its release; and supervisor and requester read what the answer was."""
    first, held = await repeated(workplace)
    await workplace.repeating.allow(cases.SAM, held)
    await workplace.settle()
    card = await workplace.acts.examination(held)
    erik = workplace.person(cases.ERIK)
    await erik.click(cases.EXAMINERS, card["ts"], ActionId.TAKE)
    await workplace.settle()
    assert await workplace.refusals() == [("8101", "SEPARATION_OF_DUTIES")]
    assert "for an earlier request" in workplace.told(cases.ERIK)

    found = (await workplace.listed(held))[0].subject_id
    await workplace.decided(held, cases.LENA, 0, found)
    await workplace.decided(held, cases.TOMAS, 1, found)
    await workplace.settle()
    sam = await workplace.acts.review(cases.SAM, held)
    assert f"{first}: no possible match" in text_of(sam.modal)
    await workplace.acts.rule_release(sam)
    await workplace.settle()
    read = text_of(workplace.acts.own_card(cases.DANA, held))
    assert f"*Image searched before:* {first}: no possible match" in read


async def test_a21_of_a_section_in_which_all_compared_it_before_supervisors_are_told(
    workplace: Workplace,
) -> None:
    _, held = await repeated(workplace)
    await workplace.repeating.allow(cases.SAM, held)
    await workplace.settle()
    long_ago = date(2026, 11, 22)
    others = {cases.PRIYA, cases.LENA, cases.TOMAS}
    people = [
        one | ({"certified_until": long_ago} if others & {*one["slack_users"]} else {})
        for one in cases.people()
    ]
    workplace.settings.role_map.write_text(render(people))
    await workplace.bot.ticks.tell_of_vacant()
    await workplace.settle()
    told = workplace.person(cases.SAM).messages(cases.SUPERVISORS)
    assert any(f"{held}: a comparison waits" in all_text(one) for one in told)


# --- somebody who edits an image until it is searched


async def test_a21_whose_image_was_held_is_not_searched_with_a_disguised_one(
    workplace: Workplace,
) -> None:
    """Withdrawing costs nothing, so the next try of the same person is held more easily."""
    first, held = await repeated(workplace)
    await workplace.acts.press_own(cases.DANA, held, ActionId.WITHDRAW)
    await workplace.settle()
    tried = await again(workplace, image=disguised(still("stranger")))
    assert await workplace.state(tried) is State.REPEAT_REVIEW
    async with workplace.db.snapshot() as snapshot:
        assert await snapshot.prints.repeats(tried) == [
            Repeat(first, Likeness.TRIED_AGAIN)
        ]
    assert "less likeness is enough" in card_of(workplace, tried)


async def test_a_disguised_image_is_searched_where_nothing_was_held(
    workplace: Workplace,
) -> None:
    """What the stricter limit is for: without it the first try would be the last that is seen."""
    await workplace.unanswered()
    id = await again(workplace, image=disguised(still("stranger")))
    assert await workplace.events(Verb.REPEAT_FOUND) == []
    assert await workplace.state(id) is State.EXAMINATION


async def test_the_stricter_limit_is_for_the_same_requester_or_case_and_for_thirty_days(
    workplace: Workplace,
) -> None:
    _, id = await repeated(workplace)
    async with workplace.db.snapshot() as snapshot:
        held = await snapshot.requests.get(id)
        for account, case_number, days, is_found in (
            (held.requester, "2026-075-009999", 30, True),
            ("4999", held.asked.case_number, 30, True),
            ("4999", "2026-075-009999", 30, False),
            (held.requester, held.asked.case_number, 0, False),
        ):
            asked = replace(held.asked, case_number=case_number)
            other = replace(held, id="FIS-2026-999999", requester=account, asked=asked)
            since = workplace.clock() + timedelta(seconds=1) - timedelta(days=days)
            found = await snapshot.prints.held(other, since)
            assert bool(found) is is_found


async def test_a21_whoever_compared_the_image_for_a_later_request_does_not_compare_it_again(
    workplace: Workplace,
) -> None:
    """The other way round: the repetition is examined first, while the earlier request still waits."""
    first = await workplace.peered()
    second = await again(workplace, cases.OMAR, still("mated"))
    assert await workplace.state(second) is State.REPEAT_REVIEW
    await workplace.repeating.allow(cases.SAM, second)
    await workplace.settle()
    await workplace.decided(second, cases.LENA, 0, "D0014")
    await workplace.settle()
    card = await workplace.acts.examination(first, 1)
    await workplace.person(cases.LENA).click(cases.EXAMINERS, card["ts"], ActionId.TAKE)
    await workplace.settle()
    async with workplace.db.snapshot() as snapshot:
        assert (await snapshot.examinations.of(first))[1].examiner is None

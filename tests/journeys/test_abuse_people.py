"""Abuse by people: two parts on one case, rights that are gone, strangers (policy 7: A1, A2, A4, A5)."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bot.domain.audit import Verb
from bot.domain.workflow import State
from bot.sandbox import cases
from bot.sandbox.acts import SEEN
from bot.views.ids import ActionId
from tests.front import Workplace, text_of

TOMAS = "8104"
LONG = date(2099, 12, 31)


async def take(workplace: Workplace, account: str, id: str, place: int = 0) -> None:
    ts = await workplace.card(id, place)
    await workplace.person(account).click(cases.EXAMINERS, ts, ActionId.TAKE)
    await workplace.settle()


async def taken_by(workplace: Workplace, id: str, place: int = 0) -> str | None:
    async with workplace.db.snapshot() as snapshot:
        return (await snapshot.examinations.of(id))[place].examiner


async def test_a1_a_requester_does_not_examine_the_own_request(
    workplace: Workplace,
) -> None:
    id = await workplace.searched()
    workplace.in_roles(
        cases.DANA, roles=["requester", "examiner"], certified_until=LONG
    )
    await workplace.sandbox.join(cases.EXAMINERS, cases.DANA)
    await take(workplace, cases.DANA, id)
    assert await taken_by(workplace, id) is None
    assert await workplace.refusals() == [("4711", "SEPARATION_OF_DUTIES")]
    assert "You are the requester" in workplace.told(cases.DANA)


async def test_a1_a_requester_does_not_release_the_own_request(
    workplace: Workplace,
) -> None:
    id = await workplace.reviewable()
    workplace.in_roles(cases.DANA, roles=["requester", "supervisor"])
    await workplace.sandbox.join(cases.SUPERVISORS, cases.DANA)
    card = workplace.acts.supervisor_card(id, ActionId.REVIEW)
    assert card is not None
    dana = workplace.person(cases.DANA)
    await dana.click(cases.SUPERVISORS, card["ts"], ActionId.REVIEW)
    await workplace.settle()
    assert dana.modal is None
    assert await workplace.refusals() == [("4711", "SEPARATION_OF_DUTIES")]


async def test_a2_the_first_examiner_is_not_the_second(workplace: Workplace) -> None:
    id = await workplace.peered()
    await take(workplace, cases.ERIK, id, 1)
    assert await taken_by(workplace, id, 1) is None
    assert await workplace.refusals() == [("8101", "SEPARATION_OF_DUTIES")]


async def test_a2_a_second_account_is_still_the_same_person(
    workplace: Workplace,
) -> None:
    id = await workplace.peered()
    workplace.in_roles(cases.PRIYA, person="8101")
    await take(workplace, cases.PRIYA, id, 1)
    assert await taken_by(workplace, id, 1) is None
    assert await workplace.refusals() == [("8101", "SEPARATION_OF_DUTIES")]


@pytest.mark.parametrize("account", [cases.ERIK, cases.PRIYA])
async def test_a2_an_examiner_of_it_does_not_release_it(
    workplace: Workplace, account: str
) -> None:
    id = await workplace.reviewable()
    workplace.in_roles(account, roles=["examiner", "supervisor"], certified_until=LONG)
    await workplace.sandbox.join(cases.SUPERVISORS, account)
    card = workplace.acts.supervisor_card(id, ActionId.REVIEW)
    assert card is not None
    person = workplace.person(account)
    await person.click(cases.SUPERVISORS, card["ts"], ActionId.REVIEW)
    await workplace.settle()
    assert person.modal is None
    assert [rule for _, rule in await workplace.refusals()] == ["SEPARATION_OF_DUTIES"]


async def gone_from_channel(workplace: Workplace) -> str:
    await workplace.sandbox.leave(cases.EXAMINERS, cases.TOMAS)
    return "NOT_IN_CHANNEL"


async def role_taken_away(workplace: Workplace) -> str:
    workplace.in_roles(cases.TOMAS, roles=["requester"])
    return "ROLE_REQUIRED"


async def struck_from_the_map(workplace: Workplace) -> str:
    workplace.in_roles(cases.TOMAS, slack_users=["U-SOMEBODY"])
    return "NOT_IN_ROLE_MAP"


async def certification_expired(workplace: Workplace) -> str:
    workplace.in_roles(cases.TOMAS, certified_until=date(2026, 11, 22))
    return "TRAINING_EXPIRED"


async def never_certified(workplace: Workplace) -> str:
    workplace.in_roles(cases.TOMAS, certified_until=None)
    return "TRAINING_EXPIRED"


async def map_unreadable(workplace: Workplace) -> str:
    workplace.settings.role_map.write_text("people: [")
    return "ROLE_MAP_UNREADABLE"


async def account_deactivated(workplace: Workplace) -> str:
    become(workplace, cases.TOMAS, deleted=True)
    return "NOT_A_FULL_MEMBER"


RIGHTS_GONE = [
    gone_from_channel,
    role_taken_away,
    struck_from_the_map,
    certification_expired,
    never_certified,
    map_unreadable,
    account_deactivated,
]


def become(workplace: Workplace, account: str, **flags: Any) -> None:
    users = workplace.sandbox.workspace.users
    users[account] = replace(users[account], **flags)
    workplace.bot.workspace.forget()


@pytest.mark.parametrize("happens", RIGHTS_GONE)
async def test_a4_a_right_that_is_gone_is_gone_at_the_next_click(
    workplace: Workplace, happens: object
) -> None:
    """Every button of an examination that was rightfully taken: none of them works any more."""
    assert callable(happens)
    id = await workplace.searched()
    await workplace.acts.take(cases.TOMAS, await workplace.acts.examination(id))
    await workplace.settle()
    ts = await workplace.card(id)
    [page] = [
        m["ts"]
        for m in workplace.person(cases.SAM).thread(cases.EXAMINERS, ts)
        if "Candidates" in m["text"]
    ]
    presses = [
        workplace.press(cases.TOMAS, cases.EXAMINERS, page, "exclude.A"),
        workplace.press(cases.TOMAS, cases.EXAMINERS, page, "compare.B"),
        workplace.press(cases.TOMAS, cases.EXAMINERS, ts, ActionId.MY_DECISIONS),
        workplace.press(cases.TOMAS, cases.EXAMINERS, ts, ActionId.SUBMIT_EXAMINATION),
        workplace.press(cases.TOMAS, cases.EXAMINERS, ts, ActionId.HAND_BACK),
    ]
    rule = await happens(workplace)
    await workplace.deliver(*presses)
    assert [r for _, r in await workplace.refusals()] == [rule] * len(presses)
    assert await workplace.events(Verb.CANDIDATE_DISPOSED, Verb.CANDIDATE_VIEWED) == []
    assert workplace.person(cases.TOMAS).modal is None


async def test_a4_a_comparison_begun_in_time_is_not_saved_too_late(
    workplace: Workplace,
) -> None:
    id = await workplace.searched()
    card = await workplace.acts.examination(id)
    await workplace.acts.take(cases.TOMAS, card)
    await workplace.settle()
    person, candidates = (
        workplace.person(cases.TOMAS),
        workplace.acts.candidates(cases.TOMAS, card),
    )
    await person.click(cases.EXAMINERS, candidates[0].page_ts, "compare.A")
    await workplace.settle()
    workplace.in_roles(cases.TOMAS, certified_until=date(2026, 11, 22))
    await person.fill_and_submit(
        {
            "conclusion": "2",
            "reason": "The ears agree, the nose agrees.",
            **{f"component.{c}": f.value for c, f in SEEN.items()},
        }
    )
    await workplace.settle()
    assert await workplace.refusals() == [(TOMAS, "TRAINING_EXPIRED")]
    assert await workplace.events(Verb.CANDIDATE_DISPOSED) == []
    # A form has no channel of its own: the note comes as a direct message.
    assert "certification has expired" in text_of(person.dm_messages())


UNFIT = [
    {"is_restricted": True},
    {"is_ultra_restricted": True},
    {"is_stranger": True},
    {"deleted": True},
    {"is_bot": True},
]


@pytest.mark.parametrize("flags", UNFIT, ids=lambda flags: next(iter(flags)))
async def test_a5_only_full_members_ask_for_a_search(
    workplace: Workplace, flags: dict[str, bool]
) -> None:
    become(workplace, cases.DANA, **flags)
    dana = workplace.person(cases.DANA)
    form = dana.payloads.command(cases.DANA, cases.REQUESTS, "/fis-request", "")
    await workplace.sandbox.courier.command(cases.DANA, form)
    await workplace.settle()
    assert dana.modal is None
    assert await workplace.refusals() == [("4711", "NOT_A_FULL_MEMBER")]


async def test_a5_somebody_of_another_workspace_is_refused(
    workplace: Workplace,
) -> None:
    become(workplace, cases.DANA, team_id="T-ELSEWHERE")
    await workplace.person(cases.DANA).command(cases.REQUESTS, "/fis-request")
    await workplace.settle()
    assert workplace.person(cases.DANA).modal is None
    assert await workplace.refusals() == [("4711", "NOT_A_FULL_MEMBER")]


async def test_a5_a_guest_of_the_request_channel_gets_no_form(
    workplace: Workplace,
) -> None:
    vic = workplace.person(cases.VIC)
    await vic.command(cases.REQUESTS, "/fis-request")
    await workplace.settle()
    assert vic.modal is None
    [note] = workplace.notes(cases.VIC, cases.REQUESTS)
    assert "guests cannot take part" in note


async def shared(workplace: Workplace, channel: str) -> None:
    await workplace.sandbox.share_outside(channel)


async def made_public(workplace: Workplace, channel: str) -> None:
    workplace.sandbox.workspace.channels[channel].is_private = False
    workplace.bot.workspace.forget()


async def about_to_be_shared(workplace: Workplace, channel: str) -> None:
    workplace.sandbox.workspace.channels[channel].is_pending_ext_shared = True
    workplace.bot.workspace.forget()


async def joined_by_the_requester(workplace: Workplace, channel: str) -> None:
    await workplace.sandbox.join(channel, cases.DANA)


async def joined_by_an_outsider(workplace: Workplace, channel: str) -> None:
    await workplace.sandbox.join(channel, cases.OMAR)


UNSAFE = [shared, made_public, about_to_be_shared]


@pytest.mark.parametrize("happens", UNSAFE)
async def test_a5_nothing_is_accepted_in_a_channel_that_is_not_safe(
    workplace: Workplace, happens: object
) -> None:
    assert callable(happens)
    await happens(workplace, cases.REQUESTS)
    await workplace.person(cases.DANA).command(cases.REQUESTS, "/fis-request")
    await workplace.settle()
    assert workplace.person(cases.DANA).modal is None
    assert await workplace.refusals() == [("4711", "UNSAFE_CHANNEL")]


@pytest.mark.parametrize(
    "happens", [*UNSAFE, joined_by_the_requester, joined_by_an_outsider]
)
async def test_a5_nothing_is_posted_any_more_in_a_channel_that_is_not_safe(
    workplace: Workplace, happens: object
) -> None:
    assert callable(happens)
    await happens(workplace, cases.EXAMINERS)
    id = await workplace.sent()
    assert await workplace.state(id) is State.EXAMINATION
    assert workplace.person(cases.ERIK).messages(cases.EXAMINERS) == []
    assert workplace.pictures_of(cases.ERIK) == []
    [unsafe] = await workplace.events(Verb.CHANNEL_UNSAFE)
    assert unsafe.subject == cases.EXAMINERS
    alerts = [
        m
        for m in workplace.person(cases.SAM).messages(cases.SUPERVISORS)
        if "Attention" in text_of(m)
    ]
    assert len(alerts) == 1
    assert id not in text_of(alerts)


async def test_a5_what_was_held_back_is_posted_once_the_channel_is_safe_again(
    workplace: Workplace,
) -> None:
    await shared(workplace, cases.EXAMINERS)
    id = await workplace.sent()
    workplace.sandbox.workspace.channels[cases.EXAMINERS].is_ext_shared = False
    workplace.bot.workspace.forget()
    workplace.clock.forward(minutes=2)
    await workplace.settle()
    assert len(workplace.acts.examination_cards(id)) == 1


async def test_a5_a_card_in_a_channel_that_became_unsafe_cannot_be_used(
    workplace: Workplace,
) -> None:
    id = await workplace.searched()
    ts = await workplace.card(id)
    await shared(workplace, cases.EXAMINERS)
    await workplace.person(cases.ERIK).click(cases.EXAMINERS, ts, ActionId.TAKE)
    await workplace.settle()
    assert await taken_by(workplace, id) is None
    assert await workplace.refusals() == [("8101", "UNSAFE_CHANNEL")]


async def test_a_request_is_made_in_the_request_channel_only(
    workplace: Workplace,
) -> None:
    await workplace.sandbox.join(cases.EXAMINERS, cases.DANA)
    await workplace.person(cases.DANA).command(cases.EXAMINERS, "/fis-request")
    await workplace.settle()
    assert workplace.person(cases.DANA).modal is None
    assert await workplace.refusals() == [("4711", "WRONG_CHANNEL")]


async def test_only_the_requester_opens_the_lead(workplace: Workplace) -> None:
    id = await workplace.released()
    dana = workplace.person(cases.DANA)
    card = workplace.acts.own_card(cases.DANA, id)
    await workplace.deliver(
        workplace.press(cases.OMAR, dana.dm, card["ts"], ActionId.ACKNOWLEDGE)
    )
    assert await workplace.state(id) is State.RELEASED
    assert await workplace.refusals() == [("4822", "NOT_YOURS")]

"""The record alone tells the course of a request: every step says which state it left and reached."""

from collections.abc import Mapping

from bot.domain.audit import AuditEvent
from bot.domain.workflow import State
from bot.sandbox import cases
from bot.views.ids import ActionId, detailed
from tests.front import Workplace, still
from tests.journeys.threats import THREAT


async def course(workplace: Workplace, id: str) -> list[str]:
    """The states one after the other; fails where one step does not begin where another ended."""
    moves = [
        _move_of_request(e)
        for e in await workplace.events()
        if id in (e.subject, e.facts.get("request"))
    ]
    steps = [(move["from"], move["to"]) for move in moves if "from" in move]
    states: list[str] = [State.RECEIVED]
    for start, end in steps:
        assert start == states[-1]
        states.append(end)
    request = await workplace.request(id)
    assert (states[-1], len(steps)) == (request.state, request.version - 1)
    return states


def _move_of_request(event: AuditEvent) -> Mapping[str, str]:
    """What an act on an authorization moves is the authorization; a start moves both."""
    own = not event.subject.startswith("AU-")
    moved: Mapping[str, str] = event.facts if own else event.facts.get("request_moved", {})  # fmt: skip
    return moved


async def test_of_an_authorization_that_is_revoked(workplace: Workplace) -> None:
    id = await workplace.authorized()
    await workplace.authorizing.revoke(cases.JOON, id)
    await workplace.settle()
    authorization = (await workplace.authorization(id)).id
    course_of_it = [
        (e.facts["from"], e.facts["to"])
        for e in await workplace.events()
        if e.subject == authorization and "from" in e.facts
    ]
    assert course_of_it == [
        (None, "pending"),
        ("pending", "granted"),
        ("granted", "running"),
        ("running", "consumed"),
        ("consumed", "revoked"),
    ]
    whole = await course(workplace, id)
    assert whole[-4:] == ["ready", "searching", "examination", "no_possible_match"]


async def test_of_a_choice_of_faces_and_a_withdrawal(workplace: Workplace) -> None:
    id = await workplace.sent(cases.OMAR, image=still("several"))
    await workplace.acts.answered(cases.OMAR, id, "Face 1")
    choice = detailed(ActionId.CHOOSE_FACE, 0)
    await workplace.acts.press_own(cases.OMAR, id, choice)
    await workplace.settle()
    await workplace.acts.press_own(cases.OMAR, id, ActionId.WITHDRAW)
    await workplace.settle()
    assert await course(workplace, id) == [
        "received",
        "checking",
        "face_choice",
        "ready",
        "searching",
        "examination",
        "withdrawn",
    ]


async def test_of_an_image_that_cannot_be_searched(workplace: Workplace) -> None:
    id = await workplace.sent(image=b"no image at all")
    await workplace.settle()
    assert await course(workplace, id) == ["received", "checking", "unsuitable"]


async def test_of_a_threat_a_supervisor_did_not_sign_for(workplace: Workplace) -> None:
    id = await workplace.sent(changes=THREAT)
    await workplace.settle()
    card = workplace.acts.supervisor_card(id, ActionId.REFUSE)
    assert card is not None
    sam = workplace.person(cases.SAM)
    await sam.click(cases.SUPERVISORS, card["ts"], ActionId.REFUSE)
    await workplace.settle()
    expected = ["received", "checking", "sign_off", "refused"]
    assert await course(workplace, id) == expected


async def test_of_a_lead_that_was_acknowledged(workplace: Workplace) -> None:
    id = await workplace.released()
    await workplace.acts.press_own(cases.DANA, id, ActionId.ACKNOWLEDGE)
    await workplace.settle()
    assert (await course(workplace, id))[4:] == [
        "examination",
        "peer_review",
        "context_check",
        "supervisor_review",
        "released",
        "acknowledged",
    ]


async def test_of_three_examiners_who_do_not_agree(workplace: Workplace) -> None:
    id = await workplace.peered()
    await workplace.decided(id, cases.PRIYA, 1, None)
    await workplace.decided(id, cases.LENA, 2, None)
    await workplace.settle()
    assert (await course(workplace, id))[-3:] == [
        "peer_review",
        "third_review",
        "no_possible_match",
    ]


async def test_of_a_return_for_a_new_examination(workplace: Workplace) -> None:
    id = await workplace.reviewable()
    await workplace.acts.close(cases.SAM, id, "return")
    await workplace.settle()
    assert (await course(workplace, id))[-2:] == ["supervisor_review", "examination"]


async def test_of_an_examination_that_found_nobody(workplace: Workplace) -> None:
    id = await workplace.searched()
    await workplace.decided(id, cases.ERIK, 0, None)
    await workplace.settle()
    assert (await course(workplace, id))[5] in ("peer_review", "supervisor_review")

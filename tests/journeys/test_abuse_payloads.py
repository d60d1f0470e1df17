"""Abuse of what Slack delivers: copied, replayed and forged payloads (policy 7: A3, A6, A9, A32)."""

import copy
import io
import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest

from bot.domain.audit import Verb
from bot.domain.workflow import State
from bot.sandbox import cases
from bot.sandbox.delivery import signature
from bot.views.ids import ActionId, BlockId
from tests.front import Workplace, still, text_of

Json = dict[str, Any]


async def test_a3_a_button_copied_into_another_channel_does_nothing(
    workplace: Workplace,
) -> None:
    id = await workplace.searched()
    press = workplace.press(
        cases.ERIK, cases.EXAMINERS, await workplace.card(id), ActionId.TAKE
    )
    copied = copy.deepcopy(press)
    copied["container"] |= {"channel_id": cases.REQUESTS}
    elsewhere = copy.deepcopy(press)
    elsewhere["container"] |= {"message_ts": "1700000000.000100"}
    await workplace.deliver(copied)
    await workplace.deliver(elsewhere | {"trigger_id": "another"})
    assert await workplace.refusals() == [("8101", "FOREIGN_CARD")] * 2
    assert await workplace.events(Verb.EXAMINATION_TAKEN) == []


async def test_a3_a_button_of_one_card_does_not_act_on_another(
    workplace: Workplace,
) -> None:
    """The value is swapped: what is pressed on request 1 points at request 2."""
    first = await workplace.searched()
    second = await workplace.searched(cases.OMAR, image=still("mated", 1))
    one, two = await workplace.card(first), await workplace.card(second)
    press = workplace.press(cases.ERIK, cases.EXAMINERS, one, ActionId.TAKE)
    other = workplace.press(cases.ERIK, cases.EXAMINERS, two, ActionId.TAKE)
    press["actions"][0]["value"] = other["actions"][0]["value"]
    await workplace.deliver(press)
    assert await workplace.refusals() == [("8101", "FOREIGN_CARD")]
    assert await workplace.events(Verb.EXAMINATION_TAKEN) == []


async def test_a3_an_outsider_who_forges_a_press_on_the_very_card_is_refused(
    workplace: Workplace,
) -> None:
    id = await workplace.searched()
    ts = await workplace.card(id)
    presses = [
        workplace.press(account, cases.EXAMINERS, ts, ActionId.TAKE)
        for account in (cases.DANA, cases.VIC)
    ]
    for press in presses:
        await workplace.deliver(press)
    rules = [rule for _, rule in await workplace.refusals()]
    assert rules == ["NOT_IN_CHANNEL", "NOT_A_FULL_MEMBER"]
    assert await workplace.events(Verb.EXAMINATION_TAKEN) == []


async def test_a3_a_payload_that_comes_again_is_carried_out_once(
    workplace: Workplace,
) -> None:
    id = await workplace.searched()
    card = {"ts": await workplace.card(id)}
    await workplace.acts.take(cases.ERIK, card)
    page = workplace.acts.candidates(cases.ERIK, card)[0].page_ts
    press = workplace.press(cases.ERIK, cases.EXAMINERS, page, "exclude.A")
    await workplace.deliver(press)
    candidate = workplace.acts.candidates(cases.ERIK, card)[0]
    await workplace.acts.compare(cases.ERIK, candidate, 1)
    await workplace.deliver(press)
    assert [
        e.facts["conclusion"] for e in await workplace.events(Verb.CANDIDATE_DISPOSED)
    ] == [-2, 1]


async def test_a3_a_review_opened_before_a_change_is_not_decided_after_it(
    workplace: Workplace,
) -> None:
    """Ruth opens the review; Sam returns it, it is examined anew; then Ruth submits what she saw."""
    id = await workplace.reviewable()
    ruth = await workplace.acts.review(cases.RUTH, id)
    await workplace.acts.close(cases.SAM, id, "return")
    await workplace.settle()
    await workplace.decided(id, cases.LENA, 2, "D0014")
    await workplace.decided(id, cases.TOMAS, 3, "D0014")
    await workplace.settle()
    assert await workplace.state(id) is State.SUPERVISOR_REVIEW
    await ruth.fill_and_submit(
        {BlockId.RULING: "close", BlockId.REASON: "Nothing is left to release."}
    )
    await workplace.settle()
    assert await workplace.state(id) is State.SUPERVISOR_REVIEW
    assert await workplace.refusals() == [("9002", "CHANGED_MEANWHILE")]
    assert "has changed since" in workplace.told(cases.RUTH)


async def test_a9_a_release_of_a_candidate_nobody_agreed_on_is_refused(
    workplace: Workplace,
) -> None:
    """The submitted form is forged: it names a candidate both examiners excluded."""
    id = await workplace.reviewable()
    other = next(c for c in await workplace.listed(id) if c.subject_id != "D0014")
    person = await workplace.acts.review(cases.SAM, id)
    [view] = workplace.sandbox.workspace.modals.stacks[cases.SAM]
    person.fill({BlockId.RULING: "release", BlockId.REASON: "Looks right to me."})
    view.values[BlockId.RELEASED_CANDIDATE] = {
        ActionId.FIELD: {
            "type": "radio_buttons",
            "selected_option": {
                "text": {"type": "plain_text", "text": "A / B"},
                "value": other.id,
            },
        }
    }
    await workplace.deliver(person.payloads.submission(cases.SAM, view))
    assert await workplace.state(id) is State.SUPERVISOR_REVIEW
    assert await workplace.refusals() == [("9001", "TWO_EXAMINERS")]


async def test_a9_an_examination_with_an_open_candidate_is_not_submitted(
    workplace: Workplace,
) -> None:
    """The button of the summary is gone then; a forged submission meets the rule itself."""
    id = await workplace.searched()
    card = {"ts": await workplace.card(id)}
    await workplace.acts.take(cases.ERIK, card)
    erik = workplace.person(cases.ERIK)
    await erik.click(cases.EXAMINERS, card["ts"], ActionId.SUBMIT_EXAMINATION)
    await workplace.settle()
    [view] = workplace.sandbox.workspace.modals.stacks[cases.ERIK]
    await workplace.deliver(erik.payloads.submission(cases.ERIK, view))
    assert await workplace.state(id) is State.EXAMINATION
    assert await workplace.refusals() == [("8101", "ALL_CANDIDATES")]


# --- A6: what comes over HTTP and is not Slack, or is Slack on a bad day

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}


def click(workplace: Workplace) -> bytes:
    """A press on a card that exists, as Slack would send it."""
    [ts] = [m["ts"] for m in workplace.person(cases.SAM).messages(cases.EXAMINERS)]
    press = workplace.press(cases.ERIK, cases.EXAMINERS, ts, ActionId.TAKE)
    return urlencode({"payload": json.dumps(press)}).encode()


async def post(
    workplace: Workplace, body: bytes, headers: dict[str, str]
) -> tuple[int, str]:
    url = workplace.sandbox.courier.bot_url
    assert url is not None
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=io.BytesIO(body), headers=headers) as answer,
    ):
        said = await answer.text()
    await workplace.bot.reception.drain()
    return answer.status, said


def signed(workplace: Workplace, body: bytes, age: float = 0.0) -> dict[str, str]:
    secret = workplace.sandbox.signing_secret
    return signature(secret, body, time.time() - age)


Forge = Callable[[Workplace, bytes], dict[str, str]]
FORGED: dict[str, Forge] = {
    "unsigned": lambda _w, _b: FORM,
    "bad signature": lambda w, b: FORM | signature("wrong", b, time.time()),
    "signature of another body": lambda w, b: FORM | signed(w, b + b" "),
    "older than five minutes": lambda w, b: FORM | signed(w, b, 301),
    "from the future": lambda w, b: FORM | signed(w, b, -400),
    "timestamp is a word": lambda w, b: (
        FORM | signed(w, b) | {"X-Slack-Request-Timestamp": "yesterday"}
    ),
    "timestamp is negative": lambda w, b: (
        FORM | signed(w, b) | {"X-Slack-Request-Timestamp": "-1"}
    ),
    "timestamp in foreign digits": lambda w, b: (
        FORM | signed(w, b) | {"X-Slack-Request-Timestamp": "\u0661\u0662\u0663"}
    ),
    "timestamp is endless": lambda w, b: (
        FORM | signed(w, b) | {"X-Slack-Request-Timestamp": "9" * 400}
    ),
    "timestamp is empty": lambda w, b: (
        FORM | signed(w, b) | {"X-Slack-Request-Timestamp": ""}
    ),
    "signature is not one": lambda w, b: (
        FORM | signed(w, b) | {"X-Slack-Signature": "v0=\u00e9"}
    ),
    "signature of another scheme": lambda w, b: (
        FORM | signed(w, b) | {"X-Slack-Signature": "v1=00"}
    ),
    "as XML": lambda w, b: signed(w, b) | {"Content-Type": "text/xml"},
}


@pytest.fixture
async def waiting(workplace: Workplace) -> Workplace:
    """Where one examination waits to be taken."""
    await workplace.searched()
    return workplace


async def test_a6_what_slack_did_not_sign_is_dropped(waiting: Workplace) -> None:
    body, before = click(waiting), await waiting.counts()
    statuses = {}
    for name, forge in FORGED.items():
        statuses[name], _ = await post(waiting, body, forge(waiting, body))
    accepted = {name for name, status in statuses.items() if not 400 <= status < 500}
    assert accepted == set()
    assert await waiting.counts() == before
    status, _ = await post(waiting, body, FORM | signed(waiting, body))
    assert status == 200
    assert len(await waiting.events(Verb.EXAMINATION_TAKEN)) == 1


UNREADABLE = {
    "empty": (b"", FORM),
    "no payload": (b"a=1", FORM),
    "payload is no JSON": (b"payload=%7Bnope", FORM),
    "payload is a list": (b"payload=%5B%5D", FORM),
    "payload is null": (b"payload=null", FORM),
    "payload is a number": (b"payload=7", FORM),
    "payload without a user": (b"payload=%7B%22type%22%3A%22block_actions%22%7D", FORM),
    "submission of nothing": (
        b"payload=%7B%22type%22%3A%22view_submission%22%2C%22view%22%3Anull%7D",
        FORM,
    ),
    "submission of a word": (
        b"payload=%7B%22type%22%3A%22view_submission%22%2C%22view%22%3A%22x%22%7D",
        FORM,
    ),
    "shortcut of nothing": (
        b"payload=%7B%22type%22%3A%22message_action%22%2C%22message%22%3Anull%7D",
        FORM,
    ),
    "a number without end": (b"payload=" + b"7" * 5000, FORM),
    "not UTF-8": (b"payload=\xff\xfe", FORM),
    "bytes that are no text": (b"\xff\xfe\x00", FORM),
    "JSON that is cut off": (b'{"type": "event_callback", "event": {', JSON),
    "JSON list": (b"[]", JSON),
    "JSON null": (b"null", JSON),
    "JSON text": (b'"hello"', JSON),
    "JSON number": (b"7", JSON),
    "JSON that is too deep": (b"[" * 50_000, JSON),
    "event of nothing": (b'{"type": "event_callback", "event": null}', JSON),
    "event that is a word": (b'{"type": "event_callback", "event": "x"}', JSON),
    "unknown command": (b"command=%2Fnope&user_id=U-ERIK&trigger_id=1", FORM),
    "command without a user": (b"command=%2Ffis-request", FORM),
    "too large": (b"payload=" + b"x" * 2_000_000, FORM),
}


async def test_a6_what_cannot_be_read_is_never_an_error_of_ours(
    waiting: Workplace,
) -> None:
    before, statuses = await waiting.counts(), {}
    for name, (body, headers) in UNREADABLE.items():
        statuses[name], _ = await post(waiting, body, headers | signed(waiting, body))
    assert {name for name, status in statuses.items() if status >= 500} == set()
    assert await waiting.counts() == before


MANGLED: dict[str, Callable[[Json], object]] = {
    "no actions": lambda press: press.pop("actions"),
    "actions that are words": lambda press: press.update(actions=["take"]),
    "an action without a name": lambda press: press["actions"][0].pop("action_id"),
    "a team that is a word": lambda press: press.update(team="T-FIS"),
    "a container that is a word": lambda press: press.update(container="message"),
    "an empty list of actions": lambda press: press.update(actions=[]),
    "an unknown action": lambda press: press["actions"][0].update(action_id="approve"),
    "no value": lambda press: press["actions"][0].pop("value"),
    "a value of another app": lambda press: press["actions"][0].update(value="x"),
    "an unknown examination": lambda press: press["actions"][0].update(value="EX-1|1"),
    "no container": lambda press: press.pop("container"),
    "a user that is a word": lambda press: press.update(user="U-ERIK"),
    "an unknown user": lambda press: press["user"].update(id="U-NOBODY"),
    "no trigger": lambda press: press.pop("trigger_id"),
}


async def test_a6_a_press_that_was_tampered_with_takes_nothing(
    waiting: Workplace,
) -> None:
    ts, statuses = await waiting.card("FIS-2026-000001"), {}
    for name, mangle in MANGLED.items():
        press = waiting.press(cases.ERIK, cases.EXAMINERS, ts, ActionId.TAKE)
        mangle(press)
        body = urlencode({"payload": json.dumps(press)}).encode()
        statuses[name], _ = await post(waiting, body, FORM | signed(waiting, body))
    assert {name for name, status in statuses.items() if status >= 500} == set()
    assert await waiting.events(Verb.EXAMINATION_TAKEN) == []


async def test_a6_an_old_event_delivered_again_changes_nothing(
    waiting: Workplace,
) -> None:
    courier = waiting.sandbox.courier
    person = waiting.person(cases.ERIK)
    before = await waiting.counts()
    for kind in ("reaction_added", "message", "app_mention", "unheard_of"):
        event = {"type": kind, "user": cases.ERIK, "channel": cases.EXAMINERS}
        await courier.event(cases.ERIK, person.payloads.event(event))
    await waiting.settle()
    assert await waiting.counts() == before


# --- A32: nothing is lost, nothing happens twice


async def test_a32_a_search_that_died_with_its_worker_is_done_once_by_another(
    workplace: Workplace,
) -> None:
    person = await workplace.acts.open_form(cases.DANA, "2026-075-001234")
    await workplace.acts.fill_form(person, still("mated"))
    await workplace.settle(work=False)
    await workplace.worker.step()
    async with workplace.db.transaction() as tx:
        dead = await tx.work.claim("W-DEAD", workplace.clock(), workplace.lease)
    assert dead is not None
    await workplace.settle()
    assert await workplace.state("FIS-2026-000001") is State.READY

    workplace.clock.forward(minutes=2)
    await workplace.settle()
    assert await workplace.state("FIS-2026-000001") is State.EXAMINATION
    assert len(workplace.acts.examination_cards("FIS-2026-000001")) == 1
    assert len(await workplace.events(Verb.SEARCH_FINISHED)) == 1


async def test_a32_the_same_submission_delivered_twice_makes_one_request(
    workplace: Workplace,
) -> None:
    person = await workplace.acts.open_form(cases.DANA, "2026-075-001234")
    [view] = workplace.sandbox.workspace.modals.stacks[cases.DANA]
    await workplace.acts.fill_form(person, still("mated"))
    again = person.payloads.submission(cases.DANA, view)
    await workplace.deliver(again, again)
    assert (await workplace.counts())[0] == 1


async def test_a32_a_card_somebody_deleted_comes_back_with_the_next_change(
    workplace: Workplace,
) -> None:
    id = await workplace.searched()
    ts = await workplace.card(id)
    press = workplace.press(cases.ERIK, cases.EXAMINERS, ts, ActionId.TAKE)
    await workplace.deliver(press)
    workspace = workplace.sandbox.workspace
    message = workspace.find_message(cases.EXAMINERS, ts)
    assert message is not None
    workspace.remove(message)
    await workplace.acts.press_own(cases.DANA, id, ActionId.WITHDRAW)
    await workplace.settle()
    [card] = workplace.acts.examination_cards(id)
    assert "Closed" in text_of(card)
    assert await workplace.state(id) is State.WITHDRAWN

"""Every method that is served takes the arguments, wants the scopes and keeps the rates of Slack's reference."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bot.sandbox.api import METHODS, Token, WebApi
from bot.sandbox.facts import MethodFacts, methods
from bot.sandbox.server import Sandbox
from tests.sandbox.parts import EXAMINERS, MANIFEST, PNG, REQUESTS, SEED, Hands, modal
from tests.sandbox.parts import section as a_section

Json = dict[str, Any]
EVERY = sorted(METHODS)
WITH_SCOPE = [name for name in EVERY if methods()[name].scopes]
WITH_REQUIRED = [
    (name, argument) for name in EVERY for argument in methods()[name].required
]
WITH_TYPE = [
    (name, argument) for name in EVERY for argument in sorted(methods()[name].types)
]
EVERY_SCOPE = frozenset().union(*(facts.scopes for facts in methods().values()))
HOME = {"type": "home", "blocks": [a_section("x")]}
WRONG: dict[str, object] = {
    "integer": "many",
    "boolean": "perhaps",
    "string": ["a", "list"],
    "array": {"an": "object"},
    "object": ["a", "list"],
}


class Caller:
    """Calls one sandbox without any library between: what is sent is what is written here."""

    def __init__(self, sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
        self.sandbox = sandbox
        self._session = session

    async def call(
        self, method: str, arguments: Json, token: str | None = None
    ) -> tuple[Json, int, str]:
        """Return the answer, the HTTP status and Retry-After."""
        facts = methods()[method]
        own = self.sandbox.app_token if facts.app_level else self.sandbox.bot_token
        shown = own if token is None else token
        headers = {"Authorization": f"Bearer {shown}"} if shown else {}
        async with self._session.post(
            self.sandbox.api_url + method, json=arguments, headers=headers
        ) as answer:
            wait = answer.headers.get("Retry-After", "")
            return await answer.json(), answer.status, wait

    async def error(
        self, method: str, arguments: Json, token: str | None = None
    ) -> str:
        body, _, _ = await self.call(method, arguments, token)
        return str(body.get("error", "none"))

    async def good(self, method: str) -> Json:
        """Arguments with which this method succeeds now."""
        match method:
            case "chat.postMessage":
                return {"channel": REQUESTS, "text": "x"}
            case "chat.postEphemeral":
                return {"channel": REQUESTS, "user": "U-DANA", "text": "x"}
            case "chat.update" | "chat.delete":
                ts = await self._posted()
                text = {"text": "y"} if method == "chat.update" else {}
                return {"channel": REQUESTS, "ts": ts, **text}
            case "conversations.info" | "conversations.members":
                return {"channel": REQUESTS}
            case "conversations.open":
                return {"users": "U-DANA"}
            case "files.getUploadURLExternal":
                return {"filename": "a.png", "length": len(PNG)}
            case "files.completeUploadExternal":
                return {"files": [{"id": await self._put()}], "channel_id": EXAMINERS}
            case "files.info" | "files.delete":
                return {"file": await self._shared()}
            case "usergroups.users.list":
                return {"usergroup": "S-1"}
            case "users.info":
                return {"user": "U-DANA"}
            case "views.publish":
                return {"user_id": "U-DANA", "view": HOME}
            case "views.open":
                return {"trigger_id": self._trigger(), "view": modal(a_section("x"))}
            case "views.push":
                self._modal()
                return {"trigger_id": self._trigger(), "view": modal(a_section("x"))}
            case "views.update":
                return {"view_id": self._modal(), "view": modal(a_section("x"))}
        return {}

    async def _posted(self) -> str:
        posted = {"channel": REQUESTS, "text": "x"}
        return str((await self.call("chat.postMessage", posted))[0]["ts"])

    async def _put(self) -> str:
        reserved = {"filename": "a.png", "length": len(PNG)}
        slot = (await self.call("files.getUploadURLExternal", reserved))[0]
        async with self._session.post(slot["upload_url"], data=PNG) as taken:
            assert taken.status == 200
        return str(slot["file_id"])

    async def _shared(self) -> str:
        file = await self._put()
        done = {"files": [{"id": file}], "channel_id": EXAMINERS}
        await self.call("files.completeUploadExternal", done)
        return file

    def _trigger(self) -> str:
        return self.sandbox.workspace.issue_trigger("U-DANA")

    def _modal(self) -> str:
        modals = self.sandbox.workspace.modals
        return modals.open("U-DANA", modal(a_section("x"))).id


def allowing(scopes: frozenset[str], hands: Hands) -> Sandbox:
    """A workspace whose app was granted exactly these scopes."""
    sandbox = Sandbox(SEED, MANIFEST, now=hands)
    sandbox.web_api = WebApi(
        sandbox.workspace,
        Token(sandbox.bot_token, scopes),
        Token(sandbox.app_token, scopes),
    )
    return sandbox


@pytest.fixture
async def caller(hands: Hands) -> AsyncIterator[Caller]:
    async with (
        allowing(EVERY_SCOPE, hands) as sandbox,
        aiohttp.ClientSession() as session,
    ):
        yield Caller(sandbox, session)


@pytest.mark.parametrize("method", EVERY)
async def test_a_method_succeeds_with_what_it_needs(
    caller: Caller, method: str
) -> None:
    body, status, _ = await caller.call(method, await caller.good(method))
    assert (body["ok"], status) == (True, 200), body


@pytest.mark.parametrize("method", EVERY)
async def test_a_method_wants_a_token_and_the_right_one(
    caller: Caller, method: str
) -> None:
    good = await caller.good(method)
    other = (
        caller.sandbox.bot_token
        if methods()[method].app_level
        else caller.sandbox.app_token
    )
    assert await caller.error(method, good, token="") == "not_authed"
    assert await caller.error(method, good, token="xoxb-wrong") == "invalid_auth"
    assert await caller.error(method, good, token=other) == "invalid_auth"


@pytest.mark.parametrize("method", EVERY)
async def test_a_revoked_token_serves_nothing_but_what_it_is_not_for(
    caller: Caller, method: str
) -> None:
    good = await caller.good(method)
    caller.sandbox.workspace.faults.token_revoked = True
    expected = "none" if methods()[method].app_level else "token_revoked"
    assert await caller.error(method, good) == expected


@pytest.mark.parametrize("method", WITH_SCOPE)
async def test_a_method_needs_one_of_its_scopes(hands: Hands, method: str) -> None:
    facts = methods()[method]
    others = EVERY_SCOPE - facts.scopes
    async with (
        allowing(others, hands) as sandbox,
        aiohttp.ClientSession() as session,
    ):
        body, _, _ = await Caller(sandbox, session).call(method, {})
    assert body["error"] == "missing_scope"
    assert set(body["needed"].split(",")) == facts.scopes
    assert set(body["provided"].split(",")) == others


@pytest.mark.parametrize(("method", "argument"), WITH_REQUIRED)
async def test_a_required_argument_is_asked_for_by_name(
    caller: Caller, method: str, argument: str
) -> None:
    good = await caller.good(method)
    body, _, _ = await caller.call(
        method, {k: v for k, v in good.items() if k != argument}
    )
    assert body["error"] == "invalid_arguments"
    assert body["response_metadata"]["messages"] == [
        f"[ERROR] missing required field: {argument}"
    ]


@pytest.mark.parametrize(("method", "argument"), WITH_TYPE)
async def test_an_argument_of_another_type_is_refused_by_its_place(
    caller: Caller, method: str, argument: str
) -> None:
    wrong = WRONG[methods()[method].types[argument]]
    given = {**await caller.good(method), argument: wrong}
    body, _, _ = await caller.call(method, given)
    assert body["error"] == "invalid_arguments"
    assert f"[json-pointer:/{argument}]" in str(body["response_metadata"])


@pytest.mark.parametrize("method", EVERY)
async def test_an_argument_nobody_knows_is_ignored_but_remembered(
    caller: Caller, method: str
) -> None:
    given = {**await caller.good(method), "colour": "red"}
    assert await caller.error(method, given) == "none"
    assert caller.sandbox.web_api.ignored == {(method, "colour")}


@pytest.mark.parametrize("method", EVERY)
async def test_a_tier_is_kept_by_the_minute_and_says_when_to_come_back(
    caller: Caller, hands: Hands, method: str
) -> None:
    facts = methods()[method]
    most = {1: 1, 2: 20, 3: 50, 4: 100}.get(facts.tier)  # type: ignore[arg-type]  # "special" has none
    rates = caller.sandbox.workspace.rates
    rates.strict = True
    calls = [rates.wait(method, facts.tier, REQUESTS) for _ in range(most or 3)]
    assert calls == [None] * (most or 3)
    if most is None and method != "chat.postMessage":
        assert await caller.error(method, await caller.good(method)) == "none"
        return
    limited, status, wait = await caller.call(method, {**_as_text(facts)})
    assert (limited["error"], status) == ("ratelimited", 429)
    hands.seconds += int(wait)
    assert rates.wait(method, facts.tier, REQUESTS) is None


def _as_text(facts: MethodFacts) -> Json:
    """Arguments that are there and of the right type: a call that is one too many is not looked at."""
    plain: Json = {"integer": 1, "array": [{}], "object": {}}
    given = {name: plain.get(facts.types.get(name, ""), "x") for name in facts.required}
    return given | ({"channel": REQUESTS} if "channel" in facts.arguments else {})

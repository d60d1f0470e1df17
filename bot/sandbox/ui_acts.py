"""What the page may ask for and do, each as one person."""

from collections.abc import Awaitable, Callable

from bot.sandbox.delivery import Delivery
from bot.sandbox.errors import NotVisible
from bot.sandbox.forms import find_element, pressed
from bot.sandbox.people import Person
from bot.sandbox.records import Json
from bot.sandbox.ui_state import channel_page, person_state, thread_page
from bot.sandbox.values import filled_value

Act = Callable[[Person, Json], Awaitable[Json]]


async def _state(person: Person, body: Json) -> Json:
    return person_state(person)


async def _channel(person: Person, body: Json) -> Json:
    return channel_page(person, str(body["channel"]))


async def _thread(person: Person, body: Json) -> Json:
    return thread_page(person, str(body["channel"]), str(body["ts"]))


async def _command(person: Person, body: Json) -> Json:
    return _told(
        await person.command(body["channel"], body["command"], body.get("text", ""))
    )


async def _shortcut(person: Person, body: Json) -> Json:
    return _told(
        await person.shortcut(body["channel"], body["ts"], body["callback_id"])
    )


async def _click(person: Person, body: Json) -> Json:
    person.fill_in(body["channel"], body["ts"], body.get("values", {}))
    return _told(
        await person.click(
            body["channel"],
            body["ts"],
            body["action_id"],
            value=body.get("value"),
            block_id=body["block_id"],
        )
    )


async def _choose(person: Person, body: Json) -> Json:
    where = body["channel"], body["ts"], body["action_id"], body["option"]
    return _told(await person.choose(*where, block_id=body["block_id"]))


async def _post(person: Person, body: Json) -> Json:
    ts = person.post(
        body["channel"],
        body.get("text", ""),
        body.get("files", ()),
        body.get("thread_ts"),
    )
    return {"ts": ts}


async def _submit(person: Person, body: Json) -> Json:
    return _told(await person.fill_and_submit(body["values"]))


async def _press(person: Person, body: Json) -> Json:
    person.fill(body["values"])
    value, block_id = body.get("value"), body["block_id"]
    return _told(await person.press(body["action_id"], value, block_id=block_id))


async def _pick(person: Person, body: Json) -> Json:
    person.fill(body["values"])
    option, block_id = body["option"], body["block_id"]
    return _told(await person.pick(body["action_id"], option, block_id=block_id))


async def _close(person: Person, body: Json) -> Json:
    await person.close_modal()
    return {"errors": {}}


async def _act_at_home(person: Person, body: Json) -> Json:
    """Press a button of the Home tab, or choose in an element of it."""
    home = person.workspace.modals.homes.get(person.id)
    if home is None:
        raise NotVisible(f"{person.id} has no Home tab")
    where = body["action_id"], body["block_id"], body.get("value")
    block, element = find_element(home.body["blocks"], *where)
    action = pressed(block, element)
    if "option" in body:
        chosen = filled_value(element, body["option"])
        home.values.setdefault(block["block_id"], {})[body["action_id"]] = chosen
        action |= chosen
    payload = person.payloads.view_action(person.id, home, action)
    return _told((await person.courier.interaction(person.id, payload)).check())


ACTS: dict[str, Act] = {
    "command": _command,
    "shortcut": _shortcut,
    "click": _click,
    "choose": _choose,
    "post": _post,
    "modal/submit": _submit,
    "modal/press": _press,
    "modal/pick": _pick,
    "modal/close": _close,
    "home/press": _act_at_home,
    "home/pick": _act_at_home,
}


def _told(delivery: Delivery) -> Json:
    return {"errors": dict(delivery.errors), "seconds": delivery.seconds}


SIGHTS: dict[str, Act] = {"state": _state, "channel": _channel, "thread": _thread}

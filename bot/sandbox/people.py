"""Acting as a person: sees what that person would see, presses what that person could press."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.sandbox import uploads
from bot.sandbox.clicks import chosen
from bot.sandbox.delivery import Courier, Delivery
from bot.sandbox.forms import element_at, find_element, pressed, unfinished
from bot.sandbox.modals import view_json
from bot.sandbox.payloads import Payloads
from bot.sandbox.records import Json, Message, ResponseUrl, View
from bot.sandbox.responses import respond
from bot.sandbox.shapes import file_json
from bot.sandbox.sight import Sight
from bot.sandbox.submissions import apply_answer
from bot.sandbox.values import filled_value


@dataclass(frozen=True, slots=True)
class Person(Sight):
    """Every act is delivered at once; one the bot did not acknowledge raises ``NotAcknowledged``."""

    courier: Courier
    payloads: Payloads

    # --- what this person does in a channel

    async def command(self, channel: str, command: str, text: str = "") -> Delivery:
        self._open_channel(channel)
        form = self.payloads.command(self.id, channel, command, text)
        delivery = (await self.courier.command(self.id, form)).check()
        if delivery.body:
            place = ResponseUrl(self.id, channel, self.workspace.now())
            respond(self.workspace, place, delivery.json() or {"text": delivery.body})
        return delivery

    async def shortcut(self, channel: str, ts: str, callback_id: str) -> Delivery:
        message = self._message(channel, ts)
        payload = self.payloads.shortcut(self.id, message, callback_id)
        return (await self.courier.interaction(self.id, payload)).check()

    async def click(
        self,
        channel: str,
        ts: str,
        action_id: str,
        *,
        value: str | None = None,
        block_id: str | None = None,
    ) -> Delivery:
        """Press a button; ``value`` tells apart several with the same action id."""
        message = self._message(channel, ts)
        block, element = find_element(message.blocks, action_id, block_id, value)
        action = pressed(block, element)
        return await self._act_on_message(message, action)

    async def choose(
        self,
        channel: str,
        ts: str,
        action_id: str,
        option: object,
        *,
        block_id: str | None = None,
    ) -> Delivery:
        """Choose in a select, overflow, date, radio or checkbox element of a message."""
        message = self._message(channel, ts)
        block, element = find_element(message.blocks, action_id, block_id)
        chosen = self._filled(element, option)
        if element["type"] != "overflow":
            state = self.workspace.choices.setdefault((channel, ts, self.id), {})
            state.setdefault(block["block_id"], {})[action_id] = chosen
        return await self._act_on_message(message, pressed(block, element) | chosen)

    def fill_in(self, channel: str, ts: str, values: Mapping[str, object]) -> None:
        """Fill in input blocks of a message, by block id; the app hears of it at the next click."""
        message = self._message(channel, ts)
        for block_id, value in values.items():
            element = element_at(message.blocks, block_id)
            state = self.workspace.choices.setdefault((channel, ts, self.id), {})
            state[block_id] = {element["action_id"]: self._filled(element, value)}

    def post(
        self,
        channel: str,
        text: str,
        files: Sequence[str] = (),
        thread_ts: str | None = None,
    ) -> str:
        """Write a message, with own files if any; return its ts."""
        self._open_channel(channel)
        if thread_ts is not None:
            self._message(channel, thread_ts).thread_ts = thread_ts
        for id in files:
            self._own_file(id)
        ts = self.workspace.next_ts()
        message = Message(
            ts, channel, self.id, text, thread_ts=thread_ts, files=list(files)
        )
        self.workspace.post(message)
        return ts

    def upload(self, name: str, data: bytes) -> str:
        """Bring a file in; nobody else sees it before it is posted or handed over."""
        file = uploads.reserve(self.workspace, self.id, name, len(data))
        uploads.fill(file, data)
        planned = self.workspace.faults.take("upload")
        with self.workspace.stuck_for(planned):
            self.workspace.complete(file)
        return file.id

    # --- what this person does in a modal

    def fill(self, values: Mapping[str, object]) -> None:
        """Fill in fields by block id: text, an option's value, an account, a list of them, or file ids."""
        view = self._view()
        for block_id, value in values.items():
            element = element_at(view.body["blocks"], block_id)
            if element["type"] == "file_input":
                shape = self._handed_over(_listed(value))
            else:
                shape = self._filled(element, value)
            fields = view.values.setdefault(block_id, {})
            self._clicked(chosen(fields.get(element["action_id"], {}), shape))
            fields[element["action_id"]] = shape
        self.workspace.changed()

    async def submit(self) -> Delivery:
        view = self._view()
        self._clicked()
        if missing := unfinished(view):
            # Slack's own client stops here: the app hears nothing.
            return Delivery("not sent", self.id, None, 0.0, errors=missing)
        payload = self.payloads.submission(self.id, view)
        delivery = (await self.courier.interaction(self.id, payload)).check()
        apply_answer(self.workspace, view, delivery)
        return delivery

    async def fill_and_submit(self, values: Mapping[str, object]) -> Delivery:
        """Fill in and send; ``.errors`` are the words under the fields, by block."""
        self.fill(values)
        return await self.submit()

    async def press(
        self, action_id: str, value: str | None = None, *, block_id: str | None = None
    ) -> Delivery:
        """Press a button inside the modal."""
        view = self._view()
        found = find_element(view.body["blocks"], action_id, block_id, value)
        return await self._act_in_modal(view, pressed(*found))

    async def pick(
        self, action_id: str, option: object, *, block_id: str | None = None
    ) -> Delivery:
        """Choose in an element of the modal that tells the app at once."""
        view = self._view()
        block, element = find_element(view.body["blocks"], action_id, block_id)
        chosen = self._filled(element, option)
        view.values.setdefault(block["block_id"], {})[action_id] = chosen
        return await self._act_in_modal(view, pressed(block, element) | chosen)

    async def close_modal(self) -> None:
        """Close the modal on top; the app hears of it only if it asked to."""
        view = self._view()
        self._clicked()
        self.workspace.modals.close(view)
        if view.body.get("notify_on_close"):
            payload = self.payloads.closed(self.id, view, cleared=False)
            (await self.courier.interaction(self.id, payload)).check()

    async def open_home(self) -> Delivery:
        home = self.workspace.modals.homes.get(self.id)
        event: Json = {
            "type": "app_home_opened",
            "user": self.id,
            "channel": self.workspace.direct(self.id).id,
            "tab": "home",
        }
        if home is not None:
            event["view"] = view_json(home)
        return await self.courier.event(self.id, self.payloads.event(event))

    def _filled(self, element: Json, value: object) -> Json:
        shape = filled_value(element, value)
        for account in _accounts(shape):
            if account not in self.workspace.users:
                raise LookupError(f"nobody here is {account!r}")
        return shape

    def _handed_over(self, ids: Sequence[str]) -> Json:
        """Return the state of a ``file_input``: from here on the app may read these files."""
        files = [self._own_file(id) for id in ids]
        for file in files:
            file.shown_to_bot = True
        shapes = [file_json(self.workspace, file, self.base_url) for file in files]
        return {"type": "file_input", "files": shapes}

    def _clicked(self, times: int = 1) -> None:
        self.workspace.clicks[self.id] += times

    async def _act_in_modal(self, view: View, action: Json) -> Delivery:
        self._clicked()
        payload = self.payloads.view_action(self.id, view, action)
        return (await self.courier.interaction(self.id, payload)).check()

    async def _act_on_message(self, message: Message, action: Json) -> Delivery:
        self._clicked()
        payload = self.payloads.message_action(self.id, message, action)
        return (await self.courier.interaction(self.id, payload)).check()


def _accounts(shape: Json) -> list[str]:
    one = shape.get("selected_user")
    return [one] if one else list(shape.get("selected_users") or [])


def _listed(value: object) -> list[str]:
    if not isinstance(value, list | tuple):
        raise TypeError("a list of file ids is wanted here")
    return [str(id) for id in value]

"""What examiners do about the edits of a still, as clicks and forms; for the script and the tests."""

from collections.abc import Mapping

from bot.domain.edits import Operation
from bot.sandbox import cases
from bot.sandbox.acts import Acts, NotAsExpected
from bot.sandbox.people import Person
from bot.sandbox.records import Json
from bot.views.editing import parameter_block
from bot.views.ids import ActionId, BlockId, ViewId

WHY = "The camera had hardly any light; the face is in the dark."
SEARCH_WHY = "The features can be told apart in the brightened still only."

Numbers = Mapping[str, str]


class Editing:
    def __init__(self, acts: Acts) -> None:
        self._acts = acts

    async def open(self, account: str, card: Json) -> Person:
        person = self._acts.person(account)
        await person.click(cases.EXAMINERS, card["ts"], ActionId.EDIT_STILL)
        await self._acts.until(
            "the form of the edits", lambda: _is(person, ViewId.EDIT_STILL)
        )
        return person

    async def preview(
        self, person: Person, operation: Operation, numbers: Numbers
    ) -> bytes:
        """Choose an edit, ask for its preview, and return the picture that comes."""
        fields = {parameter_block(operation, name): n for name, n in numbers.items()}
        await person.pick(ActionId.EDIT_OPERATION, operation)
        await self._acts.until("its fields", lambda: _has(person, fields))
        before = _picture(person)
        person.fill(fields)
        await person.press(ActionId.PREVIEW_EDIT)
        file = await self._acts.until(
            "the preview", lambda: _other(_picture(person), before)
        )
        return person.read_file(file)

    async def keep(self, person: Person, why: str = WHY) -> None:
        file = _picture(person)
        said = await person.fill_and_submit({BlockId.REASON: why})
        if said.errors:
            raise NotAsExpected(f"the edit is not kept: {dict(said.errors)}")
        # It closes before the edit is kept; once it is, the preview is taken down.
        await self._acts.until("the edit to be kept", lambda: _is_gone(person, file))

    async def search(self, account: str, card: Json, why: str = SEARCH_WHY) -> None:
        """Have a search made on the last edit, from the form that is open, or from a new one."""
        person = self._acts.person(account)
        if not _is(person, ViewId.EDIT_STILL):
            await self.open(account, card)
        await person.press(ActionId.SEARCH_EDITED)
        await self._acts.until(
            "the form of the search", lambda: _is(person, ViewId.SEARCH_EDITED)
        )
        said = await person.fill_and_submit({BlockId.REASON: why})
        if said.errors:
            raise NotAsExpected(f"no search is made: {dict(said.errors)}")


def _is(person: Person, form: ViewId) -> bool:
    return (person.modal or {}).get("callback_id") == form


def _has(person: Person, fields: Numbers) -> bool:
    shown = {block.get("block_id") for block in (person.modal or {}).get("blocks", [])}
    return fields.keys() <= shown


def _picture(person: Person) -> str | None:
    """The preview in the form that is open."""
    blocks: list[Json] = (person.modal or {}).get("blocks", [])
    files = [b["slack_file"]["id"] for b in blocks if b["type"] == "image"]
    return str(files[0]) if files else None


def _is_gone(person: Person, file: str | None) -> bool:
    return file is None or person.workspace.files[file].deleted


def _other(now: str | None, before: str | None) -> str | None:
    return None if now == before else now

"""The modal of edits as it stands in the database, for whoever opens it and for its preview."""

from collections.abc import Mapping
from dataclasses import replace

from bot.casework.editing import Editable, has_opened
from bot.domain.edits import Draft, Operation
from bot.domain.pictures import edit_key
from bot.views.editing import ORIGINAL, EditModal, links_of
from storage.database import Snapshot


async def to_edit(
    snapshot: Snapshot,
    editable: Editable,
    *,
    operation: Operation | None = None,
    chosen: str | None = None,
    typed: Mapping[str, str] | None = None,
    complaints: tuple[str, ...] = (),
) -> EditModal:
    """The form of the first examiner; without an operation it shows what is being looked at, if
    anything is."""
    made, draft = editable.derivatives, editable.draft
    if operation is None and draft is not None:
        return await _of_draft(snapshot, editable, draft)
    last = made[-1].id if made else ORIGINAL
    return replace(
        _frame(editable),
        chosen=last if chosen is None else chosen,
        operation=operation or Operation.CROP,
        typed=typed or {},
        complaints=complaints,
        may_edit=True,
        may_search=await _may_search(snapshot, editable),
    )


async def _of_draft(snapshot: Snapshot, editable: Editable, draft: Draft) -> EditModal:
    by_hash = {one.sha256: one.id for one in editable.derivatives}
    picture = await snapshot.pictures.find(edit_key(draft.examination_id, draft.id))
    is_there = picture is not None and picture.shared_at and not picture.removed_at
    return replace(
        _frame(editable),
        chosen=by_hash.get(draft.parent_sha256, ORIGINAL),
        operation=draft.edit.operation,
        typed={name: f"{value:g}" for name, value in draft.edit.parameters.items()},
        complaints=(draft.problem,) if draft.problem else (),
        is_making=True,
        picture=picture.slack_file if picture is not None and is_there else None,
        draft=draft.id,
        may_edit=True,
        may_search=await _may_search(snapshot, editable),
    )


def to_read(editable: Editable) -> EditModal:
    """For a later examiner: what was done, not why, nor by whom (policy 6.5)."""
    return _frame(editable)


def _frame(editable: Editable) -> EditModal:
    examination = editable.examination
    return EditModal(
        number=examination.request_id,
        examination=examination.id,
        version=examination.version,
        original_sha256=editable.original_sha256,
        links=links_of(editable.derivatives, reader=examination.examiner or ""),
    )


async def _may_search(snapshot: Snapshot, editable: Editable) -> bool:
    """Whether to offer it; the service asks again, and for more."""
    made = editable.derivatives
    return (
        any(one.face is not None for one in made)
        and all(one.searched_round is None for one in made)
        and not await has_opened(snapshot, editable.examination)
    )

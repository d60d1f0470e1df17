"""The forms about edits of a still, as values; numbers stay as they were typed until a rule reads them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.casework.editing import Editable, check_within
from bot.domain.edits import (
    TOOLS,
    WHY_MIN,
    BadParameters,
    Edit,
    Operation,
    edit_of,
    operation_named,
)
from bot.handlers.fields import BadForm, Complaint, check
from bot.handlers.payloads import Body, Submission, Values
from bot.views.editing import ORIGINAL, parameter_block
from bot.views.ids import BlockId


@dataclass(frozen=True, slots=True)
class EditForm:
    """What somebody wants to look at, or to keep; ``operation`` may be anything a payload can say.

    ``seen`` is the draft whose picture stands in the form.
    """

    view_id: str
    view_hash: str
    user: str
    examination: str
    chosen: str
    operation: str
    typed: Mapping[str, str]
    why: str
    seen: str

    @classmethod
    def read(cls, body: Body) -> "EditForm":
        """Of an open form, complete or not."""
        form = Submission.parse(body)
        operation = form.values.choice(BlockId.OPERATION) or ""
        return cls(
            view_id=form.view_id,
            view_hash=form.view_hash,
            user=form.user,
            examination=form.id("examination"),
            chosen=form.values.choice(BlockId.EDITED) or ORIGINAL,
            operation=operation,
            typed=_typed(operation, form.values),
            why=form.values.text(BlockId.REASON).strip(),
            seen=str(form.metadata.get("seen") or ""),
        )

    @classmethod
    def parse(cls, body: Body) -> "EditForm":
        """Of one that was submitted."""
        form = cls.read(body)
        check(_wrong_why(form.why))
        return form

    @property
    def edit(self) -> Edit:
        """Raises Refusal for an operation that is not allowed, BadForm for numbers out of bounds."""
        operation = operation_named(self.operation)
        try:
            return edit_of(operation, self.typed)
        except BadParameters as bad:
            raise _under_fields(operation, bad) from bad

    def check_follows(self, editable: Editable, parent_sha256: str) -> Edit:
        """The edit; raises as ``edit``, also where it is out of bounds with those before it."""
        edit = self.edit
        try:
            check_within(editable, parent_sha256, edit)
        except BadParameters as bad:
            raise _under_fields(edit.operation, bad) from bad
        return edit

    @property
    def offered(self) -> Operation:
        """The operation whose fields are to be shown."""
        known = self.operation in set(Operation)
        return Operation(self.operation) if known else Operation.CROP


@dataclass(frozen=True, slots=True)
class SearchEditedForm:
    examination: str
    derivative: str
    why: str

    @classmethod
    def parse(cls, body: Body) -> "SearchEditedForm":
        form = Submission.parse(body)
        why = form.values.text(BlockId.REASON).strip()
        chosen = form.values.choice(BlockId.EDIT_SEARCHED) or ""
        check(_wrong_why(why))
        return cls(form.id("examination"), chosen, why)


def _under_fields(operation: Operation, bad: BadParameters) -> BadForm:
    errors = {parameter_block(operation, n): e for n, e in bad.errors.items()}
    return BadForm(errors, bad.rule)


def _typed(operation: str, values: Values) -> Mapping[str, str]:
    if operation not in set(Operation):
        return {}
    known = Operation(operation)
    return {
        parameter.name: values.text(parameter_block(known, parameter.name))
        for parameter in TOOLS[known].parameters
        if parameter_block(known, parameter.name) in values
    }


def _wrong_why(why: str) -> Iterator[Complaint]:
    if len(why) < WHY_MIN:
        yield BlockId.REASON, f"Say why in at least {WHY_MIN} characters."

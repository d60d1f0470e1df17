"""The forms of another repository: asking, deciding, revoking; and the written sign-off."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.approvals.authorizations import Decision
from bot.domain.authorizations import REASON_MIN, TEXT_MIN, AuthorizationStep, Grounds
from bot.domain.pictures import COMMANDERS
from bot.handlers.fields import BadForm, Complaint, check
from bot.handlers.payloads import Body, Submission, Values
from bot.handlers.reception import submission_key
from bot.views.ids import BlockId

_STATEMENTS = (
    BlockId.NEED,
    BlockId.WHY_NOT_STANDARD,
    BlockId.WHY_THIS_REPOSITORY,
    BlockId.LEGAL_BASIS,
    BlockId.DATA_SHARING_BASIS,
)


@dataclass(frozen=True, slots=True)
class AskForm:
    """A question; ``team`` are the accounts of the others who work the case."""

    request: str
    repository: str
    grounds: Grounds
    team: tuple[str, ...]
    key: str

    @classmethod
    def parse(cls, body: Body) -> "AskForm":
        form = Submission.parse(body)
        check(_wrong_in_question(form.values))
        text = form.values.text
        return cls(
            request=form.id("request"),
            repository=form.values.choice(BlockId.REPOSITORY) or "",
            grounds=Grounds(
                need=text(BlockId.NEED).strip(),
                why_not_standard=text(BlockId.WHY_NOT_STANDARD).strip(),
                why_this_repository=text(BlockId.WHY_THIS_REPOSITORY).strip(),
                legal_basis=text(BlockId.LEGAL_BASIS).strip(),
                data_sharing_basis=text(BlockId.DATA_SHARING_BASIS).strip(),
                command=text(BlockId.COMMAND).strip(),
                futile=text(BlockId.FUTILE).strip(),
                new_facts=text(BlockId.NEW_FACTS).strip(),
            ),
            team=form.values.users(BlockId.TEAM),
            key=submission_key(body),
        )


def _wrong_in_question(values: Values) -> Iterator[Complaint]:
    if not values.choice(BlockId.REPOSITORY):
        yield BlockId.REPOSITORY, "Choose one repository."
    for block in _STATEMENTS:
        yield from _too_short(values, block, TEXT_MIN)
    if BlockId.FUTILE in values:
        yield from _too_short(values, BlockId.FUTILE, TEXT_MIN)
    if not values.text(BlockId.COMMAND).strip():
        yield BlockId.COMMAND, "Name the command that asks."


def _too_short(values: Values, block: BlockId, least: int) -> Iterator[Complaint]:
    if len(values.text(block).strip()) < least:
        yield block, f"Say this in at least {least} characters."


@dataclass(frozen=True, slots=True)
class DecisionForm:
    authorization: str
    decision: Decision

    @classmethod
    def parse(cls, body: Body) -> "DecisionForm":
        form = Submission.parse(body)
        values = form.values
        check(_wrong_in_decision(values))
        is_grant = values.choice(BlockId.DECISION) == AuthorizationStep.GRANT
        return cls(
            authorization=form.id("authorization"),
            decision=Decision(
                case_number=values.text(BlockId.TYPED_CASE_NUMBER),
                reason=values.text(BlockId.REASON).strip(),
                hours=_hours(values) if is_grant else None,
            ),
        )


def _wrong_in_decision(values: Values) -> Iterator[Complaint]:
    choices = (AuthorizationStep.GRANT, AuthorizationStep.DENY)
    if values.choice(BlockId.DECISION) not in choices:
        yield BlockId.DECISION, "Grant or deny."
    if not values.text(BlockId.TYPED_CASE_NUMBER).strip():
        yield BlockId.TYPED_CASE_NUMBER, "Type the case number."
    yield from _too_short(values, BlockId.REASON, REASON_MIN)


def _hours(values: Values) -> int:
    chosen = values.choice(BlockId.EXPIRY_HOURS) or ""
    if not (chosen.isascii() and chosen.isdecimal() and len(chosen) < 6):
        raise BadForm({BlockId.EXPIRY_HOURS: "Choose for how long."})
    return int(chosen)


@dataclass(frozen=True, slots=True)
class RevocationForm:
    """``room`` is where it was opened: it chooses what its sender has to be there, no more."""

    authorization: str
    reason: str
    room: str

    @classmethod
    def parse(cls, body: Body) -> "RevocationForm":
        form = Submission.parse(body)
        check(_too_short(form.values, BlockId.REASON, REASON_MIN))
        return cls(
            form.id("authorization"),
            form.values.text(BlockId.REASON).strip(),
            form.find_id("room") or COMMANDERS,
        )


@dataclass(frozen=True, slots=True)
class SignOffForm:
    request: str
    reason: str

    @classmethod
    def parse(cls, body: Body) -> "SignOffForm":
        form = Submission.parse(body)
        check(_too_short(form.values, BlockId.REASON, REASON_MIN))
        return cls(form.id("request"), form.values.text(BlockId.REASON).strip())

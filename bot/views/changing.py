"""A governed change before the supervisors: what it would be, why, and what was decided."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.domain.changes import (
    AT_START,
    WHY_MIN,
    Change,
    ChangeKind,
    ChangeState,
    ChangeStep,
)
from bot.views.blocks import (
    Json,
    actions,
    button,
    field,
    fields,
    header,
    modal,
    options,
    radio,
    reason_field,
    section,
)
from bot.views.ids import ActionId, BlockId, ViewId, ref
from bot.views.text import (
    ZONE,
    Message,
    counted,
    fitted,
    mention,
    moment,
    quoted,
    sentence,
)

MEANINGS = {
    "FIS_WEAK_BELOW": "The similarity under which a candidate is marked weak in the record",
    "FIS_LIST_LENGTH": "How many subjects a candidate list has; new requests only",
    "FIS_BLIND_CHECK_SHARE": "The share of examinations without a result that a second examiner repeats blind",
    "FIS_SEARCH": "Whether every template is compared, or an index is asked that may miss one",
}
_FORCE = {
    ChangeKind.SETTING: "Once approved it is in force from the next request, search or examination on, without a restart.",
    ChangeKind.MODEL: "Once approved this gallery is the one that is searched. Requests whose list exists keep it.",
}
_STANDS = {
    ChangeState.PENDING: "A change waits for a decision.",
    ChangeState.APPROVED: "A change was approved.",
    ChangeState.REFUSED: "A change was refused.",
    ChangeState.WITHDRAWN: "A change was withdrawn.",
}
_FIGURES_MAX = 8
_FACT_MAX = 100


@dataclass(frozen=True, slots=True)
class ChangeView:
    """``decided_by`` is a Slack account, or a name where there is none."""

    change: Change
    decided_by: str = ""


def change_card(view: ChangeView, zone: str = ZONE) -> Message:
    change = view.change
    title = f"Change {change.id}"
    return Message(
        _STANDS[change.state],
        (
            header(title),
            *_what(change, zone),
            section(f"*Why*\n{quoted(change.why, 2000)}"),
            *_end(view, zone),
        ),
    )


def _what(change: Change, zone: str) -> Iterator[Json]:
    if change.kind is ChangeKind.SETTING:
        meaning = MEANINGS.get(change.subject, "")
        yield section(f"*{fitted(change.subject, 100)}*\n{fitted(meaning, 500)}")
        yield fields(
            [("Now", _value(change.before)), ("Proposed", _value(change.after))],
            _FACT_MAX,
        )
    else:
        repository = fitted(change.subject, 200)
        yield section(f"*Another model's gallery for {repository}*")
        yield fields(
            [*_gallery("Now", change.before), *_gallery("Proposed", change.after)],
            _FACT_MAX,
        )
        yield from _left_out(change.after)
        yield from _figures(change.after)
    proposer = (
        "a start of the bot" if change.proposed_by == AT_START else change.proposed_by
    )
    at = moment(change.proposed_at, zone)
    yield section(f"Proposed by {fitted(proposer, 100)}, {at}. {_FORCE[change.kind]}")


def _value(facts: Mapping[str, object]) -> str:
    return str(facts.get("value", "nothing"))


def _gallery(when: str, facts: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    if not facts:
        yield when, "none"
        return
    yield f"{when}: model", str(facts["model"])
    yield f"{when}: SHA-256 of its weights", str(facts["weights_sha256"])
    yield f"{when}: gallery", str(facts["version"])
    yield f"{when}: templates", str(facts["size"])


def _left_out(facts: Mapping[str, object]) -> Iterator[Json]:
    """The price of a switch: nobody must learn of it from a person who is not found any more."""
    left_out = facts.get("left_out", 0)
    if isinstance(left_out, int) and left_out:
        yield section(
            f"*{counted(left_out, 'photograph')} of record cannot be encoded by this model* and would "
            "not be searched any more."
        )


def _figures(facts: Mapping[str, object]) -> Iterator[Json]:
    figures = facts.get("evaluation")
    if not isinstance(figures, Mapping) or not figures:
        yield section("No evaluation was given with this proposal.")
        return
    shown = [(str(n), str(v)) for n, v in list(figures.items())[:_FIGURES_MAX]]
    yield section("*Evaluation, as given with the proposal*")
    yield fields(shown, _FACT_MAX)


_DONE = {
    ChangeState.APPROVED: "Approved",
    ChangeState.REFUSED: "Refused",
    ChangeState.WITHDRAWN: "Withdrawn",
}


def _end(view: ChangeView, zone: str) -> Iterator[Json]:
    change = view.change
    if change.state is ChangeState.PENDING:
        value = ref(change.id, change.version)
        yield actions(button("Decide…", ActionId.DECIDE_CHANGE, value, style="primary"))
        return
    at = moment(change.decided_at, zone) if change.decided_at else ""
    yield section(
        f"*{_DONE[change.state]}* by {_who(view)}, {at}.\n{quoted(change.reason, 2000)}"
    )


def _who(view: ChangeView) -> str:
    account = view.change.decided_by_account
    return mention(account) if account else fitted(view.decided_by, 100)


def decide_change_modal(view: ChangeView, zone: str = ZONE) -> Json:
    """Before and after once more, and nothing chosen beforehand."""
    change = view.change
    verdicts = {
        ChangeStep.APPROVE: "Approve",
        ChangeStep.REFUSE: "Refuse: everything stays as it is",
    }
    return modal(
        ViewId.DECIDE_CHANGE,
        "Decide on a change",
        [
            *_what(change, zone),
            field(BlockId.DECISION, "Decision", radio(options(verdicts))),
            reason_field(
                "Reason",
                f"Recorded with your name. At least {WHY_MIN} characters.",
                least=WHY_MIN,
            ),
        ],
        metadata={"change": change.id, "version": change.version},
        submit="Record decision",
        close="Cancel",
    )


def in_line(change: Change) -> str:
    """One line of a list on the command line."""
    state = sentence(change.state)
    if change.kind is ChangeKind.MODEL:
        return (
            f"{change.id}  {state}: {change.subject}: {change.before.get('model', 'nothing')} -> "
            f"{change.after['model']} (gallery {change.after['version']}), proposed by {change.proposed_by}"
        )
    return (
        f"{change.id}  {state}: {change.subject}: {_value(change.before)} -> {_value(change.after)}, "
        f"proposed by {change.proposed_by}"
    )

"""What the two offices decide on, and what supervisors watch of it: cards, reminders and modals."""

from collections.abc import Iterator

from bot.domain.authorizations import (
    HOURS_DEFAULT,
    HOURS_MAX,
    REASON_MIN,
    AuthorizationState,
    AuthorizationStep,
    Grounds,
)
from bot.views.authorizations import AuthorizationView, one_line, state_words
from bot.views.blocks import (
    Json,
    actions,
    button,
    context,
    field,
    fields,
    header,
    image,
    modal,
    options,
    radio,
    reason_field,
    section,
    select,
    text_input,
)
from bot.views.ids import ActionId, BlockId, ViewId, ref
from bot.views.text import ZONE, Message, mention, moment, quoted

SCOPE = "One request, one image, one repository, one search."

_ON_CARD_MAX = 900  # Slack refuses messages with about 13,000 characters in all blocks
_IN_MODAL_MAX = 2900
_FACT_MAX = 200
_CASE_NUMBER_MAX = 200

_HOURS = {
    8: "8 hours",
    24: "24 hours",
    48: "48 hours",
    HOURS_DEFAULT: f"{HOURS_DEFAULT} hours",
    7 * 24: "7 days",
    HOURS_MAX: f"{HOURS_MAX // 24} days",
}


def authorization_card(view: AuthorizationView, zone: str = ZONE) -> Message:
    """For the commanders' channel, and for each commander alone."""
    title = f"Authorization for {view.number}"
    blocks = [
        header(title),
        _facts(view, zone),
        section(f"Asked by {mention(view.asked_by)}. {SCOPE}"),
        *_picture(view),
        _repository(view),
        *_grounds(view.grounds, _ON_CARD_MAX),
        *_standing(view, zone),
    ]
    return Message(f"{title}.", tuple(blocks))


def _facts(view: AuthorizationView, zone: str) -> Json:
    lapses = "Lapses" if view.state is AuthorizationState.PENDING else "Expiry"
    return _short(
        ("Case number", view.case_number),
        ("Repository", view.repository.name),
        ("Command", view.grounds.command),
        ("Asked", moment(view.asked_at, zone)),
        (lapses, moment(view.expires_at, zone)),
    )


def _repository(view: AuthorizationView) -> Json:
    held = view.repository
    return _short(
        ("Legal basis of the repository", held.legal_basis),
        ("Owner", held.owner),
        ("Contact", held.contact),
        ("Basis of data sharing", held.data_sharing_basis),
    )


def _short(*pairs: tuple[str, str]) -> Json:
    return fields([(name, value or "not given") for name, value in pairs], _FACT_MAX)


def _picture(view: AuthorizationView) -> Iterator[Json]:
    if view.state is not AuthorizationState.PENDING:
        yield context("The picture is kept in Slack only until the decision.")
        return
    if view.picture is None:
        yield context("The picture is being prepared.")
    else:
        yield image(view.picture, f"The image of request {view.number}")
    if view.face is not None:
        yield context(f"It shows several faces. Asked about is face {view.face} only.")


def _grounds(grounds: Grounds, most: int) -> Iterator[Json]:
    for heading, text in (
        ("Legitimate need", grounds.need),
        ("Why arrest photographs do not suffice", grounds.why_not_standard),
        ("Why this repository", grounds.why_this_repository),
        ("Legal basis, as stated", grounds.legal_basis),
        ("Basis of data sharing, as stated", grounds.data_sharing_basis),
        ("Why the standard search would be futile", grounds.futile),
        ("What is new since it was denied or revoked", grounds.new_facts),
    ):
        if text:
            yield section(f"*{heading}*\n{quoted(text, most)}")


def _standing(view: AuthorizationView, zone: str) -> Iterator[Json]:
    yield section(f"*State:* {state_words(view, zone)}")
    if view.reason and view.state is not AuthorizationState.DENIED:
        yield section(f"*Reason of the decision*\n{quoted(view.reason, _ON_CARD_MAX)}")
    if pressable := list(_buttons(view)):
        yield actions(*pressable)


def _buttons(view: AuthorizationView) -> Iterator[Json]:
    value = ref(view.id, view.version)
    if view.state is AuthorizationState.PENDING:
        decide = ActionId.DECIDE_AUTHORIZATION
        yield button("Decide…", decide, value, style="primary")
    if view.can_be_revoked:
        yield button("Revoke…", ActionId.REVOKE_AUTHORIZATION, value, style="danger")


def oversight_card(view: AuthorizationView, zone: str = ZONE) -> Message:
    """For the supervisors, who can stop it; neither picture nor grounds."""
    title = f"Authorization for {view.number}"
    revoke = [one for one in _buttons(view) if one.get("style") == "danger"]
    blocks = [
        header(title),
        _facts(view, zone),
        section(
            f"Asked by {mention(view.asked_by)}.\n*State:* {state_words(view, zone)}"
        ),
        *([actions(*revoke)] if revoke else []),
    ]
    return Message(f"{title}.", tuple(blocks))


def commander_reminder(view: AuthorizationView, zone: str = ZONE) -> Message:
    said = (
        f"*{one_line(view.number)}:* the question for {one_line(view.repository.name)} waits for a "
        f"commander. It lapses on {moment(view.expires_at, zone)}; then nothing is searched."
    )
    return Message(
        f"Reminder: a question for {view.number} is waiting.", (section(said),)
    )


def decide_modal(view: AuthorizationView, zone: str = ZONE) -> Json:
    """Everything that was stated, and nothing chosen or typed beforehand but the usual hours."""
    return modal(
        ViewId.DECIDE_AUTHORIZATION,
        "Decide",
        [
            section(f"*{one_line(view.number)}*\n{SCOPE}"),
            *_picture(view),
            _short(
                ("Repository", view.repository.name),
                ("Lapses", moment(view.expires_at, zone)),
            ),
            _repository(view),
            *_grounds(view.grounds, _IN_MODAL_MAX),
            *_decision(),
        ],
        metadata=_metadata(view),
        submit="Record decision",
        close="Cancel",
    )


def _decision() -> Iterator[Json]:
    verdicts = {
        AuthorizationStep.GRANT: "Grant one search of this repository",
        AuthorizationStep.DENY: "Deny",
    }
    yield field(BlockId.DECISION, "Decision", radio(options(verdicts)))
    yield field(
        BlockId.TYPED_CASE_NUMBER,
        "Case number, typed by you",
        text_input(
            placeholder="Type it as it stands on the card", most=_CASE_NUMBER_MAX
        ),
        hint="So that no decision is made on the wrong case.",
    )
    yield field(
        BlockId.EXPIRY_HOURS,
        "If granted, valid for",
        select(options(_HOURS), str(HOURS_DEFAULT)),
    )
    yield _reason("Recorded with your name and office, and shown to who asked.")


def revoke_modal(view: AuthorizationView) -> Json:
    """What revoking does, before it is done."""
    return modal(
        ViewId.REVOKE_AUTHORIZATION,
        "Revoke",
        [
            section(
                f"*{one_line(view.number)}* · {one_line(view.repository.name)}\n"
                "A search under way stops. What it found is destroyed. A lead that was released is "
                "taken back. Everyone concerned is told. This cannot be undone."
            ),
            _reason("Recorded with your name, and shown to who asked."),
        ],
        metadata=_metadata(view),
        submit="Revoke",
        close="Cancel",
    )


def _reason(shown_to: str) -> Json:
    hint = f"{shown_to} At least {REASON_MIN} characters."
    return reason_field("Reason", hint, least=REASON_MIN)


def _metadata(view: AuthorizationView) -> dict[str, str | int | None]:
    return {"authorization": view.id, "version": view.version}

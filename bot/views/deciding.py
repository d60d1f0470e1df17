"""The modals in which an authorization is decided on, or revoked."""

from collections.abc import Iterator

from bot.domain.authorizations import (
    HOURS_DEFAULT,
    HOURS_MAX,
    REASON_MIN,
    AuthorizationStep,
)
from bot.domain.pictures import COMMANDERS
from bot.views.authorizations import SCOPE, AuthorizationView, one_line
from bot.views.blocks import (
    Json,
    field,
    modal,
    options,
    radio,
    reason_field,
    section,
    select,
    text_input,
)
from bot.views.ids import BlockId, ViewId
from bot.views.stated import (
    named_as_team,
    probe_picture,
    repository_facts,
    short_facts,
    stated_grounds,
)
from bot.views.text import ZONE, moment

_IN_MODAL_MAX = 2900
_CASE_NUMBER_MAX = 200

_HOURS = {
    8: "8 hours",
    24: "24 hours",
    48: "48 hours",
    HOURS_DEFAULT: f"{HOURS_DEFAULT} hours",
    7 * 24: "7 days",
    HOURS_MAX: f"{HOURS_MAX // 24} days",
}


def decide_modal(
    view: AuthorizationView, zone: str = ZONE, hours: int = HOURS_DEFAULT
) -> Json:
    """Everything that was stated, and nothing chosen or typed beforehand but the usual hours."""
    return modal(
        ViewId.DECIDE_AUTHORIZATION,
        "Decide",
        [
            section(f"*{one_line(view.number)}*\n{SCOPE}"),
            *probe_picture(view),
            short_facts(
                ("Repository", view.repository.name),
                ("Command", view.grounds.command),
                ("Lapses", moment(view.expires_at, zone)),
            ),
            repository_facts(view),
            *named_as_team(view),
            *stated_grounds(view.grounds, _IN_MODAL_MAX),
            *_decision(hours),
        ],
        metadata=_metadata(view),
        submit="Record decision",
        close="Cancel",
    )


def _decision(hours: int) -> Iterator[Json]:
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
        select(options(_offered(hours)), str(hours)),
    )
    yield _reason("Recorded with your name and office, and shown to who asked.")


def _offered(hours: int) -> dict[int, str]:
    """The usual periods, and the unit's own if it is another one."""
    return dict(sorted(({hours: f"{hours} hours"} | _HOURS).items()))


def revoke_modal(view: AuthorizationView, room: str = COMMANDERS) -> Json:
    """What revoking does, before it is done; ``room`` is that of the card it was opened from."""
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
        metadata={**_metadata(view), "room": room},
        submit="Revoke",
        close="Cancel",
    )


def _reason(shown_to: str) -> Json:
    hint = f"{shown_to} At least {REASON_MIN} characters."
    return reason_field("Reason", hint, least=REASON_MIN)


def _metadata(view: AuthorizationView) -> dict[str, str | int | None]:
    return {"authorization": view.id, "version": view.version}

"""What the two offices decide on, and what supervisors watch of it."""

from collections.abc import Iterator

from bot.domain.authorizations import AuthorizationState
from bot.views.authorizations import SCOPE, AuthorizationView, one_line, state_words
from bot.views.blocks import Json, actions, button, header, section
from bot.views.deciding import decide_modal, revoke_modal
from bot.views.ids import ActionId, ref
from bot.views.stated import (
    named_as_team,
    probe_picture,
    repository_facts,
    short_facts,
    stated_grounds,
)
from bot.views.text import ZONE, Message, mention, moment, quoted

__all__ = [
    "SCOPE",
    "authorization_card",
    "commander_reminder",
    "decide_modal",
    "oversight_card",
    "revoke_modal",
]

_ON_CARD_MAX = 900  # Slack refuses messages with about 13,000 characters in all blocks


def authorization_card(view: AuthorizationView, zone: str = ZONE) -> Message:
    """For the commanders' channel, and for each commander alone."""
    title = f"Authorization for {view.number}"
    blocks = [
        header(title),
        _facts(view, zone),
        section(f"Asked by {mention(view.asked_by)}. {SCOPE}"),
        *probe_picture(view),
        repository_facts(view),
        *named_as_team(view),
        *stated_grounds(view.grounds, _ON_CARD_MAX),
        *_standing(view, zone),
    ]
    return Message(f"{title}.", tuple(blocks))


def _facts(view: AuthorizationView, zone: str) -> Json:
    lapses = "Lapses" if view.state is AuthorizationState.PENDING else "Expiry"
    return short_facts(
        ("Case number", view.case_number),
        ("Repository", view.repository.name),
        ("Command", view.grounds.command),
        ("Asked", moment(view.asked_at, zone)),
        (lapses, moment(view.expires_at, zone)),
    )


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
        *named_as_team(view),
        *([actions(*revoke)] if revoke else []),
    ]
    return Message(f"{title}.", tuple(blocks))


def revoked_notice(view: AuthorizationView, zone: str = ZONE) -> Message:
    """For commanders and supervisors: a card that changes notifies nobody."""
    said = (
        f"*{one_line(view.number)}:* the authorization for {one_line(view.repository.name)} was "
        f"revoked.\n{state_words(view, zone)}"
    )
    return Message(f"Authorization for {view.number}: news.", (section(said),))


def commander_reminder(view: AuthorizationView, zone: str = ZONE) -> Message:
    said = (
        f"*{one_line(view.number)}:* the question for {one_line(view.repository.name)} waits for a "
        f"commander. It lapses on {moment(view.expires_at, zone)}; then nothing is searched."
    )
    return Message(
        f"Reminder: a question for {view.number} is waiting.", (section(said),)
    )

"""What was stated when another repository was asked for, and on what footing that one is held."""

from collections.abc import Iterator

from bot.domain.authorizations import TEAM_MAX, AuthorizationState, Grounds
from bot.views.authorizations import AuthorizationView, Named, one_line
from bot.views.blocks import Json, context, fields, image, section
from bot.views.text import mention, quoted

_FACT_MAX = 200
_BADGE_MAX = 30


def repository_facts(view: AuthorizationView) -> Json:
    held = view.repository
    return short_facts(
        ("Legal basis of the repository", held.legal_basis),
        ("Owner", held.owner),
        ("Contact", held.contact),
        ("Basis of data sharing", held.data_sharing_basis),
    )


def short_facts(*pairs: tuple[str, str]) -> Json:
    return fields([(name, value or "not given") for name, value in pairs], _FACT_MAX)


def probe_picture(view: AuthorizationView) -> Iterator[Json]:
    if view.state is not AuthorizationState.PENDING:
        yield context("The picture is kept in Slack only until the decision.")
        return
    if view.picture is None:
        yield context("The picture is being prepared.")
    else:
        yield image(view.picture, f"The image of request {view.number}")
    if view.face is not None:
        yield context(f"It shows several faces. Asked about is face {view.face} only.")


def named_as_team(view: AuthorizationView) -> Iterator[Json]:
    """Who is kept from deciding by what was stated: whoever reads it may know better."""
    if not view.team:
        return
    who = ", ".join(_name(one) for one in view.team[:TEAM_MAX])
    yield section(f"*Named as working this case, so they do not decide:* {who}")


def _name(one: Named) -> str:
    if one.account:
        return mention(one.account)
    return f"badge {one_line(one.person, _BADGE_MAX)}"


def stated_grounds(grounds: Grounds, most: int) -> Iterator[Json]:
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

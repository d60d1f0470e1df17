"""What an administrator proposes on the command line: whose badge, which value, and who could decide."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter, ValidationError

from bot.approvals import changes
from bot.approvals.changes import Wanted
from bot.config import BadConfiguration, Settings
from bot.domain.actors import Actor, Role
from bot.domain.changes import Change, ChangeKind
from bot.errors import NotPermitted, Refusal
from bot.roles import RoleMap
from storage.database import Database


@dataclass(frozen=True, slots=True)
class Proposer:
    """Whose badge was given, and who could decide on what that person proposes."""

    actor: Actor
    deciders: frozenset[str]

    def warning(self) -> str:
        """What has to be known before waiting for a decision; empty if somebody can decide."""
        if self.deciders:
            return ""
        return (
            "Nobody can decide on this: the role map has no supervisor but whoever proposes. It waits until "
            "there is one."
        )


def proposer(settings: Settings, badge: str) -> Proposer:
    """Who this badge is in the role map; refuse a badge that is not in it."""
    roles = RoleMap(settings.role_map)
    if (actor := roles.find_person(badge)) is None:
        raise NotPermitted(
            f"Badge {badge} is not in the role map {settings.role_map}.",
            rule="NOT_IN_ROLE_MAP",
        )
    supervisors = roles.holding(Role.SUPERVISOR)
    return Proposer(actor, changes.deciders(supervisors, badge))


def value_of(settings: Settings, name: str, text: str) -> object:
    """A value of a governed setting as typed; refuse what the setting could not take at a start."""
    if name not in settings.governed:
        raise BadConfiguration(
            f"{name} is no governed setting. These are: {', '.join(settings.governed)}. The model is changed "
            "with “app.py reindex --model”."
        )
    field = Settings.model_fields[name.removeprefix("FIS_").lower()]
    kind = TypeAdapter[object](field.rebuild_annotation())  # with its limits
    try:
        return kind.validate_python(text)
    except ValidationError as bad:
        problem = bad.errors(include_input=False, include_url=False)[0]["msg"]
        raise BadConfiguration(f"{name}: {problem}") from None


async def propose_setting(
    db: Database,
    settings: Settings,
    name: str,
    text: str,
    why: str,
    who: Actor,
    now: datetime,
) -> Change:
    after = value_of(settings, name, text)
    async with db.snapshot() as snapshot:
        before = (await snapshot.changes.in_force()).get(name)
    if before is None:
        raise Refusal(
            "No value of this setting is on record yet: the first start records it. Until then set it in "
            "the settings.",
            rule="NO_BASELINE",
        )
    wanted = Wanted(ChangeKind.SETTING, name, {"value": before}, {"value": after})
    return await changes.propose(db, wanted, why, actor=who, now=now)

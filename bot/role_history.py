"""Every role map that was in force stands in the audit log: who could do what, and since when."""

import asyncio
from collections.abc import Mapping

from bot.clock import Clock
from bot.domain.actors import SYSTEM
from bot.domain.audit import ROLE_MAP, AuditEvent, Verb
from bot.roles import RoleMap, RoleMapVersion
from storage.database import Database, Transaction

_NONE = RoleMapVersion("", {})


class RoleHistory:
    """Records each version of the role map before anybody acts by it (policy 7, A28)."""

    def __init__(self, db: Database, roles: RoleMap, clock: Clock) -> None:
        self._db = db
        self._roles = roles
        self._clock = clock
        self._recording = asyncio.Lock()

    async def record(self) -> None:
        """Write what was read since the last time; what is the same as before is no change."""
        self._roles.refresh()
        if not self._roles.versions():
            return
        async with self._recording:
            versions = self._roles.versions()
            async with self._db.transaction() as tx:
                known = await _last(tx)
                for version in versions:
                    if version.digest != known.digest:
                        await tx.audit.append(self._event(known, version))
                        known = version
            self._roles.recorded(len(versions))

    def _event(self, before: RoleMapVersion, after: RoleMapVersion) -> AuditEvent:
        facts = {
            "before": before.digest or None,
            "after": after.digest,
            "changed": _changed(before.entries, after.entries),
            "entries": after.entries,
        }
        return AuditEvent(
            self._clock(), SYSTEM.person, Verb.CONFIGURATION_CHANGED, ROLE_MAP, facts
        )


async def _last(tx: Transaction) -> RoleMapVersion:
    entries = await tx.audit.entries(ROLE_MAP)
    # The subject of a refused attempt comes from its sender and may be anything.
    changes = [e for e in entries if e.event.verb is Verb.CONFIGURATION_CHANGED]
    if not changes:
        return _NONE
    facts = changes[-1].event.facts
    return RoleMapVersion(facts["after"], facts["entries"])


_Entries = Mapping[str, Mapping[str, object]]


def _changed(before: _Entries, after: _Entries) -> list[str]:
    """The accounts that are another person, hold other roles or are certified otherwise than before."""
    accounts = before.keys() | after.keys()
    return sorted(a for a in accounts if before.get(a) != after.get(a))

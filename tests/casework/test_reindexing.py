"""Another model: encoded anew, built beside, proposed, and searched only when somebody else has approved."""

import asyncio
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from bot.approvals import changes
from bot.approvals.changes import version_of
from bot.casework.alerts import Alerts
from bot.casework.building import build_gallery, built_beside
from bot.casework.destroying import discard_old, discard_strays, renew_gallery
from bot.casework.reindexing import Reindexed, reindex
from bot.casework.sealing import seal
from bot.domain.actors import Actor, Role
from bot.domain.audit import Verb
from bot.domain.changes import Change, ChangeState, ChangeStep
from bot.domain.galleries import ModelId
from bot.domain.photographs import STANDARD_REPOSITORY, GalleryVersion
from bot.domain.sealings import Order
from bot.errors import Refusal
from bot.matching import gallery as galleries
from bot.matching.pool import EnrolResult
from storage.cipher import Cipher
from storage.database import Database
from storage.vault import Vault
from tests.builders import FACE_POINTS, NOON, SFACE, a_photograph, a_template

NEXT = ModelId("Facenet512", "fa" * 32, 16)
ADMINISTRATOR = Actor("7001", "", frozenset({Role.ADMINISTRATOR}))
RUTH = Actor("9002", "U-RUTH", frozenset({Role.SUPERVISOR}))
WHY = "It misses fewer mates on our own photographs."
REASON = "I have read the evaluation and agree with it."


class Killed(Exception):
    """In the place of a process that ends in the middle."""


@dataclass
class Painted:
    """Encoders to which any file is a face that follows from its bytes, but for some."""

    model: ModelId = NEXT
    faceless: frozenset[bytes] = frozenset()
    dies_after: int = 10**9
    seen: list[bytes] = field(default_factory=list)

    def encode_again(self, files: Iterable[bytes]) -> Iterator[EnrolResult]:
        for data in files:
            if len(self.seen) == self.dies_after:
                raise Killed
            self.seen.append(data)
            digest = sha256(data)
            result = EnrolResult(Path(), digest.hexdigest(), 1)
            if data in self.faceless:
                yield replace(result, faces=0, reason="No face was found.")
                continue
            seed = int.from_bytes(digest.digest()[:4])
            drawn = np.random.default_rng(seed).normal(size=self.model.dim)
            yield replace(
                result,
                template=(drawn / np.linalg.norm(drawn)).astype(np.float32),
                points=np.array(FACE_POINTS, np.float32),
            )


@dataclass
class Unit:
    """A database, its vault, and photographs in the standard repository."""

    db: Database
    home: Path

    @property
    def vault(self) -> Vault:
        return Vault(self.home / "vault", Cipher(bytes(32)))

    @property
    def root(self) -> Path:
        return self.home / "galleries"

    async def enrol(self, *ids: str, now: datetime = NOON) -> None:
        async with self.db.transaction() as tx:
            for id in ids:
                file = self.vault.put(id.encode())
                await tx.photographs.add(
                    a_photograph(
                        id=id,
                        subject_id=f"S-{id}",
                        sha256=file,
                        arrest_number=f"K2600000{id[-1]}",
                    )
                )
                await tx.templates.add(a_template(photo_id=id))
        await build_gallery(
            self.db, self.root, STANDARD_REPOSITORY, SFACE, actor="7001", now=now
        )

    async def reindex(
        self, encoders: Painted | None = None, *, now: datetime = NOON
    ) -> Reindexed:
        return await reindex(
            self.db,
            self.vault,
            self.root,
            encoders or Painted(),
            STANDARD_REPOSITORY,
            WHY,
            evaluation={"rank1": 0.985},
            actor=ADMINISTRATOR,
            now=lambda: now,
            progress=lambda _done, _total: None,
        )

    async def decide(
        self, change: Change, step: ChangeStep = ChangeStep.APPROVE
    ) -> Change:
        return await changes.decide(
            self.db,
            change.id,
            step,
            REASON,
            version=1,
            galleries=self.root,
            actor=RUTH,
            now=NOON,
        )

    async def seal(self) -> str:
        """Seal P-2."""
        orders = [Order("K26000002", "Order 17 of 2026")]
        alerts = Alerts(None, lambda: NOON)
        [done] = await seal(self.db, orders, alerts, actor="7001", now=NOON)
        assert done.photographs == ("P-2",)
        return done.sealing.id

    async def current(self) -> GalleryVersion:
        async with self.db.snapshot() as snapshot:
            version = await snapshot.galleries.current(STANDARD_REPOSITORY)
        assert version is not None
        return version

    async def verbs(self) -> list[Verb]:
        async with self.db.snapshot() as snapshot:
            return [entry.event.verb for entry in await snapshot.audit.entries()]

    async def state(self, change: Change) -> ChangeState:
        async with self.db.snapshot() as snapshot:
            return (await snapshot.changes.get(change.id)).state


@pytest.fixture
async def unit(db: Database, tmp_path: Path) -> Unit:
    made = Unit(db, tmp_path)
    await made.enrol("P-1", "P-2", "P-3")
    return made


async def test_nothing_is_searched_otherwise_until_a_second_person_approves(
    unit: Unit,
) -> None:
    before = await unit.current()
    done = await unit.reindex()
    assert (done.encoded, done.left_out) == (3, ())
    assert await unit.current() == before
    await unit.decide(done.change)
    after = await unit.current()
    assert (after.model, after.size) == (NEXT, 3)
    assert after == version_of(done.change)
    loaded = galleries.load(unit.root, after.version, after.digest)
    assert list(loaded.photo_ids) == ["P-1", "P-2", "P-3"]
    assert (await unit.verbs())[-3:] == [
        Verb.CHANGE_PROPOSED,
        Verb.CHANGE_APPROVED,
        Verb.GALLERY_SWITCHED,
    ]


async def test_a_refused_model_leaves_the_gallery_as_it_is(unit: Unit) -> None:
    before = await unit.current()
    done = await unit.reindex()
    await unit.decide(done.change, ChangeStep.REFUSE)
    assert await unit.current() == before


async def test_what_was_enrolled_since_it_was_built_must_not_be_lost(
    unit: Unit,
) -> None:
    done = await unit.reindex()
    await unit.enrol("P-4", now=NOON + timedelta(hours=1))
    before = await unit.current()
    with pytest.raises(Refusal) as refused:
        await unit.decide(done.change)
    assert refused.value.rule == "CHANGE_STALE"
    assert await unit.current() == before
    assert await unit.state(done.change) is ChangeState.PENDING


async def test_the_next_run_encodes_what_is_new_and_takes_the_place_of_the_old_proposal(
    unit: Unit,
) -> None:
    first = await unit.reindex()
    await unit.enrol("P-4", now=NOON + timedelta(hours=1))
    second = await unit.reindex(now=NOON + timedelta(hours=2))
    assert second.encoded == 1
    assert await unit.state(first.change) is ChangeState.WITHDRAWN
    await unit.decide(second.change)
    assert (await unit.current()).size == 4


async def test_a_run_that_ended_in_the_middle_goes_on_after_its_last_batch(
    unit: Unit,
) -> None:
    await unit.enrol(*(f"Q-{n:03}" for n in range(70)), now=NOON + timedelta(hours=1))
    dying = Painted(dies_after=40)
    with pytest.raises(Killed):
        await unit.reindex(dying)
    resumed = Painted()
    done = await unit.reindex(resumed)
    assert done.encoded == len(resumed.seen) == 73 - 32
    await unit.decide(done.change)
    assert (await unit.current()).size == 73


async def test_a_photograph_the_model_cannot_encode_is_counted_before_anybody_decides(
    unit: Unit,
) -> None:
    done = await unit.reindex(Painted(faceless=frozenset({b"P-2"})))
    assert done.left_out == (("P-2", "No face was found."),)
    assert (done.change.after["left_out"], done.change.after["size"]) == (1, 2)


async def test_the_model_that_is_searched_with_is_not_proposed(unit: Unit) -> None:
    with pytest.raises(Refusal) as refused:
        await unit.reindex(Painted(SFACE))
    assert refused.value.rule == "CHANGES_NOTHING"


async def test_nobody_changes_the_model_by_building_or_enrolling(unit: Unit) -> None:
    await unit.reindex()
    before = await unit.current()
    with pytest.raises(Refusal) as refused:
        await build_gallery(
            unit.db, unit.root, STANDARD_REPOSITORY, NEXT, actor="7001", now=NOON
        )
    assert refused.value.rule == "MODEL_GOVERNED"
    assert await unit.current() == before


async def test_the_way_back_encodes_only_what_came_in_between(unit: Unit) -> None:
    done = await unit.reindex()
    await unit.decide(done.change)
    async with unit.db.transaction() as tx:
        assert await tx.galleries.earlier_model(STANDARD_REPOSITORY) == SFACE
        file = unit.vault.put(b"P-4")
        await tx.photographs.add(a_photograph(id="P-4", sha256=file))
    back = await unit.reindex(Painted(SFACE), now=NOON + timedelta(hours=1))
    assert back.encoded == 1
    await unit.decide(back.change)
    after = await unit.current()
    assert (after.model, after.size) == (SFACE, 4)


async def test_a_sealed_photograph_does_not_come_back_with_the_earlier_model(
    unit: Unit,
) -> None:
    """Its old folder still holds it; the gallery is built anew from what is on record."""
    old = await unit.current()
    done = await unit.reindex()
    await unit.decide(done.change)
    await unit.seal()
    back = await unit.reindex(Painted(SFACE), now=NOON + timedelta(hours=1))
    await unit.decide(back.change)
    after = await unit.current()
    assert after.version != old.version
    loaded = galleries.load(unit.root, after.version, after.digest)
    assert list(loaded.photo_ids) == ["P-1", "P-3"]


async def test_what_was_sealed_since_stops_no_switch_and_is_in_the_next_build_no_more(
    unit: Unit,
) -> None:
    """Sealings come every day: the search leaves them out, whatever gallery still holds them."""
    done = await unit.reindex()
    await unit.seal()
    await unit.decide(done.change)
    async with unit.db.snapshot() as snapshot:
        assert "P-2" in await snapshot.sealings.excluded(STANDARD_REPOSITORY)
    await renew_gallery(unit.db, unit.root, STANDARD_REPOSITORY, NOON)
    after = await unit.current()
    assert (after.model, after.size) == (NEXT, 2)
    assert {path.name for path in unit.root.glob("[!.]*")} == {after.version}


async def test_a_gallery_that_waits_for_a_supervisor_is_not_destroyed(
    unit: Unit,
) -> None:
    order = await unit.seal()
    async with unit.db.transaction() as tx:
        await tx.sealings.finish(order, NOON)
    done = await unit.reindex(now=NOON + timedelta(hours=1))
    waiting = version_of(done.change)
    os.utime(unit.root / waiting.version, (0, 0))
    assert await discard_old(unit.db, unit.root) == []
    assert await discard_strays(unit.db, unit.root) == []
    await unit.decide(done.change)
    assert await unit.current() == waiting
    assert len(galleries.load(unit.root, waiting.version, waiting.digest)) == 2


async def test_one_that_may_hold_what_was_sealed_is_destroyed_and_approved_no_more(
    unit: Unit,
) -> None:
    before, done = await unit.current(), await unit.reindex()
    order = await unit.seal()
    assert await discard_old(unit.db, unit.root) == [version_of(done.change).version]
    async with unit.db.transaction() as tx:
        await tx.sealings.finish(order, NOON)
    with pytest.raises(Refusal, match="not there any more") as refused:
        await unit.decide(done.change)
    assert refused.value.rule == "CHANGE_STALE"
    assert await unit.current() == before
    assert await unit.state(done.change) is ChangeState.PENDING
    again = await unit.reindex(now=NOON + timedelta(hours=1))
    await unit.decide(again.change)
    assert (await unit.current()).size == 2


async def test_a_version_that_is_not_recorded_yet_is_not_destroyed(unit: Unit) -> None:
    async with built_beside(
        unit.db, unit.root, STANDARD_REPOSITORY, NEXT, now=NOON
    ) as made:
        discarding = asyncio.create_task(discard_old(unit.db, unit.root))
        await asyncio.wait([discarding], timeout=0.3)
        assert not discarding.done()
        async with unit.db.transaction() as tx:
            await tx.galleries.add(made)
    assert made.version not in await discarding
    assert (unit.root / made.version).is_dir()


async def test_only_an_administrator_or_supervisor_starts_it_and_says_why(
    unit: Unit,
) -> None:
    encoders = Painted()
    for who, why in (
        (replace(ADMINISTRATOR, roles=frozenset({Role.EXAMINER})), WHY),
        (ADMINISTRATOR, "just so"),
    ):
        with pytest.raises(Refusal):
            await reindex(
                unit.db,
                unit.vault,
                unit.root,
                encoders,
                STANDARD_REPOSITORY,
                why,
                evaluation={},
                actor=who,
                now=lambda: NOON,
                progress=lambda _done, _total: None,
            )
    assert encoders.seen == []

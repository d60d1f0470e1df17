"""What cannot be done now keeps nothing else of an order from being done, and somebody is told of it."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.casework import sealing
from bot.casework.alerts import Alerts
from bot.casework.sealed_list import NAME
from bot.domain.sealings import Order
from bot.errors import Unavailable
from bot.jobs.sealer import Sealer
from storage.cipher import Cipher
from storage.database import Database
from storage.vault import Vault
from tests.builders import DMV, NO_ALERTS, a_gallery, a_photograph
from tests.jobs.parts import Hands

STANDARD = a_gallery().repository
HERE, THERE = b"a photograph of the standard repository", b"another, of another one"
DMV_ARREST = "K24699999"


class Builder:
    """Cannot build the galleries that are broken; the others need nothing done."""

    def __init__(self, *broken: str) -> None:
        self.broken = set(broken)
        self.asked: list[str] = []

    async def __call__(self, repository: str) -> str:
        self.asked.append(repository)
        if repository in self.broken:
            raise Unavailable("no space left")
        return "G-DMV" if repository == DMV else a_gallery().version


class Unit:
    """Two orders, each with a photograph in a repository of its own."""

    def __init__(self, db: Database, home: Path) -> None:
        self.db, self.clock, self.home = db, Hands(), home
        self.vault = Vault(home / "vault", Cipher(bytes(32)))

    async def fill(self) -> None:
        self.here, self.there = self.vault.put(HERE), self.vault.put(THERE)
        async with self.db.transaction() as tx:
            await tx.galleries.add(a_gallery())
            other = a_gallery(version="G-DMV", repository=DMV)
            await tx.galleries.add(replace(other, digest="ef" * 32))
            await tx.photographs.add(a_photograph(id="P-1", sha256=self.here))
            await tx.photographs.add(
                a_photograph(
                    id="P-2",
                    sha256=self.there,
                    repository=DMV,
                    arrest_number=DMV_ARREST,
                )
            )
        orders = [
            Order(a_photograph().arrest_number, "Order 1"),
            Order(DMV_ARREST, "Order 2"),
        ]
        await sealing.seal(
            self.db, orders, NO_ALERTS, actor="admin", now=self.clock.moment
        )

    def sealer(self, builder: Builder, sealed_list: Path | None = None) -> Sealer:
        return Sealer(
            self.db,
            self.vault,
            self.home / "galleries",
            sealed_list or self.home / NAME,
            Alerts("C-SUPERVISORS", self.clock),
            self.clock,
            builder,
        )

    async def unfinished(self) -> list[str]:
        async with self.db.snapshot() as snapshot:
            left = await snapshot.sealings.unfinished()
        return sorted(one.order_reference for one in left)

    async def told(self) -> list[str]:
        """All that is to be posted, in its order."""
        said: list[str] = []
        async with self.db.transaction() as tx:
            while heads := await tx.outbox.heads(self.clock.moment):
                for one in heads:
                    said.append(str(one.blocks))
                    await tx.outbox.done(one.id)
        return said


@pytest.fixture
async def unit(db: Database, tmp_path: Path) -> Unit:
    made = Unit(db, tmp_path)
    await made.fill()
    return made


async def test_a_gallery_is_rebuilt_by_a_clock_that_does_not_stand_still(
    unit: Unit,
) -> None:
    builder = Builder()
    sealer = unit.sealer(builder)

    def ticking() -> datetime:
        unit.clock.moment += timedelta(microseconds=1)
        return unit.clock.moment

    sealer._clock = ticking
    await sealer.step()
    assert builder.asked == sorted([STANDARD, DMV])


async def test_sealed_pictures_are_destroyed_although_no_gallery_can_be_rebuilt(
    unit: Unit,
) -> None:
    await unit.sealer(Builder(STANDARD, DMV)).step()
    assert unit.here not in unit.vault
    assert unit.there not in unit.vault
    assert await unit.unfinished() == ["Order 1", "Order 2"]


@pytest.mark.parametrize(("broken", "left"), [(STANDARD, "Order 1"), (DMV, "Order 2")])
async def test_one_repository_that_cannot_be_rebuilt_keeps_no_order_of_another_open(
    unit: Unit, broken: str, left: str
) -> None:
    await unit.sealer(Builder(broken)).step()
    assert await unit.unfinished() == [left]


async def test_supervisors_are_told_once_of_the_gallery_that_cannot_be_rebuilt(
    unit: Unit,
) -> None:
    sealer = unit.sealer(Builder(STANDARD))
    await sealer.step()
    assert await unit.told() == []
    for _ in range(3):
        unit.clock.forward(301)
        await sealer.step()
    [said] = await unit.told()
    assert "Order 1" in said
    assert "a gallery that has to be built again" in said


async def test_a_rebuild_that_fails_is_tried_again_after_longer_and_longer_pauses(
    unit: Unit,
) -> None:
    builder = Builder(STANDARD, DMV)
    sealer = unit.sealer(builder)
    for _ in range(120):
        await sealer.step()
        unit.clock.forward(5)
    # After 5, 10, 20, 40, 80, 160 and 300 seconds.
    assert builder.asked.count(STANDARD) == builder.asked.count(DMV) == 7
    builder.broken.clear()
    unit.clock.forward(300)
    await sealer.step()
    assert await unit.unfinished() == []


async def test_while_the_list_cannot_be_written_pictures_go_but_no_order_is_finished(
    unit: Unit, tmp_path: Path
) -> None:
    builder = Builder()
    folder = tmp_path / "data"
    folder.write_text("in the place of a folder")
    sealer = unit.sealer(builder, folder / NAME)
    await sealer.step()
    assert unit.here not in unit.vault
    assert builder.asked == [DMV, STANDARD]
    unit.clock.forward(301)
    await sealer.step()
    assert await unit.unfinished() == ["Order 1", "Order 2"]
    first, second = await unit.told()
    assert "the list of what is sealed" in first
    assert "the list of what is sealed" in second
    folder.unlink()
    folder.mkdir()
    await sealer.step()
    assert await unit.unfinished() == []


async def test_what_somebody_left_beside_the_galleries_is_destroyed_before_the_end(
    unit: Unit, tmp_path: Path
) -> None:
    left = tmp_path / "galleries" / ".passing-left"
    left.mkdir(parents=True)
    await unit.sealer(Builder()).step()
    assert not left.exists()
    assert await unit.unfinished() == []

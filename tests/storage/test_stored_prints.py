"""Prints of probes: sealed, found by what is near, and gone with their probe."""

import struct
from dataclasses import replace

from sqlalchemy import delete, select

from bot.domain.prints import FacePrint, Likeness, Repeat
from bot.domain.probes import Probe
from bot.domain.workflow import State
from storage.database import Database
from storage.tables import ProbePrintRow, ProbeRow
from tests.builders import NOON, SFACE, SHA256, a_request

ALL = (1 << 64) - 1
ONE = FacePrint(ALL, 5, ALL - 5, 7, (0.6, -0.8), replace(SFACE, dim=2))
FAR = replace(
    ONE, image_hash=0, face_hash=ALL >> 32, mirror_hash=0, code=ALL << 24 & ALL
)


async def keep(db: Database, id: str, *made: FacePrint) -> None:
    async with db.transaction() as tx:
        await tx.requests.add(a_request(id=id, state=State.NO_POSSIBLE_MATCH))
        await tx.probes.add(Probe(id, SHA256, 1, "still.jpg", NOON))
        for face, one in enumerate(made):
            await tx.prints.add(id, face, one)
        await tx.prints.keep(id, 0)


async def test_a_print_comes_back_as_it_was_but_for_the_last_digits(
    db: Database,
) -> None:
    await keep(db, "R-1", ONE)
    async with db.snapshot() as snapshot:
        found = await snapshot.prints.find("R-1", 0)
    assert found is not None
    assert all(
        abs(a - b) < 1e-3 for a, b in zip(found.template, ONE.template, strict=True)
    )
    assert replace(found, template=ONE.template) == FacePrint(
        -1, 5, -6, 7, ONE.template, ONE.model
    )


async def test_only_the_face_that_was_chosen_is_kept(db: Database) -> None:
    await keep(db, "R-1", ONE, FAR)
    async with db.snapshot() as snapshot:
        assert await snapshot.prints.is_kept("R-1")
        assert await snapshot.prints.find("R-1", 1) is None


async def test_only_what_comes_near_is_found(db: Database) -> None:
    await keep(db, "R-1", ONE)
    await keep(db, "R-2", FAR)
    async with db.snapshot() as snapshot:
        near = await snapshot.prints.near("R-3", replace(ONE, code=6))
    assert [earlier.request_id for earlier in near] == ["R-1"]


async def test_a_template_is_sealed(db: Database) -> None:
    await keep(db, "R-1", ONE)
    async with db.snapshot() as snapshot:
        [row] = await snapshot.prints._all(select(ProbePrintRow.template))
    assert struct.pack("<2e", *ONE.template) not in row["template"]


async def test_a_print_goes_with_its_probe(db: Database) -> None:
    await keep(db, "R-1", ONE)
    async with db.transaction() as tx:
        await tx.probes._run(delete(ProbeRow))
    async with db.snapshot() as snapshot:
        assert await snapshot.prints.find("R-1", 0) is None


async def test_which_requests_are_repeated_is_kept(db: Database) -> None:
    await keep(db, "R-1", ONE)
    await keep(db, "R-2", ONE)
    repeat = Repeat("R-1", Likeness.SAME_PICTURE)
    async with db.transaction() as tx:
        await tx.prints.add_repeats("R-2", [repeat])
    async with db.snapshot() as snapshot:
        assert await snapshot.prints.repeats("R-2") == [repeat]
        assert await snapshot.prints.repeats("R-1") == []


async def test_a_file_from_before_there_were_prints_is_known_by_its_hash(
    db: Database,
) -> None:
    async with db.transaction() as tx:
        await tx.requests.add(a_request(id="R-1", state=State.RELEASED))
        await tx.probes.add(Probe("R-1", SHA256, 1, "still.jpg", NOON))
    async with db.snapshot() as snapshot:
        [old] = await snapshot.prints.unprinted("R-2", SHA256)
        assert await snapshot.prints.unprinted("R-2", "00" * 32) == []
    assert (old.request_id, old.made) == ("R-1", None)

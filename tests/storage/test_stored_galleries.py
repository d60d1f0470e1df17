"""Photographs, templates and the versions of a gallery."""

import time
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine, insert, text
from sqlalchemy.exc import IntegrityError

from bot.domain.galleries import ModelId
from bot.domain.photographs import STANDARD_REPOSITORY
from storage.base import columns, model_columns
from storage.database import Database, Transaction
from storage.errors import Unknown
from storage.migrations import upgrade
from storage.tables import PhotographRow, TemplateRow
from tests.builders import NOON, SFACE, a_gallery, a_photograph, a_template

OTHER_WEIGHTS = replace(SFACE, weights_sha256="0f" * 32)
FACENET = ModelId(name="Facenet", weights_sha256="fa" * 32, dim=128)


async def test_a_photograph_comes_back_as_it_was_added(db: Database) -> None:
    unknown_dates = a_photograph(id="P-2", capture_date=None, birth_date=None)
    async with db.transaction() as tx:
        await tx.photographs.add(a_photograph(id="P-1"))
        await tx.photographs.add(unknown_dates)
        assert await tx.photographs.get("P-1") == a_photograph(id="P-1")
        assert await tx.photographs.find("P-2") == unknown_dates


async def test_an_unknown_photograph_is_refused(db: Database) -> None:
    async with db.snapshot() as snapshot:
        assert await snapshot.photographs.find("P-9") is None
        with pytest.raises(Unknown):
            await snapshot.photographs.get("P-9")


async def test_only_the_photographs_of_a_repository_are_known_and_counted(
    db: Database,
) -> None:
    async with db.transaction() as tx:
        await tx.photographs.add(a_photograph(id="P-1", sha256="01" * 32))
        await tx.photographs.add(a_photograph(id="P-2", sha256="02" * 32))
        await tx.photographs.add(a_photograph(id="P-3", repository="another"))
        assert await tx.photographs.known(STANDARD_REPOSITORY) == {
            "P-1": "01" * 32,
            "P-2": "02" * 32,
        }
        assert await tx.photographs.count(STANDARD_REPOSITORY) == 2
        assert await tx.photographs.count("nowhere") == 0


async def test_a_photograph_of_another_repository_is_known_with_its_repository(
    db: Database,
) -> None:
    many = [f"P-{number}" for number in range(1200)]  # more than one statement takes
    async with db.transaction() as tx:
        await tx.photographs.add(a_photograph(id="P-1"))
        await tx.photographs.add(a_photograph(id="P-2", repository="another"))
        await tx.photographs.add(a_photograph(id="P-1111", repository="a third"))
        await tx.photographs.add(a_photograph(id="X-1", repository="another"))
        found = await tx.photographs.elsewhere(STANDARD_REPOSITORY, many)
        assert found == {"P-2": "another", "P-1111": "a third"}
        assert await tx.photographs.elsewhere(STANDARD_REPOSITORY, []) == {}


async def test_templates_of_two_models_never_mix(db: Database) -> None:
    async with db.transaction() as tx:
        await tx.photographs.add(a_photograph(id="P-1"))
        for model in (SFACE, OTHER_WEIGHTS):
            await tx.templates.add(a_template(photo_id="P-1", model=model))
        mine = a_template(photo_id="P-1", model=OTHER_WEIGHTS)
        assert await tx.templates.get("P-1", OTHER_WEIGHTS) == mine
        assert await tx.templates.all(STANDARD_REPOSITORY, OTHER_WEIGHTS) == [mine]
        assert await tx.templates.find("P-1", FACENET) is None
        with pytest.raises(Unknown, match="Facenet"):
            await tx.templates.get("P-1", FACENET)


async def test_templates_come_in_the_order_of_their_photographs(db: Database) -> None:
    async with db.transaction() as tx:
        for id in ("P-10", "P-2", "P-1"):
            await tx.photographs.add(a_photograph(id=id))
            await tx.templates.add(a_template(photo_id=id))
        await tx.photographs.add(a_photograph(id="P-3", repository="another"))
        await tx.templates.add(a_template(photo_id="P-3"))
        found = await tx.templates.all(STANDARD_REPOSITORY, SFACE)
    assert [template.photo_id for template in found] == ["P-1", "P-10", "P-2"]


async def enrol(tx: Transaction, ids: list[str]) -> None:
    """All at once: adding them one by one takes six seconds."""
    for row, added in (
        (PhotographRow, [columns(a_photograph(id=id)) for id in ids]),
        (
            TemplateRow,
            [
                columns(a_template(photo_id=id), "model") | model_columns(SFACE)
                for id in ids
            ],
        ),
    ):
        await tx.templates._connection.execute(insert(row), added)


async def test_ten_thousand_templates_are_read_within_a_second(
    in_file: Database,
) -> None:
    async with in_file.transaction() as tx:
        await enrol(tx, [f"P-{number:05d}" for number in range(10_000)])
    begun = time.process_time()
    async with in_file.snapshot() as snapshot:
        found = await snapshot.templates.all(STANDARD_REPOSITORY, SFACE)
    assert len(found) == 10_000
    assert time.process_time() - begun < 1


async def test_the_gallery_added_last_is_the_current_one(db: Database) -> None:
    async with db.transaction() as tx:
        assert await tx.galleries.current(STANDARD_REPOSITORY) is None
        for gallery in (
            a_gallery(version="G-2"),
            a_gallery(version="G-1", digest="01" * 32),
            a_gallery(version="G-3", repository="another"),
        ):
            await tx.galleries.add(gallery)
        current = await tx.galleries.current(STANDARD_REPOSITORY)
    assert current == a_gallery(version="G-1", digest="01" * 32)


async def test_an_earlier_version_can_become_current_once_more(db: Database) -> None:
    first, second = a_gallery(version="G-1"), a_gallery(version="G-2")
    async with db.transaction() as tx:
        for gallery in (first, second, first):
            await tx.galleries.add(gallery)
        assert await tx.galleries.current(STANDARD_REPOSITORY) == first
        assert await tx.galleries.get("G-2") == second


async def test_a_version_of_one_repository_never_becomes_that_of_another(
    db: Database,
) -> None:
    async with db.transaction() as tx:
        await tx.galleries.add(a_gallery())
    with pytest.raises(IntegrityError):
        async with db.transaction() as tx:
            await tx.galleries.add(a_gallery(repository="another"))
    async with db.snapshot() as snapshot:
        assert await snapshot.galleries.current("another") is None


async def test_an_unknown_gallery_version_is_refused(db: Database) -> None:
    async with db.snapshot() as snapshot:
        with pytest.raises(Unknown):
            await snapshot.galleries.get("G-9")


async def test_the_standard_repository_is_recorded_once(db: Database) -> None:
    async with db.transaction() as tx:
        assert await tx.galleries.standard() is None
        await tx.galleries.record_standard(STANDARD_REPOSITORY)
    with pytest.raises(IntegrityError):
        async with db.transaction() as tx:
            await tx.galleries.record_standard("another")
    async with db.snapshot() as snapshot:
        assert await snapshot.galleries.standard() == STANDARD_REPOSITORY


@pytest.mark.parametrize(
    ("enrolled", "standard"),
    [((), None), (("Our photographs",), "Our photographs"), (("One", "Two"), None)],
)
def test_the_only_repository_of_an_earlier_version_is_its_standard_one(
    tmp_path: Path, enrolled: tuple[str, ...], standard: str | None
) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'earlier.sqlite3'}")
    with engine.begin() as connection:
        upgrade(connection, "0001")
        for name in enrolled:
            connection.execute(
                text(
                    "INSERT INTO photographs (id, subject_id, repository, sha256, arrest_number, "
                    "sex, enrolled_at) VALUES (:name, 'S-1', :name, '', '', '', :now)"
                ),
                {"name": name, "now": NOON.replace(tzinfo=None)},
            )
        upgrade(connection)
        found = connection.scalar(text("SELECT name FROM standard_repository"))
    engine.dispose()
    assert found == standard

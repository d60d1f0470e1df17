"""Which model enrols and searches: that of the gallery, whatever the settings name."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bot.config import BadConfiguration, Settings, read_settings
from bot.domain.galleries import ModelId
from bot.domain.photographs import STANDARD_REPOSITORY
from bot.errors import Refusal
from bot.models_in_force import check_weights, figures_of, model_in_force
from storage.database import Database
from tests.builders import DMV, SFACE, a_gallery
from tests.test_config import GIVEN

DLIB = ModelId("Dlib", "d1" * 32, 128)


@pytest.fixture
def settings() -> Settings:
    return read_settings(**GIVEN | {"model": "ArcFace"})


async def test_before_there_is_a_gallery_the_settings_name_the_model(
    db: Database, settings: Settings
) -> None:
    assert await model_in_force(db, settings, [STANDARD_REPOSITORY]) == "ArcFace"


async def test_a_new_repository_is_enrolled_by_the_model_of_the_standard_one(
    db: Database, settings: Settings
) -> None:
    async with db.transaction() as tx:
        await tx.galleries.add(a_gallery())
    assert await model_in_force(db, settings) == "SFace"
    assert await model_in_force(db, settings, [DMV]) == "SFace"


async def test_repositories_of_two_models_are_not_enrolled_into_at_once(
    db: Database, settings: Settings
) -> None:
    other = replace(a_gallery(), version="G-2", repository=DMV, model=DLIB)
    async with db.transaction() as tx:
        await tx.galleries.add(a_gallery())
        await tx.galleries.add(other)
    assert await model_in_force(db, settings, [DMV]) == "Dlib"
    with pytest.raises(Refusal) as refused:
        await model_in_force(db, settings, [DMV, STANDARD_REPOSITORY])
    assert refused.value.rule == "MODEL_GOVERNED"


async def test_other_weights_of_the_same_name_do_not_enrol(db: Database) -> None:
    async with db.transaction() as tx:
        await tx.galleries.add(a_gallery())
    await check_weights(db, [STANDARD_REPOSITORY, DMV], SFACE)
    other = replace(SFACE, weights_sha256="0e" * 32)
    with pytest.raises(Refusal) as refused:
        await check_weights(db, [STANDARD_REPOSITORY], other)
    assert refused.value.rule == "MODEL_GOVERNED"


def test_an_evaluation_of_another_model_is_no_evaluation_of_this_one(
    tmp_path: Path,
) -> None:
    report = tmp_path / "report.json"
    report.write_text(json.dumps({"model": str(DLIB), "rank1": 0.97312, "seconds": 12}))
    assert figures_of(report, DLIB) == {"rank1": 0.9731}
    assert figures_of(None, DLIB) == {}
    with pytest.raises(BadConfiguration, match="not of SFace"):
        figures_of(report, SFACE)
    report.write_text("no report")
    with pytest.raises(BadConfiguration, match="is no report"):
        figures_of(report, DLIB)

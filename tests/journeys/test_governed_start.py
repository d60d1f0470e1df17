"""What a start finds in its settings counts for nothing that two people decide on, once it is on record."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bot.casework.reindexing import Reindexed, reindex
from bot.domain.audit import Verb
from bot.domain.changes import AT_START, Change, ChangeState
from bot.domain.galleries import ModelId
from bot.domain.photographs import STANDARD_REPOSITORY
from bot.jobs.bench import Bench
from bot.matching.deepface_engine import DeepFaceEngine
from bot.matching.engine import Face, FaceEngine
from bot.matching.engines import EngineMissing, Engines
from bot.matching.images import Image
from bot.matching.pool import EnrolResult, encode
from bot.matching.weights import ModelFiles, prepare
from bot.sandbox import cases
from bot.sandbox.acts import all_text
from tests.conftest import Open
from tests.front import Workplace
from tests.journeys.changing import (
    ADMINISTRATOR,
    WHY,
    card_of,
    change_of,
    decide,
    in_force,
    open_decision,
    proposed,
)

# --- settings


async def changes_of(workplace: Workplace, name: str) -> list[Change]:
    async with workplace.db.snapshot() as snapshot:
        return [one for one in await snapshot.changes.all() if one.subject == name]


async def test_the_first_start_records_what_is_in_force(workplace: Workplace) -> None:
    values = await in_force(workplace)
    assert values == workplace.settings.governed
    [event] = await workplace.events(Verb.BASELINE_RECORDED)
    assert event.facts == values
    assert await workplace.events(Verb.CHANGE_PROPOSED) == []


async def test_a_later_start_goes_on_as_before_and_proposes_what_it_found(
    open_workplace: Open,
) -> None:
    async with open_workplace():
        pass
    async with open_workplace(weak_below=0.5) as workplace:
        await workplace.settle()
        assert (await in_force(workplace))["FIS_WEAK_BELOW"] == 0.35
        _, change = await changes_of(workplace, "FIS_WEAK_BELOW")
        assert (change.state, change.proposed_by) == (ChangeState.PENDING, AT_START)
        card = all_text(card_of(workplace, change.id))
        for word in ("FIS_WEAK_BELOW", "0.35", "0.5", "a start of the bot"):
            assert word in card
        [event] = await workplace.events(Verb.OTHER_VALUE_NOT_USED)
        assert event.facts["change"] == change.id
        await decide(workplace, change.id)
        assert (await in_force(workplace))["FIS_WEAK_BELOW"] == 0.5


async def test_a28_whoever_runs_the_bot_does_not_decide_on_what_a_start_of_it_proposes(
    open_workplace: Open,
) -> None:
    async with open_workplace():
        pass
    async with open_workplace(weak_below=0.5) as workplace:
        await workplace.settle()
        workplace.in_roles(cases.RUTH, roles=["supervisor", "administrator"])
        _, change = await changes_of(workplace, "FIS_WEAK_BELOW")
        await open_decision(workplace, change.id, cases.RUTH)
        assert workplace.person(cases.RUTH).modal is None
        [(_, rule)] = await workplace.refusals()
        assert rule == "SEPARATION_OF_DUTIES"
        assert (await in_force(workplace))["FIS_WEAK_BELOW"] == 0.35


async def test_another_start_with_the_same_value_asks_nobody_twice(
    open_workplace: Open,
) -> None:
    async with open_workplace():
        pass
    for _ in range(2):
        async with open_workplace(list_length=7) as workplace:
            await workplace.settle()
            assert len(await changes_of(workplace, "FIS_LIST_LENGTH")) == 2


async def test_what_was_refused_is_not_proposed_again_by_the_next_start(
    open_workplace: Open,
) -> None:
    async with open_workplace():
        pass
    async with open_workplace(list_length=7) as workplace:
        await workplace.settle()
        _, change = await changes_of(workplace, "FIS_LIST_LENGTH")
        await decide(workplace, change.id, step="refuse")
    async with open_workplace(list_length=7) as workplace:
        assert len(await changes_of(workplace, "FIS_LIST_LENGTH")) == 2
        assert len(await workplace.events(Verb.OTHER_VALUE_NOT_USED)) == 2


async def test_a_file_of_settings_that_was_not_brought_up_to_date_undoes_nothing(
    open_workplace: Open,
) -> None:
    async with open_workplace() as workplace:
        change = await proposed(workplace, "FIS_LIST_LENGTH", 7)
        await decide(workplace, change.id)
    async with open_workplace() as workplace:  # the file still says 3
        assert (await in_force(workplace))["FIS_LIST_LENGTH"] == 7
        assert len(await changes_of(workplace, "FIS_LIST_LENGTH")) == 2


async def test_settings_that_are_put_back_take_the_proposal_back(
    open_workplace: Open,
) -> None:
    async with open_workplace():
        pass
    async with open_workplace(list_length=7) as workplace:
        _, change = await changes_of(workplace, "FIS_LIST_LENGTH")
    async with open_workplace() as workplace:
        after = await change_of(workplace, change.id)
        assert after.state is ChangeState.WITHDRAWN
    async with open_workplace(list_length=9) as workplace:
        *_, last = await changes_of(workplace, "FIS_LIST_LENGTH")
        assert (last.state, last.after) == (ChangeState.PENDING, {"value": 9})


async def test_another_model_in_the_settings_is_told_and_the_gallery_decides(
    open_workplace: Open,
) -> None:
    async with open_workplace(model="Dlib") as workplace:
        await workplace.settle()
        [event] = await workplace.events(Verb.OTHER_VALUE_NOT_USED)
        assert (event.subject, event.facts["in_force"]) == ("FIS_MODEL", "SFace")
        messages = workplace.person(cases.SAM).messages(cases.SUPERVISORS)
        assert any("app.py reindex --model Dlib" in all_text(m) for m in messages)
        id = await workplace.sent()
        await workplace.acts.examination(id)
        assert len(await workplace.listed(id)) == workplace.settings.list_length


# --- models


@dataclass
class Renamed:
    """The same engine under another name, with its numbers in another order: another model."""

    engine: FaceEngine
    model: ModelId

    def faces(self, image: Image) -> list[Face]:
        return [
            replace(face, template=face.template[::-1].copy())
            for face in self.engine.faces(image)
        ]


@dataclass
class Encoders:
    engine: FaceEngine
    model: ModelId

    def encode_again(self, files: Iterable[bytes]) -> Iterator[EnrolResult]:
        return (encode(self.engine, data) for data in files)


async def other_model_proposed(
    workplace: Workplace, home: Path, other: FaceEngine | None = None
) -> Reindexed:
    """The gallery of another model beside the one that is searched, and a worker that can run both."""
    engine = workplace.bench.engine
    if other is None:
        other = Renamed(engine, ModelId("SFace", "0e" * 32, engine.model.dim))
    both: dict[ModelId, FaceEngine] = {engine.model: engine, other.model: other}
    bench = Bench(engine, workplace.vault, home, 0.35, both.__getitem__)
    workplace.worker = workplace.another_worker(bench)
    done = await reindex(
        workplace.db,
        workplace.vault,
        home,
        Encoders(other, other.model),
        STANDARD_REPOSITORY,
        WHY,
        evaluation={"rank1": 0.985},
        actor=ADMINISTRATOR,
        now=workplace.clock,
        progress=lambda _done, _total: None,
    )
    await workplace.settle()
    return done


async def model_of(workplace: Workplace, id: str) -> ModelId:
    async with workplace.db.snapshot() as snapshot:
        search = await snapshot.searches.find_latest(id)
    assert search is not None
    return search.model


async def test_an_approved_gallery_is_searched_by_its_own_model_from_the_next_search_on(
    workplace: Workplace, home: Path
) -> None:
    done = await other_model_proposed(workplace, home / "galleries")
    earlier = workplace.bench.engine.model
    card = all_text(card_of(workplace, done.change.id))
    for word in ("0e" * 32, earlier.weights_sha256, "rank1", "0.985", "24"):
        assert word in card
    before = await workplace.sent()
    await workplace.acts.examination(before)
    assert await model_of(workplace, before) == earlier
    await decide(workplace, done.change.id)
    after = await workplace.sent(cases.OMAR, case_number="2026-075-009999")
    await workplace.repeating.allow(cases.RUTH, after)
    await workplace.acts.examination(after)
    assert (await model_of(workplace, after)).weights_sha256 == "0e" * 32
    subjects = [
        [c.subject_id for c in await workplace.listed(id)] for id in (before, after)
    ]
    assert subjects[0] == subjects[1]


async def test_two_models_joined_are_searched_with_once_that_was_approved(
    workplace: Workplace, home: Path, tmp_path: Path
) -> None:
    joined = DeepFaceEngine(prepare(tmp_path / "models", "SFace+Dlib"))
    done = await other_model_proposed(workplace, home / "galleries", joined)
    before = await workplace.sent()
    await workplace.acts.examination(before)
    await decide(workplace, done.change.id)
    after = await workplace.sent(cases.OMAR, case_number="2026-075-009999")
    # The still is known again although the models differ: pictures are compared, too.
    await workplace.repeating.allow(cases.RUTH, after)
    await workplace.acts.examination(after)
    assert await model_of(workplace, after) == joined.model
    [first, *_], [same, *_] = [await workplace.listed(id) for id in (before, after)]
    assert first.subject_id == same.subject_id == "D0014"
    assert first.similarity != same.similarity


async def test_an_approved_way_of_searching_is_that_of_the_next_search_and_on_record(
    workplace: Workplace, tmp_path: Path
) -> None:
    bench = Bench(workplace.bench.engine, workplace.vault, tmp_path, 0.35)
    workplace.worker = workplace.another_worker(bench)
    first = await workplace.sent()
    await workplace.acts.examination(first)
    change = await proposed(workplace, "FIS_SEARCH", "chroma")
    await decide(workplace, change.id)
    second = await workplace.sent(cases.OMAR, case_number="2026-075-009999")
    await workplace.repeating.allow(cases.RUTH, second)
    await workplace.acts.examination(second)
    async with workplace.db.snapshot() as snapshot:
        found = [await snapshot.searches.find_latest(id) for id in (first, second)]
    assert [search.exact for search in found if search] == [True, False]


def test_weights_that_are_not_here_are_named_with_what_cures_it(tmp_path: Path) -> None:
    engines = Engines(tmp_path, load=lambda files: _Named(files))
    here = engines.named("SFace").model
    assert engines.of(here).model == here
    with pytest.raises(EngineMissing, match=r"ArcFace.*missing"):
        engines.of(ModelId("ArcFace", "0e" * 32, 512))
    with pytest.raises(EngineMissing, match=r"app\.py reindex"):
        engines.of(replace(here, weights_sha256="0e" * 32))


class _Named:
    def __init__(self, files: ModelFiles) -> None:
        self.model = files.model

    def faces(self, image: Image) -> list[Face]:
        return []

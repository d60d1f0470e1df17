"""All photographs of one subject: dates in the blind part, the arrests at the context check, nothing sealed."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import cv2
import numpy as np
import pytest

from bot.casework import sealing
from bot.casework.alerts import Alerts
from bot.domain.audit import Verb
from bot.domain.examinations import Examination
from bot.domain.photographs import Photograph, Template
from bot.domain.pictures import subjects_of, unmasked_of
from bot.domain.sealings import Order
from bot.domain.sendings import Picture
from bot.domain.workflow import State
from bot.jobs.bench import Bench
from bot.matching.images import decode, encode_png
from bot.sandbox import cases
from storage.cipher import Cipher
from storage.vault import Vault
from tests.front import KEY, Enrolled, Resting, Stage, Workplace, text_of
from tests.journeys.sealed import MATE, is_finished, own_house, photographs_of

COMPARED = f"{MATE}-1"
NEWER, OLDER, CHILD = f"{MATE}-NEWER", f"{MATE}-OLDER", f"{MATE}-CHILD"
TAKEN = {
    NEWER: (date(2026, 10, 1), "K26700001", "dismissed"),
    OLDER: (date(2015, 5, 5), "Q15700001", "convicted"),
    CHILD: (date(1997, 1, 2), "B97700001", "adjudicated"),
}
"""When, which arrest and what became of it; the person was born in 1980."""


@pytest.fixture(scope="module")
def stages() -> dict[str, Stage]:
    """Moments to begin from of cases with these photographs: everybody else's are without them."""
    return {}


@pytest.fixture
async def house(
    enrolled: Enrolled, stages: dict[str, Stage], home: Path
) -> AsyncIterator[Workplace]:
    async with own_house(home, replace(enrolled, stages=stages)) as workplace:
        await photographed(workplace)
        yield workplace


async def photographed(workplace: Workplace) -> None:
    """Three more photographs of the mate: the portrait again, each time turned and lit otherwise."""
    [first] = await photographs_of(workplace, MATE)
    portrait = decode(workplace.vault.get(first.sha256)).image
    engine = workplace.bench.engine
    for turn, (id, (taken, arrest, state)) in enumerate(TAKEN.items(), 1):
        about = cv2.getRotationMatrix2D((128, 128), 6.0 * turn, 1.0)
        turned = cv2.warpAffine(portrait, about, (256, 256)).astype(np.float32)
        image = np.asarray(turned * (1 - turn / 12), np.uint8)
        photograph = replace(
            first,
            id=id,
            sha256=workplace.vault.put(encode_png(image)),
            arrest_number=arrest,
            capture_date=taken,
            case_state=state,
        )
        face = engine.faces(image)[0]
        points = tuple((float(x), float(y)) for x, y in face.points)
        vector = np.asarray(face.template, "<f4").tobytes()
        async with workplace.db.transaction() as tx:
            await tx.photographs.add(photograph)
            await tx.templates.add(Template(id, MATE, engine.model, vector, points))


@dataclass(frozen=True)
class Sheet:
    picture: Picture
    shows: frozenset[str]
    content: bytes


async def sheets(workplace: Workplace, start: str) -> list[Sheet]:
    """The sheets of one examination as they are kept, with the photographs on each."""
    found = []
    async with workplace.db.snapshot() as snapshot:
        request = (await snapshot.examinations.get(start.split("/")[0])).request_id
        for key, picture in (await snapshot.pictures.of(request)).items():
            if key.startswith(start):
                shows = {
                    id
                    for id in (COMPARED, *TAKEN)
                    if key in {p.key for p in await snapshot.pictures.showing([id])}
                }
                content = workplace.vault.get(picture.vault_sha256)
                found.append(Sheet(picture, frozenset(shows), content))
    return found


async def examinations(workplace: Workplace, id: str) -> list[Examination]:
    async with workplace.db.snapshot() as snapshot:
        return await snapshot.examinations.of(id)


async def begun(workplace: Workplace) -> tuple[str, Examination]:
    """A first examination of which the candidates are shown."""
    id = await workplace.searched()
    await workplace.acts.take(cases.ERIK, await workplace.acts.examination(id))
    await workplace.settle()
    [first] = await examinations(workplace, id)
    return id, first


async def opened(workplace: Workplace) -> tuple[str, Examination]:
    """A context check the first examiner has opened."""
    id = await workplace.searched()
    await workplace.decided(id, cases.ERIK, 0, MATE)
    await workplace.decided(id, cases.PRIYA, 1, MATE, in_context=False)
    await workplace.settle()
    assert await workplace.state(id) is State.CONTEXT_CHECK
    await workplace.acts.open_context(cases.ERIK, id)
    await workplace.settle()
    return id, (await examinations(workplace, id))[0]


async def seal(workplace: Workplace, photo_id: str) -> sealing.Done:
    [done] = await sealing.seal(
        workplace.db,
        [Order(TAKEN[photo_id][1], "Order 9/2026")],
        Alerts(workplace.settings.supervisor_channel, workplace.clock),
        actor="administrator ada",
        now=workplace.clock(),
    )
    return done


async def carried_out(workplace: Workplace) -> None:
    for _ in range(10):
        await workplace.settle()
        if await is_finished(workplace):
            return
    raise AssertionError("the order was not carried out to the end")


async def test_the_examiner_is_shown_every_photograph_that_may_be_shown(
    house: Workplace,
) -> None:
    """Not that of a child; and of a candidate with one photograph there is nothing to add."""
    _, first = await begun(house)
    [sheet] = await sheets(house, subjects_of(first.id))
    assert sheet.shows == {COMPARED, NEWER, OLDER}
    letter = first.label_of(sheet.picture.key.split("/")[-1])
    assert sheet.picture.file_name == f"all-{letter}.png"
    assert sheet.content in house.pictures_of(cases.ERIK)
    assert sheet.content not in house.pictures_of(cases.DANA)
    seen = "\n".join(house.seen_by(cases.ERIK))
    for _, arrest, state in TAKEN.values():
        assert arrest not in seen
        assert state not in seen


async def test_the_next_examiner_analyses_without_any_of_it_and_gets_a_sheet_of_their_own(
    house: Workplace,
) -> None:
    id = await house.peered()
    first, peer = await examinations(house, id)
    [before] = await sheets(house, subjects_of(first.id))
    for account in (cases.ERIK, cases.PRIYA):
        assert before.content not in house.pictures_of(account)
    await house.acts.take(cases.PRIYA, await house.acts.examination(id, 1))
    await house.settle()
    [own] = await sheets(house, subjects_of(peer.id))
    assert own.content in house.pictures_of(cases.PRIYA)
    assert own.shows == before.shows


async def test_the_states_of_the_arrests_come_to_whoever_checks_the_context_alone(
    house: Workplace,
) -> None:
    id, first = await opened(house)
    [sheet] = await sheets(house, unmasked_of(first.id))
    assert sheet.shows == {COMPARED, NEWER, OLDER}
    assert sheet.content in house.pictures_of(cases.ERIK)
    for account in (cases.PRIYA, cases.LENA, cases.DANA, cases.SAM, cases.MARA):
        assert sheet.content not in house.pictures_of(account)
    assert "come to you directly" in text_of(house.person(cases.ERIK).modal)
    await house.person(cases.ERIK).close_modal()
    again = await house.acts.open_context(cases.ERIK, id)
    assert str(sheet.picture.slack_file) in str(again.modal)

    house.clock.forward(hours=73)
    await house.bot.ticks.expire_pictures()
    await house.settle()
    assert sheet.content not in house.pictures_of(cases.ERIK)
    await house.person(cases.ERIK).close_modal()
    await house.acts.open_context(cases.ERIK, id)
    await house.settle()
    assert house.pictures_of(cases.ERIK).count(sheet.content) == 1

    await house.context_checked(id)
    await house.settle()
    assert await house.state(id) is State.SUPERVISOR_REVIEW
    assert sheet.content not in house.pictures_of(cases.ERIK)


@pytest.mark.parametrize("reach", [begun, opened])
async def test_a27_sealing_another_photograph_destroys_the_sheet_and_draws_it_without(
    house: Workplace, reach: Callable[[Workplace], object]
) -> None:
    """The candidate is listed by one that stays: nothing but the sheet is undone."""
    id, first = await reach(house)  # type: ignore[misc]
    start = subjects_of(first.id) if reach is begun else unmasked_of(first.id)
    [before] = await sheets(house, start)
    state = await house.state(id)

    done = await seal(house, NEWER)
    assert (done.drawn_anew, done.taken_back, done.recalled) == ((id,), (), ())
    await carried_out(house)

    assert before.content not in house.pictures_of(cases.ERIK)
    assert before.picture.vault_sha256 not in house.vault
    [after] = await sheets(house, start)
    assert after.shows == {COMPARED, OLDER}
    assert after.content in house.pictures_of(cases.ERIK)
    assert await house.state(id) is state
    told = [text_of(m) for m in house.person(cases.SAM).messages(cases.SUPERVISORS)]
    assert any("drawn anew without it" in one for one in told)
    [received] = await house.events(Verb.SEALING_RECEIVED)
    assert received.facts["drawn_anew"] == [id]

    await seal(house, OLDER)
    await carried_out(house)
    assert await sheets(house, start) == [], "one photograph is on the other sheets"
    assert after.content not in house.pictures_of(cases.ERIK)
    assert after.picture.vault_sha256 not in house.vault


async def test_a27_the_sheet_of_an_examiner_who_is_done_goes_too(
    house: Workplace,
) -> None:
    """It is out of Slack and nobody needs it: it is destroyed, and not drawn again."""
    id = await house.peered()
    first, _ = await examinations(house, id)
    [before] = await sheets(house, subjects_of(first.id))
    done = await seal(house, OLDER)
    assert done.drawn_anew == ()
    await carried_out(house)
    assert before.picture.vault_sha256 not in house.vault
    assert await sheets(house, subjects_of(first.id)) == []


class Disturbed(Vault):
    """While one photograph is read for a sheet, something else happens."""

    meanwhile: tuple[str, Callable[[], object]] | None = None

    def get(self, sha256: str) -> bytes:
        content = super().get(sha256)
        if self.meanwhile is not None and self.meanwhile[0] == sha256:
            (_, happening), self.meanwhile = self.meanwhile, None
            happening()
        return content


async def test_a27_sealed_while_the_sheet_is_drawn_it_is_drawn_again_without(
    house: Workplace,
) -> None:
    vault = Disturbed(house.vault_home, Cipher(KEY))
    loop = asyncio.get_running_loop()
    newer = await _photograph(house, NEWER)

    def sealed() -> None:
        asyncio.run_coroutine_threadsafe(seal(house, NEWER), loop).result(20)

    vault.meanwhile = (newer.sha256, sealed)
    bench = Bench(house.bench.engine, vault, house.bench.galleries_dir, 0.35)
    house.worker = Resting(house.worker)
    house.worker = house.another_worker(bench)
    _, first = await begun(house)
    assert vault.meanwhile is None
    await carried_out(house)
    [sheet] = await sheets(house, subjects_of(first.id))
    assert sheet.shows == {COMPARED, OLDER}
    async with house.db.snapshot() as snapshot:
        assert not await snapshot.discards.all()


async def _photograph(workplace: Workplace, id: str) -> Photograph:
    async with workplace.db.snapshot() as snapshot:
        return await snapshot.photographs.get(id)

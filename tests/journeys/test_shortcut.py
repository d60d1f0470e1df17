"""A request from an image that is in the channel already: "Send to FIS" on its message."""

import pytest

from bot.domain.audit import Verb
from bot.domain.workflow import State
from bot.jobs.fetching import BYTES_MAX
from bot.sandbox import cases
from bot.views.ids import BlockId, ShortcutId
from tests.front import Workplace, still

WITHOUT_FILE = None


def posted(workplace: Workplace, *images: bytes, by: str = cases.DANA) -> str:
    person = workplace.person(by)
    files = [person.upload(f"still-{n}.jpg", data) for n, data in enumerate(images)]
    return person.post(cases.REQUESTS, "From the shop", files)


async def pressed(workplace: Workplace, ts: str, by: str = cases.DANA) -> None:
    person = workplace.person(by)
    await person.shortcut(cases.REQUESTS, ts, ShortcutId.FIS_FROM_MESSAGE)
    await workplace.settle()


async def sent(workplace: Workplace, image: bytes) -> State:
    await pressed(workplace, posted(workplace, image))
    person = workplace.person(cases.DANA)
    assert person.modal is not None
    assert BlockId.IMAGE not in {b.get("block_id") for b in person.modal["blocks"]}
    number: dict[str, object] = {BlockId.CASE_NUMBER: "2026-075-001234"}
    await workplace.acts.fill_form(person, WITHOUT_FILE, changes=number)
    await workplace.settle()
    return await workplace.state("FIS-2026-000001")


async def test_the_one_image_of_a_message_is_searched(workplace: Workplace) -> None:
    assert await sent(workplace, still("mated")) is State.EXAMINATION
    async with workplace.db.snapshot() as snapshot:
        probe = await snapshot.probes.get("FIS-2026-000001")
    assert workplace.vault.get(probe.sha256) == still("mated")


async def test_an_image_of_more_than_ten_megabytes_is_not_fetched(
    workplace: Workplace,
) -> None:
    large = still("mated") + bytes(BYTES_MAX)
    assert await sent(workplace, large) is State.UNSUITABLE
    [ended] = await workplace.events(Verb.PROBE_UNSUITABLE)
    assert ended.facts["rule"] == "IMAGE_TOO_LARGE"


@pytest.mark.parametrize("count", [0, 2])
async def test_a16_a_message_without_exactly_one_image_opens_no_form(
    workplace: Workplace, count: int
) -> None:
    ts = posted(workplace, *[still("mated")] * count)
    await pressed(workplace, ts)
    assert workplace.person(cases.DANA).modal is None
    assert await workplace.refusals() == [("4711", "ONE_IMAGE")]
    assert "exactly one image" in workplace.told(cases.DANA)


async def test_somebody_without_the_role_gets_no_form(workplace: Workplace) -> None:
    await workplace.sandbox.join(cases.REQUESTS, cases.ERIK)
    await pressed(workplace, posted(workplace, still("mated")), by=cases.ERIK)
    assert workplace.person(cases.ERIK).modal is None
    assert await workplace.refusals() == [("8101", "ROLE_REQUIRED")]

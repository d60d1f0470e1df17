"""After a whole case: what everybody could read at any time in it (policy 6.5; 7, A7, A10, A25, A35)."""

import re
from collections.abc import Callable
from typing import Any

from bot.domain.workflow import State
from bot.sandbox import cases
from bot.sandbox.acts import REASON
from bot.views.ids import ActionId
from tests.front import Workplace, still

MATE = "D0014"
SPLIT = ((cases.ERIK, 2), (cases.PRIYA, 0), (cases.LENA, 1))


class Watch:
    """Remembers all that one person could reach after every step: what was edited away, too."""

    def __init__(self, workplace: Workplace, account: str) -> None:
        self._workplace, self._account = workplace, account
        self.texts: set[str] = set()
        self.pictures: set[bytes] = set()
        self.look()

    def look(self) -> None:
        self.texts |= set(self._workplace.seen_by(self._account))
        self.pictures |= set(self._workplace.pictures_of(self._account))


def ever_sent(workplace: Workplace, *rooms: str) -> str:
    """Every call that named one of these rooms: posts, edits, notices, uploads, notification texts."""
    calls = workplace.sandbox.web_api.calls
    named = ("channel", "channel_id", "user", "channels", "user_id")
    return "\n".join(
        str(given)
        for _, given in calls
        if any(given.get(name) in rooms for name in named)
    )


async def secrets(workplace: Workplace, id: str) -> set[str]:
    """What is told of the candidates inside the section, the released one's number left out."""
    words = {"CA-", "EX-", "SE-", "Candidate ", "Comparison for", "imilarity", REASON}
    async with workplace.db.snapshot() as snapshot:
        lead = await snapshot.leads.find(id)
        for listed in await workplace.listed(id):
            photograph = await snapshot.photographs.get(listed.photo_id)
            words |= {listed.id, listed.subject_id, f"{listed.similarity:.3f}"}
            if lead is None or listed.photo_id != lead.photo_id:
                words |= {photograph.arrest_number, photograph.id}
    return words


def check_unread(words: set[str], texts: set[str] | str) -> None:
    read = texts if isinstance(texts, str) else "\n".join(texts)
    assert {word for word in words if word in read} == set()


async def whole_case(workplace: Workplace, look: Callable[[], None]) -> str:
    """All of it through clicks: two who differ, a third, a lead, its acknowledgement."""
    id = await workplace.searched()
    look()
    for place, (account, level) in enumerate(SPLIT):
        await workplace.acts.examination(id, place)
        look()
        await workplace.examined(id, account, place, MATE, level)
        look()
    assert await workplace.state(id) is State.SUPERVISOR_REVIEW
    await workplace.acts.review(cases.SAM, id)
    look()
    await workplace.acts.release(cases.SAM, id)
    await workplace.settle()
    look()
    await workplace.acts.press_own(cases.DANA, id, ActionId.ACKNOWLEDGE)
    await workplace.settle()
    look()
    return id


async def test_a7_a_requester_reaches_one_photograph_and_no_word_of_the_others(
    workplace: Workplace,
) -> None:
    dana, omar = Watch(workplace, cases.DANA), Watch(workplace, cases.OMAR)

    def look() -> None:
        dana.look()
        omar.look()

    id = await whole_case(workplace, look)
    words = await secrets(workplace, id)
    check_unread(words, dana.texts)
    check_unread(words, omar.texts)
    assert not any(re.search(r"\b0\.\d{3}\b", text) for text in dana.texts)
    rooms = (cases.REQUESTS, cases.DANA, workplace.person(cases.DANA).dm)
    check_unread(words, ever_sent(workplace, *rooms))
    # Her own still, and the photograph of the lead.
    assert still("mated") in dana.pictures
    assert len(dana.pictures) == 2
    assert omar.pictures == set()
    files = workplace.sandbox.workspace.files.values()
    reached = {f.name for f in files if _reaches(workplace, f.id, cases.DANA)}
    assert reached == {"still.jpg", "lead.png"}


def _reaches(workplace: Workplace, file: str, account: str) -> bool:
    try:
        workplace.person(account).read_file(file)
    except PermissionError:
        return False
    return True


async def test_a35_nothing_reaches_a_requester_between_the_search_and_the_answer(
    workplace: Workplace,
) -> None:
    """Not by the time of a message either: none is sent, edited or removed while the section works."""
    id = await workplace.searched()
    rooms = (cases.REQUESTS, cases.DANA, workplace.person(cases.DANA).dm)
    before = ever_sent(workplace, *rooms)
    for place, (account, level) in enumerate(SPLIT):
        await workplace.examined(id, account, place, MATE, level)
        assert ever_sent(workplace, *rooms) == before, account
    await workplace.acts.review(cases.SAM, id)
    assert ever_sent(workplace, *rooms) == before
    await workplace.acts.release(cases.SAM, id)
    await workplace.settle()
    assert ever_sent(workplace, *rooms) != before


async def test_a10_each_examiner_saw_nothing_of_those_before_until_the_own_was_saved(
    workplace: Workplace,
) -> None:
    """Levels, reasons, letters and counts of the others, in whatever was ever reachable."""
    id = await workplace.searched()
    watches = {account: Watch(workplace, account) for account, _ in SPLIT}
    for place, (account, level) in enumerate(SPLIT):
        await workplace.acts.examination(id, place)
        watch = watches[account]
        watch.look()
        for word in (
            REASON,
            "support for same",
            "nconclusive",
            "agree",
            "differ",
            "third",
            "proposed",
        ):
            assert not any(word in text for text in watch.texts), (account, word)
        await workplace.examined(id, account, place, MATE, level)


async def test_a35_cards_follow_one_another_the_same_way_whatever_was_said(
    workplace: Workplace,
) -> None:
    """What is posted to the examiners after a submission, and in which order, is the same each time."""
    id = await workplace.searched()
    shapes = []
    for place, (account, level) in enumerate(SPLIT[:2]):
        start = len(workplace.sandbox.web_api.calls)
        await workplace.examined(id, account, place, MATE, level)
        shapes.append(_shape(workplace.sandbox.web_api.calls[start:]))
    assert shapes[0] == shapes[1]


def _shape(calls: list[tuple[str, dict[str, Any]]]) -> list[tuple[str, str]]:
    return [
        (name, str(given.get("channel", given.get("channel_id", ""))))
        for name, given in calls
        if name.startswith(("chat.", "files."))
        and given.get("channel", given.get("channel_id")) == cases.EXAMINERS
    ]

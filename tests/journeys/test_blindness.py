"""What each of them cannot see: the second examiner, the requester, the lock screen (policy 7: A7, A8,
A10, A25, A30, A35)."""

import re
from collections import Counter

import pytest

from bot.domain.audit import Verb
from bot.domain.workflow import State
from bot.sandbox import cases
from bot.sandbox.acts import BASIS, REASON
from bot.sandbox.faults import Fault
from bot.views.ids import ActionId, BlockId
from tests.conftest import Open
from tests.front import Workplace, still, text_of
from tests.journeys.test_abuse_people import take, taken_by

SHOOTING = {BlockId.CATEGORY: "SHOOTING"}


def _alike(text: str) -> str:
    """Ids, times and blocks' names are chance; the letters of candidates are not."""
    text = re.sub(r"EX-[0-9a-f]{12}", "EX", text)
    return re.sub(r"\b[bF]-?\d{8}\b", "#", text)


async def test_the_second_examiner_cannot_tell_a_find_from_none(
    workplace: Workplace,
) -> None:
    """In one case the first examiner supports somebody, in the other nobody: both look the same."""
    seen = []
    # Two stills: one that is sent twice is held.
    for found, image in (("D0014", still("mated")), (None, still("mated", 1))):
        before = Counter(workplace.seen_by(cases.PRIYA))
        id = await workplace.peered(found, image=image, changes=SHOOTING)
        news = Counter(workplace.seen_by(cases.PRIYA)) - before
        seen.append(sorted(_alike(t.replace(id, "FIS")) for t in news.elements()))
    assert seen[0] == seen[1]
    assert any("Submitted by <@U-ERIK>" in text for text in seen[0])


async def test_the_second_card_reads_like_the_first(workplace: Workplace) -> None:
    id = await workplace.searched()
    first = text_of(workplace.acts.examination_cards(id)[0]["blocks"])
    await workplace.decided(id, cases.ERIK, 0, "D0014")
    await workplace.settle()
    second = text_of(workplace.acts.examination_cards(id)[1]["blocks"])
    assert second == first


async def test_nothing_of_the_first_examination_stands_anywhere_an_examiner_looks(
    workplace: Workplace,
) -> None:
    id = await workplace.searched()
    await workplace.examined(id, cases.ERIK, 0, "D0014")
    seen = "\n".join(workplace.seen_by(cases.PRIYA))
    for word in (REASON, "support", "agree", "proposed", "imilarity", "rank", "CA-"):
        assert word not in seen
    assert "Submitted by <@U-ERIK>" in seen


async def test_the_decisions_of_another_examiner_cannot_be_opened(
    workplace: Workplace,
) -> None:
    id = await workplace.searched()
    ts = await workplace.card(id)
    await workplace.acts.take(cases.ERIK, {"ts": ts})
    press = workplace.press(cases.PRIYA, cases.EXAMINERS, ts, ActionId.MY_DECISIONS)
    await workplace.deliver(press)
    assert workplace.person(cases.PRIYA).modal is None
    assert await workplace.refusals() == [("8102", "NOT_YOUR_EXAMINATION")]


async def test_a35_each_examiner_has_an_order_and_letters_of_their_own(
    open_workplace: Open,
) -> None:
    async with open_workplace(list_length=12) as workplace:
        id = await workplace.searched()
        await workplace.decided(id, cases.ERIK, 0, "D0014")
        async with workplace.db.snapshot() as snapshot:
            first, peer = await snapshot.examinations.of(id)
        ranked = tuple(c.id for c in await workplace.listed(id))
        assert set(first.order) == set(peer.order) == set(ranked)
        assert len({first.order, peer.order, ranked}) == 3
        assert first.seed != peer.seed
        opened = await workplace.events(Verb.EXAMINATION_OPENED)
        assert [e.facts["seed"] for e in opened] == [first.seed, peer.seed]


async def test_a35_names_of_pictures_say_a_letter_and_no_more(
    workplace: Workplace,
) -> None:
    await workplace.peered()
    files = [
        f for f in workplace.sandbox.workspace.files.values() if f.owner != "U-DANA"
    ]
    names = {(f.name, f.title, f.alt_text) for f in files}
    assert {name for name, _, _ in names} == {
        "probe.png",
        *(f"candidate-{letter}.png" for letter in "ABC"),
        *(f"sheet-{letter}.png" for letter in "ABC"),
        *(f"parts-{letter}.png" for letter in "ABC"),
        *(f"blink-{letter}.gif" for letter in "ABC"),
    }
    assert {re.sub("Candidate [ABC]", "", title) for _, title, _ in names} == {
        "Probe",
        "",
        " beside the probe",
        " part by part",
        " and the probe in turn, aid only",
    }


async def test_examiners_are_told_no_fact_of_the_case(workplace: Workplace) -> None:
    id = await workplace.searched()
    card = {"ts": await workplace.card(id)}
    await workplace.acts.take(cases.ERIK, card)
    candidate = workplace.acts.candidates(cases.ERIK, card)[0]
    await workplace.person(cases.ERIK).click(
        cases.EXAMINERS, candidate.page_ts, f"{ActionId.COMPARE}.A"
    )
    await workplace.settle()
    seen = "\n".join(workplace.seen_by(cases.ERIK))
    facts = [
        "2026-075-001234",
        BASIS,
        "obbery",
        "ROBBERY",
        "Vanderbilt",
        "DANA",
        "4711",
    ]
    async with workplace.db.snapshot() as snapshot:
        for listed in await workplace.listed(id):
            known = await snapshot.photographs.get(listed.photo_id)
            facts += [known.subject_id, known.arrest_number, f"{listed.similarity:.3f}"]
            facts += [str(known.capture_date), str(known.birth_date)]
    for fact in facts:
        assert fact not in seen, fact


async def test_a7_nobody_outside_the_section_can_open_a_picture_of_it(
    workplace: Workplace,
) -> None:
    await workplace.reviewable()
    inside = {cases.ERIK, cases.PRIYA, cases.LENA, cases.TOMAS, cases.SAM, cases.RUTH}
    for file in workplace.sandbox.workspace.files.values():
        if file.owner != cases.DANA:
            for account in set(workplace.sandbox.workspace.users) - inside:
                if account != "U-FISBOT":
                    with pytest.raises(PermissionError):
                        workplace.person(account).read_file(file.id)


async def test_a8_nothing_links_the_requester_to_the_examiners_thread(
    workplace: Workplace,
) -> None:
    id = await workplace.reviewable()
    workspace = workplace.sandbox.workspace
    roots = {card["ts"] for card in workplace.acts.examination_cards(id)}
    for message in workspace.messages:
        outside = message.channel not in (cases.EXAMINERS, cases.SUPERVISORS)
        if outside:
            assert message.thread_ts not in roots
            assert not roots & set(re.findall(r"\d{10}\.\d{6}", str(message.blocks)))
    for text in workplace.seen_by(cases.DANA):
        assert cases.EXAMINERS not in text
        assert cases.SUPERVISORS not in text


async def test_a10_what_examiners_write_and_react_decides_nothing(
    workplace: Workplace,
) -> None:
    id = await workplace.searched()
    card = {"ts": await workplace.card(id)}
    await workplace.acts.take(cases.ERIK, card)
    before = await workplace.counts()
    courier = workplace.sandbox.courier
    for account in (cases.ERIK, cases.PRIYA):
        person = workplace.person(account)
        for said in ("exclude all", "approve A", "/fis-request", "+2 for A", "submit"):
            ts = person.post(cases.EXAMINERS, said, thread_ts=card["ts"])
            message = {"channel": cases.EXAMINERS, "ts": ts, "text": said}
            reaction = {"reaction": "white_check_mark", "item": message}
            for event in (
                {"type": "message", "user": account, **message},
                {"type": "reaction_added", "user": account, **reaction},
            ):
                await courier.event(account, person.payloads.event(event))
    await workplace.settle()
    assert await workplace.counts() == before
    assert await workplace.state(id) is State.EXAMINATION


async def test_a25_a_requester_cannot_ask_the_bot_for_more_than_the_answer(
    workplace: Workplace,
) -> None:
    """Pressing what is not on the own card: review, take, compare, the examiners' decisions."""
    id = await workplace.reviewable()
    dana = workplace.person(cases.DANA)
    own = workplace.acts.own_card(cases.DANA, id)
    review = workplace.acts.supervisor_card(id, ActionId.REVIEW)
    assert review is not None
    own_press = workplace.press(cases.DANA, dana.dm, own["ts"], ActionId.WITHDRAW)
    for action in (ActionId.REVIEW, ActionId.TAKE, ActionId.MY_DECISIONS, "compare.A"):
        press = own_press | {"trigger_id": f"T-{action}"}
        press["actions"] = [own_press["actions"][0] | {"action_id": str(action)}]
        await workplace.deliver(press)
    await workplace.deliver(
        workplace.press(cases.DANA, cases.SUPERVISORS, review["ts"], ActionId.REVIEW)
    )
    assert dana.modal is None
    rules = {rule for _, rule in await workplace.refusals()}
    assert rules <= {"NOT_IN_CHANNEL", "FOREIGN_CARD"}
    assert len(await workplace.refusals()) == 5
    assert await workplace.events(Verb.RELEASE_VIEWED, Verb.CANDIDATE_VIEWED) == []


HOSTILE = "<!channel> <@U-ERIK> <https://evil.example|click> *x* `y` =SUM(A1) \u202egnp"


async def test_a30_what_a_requester_writes_is_text_and_nothing_else(
    workplace: Workplace,
) -> None:
    changes = {
        BlockId.FACTUAL_BASIS: f"{HOSTILE} took the cash drawer at knife point.",
        "particular.when_and_where": HOSTILE,
    }
    id = await workplace.reviewable(changes=changes)
    person = await workplace.acts.review(cases.SAM, id)
    shown = text_of(person.modal)
    assert "&lt;!channel&gt;" in shown
    assert "cash drawer" in shown
    workspace = workplace.sandbox.workspace
    said = [message.blocks for message in workspace.messages] + [[person.modal]]
    for blocks in said:
        assert "<!channel>" not in str(blocks)
        assert "<@U-ERIK> <http" not in str(blocks)
        assert "<https://evil" not in str(blocks)
        assert "\u202e" not in str(blocks)


async def test_a30_the_name_of_a_file_is_shown_to_nobody_else(
    workplace: Workplace,
) -> None:
    name = "<!channel> John Q. Suspect =cmd|.jpg"
    person = await workplace.acts.open_form(cases.DANA, "2026-075-001234")
    image = cases.stills("mated")[0].path.read_bytes()
    await workplace.acts.fill_form(person, image, name=name)
    await workplace.settle()
    await workplace.acts.examination("FIS-2026-000001")
    for account in set(workplace.sandbox.workspace.users) - {cases.DANA}:
        assert not any("John Q. Suspect" in text for text in workplace.seen_by(account))


async def test_nobody_analyses_beside_candidates_that_slack_would_not_delete(
    workplace: Workplace,
) -> None:
    """Policy 3.3, linear ACE: they are in the same channel."""
    id = await workplace.searched()
    faults = workplace.sandbox.workspace.faults
    faults.plan("files.delete", Fault.FAILS_BEFORE, times=500)
    await workplace.decided(id, cases.ERIK, 0, "D0014")
    await workplace.settle()
    await take(workplace, cases.PRIYA, id, 1)
    assert await workplace.refusals() == [("8102", "NOT_YET_ALONE")]
    assert "still in Slack" in workplace.told(cases.PRIYA)
    faults.forget(Fault.FAILS_BEFORE)
    workplace.clock.forward(hours=2)
    await workplace.bot.ticks.remove_again()
    await workplace.settle()
    await take(workplace, cases.PRIYA, id, 1)
    assert await taken_by(workplace, id, 1) == "8102"

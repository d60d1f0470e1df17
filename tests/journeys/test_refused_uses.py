"""Prohibited uses are refused by their rule, written down, and nothing is searched."""

from pathlib import Path

import pytest

from bot.domain.audit import Verb
from bot.domain.purposes import (
    BODY_WORN_CAMERA_CHECKLIST,
    OVERSEEN,
    PROHIBITED_IMAGES,
    PROHIBITED_USES,
)
from bot.sandbox import cases
from bot.sandbox.delivery import Delivery
from bot.views.ids import BlockId
from tests.conftest import Open
from tests.front import Workplace, still, text_of
from tests.journeys.asking import alerts

BWC: dict[str, object] = {BlockId.SOURCE: "BODY_WORN_CAMERA"}
WHOLE_CHECKLIST = sorted(BODY_WORN_CAMERA_CHECKLIST)


async def send(workplace: Workplace, changes: dict[str, object]) -> Delivery:
    person = await workplace.acts.open_form(cases.DANA, "2026-075-001234")
    delivery = await workplace.acts.fill_form(person, still("mated"), changes=changes)
    await workplace.settle()
    return delivery


async def check_refused(workplace: Workplace, rule: str) -> None:
    """By this rule, to the requester's face and in the record, with nothing searched or stored."""
    [refused] = await workplace.events(Verb.REQUEST_REFUSED)
    assert refused.actor == "4711"
    assert refused.facts["rule"] == rule
    assert refused.facts["case_number"] == "2026-075-001234"
    [note] = workplace.notes(cases.DANA, cases.REQUESTS)
    assert rule in note
    assert (await workplace.counts())[:2] == (0, 0)
    assert workplace.person(cases.DANA).modal is None


@pytest.mark.parametrize(
    ("block", "code"),
    [
        *((BlockId.PROHIBITED_IMAGES, code) for code in PROHIBITED_IMAGES),
        *((BlockId.PROHIBITED_USES, code) for code in PROHIBITED_USES),
    ],
)
async def test_a_prohibited_use_is_refused_by_its_rule(
    workplace: Workplace, block: BlockId, code: str
) -> None:
    """A16 P_CROWD; A17 P_BWC_WARRANT; A18 P_LIVE and P_CAMERA_NET; A19 P_SKETCH, P_LOOKALIKE and
    P_SYNTH; A20 P_SYNTH; A24 P_IMMIGRATION and P_PROTECTED."""
    await send(workplace, {block: [code]})
    await check_refused(workplace, code)


@pytest.mark.parametrize("rule", sorted(OVERSEEN))
async def test_t13_a_protest_or_protected_basis_is_refused_and_told_to_those_who_oversee(
    workplace: Workplace, rule: str
) -> None:
    """T13, A16 and A24: whoever oversees does not have to look for it in the log."""
    block = (
        BlockId.PROHIBITED_IMAGES
        if rule in PROHIBITED_IMAGES
        else BlockId.PROHIBITED_USES
    )
    await send(workplace, {block: [rule]})
    await check_refused(workplace, rule)
    [alert] = alerts(workplace)
    [told] = workplace.person(cases.ADA).dm_messages()
    for said in (alert, text_of(told)):
        assert rule in said
        assert "2026-075-001234" in said
        assert f"<@{cases.DANA}>" in said
    [event] = await workplace.events(Verb.OVERSIGHT_TOLD)
    assert event.facts["rule"] == rule
    assert event.facts["auditors"] == ["0901"]
    assert not any("oversee" in said for said in workplace.seen_by(cases.DANA))


async def test_another_prohibited_use_is_refused_without_an_alarm(
    workplace: Workplace,
) -> None:
    await send(workplace, {BlockId.PROHIBITED_IMAGES: ["P_SKETCH"]})
    await check_refused(workplace, "P_SKETCH")
    assert alerts(workplace) == []
    assert workplace.person(cases.ADA).dm_messages() == []


async def test_a17_an_incomplete_checklist_refuses_a_body_worn_camera_still(
    workplace: Workplace,
) -> None:
    without = [point for point in WHOLE_CHECKLIST if point != "escaped"]
    await send(workplace, {**BWC, BlockId.BWC_CHECKLIST: without})
    await check_refused(workplace, "P_BWC_WARRANT")
    assert "not apprehended" in workplace.told(cases.DANA)


async def test_a17_a_body_worn_camera_still_is_searched_for_its_crime_only(
    workplace: Workplace,
) -> None:
    changes: dict[str, object] = {
        **BWC,
        BlockId.BWC_CHECKLIST: WHOLE_CHECKLIST,
        BlockId.PURPOSE: "F_THREAT",
        "particular.threat": "He says he will shoot.",
    }
    await send(workplace, changes)
    await check_refused(workplace, "P_BWC_WARRANT")


async def test_a_body_worn_camera_still_with_the_whole_checklist_is_searched(
    workplace: Workplace,
) -> None:
    await workplace.searched(changes={**BWC, BlockId.BWC_CHECKLIST: WHOLE_CHECKLIST})
    [submitted] = await workplace.events(Verb.REQUEST_SUBMITTED)
    assert submitted.facts["bwc_checklist"] == WHOLE_CHECKLIST


@pytest.mark.parametrize(
    ("changes", "block", "said"),
    [
        ({BlockId.CASE_NUMBER: "J. Smith"}, BlockId.CASE_NUMBER, "2026-075-001234"),
        (
            {"particular.complaint_number": "77"},
            "particular.complaint_number",
            "2026-075-001234",
        ),
        (
            {BlockId.ATTESTATIONS: ["LAWFULLY_OBTAINED"]},
            BlockId.ATTESTATIONS,
            "both statements",
        ),
        (
            {BlockId.PROHIBITED_USES: ["NONE", "P_PERSONAL"]},
            BlockId.PROHIBITED_USES,
            "cannot stand together",
        ),
        (
            {BlockId.CATEGORY: "NONCRIMINAL_MISSING"},
            BlockId.CATEGORY,
            "not a crime",
        ),
    ],
)
async def test_a22_a_wrong_field_is_an_error_under_that_field(
    workplace: Workplace, changes: dict[str, object], block: str, said: str
) -> None:
    delivery = await send(workplace, changes)
    assert set(delivery.errors) == {block}
    assert said in delivery.errors[block]
    assert workplace.person(cases.DANA).modal is not None
    assert (await workplace.counts())[:2] == (0, 0)


NAMES = "# of the city\nBrandt, Ólafur   # council\nMiriam Quist\n"


@pytest.mark.parametrize(
    "given", ["olafur BRANDT", "Brandt, Olafur,", "Ólafur Brandt's brother"]
)
async def test_a22_a_request_that_names_a_watched_person_is_told_to_those_who_oversee(
    open_workplace: Open, tmp_path: Path, given: str
) -> None:
    names = tmp_path / "names.txt"
    names.write_text(NAMES, "utf-8")
    basis = f"The person on the still took the cash drawer; it may be {given}."
    async with open_workplace(watched_names=names) as workplace:
        id = await workplace.searched(changes={BlockId.FACTUAL_BASIS: basis})
        [alert] = alerts(workplace)
        [told] = workplace.person(cases.ADA).dm_messages()
        for said in (alert, text_of(told)):
            assert id in said
            assert "Ólafur Brandt" in said
            assert f"<@{cases.DANA}>" in said
        [event] = await workplace.events(Verb.OVERSIGHT_TOLD)
        assert event.subject == id
        assert event.facts["rule"] == "NAMED_PERSON"
        assert event.facts["names"] == ["Ólafur Brandt"]
        for other in (cases.DANA, cases.ERIK):
            assert not any("watched" in said for said in workplace.seen_by(other))


async def test_a22_a_request_that_names_nobody_of_the_list_is_told_to_nobody(
    open_workplace: Open, tmp_path: Path
) -> None:
    names = tmp_path / "names.txt"
    names.write_text(NAMES, "utf-8")
    basis = (
        "The person on the still, named Brandt by a witness, met Miriam, then Quist."
    )
    async with open_workplace(watched_names=names) as workplace:
        await workplace.searched(changes={BlockId.FACTUAL_BASIS: basis})
        assert alerts(workplace) == []
        assert workplace.person(cases.ADA).dm_messages() == []


async def test_a20_a_forged_form_without_attestations_is_not_accepted(
    workplace: Workplace,
) -> None:
    person = await workplace.acts.open_form(cases.DANA, "2026-075-001234")
    [view] = workplace.sandbox.workspace.modals.stacks[cases.DANA]
    payload = person.payloads.submission(cases.DANA, view)
    delivery = await person.courier.interaction(cases.DANA, payload)
    assert {BlockId.ATTESTATIONS, BlockId.PROHIBITED_IMAGES} <= set(delivery.errors)
    assert (await workplace.counts())[:2] == (0, 0)


async def test_an_offense_that_the_unit_does_not_search_for_is_refused(
    open_workplace: Open,
) -> None:
    async with open_workplace(offense_whitelist=frozenset({"MURDER"})) as workplace:
        await send(workplace, {})
        await check_refused(workplace, "OFFENSE_NOT_LISTED")


async def test_a_purpose_brings_the_fields_it_needs(workplace: Workplace) -> None:
    person = await workplace.acts.open_form(cases.DANA, "2026-075-001234")
    changes = {
        BlockId.PURPOSE: "B_PERSON",
        BlockId.CATEGORY: "NONCRIMINAL_MISSING",
        "particular.relation": "missing person",
    }
    delivery = await workplace.acts.fill_form(person, still("mated"), changes=changes)
    await workplace.settle()
    assert delivery.errors == {}
    assert (await workplace.counts())[0] == 1


async def test_an_accepted_request_shows_the_channel_a_number_and_no_more(
    workplace: Workplace,
) -> None:
    id = await workplace.sent()
    await workplace.settle()
    channel = workplace.person(cases.OMAR).messages(cases.REQUESTS)
    [line] = [m for m in channel if m["user"] == "U-FISBOT"]
    [block] = line["blocks"]
    assert block["text"]["text"] == f"*{id}* · in progress · asked by <@U-DANA>"
    assert "files" not in line

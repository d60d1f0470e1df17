"""Edits of a still by signed clicks: a chain of derivatives, one search on one (policy 1.7; A20, A21)."""

import copy
import json
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from PIL import Image as Pillow
from sqlalchemy import text

from bot.casework import editing
from bot.casework.purging import sweep_orphans
from bot.casework.replaying import repeat
from bot.domain.audit import Verb
from bot.domain.edits import REFUSED, RESTRICTED, Derivative, Operation
from bot.domain.probes import Probe
from bot.domain.workflow import State
from bot.matching import edits
from bot.matching.images import decode, encode_png
from bot.sandbox import cases
from bot.sandbox.people import Person
from bot.views.editing import parameter_block
from bot.views.ids import ActionId, BlockId
from tests.front import Workplace, text_of
from tests.journeys.editing import (
    SHADOWS,
    STRAIGHT,
    WHY,
    edited,
    keep,
    open_edits,
    preview,
    seated,
)
from tests.journeys.editing import search as search_on_edit


async def chain(workplace: Workplace, id: str) -> list[Derivative]:
    async with workplace.db.snapshot() as snapshot:
        return await snapshot.derivatives.of(id)


async def rules(workplace: Workplace) -> list[str]:
    return [rule for _, rule in await workplace.refusals()]


def pictures(view: object) -> list[str]:
    blocks = view["blocks"] if isinstance(view, dict) else []
    return [b["slack_file"]["id"] for b in blocks if b["type"] == "image"]


async def test_an_edit_is_looked_at_in_the_form_and_kept_as_a_link_of_a_chain(
    workplace: Workplace,
) -> None:
    id = await seated(workplace)
    async with workplace.db.snapshot() as snapshot:
        before = await snapshot.probes.get(id)
    person = await open_edits(workplace, id)
    assert not pictures(person.modal)
    await preview(workplace, person, SHADOWS)
    [file] = pictures(person.modal)
    shown = workplace.sandbox.workspace.files[file].data
    assert shown is not None
    assert not (await keep(workplace, person)).errors
    [link] = await chain(workplace, id)
    assert (link.parent_sha256, link.made_by, link.why) == (before.sha256, "8101", WHY)
    assert dict(link.edit.parameters) == {"gamma": 1.6}
    assert (link.tool, link.tool_version) == (edits.TOOL, edits.TOOL_VERSION)
    original = workplace.vault.get(before.sha256)
    assert workplace.vault.get(link.sha256) == edits.replay(original, [link.edit])
    # What was looked at was that very edit, and the original is what it was.
    assert np.array_equal(
        np.array(Pillow.open(BytesIO(shown))),
        edits.apply_all(decode(original).image, [link.edit]).image,
    )
    async with workplace.db.snapshot() as snapshot:
        assert await snapshot.probes.get(id) == before
    [event] = await workplace.events(Verb.DERIVATIVE_MADE)
    assert (event.actor, event.facts["sha256"]) == ("8101", link.sha256)
    # The preview was for one pair of eyes, for as long as it was looked at.
    assert workplace.sandbox.workspace.files[file].deleted


async def test_an_edit_of_an_edit_shows_its_whole_chain_with_hashes(
    workplace: Workplace,
) -> None:
    id = await seated(workplace)
    await edited(workplace, id)
    await edited(workplace, id, STRAIGHT)
    one, two = await chain(workplace, id)
    assert two.parent_sha256 == one.sha256
    person = await open_edits(workplace, id)
    told = text_of(person.modal)
    assert "*Edit 2*, of edit 1: Rotate (degrees -6)" in told
    assert one.sha256 in told
    assert two.sha256 in told
    original = workplace.vault.get(one.parent_sha256)
    made = edits.replay(original, [one.edit, two.edit])
    assert workplace.vault.get(two.sha256) == made


async def test_a_preview_is_seen_by_its_examiner_and_nobody_else(
    workplace: Workplace,
) -> None:
    id = await seated(workplace)
    known = {a: len(workplace.pictures_of(a)) for a in (cases.PRIYA, cases.DANA)}
    person = await open_edits(workplace, id)
    before = workplace.seen_by(cases.PRIYA)
    mine = len(workplace.pictures_of(cases.ERIK))
    await preview(workplace, person, SHADOWS)
    assert len(workplace.pictures_of(cases.ERIK)) == mine + 1
    await keep(workplace, person)
    for account, count in known.items():
        assert len(workplace.pictures_of(account)) == count
    assert workplace.seen_by(cases.PRIYA) == before


async def test_one_search_is_made_on_an_edit_and_its_examiner_goes_on(
    workplace: Workplace,
) -> None:
    id = await seated(workplace)
    first = await workplace.listed(id)
    await edited(workplace, id)
    await search_on_edit(workplace, id)
    [link] = await chain(workplace, id)
    request = await workplace.request(id)
    assert (request.state, request.round) == (State.EXAMINATION, 2)
    async with workplace.db.snapshot() as snapshot:
        one, two = await snapshot.searches.of(id)
        probe = await snapshot.probes.get(id)
    assert (one.probe_sha256, two.probe_sha256) == (probe.sha256, link.sha256)
    assert one.list_length == two.list_length
    assert {c.id for c in first}.isdisjoint(c.id for c in await workplace.listed(id))
    # The one who had it made goes on; another examiner is the peer.
    await workplace.examined(id, cases.ERIK, 1, "D0014")
    await workplace.examined(id, cases.PRIYA, 2, "D0014")
    assert (await workplace.request(id)).round == 2
    [event] = await workplace.events(Verb.SEARCHED_ON_DERIVATIVE)
    assert event.facts["sha256"] == link.sha256
    assert event.facts["original_sha256"] == probe.sha256


async def test_the_sheets_show_the_original_beside_the_edit_that_was_searched(
    workplace: Workplace,
) -> None:
    id = await seated(workplace)
    await edited(workplace, id)
    await search_on_edit(workplace, id)
    card = await workplace.acts.examination(id, 1)
    await workplace.acts.take(cases.ERIK, card)
    await workplace.settle()
    async with workplace.db.snapshot() as snapshot:
        old, new = await snapshot.examinations.of(id)
        drawn = await snapshot.pictures.of(id)
    sheets = [p for k, p in drawn.items() if k.startswith(f"{new.id}/sheet/")]
    assert sheets
    assert not [k for k in drawn if k.startswith(f"{old.id}/sheet/")]
    for sheet in sheets:
        width, height = Pillow.open(
            BytesIO(workplace.vault.get(sheet.vault_sha256))
        ).size
        assert width > 1.6 * height  # two panels are about 1.3


@pytest.mark.parametrize("why", ["", "too short", " " * 40])
async def test_no_edit_is_kept_without_a_reason(workplace: Workplace, why: str) -> None:
    id = await seated(workplace)
    person = await open_edits(workplace, id)
    await preview(workplace, person, SHADOWS)
    assert (await keep(workplace, person, why)).errors
    assert await chain(workplace, id) == []


async def test_what_a_form_never_showed_is_not_kept_in_it(workplace: Workplace) -> None:
    """Another window of the same person has the picture; this one was opened before."""
    id = await seated(workplace)
    person = await open_edits(workplace, id)
    early = copy.deepcopy(person.modal)
    assert early is not None
    await preview(workplace, person, SHADOWS)
    view = workplace.sandbox.workspace.modals.views[early["id"]]
    seen, view.body["private_metadata"] = (
        view.body["private_metadata"],
        early["private_metadata"],
    )
    told = await keep(workplace, person)
    assert "The preview is not there yet" in told.errors[BlockId.OPERATION]
    assert await chain(workplace, id) == []
    view.body["private_metadata"] = seen
    assert not (await keep(workplace, person)).errors
    assert len(await chain(workplace, id)) == 1


async def test_a_preview_can_be_kept_the_moment_it_is_in_the_form(
    workplace: Workplace,
) -> None:
    """Whoever is quick is ahead of the note that the form was drawn."""
    id = await seated(workplace)
    person = await open_edits(workplace, id)
    await preview(workplace, person, SHADOWS)
    async with workplace.db.transaction() as tx:
        [draft] = await tx.edit_drafts.all()
        await tx.edit_drafts.save(replace(draft, shown=False))
    assert not (await keep(workplace, person)).errors
    assert len(await chain(workplace, id)) == 1


async def test_the_search_takes_nothing_over_from_the_form_it_was_asked_for_in(
    workplace: Workplace,
) -> None:
    id = await seated(workplace)
    await edited(workplace, id)
    person = await open_edits(workplace, id)
    person.fill({BlockId.EDITED: "original"})
    await person.press(ActionId.SEARCH_EDITED)
    await workplace.settle()
    await person.fill_and_submit({BlockId.REASON: WHY})
    await workplace.settle()
    assert (await workplace.request(id)).round == 2
    assert await rules(workplace) == []


async def test_what_was_not_looked_at_is_not_kept(workplace: Workplace) -> None:
    id = await seated(workplace)
    person = await open_edits(workplace, id)
    await preview(workplace, person, SHADOWS)
    person.fill({parameter_block(Operation.GAMMA, "gamma"): "1.7"})
    told = await keep(workplace, person)
    assert "Press “Preview” first" in told.errors[BlockId.OPERATION]
    assert await rules(workplace) == ["EDIT_NOT_PREVIEWED"]
    assert await chain(workplace, id) == []


@pytest.mark.parametrize(
    "number", ["0.39", "2.6", "nan", "1e1", "<!channel>", "=1+1", "1;drop"]
)
async def test_a_number_out_of_its_bounds_is_told_them(
    workplace: Workplace, number: str
) -> None:
    id = await seated(workplace)
    person = await open_edits(workplace, id)
    await preview(workplace, person, (Operation.GAMMA, {"gamma": number}))
    assert "A number from 0.4 to 2.5." in text_of(person.modal)
    told = await keep(workplace, person)
    assert "from 0.4 to 2.5" in told.errors[parameter_block(Operation.GAMMA, "gamma")]
    assert await rules(workplace) == ["EDIT_BOUNDS", "EDIT_BOUNDS"]
    assert await chain(workplace, id) == []
    assert not await workplace.events(Verb.EDIT_PREVIEWED)


async def test_an_edit_is_held_to_its_bounds_together_with_those_before_it(
    workplace: Workplace,
) -> None:
    id = await seated(workplace)
    await edited(workplace, id)
    person = await open_edits(workplace, id)
    await preview(workplace, person, SHADOWS)
    assert "with the edits before 2.56 in all" in text_of(person.modal)
    told = await keep(workplace, person)
    assert "2.56 in all" in told.errors[parameter_block(Operation.GAMMA, "gamma")]
    assert await rules(workplace) == ["EDIT_BOUNDS", "EDIT_BOUNDS"]
    assert len(await workplace.events(Verb.EDIT_PREVIEWED)) == 1
    # From the original it is a first edit.
    person.fill({BlockId.EDITED: "original"})
    await preview(workplace, person, (Operation.GAMMA, {"gamma": "2.5"}))
    assert not (await keep(workplace, person)).errors
    assert len(await chain(workplace, id)) == 2


@pytest.mark.parametrize("name", [*RESTRICTED, *REFUSED, "sharpen"])
async def test_a20_an_operation_that_makes_something_up_is_refused_with_its_rule(
    workplace: Workplace, name: str
) -> None:
    """Nobody is offered it: somebody sends it all the same."""
    id = await seated(workplace)
    person = await open_edits(workplace, id)
    await preview(workplace, person, SHADOWS)
    view = workplace.sandbox.workspace.modals.top(cases.ERIK)
    assert view is not None
    person.fill({BlockId.REASON: WHY})
    forged = copy.deepcopy(person.payloads.submission(cases.ERIK, view))
    state = forged["view"]["state"]["values"][BlockId.OPERATION]
    state[ActionId.EDIT_OPERATION]["selected_option"]["value"] = name
    await workplace.deliver(forged)
    rule = "EDIT_RESTRICTED" if name in RESTRICTED else "EDIT_REFUSED"
    assert await rules(workplace) == [rule]
    assert rule in workplace.told(cases.ERIK)
    assert await chain(workplace, id) == []


async def test_only_the_first_examiner_edits_and_the_peer_reads_without_the_reasons(
    workplace: Workplace,
) -> None:
    id = await seated(workplace)
    await edited(workplace, id)
    for account in (cases.PRIYA, cases.SAM):
        person = await open_edits(workplace, id, account)
        assert person.modal is None
    assert await rules(workplace) == ["NOT_YOUR_EXAMINATION", "ROLE_REQUIRED"]
    card = (
        await workplace.acts.until("card", lambda: workplace.acts.examination_cards(id))
    )[0]
    await workplace.acts.analyse(cases.ERIK, card)
    await workplace.settle()
    for candidate in workplace.acts.candidates(cases.ERIK, card):
        await workplace.acts.compare(cases.ERIK, candidate, 2)
        await workplace.settle()
    await workplace.acts.submit(cases.ERIK, card)
    await workplace.settle()
    peer = await workplace.acts.examination(id, 1)
    await workplace.acts.sit_down(cases.PRIYA, peer)
    person = await open_edits(workplace, id, cases.PRIYA, 1)
    assert "Gamma (gamma 1.6)" in text_of(person.modal)
    assert WHY not in json.dumps(person.modal)
    assert (person.modal or {}).get("submit") is None


async def test_a_click_by_somebody_who_is_not_in_the_room_opens_nothing(
    workplace: Workplace,
) -> None:
    id = await seated(workplace)
    ts = await workplace.card(id)
    payload = workplace.press(cases.DANA, cases.EXAMINERS, ts, ActionId.EDIT_STILL)
    await workplace.deliver(payload)
    assert workplace.person(cases.DANA).modal is None
    assert len(await rules(workplace)) == 1


async def test_a21_no_search_on_an_edit_once_the_candidates_are_open(
    workplace: Workplace,
) -> None:
    id = await seated(workplace)
    await edited(workplace, id)
    person = await open_edits(workplace, id)
    await person.press(ActionId.SEARCH_EDITED)
    await workplace.settle()
    # The form is open; meanwhile the analysis is saved, and the candidates open.
    view = copy.deepcopy(workplace.sandbox.workspace.modals.top(cases.ERIK))
    assert view is not None
    await person.close_modal()
    await workplace.acts.analyse(cases.ERIK, workplace.acts.examination_cards(id)[0])
    await workplace.settle()
    late = person.payloads.submission(cases.ERIK, view)
    late["view"]["state"]["values"][BlockId.REASON] = {
        ActionId.FIELD: {"type": "plain_text_input", "value": WHY}
    }
    await workplace.deliver(late)
    assert await rules(workplace) == ["EDIT_CANDIDATES_OPEN"]
    assert (await workplace.request(id)).round == 1
    person = await open_edits(workplace, id)
    assert ActionId.SEARCH_EDITED not in json.dumps(person.modal)


async def test_a21_a_second_search_on_an_edit_is_refused(workplace: Workplace) -> None:
    id = await seated(workplace)
    await edited(workplace, id)
    person = await open_edits(workplace, id)
    await person.press(ActionId.SEARCH_EDITED)
    await workplace.settle()
    view = workplace.sandbox.workspace.modals.top(cases.ERIK)
    assert view is not None
    person.fill({BlockId.REASON: WHY})
    payload = copy.deepcopy(person.payloads.submission(cases.ERIK, view))
    await workplace.deliver(payload)
    # Once more, as another view would send it: the examination it names is over.
    payload["view"]["id"] = "V-OTHER"
    await workplace.deliver(payload)
    card = await workplace.acts.examination(id, 1)
    await workplace.acts.sit_down(cases.ERIK, card)
    await edited(workplace, id, STRAIGHT, place=1)
    async with workplace.db.snapshot() as snapshot:
        examination = (await snapshot.examinations.of(id))[1]
    metadata = {"examination": examination.id}
    payload["view"] |= {"id": "V-THIRD", "private_metadata": json.dumps(metadata)}
    await workplace.deliver(payload)
    assert await rules(workplace) == ["STATE", "EDIT_SEARCHED_ONCE"]
    assert (await workplace.request(id)).round == 2


async def test_keeping_twice_makes_one_link(workplace: Workplace) -> None:
    id = await seated(workplace)
    person = await open_edits(workplace, id)
    await preview(workplace, person, SHADOWS)
    person.fill({BlockId.REASON: WHY})
    view = workplace.sandbox.workspace.modals.top(cases.ERIK)
    assert view is not None
    payload = person.payloads.submission(cases.ERIK, view)
    await workplace.deliver(payload, copy.deepcopy(payload))
    assert len(await chain(workplace, id)) == 1


async def test_nothing_is_edited_after_a_withdrawal(workplace: Workplace) -> None:
    id = await seated(workplace)
    person = await open_edits(workplace, id)
    await preview(workplace, person, SHADOWS)
    async with workplace.db.snapshot() as snapshot:
        [draft] = await snapshot.edit_drafts.of(id)
    assert draft.sha256 in workplace.vault
    await workplace.acts.press_own(cases.DANA, id, ActionId.WITHDRAW)
    await workplace.settle()
    await keep(workplace, person)
    assert await chain(workplace, id) == []
    async with workplace.db.snapshot() as snapshot:
        assert await snapshot.edit_drafts.of(id) == []
    assert draft.sha256 not in workplace.vault


async def test_what_is_looked_at_instead_destroys_what_was_looked_at_before(
    workplace: Workplace,
) -> None:
    id = await seated(workplace)
    person = await open_edits(workplace, id)
    await preview(workplace, person, SHADOWS)
    async with workplace.db.snapshot() as snapshot:
        [first] = await snapshot.edit_drafts.of(id)
    await preview(workplace, person, STRAIGHT)
    await keep(workplace, person)
    [link] = await chain(workplace, id)
    assert first.sha256 not in workplace.vault
    assert link.sha256 in workplace.vault
    async with workplace.db.snapshot() as snapshot:
        assert link.sha256 in await snapshot.pictures.files()
        assert await snapshot.pictures.is_file_used(link.sha256, but_by="")
    await sweep_orphans(workplace.db, workplace.vault)
    assert link.sha256 in workplace.vault


async def test_an_edit_that_would_leave_a_speck_is_told_in_the_form(
    workplace: Workplace,
) -> None:
    id = await seated(workplace)
    corner = {"left_percent": "90", "top_percent": "90"}
    await edited(workplace, id, (Operation.CROP, corner))
    person = await open_edits(workplace, id)
    await preview(workplace, person, (Operation.RESIZE, {"factor": "0.25"}))
    assert "at least 32 each way are needed" in text_of(person.modal)
    told = await keep(workplace, person)
    assert "at least 32" in told.errors[BlockId.OPERATION]
    assert await rules(workplace) == ["EDIT_FAILED"]


async def test_an_edit_without_the_face_is_kept_and_cannot_be_searched(
    workplace: Workplace,
) -> None:
    id = await seated(workplace)
    upside_down = (Operation.CROP, {"top_percent": "80"})
    await edited(workplace, id, upside_down)
    [link] = await chain(workplace, id)
    assert link.face is None
    person = await open_edits(workplace, id)
    assert "The face is not found on it" in text_of(person.modal)
    assert ActionId.SEARCH_EDITED not in json.dumps(person.modal)


async def agreed(workplace: Workplace) -> str:
    """Both examiners agree on what a search on an edit found; a supervisor is next."""

    async def reach() -> str:
        id = await seated(workplace)
        await edited(workplace, id)
        await search_on_edit(workplace, id)
        await workplace.decided(id, cases.ERIK, 1, "D0014")
        await workplace.decided(id, cases.PRIYA, 2, "D0014")
        await workplace.settle()
        assert await workplace.state(id) is State.SUPERVISOR_REVIEW
        return id

    return await workplace.reached("agreed on an edit", reach)


async def test_the_supervisor_reads_the_chain_and_it_is_made_again_before_a_release(
    workplace: Workplace,
) -> None:
    id = await agreed(workplace)
    [link] = await chain(workplace, id)
    person = await workplace.acts.review(cases.SAM, id)
    told = text_of(person.modal)
    for words in (link.sha256, "Gamma (gamma 1.6)", WHY, "search was made on this"):
        assert words in told
    await workplace.settle()
    [replayed] = await workplace.events(Verb.EDITS_REPLAYED)
    assert replayed.facts == {
        "edits": {link.id: link.sha256},
        "error": "",
        "rule": None,
    }
    await workplace.acts.release(cases.SAM, id)
    await workplace.settle()
    # Opening it once more had everything made again: not yet by the moment of the ruling.
    if await workplace.state(id) is not State.RELEASED:
        assert await rules(workplace) == ["EDIT_CHAIN_UNCHECKED"]
        await rule_again(workplace, person)
    assert await workplace.state(id) is State.RELEASED
    [event] = await workplace.events(Verb.LEAD_RELEASED)
    assert event.facts["probe_sha256"] == link.sha256
    assert event.facts["edits"] == [link.facts() | {"searched": True}]
    # The edits are the section's own: a requester reads nothing of them.
    seen = "\n".join(workplace.seen_by(cases.DANA))
    assert link.sha256 not in seen
    assert "Gamma" not in seen


TAMPERED = {
    "parameters": "UPDATE derivatives SET parameters = '[[\"gamma\", 1.7]]'",
    "parent": "UPDATE derivatives SET parent_sha256 = sha256",
    "tool": "UPDATE derivatives SET tool_version = 'another'",
    "who and when": "UPDATE derivatives SET made_by = '9999', at = '2020-01-01 00:00:00.000000'",
    "face": "UPDATE derivatives SET face = json_set(face, '$.points[0][0]', 1.0)",
    "search": "UPDATE derivatives SET searched_round = NULL",
}


@pytest.mark.parametrize("what", TAMPERED)
async def test_an_altered_link_keeps_everything_from_being_released(
    workplace: Workplace, what: str
) -> None:
    id = await agreed(workplace)
    async with workplace.db.transaction() as tx:
        await tx.derivatives._run(text(TAMPERED[what]))
    await refused_as_broken(workplace, id)


async def test_other_pixels_in_the_vault_keep_everything_from_being_released(
    workplace: Workplace,
) -> None:
    """Somebody changes everything that names an edit: what the original leads to tells of it."""
    id = await agreed(workplace)
    [link] = await chain(workplace, id)
    image = edits.from_png(workplace.vault.get(link.sha256)).copy()
    image[0, 0] ^= 1
    other = workplace.vault.put(encode_png(image))
    error = repeat(
        workplace.vault, await probe_of(workplace, id), [(replace(link, sha256=other),)]
    )
    assert "leads to other pixels" in error


async def test_a_file_that_is_gone_keeps_everything_from_being_released(
    workplace: Workplace,
) -> None:
    id = await agreed(workplace)
    [link] = await chain(workplace, id)
    workplace.vault.remove(link.sha256)
    await refused_as_broken(workplace, id)


async def test_a_link_altered_after_it_was_made_again_is_not_released(
    workplace: Workplace,
) -> None:
    id = await agreed(workplace)
    person = await workplace.acts.review(cases.SAM, id)
    await workplace.settle()
    async with workplace.db.transaction() as tx:
        await tx.derivatives._run(text(TAMPERED["parameters"]))
    await rule_again(workplace, person)
    assert await workplace.state(id) is State.SUPERVISOR_REVIEW
    assert await rules(workplace) == ["EDIT_CHAIN_BROKEN"]
    [event] = await workplace.events(Verb.EDITS_REPLAYED)
    assert event.facts["rule"] is None


async def test_a_kept_edit_that_is_gone_from_the_record_is_missed(
    workplace: Workplace,
) -> None:
    """The last of a chain: nothing else leads through it."""
    id = await seated(workplace)
    await edited(workplace, id)
    await edited(workplace, id, STRAIGHT)
    _, last = await chain(workplace, id)
    probe = await probe_of(workplace, id)
    async with workplace.db.snapshot() as snapshot:
        assert (await editing.chains(snapshot, probe))[1] == ""
    async with workplace.db.transaction() as tx:
        await tx.derivatives._run(
            text("DELETE FROM derivatives WHERE id = :id").bindparams(id=last.id)
        )
    async with workplace.db.snapshot() as snapshot:
        chains, error = await editing.chains(snapshot, probe)
    assert (chains, "not those that were kept" in error) == ([], True)


async def refused_as_broken(workplace: Workplace, id: str) -> None:
    person = await workplace.acts.review(cases.SAM, id)
    await workplace.settle()
    await rule_again(workplace, person)
    assert await workplace.state(id) is State.SUPERVISOR_REVIEW
    assert await rules(workplace) == ["EDIT_CHAIN_BROKEN"]
    [event] = await workplace.events(Verb.EDITS_REPLAYED)
    assert event.facts["rule"] == "EDIT_CHAIN_BROKEN"


async def rule_again(workplace: Workplace, person: Person) -> None:
    """Release the one that is agreed on, in the review that is open."""
    if person.modal is None:
        raise AssertionError("the review is not open")
    block = next(
        b
        for b in person.modal["blocks"]
        if b.get("block_id") == BlockId.RELEASED_CANDIDATE
    )
    await person.fill_and_submit(
        {
            BlockId.RULING: "release",
            BlockId.RELEASED_CANDIDATE: block["element"]["options"][0]["value"],
            BlockId.REASON: "Both examinations agree and give their reasons.",
        }
    )
    await workplace.settle()


async def probe_of(workplace: Workplace, id: str) -> Probe:
    async with workplace.db.snapshot() as snapshot:
        return await snapshot.probes.get(id)

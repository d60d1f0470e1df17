"""The discovery bundle: everything on record, checked, with what speaks against it; what is sealed stays behind."""

import asyncio
import hashlib
import json
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import (  # type: ignore[import-untyped]  # no stubs in the lock
    Draft202012Validator,
)

from bot.casework.discovery import Exported, Sender, Wanted, export
from bot.casework.discovery_files import MANIFEST
from bot.domain.audit import Verb
from bot.domain.workflow import State
from bot.errors import Refusal
from bot.roles import RoleMap
from bot.sandbox import cases
from bot.sandbox.acts import REASON
from bot.views.ids import BlockId
from storage.cipher import Cipher
from storage.vault import Vault
from tests.front import KEY, Enrolled, Workplace
from tests.journeys.editing import edited, seated
from tests.journeys.sealed import MATE, own_house, seal
from tests.journeys.test_recall import WHY as FALSE
from tests.journeys.test_recall import recalled
from tests.reading_paper import words_of
from tests.test_app import ROOT, run, settings_of

WHY = "Demand of the defence under CPL 245.20, ADA Smith."
Told = dict[str, Any]
SCHEMA = json.loads((ROOT / "docs/discovery.schema.json").read_text())


async def exported(
    workplace: Workplace,
    out: Path,
    wanted: str,
    *,
    account: str = cases.ADA,
    reason: str = WHY,
    vault: Vault | None = None,
) -> Exported:
    is_request = wanted.startswith("FIS-")
    return await export(
        workplace.db,
        vault or workplace.vault,
        RoleMap(workplace.settings.role_map),
        Wanted.parse("" if is_request else wanted, wanted if is_request else ""),
        out,
        sender=Sender(account, "operator"),
        reason=reason,
        zone=workplace.settings.time_zone,
        now=workplace.clock(),
    )


def told_in(done: Exported) -> Told:
    bundle: Told = json.loads((done.folder / "bundle.json").read_text())
    Draft202012Validator(SCHEMA).validate(bundle)
    return bundle


def files_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def everything_in(folder: Path) -> str:
    """All that can be read in a bundle, whichever the file."""
    return "\n".join(
        words_of(path) if path.suffix == ".pdf" else path.read_bytes().decode("latin-1")
        for path in files_in(folder)
    )


def check_manifest(folder: Path) -> None:
    found = {
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder)}"
        for path in files_in(folder)
        if path.name != MANIFEST
    }
    assert set((folder / MANIFEST).read_text().splitlines()) == found


def test_the_schema_is_one_and_refuses_what_must_not_leave() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    sealed = {"$ref": "#/$defs/candidate", "$defs": SCHEMA["$defs"]}
    known = {"id": "CA-1", "rank": 1, "similarity": 0.5, "is_weak": False}
    known |= {"among_strangers": "", "withheld": "sealed"}
    assert Draft202012Validator(sealed).is_valid(known)
    assert not Draft202012Validator(sealed).is_valid(known | {"subject": "D0014"})


async def test_t3_the_bundle_tells_what_speaks_against_the_lead_and_who_else_was_listed(
    workplace: Workplace, tmp_path: Path
) -> None:
    id = await workplace.acknowledged()
    done = await exported(workplace, tmp_path, id)
    assert done.problems == ()
    check_manifest(done.folder)
    [told] = told_in(done)["requests"]
    said = " ".join(told["weaknesses"])
    for weakness in (
        "The image: The face is small",
        "went on although the image is warned about (size)",
        "always lists the nearest photographs",
        "No measured error rates",
        "No independent evidence is on record",
        "The software ranked the person of the lead",
    ):
        assert weakness in said
    [search] = told["searches"]
    listed = await workplace.listed(id)
    assert [one["subject"] for one in search["candidates"]] == [
        candidate.subject_id for candidate in listed
    ]
    assert search["model"]["weights_sha256"] == listed_model(workplace)
    for examination in told["examinations"]:
        decided = {one["candidate"]: one for one in examination["dispositions"]}
        assert set(decided) == {candidate.id for candidate in listed}
        assert all(one["reason"] == REASON for one in decided.values())
    page = words_of(done.folder / "bundle.pdf")
    for word in (*said.split(), *(candidate.id for candidate in listed), "jaw"):
        assert word in page


def listed_model(workplace: Workplace) -> str:
    return workplace.bench.engine.model.weights_sha256


async def test_t7_the_lead_sheet_is_in_the_bundle_with_the_very_words_released(
    workplace: Workplace, tmp_path: Path
) -> None:
    id = await workplace.acknowledged()
    done = await exported(workplace, tmp_path, id)
    [released] = await workplace.events(Verb.LEAD_RELEASED)
    place = done.folder / "requests" / id
    words = (place / "lead-sheet.txt").read_bytes()
    assert hashlib.sha256(words).hexdigest() == released.facts["text_sha256"]
    sheet = words_of(place / "lead-sheet.pdf")
    assert "NOT probable cause to arrest" in sheet
    assert "SHA-256 " + str(released.facts["text_sha256"]) in sheet
    for line in words.decode().splitlines():
        for word in line.replace(": ", " ").split():
            assert word in sheet
    # What the requester must not see is not on the sheet of the lead either.
    listed = await workplace.listed(id)
    others = {c.subject_id for c in listed if c.subject_id != MATE}
    for secret in (*others, *(c.id for c in listed), "rank", "imilarity"):
        assert secret not in sheet
    assert (place / "lead-photograph.jpg").exists() or (
        place / "lead-photograph.png"
    ).exists()
    [event] = await workplace.events(Verb.DISCOVERY_EXPORTED)
    assert (event.actor, event.subject) == ("0901", id)
    assert event.facts["manifest_sha256"] == done.manifest_sha256
    assert event.facts["reason"] == WHY


async def test_words_that_are_no_longer_those_released_are_called_so(
    workplace: Workplace, tmp_path: Path
) -> None:
    id = await workplace.acknowledged()
    write(workplace, "UPDATE leads SET text_sha256 = ?", "ab" * 32)
    done = await exported(workplace, tmp_path, id)
    assert ["not those whose SHA-256" in problem for problem in done.problems] == [True]
    assert "THESE ARE NOT THE WORDS RELEASED" in words_of(
        done.folder / "requests" / id / "lead-sheet.pdf"
    )
    assert "What is wrong with this bundle" in words_of(done.folder / "bundle.pdf")


async def test_a_lead_that_was_false_is_told_with_its_words_and_why_it_was_taken_back(
    workplace: Workplace, tmp_path: Path
) -> None:
    id = await workplace.acknowledged()
    await recalled(workplace, id)
    done = await exported(workplace, tmp_path, id)
    assert done.problems == ()
    [told] = told_in(done)["requests"]
    assert told["outcome"] == "recalled"
    assert f"The lead was taken back: {FALSE}" in told["weaknesses"]
    sheet = words_of(done.folder / "requests" / id / "lead-sheet.pdf")
    assert "THIS LEAD WAS TAKEN BACK" in sheet


def write(workplace: Workplace, statement: str, *values: object) -> None:
    with sqlite3.connect(workplace.settings.data_dir / "fis.sqlite3") as database:
        database.execute(statement, values)
    database.close()


async def test_a_search_that_found_nobody_is_in_the_bundle_of_its_case_beside_the_others(
    workplace: Workplace, tmp_path: Path
) -> None:
    id = await workplace.unanswered()
    case = (await workplace.request(id)).asked.case_number
    done = await exported(workplace, tmp_path, case)
    assert done.requests == (id,)
    [told] = told_in(done)["requests"]
    assert told["outcome"] == "no possible match"
    assert told["no_match_answer"].startswith("No possible match was found in")
    [search] = told["searches"]
    assert search["candidates"]
    assert told["lead"] is None
    assert "lead-sheet" not in (done.folder / MANIFEST).read_text()
    verbs = [event["verb"] for event in told["events"]]
    assert Verb.REQUEST_SUBMITTED in verbs
    assert Verb.REQUEST_CLOSED in verbs


async def test_while_somebody_compares_blind_nothing_that_was_found_or_decided_leaves(
    workplace: Workplace, tmp_path: Path
) -> None:
    id = await workplace.peered()
    done = await exported(workplace, tmp_path, id)
    all_of_it = everything_in(done.folder)
    for candidate in await workplace.listed(id):
        assert candidate.id not in all_of_it
        assert candidate.subject_id not in all_of_it
    assert REASON not in all_of_it
    assert "Withheld for now" in all_of_it


async def test_every_edit_is_in_the_bundle_and_was_made_again_for_it(
    workplace: Workplace, tmp_path: Path
) -> None:
    id = await seated(workplace)
    await edited(workplace, id)
    done = await exported(workplace, tmp_path, id)
    [told] = told_in(done)["requests"]
    [edit] = told["edits"]
    assert edit["repeated_now"] == "with the same result"
    assert edit["chain"] == [edit["derivative"]]
    picture = (done.folder / edit["file"]).read_bytes()
    assert hashlib.sha256(picture).hexdigest() == edit["sha256"]
    original = (done.folder / told["probe"]["file"]).read_bytes()
    assert hashlib.sha256(original).hexdigest() == edit["parent_sha256"]


async def test_an_edit_that_is_not_what_the_log_tells_is_a_problem_of_the_bundle(
    workplace: Workplace, tmp_path: Path
) -> None:
    id = await seated(workplace)
    await edited(workplace, id)
    write(workplace, "UPDATE derivatives SET parameters = '[[\"gamma\", 1.7]]'")
    done = await exported(workplace, tmp_path, id)
    assert "not recorded as it was made" in " ".join(done.problems)


async def test_what_is_sealed_or_taken_back_does_not_leave_and_the_command_says_so(
    enrolled: Enrolled, home: Path, tmp_path: Path
) -> None:
    async with own_house(home, enrolled) as workplace:
        id = await workplace.acknowledged()
        async with workplace.db.snapshot() as snapshot:
            lead = await snapshot.leads.find(id)
            assert lead is not None
            photograph = await snapshot.photographs.get(lead.photo_id)
        env = settings_of(home)
        workplace.in_roles(cases.ADA)  # the map that was there before
        ended = await asyncio.to_thread(command, id, tmp_path / "before", env)
        assert ended.returncode == 0, ended.stderr
        [before] = listed_in(tmp_path / "before")
        assert photograph.arrest_number in everything_in(tmp_path / "before" / before)
        await seal(workplace)
        await workplace.settle()
        assert await workplace.state(id) is State.RECALLED
        done = await exported(workplace, tmp_path / "after", id)
        all_of_it = everything_in(done.folder)
        for trace in (
            photograph.arrest_number,
            photograph.id,
            photograph.subject_id,
            photograph.sha256,
            REASON,
            "lead-sheet",
        ):
            assert trace not in all_of_it, trace
        assert "the record of this arrest is sealed (CPL 160.50)" in all_of_it
        [told] = told_in(done)["requests"]
        assert told["lead"]["withheld"] == "destroyed"
        [released] = await workplace.events(Verb.LEAD_RELEASED)
        assert told["lead"]["text_sha256"] == released.facts["text_sha256"]


def command(id: str, out: Path, env: dict[str, str]) -> Any:
    given = ("--request", id, "--out", out, "--by", cases.ADA, "--reason", WHY)
    return run("discovery", *given, env=env)


async def test_why_a_lead_was_taken_back_stays_behind_once_its_person_is_sealed(
    home: Path, enrolled: Enrolled, tmp_path: Path
) -> None:
    async with own_house(home, enrolled) as house:
        id = await house.acknowledged()
        await recalled(house, id)
        await seal(house)
        await house.settle()
        done = await exported(house, tmp_path, id)
        assert FALSE not in everything_in(done.folder)


async def test_of_an_answered_list_only_the_sealed_candidate_stays_behind(
    enrolled: Enrolled, home: Path, tmp_path: Path
) -> None:
    async with own_house(home, enrolled) as workplace:
        id = await workplace.acknowledged()
        other = next(c for c in await workplace.listed(id) if c.subject_id != MATE)
        await seal(workplace, other.subject_id)
        await workplace.settle()
        done = await exported(workplace, tmp_path, id)
        all_of_it = everything_in(done.folder)
        assert other.subject_id not in all_of_it
        assert MATE in all_of_it
        [search] = told_in(done)["requests"][0]["searches"]
        withheld = {one["id"]: one["withheld"] for one in search["candidates"]}
        assert withheld.pop(other.id) == "sealed"
        assert set(withheld.values()) == {None}


async def test_of_an_authorization_the_grounds_stay_and_what_is_revoked_is_gone(
    workplace: Workplace, tmp_path: Path
) -> None:
    id = await workplace.authorized()
    allowed = await workplace.authorization(id)
    found = await workplace.listed(id)
    await workplace.decided(id, cases.TOMAS, 1, None)
    await workplace.settle()
    await workplace.acts.close(cases.SAM, id)
    await workplace.settle()
    before = everything_in((await exported(workplace, tmp_path / "a", id)).folder)
    assert allowed.reason in before
    assert allowed.grounds.legal_basis in before
    assert allowed.grounds.need not in before
    assert all(candidate.subject_id in before for candidate in found)
    await workplace.authorizing.revoke(cases.MARA, id)
    await workplace.settle()
    after = everything_in((await exported(workplace, tmp_path / "b", id)).folder)
    for candidate in found:
        assert candidate.id not in after
        assert candidate.subject_id not in after
    # A commander may have written of whom nobody may know of any more.
    assert allowed.reason not in after
    assert "taken back and destroyed" in after


HOSTILE = '<img src="x"/> </para> *bold* \u738b\u5c0f \u202e =1+1 @channel ' + "x" * 900


async def test_whatever_was_typed_stays_text_and_no_number_leads_out_of_the_folder(
    workplace: Workplace, tmp_path: Path
) -> None:
    number = "2026/075/001234"
    id = await workplace.sent(
        case_number=number, changes={BlockId.FACTUAL_BASIS: HOSTILE}
    )
    await workplace.settle()
    done = await exported(workplace, tmp_path, number)
    assert done.folder.parent == tmp_path
    assert done.folder.name.startswith("discovery-2026_075_001234-")
    [told] = told_in(done)["requests"]
    assert told["request"] == id
    assert told["asked"]["factual_basis"] == HOSTILE.strip()
    page = words_of(done.folder / "bundle.pdf")
    assert '<img src="x"/> </para> *bold* [U+738B][U+5C0F] [U+202E] =1+1' in page


CASE = "2026-075-001234"


REFUSED = (
    (cases.SAM, CASE, WHY, "ROLE_REQUIRED"),
    (cases.DANA, CASE, WHY, "ROLE_REQUIRED"),
    ("U-NOBODY", CASE, WHY, "NOT_IN_ROLE_MAP"),
    (cases.ADA, CASE, "  ", "REASON_LENGTH"),
    (cases.ADA, "2026-999-000001", WHY, "UNKNOWN"),
    (cases.ADA, "../../etc/passwd\n\x1b[2J", WHY, "UNKNOWN"),
    (cases.ADA, "FIS-2026-999999", WHY, "UNKNOWN"),
)


async def test_whoever_may_not_and_whatever_is_not_there_is_refused_on_record_and_nothing_is_written(
    workplace: Workplace, tmp_path: Path
) -> None:
    await workplace.acknowledged()
    for account, wanted, reason, rule in REFUSED:
        with pytest.raises(Refusal) as refused:
            await exported(
                workplace, tmp_path / "out", wanted, account=account, reason=reason
            )
        assert refused.value.rule == rule
    events = await workplace.events(Verb.DISCOVERY_REFUSED)
    noted = [(e.facts["account"], e.facts["rule"]) for e in events]
    assert noted == [(account, rule) for account, _, _, rule in REFUSED]
    assert listed_in(tmp_path) == []


async def test_an_auditor_who_examined_and_whose_certificate_ran_out_exports_nothing(
    workplace: Workplace, tmp_path: Path
) -> None:
    id = await workplace.acknowledged()
    expired = workplace.clock().date() - timedelta(days=1)
    workplace.in_roles(cases.ERIK, certified_until=expired)
    assert await rule_of(workplace, tmp_path, id, cases.ERIK) == "ROLE_REQUIRED"
    workplace.in_roles(cases.ERIK, roles=["auditor"])
    assert await rule_of(workplace, tmp_path, id, cases.ERIK) == "SEPARATION_OF_DUTIES"


async def rule_of(workplace: Workplace, out: Path, id: str, account: str) -> str:
    with pytest.raises(Refusal) as refused:
        await exported(workplace, out, id, account=account)
    assert files_in(out) == []
    return refused.value.rule


async def test_the_same_record_gives_the_same_bytes_but_for_the_time_of_the_export(
    workplace: Workplace, tmp_path: Path
) -> None:
    id = await workplace.acknowledged()
    first = await exported(workplace, tmp_path / "first", id)
    second = await exported(workplace, tmp_path / "second", id)
    assert contents(first.folder) == contents(second.folder)
    workplace.clock.forward(days=1)
    later = await exported(workplace, tmp_path / "later", id)
    differ = {
        n for n, c in contents(later.folder).items() if c != contents(first.folder)[n]
    }
    assert differ == {"bundle.json", "bundle.pdf", MANIFEST}
    one, other = told_in(first), told_in(later)
    assert one.pop("exported_at") != other.pop("exported_at")
    assert one == other


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in files_in(folder)}


def listed_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


class Meddling(Vault):
    """While a file is read something happens to the record."""

    def __init__(self, workplace: Workplace) -> None:
        super().__init__(workplace.vault_home, Cipher(KEY))
        self._workplace = workplace

    def get(self, sha256: str) -> bytes:
        write(self._workplace, "UPDATE requests SET change_mark = change_mark + 1")
        return super().get(sha256)


async def test_what_changes_while_it_is_written_does_not_leave_as_it_was(
    workplace: Workplace, tmp_path: Path
) -> None:
    id = await workplace.acknowledged()
    with pytest.raises(Refusal, match="Nothing was exported"):
        await exported(workplace, tmp_path, id, vault=Meddling(workplace))
    assert listed_in(tmp_path) == []
    [event] = await workplace.events(Verb.DISCOVERY_REFUSED)
    assert event.facts["rule"] == "CHANGED_MEANWHILE"
    await workplace.settle()


class Dying(Vault):
    """The process is killed in the middle of it."""

    def get(self, sha256: str) -> bytes:
        raise KeyboardInterrupt


async def test_a_bundle_has_its_name_only_when_it_is_whole(
    workplace: Workplace, tmp_path: Path
) -> None:
    id = await workplace.acknowledged()
    with pytest.raises(KeyboardInterrupt):
        await exported(
            workplace, tmp_path, id, vault=Dying(workplace.vault_home, Cipher(KEY))
        )
    assert named(tmp_path) == []
    done = await exported(workplace, tmp_path, id)
    assert named(tmp_path) == [done.folder.name]
    assert [path.stat().st_mode & 0o077 for path in files_in(done.folder)] == [
        0 for _ in files_in(done.folder)
    ]


def named(folder: Path) -> list[str]:
    return [name for name in listed_in(folder) if not name.startswith(".")]

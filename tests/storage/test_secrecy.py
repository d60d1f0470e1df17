"""What tells about people cannot be read in the files."""

from pathlib import Path

import pytest
from sqlalchemy import create_engine

from bot.domain.actors import Part
from bot.domain.corroborations import (
    Corroboration,
    Evidence,
    LeadReport,
    ReportKind,
)
from bot.domain.examinations import HandBack
from bot.domain.rulings import RulingRecord
from storage.cipher import Cipher
from storage.database import Database
from storage.errors import VaultDamaged
from tests.builders import (
    EXAMINER,
    NOON,
    REQUEST,
    SAM,
    a_disposition,
    a_probe,
    a_request,
    a_search,
    a_sending,
    an_event,
    an_examination,
    candidates,
    what_was_asked,
)
from tests.storage.conftest import KEY

BASIS = "He wore a green parka and limped"
PLACE = "100 Example Street"
WHY = "The ear lobes of both were compared"
TOLD = "A private word to the detective"
NAME = "john-doe-at-the-till.jpg"
EVIDENCE, REPORT = "His phone was at the till", "He was in another state"
FACT = "what the log says in words"


@pytest.fixture
async def with_secrets(in_file: Database) -> Database:
    asked = what_was_asked(factual_basis=BASIS, particulars=(("where", PLACE),))
    async with in_file.transaction() as tx:
        await tx.requests.add(a_request(asked=asked, reason=f"{WHY} 1"))
        await tx.probes.add(a_probe(file_name=NAME))
        await tx.searches.add(a_search(), candidates(3))
        await tx.examinations.add(an_examination())
        await tx.examinations.dispose("E-1", a_disposition(reason=f"{WHY} 2"))
        left = HandBack("E-1", REQUEST, EXAMINER.person, SAM, f"{WHY} 4", NOON)
        await tx.examinations.note_hand_back(left)
        await tx.rulings.add(RulingRecord(REQUEST, 1, SAM, "close", f"{WHY} 3", NOON))
        await tx.corroborations.add(
            Corroboration(REQUEST, Evidence.LOCATION, EVIDENCE, NOON.date(), SAM, NOON)
        )
        await tx.lead_reports.add(
            LeadReport(
                REQUEST, ReportKind.ARREST, REPORT, NOON.date(), False, SAM, NOON
            )
        )
        await tx.outbox.add(a_sending(text=TOLD, blocks=({"text": f"{TOLD} 2"},)))
        await tx.audit.append(an_event(facts={"reason": FACT}))
    return in_file


async def test_what_tells_about_people_cannot_be_read_in_the_files(
    with_secrets: Database, path: Path
) -> None:
    on_disk = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert REQUEST.encode() in on_disk, "the right files were looked at"
    secrets = (BASIS, PLACE, WHY, TOLD, NAME, FACT, EVIDENCE, REPORT)
    assert [secret for secret in secrets if secret.encode() in on_disk] == []


async def test_what_tells_about_people_cannot_be_read_with_another_key(
    with_secrets: Database, path: Path
) -> None:
    stranger = Database(path, Cipher(KEY[::-1]))
    async with stranger.snapshot() as snapshot:
        with pytest.raises(VaultDamaged):
            await snapshot.requests.get(REQUEST)
        with pytest.raises(VaultDamaged):
            await snapshot.examinations.dispositions("E-1")
    await stranger.close()


async def test_what_a_sending_said_is_destroyed_once_it_was_sent(
    with_secrets: Database, path: Path
) -> None:
    engine = create_engine(f"sqlite:///{path}")

    def kept_bytes() -> int:
        with engine.connect() as connection:
            statement = "SELECT length(content) FROM outbox"
            return int(connection.exec_driver_sql(statement).scalar_one())

    assert kept_bytes() > 2 * len(TOLD)
    async with with_secrets.transaction() as tx:
        [sending] = await tx.outbox.heads(NOON)
        await tx.outbox.done(sending.id)
    assert kept_bytes() < 2 * len(TOLD)
    engine.dispose()


async def test_why_somebody_gave_an_examination_up_is_read_back(
    with_secrets: Database,
) -> None:
    async with with_secrets.snapshot() as snapshot:
        [left] = await snapshot.examinations.hand_backs(REQUEST)
        parts = await snapshot.requests.parts(REQUEST)
    assert left.reason == f"{WHY} 4"
    assert (SAM, Part.SUPERVISOR) in parts

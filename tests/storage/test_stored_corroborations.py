"""Independent evidence and reports on leads, as they are kept."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from bot.domain.corroborations import (
    Corroboration,
    Evidence,
    LeadReport,
    ReportKind,
)
from bot.domain.workflow import State
from storage.database import Database
from tests.builders import (
    DANA,
    NOON,
    REQUEST,
    a_lead,
    a_request,
    a_search,
    candidates,
)

EVIDENCE = Corroboration(
    REQUEST, Evidence.LOCATION, "His phone was there", date(2026, 11, 20), DANA, NOON
)
REPORT = LeadReport(
    REQUEST,
    ReportKind.ARREST,
    "Held at his home",
    date(2026, 11, 22),
    False,
    DANA,
    NOON,
)


async def test_evidence_comes_back_as_it_was_given(case: Database) -> None:
    async with case.transaction() as tx:
        assert await tx.corroborations.find(REQUEST) is None
        await tx.corroborations.add(EVIDENCE)
        assert await tx.corroborations.find(REQUEST) == EVIDENCE


async def test_there_is_one_evidence_to_a_request(case: Database) -> None:
    async with case.transaction() as tx:
        await tx.corroborations.add(EVIDENCE)
    with pytest.raises(IntegrityError):
        async with case.transaction() as tx:
            await tx.corroborations.add(EVIDENCE)


async def test_evidence_that_was_removed_is_gone(case: Database) -> None:
    async with case.transaction() as tx:
        await tx.corroborations.add(EVIDENCE)
        await tx.corroborations.remove(REQUEST)
        assert await tx.corroborations.find(REQUEST) is None


async def test_of_each_kind_one_report_is_kept(case: Database) -> None:
    false = replace(REPORT, kind=ReportKind.WRONG_PERSON, at=NOON + timedelta(hours=1))
    async with case.transaction() as tx:
        await tx.lead_reports.add(false)
        await tx.lead_reports.add(REPORT)
        assert await tx.lead_reports.of(REQUEST) == [REPORT, false]
    with pytest.raises(IntegrityError):
        async with case.transaction() as tx:
            await tx.lead_reports.add(REPORT)


@pytest.mark.parametrize("state", [State.RELEASED, State.CORROBORATED, State.RECALLED])
async def test_only_an_acknowledged_lead_waits_for_evidence(
    db: Database, state: State
) -> None:
    opened = replace(a_lead(), acknowledged_at=NOON)
    async with db.transaction() as tx:
        await tx.requests.add(a_request(state=state))
        await tx.searches.add(a_search(), candidates(3))
        await tx.leads.add(opened)
        assert await tx.leads.uncorroborated(NOON) == []


async def test_a_lead_waits_for_evidence_from_its_acknowledgement_on(
    db: Database,
) -> None:
    opened = replace(a_lead(), acknowledged_at=NOON)
    async with db.transaction() as tx:
        await tx.requests.add(a_request(state=State.ACKNOWLEDGED))
        await tx.searches.add(a_search(), candidates(3))
        await tx.leads.add(opened)
        assert await tx.leads.uncorroborated(NOON) == [REQUEST]
        assert await tx.leads.uncorroborated(NOON - timedelta(seconds=1)) == []

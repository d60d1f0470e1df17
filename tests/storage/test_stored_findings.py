"""Probes, searches, examinations, rulings and leads."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from bot.domain.candidates import Conclusion, Exclusion, exclude
from bot.domain.examinations import Seat
from bot.domain.rulings import RulingRecord
from storage.database import Database
from storage.errors import ChangedMeanwhile, Unknown
from tests.builders import (
    ELLIS,
    EXAMINER,
    LONG_AGO,
    NOON,
    PEER,
    REQUEST,
    SAM,
    SEARCH,
    THREE,
    a_candidate,
    a_disposition,
    a_face,
    a_lead,
    a_probe,
    a_quality,
    a_request,
    a_search,
    an_examination,
    candidates,
)

A_THIRD = 1 / 3
DAY = (NOON, NOON + timedelta(days=1))


async def test_a_probe_comes_back_with_every_measure(case: Database) -> None:
    odd = a_face(index=1, quality=a_quality(sharpness=A_THIRD, jpeg_quality=None))
    probe = a_probe(faces=(a_face(), odd), chosen=1)
    async with case.transaction() as tx:
        await tx.probes.add(probe)
    async with case.snapshot() as snapshot:
        assert await snapshot.probes.get(REQUEST) == probe


async def test_a_request_without_a_probe_has_none(case: Database) -> None:
    async with case.snapshot() as snapshot:
        assert await snapshot.probes.find(REQUEST) is None
        with pytest.raises(Unknown):
            await snapshot.probes.get(REQUEST)


async def test_what_was_found_in_a_probe_is_saved(case: Database) -> None:
    found = a_probe(faces=(a_face(), a_face(index=1)), chosen=0)
    async with case.transaction() as tx:
        await tx.probes.add(replace(a_probe(faces=()), format="", width=0, height=0))
        await tx.probes.save(found)
        assert await tx.probes.get(REQUEST) == found


async def test_saving_does_not_change_where_a_probe_came_from(case: Database) -> None:
    probe = a_probe()
    async with case.transaction() as tx:
        await tx.probes.add(probe)
        await tx.probes.save(
            replace(probe, file_name="other", size=1, stored_at=LONG_AGO)
        )
        assert await tx.probes.get(REQUEST) == probe


async def test_another_original_cannot_be_saved_over_a_probe(case: Database) -> None:
    async with case.transaction() as tx:
        await tx.probes.add(a_probe())
        with pytest.raises(Unknown):
            await tx.probes.save(a_probe(sha256="00" * 32))


async def test_a_second_original_for_a_request_is_refused(case: Database) -> None:
    async with case.transaction() as tx:
        await tx.probes.add(a_probe())
    with pytest.raises(IntegrityError):
        async with case.transaction() as tx:
            await tx.probes.add(a_probe(sha256="00" * 32))


async def test_a_search_comes_back_with_everything_it_pinned(case: Database) -> None:
    search = a_search(id="S-2", filters=("sex=F",), exact=False, weak_below=A_THIRD)
    async with case.transaction() as tx:
        await tx.searches.add(search, ())
        assert await tx.searches.get("S-2") == search
        assert await tx.searches.candidates("S-2") == ()


async def test_the_latest_search_is_the_one_written_last(case: Database) -> None:
    async with case.transaction() as tx:
        await tx.searches.add(a_search(id="S-0", started_at=LONG_AGO), ())
        latest = await tx.searches.find_latest(REQUEST)
        assert latest is not None
        assert latest.id == "S-0"
        assert await tx.searches.find_latest("FIS-2026-000999") is None


async def test_candidates_come_by_rank_and_exactly_as_similar(case: Database) -> None:
    listed = (
        a_candidate(id="C-a", search_id="S-2", rank=2, similarity=A_THIRD),
        a_candidate(id="C-b", search_id="S-2", rank=1, similarity=0.1 + 0.2),
    )
    async with case.transaction() as tx:
        await tx.searches.add(a_search(id="S-2"), listed)
        assert await tx.searches.candidates("S-2") == (listed[1], listed[0])
        assert await tx.searches.candidate("C-a") == listed[0]


async def test_a_subject_is_listed_only_once_in_a_search(case: Database) -> None:
    twice = (
        a_candidate(id="C-a", search_id="S-2", subject_id="SUBJ-1", rank=1),
        a_candidate(id="C-b", search_id="S-2", subject_id="SUBJ-1", rank=2),
    )
    with pytest.raises(IntegrityError):
        async with case.transaction() as tx:
            await tx.searches.add(a_search(id="S-2"), twice)


async def test_an_unknown_search_or_candidate_is_refused(case: Database) -> None:
    async with case.snapshot() as snapshot:
        with pytest.raises(Unknown):
            await snapshot.searches.get("S-9")
        with pytest.raises(Unknown):
            await snapshot.searches.candidate("C-9")


async def test_an_examination_comes_back_in_its_own_order(case: Database) -> None:
    mine = an_examination(
        id="E-2", seat=Seat.PEER, seed=2**80, order=tuple(reversed(THREE))
    )
    async with case.transaction() as tx:
        await tx.examinations.add(mine)
        assert await tx.examinations.get("E-2") == mine


async def test_an_unknown_examination_is_refused(case: Database) -> None:
    async with case.snapshot() as snapshot:
        with pytest.raises(Unknown):
            await snapshot.examinations.get("E-9")


async def test_of_two_examiners_who_take_it_the_second_is_refused(
    case: Database,
) -> None:
    async with case.snapshot() as snapshot:
        seen = await snapshot.examinations.get("E-1")
    async with case.transaction() as tx:
        await tx.examinations.save(seen.take(EXAMINER, NOON))
    with pytest.raises(ChangedMeanwhile):
        async with case.transaction() as tx:
            await tx.examinations.save(seen.take(PEER, NOON))
    async with case.snapshot() as snapshot:
        assert (await snapshot.examinations.get("E-1")).examiner == ELLIS


async def test_a_round_has_one_examination_for_each_seat(case: Database) -> None:
    with pytest.raises(IntegrityError):
        async with case.transaction() as tx:
            await tx.examinations.add(an_examination(id="E-2"))


async def test_examinations_come_by_round_and_seat(case: Database) -> None:
    async with case.transaction() as tx:
        await tx.examinations.add(an_examination(id="E-4", round=2, seat=Seat.PEER))
        await tx.examinations.add(an_examination(id="E-3", round=2))
        await tx.examinations.add(an_examination(id="E-2", seat=Seat.PEER))
        every = await tx.examinations.of(REQUEST)
        second = await tx.examinations.of(REQUEST, round=2)
    assert [e.id for e in every] == ["E-1", "E-2", "E-3", "E-4"]
    assert [e.id for e in second] == ["E-3", "E-4"]


async def test_dispositions_come_back_by_candidate(case: Database) -> None:
    excluded = exclude("C-1", Exclusion.MARKS_DIFFER, NOON)
    compared = a_disposition(
        candidate_id="C-2", conclusion=Conclusion.STRONG_SUPPORT_SAME
    )
    async with case.transaction() as tx:
        await tx.examinations.dispose("E-1", excluded)
        await tx.examinations.dispose("E-1", compared)
        found = await tx.examinations.dispositions("E-1")
    assert found == {"C-1": excluded, "C-2": compared}


async def test_a_later_disposition_takes_the_place_of_the_earlier(
    case: Database,
) -> None:
    later = a_disposition(conclusion=Conclusion.INCONCLUSIVE, reason="On second sight.")
    async with case.transaction() as tx:
        await tx.examinations.dispose(
            "E-1", exclude("C-1", Exclusion.AGE_DIFFERS, NOON)
        )
        await tx.examinations.dispose("E-1", later)
        assert await tx.examinations.dispositions("E-1") == {"C-1": later}


async def test_the_dispositions_of_one_examiner_are_not_those_of_the_other(
    case: Database,
) -> None:
    async with case.transaction() as tx:
        await tx.examinations.add(an_examination(id="E-2", seat=Seat.PEER))
        await tx.examinations.dispose("E-1", a_disposition())
        assert await tx.examinations.dispositions("E-2") == {}


async def test_a_candidate_of_no_search_cannot_be_disposed_of(case: Database) -> None:
    with pytest.raises(IntegrityError):
        async with case.transaction() as tx:
            await tx.examinations.dispose("E-1", a_disposition(candidate_id="C-9"))


async def test_rulings_come_in_the_order_they_were_made(case: Database) -> None:
    first = RulingRecord(REQUEST, 1, SAM, "return", "The ear was not compared.", NOON)
    second = RulingRecord(REQUEST, 2, SAM, "close", "Still not convincing.", LONG_AGO)
    async with case.transaction() as tx:
        await tx.rulings.add(first)
        await tx.rulings.add(second)
        assert await tx.rulings.of(REQUEST) == [first, second]
        assert await tx.rulings.of("FIS-2026-000999") == []


async def test_a_lead_comes_back_as_it_was_released(case: Database) -> None:
    async with case.transaction() as tx:
        assert await tx.leads.find(REQUEST) is None
        await tx.leads.add(a_lead())
        assert await tx.leads.find(REQUEST) == a_lead()


async def test_leads_are_counted_by_the_authorization_they_came_of(
    case: Database,
) -> None:
    other = "FIS-2026-000124"
    async with case.transaction() as tx:
        assert await tx.leads.by_authorization(*DAY) == {}
        await tx.leads.add(replace(a_lead(), authorization_id="AU-1"))
        await tx.requests.add(a_request(id=other))
        await tx.leads.add(a_lead(request_id=other))
        assert await tx.leads.by_authorization(*DAY) == {"AU-1": 1}
        for earlier_or_later in (timedelta(days=-1), timedelta(days=1)):
            other_day = (DAY[0] + earlier_or_later, DAY[1] + earlier_or_later)
            assert await tx.leads.by_authorization(*other_day) == {}
        await tx.leads.remove(REQUEST)
        assert await tx.leads.by_authorization(*DAY) == {}


async def test_of_a_lead_only_the_acknowledgement_is_ever_saved(case: Database) -> None:
    async with case.transaction() as tx:
        await tx.leads.add(a_lead())
        await tx.leads.save(
            a_lead(photo_id="PHOTO-C-2", text_sha256="00" * 32, acknowledged_at=NOON)
        )
        assert await tx.leads.find(REQUEST) == a_lead(acknowledged_at=NOON)


async def test_a_request_has_one_lead_at_most(case: Database) -> None:
    async with case.transaction() as tx:
        await tx.leads.add(a_lead())
    with pytest.raises(IntegrityError):
        async with case.transaction() as tx:
            await tx.leads.add(a_lead(candidate_id="C-2"))


async def test_a_lead_that_was_never_released_cannot_be_saved(case: Database) -> None:
    async with case.transaction() as tx:
        with pytest.raises(Unknown):
            await tx.leads.save(a_lead())


async def test_the_candidates_of_the_case_are_those_of_its_search(
    case: Database,
) -> None:
    async with case.snapshot() as snapshot:
        assert await snapshot.searches.candidates(SEARCH) == candidates(3)

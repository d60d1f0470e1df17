"""The Home tab as each person opens it: what waits, in order, with a way there, and nothing of the case."""

from datetime import date, timedelta
from typing import Any

from bot.assembly import Bot, Store
from bot.domain.audit import Verb
from bot.sandbox import cases
from bot.sandbox.acts import all_text
from bot.sandbox.forms import pressed
from bot.views.ids import ActionId
from tests.front import Workplace, still
from tests.journeys.reassigning import handed_back, reassigned, taken


def home_of(workplace: Workplace, account: str) -> Any:
    return workplace.sandbox.workspace.modals.homes[account].body


async def opened(workplace: Workplace, account: str) -> str:
    """Open it; the event is answered before the tab is there, so wait for that."""
    homes = workplace.sandbox.workspace.modals.homes
    await workplace.person(account).open_home()
    await workplace.acts.until("the Home tab", lambda: account in homes)
    await workplace.settle()
    return all_text(home_of(workplace, account))


def read(workplace: Workplace, account: str) -> str:
    return all_text(home_of(workplace, account))


async def restarted(workplace: Workplace) -> None:
    """Another bot on the same data draws the Homes from now on; it knows what the record holds."""
    galleries = workplace.settings.data_dir / "galleries"
    store = Store(workplace.db, workplace.vault, galleries)
    after = Bot(workplace.settings, store, workplace.clock, seconds_between=0.0)
    await after.check()
    workplace.bot.homes = after.homes


async def test_a_comparison_waits_for_every_examiner_until_one_takes_it(
    workplace: Workplace,
) -> None:
    id = await workplace.searched()
    for account in (cases.ERIK, cases.PRIYA):
        assert f"{id}: a comparison nobody has taken" in await opened(
            workplace, account
        )
    await taken(workplace, cases.ERIK, id)
    # Both have been drawn anew without being opened again.
    assert f"{id}: your comparison" in read(workplace, cases.ERIK)
    priya = read(workplace, cases.PRIYA)
    assert "Nothing waits for you." in priya
    assert f"{id}: a comparison that somebody has taken" in priya


async def test_the_button_leads_to_the_card(workplace: Workplace) -> None:
    id = await workplace.searched()
    await opened(workplace, cases.ERIK)
    ts = await workplace.card(id)
    [button] = [
        block["accessory"]
        for block in home_of(workplace, cases.ERIK)["blocks"]
        if "accessory" in block
    ]
    assert button["url"].endswith(f"/archives/{cases.EXAMINERS}/p{ts.replace('.', '')}")


async def test_what_was_given_up_waits_for_those_who_have_not_seen_it(
    workplace: Workplace,
) -> None:
    id = await workplace.searched()
    ts = await taken(workplace, cases.ERIK, id)
    await handed_back(workplace, cases.ERIK, ts)
    erik = await opened(workplace, cases.ERIK)
    assert "Nothing waits for you." in erik
    assert f"{id}: a comparison nobody has taken" in erik
    assert "*Waits for you*" in await opened(workplace, cases.LENA)


async def test_a_displaced_examiner_has_nothing_on_the_desk(
    workplace: Workplace,
) -> None:
    id = await workplace.searched()
    ts = await taken(workplace, cases.ERIK, id)
    assert "your comparison" in await opened(workplace, cases.ERIK)
    await reassigned(workplace, cases.SAM, ts)
    assert "Nothing waits for you." in read(workplace, cases.ERIK)


async def test_a_supervisor_sees_the_review_and_what_examiners_are_at(
    workplace: Workplace,
) -> None:
    id = await workplace.searched()
    sam = await opened(workplace, cases.SAM)
    assert "Nothing waits for you." in sam
    assert f"{id}: a comparison nobody has taken" in sam
    await workplace.acts.press_own(cases.DANA, id, ActionId.WITHDRAW)
    await workplace.settle()
    assert "Nothing waits for others." in read(workplace, cases.SAM)


async def test_a_review_waits_for_the_supervisors_with_its_link(
    workplace: Workplace,
) -> None:
    id = await workplace.reviewable()
    assert f"{id}: a review to rule on" in await opened(workplace, cases.SAM)
    assert any(
        "/archives/C-SUPERVISORS/p" in block.get("accessory", {}).get("url", "")
        for block in home_of(workplace, cases.SAM)["blocks"]
    )


async def test_a_question_waits_for_the_commanders(workplace: Workplace) -> None:
    id = await workplace.asked()
    assert f"{id}: a question for another repository" in await opened(
        workplace, cases.MARA
    )


async def test_the_gravest_stands_first_and_is_not_called_so(
    workplace: Workplace,
) -> None:
    robbery = await workplace.searched()
    workplace.clock.forward(hours=1)
    murder = await workplace.sent(
        image=still("stranger"), changes={"category": "MURDER"}
    )
    await workplace.acts.examination(murder)
    erik = await opened(workplace, cases.ERIK)
    assert erik.index(murder) < erik.index(robbery)
    request = await workplace.request(murder)
    for fact in ("murder", request.asked.case_number, request.asked.factual_basis):
        assert fact.lower() not in erik.lower()


async def test_a35_no_home_tells_which_seat_a_comparison_is_for(
    workplace: Workplace,
) -> None:
    id = await workplace.peered()
    first = await opened(workplace, cases.ERIK)
    assert f"{id}: a comparison nobody has taken" in first
    assert not {"second", "peer", "first"} & set(first.lower().split())


async def test_a25_a_requester_sees_nothing_of_the_examiners(
    workplace: Workplace,
) -> None:
    id = await workplace.searched()
    await taken(workplace, cases.ERIK, id)
    for account in (cases.DANA, cases.OMAR):
        dana = await opened(workplace, account)
        assert "comparison" not in dana
        assert "examiner" not in dana.lower()
        assert cases.ERIK not in dana
        assert "Waits for others" not in dana
    assert f"{id}: in progress" in read(workplace, cases.DANA)
    assert id not in read(workplace, cases.OMAR)


async def test_a_requester_who_is_also_an_examiner_sees_nothing_of_the_own_case(
    workplace: Workplace,
) -> None:
    id = await workplace.searched()
    workplace.in_roles(
        cases.DANA,
        roles=["requester", "examiner"],
        certified_until=date(2099, 12, 31),
    )
    dana = await opened(workplace, cases.DANA)
    assert f"{id}: a comparison" not in dana


async def test_an_answer_waits_for_whoever_asked(workplace: Workplace) -> None:
    id = await workplace.released()
    assert f"{id}: an answer to open" in await opened(workplace, cases.DANA)
    assert id not in await opened(workplace, cases.OMAR)


async def test_late_is_said_after_a_day(workplace: Workplace) -> None:
    await workplace.searched()
    workplace.clock.forward(hours=23)
    assert "late" not in await opened(workplace, cases.ERIK)
    workplace.clock.forward(hours=1)
    await workplace.settle()
    assert "late" in read(workplace, cases.ERIK)


async def test_a_home_that_was_left_open_is_drawn_for_half_a_day(
    workplace: Workplace,
) -> None:
    id = await workplace.searched()
    await opened(workplace, cases.ERIK)
    workplace.clock.forward(hours=13)
    await workplace.settle()
    await taken(workplace, cases.PRIYA, id)
    assert "a comparison nobody has taken" in read(workplace, cases.ERIK)


async def test_a_certificate_that_ends_is_announced_for_thirty_days(
    workplace: Workplace,
) -> None:
    today = workplace.clock().date()
    for days, said in ((31, False), (30, True), (0, True)):
        workplace.in_roles(cases.ERIK, certified_until=today + timedelta(days=days))
        erik = await opened(workplace, cases.ERIK)
        assert ("certification ends on" in erik) is said
    workplace.in_roles(cases.ERIK, certified_until=today - timedelta(days=1))
    assert "certification has ended on" in await opened(workplace, cases.ERIK)


async def test_a4_nothing_waits_for_an_examiner_whose_certificate_is_over(
    workplace: Workplace,
) -> None:
    await workplace.searched()
    workplace.in_roles(cases.ERIK, certified_until=date(2026, 11, 22))
    erik = await opened(workplace, cases.ERIK)
    assert "Nothing waits for you." in erik


async def test_a_role_that_is_taken_away_empties_the_home_that_is_open(
    workplace: Workplace,
) -> None:
    id = await workplace.searched()
    assert id in await opened(workplace, cases.ERIK)
    workplace.in_roles(cases.ERIK, slack_users=["U-SOMEBODY"])
    await workplace.settle()
    assert "You have no role here." in read(workplace, cases.ERIK)


async def test_a_press_on_a_link_is_answered(workplace: Workplace) -> None:
    """Slack opens the card; whoever does not answer the press shows a warning beside it."""
    await workplace.searched()
    await opened(workplace, cases.ERIK)
    person = workplace.person(cases.ERIK)
    home = workplace.sandbox.workspace.modals.homes[cases.ERIK]
    [block] = [b for b in home.body["blocks"] if "accessory" in b]
    action = pressed(block, block["accessory"])
    payload = person.payloads.view_action(cases.ERIK, home, action)
    delivery = await workplace.sandbox.courier.interaction(cases.ERIK, payload)
    assert delivery.check().status == 200
    assert await workplace.refusals() == []


async def test_a33_evidence_waits_for_whoever_asked_and_overdue_for_supervisors(
    workplace: Workplace,
) -> None:
    id = await workplace.acknowledged()
    workplace.clock.forward(days=13)
    dana = await opened(workplace, cases.DANA)
    assert f"{id}: independent evidence to record beside a lead" in dana
    assert "late" not in dana
    for secret in ("D0014", "andidate", "imilarity", cases.ERIK, "omparison"):
        assert secret not in dana
    assert id not in await opened(workplace, cases.SAM)
    workplace.clock.forward(days=1)
    bare = f"{id}: a lead without independent evidence on record"
    assert bare in await opened(workplace, cases.SAM)
    assert "late" in await opened(workplace, cases.DANA)
    for account in (cases.ERIK, cases.LENA, cases.OMAR, cases.MARA):
        assert id not in await opened(workplace, account)
    # Her card is a direct message: for anybody else there is no way there.
    assert not [b for b in home_of(workplace, cases.SAM)["blocks"] if "accessory" in b]
    assert [b for b in home_of(workplace, cases.DANA)["blocks"] if "accessory" in b]
    await workplace.acts.corroborate(cases.DANA, id)
    await workplace.settle()
    assert "Nothing waits for you." in read(workplace, cases.DANA)
    assert id not in read(workplace, cases.SAM)


async def test_a33_an_arrest_without_evidence_is_before_the_supervisors_at_once(
    workplace: Workplace,
) -> None:
    id = await workplace.acknowledged()
    sam = await opened(workplace, cases.SAM)
    assert id not in sam
    await workplace.acts.report_lead(cases.DANA, id, "arrest", "2026-11-23")
    await workplace.settle()
    said = f"{id}: a lead used for an arrest without independent evidence on record"
    assert said in read(workplace, cases.SAM)
    assert "used for an arrest without any" in await opened(workplace, cases.DANA)
    await workplace.acts.report_lead(cases.DANA, id, "wrong_person", "2026-11-23")
    await workplace.settle()
    assert id not in read(workplace, cases.SAM)


async def test_a_home_is_drawn_on_by_the_next_bot(workplace: Workplace) -> None:
    """What a process knew of open Homes ends with it; the record has it."""
    id = await workplace.searched()
    await opened(workplace, cases.ERIK)
    await opened(workplace, cases.ERIK)
    assert len(await workplace.events(Verb.HOME_OPENED)) == 1
    await taken(workplace, cases.PRIYA, id)
    assert "somebody has taken" in read(workplace, cases.ERIK)
    await restarted(workplace)
    await handed_back(workplace, cases.PRIYA, await workplace.card(id))
    assert f"{id}: a comparison nobody has taken" in read(workplace, cases.ERIK)
    assert cases.LENA not in workplace.sandbox.workspace.modals.homes


async def test_a_home_opened_half_a_day_before_a_restart_is_not_drawn_on(
    workplace: Workplace,
) -> None:
    id = await workplace.searched()
    await opened(workplace, cases.ERIK)
    workplace.clock.forward(hours=13)
    await restarted(workplace)
    await taken(workplace, cases.PRIYA, id)
    assert f"{id}: a comparison nobody has taken" in read(workplace, cases.ERIK)

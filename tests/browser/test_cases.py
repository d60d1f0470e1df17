"""Whole cases clicked through in a real browser, by whoever plays a part in them."""

import re
from pathlib import Path

from playwright.sync_api import expect

from bot.sandbox import cases
from bot.sandbox.repeating import NONE_NEW
from tests.browser.faces import letter_of
from tests.browser.people import People, check_context, examine, fill_request, request

CASE, OTHER_CASE = "2026-075-001234", "2026-075-005678"
THIRD_CASE, FOURTH_CASE = "2026-075-009999", "2026-075-004321"
FIFTH_CASE, SIXTH_CASE = "2026-075-005555", "2026-075-006666"
# Every case has a still of its own but for one: a probe that was sent before waits for a supervisor.


def test_a_possible_match_becomes_a_lead(people: People, data: Path) -> None:
    dana = people(cases.DANA)
    dana.go(cases.REQUESTS)
    fill_request(dana, "mated-1.jpg", CASE)
    dana.look("intake")
    dana.sends("Send request")
    dana.go_to_bot()
    dana.reads(CASE)
    dana.look("sent")
    number = _number(dana.message(CASE).inner_text())

    people(cases.ERIK).go(cases.EXAMINERS)
    people(cases.ERIK).reads("Waiting for an examiner")
    people(cases.ERIK).look("waiting")
    examine(
        people(cases.ERIK), number, 0, letter_of(data, number, 0, "D0014"), "comparison"
    )
    examine(people(cases.PRIYA), number, 1, letter_of(data, number, 1, "D0014"))
    check_context(people(cases.ERIK), number, "context")

    sam = people(cases.SAM)
    sam.go(cases.SUPERVISORS)
    sam.press("Open review", on=f"Review of {number}")
    expect(sam.modal).to_be_visible()
    sam.look("review")
    sam.modal.get_by_role("radio", name=re.compile("^Release")).check()
    sam.modal.get_by_role("radio", name=re.compile("^Candidate")).first.check()
    sam.fill({"Reason": "Both examinations agree and give their reasons."})
    sam.sends("Record ruling")

    dana.go_to_bot()
    dana.reads("INVESTIGATIVE LEAD ONLY")
    dana.look("lead")
    dana.press("I acknowledge", on=number)
    expect(dana.message(number).get_by_role("img")).to_be_visible()
    dana.look("acknowledged")
    dana.press("Record independent evidence…", on=number)
    dana.glances("corroborating")
    dana.press("Report on this lead…", on=number)
    dana.glances("reporting")


def test_a_probe_that_was_sent_before_is_refused_by_a_supervisor(
    people: People,
) -> None:
    first = request(people(cases.DANA), "mated-4.jpg", FIFTH_CASE)
    erik = people(cases.ERIK)
    erik.go(cases.EXAMINERS)
    erik.reads(f"Comparison for {first}")
    omar = people(cases.OMAR)
    again = request(omar, "mated-4.jpg", SIXTH_CASE)

    sam, card = people(cases.SAM), f"Repeated probe in {again}"
    sam.go(cases.SUPERVISORS)
    sam.reads(card)
    sam.look("repeated")
    sam.press("Allow with new facts…", on=card)
    sam.glances("allowing")
    sam.press("Refuse…", on=card)
    expect(sam.modal).to_be_visible()
    sam.look("refusing")
    sam.fill({"Reason": NONE_NEW})
    sam.sends("Refuse")
    expect(sam.message(card)).to_contain_text("Refused by")

    omar.reads("REPEATED_PROBE")
    erik.go(cases.EXAMINERS)
    expect(erik.message(f"Comparison for {first}")).to_be_visible()
    expect(erik.page.get_by_text(f"Comparison for {again}")).to_have_count(0)


def test_a_face_in_a_crowd_is_refused_in_words(people: People) -> None:
    omar = people(cases.OMAR)
    omar.go(cases.REQUESTS)
    fill_request(
        omar,
        "mated-2.jpg",
        OTHER_CASE,
        image="People in a crowd, at a rally or a protest",
    )
    omar.sends("Send request")
    omar.reads("P_CROWD")
    omar.look("refused")


def test_another_repository_is_asked_for_granted_searched_and_led_from(
    people: People, data: Path
) -> None:
    dana, mara = people(cases.DANA), people(cases.MARA)
    number = request(dana, "stranger-1.jpg", THIRD_CASE, category="Shooting")
    for place, examiner in enumerate((cases.ERIK, cases.PRIYA)):
        examine(people(examiner), number, place, lambda: None)
    _close(people, number)

    dana.go_to_bot()
    dana.press("Ask for another repository…", on=number)
    expect(dana.modal).to_be_visible()
    dana.choose({"Repository": cases.DMV})
    dana.fill(_QUESTION)
    dana.look("asking")
    dana.sends("Ask")

    mara.go(cases.COMMANDERS)
    mara.reads(f"Authorization for {number}")
    expect(mara.message(number).get_by_role("img")).to_be_visible()
    mara.look("authorization")
    mara.press("Decide…", on=number)
    expect(mara.modal).to_be_visible()
    mara.modal.get_by_role("radio", name=re.compile("^Grant")).check()
    mara.fill(
        {
            "Case number, typed by you": "2026-075-000000",
            "Reason": "The need is legitimate, and nothing milder is left to try.",
        }
    )
    mara.send("Record decision")
    expect(mara.modal).to_contain_text("is not the one of this request")
    mara.look("deciding")
    mara.fill({"Case number, typed by you": THIRD_CASE})
    mara.sends("Record decision")
    mara.reads("Granted by the Chief of Detectives")
    mara.look("granted")

    lena = people(cases.LENA)
    lena.go(cases.EXAMINERS)
    lena.press("Start the search", on=f"Authorized search for {number}")
    lena.look("confirming")
    lena.page.get_by_role("dialog").get_by_role("button", name="Start").click()
    lena.reads("EXCEPTIONAL REPOSITORY")
    lena.look("consumed")
    examine(lena, number, 2, letter_of(data, number, 0, "L0062"))
    examine(people(cases.TOMAS), number, 3, letter_of(data, number, 1, "L0062"))
    check_context(lena, number)

    ruth = people(cases.RUTH)
    ruth.go(cases.SUPERVISORS)
    ruth.message(f"Review of {number}").get_by_role(
        "button", name="Open review"
    ).click()
    expect(ruth.modal).to_contain_text("EXCEPTIONAL REPOSITORY")
    ruth.modal.get_by_role("radio", name=re.compile("^Release")).check()
    ruth.modal.get_by_role("radio", name=re.compile("^Candidate")).first.check()
    ruth.fill({"Reason": "Both examinations agree and give their reasons."})
    ruth.sends("Record ruling")

    dana.go_to_bot()
    dana.reads("EXCEPTIONAL REPOSITORY")
    dana.look("exceptional-lead")

    mara.go(cases.COMMANDERS)
    mara.press("Revoke…", on=number)
    expect(mara.modal).to_be_visible()
    mara.look("revoking")
    mara.fill({"Reason": "The suspect was found by other means this morning."})
    mara.sends("Revoke")
    mara.reads("Revoked by")
    mara.look("revoked")
    dana.go_to_bot()
    dana.reads("The lead was taken back")


def test_nothing_of_the_examiner_channel_reaches_a_detective(
    people: People, data: Path
) -> None:
    omar, erik = people(cases.OMAR), people(cases.ERIK)
    number = request(people(cases.DANA), "mated-3.jpg", FOURTH_CASE)
    erik.go(cases.EXAMINERS)
    erik.reads(f"Comparison for {number}")
    omar.go(cases.REQUESTS)
    expect(omar.page.get_by_role("heading", name="# fis-requests")).to_be_visible()
    told: list[str] = []
    omar.page.on("response", lambda answer: told.append(answer.text()))
    omar.says("Good morning.")
    omar.reads("Good morning.")
    before = {one.account: one.heard() for one in (omar, erik)}
    assert before[cases.OMAR] > 0

    examine(erik, number, 0, letter_of(data, number, 0, "D0027"))
    erik.reads("Submitted")

    assert erik.heard() >= 5
    assert omar.heard() == before[cases.OMAR]
    assert told != []
    assert "fis-examiners" not in "".join(told) + omar.page.content()
    assert cases.EXAMINERS not in "".join(told)

    # The pictures of an examination that was submitted are taken down; those of the other one stand.
    cards = erik.page.get_by_role("article").filter(has_text=f"Comparison for {number}")
    cards.nth(1).get_by_role("button", name=re.compile(r"repl(y|ies)")).click()
    thread = erik.page.get_by_role("complementary", name="Thread")
    expect(thread.get_by_role("button", name="Exclude", exact=True)).to_have_count(0)
    picture = thread.get_by_role("img").first.get_attribute("src")
    assert picture is not None
    file = picture.split("?")[0].lstrip("/")
    assert erik.status(f"{file}?as={cases.ERIK}") == 200
    assert omar.status(f"{file}?as={cases.OMAR}") == 404
    channel = f"ui/channel?channel={cases.EXAMINERS}&as="
    assert erik.status(channel + cases.ERIK) == 200
    assert omar.status(channel + cases.OMAR) == 404


def test_the_examiner_channel_does_not_exist_for_a_detective(people: People) -> None:
    dana = people(cases.DANA)
    dana.go(cases.EXAMINERS)
    expect(dana.page.get_by_role("heading", name="# fis-requests")).to_be_visible()
    assert "fis-examiners" not in dana.page.content()


def test_the_other_screens_can_be_used_by_everybody(people: People) -> None:
    priya = people(cases.PRIYA)
    priya.go("home")
    expect(priya.page.get_by_role("heading", name="Home")).to_be_visible()
    expect(priya.page.get_by_text("has not put anything here")).to_have_count(0)
    priya.look("home")
    priya.go_to_bot()
    priya.look("direct")
    for panel in ("Guided tour", "Bad days"):
        priya.page.get_by_role("button", name=panel).click()
        side = priya.page.get_by_role("complementary", name=panel)
        expect(side.get_by_role("heading", level=3).first).to_be_visible()
        priya.look(panel.lower().replace(" ", "-"))


_QUESTION = {
    "Legitimate need": "Three armed robberies in one week; the suspect fired a shot.",
    "Why arrest photographs do not suffice": "They were searched without any result.",
    "Why this repository": "The suspect drove off in a car, with a license of this state.",
    "Legal basis": "Use by law enforcement, 18 USC 2721(b)(1).",
    "Basis of data sharing": "Records access agreement of 2024, single request.",
    "Command that asks": "Robbery Squad, Brooklyn North",
}


def _number(text: str) -> str:
    found = re.search(r"FIS-\d{4}-\d{6}", text)
    assert found, text
    return found[0]


def _close(people: People, number: str) -> None:
    sam = people(cases.SAM)
    sam.go(cases.SUPERVISORS)
    sam.press("Open review", on=f"Review of {number}")
    expect(sam.modal).to_be_visible()
    sam.modal.get_by_role("radio", name=re.compile("^Close")).check()
    sam.fill({"Reason": "The opinions leave nothing to release."})
    sam.sends("Record ruling")

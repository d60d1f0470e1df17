"""What an auditor reads: every count of the month, and nothing about a case or a face."""

import re
from dataclasses import replace

from bot.domain.summaries import Counts, Decider, LeadCounts, Month, Summary
from bot.views.auditor import (
    SHOWN_MAX,
    in_words,
    leads_in_words,
    monthly_summary,
    refused_use,
)
from tests.views.reading import HOSTILE, buttons, problems, shown
from tests.views.test_limits import NEUTRAL

OCTOBER = Month(2026, 10)
CHIEF = Decider("Chief of Detectives", "0101")
EVERY = Counts(9, 8, 7, 6, 5, 4, 3, 2, 1)


def a_summary(
    total: Counts = EVERY, repository: str = "DMV photographs", lines: int = 1
) -> Summary:
    return Summary(
        OCTOBER,
        total,
        {f"{repository}{n or ''}": total for n in range(lines)},
        {Decider(CHIEF.title, f"{CHIEF.person}{n or ''}"): total for n in range(lines)},
    )


NONE = Summary(OCTOBER, Counts(), {}, {})


def test_every_count_is_said_in_its_words() -> None:
    assert in_words(EVERY) == (
        "9 asked, 8 granted, 7 denied, 6 withdrawn, 5 expired, 4 revoked, 3 searched, "
        "2 still open, 1 lead"
    )


def test_every_count_of_leads_is_said_in_its_words() -> None:
    assert leads_in_words(LeadCounts(9, 8, 7, 6, 5, 4)) == (
        "9 released, 8 acknowledged, 7 with independent evidence on record, 6 reported as false, "
        "5 used for an arrest, 4 of these without independent evidence recorded before the day"
    )
    assert leads_in_words(LeadCounts(released=1)) == "1 released"


def test_leads_are_told_of_also_in_a_month_without_any_question() -> None:
    summary = replace(NONE, leads=LeadCounts(released=2, false=1))
    read = shown(monthly_summary(summary))
    assert "*Leads, of every repository:* 2 released, 1 reported as false" in read
    assert "below 5 (small cells)" in read


def test_what_did_not_happen_is_left_out() -> None:
    assert in_words(Counts(asked=2, denied=2)) == "2 asked, 2 denied"
    assert in_words(Counts()) == "none"


def test_the_summary_names_month_repository_commander_and_zone() -> None:
    read = shown(monthly_summary(a_summary(), "Europe/Paris"))
    assert "October 2026" in read
    assert "*DMV photographs*: 9 asked" in read
    assert "*Chief of Detectives, badge 0101*: 9 asked" in read
    assert "Europe/Paris" in read


def test_what_nobody_has_decided_is_said_to_be_so() -> None:
    undecided = {Decider("", ""): Counts(asked=1, open=1)}
    counts = Counts(asked=1, open=1)
    read = shown(monthly_summary(Summary(OCTOBER, counts, {"DMV": counts}, undecided)))
    assert "*Not decided*: 1 asked, 1 still open" in read


def test_a_month_in_which_nobody_asked_says_so() -> None:
    assert "*None.*" in shown(monthly_summary(NONE))
    assert "*None.*" not in shown(monthly_summary(a_summary()))


def test_slack_accepts_the_longest_summary_there_could_be() -> None:
    many = a_summary(Counts(*[10**9] * 9), HOSTILE * 4, 500)
    message = monthly_summary(many)
    assert problems(message) == []
    assert f"and {500 - SHOWN_MAX} more" in shown(message)
    assert len(message.blocks) < 50


def test_a_repository_cannot_speak_to_a_channel_by_its_name() -> None:
    read = shown(monthly_summary(a_summary(repository=HOSTILE)))
    assert not re.search(r"<(!|@|http)", read)


def test_the_lock_screen_shows_a_neutral_sentence() -> None:
    texts = {monthly_summary(each).text for each in (NONE, a_summary())}
    assert len(texts) == 1
    assert NEUTRAL.fullmatch(texts.pop())


def test_nothing_can_be_pressed() -> None:
    assert buttons(monthly_summary(a_summary())) == []


def test_a_refused_use_is_told_by_its_rule_and_case_and_may_be_hostile() -> None:
    read = refused_use("P_CROWD", "People at a rally", "2026-075-001234", "U-DANA")
    for said in ("P_CROWD", "People at a rally", "2026-075-001234", "<@U-DANA>"):
        assert said in shown(read)
    hostile = refused_use(HOSTILE, HOSTILE, HOSTILE, "U-DANA")
    assert problems(hostile) == []
    assert "2026" not in read.text  # a notification names no case

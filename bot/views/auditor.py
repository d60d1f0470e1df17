"""What an auditor is told by direct message."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict

from bot.domain.summaries import (
    SMALL_CELLS_BELOW,
    Counts,
    Decider,
    LeadCounts,
    Summary,
)
from bot.views.blocks import Json, context, divider, header, section
from bot.views.text import SECTION_MAX, ZONE, Message, counted, escape, fitted, mention

_WORDS: Mapping[str, str] = {
    "asked": "asked",
    "granted": "granted",
    "denied": "denied",
    "withdrawn": "withdrawn",
    "expired": "expired",
    "revoked": "revoked",
    "consumed": "searched",
    "open": "still open",
}

_LEAD_WORDS: Mapping[str, str] = {
    "released": "released",
    "acknowledged": "acknowledged",
    "corroborated": "with independent evidence on record",
    "false": "reported as false",
    "arrests": "used for an arrest",
    "arrests_uncorroborated": "of these without independent evidence recorded before the day",
}

SHOWN_MAX = 60


def monthly_summary(summary: Summary, zone: str = ZONE) -> Message:
    """All counts of the month that are not zero, in all, by repository and by commander."""
    title = f"Authorizations in {summary.month.first:%B %Y}"
    return Message(
        "The monthly summary of authorizations is ready.",
        (
            header(title),
            *(_counted(summary) if summary.total != Counts() else _none()),
            divider(),
            section(f"*Leads, of every repository:* {leads_in_words(summary.leads)}"),
            context(
                f"By the clock of {escape(zone)}. Each deed counts in the month in which it was done: a "
                "question of one month may be granted in the next. One authorization may count more "
                "than once: granted and then expired, for example. A lead that was taken back is not "
                "counted. What is published of this leaves out every count "
                f"below {SMALL_CELLS_BELOW} (small cells)."
            ),
        ),
    )


def refused_use(rule: str, use: str, case_number: str, account: str) -> Message:
    """An attempt that was refused; ``account`` is whose."""
    return Message(
        "A request was refused as a prohibited use.",
        (
            header("Refused as a prohibited use"),
            section(
                f"*Rule {escape(rule)}:* {fitted(use, 300)}\n*Asked by:* {mention(account)}\n"
                f"*Case number:* {fitted(case_number, 100)}"
            ),
            context("Nothing was searched. The supervisors are told, too."),
        ),
    )


def named_person(number: str, named: str, case_number: str, account: str) -> Message:
    """A request whose grounds name somebody on the list of watched names; ``account`` is who asked."""
    return Message(
        "A request names a watched person.",
        (
            header("A watched name in a request"),
            section(
                f"*{escape(number)}* names {fitted(named, 500)}.\n*Asked by:* {mention(account)}\n"
                f"*Case number:* {fitted(case_number, 100)}"
            ),
            context(
                "It was not refused: the name may stand there for good reason. The supervisors are told, too."
            ),
        ),
    )


def _none() -> Iterator[Json]:
    yield section("*None.* Nothing was asked or done about an exceptional repository.")


def _counted(summary: Summary) -> Iterator[Json]:
    repositories = summary.by_repository.items()
    commanders = summary.by_commander.items()
    yield section(f"*In all:* {in_words(summary.total)}")
    yield divider()
    yield from _list("By repository", [_line(n, c) for n, c in repositories])
    yield divider()
    yield from _list("By commander", [_line(decider(w), c) for w, c in commanders])


def decider(who: Decider) -> str:
    return f"{who.title}, badge {who.person}" if who.person else "Not decided"


def in_words(counts: Counts) -> str:
    """Return 3 asked, 2 granted, 1 denied."""
    said = [
        counted(count, "lead") if name == "leads" else f"{count} {_WORDS[name]}"
        for name, count in asdict(counts).items()
        if count
    ]
    return ", ".join(said) or "none"


def leads_in_words(counts: LeadCounts) -> str:
    """Return 3 released, 2 acknowledged, 1 reported as false."""
    said = [
        f"{count} {_LEAD_WORDS[name]}"
        for name, count in asdict(counts).items()
        if count
    ]
    return ", ".join(said) or "none"


def _line(name: str, counts: Counts) -> str:
    return f"*{fitted(name, 150)}*: {in_words(counts)}"


def _list(title: str, lines: list[str]) -> Iterator[Json]:
    yield section(f"*{title}*")
    shown = lines[:SHOWN_MAX]
    if more := len(lines) - len(shown):
        shown.append(f"… and {more} more. The administrator can print all of them.")
    yield from map(section, _paragraphs(shown))


def _paragraphs(lines: Iterable[str]) -> Iterator[str]:
    """As many lines together as fit into one section."""
    text = ""
    for line in lines:
        if text and len(text) + len(line) + 1 > SECTION_MAX:
            yield text
            text = ""
        text += f"\n{line}" if text else line
    if text:
        yield text

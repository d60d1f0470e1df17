"""Numbers are parsed once: what does not fit is refused with an example of what would."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.identifiers import (
    DEFAULT_FORMATS,
    REQUEST_NUMBER,
    BadIdentifier,
    Format,
    Identifiers,
    request_number,
)
from bot.domain.purposes import PARTICULARS

KINDS = sorted(DEFAULT_FORMATS)
USUAL = Identifiers()


@pytest.mark.parametrize("kind", KINDS)
def test_the_example_shown_for_a_number_is_a_valid_one(kind: str) -> None:
    example = DEFAULT_FORMATS[kind].example
    assert USUAL.parse(kind, example) == example


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("case_number", "12345"),
        ("case_number", "1" * 25),
        ("case_number", "2026_075_1"),
        ("case_number", "2026-075-001234; DROP"),
        ("complaint_number", "2026-075-1234"),
        ("complaint_number", "2026-075-0012345"),
        ("complaint_number", "26-075-001234"),
        ("arrest_number", "X26612345"),
        ("arrest_number", "K2661234"),
        ("arrest_number", "K266123456"),
        ("aided_number", "ME"),
        ("aided_number", "A" * 25),
        *((kind, "") for kind in KINDS),
        *((kind, "<!channel>") for kind in KINDS),
    ],
)
def test_a_number_that_does_not_fit_is_refused_with_an_example(
    kind: str, text: str
) -> None:
    with pytest.raises(BadIdentifier) as refused:
        USUAL.parse(kind, text)
    assert DEFAULT_FORMATS[kind].example in refused.value.message
    assert refused.value.rule == "IDENTIFIER_FORMAT"


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("case_number", "1" * 6),
        ("case_number", "1" * 24),
        ("complaint_number", "2026-075-12345"),
        ("complaint_number", "2026-075-123456"),
        ("aided_number", "ME1"),
        ("aided_number", "A" * 24),
    ],
)
def test_the_shortest_and_the_longest_number_are_accepted(kind: str, text: str) -> None:
    assert USUAL.parse(kind, text) == text


def test_small_letters_and_spaces_are_forgiven() -> None:
    assert USUAL.parse("arrest_number", "  k26 612 345\n") == "K26612345"


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("arrest_number", "K\uff12\uff16\uff16\uff11\uff12\uff13\uff14\uff15"),
        ("complaint_number", "\uff12\uff10\uff12\uff16-075-001234"),
        (
            "case_number",
            "\u017f\u017f\u017f\u017f\u017f\u017f",
        ),  # its capital is a plain S
        ("aided_number", "stra\u00dfe"),  # its capitals are STRASSE
        ("aided_number", "\u0131\u0131\u0131\u0131"),
    ],
)
def test_letters_and_digits_of_other_alphabets_are_refused(
    kind: str, text: str
) -> None:
    with pytest.raises(BadIdentifier):
        USUAL.parse(kind, text)


@given(st.sampled_from(KINDS), st.text(max_size=30))
def test_a_parsed_number_parses_to_itself(kind: str, text: str) -> None:
    try:
        number = USUAL.parse(kind, text)
    except BadIdentifier:
        return
    assert USUAL.parse(kind, number) == number
    assert number.isascii()
    assert not set(number) & set(" \t\n<>&@*_`")


@given(st.sampled_from(KINDS), st.data())
def test_every_number_of_a_format_is_accepted(kind: str, data: st.DataObject) -> None:
    pattern = DEFAULT_FORMATS[kind].pattern
    number = data.draw(
        st.from_regex(pattern, fullmatch=True, alphabet=st.characters(codec="ascii"))
    )
    assert USUAL.parse(kind, number) == number


def test_another_department_configures_its_own_format() -> None:
    theirs = Identifiers({"case_number": Format("case number", r"CR\d{4}", "CR0001")})
    assert theirs.parse("case_number", "cr4711") == "CR4711"
    with pytest.raises(BadIdentifier, match="CR0001"):
        theirs.parse("case_number", "2026-075-001234")


def test_every_number_a_purpose_asks_for_has_a_format() -> None:
    wanted = {p.identifier for fields in PARTICULARS.values() for p in fields}
    assert wanted - {None} <= set(DEFAULT_FORMATS)


@given(st.integers(0, 9999), st.integers(0, 999_999))
def test_every_request_number_has_the_form_of_one(year: int, sequence: int) -> None:
    number = request_number(year, sequence)
    assert REQUEST_NUMBER.search(number) is not None
    assert number == f"FIS-{year:04d}-{sequence:06d}"


@given(st.sets(st.tuples(st.integers(1, 9999), st.integers(1, 2_000_000)), min_size=2))
def test_two_requests_never_share_a_number(places: set[tuple[int, int]]) -> None:
    assert len({request_number(*place) for place in places}) == len(places)


@pytest.mark.parametrize(
    "text",
    [
        "FIS-2026-000123\n",
        "FIS-\uff12\uff10\uff12\uff16-000123",
        "xFIS-2026-000123",
        "FIS-2026-0001234",
        "fis-2026-000123",
        "FIS-26-000123",
    ],
)
def test_what_is_not_exactly_a_request_number_is_none(text: str) -> None:
    assert REQUEST_NUMBER.search(text) is None

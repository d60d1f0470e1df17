"""Case, arrest and request numbers: parsed once, trusted afterwards."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.errors import Refusal

REQUEST_NUMBER = re.compile(r"\AFIS-[0-9]{4}-[0-9]{6}\Z")


class BadIdentifier(Refusal):
    rule = "IDENTIFIER_FORMAT"


@dataclass(frozen=True, slots=True)
class Format:
    """How one kind of number is written: ``pattern`` must match it whole."""

    name: str
    pattern: str
    example: str


# Policy 1.11. The department's real formats are configuration; these are the defaults.
DEFAULT_FORMATS: Mapping[str, Format] = {
    "case_number": Format("case number", r"[0-9A-Z/-]{6,24}", "2026-075-001234"),
    "complaint_number": Format(
        "complaint number", r"\d{4}-\d{3}-\d{5,6}", "2026-075-001234"
    ),
    "arrest_number": Format("arrest number", r"[BKMQS]\d{8}", "K26612345"),
    "aided_number": Format("aided or ME number", r"[0-9A-Z/-]{3,24}", "ME26-04711"),
}


@dataclass(frozen=True, slots=True)
class Identifiers:
    """The configured formats; refuses what does not fit and shows what would."""

    formats: Mapping[str, Format] = field(default_factory=lambda: DEFAULT_FORMATS)

    def parse(self, kind: str, text: str) -> str:
        """Return the number in capitals without spaces; raise BadIdentifier with a valid example."""
        wanted = self.formats[kind]
        written = "".join(text.split())
        number = written.upper()
        # Asked of what was written: some foreign letters have plain capitals (U+017F becomes S).
        if not written.isascii() or re.fullmatch(wanted.pattern, number) is None:
            raise BadIdentifier(
                f"This is not a valid {wanted.name}. A valid one looks like {wanted.example}."
            )
        return number


def request_number(year: int, sequence: int) -> str:
    """The public number of a request, for example FIS-2026-000123."""
    return f"FIS-{year:04d}-{sequence:06d}"

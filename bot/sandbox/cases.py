"""The people, channels and photographs of the local workspace; nobody in it exists."""

import csv
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from bot.sandbox.records import BOT_USER, Channel, User, WorkspaceSeed

PORTRAITS = Path(__file__).parent / "portraits"
MANIFEST = Path(__file__).parents[2] / "manifest.yml"

REQUESTS, EXAMINERS, SUPERVISORS = "C-REQUESTS", "C-EXAMINERS", "C-SUPERVISORS"
COMMANDERS = "C-COMMANDERS"

DANA, OMAR = "U-DANA", "U-OMAR"
ERIK, PRIYA, LENA, TOMAS = "U-ERIK", "U-PRIYA", "U-LENA", "U-TOMAS"
SAM, RUTH = "U-SAM", "U-RUTH"
MARA, JOON = "U-MARA", "U-JOON"
ADA = "U-ADA"
VIC = "U-VIC"

_CERTIFIED = date(2099, 12, 31)


@dataclass(frozen=True, slots=True)
class Part:
    """One person of the simulation."""

    account: str
    name: str
    title: str
    badge: str
    roles: tuple[str, ...]
    channels: tuple[str, ...]
    guest: bool = False
    office: str = ""


CAST = (
    Part(DANA, "Dana Ruiz", "Detective", "4711", ("requester",), (REQUESTS,)),
    Part(OMAR, "Omar Haddad", "Detective", "4822", ("requester",), (REQUESTS,)),
    Part(ERIK, "Erik Lund", "FIS examiner", "8101", ("examiner",), (EXAMINERS,)),
    Part(PRIYA, "Priya Nair", "FIS examiner", "8102", ("examiner",), (EXAMINERS,)),
    Part(LENA, "Lena Okafor", "FIS examiner", "8103", ("examiner",), (EXAMINERS,)),
    Part(TOMAS, "Tomas Vega", "FIS examiner", "8104", ("examiner",), (EXAMINERS,)),
    Part(
        SAM,
        "Sam Whitfield",
        "FIS supervisor",
        "9001",
        ("supervisor",),
        (SUPERVISORS, EXAMINERS),
    ),
    Part(
        RUTH,
        "Ruth Adeyemi",
        "FIS supervisor",
        "9002",
        ("supervisor",),
        (SUPERVISORS, EXAMINERS),
    ),
    Part(
        MARA,
        "Mara Castellano",
        "Chief of Detectives",
        "0101",
        ("commander",),
        (COMMANDERS,),
        office="chief_of_detectives",
    ),
    Part(
        JOON,
        "Joon Park",
        "Deputy Commissioner, Intelligence and Counterterrorism",
        "0102",
        ("commander",),
        (COMMANDERS,),
        office="deputy_commissioner",
    ),
    Part(ADA, "Ada Quist", "Auditor", "0901", ("auditor",), ()),
    Part(VIC, "Vic Outsider", "Guest", "0000", (), (REQUESTS,), guest=True),
)


def seed() -> WorkspaceSeed:
    """The workspace as it starts: four private channels and the bot in each."""
    return WorkspaceSeed(
        users=tuple(
            User(
                part.account,
                part.name.split()[0].lower(),
                part.name,
                part.title,
                is_restricted=part.guest,
            )
            for part in CAST
        ),
        channels=(
            _channel(REQUESTS, "fis-requests", "Requests to the FIS"),
            _channel(EXAMINERS, "fis-examiners", "Blind comparison"),
            _channel(SUPERVISORS, "fis-supervisors", "Rulings and alerts"),
            _channel(COMMANDERS, "fis-commanders", "Access to other repositories"),
        ),
    )


def _channel(id: str, name: str, topic: str) -> Channel:
    members = {part.account for part in CAST if id in part.channels} | {BOT_USER}
    return Channel(id, name, members, topic=topic)


def people() -> list[dict[str, Any]]:
    """The role map of the workspace."""
    return [
        {
            "person": part.badge,
            "slack_users": [part.account],
            "roles": list(part.roles),
            **({"certified_until": _CERTIFIED} if "examiner" in part.roles else {}),
            **({"office": part.office} if part.office else {}),
        }
        for part in CAST
    ]


DMV, HARBOR = "DMV photographs", "Harbor Agency photographs"
PEOPLE_MANIFEST, DMV_MANIFEST = PORTRAITS / "people.csv", PORTRAITS / "dmv.csv"
FURTHER_MANIFEST = PORTRAITS / "further.csv"
"""More photographs of some of the people of the standard repository."""

REPOSITORIES = f"""\
exceptional:
  - name: {DMV}
    legal_basis: Driver Privacy Protection Act, law enforcement use (18 USC 2721(b)(1))
    owner: State Department of Motor Vehicles
    contact: DMV Records Access Unit, on call at all hours
    data_sharing_basis: Records access agreement of 2024, one request at a time, logged by both sides
  - name: {HARBOR}
    legal_basis: Port security credentials regulation, identification of a person in a criminal case
    owner: Harbor Agency, Credentials Office
    contact: Harbor Agency duty captain
    data_sharing_basis: Memorandum of understanding of 2025, returned or destroyed within 30 days
"""
"""What the local workspace knows beside its arrest photographs; the agreements are made up."""


@dataclass(frozen=True, slots=True)
class Still:
    """A simulated camera still; who is on it is known here only, for the script and the tests:
    ``subject`` of the standard repository, ``dmv_subject`` of the DMV photographs."""

    path: Path
    kind: str
    subject: str | None
    dmv_subject: str | None


def stills(kind: str) -> list[Still]:
    with (PORTRAITS / "probes.csv").open(newline="") as file:
        return [
            Still(
                PORTRAITS / row["file"],
                row["kind"],
                row["subject_id"] or None,
                row["dmv_subject_id"] or None,
            )
            for row in csv.DictReader(file)
            if row["kind"] == kind
        ]

"""What a face may be searched for, and what it may never be searched for (policy 1.2, 1.6, 1.10)."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from bot.errors import Refusal


class ProhibitedUse(Refusal):
    """A use the policy forbids; ``rule`` is its code, for example P_CROWD."""


class NotAuthorizedPurpose(Refusal):
    rule = "NOT_AUTHORIZED_PURPOSE"


class Purpose(StrEnum):
    """The six purposes of Patrol Guide 212-129 (policy 1.2); a request carries exactly one."""

    A_CRIME = "A_CRIME"
    B_PERSON = "B_PERSON"
    C_DECEASED = "C_DECEASED"
    D_INCAPACITATED = "D_INCAPACITATED"
    E_ARRESTEE = "E_ARRESTEE"
    F_THREAT = "F_THREAT"


PURPOSES: Mapping[Purpose, str] = {
    Purpose.A_CRIME: "Person believed to have committed, or about to commit, a crime",
    Purpose.B_PERSON: "Missing person, crime victim or witness",
    Purpose.C_DECEASED: "Deceased person",
    Purpose.D_INCAPACITATED: "Person unable to identify themselves",
    Purpose.E_ARRESTEE: "Person under arrest without valid identification",
    Purpose.F_THREAT: "Imminent threat to health or public safety",
}


class OffenseCategory(StrEnum):
    """Policy 1.9: every category is counted, also those that are no crime."""

    MURDER = "MURDER"
    RAPE = "RAPE"
    SHOOTING = "SHOOTING"
    FELONY_ASSAULT = "FELONY_ASSAULT"
    ROBBERY = "ROBBERY"
    BURGLARY = "BURGLARY"
    GRAND_LARCENY = "GRAND_LARCENY"
    OTHER_FELONY = "OTHER_FELONY"
    MISDEMEANOR = "MISDEMEANOR"
    NONCRIMINAL_MISSING = "NONCRIMINAL_MISSING"
    NONCRIMINAL_VICTIM = "NONCRIMINAL_VICTIM"
    NONCRIMINAL_WITNESS = "NONCRIMINAL_WITNESS"
    NONCRIMINAL_DECEASED = "NONCRIMINAL_DECEASED"
    NONCRIMINAL_INCAPACITATED = "NONCRIMINAL_INCAPACITATED"
    NONCRIMINAL_ID = "NONCRIMINAL_ID"

    @property
    def is_crime(self) -> bool:
        return not self.value.startswith("NONCRIMINAL")

    @property
    def priority(self) -> int:
        """Order of searches, low first: the gravest before the rest (policy 7, A31)."""
        return 0 if self in ALWAYS_CHECKED_BLIND else 1 if self.is_crime else 2


ALWAYS_CHECKED_BLIND = frozenset(
    {OffenseCategory.MURDER, OffenseCategory.RAPE, OffenseCategory.SHOOTING}
)


@dataclass(frozen=True, slots=True)
class Particular:
    """One further fact a purpose needs; ``identifier`` names the number format it must have."""

    name: str
    label: str
    identifier: str | None = None
    choices: tuple[str, ...] = ()
    long: bool = False


WHEN_AND_WHERE = Particular("when_and_where", "Date, time and place of the crime")
# For the context check alone, after the blind part: never shown to whoever compares (policy 6.3, 16).
OFFENSE_DATE = Particular("offense_date", "Day of the offense")
DESCRIPTION = Particular("description", "Description of the person by witnesses")
DESCRIPTION_MAX = 1000

# Policy 1.2, the column of extra required fields.
PARTICULARS: Mapping[Purpose, tuple[Particular, ...]] = {
    Purpose.A_CRIME: (
        Particular("complaint_number", "Complaint number", "complaint_number"),
        WHEN_AND_WHERE,
    ),
    Purpose.B_PERSON: (
        Particular(
            "relation",
            "This person is a",
            choices=("missing person", "crime victim", "witness"),
        ),
    ),
    Purpose.C_DECEASED: (
        Particular("aided_number", "ME or aided number", "aided_number"),
    ),
    Purpose.D_INCAPACITATED: (
        Particular("aided_number", "Aided number", "aided_number"),
        Particular("treated_by", "Who is treating the person"),
    ),
    Purpose.E_ARRESTEE: (
        Particular("arrest_number", "Arrest number", "arrest_number"),
    ),
    Purpose.F_THREAT: (
        Particular("threat", "What the threat is, and why it is imminent", long=True),
    ),
}


class ProbeSource(StrEnum):
    """Where the still comes from."""

    BUSINESS_CAMERA = "BUSINESS_CAMERA"
    PRIVATE_CAMERA = "PRIVATE_CAMERA"
    WITNESS_PHONE = "WITNESS_PHONE"
    BODY_WORN_CAMERA = "BODY_WORN_CAMERA"
    ID_DOCUMENT = "ID_DOCUMENT"
    PHOTOGRAPH_OF_PERSON = "PHOTOGRAPH_OF_PERSON"
    OTHER = "OTHER"


PROBE_SOURCES: Mapping[ProbeSource, str] = {
    ProbeSource.BUSINESS_CAMERA: "Camera of a business (shop, bank, transit)",
    ProbeSource.PRIVATE_CAMERA: "Private or doorbell camera",
    ProbeSource.WITNESS_PHONE: "Phone of a victim or witness",
    ProbeSource.BODY_WORN_CAMERA: "Body-worn camera",
    ProbeSource.ID_DOCUMENT: "Identity document",
    ProbeSource.PHOTOGRAPH_OF_PERSON: "Photograph taken of the person by police",
    ProbeSource.OTHER: "Other (say which in the factual basis)",
}


# Policy 1.10: every point has to be true, or the still may not be searched.
BODY_WORN_CAMERA_CHECKLIST: Mapping[str, str] = {
    "still": "It is one still image, not video",
    "activated": "The officer's own camera recorded it",
    "witnessed": "The officer witnessed the crime",
    "escaped": "The suspect was not apprehended",
    "suspect": "The still shows that suspect",
    "numbered": "Offense and complaint number are entered above",
    "no_sweep": "No warrant check, and nobody stopped, nearby, protesting or complaining",
}


class Attestation(StrEnum):
    """What the requester has to state before anything is searched (policy 6.3, step 1)."""

    UNKNOWN_IDENTITY = "UNKNOWN_IDENTITY"
    LAWFULLY_OBTAINED = "LAWFULLY_OBTAINED"


ATTESTATIONS: Mapping[Attestation, str] = {
    Attestation.UNKNOWN_IDENTITY: "I do not know who this is, and other means have not told me",
    Attestation.LAWFULLY_OBTAINED: "The image was lawfully obtained in this investigation",
}

# Policy 1.6. The words complete "It shows or is" and "It is wanted".
PROHIBITED_IMAGES: Mapping[str, str] = {
    "P_CROWD": "People in a crowd, at a rally or a protest",
    "P_LIVE": "Live or recorded video, or one of a burst of frames",
    "P_CAMERA_NET": "The city camera network, or video that concerns no crime",
    "P_SKETCH": "A sketch or composite",
    "P_LOOKALIKE": "A celebrity or other look-alike of the person",
    "P_SYNTH": "Edited, generated, face-swapped or with pasted features",
}
PROHIBITED_USES: Mapping[str, str] = {
    "P_BWC_WARRANT": "To look for people with open warrants",
    "P_OTHER_DB": "To compare with DMV, social media or other photographs",
    "P_THIRD_PARTY": "For another agency or unit to run, or on its behalf",
    "P_PROTECTED": "Because of race, religion, politics or protected activity",
    "P_IMMIGRATION": "For civil immigration enforcement",
    "P_PERSONAL": "For personal interest or internal discipline",
    "P_UNCORROB_ARREST": "To arrest or charge on the result alone",
}
OVERSEEN = frozenset({"P_CROWD", "P_PROTECTED", "P_IMMIGRATION"})
"""Uses that touch what the law protects: an attempt is told to supervisors and auditors (T13, A24)."""
NONE_OF_THESE = "NONE"
FACTUAL_BASIS_MIN = 40


def prohibited(code: str) -> str:
    """What a code of policy 1.6 forbids, in words."""
    rules = {**PROHIBITED_IMAGES, **PROHIBITED_USES}
    return rules.get(code, "A use without a description")


def check_not_prohibited(declared: Iterable[str]) -> None:
    """Refuse the first code a requester declared that is not "none of these", known or not."""
    for code in declared:
        if code != NONE_OF_THESE:
            raise ProhibitedUse(
                f"{prohibited(code)}: this is a prohibited use of facial recognition (rule {code}). "
                "Nothing was searched. If you think this is wrong, ask the FIS supervisor.",
                rule=code,
            )


def check_body_worn_camera(
    source: ProbeSource, purpose: Purpose, confirmed: Set[str]
) -> None:
    """Refuse a body-worn-camera still unless the whole checklist of policy 1.10 is confirmed, and
    the purpose is the crime that the officer witnessed."""
    if source is not ProbeSource.BODY_WORN_CAMERA:
        return
    if purpose is not Purpose.A_CRIME:
        raise ProhibitedUse(
            "A still from a body-worn camera may be searched only for a crime that the officer "
            "witnessed (rule P_BWC_WARRANT). Choose that purpose and enter the complaint number.",
            rule="P_BWC_WARRANT",
        )
    missing = [
        text
        for point, text in BODY_WORN_CAMERA_CHECKLIST.items()
        if point not in confirmed
    ]
    if missing:
        raise ProhibitedUse(
            "A still from a body-worn camera may be searched only when the whole checklist is true "
            f"(rule P_BWC_WARRANT). Not confirmed: {'; '.join(missing)}.",
            rule="P_BWC_WARRANT",
        )


def check_statements(attested: Iterable[str], declared: Sequence[str]) -> None:
    """Refuse a request without both attestations, or without an answer on prohibited uses."""
    if not set(ATTESTATIONS) <= set(attested):
        raise Refusal(
            "Without both statements nothing may be searched.", rule="NOT_ATTESTED"
        )
    if not declared:
        raise Refusal(
            "Say whether any prohibited use applies, or that none does.",
            rule="NOT_DECLARED",
        )


def check_offense_allowed(
    category: OffenseCategory, whitelist: Set[OffenseCategory]
) -> None:
    """Refuse an offense that a configured whitelist leaves out; an empty one allows all (policy 2.4, R2)."""
    if whitelist and category not in whitelist:
        raise Refusal(
            f"This unit does not search for {words(category)} (rule OFFENSE_NOT_LISTED).",
            rule="OFFENSE_NOT_LISTED",
        )


def check_offense_day(particulars: Iterable[tuple[str, str]], today: date) -> None:
    """Refuse an offense on a day that has not come on the calendar of the unit; none given is allowed."""
    said = dict(particulars).get(OFFENSE_DATE.name)
    if said is not None and date.fromisoformat(said) > today:
        raise Refusal("This day has not come yet.", rule="IN_THE_FUTURE")


def words(category: OffenseCategory) -> str:
    """FELONY_ASSAULT as a person writes it: felony assault."""
    return (
        category.value.replace("NONCRIMINAL_", "non-criminal: ")
        .replace("_", " ")
        .lower()
    )

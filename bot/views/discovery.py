"""The words of a discovery bundle: what a prosecutor, a court and the defence read of a request."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from bot.domain.candidates import EXCLUSIONS, Conclusion, Exclusion
from bot.domain.components import COMPONENTS, Component
from bot.domain.context import ANSWERS, CHECKS, Answer, Check
from bot.domain.discovery import Withheld
from bot.domain.prints import Likeness
from bot.views.lead import LeadView
from bot.views.paper import CODE_POINTS, Paper
from bot.views.text import ZONE, counted, day, moment

Told = Mapping[str, Any]

WITHHELD: Mapping[str, str] = {
    Withheld.SEALED: "Withheld: the record of this arrest is sealed (CPL 160.50). Its photograph has been destroyed, and "
    "whom it showed is not disclosed.",
    Withheld.DESTROYED: "Withheld: these results were taken back and destroyed. That they existed, when, and who worked "
    "on them stays on record.",
    Withheld.UNDER_EXAMINATION: "Withheld for now: somebody may yet compare candidates without knowing what others "
    "concluded. Ask again when this request has ended.",
    Withheld.GROUNDS: "Withheld: what was put before the commander. It is on record under the SHA-256 given here.",
}
NOT_CAUSE = "NOT probable cause to arrest or to obtain an arrest or search warrant"
ABOUT = (
    "What the Facial Identification Section holds of these searches, also of those that found nobody or were refused: "
    "who asked, what was searched, whom the software listed, what each examiner decided and why, and what speaks against "
    "a lead. A possible match is not an identification and is " + NOT_CAUSE + "."
)
NEAREST = (
    "The software always lists the nearest photographs, whether or not the person is among them. A similarity is "
    "no probability."
)
NO_RATES = "No measured error rates of this model are on record in this installation (app.py evaluate)."
_LIKENESS: Mapping[str, str] = {
    Likeness.SAME_FILE: "the same file",
    Likeness.SAME_PICTURE: "the same picture",
    Likeness.SAME_FACE: "the same face in the same picture, edited",
    Likeness.TRIED_AGAIN: "perhaps the same picture, after an image had been held",
}
_FINDINGS = {
    "similar": "similar",
    "dissimilar_explained": "dissimilar, explained",
    "dissimilar_unexplained": "dissimilar, unexplained",
}
_OLD_DAYS = 5 * 365
_EVENT_MAX = 600
_SMALL = 128.0
"""Height of each picture on a lead sheet, in points: both stand on one page with the words."""


# --- what speaks against it


def weaknesses(told: Told, governed: Sequence[Told]) -> list[str]:
    """Everything on record that makes a result less than it seems, in sentences (policy 5.4, T1 to T3)."""
    return [
        NEAREST,
        *_of_image(told),
        *_of_searches(told, governed),
        *_of_opinions(told),
        *_of_lead(told),
    ]


def _of_image(told: Told) -> Iterator[str]:
    if (probe := told["probe"]) is not None:
        yield from (f"The image: {warning}" for warning in probe["warnings"])
        if probe["faces"] > 1:
            yield f"The image shows {probe['faces']} faces; somebody chose which one."
    if told["asked"]["source"] == "ID_DOCUMENT":
        yield "The image comes from an identity document, which may be false or another person's."
    for one in told["repeats"]:
        how = _LIKENESS[one["likeness"]]
        yield f"It was sent before, with request {one['earlier_id']} ({how})."
    if told["edits"]:
        yield f"The image was edited: {counted(len(told['edits']), 'edit')}, listed below."


def _of_searches(told: Told, governed: Sequence[Told]) -> Iterator[str]:
    searches = told["searches"]
    if len(searches) > 1:
        yield f"It was searched for {len(searches)} times."
    for search in searches:
        if search["on_edited_image"]:
            yield f"Search {search['id']} was made on an edited image, not on the original."
        if not search["exact"]:
            yield f"Search {search['id']} was approximate: it may have missed somebody nearer."
    if searches and not any("evaluation" in one["after"] for one in governed):
        yield NO_RATES


def _of_opinions(told: Told) -> Iterator[str]:
    seats = {one["seat"] for one in told["examinations"] if one["submitted_at"]}
    if "third" in seats:
        yield "Two examiners differed; a third one compared."
    for one in told["examinations"]:
        yield from _of_examination(one)
    named = sorted(_supported(told))
    if len(named) > 1:
        yield f"Examiners supported more than one candidate: {', '.join(named)}."


def _of_examination(one: Told) -> Iterator[str]:
    who = f"Examiner {one['examiner']}"
    analysis, override = one.get("analysis"), one.get("override")
    if analysis and analysis["usability"] in ("poor", "unusable"):
        yield f"{who} called the image {analysis['usability']} before seeing anybody."
    if override:
        warned = ", ".join(override["warned"])
        yield f"{who} went on although the image is warned about ({warned}): {override['reason'] or 'withheld'}"
    for decided in one.get("dispositions", ()):
        if decided["conclusion"] < Conclusion.SOME_SUPPORT_SAME:
            continue
        for component, finding in (decided.get("findings") or {}).items():
            if finding.startswith("dissimilar"):
                said = decided["explanation"]
                name = COMPONENTS[Component(component)]
                yield f"{who} saw candidate {decided['candidate']} differ in: {name} ({_FINDINGS[finding]}). {said}"


def _supported(told: Told) -> set[str]:
    return {
        decided["candidate"]
        for one in told["examinations"]
        for decided in one.get("dispositions", ())
        if decided["conclusion"] >= Conclusion.SOME_SUPPORT_SAME
    }


def _of_lead(told: Told) -> Iterator[str]:
    lead = told["lead"]
    if lead is None:
        return
    if lead["withheld"]:
        yield "A lead was released and taken back."
        return
    if lead["is_recalled"]:
        yield f"The lead was taken back: {told['reason'] or 'see the rulings'}"
    if not lead["are_the_words_released"]:
        yield "The words of the lead as they are made now are NOT those released: their digests differ."
    yield from _of_candidate(told, lead)
    yield from _of_context(told, lead["candidate_id"])
    if told["corroboration"] is None:
        yield "No independent evidence is on record."
    for one in told["reports"]:
        yield f"{_report(one)} {one['text'] or ''}".strip()


def _of_candidate(told: Told, lead: Told) -> Iterator[str]:
    listed = [
        (one, search)
        for search in told["searches"]
        for one in search["candidates"]
        if one["id"] == lead["candidate_id"]
    ]
    for one, search in listed:
        yield (
            f"The software ranked the person of the lead {one['rank']} of {len(search['candidates'])}. How near a stranger "
            f"comes to that similarity: {one['among_strangers']}."
        )
        if one["is_weak"]:
            yield f"It lies below {search['weak_below']:g} and is recorded as weak."
    yield from _of_age(told, lead)
    for one, _ in listed:
        if newer := one.get("newer_photograph_taken_on"):
            yield f"A newer photograph of that person, of {newer}, was not the one compared."
        if state := one.get("case_state"):
            yield f"The arrest behind the photograph is recorded as: {state}."


def _of_age(told: Told, lead: Told) -> Iterator[str]:
    if lead["taken_on"] is None:
        yield "It is not on record when the photograph of the lead was taken."
        return
    asked = datetime.fromisoformat(told["submitted_at"]).date()
    days = (asked - date.fromisoformat(lead["taken_on"])).days
    if days > _OLD_DAYS:
        yield f"The photograph of the lead was {days // 365} years old when the search was asked for."


def _of_context(told: Told, candidate: str) -> Iterator[str]:
    for check in told["context_checks"]:
        if check["candidate_id"] != candidate:
            continue
        for name, given in check["checks"].items():
            if given["answer"] != Answer.CONSISTENT:
                words = f"{CHECKS[Check(name)]}: {ANSWERS[Answer(given['answer'])]}"
                yield f"Background check, {words}. {given['note']}".rstrip()


def _report(one: Told) -> str:
    if one["kind"] == "wrong_person":
        return f"On {one['happened_on']} the lead was reported to be the wrong person."
    backed = "with" if one["corroborated"] else "WITHOUT"
    return f"On {one['happened_on']} an arrest was reported, {backed} independent evidence recorded before that day."


# --- the bundle


def bundle_pdf(
    bundle: Told, pictures: Mapping[str, Sequence[tuple[str, bytes]]], zone: str = ZONE
) -> bytes:
    """``pictures`` are, by request, captions and JPEGs: the still, its edits, the photograph of a lead."""
    made = _at(bundle["exported_at"], zone)
    at = datetime.fromisoformat(bundle["exported_at"])
    paper = Paper("Discovery bundle", f"{bundle['scope']} · exported {made}", at)
    paper.text(ABOUT, strong=True)
    paper.facts(
        [
            ("About", bundle["scope"]),
            ("Exported", f"{made}, by {bundle['exported_by']}"),
            ("Requests", ", ".join(one["request"] for one in bundle["requests"])),
            ("Audit log", _chain(bundle["audit_chain"])),
            ("Form of bundle.json", bundle["schema"]),
        ]
    )
    if bundle["problems"]:
        paper.heading("What is wrong with this bundle")
        paper.points(bundle["problems"])
    _refused(paper, bundle["refused_at_intake"], zone)
    _changes(paper, bundle["governed_changes"], zone)
    paper.text(CODE_POINTS, small=True)
    for one in bundle["requests"]:
        paper.page()
        _request(paper, one, pictures.get(one["request"], ()), zone)
    return paper.content()


def _chain(chain: Told) -> str:
    return (
        f"checked as a whole, from its first entry on: every digest fits. The last entry about this is number "
        f"{chain['last_entry']}, digest {chain['last_digest']}."
    )


def _refused(paper: Paper, refused: Sequence[Told], zone: str) -> None:
    if refused:
        paper.heading("Refused before there was a request")
        rows = [(_at(one["at"], zone), one["rule"], one["actor"]) for one in refused]
        paper.table(("When", "Rule", "Who asked"), rows, (0.4, 0.4, 0.2))


def _changes(paper: Paper, changes: Sequence[Told], zone: str) -> None:
    paper.heading("Model, threshold and error rates in force")
    paper.text(
        "Which model searched which gallery stands with each search. What follows was approved before the last of them."
    )
    if not changes:
        paper.text("No change of model or threshold is on record.")
    for one in changes:
        paper.heading(f"{one['id']}: {one['kind']} of {one['subject']}", 2)
        paper.facts(
            [
                ("Decided", f"{_at(one['decided_at'], zone)}, by {one['decided_by']}"),
                ("Why", one["why"]),
                *((name, _short(value)) for name, value in one["after"].items()),
            ]
        )


def _request(
    paper: Paper, told: Told, pictures: Sequence[tuple[str, bytes]], zone: str
) -> None:
    paper.heading(f"Request {told['request']}")
    if why := told.get("withheld"):
        paper.text(WITHHELD[why], strong=True)
    _asked(paper, told, zone)
    paper.heading("What speaks against a result", 2)
    paper.points(told["weaknesses"])
    for caption, jpeg in pictures:
        paper.picture(jpeg, caption)
    _image(paper, told, zone)
    for search in told["searches"]:
        _search(paper, told, search, zone)
    if not told["searches"]:
        paper.heading("Searches", 2)
        paper.text("No search was made.")
    for one in told["examinations"]:
        _examination(paper, one, zone)
    _components(paper, told)
    _context(paper, told, zone)
    _rulings(paper, told, zone)
    _authorizations(paper, told, zone)
    _lead(paper, told, zone)
    _events(paper, told, zone)


def _asked(paper: Paper, told: Told, zone: str) -> None:
    asked = told["asked"]
    paper.facts(
        [
            ("Case", asked["case_number"]),
            ("Offense", asked["category"]),
            ("Purpose", asked["purpose"]),
            *((name.replace("_", " "), text) for name, text in asked["particulars"]),
            ("Factual basis", asked["factual_basis"]),
            ("Source of the image", asked["source"]),
            ("Attested", ", ".join(asked["attested"])),
            ("Asked for by", f"{told['requester']}, {_at(told['submitted_at'], zone)}"),
            ("Stands at", f"{told['state']} (round {told['round']})"),
            ("Outcome", told["outcome"] or "none yet"),
            ("Told to the requester", told["no_match_answer"] or told["reason"]),
            ("Ended", _at(told["closed_at"], zone)),
        ]
    )


def _image(paper: Paper, told: Told, zone: str) -> None:
    if (probe := told["probe"]) is None:
        return
    paper.heading("The image", 2)
    paper.facts(
        [
            ("SHA-256", probe["sha256"]),
            ("File", f"{probe['file_name']}: {probe['format']}, {probe['size']} bytes"),
            ("Size", f"{probe['width']} x {probe['height']} pixels"),
            ("Stored", _at(probe["stored_at"], zone)),
            ("In this bundle", probe.get("file") or "not in this bundle"),
        ]
    )
    if probe["measures"]:
        rows = [
            (
                m["name"],
                _hundred(m),
                m["means"],
                m["raw"] + (" (rough)" if m["is_proxy"] else ""),
            )
            for m in probe["measures"]
        ]
        paper.table(
            ("Measure", "0 to 100", "", "Measured"), rows, (0.34, 0.12, 0.14, 0.4)
        )
    for one in told["edits"]:
        paper.heading(f"Edit {one['derivative']}: {one['words']}", 2)
        paper.facts(
            [
                ("Made", f"by {one['made_by']}, {_at(one['at'], zone)}"),
                ("Why", one["why"]),
                ("Made of (SHA-256)", one["parent_sha256"]),
                ("Result (SHA-256)", one["sha256"]),
                ("Tool", f"{one['tool']} {one['tool_version']}"),
                ("Searched", one["searched_why"] if one["searched_in_round"] else "no"),
                ("Made again for this bundle", one.get("repeated_now", "")),
                ("In this bundle", one.get("file") or "not in this bundle"),
            ]
        )


def _hundred(measure: Told) -> str:
    return "-" if measure["value"] is None else str(measure["value"])


def _search(paper: Paper, told: Told, search: Told, zone: str) -> None:
    paper.heading(f"Search {search['id']}", 2)
    model = search["model"]
    kind = "exact" if search["exact"] else "approximate"
    paper.facts(
        [
            (
                "Made",
                f"{_at(search['started_at'], zone)} to {_at(search['finished_at'], zone)}",
            ),
            ("Of (SHA-256)", search["probe_sha256"]),
            ("Model", f"{model['name']}, weights SHA-256 {model['weights_sha256']}"),
            (
                "Gallery",
                f"{search['repository']}, version {search['gallery_version']}, {search['gallery_size']} templates",
            ),
            ("Gallery's digest", search["gallery_digest"]),
            (
                "List",
                f"the nearest {search['list_length']}, {kind}; weak below {search['weak_below']:g}",
            ),
            ("Left out by rule", ", ".join(search["filters"])),
            ("How near strangers come", _calibration(search["calibration"])),
            ("Authorization", search["authorization_id"] or ""),
            ("Ended with no possible match", _at(search["concluded_at"], zone)),
            ("Results destroyed", _at(search["purged_at"], zone)),
        ]
    )
    if search["withheld"]:
        paper.text(WITHHELD[search["withheld"]], strong=True)
    elif not search["candidates"]:
        paper.text("It listed nobody.", strong=True)
    else:
        rows = [_candidate(one) for one in search["candidates"]]
        head = ("Rank", "Candidate", "Similarity", "Record", "Photograph")
        paper.table(head, rows, (0.07, 0.2, 0.25, 0.24, 0.24))


def _calibration(calibration: Sequence[Sequence[float]]) -> str:
    if not calibration:
        return "not known: the gallery is too small to tell"
    return "; ".join(
        f"the best of {share:.0%} of them reach {at:.3f}" for share, at in calibration
    )


def _candidate(one: Told) -> tuple[str, ...]:
    weak = ", weak" if one["is_weak"] else ""
    near = f"{one['similarity']:.4f}{weak}: {one['among_strangers']}"
    if one["withheld"]:
        return str(one["rank"]), one["id"], near, WITHHELD[one["withheld"]], ""
    newer = one["newer_photograph_taken_on"]
    taken = f"{one['photograph']}, taken {one['taken_on'] or 'not on record'}"
    return (
        str(one["rank"]),
        one["id"],
        near,
        f"subject {one['subject']}, arrest {one['arrest_number']} {one['case_state']}",
        taken + (f"; a newer one of {newer}" if newer else ""),
    )


def _examination(paper: Paper, one: Told, zone: str) -> None:
    paper.heading(
        f"Examination {one['id']}: {one['seat']} examiner, round {one['round']}", 2
    )
    analysis = one.get("analysis") or {}
    override = one.get("override") or {}
    paper.facts(
        [
            ("Examiner", one["examiner"] or "nobody yet"),
            (
                "Taken, submitted",
                f"{_at(one['taken_at'], zone)}; {_at(one['submitted_at'], zone) or 'not submitted'}",
            ),
            ("Given up", _at(one["left_at"], zone)),
            ("Of search", one["search_id"]),
            ("Seed of the order", one["seed"] or ""),
            ("The image alone", analysis.get("usability", "")),
            ("It is", analysis.get("depiction") or ""),
            ("Why it is not a photograph", analysis.get("objection") or ""),
            ("Visible in it", ", ".join(_names(analysis.get("visible", ())))),
            ("Marks in it", analysis.get("marks", "")),
            ("Went on in spite of", ", ".join(override.get("warned", ()))),
            ("Because", override.get("reason") or ""),
        ]
    )
    if one["withheld"]:
        paper.text(WITHHELD[one["withheld"]], strong=True)
    if rows := [_decided(decided) for decided in one.get("dispositions", ())]:
        paper.table(
            ("", "Candidate", "Conclusion", "Reason"), rows, (0.05, 0.2, 0.22, 0.53)
        )


def _names(components: Sequence[str]) -> list[str]:
    return [COMPONENTS[Component(one)] for one in components]


def _decided(one: Told) -> tuple[str, ...]:
    known = (one["letter"], one["candidate"], one["conclusion_words"])
    if one["withheld"]:
        return *known, WITHHELD[one["withheld"]]
    if one["exclusion"]:
        return *known, EXCLUSIONS[Exclusion(one["exclusion"])]
    lasted = f" ({one['seconds']} s)" if one["seconds"] is not None else ""
    explained = f"\nExplained: {one['explanation']}" if one["explanation"] else ""
    return *known, f"{one['reason']}{explained}{lasted}"


def _components(paper: Paper, told: Told) -> None:
    """What each examiner saw of each component, for the candidates whom anybody supported."""
    for candidate in sorted(_supported(told)):
        seen = [
            (one["seat"], decided["findings"])
            for one in told["examinations"]
            for decided in one.get("dispositions", ())
            if decided["candidate"] == candidate and decided.get("findings")
        ]
        if seen:
            paper.heading(f"Components of {candidate}", 2)
            rows = [
                (name, *(_finding(found.get(component)) for _, found in seen))
                for component, name in COMPONENTS.items()
            ]
            share = 0.65 / len(seen)
            heads = [f"{seat} examiner" for seat, _ in seen]
            paper.table(("Component", *heads), rows, (0.35, *[share] * len(seen)))


def _finding(found: str | None) -> str:
    return "not visible" if found is None else _FINDINGS[found]


def _context(paper: Paper, told: Told, zone: str) -> None:
    for check in told["context_checks"]:
        paper.heading(
            f"Background check of {check['candidate_id']}, round {check['round']}", 2
        )
        paper.text(
            f"By {check['examiner']}, {_at(check['at'], zone)}, after the comparison."
        )
        rows = [
            (CHECKS[Check(name)], ANSWERS[Answer(given["answer"])], given["note"])
            for name, given in check["checks"].items()
        ]
        paper.table(("Fact", "Answer", "Note"), rows, (0.36, 0.24, 0.4))


def _rulings(paper: Paper, told: Told, zone: str) -> None:
    rows = [
        (
            _at(one["at"], zone),
            one["supervisor"],
            one["ruling"].replace("_", " "),
            _reason(one),
        )
        for one in told["rulings"]
    ] + [
        (
            _at(one["at"], zone),
            one["by"],
            f"examination {one['examination_id']} taken from {one['person']}",
            _reason(one),
        )
        for one in told["hand_backs"]
    ]
    if rows:
        paper.heading("Rulings and changes of hands", 2)
        paper.table(("When", "Who", "What", "Why"), rows, (0.2, 0.1, 0.25, 0.45))


def _reason(one: Told) -> str:
    return WITHHELD[Withheld.DESTROYED] if one["reason"] is None else str(one["reason"])


def _authorizations(paper: Paper, told: Told, zone: str) -> None:
    for one in told["authorizations"]:
        paper.heading(f"Authorization {one['id']}: {one['repository']}", 2)
        grounds = one["grounds"]
        paper.facts(
            [
                ("State", one["state"]),
                ("Asked by", f"{one['asked_by']}, {_at(one['asked_at'], zone)}"),
                (
                    "Decided by",
                    f"{one['decided_by'] or 'nobody'} {one['decided_title']} {_at(one['decided_at'], zone)}",
                ),
                (
                    "Reason",
                    WITHHELD[Withheld.DESTROYED] if one["withheld"] else one["reason"],
                ),
                ("Until", _at(one["expires_at"], zone)),
                ("Ended", f"{_at(one['ended_at'], zone)} {one['end_reason']}".strip()),
                ("Legal basis", grounds["legal_basis"]),
                ("Basis of sharing", grounds["data_sharing_basis"]),
                ("Command", grounds["command"]),
                (
                    "Grounds",
                    f"{WITHHELD[grounds['withheld']]} {grounds['withheld_sha256']}",
                ),
            ]
        )


def _lead(paper: Paper, told: Told, zone: str) -> None:
    if (lead := told["lead"]) is None:
        return
    paper.heading("The lead", 2)
    if lead["withheld"]:
        paper.text(WITHHELD[lead["withheld"]], strong=True)
        paper.facts(
            [
                ("Released", _at(lead["released_at"], zone)),
                ("SHA-256 of its words", lead["text_sha256"] or ""),
                ("Told to the requester", lead["taken_back"]),
            ]
        )
        return
    is_same = "yes" if lead["are_the_words_released"] else "NO"
    paper.facts(
        [
            ("Released", f"{_at(lead['released_at'], zone)}, by {lead['supervisor']}"),
            ("Acknowledged", _at(lead["acknowledged_at"], zone) or "not yet"),
            (
                "Candidate",
                f"{lead['candidate_id']}, arrest {lead['arrest_number']}, taken {lead['taken_on'] or 'not on record'}",
            ),
            ("SHA-256 of its words", lead["words_sha256"]),
            ("As in the audit log", is_same),
            ("In this bundle", ", ".join(lead.get("files", ()))),
        ]
    )
    paper.text(lead["words"])
    if evidence := told["corroboration"]:
        paper.facts(
            [
                (
                    "Independent evidence",
                    f"{evidence['evidence']}, {evidence['obtained_on']}: {evidence['text']}",
                )
            ]
        )
    for one in told["reports"]:
        paper.text(f"{_report(one)} {one['text'] or WITHHELD[Withheld.DESTROYED]}")


def _events(paper: Paper, told: Told, zone: str) -> None:
    paper.heading("Audit log", 2)
    rows = [
        (
            str(one["sequence"]),
            _at(one["at"], zone),
            one["actor"],
            one["verb"],
            _facts(one),
        )
        for one in told["events"]
    ]
    paper.table(
        ("No.", "When", "Who", "What", "Facts"), rows, (0.06, 0.16, 0.08, 0.22, 0.48)
    )


def _facts(event: Told) -> str:
    known = "; ".join(
        f"{name}: {_short(value)}" for name, value in event["facts"].items()
    )
    left_out = ", ".join(event["withheld"])
    whole = f"{known} [withheld: {left_out}]" if left_out else known
    if len(whole) > _EVENT_MAX:
        return f"{whole[:_EVENT_MAX]} … (whole in bundle.json)"
    return whole


def _short(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{n}: {_short(one)}" for n, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return ", ".join(map(_short, value))
    return "-" if value is None else str(value)


def _at(text: str | None, zone: str) -> str:
    return moment(datetime.fromisoformat(text), zone) if text else ""


# --- the lead sheet


def lead_sheet_pdf(
    told: Told,
    lead: LeadView,
    still: bytes | None,
    photograph: bytes | None,
    zone: str = ZONE,
) -> bytes:
    """The released words as they are, the one photograph, and the still (policy 1.5): no score, no rank,
    nobody else."""
    about = told["lead"]
    foot = f"Request {told['request']} · not probable cause"
    paper = Paper("Lead sheet", foot, lead.released_at)
    if about["are_the_words_released"]:
        paper.text(
            f"These are the words released; SHA-256 {about['words_sha256']}, as in the audit log. The same words stand "
            "in lead-sheet.txt.",
            small=True,
        )
    else:
        paper.text(
            f"THESE ARE NOT THE WORDS RELEASED. Their SHA-256 is {about['words_sha256']}, that in the audit log "
            f"{about['recorded_sha256']}.",
            strong=True,
        )
    if about["is_recalled"]:
        paper.text("THIS LEAD WAS TAKEN BACK. Nothing may be done on it.", strong=True)
    facts, *paragraphs = about["words"].split("\n\n")
    paper.facts([_pair(line) for line in facts.split("\n")])
    for number, paragraph in enumerate(paragraphs):
        paper.text(paragraph, strong=number == 0)
    record = "Arrest number" if lead.exceptional is None else "Record number"
    taken = day(lead.capture_date) if lead.capture_date else "not on record"
    paper.facts([(record, lead.arrest_number), ("Photograph taken", taken)])
    if photograph is not None:
        paper.picture(photograph, "Photograph on record", height=_SMALL)
    if still is not None:
        paper.picture(still, "Image that was sent", height=_SMALL)
    if lead.acknowledged_at is not None:
        paper.text(f"Acknowledged on {moment(lead.acknowledged_at, zone)}.")
    paper.text(CODE_POINTS, small=True)
    return paper.content()


def _pair(line: str) -> tuple[str, str]:
    name, _, value = line.partition(": ")
    return name, value

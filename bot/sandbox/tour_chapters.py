"""What the guided tour walks through: a match, no match, a repetition, an edit, a refusal, an exception, a threat."""

from bot.sandbox import cases
from bot.sandbox.tour import Chapter, Sign, Step, direct
from bot.views.ids import CommandName, ViewId

_COMPARISON = "Comparison for {number}"
_CONTEXT = "Context check of {number}"
_SUBMITTED = "Submitted by"
_FORM = "The rest as in the first case, then [Send request]."


def _command(case_number: str) -> str:
    return f"{CommandName.FIS_REQUEST} {case_number}"


_MATCH_CASE = "2026-075-001234"
MATCH = Chapter(
    "A possible match",
    "A shop was robbed; its camera has a face. Four people, and nobody alone, make a lead of it.",
    cases.DANA,
    _MATCH_CASE,
    (
        Step(
            "match-form",
            "Dana opens the form",
            cases.DANA,
            cases.REQUESTS,
            (f"Send `{_command(_MATCH_CASE)}` as a message.",),
            "A search belongs to a case. Only detectives who are full members of this private channel "
            "may ask for one.",
            "policy 6.3",
            Sign(form=ViewId.INTAKE),
            types=_command(_MATCH_CASE),
        ),
        Step(
            "match-sent",
            "Dana states the facts and sends a still",
            cases.DANA,
            cases.REQUESTS,
            (
                "[Offense category]: choose [Robbery].",
                "[Purpose]: choose [Person believed to have committed, or about to commit, a crime]. "
                f"Then [Complaint number]: `{_MATCH_CASE}`, and when and where it was.",
                "[Factual basis]: what happened, in 40 characters or more.",
                "[Where the image comes from]: choose [Camera of a business (shop, bank, transit)].",
                "[Image]: take the sample still mated-1.jpg.",
                "Tick both statements, twice [None of these], and press [Send request].",
            ),
            "There are six authorized purposes and no other. The person must be unknown, the image "
            "lawfully obtained, and both are stated with a name.",
            "policy 1.2",
            Sign(("*{number}*",)),
        ),
        Step(
            "match-taken",
            "Erik takes the comparison",
            cases.ERIK,
            cases.EXAMINERS,
            (
                "Wait a moment for the card [Comparison for] your request, and press [Take].",
                "Open its thread: the probe, and nobody else yet.",
            ),
            "Software proposes, a trained examiner compares. Names, scores and the facts of the case "
            "stay hidden, because they bend what the eye sees.",
            "policy 3.5",
            Sign((_COMPARISON, "Taken by")),
        ),
        Step(
            "match-analysed",
            "Erik analyses the probe alone",
            cases.ERIK,
            cases.EXAMINERS,
            (
                "On the card press [Analyse the probe…].",
                "Choose what holds of [This is an unmanipulated photograph of a real person, and its usability is], "
                "choose [What can be seen], describe [Distinctive marks], and press [Save for good].",
                "Wait a moment: now the candidates come, in no order.",
            ),
            "Whoever has seen a candidate finds features in a blurred probe that are not there. So what "
            "can be seen is written down, and frozen, before.",
            "policy 3.3",
            Sign((_COMPARISON, "*Candidate A*")),
        ),
        Step(
            "match-compared",
            "Erik compares one candidate",
            cases.ERIK,
            cases.EXAMINERS,
            (
                "Find the person of the probe and press [Compare…].",
                "Compare the components one by one, or tick "
                "[Every component my analysis calls visible and I leave open is similar].",
                "Choose [+2  Strong support for same person], write what agrees and what differs into "
                "[Reasons], and press [Save].",
            ),
            "The scale knows support, never certainty, and every conclusion has its reasons, the "
            "differences among them.",
            "policy 3.4",
            Sign((_COMPARISON, "support for same person")),
        ),
        Step(
            "match-submitted",
            "Erik decides about all and submits",
            cases.ERIK,
            cases.EXAMINERS,
            (
                "Press [Exclude] for every other candidate.",
                "On the card in the channel press [Submit], read the summary, say in [Why the image carries "
                "what you propose] what can be seen in so small a face, and press [Submit] again.",
            ),
            "Nobody stops at the first likeness: every candidate needs a decision.",
            "policy 6.3",
            Sign((_COMPARISON, _SUBMITTED)),
        ),
        Step(
            "match-peer",
            "Priya compares blind",
            cases.PRIYA,
            cases.EXAMINERS,
            (
                "A second card has appeared. Press [Take] and [Analyse the probe…]: other letters, another order.",
                "Compare the person of the probe, exclude the others, [Submit] with a reason of your own.",
                "Try [Take] as Erik before: he is told why not.",
            ),
            "Two people must come to the same conclusion, and the second must not know the first one's.",
            "policy 6.3",
            Sign((_COMPARISON, _SUBMITTED), count=2),
        ),
        Step(
            "match-context",
            "Erik holds what is known against the request",
            cases.ERIK,
            direct(cases.ERIK),
            (
                "If Erik and Priya differ, a third card appears first, and Lena or Tomas compares blind, too.",
                "The bot has written to Erik directly: press [Check the context…] there. Now he reads whom "
                "they found.",
                "Choose [Consistent] or [Unknown] for every point. What the record holds against the "
                "candidate has to be explained in its [Note]. Press [Save].",
            ),
            "Blind first, and only then the facts: sex, age, height, custody. A man eight inches too tall "
            "was once arrested because nobody asked. What nobody can explain is never released.",
            "policy 6.3",
            Sign((_CONTEXT, "nothing left to do")),
        ),
        Step(
            "match-released",
            "Sam releases the lead",
            cases.SAM,
            cases.SUPERVISORS,
            (
                "Press [Open review] and read the opinions, and what the context check came to.",
                "Choose the candidate and [Release the candidate chosen above as a lead], give a "
                "[Reason], and press [Record ruling].",
            ),
            "Nothing leaves the section without a supervisor who examined none of it.",
            "policy 6.3",
            Sign(("Review of {number}", "Released as a lead")),
        ),
        Step(
            "match-acknowledged",
            "Dana acknowledges what a lead is",
            cases.DANA,
            direct(cases.DANA),
            ("Read the card of your request to its end, and press [I acknowledge].",),
            "A possible match is not an identification and not probable cause to arrest. The photograph "
            "opens only to who has acknowledged that.",
            "policy 1.5",
            Sign(("Request {number}", "You acknowledged this")),
        ),
        Step(
            "match-corroborated",
            "Dana records independent evidence",
            cases.DANA,
            direct(cases.DANA),
            (
                "Press [Record independent evidence…]: choose the [Kind of evidence] and the day under "
                "[Obtained on], and write in 30 characters or more what it is.",
                "Tick what [You attest], and press [Record].",
            ),
            "A lead alone is not for a photo array. What links the person to the case has to come from "
            "somewhere else, before any array, and never from another face search.",
            "policy 6.3",
            Sign(("Request {number}", "Array-ready")),
        ),
    ),
)

_NO_MATCH_CASE = "2026-040-000777"
NO_MATCH = Chapter(
    "No possible match",
    "Three of four searches end like this. It is an answer, and a recorded one.",
    cases.OMAR,
    _NO_MATCH_CASE,
    (
        Step(
            "none-sent",
            "Omar sends a still of a shooting",
            cases.OMAR,
            cases.REQUESTS,
            (
                f"Send `{_command(_NO_MATCH_CASE)}`.",
                "[Offense category]: choose [Shooting].",
                "[Image]: take the sample still stranger-1.jpg.",
                _FORM,
            ),
            "The gravest crimes are searched for first, by the same rules as all others.",
            "policy 7, A31",
            Sign(("*{number}*",)),
            types=_command(_NO_MATCH_CASE),
        ),
        Step(
            "none-first",
            "Erik finds nobody",
            cases.ERIK,
            cases.EXAMINERS,
            (
                "Press [Take] on the new card, [Analyse the probe…], and [Exclude] every candidate.",
                "Press [Submit], twice.",
            ),
            "The list always holds the nearest faces, also when the person is not in it. To support "
            "nobody is the usual outcome.",
            "policy 6.3",
            Sign((_COMPARISON, _SUBMITTED)),
        ),
        Step(
            "none-second",
            "Priya looks again, blind",
            cases.PRIYA,
            cases.EXAMINERS,
            ("Do the same on the second card. Nothing on it says what Erik found.",),
            "After a murder, a rape or a shooting a second examiner always looks, and elsewhere by lot: "
            "so nobody can tell whether the first found somebody.",
            "policy 6.3",
            Sign((_COMPARISON, _SUBMITTED), count=2),
        ),
        Step(
            "none-closed",
            "Ruth closes it",
            cases.RUTH,
            cases.SUPERVISORS,
            (
                "Press [Open review], choose [Close as no possible match], give a [Reason], and press "
                "[Record ruling].",
                "As Omar, read the answer in the direct messages.",
            ),
            "The requester always reads the same words, with what they do not mean: that the person is "
            "not in the gallery.",
            "policy 1.5",
            Sign(("Review of {number}", "Closed as no possible match")),
        ),
    ),
)

_REPEATED_CASE = "2026-040-000778"
REPEAT = Chapter(
    "The same still once more",
    "Goes on after “No possible match”. An image is not searched again until somebody is found.",
    cases.DANA,
    _REPEATED_CASE,
    (
        Step(
            "repeat-sent",
            "Dana sends the same still under another case number",
            cases.DANA,
            cases.REQUESTS,
            (
                f"Send `{_command(_REPEATED_CASE)}`.",
                "[Image]: take the sample still stranger-1.jpg.",
                _FORM,
                "Read the card in the direct messages: the request is held.",
            ),
            "The image is known by what it shows, cropped or darker, too. Nothing is searched until a "
            "supervisor has decided.",
            "policy 7, A21",
            Sign(("*{number}*",)),
            types=_command(_REPEATED_CASE),
        ),
        Step(
            "repeat-refused",
            "Ruth finds no new facts",
            cases.RUTH,
            cases.SUPERVISORS,
            (
                "On the card [Repeated probe in] the request read who had the image before, and press "
                "[Refuse…].",
                "Give a [Reason] of 20 characters or more and press [Refuse].",
            ),
            "To search again takes facts that were not known before, in a supervisor's own words.",
            "policy 7, A21",
            Sign(("Repeated probe in {number}", "*Refused* by")),
        ),
    ),
)

_DARK_CASE = "2026-040-000780"
EDIT = Chapter(
    "A still that is too dark",
    "A still may be brightened, turned or cropped. Every edit is kept and can be made again.",
    cases.OMAR,
    _DARK_CASE,
    (
        Step(
            "edit-sent",
            "Omar sends a still out of the dark",
            cases.OMAR,
            cases.REQUESTS,
            (
                f"Send `{_command(_DARK_CASE)}`.",
                "[Image]: take the sample still dark-1.jpg.",
                _FORM,
            ),
            "A poor still is warned about and searched all the same; whether it carries a conclusion is "
            "for examiners to say.",
            "policy 3.7",
            Sign(("*{number}*",)),
            types=_command(_DARK_CASE),
        ),
        Step(
            "edit-taken",
            "Erik takes the comparison",
            cases.ERIK,
            cases.EXAMINERS,
            ("Press [Take]. Do not analyse the probe yet.",),
            "Only before any candidate is open may an edit be searched. Afterwards it would be searching "
            "until somebody fits.",
            "policy 7, A21",
            Sign((_COMPARISON, "Taken by")),
        ),
        Step(
            "edit-kept",
            "Erik brightens it, looks, and keeps it",
            cases.ERIK,
            cases.EXAMINERS,
            (
                "Press [Edits of the still…]. Under [Edit] choose [Exposure]; write 2 into "
                "[Stops, brighter or darker] and press [Preview]. Wait a moment for the picture; try other "
                "numbers in the same way.",
                "Say [Why], press [Keep], and press [Edits of the still…] again: there it stands, with its "
                "numbers and hash.",
            ),
            "Ten kinds of edits are allowed, and only what was looked at is kept. The original stays as it "
            "is; nothing that the camera did not see is made up.",
            "policy 1.7",
            Sign(("{number}", "*Edit 1*"), form=ViewId.EDIT_STILL),
        ),
        Step(
            "edit-searched",
            "Erik has it searched once more",
            cases.ERIK,
            cases.EXAMINERS,
            (
                "In the form press [Search on an edit…], say [Why], and press [Search].",
                "A second card appears. The first list stays on record, and nobody compares it.",
            ),
            "One search on an edit, with a list as long as before. Whoever searches with every variant "
            "finds somebody in the end.",
            "policy 7, A21",
            Sign((_COMPARISON,), count=2),
        ),
        Step(
            "edit-compared",
            "Erik compares with the original beside it",
            cases.ERIK,
            cases.EXAMINERS,
            (
                "On the new card press [Take] and [Analyse the probe…]: in the thread each picture shows "
                "the edit, the original and the candidate.",
                "Compare the person of the probe, [Exclude] the others, [Submit] with a reason.",
            ),
            "An edit may help to find somebody. What is compared is the original.",
            "policy 1.7",
            Sign((_COMPARISON, _SUBMITTED)),
        ),
        Step(
            "edit-peer",
            "Priya compares blind",
            cases.PRIYA,
            cases.EXAMINERS,
            (
                "The same on the third card. [Edits of the still…] tells her what was done, not why nor by "
                "whom.",
            ),
            "The second examiner must know that pixels were changed, and nothing of what the first one "
            "thinks.",
            "policy 6.5",
            Sign((_COMPARISON, _SUBMITTED), count=2),
        ),
        Step(
            "edit-released",
            "Sam releases what came out the same again",
            cases.SAM,
            cases.SUPERVISORS,
            (
                "Before that, as Erik, [Check the context…] as in the first case.",
                "Press [Open review]: the edits stand there, and while you read, each is made again from "
                "the original.",
                "Choose the candidate, release it with a [Reason], and press [Record ruling].",
            ),
            "If one pixel comes out otherwise, or a link is missing, nothing is released.",
            "policy 6.3",
            Sign(("Review of {number}", "Released as a lead")),
        ),
    ),
)

_REFUSED_CASE = "2026-075-001235"
REFUSAL = Chapter(
    "A refusal",
    "Some uses are forbidden, whoever asks. The bot names the rule, and nothing is searched.",
    cases.DANA,
    _REFUSED_CASE,
    (
        Step(
            "refused-form",
            "Dana opens the form again",
            cases.DANA,
            cases.REQUESTS,
            (f"Send `{_command(_REFUSED_CASE)}`.",),
            "Every image is a new request with its own purpose and its own answers.",
            "policy 6.3",
            Sign(form=ViewId.INTAKE),
            types=_command(_REFUSED_CASE),
        ),
        Step(
            "refused-crowd",
            "Dana asks about a face in a crowd",
            cases.DANA,
            cases.REQUESTS,
            (
                "[Does the image show, or is it, any of these?]: tick [People in a crowd, at a rally or "
                "a protest] and not [None of these]. Take any sample still.",
                _FORM,
                "Read the note that only you can see.",
            ),
            "Facial recognition never watches crowds or rallies. The attempt stands in the record under "
            "the name of the rule.",
            "policy 1.6",
            Sign(("rule P_CROWD",)),
        ),
        Step(
            "refused-guest",
            "A guest asks",
            cases.VIC,
            cases.REQUESTS,
            (f"Send `{CommandName.FIS_REQUEST}`, and read the note.",),
            "Guests, strangers and deactivated accounts are refused at every click, even inside the "
            "channel.",
            "policy 7, A5",
            Sign(("guest",)),
            types=CommandName.FIS_REQUEST,
        ),
    ),
)

EXCEPTION = Chapter(
    "Another repository, by a commander's authorization",
    "Goes on with the request of “No possible match”. One search of one other collection, by one of "
    "two offices.",
    cases.OMAR,
    _NO_MATCH_CASE,
    (
        Step(
            "exception-asked",
            "Omar asks, and gives his grounds",
            cases.OMAR,
            direct(cases.OMAR),
            (
                "On the card of the request press [Ask for another repository…].",
                f"[Repository]: choose {cases.DMV}. Fill in [Legitimate need], [Why arrest photographs "
                "do not suffice], [Why this repository], [Legal basis], [Basis of data sharing] and "
                "[Command that asks].",
                "Press [Ask].",
            ),
            "The arrest photographs come first. Another collection holds people who were never "
            "arrested, so the need is put in writing, for one repository.",
            "policy 6.4",
            Sign(("Request {number}", f"*Another repository:* {cases.DMV}")),
        ),
        Step(
            "exception-decided",
            "Mara decides",
            cases.MARA,
            cases.COMMANDERS,
            (
                "Press [Decide…] on the card; Joon, the other commander, sees the same one.",
                "Choose [Grant one search of this repository] and type "
                f"`{_NO_MATCH_CASE}` into [Case number, typed by you]. A wrong one is refused: try it.",
                "Give a [Reason] of 20 characters or more and press [Record decision].",
            ),
            "Only the Chief of Detectives or the Deputy Commissioner may, with no delegates. The typed "
            "number keeps them from granting the wrong case out of habit.",
            "policy 6.4",
            Sign(("Authorization for {number}", "Granted by")),
        ),
        Step(
            "exception-started",
            "Lena starts the one search",
            cases.LENA,
            cases.EXAMINERS,
            (
                "On the card [Authorized search for] the request press [Start the search], and confirm "
                "with [Start].",
            ),
            "A grant is used up by one search, whatever it finds, and it expires. The examiner reads "
            "what may be searched, and nothing of the case.",
            "policy 6.4",
            Sign(("Authorized search for {number}", "one search has been")),
        ),
        Step(
            "exception-first",
            "Lena compares",
            cases.LENA,
            cases.EXAMINERS,
            (
                "[Take] the new comparison, marked as exceptional, and [Analyse the probe…]. "
                "[Compare…] the person of the probe, "
                "[Exclude] the others, [Submit].",
            ),
            "The same care as always, and every card says that this was another repository, and by "
            "whose authority.",
            "policy 6.4",
            Sign((_COMPARISON, cases.DMV, _SUBMITTED)),
        ),
        Step(
            "exception-second",
            "Tomas compares blind",
            cases.TOMAS,
            cases.EXAMINERS,
            ("The same on the second card.",),
            "An authorization shortens nothing: two examiners, blind to each other, and a supervisor.",
            "policy 6.3",
            Sign((_COMPARISON, cases.DMV, _SUBMITTED), count=2),
        ),
        Step(
            "exception-context",
            "Lena checks the context",
            cases.LENA,
            direct(cases.LENA),
            (
                "The bot has written to Lena directly: press [Check the context…] there, answer every point, "
                "and press [Save].",
            ),
            "Whoever compared first looks at the facts, too: nobody else has to learn them.",
            "policy 6.3",
            Sign((_CONTEXT, "nothing left to do")),
        ),
        Step(
            "exception-released",
            "Ruth releases",
            cases.RUTH,
            cases.SUPERVISORS,
            (
                "[Open review], choose the candidate and [Release the candidate chosen above as a "
                "lead], give a [Reason], [Record ruling].",
            ),
            "Until then a commander or a supervisor can revoke: the search stops, and what it found is "
            "destroyed.",
            "policy 6.4",
            Sign(("Review of {number}", cases.DMV, "Released as a lead")),
        ),
        Step(
            "exception-acknowledged",
            "Omar acknowledges the lead",
            cases.OMAR,
            direct(cases.OMAR),
            ("Read who authorized it and why, and press [I acknowledge].",),
            "The lead carries its origin wherever it goes: a defendant may ask how the name came up.",
            "policy 1.5",
            Sign(("Request {number}", "EXCEPTIONAL REPOSITORY", "You acknowledged")),
        ),
    ),
)

_THREAT_CASE = "2026-001-000911"
THREAT = Chapter(
    "An imminent threat",
    "Purpose F lets a search start on a supervisor's button. The paper follows within a day, or what "
    "was found is destroyed.",
    cases.DANA,
    _THREAT_CASE,
    (
        Step(
            "threat-sent",
            "Dana asks because of a threat",
            cases.DANA,
            cases.REQUESTS,
            (
                f"Send `{_command(_THREAT_CASE)}`.",
                "[Purpose]: choose [Imminent threat to health or public safety], and say in [What the "
                "threat is, and why it is imminent] what it is.",
                "[Image]: take the sample still mated-2.jpg.",
                _FORM,
            ),
            "Speed is allowed where lives are at stake, and only there. The emergency is a purpose to "
            "be stated, not a way around the rules.",
            "policy 1.2",
            Sign(("*{number}*",)),
            types=_command(_THREAT_CASE),
        ),
        Step(
            "threat-started",
            "Sam starts the search",
            cases.SAM,
            cases.SUPERVISORS,
            ("Read the threat. Press [Start the search], and confirm with [Start].",),
            "A supervisor answers for it by name before anything is searched; never the one who asks.",
            "policy 7, A34",
            Sign(("Sign-off for {number}", "Search started")),
        ),
        Step(
            "threat-written",
            "Sam signs in writing",
            cases.SAM,
            cases.SUPERVISORS,
            (
                "Press [Write the sign-off…], say why the threat was imminent, and press [Sign].",
                "Examiners then compare as in every case.",
            ),
            "Without it within 24 hours the request is held and what was found is destroyed.",
            "policy 6.3",
            Sign(("Sign-off for {number}", "Signed off in writing")),
        ),
    ),
)

CHAPTERS = (MATCH, NO_MATCH, REPEAT, EDIT, REFUSAL, EXCEPTION, THREAT)

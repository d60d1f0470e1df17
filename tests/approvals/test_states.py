"""The guard of the state machine, asked directly: no service does anything in a state that is not its own."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import pytest

from bot.approvals import (
    analyses,
    examinations,
    reassignments,
    recalls,
    releases,
    repeats,
    signoffs,
)
from bot.casework import intake, probes
from bot.domain.actors import Actor, Role
from bot.domain.analyses import Depiction
from bot.domain.candidates import Exclusion, exclude
from bot.domain.examinations import Seat, summary_version
from bot.domain.leads import Ruling
from bot.domain.requests import FaceRequest
from bot.domain.workflow import WITH_LEAD, State
from bot.errors import Refusal
from storage.database import Database
from tests.approvals.cases import THEA, Progress, a_case, examination_id
from tests.builders import (
    DETECTIVE,
    EXAMINER,
    NOON,
    PEER,
    SUPERVISOR,
    an_actor,
    an_analysis,
)

Do = Callable[[Database, int, FaceRequest], Awaitable[object]]


@dataclass(frozen=True)
class Act:
    """What somebody does, where it is possible, and how far the examinations have to be for it."""

    do: Do
    states: set[State]
    first: Progress = Progress.DONE
    peer: Progress = Progress.DONE
    third: Progress = Progress.ABSENT
    shown: bool = True


def ruling(ruling: Ruling) -> Do:
    async def rule(db: Database, number: int, request: FaceRequest) -> None:
        await releases.rule(
            db,
            request.id,
            ruling,
            "Both examinations are complete.",
            candidate_id=f"C-1/{number}" if ruling is Ruling.RELEASE else None,
            version=request.version,
            zone="America/New_York",
            actor=SUPERVISOR,
            now=NOON,
        )

    return rule


async def submit(db: Database, id: str, actor: Actor) -> None:
    async with db.snapshot() as snapshot:
        decisions = await snapshot.examinations.dispositions(id)
    await examinations.submit(
        db,
        id,
        summary=summary_version(decisions),
        blind_check_share=0.0,
        actor=actor,
        now=NOON,
    )


def signing(granted: bool) -> Do:
    return lambda db, _, request: signoffs.sign_off(
        db, request.id, granted=granted, actor=SUPERVISOR, now=NOON
    )


def repeating(allowed: bool) -> Do:
    return lambda db, _, request: repeats.decide(
        db,
        request.id,
        "A witness has named a street since.",
        allowed=allowed,
        actor=SUPERVISOR,
        now=NOON,
    )


FIRST, SECOND, THIRD = Seat.FIRST, Seat.PEER, Seat.THIRD
THIRD_EXAMINER = an_actor(Role.EXAMINER, person=THEA)
WHY = "On sick leave since yesterday evening."
REVIEW = {State.SUPERVISOR_REVIEW}
ACTS = {
    "take the first examination": Act(
        lambda db, n, _: examinations.take(
            db, examination_id(n, FIRST), actor=EXAMINER, now=NOON
        ),
        {State.EXAMINATION},
        first=Progress.OPEN,
    ),
    "take the second examination": Act(
        lambda db, n, _: examinations.take(
            db, examination_id(n, SECOND), actor=PEER, now=NOON
        ),
        {State.PEER_REVIEW},
        peer=Progress.OPEN,
    ),
    "analyse the probe": Act(
        lambda db, n, _: analyses.save_analysis(
            db,
            an_analysis(examination_id=examination_id(n, FIRST)),
            actor=EXAMINER,
            now=NOON,
        ),
        {State.EXAMINATION},
        first=Progress.SEATED,
    ),
    "call the probe a composite": Act(
        lambda db, n, _: analyses.save_analysis(
            db,
            replace(
                an_analysis(examination_id=examination_id(n, FIRST)),
                depiction=Depiction.SKETCH,
                objection=WHY,
            ),
            actor=EXAMINER,
            now=NOON,
        ),
        {State.EXAMINATION},
        first=Progress.SEATED,
    ),
    "take the lead back": Act(
        lambda db, _, request: recalls.recall(
            db, request.id, WHY, actor=SUPERVISOR, now=NOON
        ),
        set(WITH_LEAD),
    ),
    "take the third examination": Act(
        lambda db, n, _: examinations.take(
            db, examination_id(n, THIRD), actor=THIRD_EXAMINER, now=NOON
        ),
        {State.THIRD_REVIEW},
        third=Progress.OPEN,
    ),
    "decide on a candidate": Act(
        lambda db, n, _: examinations.dispose(
            db,
            examination_id(n, FIRST),
            exclude(f"C-2/{n}", Exclusion.SHAPE_DIFFERS, NOON),
            actor=EXAMINER,
            now=NOON,
        ),
        {State.EXAMINATION},
        first=Progress.TAKEN,
    ),
    "look at a candidate": Act(
        lambda db, n, _: examinations.view(
            db, examination_id(n, SECOND), f"C-2/{n}", actor=PEER, now=NOON
        ),
        {State.PEER_REVIEW},
        peer=Progress.TAKEN,
    ),
    "submit the first examination": Act(
        lambda db, n, _: submit(db, examination_id(n, FIRST), EXAMINER),
        {State.EXAMINATION},
        first=Progress.TAKEN,
        peer=Progress.ABSENT,
    ),
    "submit the third examination": Act(
        lambda db, n, _: submit(db, examination_id(n, THIRD), THIRD_EXAMINER),
        {State.THIRD_REVIEW},
        third=Progress.TAKEN,
    ),
    "submit the second examination": Act(
        lambda db, n, _: submit(db, examination_id(n, SECOND), PEER),
        {State.PEER_REVIEW},
        peer=Progress.TAKEN,
    ),
    "have the pictures shown again": Act(
        lambda db, n, _: examinations.show_again(
            db, examination_id(n, FIRST), actor=EXAMINER, now=NOON
        ),
        {State.EXAMINATION},
        first=Progress.TAKEN,
        shown=False,
    ),
    "hand back": Act(
        lambda db, n, _: reassignments.hand_back(
            db, examination_id(n, FIRST), WHY, version=1, actor=EXAMINER, now=NOON
        ),
        {State.EXAMINATION},
        first=Progress.TAKEN,
        peer=Progress.ABSENT,
    ),
    "reassign": Act(
        lambda db, n, _: reassignments.reassign(
            db, examination_id(n, SECOND), WHY, version=1, actor=SUPERVISOR, now=NOON
        ),
        {State.PEER_REVIEW},
        peer=Progress.TAKEN,
    ),
    "open the review": Act(
        lambda db, _, request: releases.review(
            db, request.id, actor=SUPERVISOR, now=NOON
        ),
        REVIEW,
    ),
    "release": Act(ruling(Ruling.RELEASE), REVIEW),
    "close": Act(ruling(Ruling.CLOSE), REVIEW),
    "return": Act(ruling(Ruling.RETURN), REVIEW),
    "acknowledge": Act(
        lambda db, _, request: releases.acknowledge(
            db, request.id, actor=DETECTIVE, now=NOON
        ),
        {State.RELEASED},
    ),
    "allow a repeated probe": Act(repeating(True), {State.REPEAT_REVIEW}),
    "refuse a repeated probe": Act(repeating(False), {State.REPEAT_REVIEW}),
    "sign off": Act(signing(True), {State.SIGN_OFF}),
    "refuse to sign": Act(signing(False), {State.SIGN_OFF}),
    "try again": Act(
        lambda db, _, request: signoffs.retry(
            db, request.id, actor=SUPERVISOR, now=NOON
        ),
        {State.SEARCH_FAILED},
    ),
    "choose a face": Act(
        lambda db, _, request: probes.choose_face(
            db, request.id, 1, actor=DETECTIVE, now=NOON
        ),
        {State.FACE_CHOICE},
    ),
    "withdraw": Act(
        lambda db, _, request: intake.withdraw(
            db, request.id, actor=DETECTIVE, now=NOON
        ),
        {state for state in State if not state.is_final},
    ),
}


@pytest.mark.parametrize("name", ACTS)
async def test_a9_an_act_is_possible_in_its_own_states_and_no_other(
    db: Database, name: str
) -> None:
    act, possible, rules = ACTS[name], set(), set()
    for number, state in enumerate(State, 1):
        request = await a_case(
            db,
            state,
            number=number,
            first=act.first,
            peer=act.peer,
            third=act.third,
            shown=act.shown,
            cleared=True,
        )
        try:
            await act.do(db, number, request)
            possible.add(state)
        except Refusal as refusal:
            rules.add(refusal.rule)
            async with db.snapshot() as snapshot:
                assert await snapshot.requests.get(request.id) == request
                assert await snapshot.work.open_for(request.id) == []
    assert possible == act.states
    assert rules == {"STATE"}
    async with db.snapshot() as snapshot:
        subjects = {e.event.subject for e in await snapshot.audit.entries()}
        await snapshot.audit.check()
    assert len(subjects) >= len(act.states)

"""The names of a request's pictures, and which of them may be in Slack as the request stands."""

from collections.abc import Collection
from dataclasses import dataclass

from bot.domain.requests import FaceRequest
from bot.domain.workflow import State


def faces_key(request_id: str) -> str:
    """The requester's own image with its faces numbered."""
    return f"{request_id}/faces"


def lead_key(request_id: str) -> str:
    """The one photograph a requester may see."""
    return f"{request_id}/lead"


def sheet_key(examination_id: str, candidate_id: str) -> str:
    """A candidate beside the probe, as one examiner is shown it."""
    return f"{examination_id}/sheet/{candidate_id}"


def detail_key(examination_id: str, candidate_id: str) -> str:
    """A candidate beside the probe part by part, as one examiner is shown it."""
    return f"{examination_id}/detail/{candidate_id}"


def blink_key(examination_id: str, candidate_id: str) -> str:
    """A candidate and the probe in turn, as one examiner is shown them."""
    return f"{examination_id}/blink/{candidate_id}"


def probe_key(examination_id: str) -> str:
    """The probe, as one examiner is shown it."""
    return f"{examination_id}/probe"


def photo_key(examination_id: str, candidate_id: str) -> str:
    """A candidate's photograph alone, as one examiner is shown it."""
    return f"{examination_id}/photo/{candidate_id}"


def subject_key(examination_id: str, drawing: str, candidate_id: str) -> str:
    """All photographs of a candidate, as one examiner is shown them: dates, and nothing of any arrest.

    ``drawing`` is another one each time: a sheet drawn anew without a photograph that was sealed does not
    wait for the end of the one that shows it.
    """
    return f"{examination_id}/all/{drawing}/{candidate_id}"


def unmasked_key(examination_id: str, drawing: str, candidate_id: str) -> str:
    """The same with the state of the arrest behind each, for whoever checks the context alone."""
    return f"{examination_id}/examiner/context/{drawing}/{candidate_id}"


def subjects_of(examination_id: str) -> str:
    """How the keys begin of all ``subject_key`` of one examination."""
    return f"{examination_id}/all/"


def unmasked_of(examination_id: str) -> str:
    """How the keys begin of all ``unmasked_key`` of one examination."""
    return f"{examination_id}/examiner/context/"


def edit_key(examination_id: str, draft_id: str) -> str:
    """What an edit would make of the still, for the examiner who is looking at it and nobody else."""
    return f"{examination_id}/examiner/edit/{draft_id}"


def review_key(request_id: str, round: int, candidate_id: str = "") -> str:
    """The review of one round, or the sheet of one candidate in it."""
    return f"{request_id}/review/{round}" + (f"/{candidate_id}" if candidate_id else "")


def has_candidate(key: str, examinations: Collection[str]) -> bool:
    """Whether a candidate is on the picture, and it was drawn for one of these examinations."""
    owner = key.split("/")[0]
    alone = key == probe_key(owner) or key.startswith(edit_key(owner, ""))
    return owner in examinations and not alone


COMMANDERS = "commanders"
"""The room of a question's probe that is a channel; every other one is an account."""
SUPERVISORS = "supervisors"


def asked_key(authorization_id: str, room: str) -> str:
    """The probe, as one channel or account is shown it that decides about another repository."""
    return f"{authorization_id}/probe/{room}"


@dataclass(frozen=True, slots=True)
class Standing:
    """A request as far as its pictures depend on it."""

    request: FaceRequest
    undecided: frozenset[str] = frozenset()  # authorizations somebody has yet to decide
    decided: frozenset[str] = frozenset()  # the other ones
    edited: frozenset[str] = frozenset()  # pictures of edits somebody is looking at
    closed: frozenset[str] = (
        frozenset()
    )  # examinations of earlier rounds and sittings, and submitted ones
    compared: frozenset[str] = frozenset()  # the submitted ones of the present round
    sealed: frozenset[str] = frozenset()  # pictures on which a sealed photograph is


def is_over(key: str, standing: Standing) -> bool:
    """Whether nobody may see this picture any more, or not yet."""
    id, state = standing.request.id, standing.request.state
    owner = key.split("/")[0]
    if key in standing.sealed:
        return True
    if key.startswith(unmasked_of(owner)):
        return state is not State.CONTEXT_CHECK or owner not in standing.compared
    if owner in standing.undecided:
        return False
    if owner in standing.decided | standing.closed:
        return True
    if key.startswith(edit_key(owner, "")) and key not in standing.edited:
        return True
    if key == lead_key(id):
        return state not in (State.ACKNOWLEDGED, State.CORROBORATED)
    if key == faces_key(id):
        return state is not State.FACE_CHOICE
    reviewed = f"{id}/review/"
    if key.startswith(reviewed):
        round = int(key.removeprefix(reviewed).split("/")[0])
        return state is not State.SUPERVISOR_REVIEW or round != standing.request.round
    return state.is_final

"""The names of a request's pictures, and which of them may be in Slack as the request stands."""

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


def probe_key(examination_id: str) -> str:
    """The probe, as one examiner is shown it."""
    return f"{examination_id}/probe"


def photo_key(examination_id: str, candidate_id: str) -> str:
    """A candidate's photograph alone, as one examiner is shown it."""
    return f"{examination_id}/photo/{candidate_id}"


def review_key(request_id: str, round: int, candidate_id: str = "") -> str:
    """The review of one round, or the sheet of one candidate in it."""
    return f"{request_id}/review/{round}" + (f"/{candidate_id}" if candidate_id else "")


def is_over(key: str, request: FaceRequest) -> bool:
    """Whether nobody may see this picture any more, or not yet."""
    id, state = request.id, request.state
    if key == lead_key(id):
        return state is not State.ACKNOWLEDGED
    if key == faces_key(id):
        return state is not State.FACE_CHOICE
    reviewed = f"{id}/review/"
    if key.startswith(reviewed):
        round = int(key.removeprefix(reviewed).split("/")[0])
        return state is not State.SUPERVISOR_REVIEW or round != request.round
    return state.is_final

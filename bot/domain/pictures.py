"""Which pictures of a request may be in Slack, as the request stands."""

from bot.domain.requests import FaceRequest
from bot.domain.workflow import State


def is_over(key: str, request: FaceRequest) -> bool:
    """Whether nobody may see this picture any more, or not yet."""
    id, state = request.id, request.state
    if key == f"{id}/lead":
        return state is not State.ACKNOWLEDGED
    if key == f"{id}/faces":
        return state is not State.FACE_CHOICE
    reviewed = f"{id}/review/"
    if key.startswith(reviewed):
        round = int(key.removeprefix(reviewed).split("/")[0])
        return state is not State.SUPERVISOR_REVIEW or round != request.round
    return state.is_final

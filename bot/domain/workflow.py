"""A request's states and steps: one table, one way to move (policy 6.2 and 6.3)."""

from enum import StrEnum

from bot.errors import Refusal


class State(StrEnum):
    RECEIVED = "received"  # the still has yet to be fetched from Slack
    CHECKING = "checking"  # its bytes, faces and quality are being checked
    FACE_CHOICE = "face_choice"  # several faces: the requester has to pick one
    REPEAT_REVIEW = "repeat_review"  # sent before: a supervisor decides on new facts
    SIGN_OFF = "sign_off"  # purpose F: a supervisor has to sign before the search
    READY = "ready"
    SEARCHING = "searching"
    SEARCH_FAILED = "search_failed"
    EXAMINATION = "examination"
    PEER_REVIEW = "peer_review"
    THIRD_REVIEW = "third_review"  # the first two opinions differ
    CONTEXT_CHECK = (
        "context_check"  # what the blind part agrees on, against what is known
    )
    SUPERVISOR_REVIEW = "supervisor_review"
    RELEASED = "released"
    ACKNOWLEDGED = "acknowledged"
    CORROBORATED = "corroborated"  # independent evidence is on record beside the lead
    NO_POSSIBLE_MATCH = "no_possible_match"
    UNSUITABLE = "unsuitable"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    HELD = "held"  # purpose F without its written sign-off: the results are purged
    RECALLED = "recalled"  # a lead taken back

    @property
    def is_final(self) -> bool:
        """No examiner or supervisor has anything left to do."""
        return self in _FINAL


class Step(StrEnum):
    STORE = "store"
    ASK_FACE = "ask_face"
    CHOOSE_FACE = "choose_face"
    ASK_REPEAT = "ask_repeat"
    ALLOW_REPEAT = "allow_repeat"
    REFUSE_REPEAT = "refuse_repeat"
    ASK_SIGN_OFF = "ask_sign_off"
    SIGN_OFF = "sign_off"
    REFUSE = "refuse"
    ACCEPT = "accept"
    FAIL_PROBE = "fail_probe"
    START_SEARCH = "start_search"
    GIVE_UP = "give_up"
    RETRY = "retry"
    REFETCH = "refetch"
    LIST = "list"
    FIND_NOBODY = "find_nobody"
    PROPOSE = "propose"
    CHECK_NONE = "check_none"
    FIND_NONE = "find_none"
    AGREE = "agree"
    AGREE_NONE = "agree_none"
    REFUSE_IMAGE = "refuse_image"  # what an examiner takes for no photograph
    CONTEXT_DONE = "context_done"
    SPLIT = "split"
    DISAGREE = "disagree"
    RELEASE = "release"
    CLOSE = "close"
    RETURN = "return"
    ACKNOWLEDGE = "acknowledge"
    CORROBORATE = "corroborate"
    WITHDRAW = "withdraw"
    SEARCH_OTHER = "search_other"  # another repository, by a commander's authorization
    SEARCH_DERIVATIVE = "search_derivative"  # once more, on an edited still
    FALL_BACK = (
        "fall_back"  # that search ended without a result: the answer before stands
    )
    REOPEN = "reopen"  # the same, where the standard list was never answered: it is now
    RESUME = "resume"  # the same, where there was no such list: the standard search
    RECALL = "recall"
    HOLD = "hold"


class IllegalStep(Refusal):
    """The state machine has no such arrow; said in words a person understands."""

    rule = "STATE"

    def __init__(self, state: State, step: Step) -> None:
        # Not the state itself: who is refused need not be somebody who may know it.
        super().__init__(
            "This is no longer open: the request has moved on. Look at your card."
        )
        self.state, self.step = state, step


_FINAL = frozenset(
    {
        State.RELEASED,
        State.ACKNOWLEDGED,
        State.CORROBORATED,
        State.NO_POSSIBLE_MATCH,
        State.UNSUITABLE,
        State.REFUSED,
        State.WITHDRAWN,
        State.HELD,
        State.RECALLED,
    }
)

SEARCH_UNDER_WAY = (
    State.CHECKING,
    State.READY,
    State.SEARCHING,
    State.SEARCH_FAILED,
    State.EXAMINATION,
    State.PEER_REVIEW,
    State.THIRD_REVIEW,
    State.CONTEXT_CHECK,
    State.SUPERVISOR_REVIEW,
)
WITH_LEAD = (State.RELEASED, State.ACKNOWLEDGED, State.CORROBORATED)
TAKEN_BACK = (State.RECALLED, State.HELD)
_ANSWERED = (*WITH_LEAD, State.NO_POSSIBLE_MATCH)

_NEXT: dict[tuple[State, Step], State] = {
    (State.RECEIVED, Step.STORE): State.CHECKING,
    (State.RECEIVED, Step.FAIL_PROBE): State.UNSUITABLE,
    (State.RECEIVED, Step.GIVE_UP): State.SEARCH_FAILED,
    (State.CHECKING, Step.ASK_FACE): State.FACE_CHOICE,
    (State.CHECKING, Step.ASK_REPEAT): State.REPEAT_REVIEW,
    (State.CHECKING, Step.ASK_SIGN_OFF): State.SIGN_OFF,
    (State.CHECKING, Step.ACCEPT): State.READY,
    (State.CHECKING, Step.FAIL_PROBE): State.UNSUITABLE,
    (State.CHECKING, Step.GIVE_UP): State.SEARCH_FAILED,
    (State.FACE_CHOICE, Step.CHOOSE_FACE): State.READY,
    (State.FACE_CHOICE, Step.ASK_REPEAT): State.REPEAT_REVIEW,
    (State.FACE_CHOICE, Step.ASK_SIGN_OFF): State.SIGN_OFF,
    (State.FACE_CHOICE, Step.FAIL_PROBE): State.UNSUITABLE,
    (State.REPEAT_REVIEW, Step.ALLOW_REPEAT): State.READY,
    (State.REPEAT_REVIEW, Step.ASK_SIGN_OFF): State.SIGN_OFF,
    (State.REPEAT_REVIEW, Step.REFUSE_REPEAT): State.REFUSED,
    (State.SIGN_OFF, Step.SIGN_OFF): State.READY,
    (State.SIGN_OFF, Step.REFUSE): State.REFUSED,
    (State.READY, Step.START_SEARCH): State.SEARCHING,
    (State.READY, Step.GIVE_UP): State.SEARCH_FAILED,
    (State.SEARCHING, Step.LIST): State.EXAMINATION,
    (State.SEARCHING, Step.FIND_NOBODY): State.SUPERVISOR_REVIEW,
    (State.SEARCHING, Step.GIVE_UP): State.SEARCH_FAILED,
    (State.SEARCH_FAILED, Step.RETRY): State.CHECKING,
    (State.SEARCH_FAILED, Step.REFETCH): State.RECEIVED,
    (State.EXAMINATION, Step.PROPOSE): State.PEER_REVIEW,
    (State.EXAMINATION, Step.CHECK_NONE): State.PEER_REVIEW,
    (State.EXAMINATION, Step.FIND_NONE): State.SUPERVISOR_REVIEW,
    (State.PEER_REVIEW, Step.AGREE): State.CONTEXT_CHECK,
    (State.PEER_REVIEW, Step.AGREE_NONE): State.SUPERVISOR_REVIEW,
    (State.PEER_REVIEW, Step.SPLIT): State.THIRD_REVIEW,
    (State.THIRD_REVIEW, Step.AGREE): State.CONTEXT_CHECK,
    (State.THIRD_REVIEW, Step.DISAGREE): State.NO_POSSIBLE_MATCH,
    # An examiner finds that the image is no photograph of a real person.
    **{
        (seat, Step.REFUSE_IMAGE): State.REFUSED
        for seat in (State.EXAMINATION, State.PEER_REVIEW, State.THIRD_REVIEW)
    },
    (State.CONTEXT_CHECK, Step.CONTEXT_DONE): State.SUPERVISOR_REVIEW,
    # Where nobody is left who may make the check, a supervisor ends it; there is no release from here.
    (State.CONTEXT_CHECK, Step.CLOSE): State.NO_POSSIBLE_MATCH,
    (State.CONTEXT_CHECK, Step.RETURN): State.EXAMINATION,
    (State.SUPERVISOR_REVIEW, Step.RELEASE): State.RELEASED,
    (State.SUPERVISOR_REVIEW, Step.CLOSE): State.NO_POSSIBLE_MATCH,
    (State.SUPERVISOR_REVIEW, Step.RETURN): State.EXAMINATION,
    (State.RELEASED, Step.ACKNOWLEDGE): State.ACKNOWLEDGED,
    (State.ACKNOWLEDGED, Step.CORROBORATE): State.CORROBORATED,
    **{(state, Step.RECALL): State.RECALLED for state in WITH_LEAD},
    (State.NO_POSSIBLE_MATCH, Step.SEARCH_OTHER): State.READY,
    (State.EXAMINATION, Step.SEARCH_OTHER): State.READY,
    (State.EXAMINATION, Step.SEARCH_DERIVATIVE): State.READY,
    (State.SEARCH_FAILED, Step.SEARCH_OTHER): State.READY,
    **{(state, Step.FALL_BACK): State.NO_POSSIBLE_MATCH for state in SEARCH_UNDER_WAY},
    **{(state, Step.REOPEN): State.EXAMINATION for state in SEARCH_UNDER_WAY},
    (State.NO_POSSIBLE_MATCH, Step.REOPEN): State.EXAMINATION,
    **{(state, Step.RESUME): State.READY for state in SEARCH_UNDER_WAY},
    (State.NO_POSSIBLE_MATCH, Step.RESUME): State.READY,
    **{(state, Step.HOLD): State.HELD for state in (*SEARCH_UNDER_WAY, *_ANSWERED)},
    **{
        (state, Step.WITHDRAW): State.WITHDRAWN
        for state in State
        if state not in _FINAL
    },
}


def next_state(state: State, step: Step) -> State:
    """Return where ``step`` leads from ``state``; raise IllegalStep if nowhere."""
    if (after := _NEXT.get((state, step))) is None:
        raise IllegalStep(state, step)
    return after


def can_step(state: State, step: Step) -> bool:
    return (state, step) in _NEXT


def arrows() -> tuple[tuple[State, Step, State], ...]:
    """Every arrow of the machine, for the drawing in the documents and for the tests."""
    return tuple((start, step, end) for (start, step), end in _NEXT.items())

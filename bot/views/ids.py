"""The names Slack hands back to us, and the one form of what a button carries."""

import re
from dataclasses import dataclass
from enum import StrEnum
from re import Pattern

from bot.errors import Refusal


class CommandName(StrEnum):
    FIS_REQUEST = "/fis-request"


class ShortcutId(StrEnum):
    FIS_FROM_MESSAGE = "fis_from_message"


class ViewId(StrEnum):
    """``callback_id`` of every modal."""

    INTAKE = "intake"
    ANALYSIS = "analysis"
    EDIT_STILL = "edit_still"
    SEARCH_EDITED = "search_edited"
    COMPARE = "compare"
    DECISIONS = "decisions"
    SUBMIT_EXAMINATION = "submit_examination"
    HAND_BACK = "hand_back"
    REASSIGN = "reassign"
    CHECK_CONTEXT = "check_context"
    REVIEW = "review"
    ASK_AUTHORIZATION = "ask_authorization"
    DECIDE_AUTHORIZATION = "decide_authorization"
    REVOKE_AUTHORIZATION = "revoke_authorization"
    WRITE_SIGN_OFF = "write_sign_off"
    ALLOW_REPEAT = "allow_repeat"
    REFUSE_REPEAT = "refuse_repeat"
    DECIDE_CHANGE = "decide_change"
    CORROBORATE = "corroborate"
    REPORT_LEAD = "report_lead"
    RECALL_LEAD = "recall_lead"


class ActionId(StrEnum):
    """``action_id`` of everything that can be pressed; some carry a detail after a full stop."""

    # requester
    INTAKE_PURPOSE = "intake_purpose"
    INTAKE_SOURCE = "intake_source"
    WITHDRAW = "withdraw"
    CHOOSE_FACE = "choose_face"  # detail: the index of the face, from 0
    ACKNOWLEDGE = "acknowledge"
    CORROBORATE = "corroborate"
    REPORT_LEAD = "report_lead"
    # examiner
    TAKE = "take"
    ANALYSE = "analyse"
    SHOW_AGAIN = "show_again"
    EDIT_STILL = "edit_still"
    EDIT_OPERATION = "edit_operation"
    PREVIEW_EDIT = "preview_edit"
    SEARCH_EDITED = "search_edited"
    MY_DECISIONS = "my_decisions"
    SUBMIT_EXAMINATION = "submit_examination"
    EXCLUDE = "exclude"  # detail: the letter of the candidate
    EXCLUDE_AS = "exclude_as"  # detail: the letter; the chosen option says why
    COMPARE = "compare"  # detail: the letter
    HAND_BACK = "hand_back"
    CHECK_CONTEXT = "check_context"
    # supervisor
    REASSIGN = "reassign"
    REVIEW = "review"
    SIGN_OFF = "sign_off"
    REFUSE = "refuse"
    TRY_AGAIN = "try_again"
    WRITE_SIGN_OFF = "write_sign_off"
    RECALL_LEAD = "recall_lead"
    ALLOW_REPEAT = "allow_repeat"
    REFUSE_REPEAT = "refuse_repeat"
    DECIDE_CHANGE = "decide_change"
    # another repository: who asks, who decides, who searches
    ASK_AUTHORIZATION = "ask_authorization"
    WITHDRAW_AUTHORIZATION = "withdraw_authorization"
    DECIDE_AUTHORIZATION = "decide_authorization"
    REVOKE_AUTHORIZATION = "revoke_authorization"
    START_AUTHORIZED = "start_authorized"
    OPEN_CARD = "open_card"  # a link on Home; the detail tells one from another
    FIELD = "field"  # an input that only a submission reads


class BlockId(StrEnum):
    """``block_id`` of every field; errors are shown under the field they name."""

    CASE_NUMBER = "case_number"
    CATEGORY = "category"
    PURPOSE = "purpose"
    PARTICULAR = "particular"  # with the name of the particular after a full stop
    FACTUAL_BASIS = "factual_basis"
    OFFENSE_DATE = "offense_date"
    DESCRIPTION = "description"
    SOURCE = "source"
    BWC_CHECKLIST = "bwc_checklist"
    ATTESTATIONS = "attestations"
    PROHIBITED_IMAGES = "prohibited_images"
    PROHIBITED_USES = "prohibited_uses"
    IMAGE = "image"
    USABILITY = "usability"
    EXTENT = "extent"
    COMPONENTS = "components"
    MARKS = "marks"
    OBJECTION = "objection"
    REST_SIMILAR = "rest_similar"
    EDITED = "edited"  # which picture of a chain
    # Not the same field: Slack keeps what was chosen in a form that gives way to another.
    EDIT_SEARCHED = "edit_searched"
    OPERATION = "operation"
    EDIT_PARAMETER = "edit_parameter"  # with operation and name after full stops
    CONCLUSION = "conclusion"
    COMPONENT = "component"  # with the name of the component after a full stop
    EXPLANATION = "explanation"
    REASON = "reason"
    OVERRIDE = "override"
    CHECK = "check"  # with the name of the context check after a full stop
    CHECK_NOTE = "check_note"  # the same
    RULING = "ruling"
    RELEASED_CANDIDATE = "released_candidate"
    REPOSITORY = "repository"
    NEED = "need"
    WHY_NOT_STANDARD = "why_not_standard"
    WHY_THIS_REPOSITORY = "why_this_repository"
    LEGAL_BASIS = "legal_basis"
    DATA_SHARING_BASIS = "data_sharing_basis"
    COMMAND = "command"
    FUTILE = "futile"
    NEW_FACTS = "new_facts"
    TEAM = "team"
    DECISION = "decision"
    TYPED_CASE_NUMBER = "typed_case_number"
    EXPIRY_HOURS = "expiry_hours"
    EVIDENCE = "evidence"
    INDEPENDENT = "independent"
    HAPPENED_ON = "happened_on"
    REPORT = "report"


def detailed(id: ActionId | BlockId, detail: object) -> str:
    """Return an id with its detail: ``compare.C``."""
    return f"{id}.{detail}"


def pressed(id: ActionId) -> Pattern[str]:
    """Return what recognises an action with or without its detail, for registering a listener."""
    return re.compile(rf"^{re.escape(id)}(\..*)?$")


class BadReference(Refusal):
    rule = "BAD_REFERENCE"


@dataclass(frozen=True, slots=True)
class Ref:
    """What a button points at, in which version, and which choice it stands for, if any."""

    id: str
    version: int
    choice: str = ""


_REF = re.compile(r"([^|]+)\|([0-9]{1,9})(?:\|([^|]*))?")


def ref(id: str, version: int, choice: str = "") -> str:
    """Return the value of a button: an id and a version, never a fact."""
    return f"{id}|{version}|{choice}" if choice else f"{id}|{version}"


def parse_ref(value: str) -> Ref:
    if (found := _REF.fullmatch(value)) is None:
        raise BadReference("This button is not one of ours, or it is out of date.")
    return Ref(found[1], int(found[2]), found[3] or "")

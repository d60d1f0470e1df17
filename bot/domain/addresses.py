"""Whom a direct message is for: told by the key of its card, which is built here where it matters."""

from bot.domain.actors import Role
from bot.domain.pictures import asked_key

_SUMMARY = "alert/summary"
_OVERSIGHT = "alert/oversight"


def own_question_key(authorization_id: str, account: str) -> str:
    """The card of a question that one commander gets directly."""
    return f"{authorization_id}/dm/{account}"


def summary_key(month: str, account: str) -> str:
    """The summary of one month, to one auditor."""
    return f"{_SUMMARY}/{month}/{account}"


def oversight_key(attempt: str, account: str) -> str:
    """What one auditor is told of an attempt that was refused."""
    return f"{_OVERSIGHT}/{attempt}/{account}"


def examiner_key(examination_id: str, about: str) -> str:
    """What is told to the examiner of one sitting, and to nobody else."""
    return f"{examination_id}/examiner/{about}"


def context_key(examination_id: str) -> str:
    """The card of the context check, for one examiner of its round."""
    return examiner_key(examination_id, "check")


def reader_of(card: str, account: str) -> Role:
    """Who somebody has to be to get this directly; whatever is no question, no summary and no
    word to an examiner belongs to whoever asked for the search."""
    if card.startswith((f"{_SUMMARY}/", f"{_OVERSIGHT}/")):
        return Role.AUDITOR
    owner = card.split("/")[0]
    if card == own_question_key(owner, account):
        return Role.COMMANDER
    asked = asked_key(owner, account)
    # A picture that is shown again has a card of its own: the same key, and #2.
    if card.split("#")[0] == asked:
        return Role.COMMANDER
    if card.startswith(examiner_key(owner, "")):
        return Role.EXAMINER
    return Role.REQUESTER

"""The three kinds of misfortune: a rule said no, something outside is missing, anything else is a defect."""


class FisError(Exception):
    """Base of everything this program raises on purpose."""


class Refusal(FisError):
    """A rule said no.

    The message is what the person reads; ``rule`` names the rule in the audit log, for example
    ``P_CROWD`` (policy 1.6) or ``SEPARATION_OF_DUTIES`` (policy 7, A1).
    """

    rule = "REFUSED"

    def __init__(self, message: str, *, rule: str | None = None) -> None:
        super().__init__(message)
        if rule is not None:
            self.rule = rule

    @property
    def message(self) -> str:
        return str(self.args[0])


class NotPermitted(Refusal):
    """This person may not do this, here, now."""

    rule = "NOT_PERMITTED"


class Unavailable(FisError):
    """Something this program depends on (Slack, an engine, the gallery, a disk) is not there now."""

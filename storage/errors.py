"""What can go wrong with what is stored, besides a broken disk."""

from bot.errors import FisError, Refusal


class Unknown(Refusal):
    """There is nothing under this id."""

    rule = "UNKNOWN"


class ChangedMeanwhile(Refusal):
    """The stored version is no longer the one this change was made from."""

    rule = "CHANGED_MEANWHILE"

    def __init__(
        self,
        message: str = "Somebody else was faster and has changed this in the meantime. "
        "Look at the card again.",
    ) -> None:
        super().__init__(message)


class LeaseLost(FisError):
    """The work was taken over, finished or cancelled; whatever this worker has must be thrown away."""


class VaultDamaged(FisError):
    """Sealed data does not open or is not what it was: altered, cut off, or another key."""

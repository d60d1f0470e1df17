"""What can go wrong with what is stored, besides a broken disk."""

from bot.errors import FisError, Refusal


class Unknown(Refusal):
    """There is nothing under this id."""

    rule = "UNKNOWN"

    def __init__(self, what: str, id: str) -> None:
        super().__init__(f"There is no {what} {id}.")


class ChangedMeanwhile(Refusal):
    """The stored version is no longer the one this change was made from."""

    rule = "CHANGED_MEANWHILE"

    def __init__(self, id: str) -> None:
        super().__init__(
            "Somebody else was faster and has changed this in the meantime. Look at the card again."
        )
        self.id = id


class LeaseLost(FisError):
    """The work was taken over, finished or cancelled; whatever this worker has must be thrown away."""


class VaultDamaged(FisError):
    """Sealed data does not open or is not what it was: altered, cut off, or another key."""

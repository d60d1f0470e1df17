"""What an administrator reads after an order to seal was given on the command line."""

from collections.abc import Iterator, Sequence

from bot.views.text import counted


def lines(
    id: str,
    photographs: int,
    *,
    recalled: Sequence[str] = (),
    taken_back: Sequence[str] = (),
    is_new: bool = True,
) -> Iterator[str]:
    """``recalled`` and ``taken_back`` are numbers of requests."""
    if not is_new:
        yield f"This order was received before ({id}); nothing was left to seal."
        return
    if not photographs:
        yield f"{id}: the order is recorded. No photograph of this arrest is here, and none can be enrolled."
        return
    yield f"{id}: {counted(photographs, 'photograph')} sealed. No search returns them any more."
    if recalled:
        yield f"Leads recalled, and everybody told: {', '.join(recalled)}."
    if taken_back:
        yield f"Candidate lists destroyed: {', '.join(taken_back)}."
    yield (
        "The bot destroys their files, within five minutes while it runs, and goes on when it is started. Keep "
        "sealed.json with the backups."
    )


def unfound(photographs: Sequence[str]) -> Iterator[str]:
    """Photographs that no order to seal can find, by id."""
    if not photographs:
        return
    yield (
        f"Take care: {counted(len(photographs), 'photograph')} of the arrests "
        f"{'has' if len(photographs) == 1 else 'have'} an arrest number that is none, and no order to seal "
        "finds them. Enrol them again with the right number:"
    )
    yield from (f"  {id}" for id in photographs)

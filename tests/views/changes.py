"""Governed changes as they are shown: plain ones, and one at its worst."""

from dataclasses import replace

from bot.domain.changes import Change, ChangeKind, ChangeState
from bot.domain.photographs import STANDARD_REPOSITORY
from bot.views.changing import ChangeView
from tests.builders import NOON
from tests.views.reading import LONG, LONG_LINES

WHY = "Measured on our own photographs last month."
_NOW: dict[str, object] = {
    "version": "20261101T120000Z-0a1b2c3d",
    "model": "SFace",
    "weights_sha256": "5f" * 32,
    "size": 4000,
}


def a_change(state: ChangeState = ChangeState.PENDING) -> ChangeView:
    change = Change(
        id="CH-0a1b2c3d",
        kind=ChangeKind.SETTING,
        subject="FIS_WEAK_BELOW",
        before={"value": 0.35},
        after={"value": 0.4},
        why=WHY,
        proposed_by="7001",
        proposed_at=NOON,
    )
    return _at(change, state)


def a_model_change(
    state: ChangeState = ChangeState.PENDING, **after: object
) -> ChangeView:
    proposed = {
        "version": "20261123T120000Z-9f8e7d6c",
        "model": "Dlib",
        "weights_sha256": "d1" * 32,
        "size": 3990,
        "left_out": 10,
        "evaluation": {"rank1": 0.973, "rank20": 1.0},
    }
    view = a_change()
    change = replace(
        view.change,
        kind=ChangeKind.MODEL,
        subject=STANDARD_REPOSITORY,
        before=_NOW,
        after=proposed | after,
    )
    return _at(change, state)


def worst_change(state: ChangeState) -> ChangeView:
    figures = {f"{LONG} {number}": LONG for number in range(50)}
    view = a_model_change(evaluation=figures, model=LONG, version=LONG)
    change = replace(view.change, subject=LONG, why=LONG_LINES, proposed_by=LONG)
    return _at(change, state, reason=LONG_LINES)


def _at(change: Change, state: ChangeState, reason: str = WHY) -> ChangeView:
    if state is ChangeState.PENDING:
        return ChangeView(change)
    decided = replace(
        change,
        state=state,
        decided_by="9002",
        decided_by_account="" if state is ChangeState.WITHDRAWN else "U-RUTH",
        decided_at=NOON,
        reason=reason,
        version=2,
    )
    return ChangeView(decided, "9002")

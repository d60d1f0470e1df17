"""The modals about edits, within Slack's limits however much there is to say."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.domain.edits import DERIVATIVES_MAX, TOOLS, Operation
from bot.sandbox.blockkit import lint_view
from bot.views.editing import (
    EditModal,
    Link,
    SearchEditedModal,
    edit_modal,
    search_edited_modal,
)

LINKS = tuple(
    Link(
        id=f"DE-{number:012x}",
        number=number,
        of=number - 1,
        words="Crop (left percent 10, top percent 10, right percent 10, bottom percent 10)",
        sha256="f" * 64,
        width=9999,
        height=9999,
        tool="bot.matching.edits 1 (OpenCV 4.13.0)",
        has_face=True,
        why="<!channel> & " * 200,
        who="8101",
        at=datetime(2026, 11, 23, 12, 0, tzinfo=UTC),
        searched_why="&" * 3000,
    )
    for number in range(1, DERIVATIVES_MAX + 1)
)
FULL = EditModal(
    number="FIS-2026-000001",
    examination="EX-1",
    version=3,
    original_sha256="a" * 64,
    links=LINKS,
    may_edit=True,
    may_search=True,
    chosen=LINKS[-1].id,
)
SEARCH = SearchEditedModal("FIS-2026-000001", "EX-1", LINKS, 20)
FORMS = (
    *(edit_modal(replace(FULL, operation=operation)) for operation in Operation),
    search_edited_modal(SEARCH),
)
"""Every form of edits there is."""


@pytest.mark.parametrize("operation", Operation)
def test_the_form_of_every_edit_is_within_the_limits(operation: Operation) -> None:
    view = edit_modal(replace(FULL, operation=operation))
    assert lint_view(view) == []
    hints = [b["hint"]["text"] for b in view["blocks"] if "hint" in b]
    for parameter in TOOLS[operation].parameters:
        assert parameter.bounds in hints


def test_complaints_take_the_place_of_a_preview() -> None:
    told = replace(FULL, complaints=("<!channel>" * 100,) * 9, picture="F-1")
    view = edit_modal(told)
    assert lint_view(view) == []
    assert "slack_file" not in str(view)
    assert "<!channel>" not in str(view)


def test_who_may_only_read_gets_no_form() -> None:
    view = edit_modal(replace(FULL, may_edit=False))
    assert lint_view(view) == []
    assert not [b for b in view["blocks"] if b["type"] in ("input", "actions")]
    assert "submit" not in view


def test_only_an_edit_with_the_face_on_it_can_be_searched() -> None:
    faceless = replace(LINKS[0], has_face=False)
    view = search_edited_modal(replace(SEARCH, links=(faceless, *LINKS[1:])))
    assert lint_view(view) == []
    assert faceless.id not in str(view)

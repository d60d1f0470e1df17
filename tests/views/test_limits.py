"""What holds for every view: Slack accepts it, and nothing in it speaks for somebody else."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from bot.sandbox.blockkit import view_size
from bot.views.text import Message
from tests.builders import REQUEST
from tests.views.every import (
    commander_views,
    examiner_views,
    requester_views,
    supervisor_views,
    unmasked_views,
)
from tests.views.reading import problems, shown
from tests.views.samples import View

audiences = pytest.mark.parametrize(
    "views",
    [
        list(requester_views()),
        list(examiner_views()),
        [*supervisor_views(), *unmasked_views()],
        list(commander_views()),
    ],
    ids=["requester", "examiner", "supervisor", "commander"],
)

# A mention or link that a person typed works only unescaped.
TYPED = re.compile(r"<(!|@U1>|http|[a-z]+:)")
ALL_BLOCKS_MAX = 12_000  # "msg_blocks_too_long" comes at about 13,200
NEUTRAL = re.compile(r"[A-Za-z ,.:-]{10,60}")


def whole(view: View) -> dict[str, Any]:
    return dict(view) if isinstance(view, Mapping) else {"blocks": view.blocks}


@audiences
def test_slack_accepts_it(views: list[View]) -> None:
    assert [found for view in views if (found := problems(view))] == []


@audiences
def test_it_is_small_enough(views: list[View]) -> None:
    assert max(view_size(whole(view)) for view in views) < 250_000


@audiences
def test_a_message_is_shorter_than_slack_takes_in_all_its_blocks_together(
    views: list[View],
) -> None:
    longest = max(len(shown(view)) for view in views if isinstance(view, Message))
    assert longest < ALL_BLOCKS_MAX


@audiences
def test_metadata_and_button_values_are_too_short_to_hold_facts(
    views: list[View],
) -> None:
    carried = re.findall(
        r'"(?:private_metadata|value)": "((?:[^"\\]|\\.)*)"',
        json.dumps([whole(view) for view in views]),
    )
    assert carried
    assert max(map(len, carried)) <= 75


@audiences
def test_what_a_person_typed_mentions_nobody_and_links_nowhere(
    views: list[View],
) -> None:
    read = "\n".join(shown(view) for view in views)
    assert TYPED.findall(read) == []
    assert "\u202e" not in read


@audiences
def test_pictures_come_from_slack_and_never_from_an_address(views: list[View]) -> None:
    assert "image_url" not in json.dumps([whole(view) for view in views])


@audiences
def test_the_lock_screen_shows_a_neutral_sentence_and_at_most_the_number(
    views: list[View],
) -> None:
    told = {v.text.replace(REQUEST, "") for v in views if isinstance(v, Message)}
    assert told
    assert [text for text in told if not NEUTRAL.fullmatch(text)] == []
    facts = re.compile(r"possible|lead|robbery|murder|Novak|threat", re.I)
    assert [text for text in told if facts.search(text)] == []

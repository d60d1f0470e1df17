"""Payloads: read as Slack sends them, refused when they are anything else."""

import copy
from typing import Any

import pytest

from bot.handlers.payloads import (
    BadPayload,
    Click,
    Command,
    Shortcut,
    Submission,
    Values,
)
from bot.views.ids import BadReference, Ref

CLICK: dict[str, Any] = {
    "type": "block_actions",
    "team": {"id": "T-1", "domain": "sandbox"},
    "user": {"id": "U-1", "team_id": "T-1"},
    "trigger_id": "1.2.3",
    "container": {"type": "message", "message_ts": "17.1", "channel_id": "C-1"},
    "actions": [{"action_id": "compare.C", "type": "button", "value": "EX-1|2"}],
}
SUBMISSION: dict[str, Any] = {
    "type": "view_submission",
    "team": {"id": "T-1"},
    "user": {"id": "U-1", "team_id": "T-1"},
    "view": {
        "id": "V-1",
        "hash": "17.2",
        "callback_id": "compare",
        "private_metadata": '{"examination":"EX-1","version":2,"image":null}',
        "state": {
            "values": {
                "reason": {"field": {"type": "plain_text_input", "value": "Ears."}},
                "empty": {"field": {"type": "plain_text_input", "value": None}},
                "ruling": {"field": {"selected_option": {"value": "close"}}},
                "unchosen": {"field": {"selected_option": None}},
                "ticked": {
                    "field": {"selected_options": [{"value": "a"}, {"value": "b"}]}
                },
                "image": {"field": {"files": [{"id": "F-1"}, {"id": "F-2"}]}},
            }
        },
    },
}
COMMAND = {
    "user_id": "U-1",
    "team_id": "T-1",
    "channel_id": "C-1",
    "text": "  2026-075-001234 ",
    "trigger_id": "1.2.3",
}
SHORTCUT: dict[str, Any] = {
    "type": "message_action",
    "team": {"id": "T-1"},
    "user": {"id": "U-1", "team_id": "T-1"},
    "channel": {"id": "C-1", "name": "fis-requests"},
    "message": {"ts": "17.1", "files": [{"id": "F-1", "mimetype": "image/jpeg"}]},
    "trigger_id": "1.2.3",
}


def without(body: dict[str, Any], *path: str) -> dict[str, Any]:
    changed = copy.deepcopy(body)
    inner = changed
    for name in path[:-1]:
        inner = inner[name]
    del inner[path[-1]]
    return changed


def with_action(**action: object) -> dict[str, Any]:
    return {**CLICK, "actions": [action]}


def test_a_click_tells_what_was_pressed_where_and_by_whom() -> None:
    assert Click.parse(CLICK) == Click(
        action="compare",
        detail="C",
        ref=Ref("EX-1", 2),
        user="U-1",
        team="T-1",
        trigger_id="1.2.3",
        channel="C-1",
        ts="17.1",
    )


def test_an_entry_of_a_menu_is_a_click_with_its_choice() -> None:
    option = {"value": "EX-1|2|MARKS_DIFFER"}
    click = Click.parse(with_action(action_id="exclude_as.C", selected_option=option))
    assert click.ref == Ref("EX-1", 2, "MARKS_DIFFER")


def test_a_click_in_a_view_has_no_channel() -> None:
    click = Click.parse({**CLICK, "container": {"type": "view", "view_id": "V-1"}})
    assert (click.channel, click.ts) == (None, None)


def test_an_organisation_wide_installation_names_the_team_with_the_person() -> None:
    assert Click.parse({**CLICK, "team": None}).team == "T-1"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {**CLICK, "actions": []},
        {**CLICK, "actions": "compare"},
        {**CLICK, "actions": [None]},
        {**CLICK, "user": "U-1"},
        {**CLICK, "user": {"id": 7}},
        with_action(action_id="compare.C"),
        with_action(action_id="compare.C", selected_option=None),
        without(CLICK, "trigger_id"),
        without(CLICK, "container"),
    ],
)
def test_a_click_that_lacks_something_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(BadPayload):
        Click.parse(body)


def test_a_button_that_is_not_ours_is_refused() -> None:
    with pytest.raises(BadReference):
        Click.parse(with_action(action_id="compare.C", value="approve everything"))


def test_a_submission_gives_its_ids_and_its_values() -> None:
    form = Submission.parse(SUBMISSION)
    assert (form.view_id, form.view_hash, form.callback_id) == (
        "V-1",
        "17.2",
        "compare",
    )
    assert (form.id("examination"), form.version) == ("EX-1", 2)
    assert (form.user, form.team) == ("U-1", "T-1")
    assert form.values.text("reason") == "Ears."
    assert form.values.choice("ruling") == "close"
    assert form.values.choices("ticked") == ("a", "b")
    assert form.values.files("image") == ("F-1", "F-2")


def test_what_was_left_empty_reads_as_empty() -> None:
    values = Submission.parse(SUBMISSION).values
    assert values.text("empty") == values.text("not there") == ""
    assert values.choice("unchosen") is values.choice("not there") is None
    assert values.choices("not there") == values.files("not there") == ()
    assert "empty" in values
    assert "not there" not in values


def test_an_id_that_may_be_missing_is_none() -> None:
    form = Submission.parse(SUBMISSION)
    assert form.find_id("image") is form.find_id("nothing") is None


@pytest.mark.parametrize("metadata", ["{", "[]", "7", '"EX-1"', 7, {"version": 2}])
def test_metadata_that_is_no_object_is_refused(metadata: object) -> None:
    body = copy.deepcopy(SUBMISSION)
    body["view"]["private_metadata"] = metadata
    with pytest.raises(BadPayload):
        Submission.parse(body)


def test_a_modal_without_metadata_has_none() -> None:
    body = copy.deepcopy(SUBMISSION)
    body["view"]["private_metadata"] = ""
    assert Submission.parse(body).metadata == {}


@pytest.mark.parametrize("metadata", ["{}", '{"version":"2"}', '{"version":null}'])
def test_a_version_that_is_no_number_is_refused(metadata: str) -> None:
    body = copy.deepcopy(SUBMISSION)
    body["view"]["private_metadata"] = metadata
    with pytest.raises(BadPayload):
        _ = Submission.parse(body).version


@pytest.mark.parametrize("path", [("view",), ("view", "id"), ("view", "callback_id"), ("view", "state"), ("view", "state", "values"), ("user",)])  # fmt: skip
def test_a_submission_that_lacks_something_is_refused(path: tuple[str, ...]) -> None:
    with pytest.raises(BadPayload):
        Submission.parse(without(SUBMISSION, *path))


@pytest.mark.parametrize(
    "state", [{"selected_options": "ab"}, {"selected_options": [7]}]
)
def test_choices_in_another_shape_are_refused(state: dict[str, Any]) -> None:
    with pytest.raises(BadPayload):
        Values({"ticked": state}).choices("ticked")


def test_a_command_is_read_from_its_form() -> None:
    command = Command("U-1", "T-1", "C-1", "2026-075-001234", "1.2.3")
    assert Command.parse(COMMAND) == command


def test_a_command_without_words_is_still_one() -> None:
    assert Command.parse(without(COMMAND, "text")).text == ""


@pytest.mark.parametrize("name", ["user_id", "team_id", "channel_id", "trigger_id"])
def test_a_command_that_lacks_something_is_refused(name: str) -> None:
    with pytest.raises(BadPayload):
        Command.parse(without(COMMAND, name))


def test_a_shortcut_names_the_files_of_its_message() -> None:
    shortcut = Shortcut("U-1", "T-1", "C-1", "17.1", ("F-1",), "1.2.3")
    assert Shortcut.parse(SHORTCUT) == shortcut


def test_a_message_without_files_has_none() -> None:
    assert Shortcut.parse(without(SHORTCUT, "message", "files")).files == ()


@pytest.mark.parametrize("name", ["user", "channel", "message", "trigger_id"])
def test_a_shortcut_that_lacks_something_is_refused(name: str) -> None:
    with pytest.raises(BadPayload):
        Shortcut.parse(without(SHORTCUT, name))

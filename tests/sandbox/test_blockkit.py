"""Block Kit's limits, each at its edge."""

from typing import Any

import pytest

from bot.sandbox.blockkit import lint, lint_view
from tests.sandbox.parts import (
    PEOPLE,
    TEXT,
    actions,
    button,
    field,
    modal,
    options,
    section,
)

Block = dict[str, Any]


def plain(text: str) -> Block:
    return {"type": "plain_text", "text": text}


def header(text: str) -> Block:
    return {"type": "header", "text": plain(text)}


def choice(kind: str, number: int) -> Block:
    return {
        "type": kind,
        "action_id": "c",
        "options": options(*map(str, range(number))),
    }


def image(**source: Any) -> Block:
    return {"type": "image", "alt_text": "A", **source}


def confirming(text: str) -> Block:
    return {**button("b"), "confirm": {"title": plain("Sure?"), "text": plain(text)}}


def context(number: int) -> Block:
    return {"type": "context", "elements": [plain("x")] * number}


AT_THE_EDGE = [
    ([section("x" * 3000)], [section("x" * 3001)]),
    ([section("x")] * 50, [section("x")] * 51),
    ([header("x" * 150)], [header("x" * 151)]),
    ([header("x")], [header("")]),
    ([{"type": "section", "fields": [plain("x" * 2000)] * 10}], [{"type": "section"}]),
    (
        [{"type": "section", "fields": [plain("x")]}],
        [{"type": "section", "fields": []}],
    ),
    ([context(10)], [context(11)]),
    ([context(1)], [context(0)]),
    (
        [actions(*[button(str(n)) for n in range(25)])],
        [actions(*[button(str(n)) for n in range(26)])],
    ),
    ([actions(button("a"), button("b"))], [actions(button("a"), button("a"))]),
    ([actions(button("a", "v" * 2000))], [actions(button("a", "v" * 2001))]),
    ([actions(button("x" * 75))], [actions(button("x" * 76))]),
    ([actions(confirming("x" * 300))], [actions(confirming("x" * 301))]),
    ([actions(choice("static_select", 100))], [actions(choice("static_select", 101))]),
    ([actions(choice("static_select", 1))], [actions(choice("static_select", 0))]),
    ([actions(choice("overflow", 5))], [actions(choice("overflow", 6))]),
    ([actions(choice("radio_buttons", 10))], [actions(choice("radio_buttons", 11))]),
    ([image(slack_file={"id": "F"})], [image(slack_file={"id": "F", "url": "u"})]),
    (
        [image(image_url="https://example.org/a.png")],
        [image(image_url="http://127.0.0.1/a.png")],
    ),
    (
        [image(image_url="https://example.org/a.png")],
        [image(image_url="http://10.1.2.3/a.png")],
    ),
    ([image(slack_file={"id": "F"})], [image()]),
    ([image(slack_file={"id": "F"})], [image(slack_file={"id": "F"}, alt_text="")]),
    (
        [section("a", block_id="x")],
        [section("a", block_id="x"), section("b", block_id="x")],
    ),
    ([{"type": "divider"}], [{"type": "hologram"}]),
    ([section("a", accessory=button("b"))], [section("a", accessory=TEXT)]),
]


@pytest.mark.parametrize(("allowed", "refused"), AT_THE_EDGE)
def test_a_limit_is_kept_to_the_letter(
    allowed: list[Block], refused: list[Block]
) -> None:
    assert lint(allowed, "message") == []
    assert lint(refused, "message") != []


def test_option_values_have_at_most_75_characters_and_do_not_repeat() -> None:
    def select(*values: str) -> list[Block]:
        listed = [{"text": plain("o"), "value": value} for value in values]
        return [actions({"type": "static_select", "action_id": "s", "options": listed})]

    assert lint(select("v" * 75), "message") == []
    assert lint(select("v" * 76), "message") != []
    assert lint(select("a", "a"), "message") != []


def test_an_initial_option_is_one_of_the_options() -> None:
    select = choice("static_select", 2)
    assert (
        lint([actions({**select, "initial_option": options("1")[0]})], "message") == []
    )
    assert (
        lint([actions({**select, "initial_option": options("9")[0]})], "message") != []
    )


def test_files_are_handed_over_in_modals_only() -> None:
    block = field("still", {"type": "file_input", "max_files": 1})
    assert lint([block], "modal") == []
    assert lint([block], "message") != []
    assert (
        lint([field("still", {"type": "file_input", "max_files": 11})], "modal") != []
    )


@pytest.mark.parametrize(
    ("allowed", "refused"),
    [
        ({"max_selected_items": 1}, {"max_selected_items": 0}),
        ({"max_selected_items": 1}, {"max_selected_items": "1"}),
        ({"initial_users": ["U-1", "U-2"]}, {"initial_users": ["U-1", ""]}),
        (
            {"initial_users": ["U-1"], "max_selected_items": 1},
            {"initial_users": ["U-1", "U-2"], "max_selected_items": 1},
        ),
        ({"placeholder": plain("x" * 150)}, {"placeholder": plain("x" * 151)}),
    ],
)
def test_a_choice_of_several_people_keeps_its_limits(
    allowed: Block, refused: Block
) -> None:
    assert lint([field("team", {**PEOPLE, **allowed})], "modal") == []
    assert lint([field("team", {**PEOPLE, **refused})], "modal") != []


def test_several_people_are_chosen_in_an_input_only() -> None:
    assert lint([field("team", PEOPLE)], "message") == []
    assert lint([actions(PEOPLE)], "message") != []


def test_a_modal_may_have_twice_the_blocks_of_a_message() -> None:
    blocks = [section("x")] * 51
    assert lint(blocks, "modal") == []
    assert lint(blocks, "message") != []


def test_a_modal_with_an_input_needs_a_submit_button() -> None:
    view = modal(field("case", TEXT))
    assert lint_view(view) == []
    del view["submit"]
    assert any("submit" in problem for problem in lint_view(view))


@pytest.mark.parametrize(
    "broken",
    [
        {"title": plain("t" * 25)},
        {"private_metadata": "m" * 3001},
        {"callback_id": "c" * 256},
        {"type": "popup"},
        {"blocks": "none"},
        {"blocks": ["text"]},
    ],
)
def test_a_view_over_a_limit_is_named(broken: Block) -> None:
    assert lint_view(modal(section("x"))) == []
    assert lint_view({**modal(section("x")), **broken}) != []

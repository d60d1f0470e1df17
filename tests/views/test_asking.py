"""The form in which another repository is asked for."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.actors import OFFICES
from bot.domain.authorizations import TEXT_MAX, TEXT_MIN
from bot.views.asking import COMMAND_MAX, AskModal, ask_modal
from bot.views.ids import BlockId
from tests.builders import REQUEST
from tests.views.reading import field_ids, shown
from tests.views.samples import CASE, DMV

FORM = AskModal(REQUEST, CASE, (DMV,), needs_futile=False)
STATEMENTS = [
    BlockId.NEED,
    BlockId.WHY_NOT_STANDARD,
    BlockId.WHY_THIS_REPOSITORY,
    BlockId.LEGAL_BASIS,
    BlockId.DATA_SHARING_BASIS,
]


def field(view: Mapping[str, Any], block: str) -> dict[str, Any]:
    [found] = [b for b in view["blocks"] if b.get("block_id") == block]
    return dict(found)


def test_the_form_asks_for_everything_and_only_once() -> None:
    assert field_ids(ask_modal(FORM)) == [
        BlockId.REPOSITORY,
        *STATEMENTS,
        BlockId.COMMAND,
        BlockId.NEW_FACTS,
        BlockId.TEAM,
    ]


@pytest.mark.parametrize("block", STATEMENTS)
def test_a_statement_has_to_be_made_and_has_its_limits(block: BlockId) -> None:
    asked = field(ask_modal(FORM), block)
    assert asked["optional"] is False
    assert asked["element"]["min_length"] == TEXT_MIN
    assert asked["element"]["max_length"] == TEXT_MAX


def test_a_command_is_named_in_short() -> None:
    element = field(ask_modal(FORM), BlockId.COMMAND)["element"]
    assert element["max_length"] == COMMAND_MAX
    assert "multiline" not in element


def test_one_repository_is_chosen_and_none_beforehand() -> None:
    both = replace(FORM, repositories=(DMV, replace(DMV, name="Parking permits")))
    element = field(ask_modal(both), BlockId.REPOSITORY)["element"]
    assert element["type"] == "static_select"
    assert [o["value"] for o in element["options"]] == ["DMV photographs", "Parking permits"]  # fmt: skip
    assert "initial_option" not in element


def test_each_repository_says_on_what_footing_it_is_held() -> None:
    read = shown(ask_modal(FORM))
    assert DMV.legal_basis in read
    assert DMV.owner in read


def test_why_the_standard_search_is_futile_is_asked_only_before_its_answer() -> None:
    assert BlockId.FUTILE not in field_ids(ask_modal(FORM))
    early = ask_modal(replace(FORM, needs_futile=True))
    assert field(early, BlockId.FUTILE)["optional"] is False


def test_new_facts_are_offered_to_everybody_and_demanded_of_nobody_by_the_form() -> (
    None
):
    assert field(ask_modal(FORM), BlockId.NEW_FACTS)["optional"] is True


def test_colleagues_are_chosen_by_their_accounts() -> None:
    team = field(ask_modal(FORM), BlockId.TEAM)
    assert team["element"]["type"] == "multi_users_select"
    assert team["optional"] is True


def test_the_form_says_who_decides_and_what_it_is_not_for() -> None:
    read = shown(ask_modal(FORM))
    assert [office for office in OFFICES.values() if office not in read] == []
    assert "never a way around the answer “no possible match”" in read


def test_an_examiner_is_not_told_the_case() -> None:
    read = shown(ask_modal(replace(FORM, case_number="")))
    assert REQUEST in read
    assert "· case" not in read


def test_without_a_repository_there_is_nothing_to_send() -> None:
    view = ask_modal(replace(FORM, repositories=()))
    assert "submit" not in view
    assert field_ids(view) == []


def test_the_form_carries_the_number_only() -> None:
    carried = json.loads(ask_modal(FORM)["private_metadata"])
    assert carried == {"request": REQUEST}

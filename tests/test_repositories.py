"""The file of repositories: every collection with its facts, or the start stops at the entry."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.domain.photographs import STANDARD_REPOSITORY
from bot.domain.repositories import NAME_MAX, STANDARD, Repositories
from bot.errors import Refusal
from bot.repositories import (
    EXCEPTIONAL_MAX,
    FACT_MAX,
    BadRepositories,
    read_repositories,
)

DMV = {
    "name": "DMV photographs",
    "legal_basis": "Vehicle and Traffic Law",
    "owner": "Department of Motor Vehicles",
    "contact": "DMV liaison desk",
    "data_sharing_basis": "Agreement 2026-14",
}
HARBOR = {**DMV, "name": "Harbor Agency photographs", "owner": "Harbor Agency"}


def read(tmp_path: Path, content: Any) -> Repositories:
    path = tmp_path / "repositories.yaml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    return read_repositories(path, STANDARD_REPOSITORY)


def without(entry: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {k: v for k, v in entry.items() if k != name}


def test_without_a_file_there_is_the_standard_repository_alone() -> None:
    found = read_repositories(None, "booking photographs")
    assert found.standard.name == "booking photographs"
    assert found.standard.legal_basis == STANDARD.legal_basis
    assert found.exceptional == {}


def test_every_exceptional_repository_is_known_by_its_name(tmp_path: Path) -> None:
    found = read(tmp_path, {"exceptional": [DMV, HARBOR]})
    assert list(found.exceptional) == ["DMV photographs", "Harbor Agency photographs"]
    assert found.get_exceptional("DMV photographs").facts() == DMV
    assert found.standard == STANDARD


def test_a_name_nobody_entered_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    found = read(tmp_path, {"exceptional": [DMV]})
    with pytest.raises(Refusal, match=f"{STANDARD_REPOSITORY}, DMV photographs"):
        found.get("dmv photographs")


def test_facts_of_the_standard_repository_can_be_said_otherwise(tmp_path: Path) -> None:
    found = read(tmp_path, {"standard": {"owner": "Identification Bureau"}})
    assert found.standard.owner == "Identification Bureau"
    assert found.standard.contact == STANDARD.contact
    assert found.standard.name == STANDARD_REPOSITORY


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "exceptional:\n", "{}"])
def test_a_file_that_names_none_adds_none(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text) == read_repositories(None, STANDARD_REPOSITORY)


@pytest.mark.parametrize("name", list(DMV))
def test_a_fact_that_is_missing_or_empty_is_named(tmp_path: Path, name: str) -> None:
    for entry in (without(HARBOR, name), {**HARBOR, name: ""}, {**HARBOR, name: None}):
        with pytest.raises(
            BadRepositories, match=rf"Entry 2 of exceptional.* needs {name}: add it"
        ):
            read(tmp_path, {"exceptional": [DMV, entry]})


@pytest.mark.parametrize("name", list(DMV))
def test_a_fact_may_be_as_long_as_a_card_can_show_and_no_longer(
    tmp_path: Path, name: str
) -> None:
    most = NAME_MAX if name == "name" else FACT_MAX
    read(tmp_path, {"exceptional": [{**DMV, name: "x" * most}]})
    with pytest.raises(BadRepositories, match=f"{name} of Entry 1 .*Shorten it to {most}"):  # fmt: skip
        read(tmp_path, {"exceptional": [{**DMV, name: "x" * (most + 1)}]})


@pytest.mark.parametrize("value", [" DMV", "DMV ", "two\nlines", "bell\x07", "   "])
@pytest.mark.parametrize("name", ["name", "owner"])
def test_a_fact_is_one_line_without_spaces_around_it(
    tmp_path: Path, name: str, value: str
) -> None:
    with pytest.raises(BadRepositories, match=f"{name} of Entry 1 .*one line"):
        read(tmp_path, {"exceptional": [{**DMV, name: value}]})


def test_a_number_is_no_text(tmp_path: Path) -> None:
    with pytest.raises(BadRepositories, match=r"contact of Entry 1 .*quotation marks"):
        read(tmp_path, {"exceptional": [{**DMV, "contact": 5550100}]})


@pytest.mark.parametrize(
    "content",
    [
        {"exceptional": [{**DMV, "legal_bassis": "x"}]},
        {"standard": {"name": "another"}},
        {"exeptional": [DMV]},
    ],
)
def test_a_key_nobody_knows_is_named_with_the_known_ones(
    tmp_path: Path, content: dict[str, Any]
) -> None:
    with pytest.raises(BadRepositories, match=r"unknown key \w+\. Take it out; known"):
        read(tmp_path, content)


@pytest.mark.parametrize(
    "other", ["DMV photographs", "dmv PHOTOGRAPHS", STANDARD_REPOSITORY.upper()]
)
def test_no_two_repositories_share_a_name_whatever_its_capitals(
    tmp_path: Path, other: str
) -> None:
    with pytest.raises(BadRepositories, match="a name of its own"):
        read(tmp_path, {"exceptional": [DMV, {**HARBOR, "name": other}]})


def test_more_than_a_form_can_explain_are_refused(tmp_path: Path) -> None:
    entries = [{**DMV, "name": f"Number {n}"} for n in range(EXCEPTIONAL_MAX + 1)]
    assert len(read(tmp_path, {"exceptional": entries[1:]}).exceptional) == len(entries) - 1  # fmt: skip
    with pytest.raises(BadRepositories, match="At most"):
        read(tmp_path, {"exceptional": entries})


@pytest.mark.parametrize(
    "content",
    ["[]", "nonsense", "exceptional: [", "exceptional: {name: x}", "exceptional: [x]", "standard: x", "\x00"],
)  # fmt: skip
def test_a_file_of_another_shape_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(BadRepositories):
        read(tmp_path, content)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadRepositories, match=r"lost\.yaml cannot be read"):
        read_repositories(tmp_path / "lost.yaml", STANDARD_REPOSITORY)

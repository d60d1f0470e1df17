"""The collections of photographs: known by their exact name, the standard one without a permission."""

import pytest

from bot.domain.repositories import STANDARD, Repositories, Repository
from bot.errors import Refusal
from tests.builders import DMV

LICENSES = Repository(DMV, "the law", "its owner", "the desk", "the agreement")
KNOWN = Repositories(STANDARD, {DMV: LICENSES})
UNKNOWN = (
    "",
    " ",
    "*",
    "Harbor Agency photographs",
    DMV.upper(),
    f"{DMV} ",
    f"{DMV},*",
)


def test_each_is_found_by_its_name() -> None:
    assert KNOWN.get(STANDARD.name) is STANDARD
    assert KNOWN.get(DMV) is LICENSES
    assert KNOWN.get_exceptional(DMV) is LICENSES


def test_the_standard_one_is_not_one_that_a_commander_opens() -> None:
    with pytest.raises(Refusal, match="needs no authorization") as refused:
        KNOWN.get_exceptional(STANDARD.name)
    assert refused.value.rule == "NOT_EXCEPTIONAL"


@pytest.mark.parametrize("name", UNKNOWN)
def test_a_name_that_is_not_exactly_one_of_them_is_refused_with_those_there_are(
    name: str,
) -> None:
    for find in (KNOWN.get, KNOWN.get_exceptional):
        with pytest.raises(Refusal, match=f"{STANDARD.name}, {DMV}") as refused:
            find(name)
        assert refused.value.rule == "UNKNOWN_REPOSITORY"


def test_the_facts_of_one_are_everything_an_audit_needs_of_it() -> None:
    assert LICENSES.facts() == {
        "name": DMV,
        "legal_basis": "the law",
        "owner": "its owner",
        "contact": "the desk",
        "data_sharing_basis": "the agreement",
    }

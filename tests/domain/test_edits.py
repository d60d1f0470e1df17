"""Which edits there are, within which bounds, and what holds a chain together (policy 1.7, A20)."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.domain.audit import fingerprint
from bot.domain.edits import (
    REFUSED,
    RESTRICTED,
    TOOLS,
    BadParameters,
    ChainBroken,
    Derivative,
    Edit,
    Operation,
    chain_to,
    check_replayed,
    check_total,
    edit_of,
    operation_named,
)
from bot.errors import Refusal

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def a_link(parent: str, sha256: str) -> Derivative:
    return Derivative(
        id=f"DE-{sha256}",
        request_id="FIS-2026-00001",
        examination_id="EX-1",
        parent_sha256=parent,
        sha256=sha256,
        edit=Edit(Operation.GAMMA, {"gamma": 1.4}),
        tool="tool",
        tool_version="1",
        width=10,
        height=10,
        made_by="8101",
        why="The face lies in shadow.",
        at=NOON,
    )


@pytest.mark.parametrize("name", RESTRICTED)
def test_what_some_units_allow_under_conditions_does_not_exist_here(name: str) -> None:
    with pytest.raises(Refusal, match="EDIT_RESTRICTED") as refused:
        operation_named(name)
    assert refused.value.rule == "EDIT_RESTRICTED"


@pytest.mark.parametrize("name", [*REFUSED, "sharpen_ai", "", "CROP", "crop "])
def test_whatever_is_not_on_the_list_is_refused(name: str) -> None:
    with pytest.raises(Refusal) as refused:
        operation_named(name)
    assert refused.value.rule == "EDIT_REFUSED"


@pytest.mark.parametrize("operation", Operation)
def test_the_bounds_themselves_are_inside_and_a_step_beyond_is_not(
    operation: Operation,
) -> None:
    parameters = TOOLS[operation].parameters
    usual = {p.name: f"{(p.neutral or p.least):g}" for p in parameters}
    for parameter in parameters:
        step = 1 if parameter.whole else 0.001
        for bound, beyond in (
            (parameter.least, parameter.least - step),
            (parameter.most, parameter.most + step),
        ):
            if bound != parameter.neutral:
                edit_of(operation, usual | {parameter.name: f"{bound:g}"})
            with pytest.raises(BadParameters) as refused:
                edit_of(operation, usual | {parameter.name: f"{beyond:g}"})
            told = refused.value.errors[parameter.name]
            assert f"{parameter.least:g} to {parameter.most:g}" in told


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "nan",
        "inf",
        "-inf",
        "1e1",
        "1_0",
        "0x1",
        "\uff11",
        "\u0662",
        "1,5",
        "=1+1",
        "1;2",
        "<@U1>",
        "1\n2",
        "9" * 400,
        "1.0000",
        "--1",
        "%s",
        "1.5.1",
        "None",
        "\u20131",
    ],
)
def test_a_hostile_number_is_none(text: str) -> None:
    with pytest.raises(BadParameters) as refused:
        edit_of(Operation.RESIZE, {"factor": text})
    # What was typed is not repeated to anybody.
    assert refused.value.message == (
        "Factor of width and height: A number from 0.25 to 4."
    )


def test_what_changes_nothing_is_no_edit() -> None:
    with pytest.raises(BadParameters, match="change nothing"):
        edit_of(Operation.ROTATE, {"degrees": "-0"})


def test_two_cuts_may_not_leave_nothing() -> None:
    cuts = dict.fromkeys(("left_percent", "right_percent"), "60")
    rest = dict.fromkeys(("top_percent", "bottom_percent"), "0")
    with pytest.raises(BadParameters, match="at most 90 percent"):
        edit_of(Operation.CROP, cuts | rest)


def test_whole_numbers_stay_whole() -> None:
    with pytest.raises(BadParameters, match="A whole number from 1 to 2"):
        edit_of(Operation.DENOISE, {"radius": "1.5"})


def test_a_chain_leads_from_the_original_to_the_last_link() -> None:
    one, two, other = a_link("o", "a"), a_link("a", "b"), a_link("o", "c")
    assert chain_to("b", [other, two, one], "o") == (one, two)
    assert chain_to("o", [one], "o") == ()


@pytest.mark.parametrize(
    "links", [[a_link("a", "b")], [a_link("a", "b"), a_link("b", "a")], []]
)
def test_a_chain_that_does_not_reach_its_original_is_broken(
    links: list[Derivative],
) -> None:
    with pytest.raises(ChainBroken):
        chain_to("b", links, "o")


def test_any_altered_fact_of_a_link_changes_its_fingerprint() -> None:
    link = a_link("o", "a")
    for changed in (
        replace(link, sha256="b"),
        replace(link, parent_sha256="b"),
        replace(link, edit=Edit(Operation.GAMMA, {"gamma": 1.5})),
        replace(link, tool_version="2"),
    ):
        assert changed.fingerprint != link.fingerprint


def test_nothing_is_released_before_every_link_was_repeated() -> None:
    link = a_link("o", "a")
    done = replace(link, replayed_at=NOON)
    check_replayed([done], is_under_way=False)
    check_replayed([], is_under_way=False)
    for links, is_under_way in (([link], False), ([done, link], False), ([done], True)):
        with pytest.raises(Refusal) as refused:
            check_replayed(links, is_under_way=is_under_way)
        assert refused.value.rule == "EDIT_CHAIN_UNCHECKED"
    with pytest.raises(ChainBroken, match="other pixels"):
        check_replayed([replace(done, replay_error="other pixels")], is_under_way=False)


def test_a_link_kept_before_who_and_why_were_in_the_fingerprint_is_believed() -> None:
    link = a_link("a", "b")
    told = {"fingerprint": fingerprint(link.facts())}
    assert link.is_recorded(told)
    assert not replace(link, width=11).is_recorded(told)
    now = {"fingerprint": link.fingerprint, "fingerprint_version": 2}
    assert link.is_recorded(now)
    assert not replace(link, made_by="9999").is_recorded(now)
    assert not link.is_recorded(told | {"fingerprint_version": 2})


@pytest.mark.parametrize(
    ("operation", "before", "then"),
    [
        ("resize", {"factor": "4"}, {"factor": "1.001"}),
        ("resize", {"factor": "0.5"}, {"factor": "0.499"}),
        ("aspect", {"factor": "0.5"}, {"factor": "0.999"}),
        ("exposure", {"stops": "3"}, {"stops": "0.001"}),
        ("contrast", {"factor": "2"}, {"factor": "1.001"}),
        ("gamma", {"gamma": "1.6"}, {"gamma": "1.6"}),
        ("deinterlace", {"field": "0"}, {"field": "1"}),
        ("white_balance", {"red": "1", "blue": "2"}, {"red": "1", "blue": "1.1"}),
    ],
)
def test_edits_do_not_leave_the_bounds_together(
    operation: str, before: dict[str, str], then: dict[str, str]
) -> None:
    chain = [edit_of(Operation(operation), before)]
    with pytest.raises(BadParameters) as refused:
        check_total(chain, edit_of(Operation(operation), then))
    assert refused.value.rule == "EDIT_BOUNDS"


def test_cropping_twice_cuts_no_more_than_once_could() -> None:
    sides = {f"{side}_percent": "0" for side in ("left", "top", "right", "bottom")}
    half = edit_of(Operation.CROP, sides | {"left_percent": "50"})
    most = edit_of(Operation.CROP, sides | {"right_percent": "80"})
    check_total([half], most)
    with pytest.raises(BadParameters, match="left and right"):
        check_total(
            [half, most], edit_of(Operation.CROP, sides | {"left_percent": "1"})
        )


def test_a_mild_denoise_may_be_repeated_once() -> None:
    mild = edit_of(Operation.DENOISE, {"radius": "2"})
    check_total([mild], mild)
    with pytest.raises(BadParameters, match="twice"):
        check_total([mild, mild], mild)


def test_what_is_taken_back_or_turned_again_stays_within_bounds() -> None:
    larger = edit_of(Operation.RESIZE, {"factor": "4"})
    check_total([larger], edit_of(Operation.RESIZE, {"factor": "0.25"}))
    check_total([larger] * 3, edit_of(Operation.ROTATE, {"degrees": "180"}))
    turn = edit_of(Operation.ROTATE, {"degrees": "170"})
    check_total([turn, turn], turn)

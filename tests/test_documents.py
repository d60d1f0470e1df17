"""The documents: complete, in step with the program, and free of what does not belong in them.

``python -m tests.test_documents`` draws docs/workflow.md anew.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from PIL import Image

from app import cli
from bot.config import Settings
from bot.domain.authorizations import AuthorizationState
from bot.domain.authorizations import arrows as authorization_arrows
from bot.domain.purposes import PROHIBITED_IMAGES, PROHIBITED_USES
from bot.domain.workflow import State, Step, arrows

ROOT = Path(__file__).parent.parent
DECISIONS = sorted((ROOT / "docs/decisions").glob("*.md"))
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
WORKFLOW = ROOT / "docs/workflow.md"
README = (ROOT / "README.md").read_text()
Arrows = Sequence[tuple[str, str, str]]
HEADINGS = ["Context", "Decision", "Consequences", "What else was considered"]


def name(document: Path) -> str:
    return str(document.relative_to(ROOT))


def diagram() -> str:
    """The page that shows both tables; withdrawing would hide the rest under its arrows."""
    requests = [arrow for arrow in arrows() if arrow[1] is not Step.WITHDRAW]
    ends = [state for state in State if state.is_final]
    over = [state for state in AuthorizationState if not state.is_open]
    return "\n".join(
        [
            "# The course of a request, and of an authorization",
            "",
            "Drawn from the tables in `bot/domain/workflow.py` and `bot/domain/authorizations.py`; a test compares them.",
            "",
            "## A request",
            "",
            "Any request that is still open can also be withdrawn.",
            "",
            *_drawn(State.RECEIVED, requests, ends),
            *_table(arrows()),
            "",
            "## An authorization",
            "",
            "A commander's permission to search one exceptional repository once. Its search is *search_other* above; when "
            "an authorization ends while its search is under way, the request takes *fall_back* or *resume*, and a lead "
            "that came of it is taken back by *recall*.",
            "",
            *_drawn(AuthorizationState.PENDING, authorization_arrows(), over),
            *_table(authorization_arrows()),
            "",
        ]
    )


def _drawn(start: str, drawn: Arrows, ends: Sequence[str]) -> Iterator[str]:
    yield "```mermaid"
    yield "stateDiagram-v2"
    yield f"    [*] --> {start}"
    yield from (f"    {before} --> {after}: {step}" for before, step, after in drawn)
    yield from (f"    {end} --> [*]" for end in ends)
    yield from ("```", "")


def _table(drawn: Arrows) -> Iterator[str]:
    yield from ("| State | Step | Next state |", "|---|---|---|")
    yield from (f"| {before} | {step} | {after} |" for before, step, after in drawn)


def test_the_decisions_are_numbered_without_a_gap() -> None:
    numbers = [int(path.name[:4]) for path in DECISIONS]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= 14


@pytest.mark.parametrize("decision", DECISIONS, ids=name)
def test_a_decision_has_its_parts_in_order(decision: Path) -> None:
    text = decision.read_text()
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS
    assert text.startswith(f"# {decision.name[:4]} ")
    assert re.search(
        r"^Status: (accepted|superseded by \d{4}), \d{4}-\d\d-\d\d$", text, re.MULTILINE
    )


@pytest.mark.parametrize("decision", DECISIONS, ids=name)
def test_a_decision_can_be_quoted_and_names_its_price(decision: Path) -> None:
    text = decision.read_text()
    decided = text.split("## Decision\n\n")[1]
    assert decided.startswith("**")
    assert "price" in text


@pytest.mark.parametrize("decision", DECISIONS, ids=name)
def test_a_decision_fits_a_page(decision: Path) -> None:
    assert len(decision.read_text().split()) <= 500


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_every_link_inside_the_project_leads_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text())
    assert [t for t in targets if not (document.parent / t).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_no_document_knows_a_machine_on_which_it_was_written(document: Path) -> None:
    assert not re.search(r"(?<![\w.])/(work|tmp|root|home)/", document.read_text())


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_a_setting_that_is_named_exists(document: Path) -> None:
    named = set(re.findall(r"\bFIS_([A-Z_]+)\b", document.read_text())) - {"MODELS"}
    assert named <= {field.upper() for field in Settings.model_fields}


def test_every_setting_is_explained_to_the_operator() -> None:
    text = (ROOT / "docs/operations.md").read_text()
    assert [
        field for field in Settings.model_fields if f"`FIS_{field.upper()}`" not in text
    ] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_a_command_that_is_named_exists(document: Path) -> None:
    commands = {
        each.name or each.callback.__name__
        for each in cli.registered_commands
        if each.callback is not None
    }
    commands |= {group.name for group in cli.registered_groups if group.name}
    assert set(re.findall(r"\bapp\.py ([a-z]+)\b", document.read_text())) <= commands


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_a_make_target_that_is_named_exists(document: Path) -> None:
    targets = set(
        re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    )
    assert set(re.findall(r"`make ([a-z]+)`", document.read_text())) <= targets


def test_the_drawings_are_the_tables_of_the_program() -> None:
    assert WORKFLOW.read_text() == diagram()


def test_what_the_drawing_leaves_out_is_withdrawing_an_open_request() -> None:
    withdrawn = {start for start, step, _ in arrows() if step is Step.WITHDRAW}
    assert withdrawn == {state for state in State if not state.is_final}


def test_an_authorization_ends_only_where_nothing_can_come_of_it_any_more() -> None:
    drawn = authorization_arrows()
    waiting = {start for start, _, _ in drawn}
    revoked_later = {AuthorizationState.CONSUMED}
    assert waiting - revoked_later == {s for s in AuthorizationState if s.is_open}


@pytest.mark.parametrize("text", [README, (ROOT / "docs/operations.md").read_text()])
def test_a_make_target_in_a_block_of_commands_exists(text: str) -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    used = re.findall(r"(?:`|^)make ([a-z]+)", text, re.MULTILINE)
    assert used
    assert set(used) <= targets


def test_the_readme_names_every_rule_about_prohibited_uses_and_no_other() -> None:
    named = set(re.findall(r"`(P_[A-Z_]+)`", README))
    assert named == {*PROHIBITED_IMAGES, *PROHIBITED_USES}


def pictures() -> list[Path]:
    return [ROOT / path for path in re.findall(r"!\[[^]]+\]\(([^)]+)\)", README)]


def test_every_picture_that_is_kept_is_shown() -> None:
    assert sorted(pictures()) == sorted((ROOT / "docs/pictures").iterdir())


@pytest.mark.parametrize("picture", pictures(), ids=name)
def test_a_picture_is_a_whole_screen_and_small(picture: Path) -> None:
    with Image.open(picture) as image:
        assert image.size == (1280, 800)
    assert picture.stat().st_size < 250_000


def test_the_samples_that_the_readme_picks_exist() -> None:
    samples = re.findall(r"`([\w-]+\.jpg)`", README)
    assert samples
    folder = ROOT / "bot/sandbox/portraits/probes"
    assert [each for each in samples if not (folder / each).exists()] == []


def test_the_licence_is_apache_2_word_for_word() -> None:
    found = hashlib.sha256((ROOT / "LICENSE").read_bytes()).hexdigest()
    assert found == "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"


def test_the_notice_says_what_is_not_known_about_the_training_data() -> None:
    notice = " ".join((ROOT / "NOTICE").read_text().split())
    assert "trained on is not documented" in notice


@pytest.mark.parametrize("part", ["SFace", "YuNet", "fake-avatars", "slack-api-ref"])
def test_the_notice_names_what_others_made(part: str) -> None:
    assert part in (ROOT / "NOTICE").read_text()


def test_the_changelog_has_a_place_for_what_is_not_released() -> None:
    text = (ROOT / "CHANGELOG.md").read_text()
    assert text.index("## [Unreleased]") < text.index("### Security")


def test_the_glossary_explains_each_word_once() -> None:
    rows = re.findall(
        r"^\| (?!Word|-)([^|]+) \|", (ROOT / "docs/glossary.md").read_text(), re.M
    )
    assert len(rows) == len(set(rows)) > 30


if __name__ == "__main__":
    WORKFLOW.write_text(diagram())

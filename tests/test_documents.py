"""The documents: complete, in step with the program, and free of what does not belong in them.

``python -m tests.test_documents`` draws docs/workflow.md anew.
"""

import hashlib
import re
from pathlib import Path

import pytest
from PIL import Image

from app import cli
from bot.config import Settings
from bot.domain.purposes import PROHIBITED_IMAGES, PROHIBITED_USES
from bot.domain.workflow import State, Step, arrows

ROOT = Path(__file__).parent.parent
DECISIONS = sorted((ROOT / "docs/decisions").glob("*.md"))
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
WORKFLOW = ROOT / "docs/workflow.md"
README = (ROOT / "README.md").read_text()
HEADINGS = ["Context", "Decision", "Consequences", "What else was considered"]


def name(document: Path) -> str:
    return str(document.relative_to(ROOT))


def diagram() -> str:
    """The page that shows the table of states; withdrawing would hide the rest under its arrows."""
    drawn = [
        f"    {start} --> {end}: {step}"
        for start, step, end in arrows()
        if step is not Step.WITHDRAW
    ]
    ends = [f"    {state} --> [*]" for state in State if state.is_final]
    table = [f"| {start} | {step} | {end} |" for start, step, end in arrows()]
    return "\n".join(
        [
            "# The course of a request",
            "",
            "Drawn from the table in `bot/domain/workflow.py`; a test compares them. Any request that is still open can "
            "also be withdrawn.",
            "",
            "```mermaid",
            "stateDiagram-v2",
            f"    [*] --> {State.RECEIVED}",
            *drawn,
            *ends,
            "```",
            "",
            "| State | Step | Next state |",
            "|---|---|---|",
            *table,
            "",
        ]
    )


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
    assert set(re.findall(r"\bapp\.py ([a-z]+)\b", document.read_text())) <= commands


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_a_make_target_that_is_named_exists(document: Path) -> None:
    targets = set(
        re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    )
    assert set(re.findall(r"`make ([a-z]+)`", document.read_text())) <= targets


def test_the_drawing_of_the_workflow_is_the_table_of_the_program() -> None:
    assert WORKFLOW.read_text() == diagram()


def test_what_the_drawing_leaves_out_is_withdrawing_an_open_request() -> None:
    withdrawn = {start for start, step, _ in arrows() if step is Step.WITHDRAW}
    assert withdrawn == {state for state in State if not state.is_final}


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

"""What a clone must hold, and what must never be in it."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LOCKS = ("requirements.lock", "requirements-dev.lock")


def pins(lock: str) -> dict[str, str]:
    found = re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / lock).read_text(), re.M)
    return dict(found)


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_holds_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    assert "index-url" not in text


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_hashes(lock: str) -> None:
    entries = re.split(r"\n(?=[a-z])", (ROOT / lock).read_text().strip())
    assert len(entries) > 20
    assert [e.split()[0] for e in entries if "--hash=sha256:" not in e] == []


def test_both_opencv_packages_are_at_the_one_version_that_works() -> None:
    locked = pins("requirements.lock")
    assert locked["opencv-python-headless"] == "4.14.0.94"
    assert locked["opencv-contrib-python-headless"] == "4.14.0.94"


def test_the_development_lock_repeats_no_runtime_package_at_another_version() -> None:
    runtime, development = pins("requirements.lock"), pins("requirements-dev.lock")
    both = runtime.keys() & development.keys()
    assert both
    # numpy and others are pinned per Python version; the last pin stands for all of them here.
    assert {p for p in both if runtime[p] != development[p]} == set()


def test_no_photograph_lies_outside_the_known_folders() -> None:
    kinds = {".jpg", ".jpeg", ".png", ".webp", ".heic", ".bmp", ".gif"}
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert tracked
    pictures = [p for p in tracked if Path(p).suffix.lower() in kinds]
    # docs/pictures shows those portraits, tests/matching/data holds painted rectangles.
    known = ("bot/sandbox/portraits/", "docs/pictures/", "tests/matching/data/")
    assert [p for p in pictures if not p.startswith(known)] == []

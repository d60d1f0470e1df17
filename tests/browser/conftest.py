"""A real demonstration, in a process of its own, and a browser for everybody in it."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.people import People

ROOT = Path(__file__).parents[2]
_OPEN = re.compile(r"Open (http://127\.0\.0\.1:\d+/)")
_QUIET = (
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None
    )
    assert chromium, "there is no Chromium: run make test-browser, which installs it"
    # Chromium refuses its own sandbox to the superuser, as whom containers often run.
    args = [*_QUIET, *(["--no-sandbox"] if os.getuid() == 0 else [])]
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=args)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "data"


@pytest.fixture(scope="session")
def demo(data: Path) -> Iterator[str]:
    """The address of the page of a fresh demonstration."""
    command = [sys.executable, "app.py", "demo", "--data", str(data), "--port", "0"]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield _address(process)
        finally:
            process.terminate()


def _address(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if found := _OPEN.search(line):
            return found[1]
    raise AssertionError(f"the demonstration did not start: {''.join(said)}")


@pytest.fixture
def people(browser: Browser, demo: str) -> Iterator[People]:
    """Everybody in the workspace, each at a window of their own."""
    everybody = People(browser, demo)
    yield everybody
    everybody.leave()

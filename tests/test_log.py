"""The operators' log says what happened, and of no person and no secret anything."""

import json
import subprocess
import sys
from typing import Any

import pytest

from bot.log import STRUCK_OUT, redact


def redacted(**event: Any) -> dict[str, Any]:
    return dict(redact(None, "info", event))


@pytest.mark.parametrize(
    "secret",
    [
        "xoxb-12345-abcDEF",
        "xoxp-1-2-3",
        "xapp-1-A0-9-f",
        "Bearer xyz.123",
        "https://files.slack.com/files-pri/T1-F1/still.jpg",
        "http://127.0.0.1:8400/files-pri/T-FIS-F-1/still.jpg",
    ],
)
def test_tokens_and_file_links_are_struck_out_wherever_they_stand(secret: str) -> None:
    kept = redacted(
        event="failed",
        error=f"SlackApiError: {secret} was refused",
        calls=[{"header": secret}, (secret,)],
    )
    assert secret.split()[-1] not in json.dumps(kept)
    assert STRUCK_OUT in kept["error"]
    assert "was refused" in kept["error"]


@pytest.mark.parametrize(
    "field",
    [
        "case_number",
        "name",
        "reason",
        "factual_basis",
        "text",
        "blocks",
        "particulars",
    ],
)
def test_what_tells_of_a_person_or_case_is_struck_out_by_its_name(field: str) -> None:
    kept = redacted(event="e", request={field: "Dana Ruiz"}, **{field: "Dana Ruiz"})
    assert kept == {"event": "e", "request": {field: STRUCK_OUT}, field: STRUCK_OUT}


def test_ids_and_numbers_stay_readable() -> None:
    event = {"event": "work.claimed", "request": "FIS-2026-000001", "attempt": 2}
    assert redacted(**event) == event


def test_a_traceback_and_a_library_are_redacted_too() -> None:
    """In a process of its own: logging is set up once for a whole process."""
    code = """
import logging
import structlog
from bot import log
log.configure()
try:
    raise ValueError("xoxb-12345-secret at https://files.slack.com/a.jpg")
except ValueError:
    structlog.get_logger().exception("it.failed", request="FIS-2026-000001")
    logging.getLogger("slack_sdk").exception("sent %s", "xoxb-12345-secret")
logging.getLogger("slack_sdk").info("too quiet to be heard")
structlog.get_logger().debug("too.quiet")
"""
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert "secret" not in ended.stderr
    assert "a.jpg" not in ended.stderr
    assert "quiet" not in ended.stderr
    line = json.loads(ended.stderr.splitlines()[0])
    assert (line["event"], line["level"]) == ("it.failed", "error")
    assert line["request"] == "FIS-2026-000001"
    assert "ValueError" in line["exception"]

"""Real processes: the bot as it is served, beside a simulated Slack in the test's own process."""

import asyncio
import base64
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from bot.assembly import environment, free_port
from bot.config import Settings, read_settings
from bot.handlers.front import EVENTS_PATH
from bot.roles import render
from bot.sandbox import cases
from bot.sandbox.server import Sandbox
from tests.jobs.parts import eventually

APP = Path(__file__).parents[2] / "app.py"
PATIENCE_S = 60
Line = dict[str, Any]


@dataclass
class Living:
    """One process of the bot, and what it has said so far."""

    process: subprocess.Popen[str]
    said: list[Line] = field(default_factory=list)
    reactions: list[Callable[[Line], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()

    def _listen(self) -> None:
        """Read as it is written, so that a reaction comes within the same millisecond."""
        assert self.process.stderr is not None
        for text in self.process.stderr:
            line = _read(text)
            self.said.append(line)
            for react in self.reactions:
                react(line)

    def kill(self) -> None:
        """kill -9: it has no chance to tidy up."""
        self.process.kill()
        self.process.wait(PATIENCE_S)

    def end(self) -> int:
        """Ask it to end, as an operator does."""
        self.process.terminate()
        code = self.process.wait(PATIENCE_S)
        self._reader.join(PATIENCE_S)
        return code

    def close(self) -> None:
        if self.process.poll() is None:
            self.kill()
        # Its workers end by themselves soon after it, and hold the other end until then.
        self._reader.join(PATIENCE_S)
        if self.process.stderr is not None:
            self.process.stderr.close()

    def worker_pids(self) -> list[int]:
        return [line["pid"] for line in self.said if line["event"] == "worker.started"]


def _read(text: str) -> Line:
    with suppress(ValueError):
        line = json.loads(text)
        if isinstance(line, dict) and "event" in line:
            return line
    return {"event": "text", "text": text}


def is_alive(pid: int) -> bool:
    """Whether a process still runs; one that has ended and only waits to be noticed does not."""
    try:
        return (
            Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        )
    except (FileNotFoundError, ProcessLookupError):
        return False


@dataclass
class House:
    """A data folder, a workspace, and every process that was started for them."""

    settings: Settings
    sandbox: Sandbox
    processes: list[Living] = field(default_factory=list)

    def start(self, *arguments: str) -> Living:
        process = subprocess.Popen(
            (sys.executable, str(APP), *arguments),
            env=dict(environment(self.settings)),
            cwd=APP.parent,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.processes.append(Living(process))
        return self.processes[-1]

    def serve(self) -> Living:
        return self.start("serve", "--sandbox", "--seconds-between", "0")

    async def is_up(self) -> None:
        """Wait until the bot that was started last answers."""
        last = self.processes[-1]
        health = f"http://{self.settings.host}:{self.settings.port}/health"
        async with aiohttp.ClientSession() as session, asyncio.timeout(PATIENCE_S):
            while not await _answers(session, health):
                assert last.process.poll() is None, last.said
                await asyncio.sleep(0.02)

    async def all_ended(self) -> None:
        """Wait until no process of ours is left, workers of a killed bot included."""
        pids = [p for living in self.processes for p in living.worker_pids()]
        pids += [living.process.pid for living in self.processes]
        await eventually(lambda: not any(map(is_alive, pids)))

    def close(self) -> None:
        for living in self.processes:
            living.close()

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Look at the database from outside."""
        path = self.settings.data_dir / "fis.sqlite3"
        with closing(sqlite3.connect(path, timeout=10)) as connection:
            return connection.execute(query).fetchall()

    def change(self, statement: str, *values: Any) -> None:
        """Make the database what time would have made of it; nobody runs meanwhile."""
        path = self.settings.data_dir / "fis.sqlite3"
        with closing(sqlite3.connect(path, timeout=10)) as connection, connection:
            connection.execute(statement, values)


async def _answers(session: aiohttp.ClientSession, health: str) -> bool:
    with suppress(aiohttp.ClientError):
        async with session.get(health) as answer:
            return answer.status == 200
    return False


def settings_for(home: Path, sandbox: Sandbox, key: bytes, **changes: Any) -> Settings:
    roles = home / "roles.yaml"
    roles.write_text(render(cases.people()))
    port = free_port()
    sandbox.connect(f"http://127.0.0.1:{port}{EVENTS_PATH}")
    given: dict[str, Any] = {
        "_env_file": None,
        "data_dir": home,
        "encryption_key": base64.urlsafe_b64encode(key).decode(),
        "role_map": roles,
        "slack_bot_token": sandbox.bot_token,
        "slack_signing_secret": sandbox.signing_secret,
        "slack_base_url": sandbox.api_url,
        "slack_team": "T-FIS",
        "port": port,
        "request_channel": cases.REQUESTS,
        "examiner_channel": cases.EXAMINERS,
        "supervisor_channel": cases.SUPERVISORS,
        "list_length": 5,
        "lease_seconds": 2,
    }
    return read_settings(**given | changes)


def kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)

"""Every module can be imported with nothing around it, and the rules load nothing heavy."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PURE = ("bot.domain", "bot.views", "bot.errors", "bot.clock")
HEAVY = {
    "numpy",
    "cv2",
    "sqlalchemy",
    "slack_sdk",
    "slack_bolt",
    "chromadb",
    "deepface",
}

# For a bare interpreter. Each module is imported as the first of ours, so that none relies on what
# another happened to import; what is not ours stays loaded, which keeps the whole within seconds.
PROGRAM = """
import gc, importlib, json, sys, traceback

sys.path.insert(0, sys.argv[1])
network, failures = [], {}
calls = ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname")
sys.addaudithook(lambda event, _: network.append(event) if event in calls else None)
gc.disable()  # what is dropped below is looked for now and then: at every turn it takes a quarter longer
for turn, name in enumerate(sys.argv[2:]):
    if turn % 40 == 0:
        gc.collect()
    for ours in [m for m in sys.modules if m.partition(".")[0] in ("bot", "storage")]:
        del sys.modules[ours]
    try:
        importlib.import_module(name)
    except Exception:
        failures[name] = traceback.format_exc()
print(json.dumps({"failures": failures, "network": network, "loaded": list(sys.modules)}))
"""


@dataclass(frozen=True, slots=True)
class Imports:
    failures: dict[str, str]
    network: list[str]
    loaded: list[str]


def modules() -> Iterator[str]:
    """Every module there is, without importing one. Alembic's scripts run inside Alembic only."""
    for package in ("bot", "storage"):
        for path in sorted((ROOT / package).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            if not name.startswith("storage.migrations."):
                yield name.removesuffix(".__init__")


def is_pure(name: str) -> bool:
    return any(name == pure or name.startswith(f"{pure}.") for pure in PURE)


def imported(names: Sequence[str], folder: Path) -> Imports:
    """Import them in a process of its own: no environment, no home, another folder."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", PROGRAM, str(ROOT), *names],
        env={},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Imports(**json.loads(done.stdout.splitlines()[-1]))


def test_every_module_can_be_imported_first_reaches_no_network_and_draws_nothing(
    tmp_path: Path,
) -> None:
    """Asked at once: importing each of them as the first takes 15 seconds."""
    names = list(modules())
    everything = imported(names, tmp_path)
    assert not everything.failures, "\n".join(everything.failures.values())
    assert everything.network == []
    # What draws curves is loaded when a report is drawn.
    assert "bot.matching.evaluation.plots" in names
    assert "matplotlib" not in everything.loaded


def test_the_rules_and_the_views_load_no_heavy_library(tmp_path: Path) -> None:
    pure = [name for name in modules() if is_pure(name)]
    assert "bot.domain.workflow" in pure
    assert HEAVY.isdisjoint(imported(pure, tmp_path).loaded)


def test_an_import_that_fails_or_is_heavy_would_be_noticed(tmp_path: Path) -> None:
    seen = imported(["bot.no_such_module", "sqlalchemy"], tmp_path)
    assert list(seen.failures) == ["bot.no_such_module"]
    assert "sqlalchemy" in seen.loaded

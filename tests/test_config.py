"""Settings: a wrong one stops the start by its name, and a secret is never shown."""

import base64
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from bot.assembly import environment
from bot.config import (
    BadConfiguration,
    Settings,
    check_place,
    read_settings,
)
from bot.domain.identifiers import Identifiers
from bot.domain.photographs import STANDARD_REPOSITORY
from bot.domain.purposes import OffenseCategory

KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()
GIVEN: dict[str, Any] = {
    "_env_file": None,
    "encryption_key": KEY,
    "role_map": "roles.yaml",
    "slack_bot_token": "xoxb-secret",
    "slack_signing_secret": "signing-secret",
    "slack_team": "T-FIS",
    "request_channel": "C-1",
    "examiner_channel": "C-2",
    "supervisor_channel": "C-3",
}
DMV = """
exceptional:
  - name: DMV photographs
    legal_basis: Vehicle and Traffic Law
    owner: Department of Motor Vehicles
    contact: DMV liaison desk
    data_sharing_basis: Agreement 2026-14
"""


@pytest.fixture
def dmv(tmp_path: Path) -> Path:
    path = tmp_path / "repositories.yaml"
    path.write_text(DMV)
    return path


@pytest.fixture(autouse=True)
def _nothing_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in environment(read_settings(**GIVEN)):
        if name.startswith("FIS_"):
            monkeypatch.delenv(name, raising=False)


def test_what_is_given_is_enough_and_the_defaults_are_the_strict_ones() -> None:
    settings = read_settings(**GIVEN)
    assert settings.slack_base_url == "https://slack.com/api/"
    assert (settings.list_length, settings.picture_hours) == (20, 72)
    assert settings.host == "127.0.0.1"
    assert settings.key == bytes(range(32))


@pytest.mark.parametrize(
    "name",
    [
        "encryption_key",
        "role_map",
        "slack_bot_token",
        "slack_team",
        "request_channel",
        "examiner_channel",
        "supervisor_channel",
    ],
)
def test_a_missing_setting_is_named(name: str) -> None:
    given = {k: v for k, v in GIVEN.items() if k != name}
    with pytest.raises(BadConfiguration, match=f"FIS_{name.upper()}: "):
        read_settings(**given)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("encryption_key", "short"),
        ("encryption_key", base64.urlsafe_b64encode(bytes(31)).decode()),
        ("port", -1),
        ("port", 65536),
        ("list_length", 1),
        ("list_length", 51),
        ("blind_check_share", 1.1),
        ("weak_below", -2),
        ("workers", -1),
        ("lease_seconds", 0),
        ("picture_hours", 0),
        ("time_zone", "Mars/Base"),
        ("authorization_hours", 0),
        ("authorization_hours", 14 * 24 + 1),
        ("sign_off_hours", 0),
        ("sign_off_hours", 73),
        ("corroborate_days", 0),
        ("corroborate_days_supervisors", 91),
        ("connection", "pigeon"),
        ("offense_whitelist", ["JAYWALKING"]),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: object) -> None:
    with pytest.raises(BadConfiguration, match=f"FIS_{name.upper()}"):
        read_settings(**GIVEN | {name: value})


@pytest.mark.parametrize("content", [b"White", b"\xff\xfe", None])
def test_a_list_of_names_that_cannot_be_used_stops_the_start(
    tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "names.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadConfiguration, match=r"^FIS_WATCHED_NAMES: "):
        read_settings(**GIVEN | {"watched_names": path})


def test_that_the_list_of_names_changed_shows_but_not_whom_it_names(
    tmp_path: Path,
) -> None:
    path = tmp_path / "names.txt"
    path.write_text("Ann Lee")
    first = read_settings(**GIVEN | {"watched_names": path})
    path.write_text("Ann Lee\nSam Poe")
    second = read_settings(**GIVEN | {"watched_names": path})
    assert first.digest != second.digest
    assert "Poe" not in str(second.public())


def test_all_wrong_settings_are_named_at_once() -> None:
    with pytest.raises(BadConfiguration) as bad:
        read_settings(**GIVEN | {"port": -1, "workers": -1})
    assert {"FIS_PORT", "FIS_WORKERS"} <= {
        line.strip().partition(":")[0] for line in str(bad.value).splitlines()
    }


def test_no_message_and_no_rendering_shows_a_secret() -> None:
    with pytest.raises(BadConfiguration) as bad:
        read_settings(**GIVEN | {"encryption_key": "my-own-secret"})
    assert "my-own-secret" not in str(bad.value)
    shown = repr(read_settings(**GIVEN)) + str(read_settings(**GIVEN).public())
    assert not any(secret in shown for secret in (KEY, "xoxb-secret", "signing-secret"))


def test_a_setting_nobody_knows_is_refused() -> None:
    with pytest.raises(BadConfiguration, match="FIS_LIST_LENGHT"):
        read_settings(**GIVEN | {"list_lenght": 20})


def test_settings_do_not_change_while_the_bot_runs() -> None:
    settings = read_settings(**GIVEN)
    with pytest.raises(ValidationError):
        settings.list_length = 50  # type: ignore[misc]


@pytest.mark.parametrize(
    ("connection", "without", "named"),
    [
        ("http", "slack_signing_secret", "FIS_SLACK_SIGNING_SECRET"),
        ("socket", "slack_app_token", "FIS_SLACK_APP_TOKEN"),
    ],
)
def test_each_connection_needs_its_own_secret(
    connection: str, without: str, named: str
) -> None:
    given = GIVEN | {"slack_app_token": "xapp-1", "connection": connection}
    read_settings(**given)
    with pytest.raises(BadConfiguration, match=named):
        read_settings(**given | {without: None})


def test_an_unknown_identifier_format_is_named() -> None:
    with pytest.raises(BadConfiguration, match="shoe_size"):
        read_settings(**GIVEN | {"identifier_formats": {"shoe_size": (".*", "42")}})


def test_a_configured_identifier_format_takes_the_place_of_the_default() -> None:
    formats = {"case_number": (r"[A-Z]{2}\d{4}", "AB1234")}
    settings = read_settings(**GIVEN | {"identifier_formats": formats})
    assert isinstance(settings.identifiers, Identifiers)
    assert settings.identifiers.parse("case_number", "AB1234") == "AB1234"


# --- repositories, and who decides on them


def test_without_a_file_the_standard_repository_is_the_only_one() -> None:
    known = read_settings(**GIVEN | {"repository": "booking photographs"})
    assert known.known_repositories.standard.name == "booking photographs"
    assert known.known_repositories.exceptional == {}


def test_an_exceptional_repository_needs_a_channel_for_commanders(dmv: Path) -> None:
    given = GIVEN | {"repositories": dmv}
    with pytest.raises(BadConfiguration, match=r"FIS_COMMANDER_CHANNEL.*DMV"):
        read_settings(**given)
    settings = read_settings(**given | {"commander_channel": "C-4"})
    assert list(settings.known_repositories.exceptional) == ["DMV photographs"]


@pytest.mark.parametrize("channel", ["C-1", "C-2", "C-3"])
def test_commanders_have_a_channel_of_their_own(channel: str) -> None:
    with pytest.raises(BadConfiguration, match="FIS_COMMANDER_CHANNEL"):
        read_settings(**GIVEN | {"commander_channel": channel})


def test_a_file_of_repositories_that_cannot_be_stops_the_start_by_its_setting(
    dmv: Path,
) -> None:
    dmv.write_text(DMV.replace("owner", "ownr"))
    with pytest.raises(BadConfiguration, match=r"FIS_REPOSITORIES: Entry 1 .*ownr"):
        read_settings(**GIVEN | {"repositories": dmv, "commander_channel": "C-4"})


def test_a_repository_keeps_its_facts_until_the_next_start(dmv: Path) -> None:
    given = GIVEN | {"repositories": dmv, "commander_channel": "C-4"}
    settings = read_settings(**given)
    before = settings.digest
    dmv.write_text(DMV.replace("2026-14", "2027-1"))
    assert settings.digest == before
    assert read_settings(**given).digest != before


def test_a_copy_that_names_another_file_knows_its_repositories(dmv: Path) -> None:
    settings = read_settings(**GIVEN)
    copied = settings.model_copy(update={"repositories": dmv})
    assert settings.known_repositories.exceptional == {}
    assert list(copied.known_repositories.exceptional) == ["DMV photographs"]


def test_the_facts_of_every_repository_are_public_and_the_path_is_not(
    dmv: Path, tmp_path: Path
) -> None:
    given = GIVEN | {"repositories": dmv, "commander_channel": "C-4"}
    facts: Any = read_settings(**given).public()["repositories"]
    assert [each["name"] for each in facts] == [STANDARD_REPOSITORY, "DMV photographs"]
    assert facts[1]["data_sharing_basis"] == "Agreement 2026-14"
    elsewhere = tmp_path / "elsewhere.yaml"
    elsewhere.write_text(DMV)
    moved = read_settings(**given | {"repositories": elsewhere})
    assert moved.digest == read_settings(**given).digest


def test_the_key_that_seals_follows_from_the_key_that_encrypts_and_is_another() -> None:
    settings = read_settings(**GIVEN)
    other = base64.urlsafe_b64encode(bytes(range(1, 33))).decode()
    assert len(settings.seal_key) == 32
    assert settings.seal_key == read_settings(**GIVEN).seal_key != settings.key
    assert read_settings(**GIVEN | {"encryption_key": other}).seal_key != settings.seal_key  # fmt: skip


def test_a_seal_made_before_an_update_still_opens() -> None:
    """Nobody changes how the key is derived without finding every authorization altered."""
    assert read_settings(**GIVEN).seal_key.hex().startswith("95afeb35bfa7584f")


# --- what a change of settings is


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("list_length", 30),
        ("blind_check_share", 0.5),
        ("examiner_channel", "C-9"),
        ("commander_channel", "C-9"),
        ("authorization_hours", 24),
        ("sign_off_hours", 12),
        ("corroborate_days", 3),
        ("corroborate_days_supervisors", 10),
        ("offense_whitelist", ["MURDER"]),
        ("model", "ArcFace"),
        ("slack_base_url", "https://slack-gov.com/api/"),
    ],
)
def test_a_change_that_matters_changes_the_digest(name: str, value: object) -> None:
    before = read_settings(**GIVEN).digest
    assert read_settings(**GIVEN | {name: value}).digest != before


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("slack_bot_token", "xoxb-rotated"),
        ("data_dir", "elsewhere"),
        ("port", 4000),
        ("role_map", "elsewhere.yaml"),
    ],
)
def test_a_rotated_secret_or_another_machine_does_not(name: str, value: object) -> None:
    before = read_settings(**GIVEN).digest
    assert read_settings(**GIVEN | {name: value}).digest == before


@pytest.mark.parametrize(
    ("name", "members"),
    [
        ("offense_whitelist", ["MURDER", "RAPE", "ROBBERY"]),
        ("accept_licences", ["ArcFace", "Facenet512", "GhostFaceNet", "VGG-Face"]),
    ],
)
def test_the_members_of_a_set_always_come_in_the_same_order(
    name: str, members: list[str]
) -> None:
    """Python orders a set of words otherwise in every process, and that is no change."""
    settings = read_settings(**GIVEN | {name: members[::-1]})
    assert settings.public()[name] == members


def test_where_faces_go_is_public() -> None:
    assert read_settings(**GIVEN).public()["slack"] == "slack.com"


# --- the environment, from which the workers read them again


def test_another_process_reads_the_same_settings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, dmv: Path
) -> None:
    settings = read_settings(
        **GIVEN
        | {
            "data_dir": tmp_path,
            "repositories": dmv,
            "commander_channel": "C-4",
            "offense_whitelist": ["MURDER"],
            "accept_licences": ["ArcFace"],
            "identifier_formats": {"case_number": (r"\d+", "1")},
            "lease_seconds": 2.5,
        }
    )
    for name, value in environment(settings).items():
        monkeypatch.setenv(name, value)
    again = Settings(_env_file=None)
    assert again == settings
    assert again.digest == settings.digest
    assert again.offense_whitelist == {OffenseCategory.MURDER}


# --- a simulation is no Slack

HERE = "http://127.0.0.1:8400/api/"
SIMULATED = GIVEN | {"slack_bot_token": "xoxb-sandbox-1f", "slack_base_url": HERE}


@pytest.mark.parametrize("host", ["127.0.0.1:8400", "localhost:8400", "[::1]:8400"])
def test_a_simulation_is_served_as_one_only(host: str) -> None:
    settings = read_settings(**SIMULATED | {"slack_base_url": f"http://{host}/api/"})
    check_place(settings, simulated=True)
    with pytest.raises(BadConfiguration, match="FIS_SLACK_BASE_URL"):
        check_place(settings, simulated=False)


@pytest.mark.parametrize(
    "url", ["https://slack.com/api/", "https://slack-gov.com/api", "https://10.0.0.1/"]
)
def test_a_real_slack_is_never_served_as_a_simulation(url: str) -> None:
    settings = read_settings(**GIVEN | {"slack_base_url": url})
    check_place(settings, simulated=False)
    with pytest.raises(BadConfiguration, match="Nothing was started"):
        check_place(settings, simulated=True)


@pytest.mark.parametrize(
    "given",
    [
        {"slack_bot_token": "xoxb-sandbox-1f"},
        {"slack_app_token": "xapp-sandbox-1f"},
    ],
)
def test_a_simulated_token_is_not_shown_to_a_real_slack(given: dict[str, str]) -> None:
    settings = read_settings(**GIVEN | given)
    [name] = given
    with pytest.raises(BadConfiguration, match=f"FIS_{name.upper()} is one of a sim"):
        check_place(settings, simulated=False)


@pytest.mark.parametrize(
    "given",
    [{"slack_bot_token": "xoxb-12-34-aBc"}, {"slack_app_token": "xapp-1-A0-9-f"}],
)
def test_a_real_token_is_not_shown_to_a_simulation(given: dict[str, str]) -> None:
    settings = read_settings(**SIMULATED | given)
    [name] = given
    with pytest.raises(BadConfiguration, match=f"{name.upper()} must be one of a sim"):
        check_place(settings, simulated=True)


def test_a_token_never_travels_in_the_clear() -> None:
    settings = read_settings(**GIVEN | {"slack_base_url": "http://slack.com/api/"})
    with pytest.raises(BadConfiguration, match="https"):
        check_place(settings, simulated=False)


def test_an_address_always_ends_where_method_names_begin() -> None:
    settings = read_settings(**GIVEN | {"slack_base_url": "https://slack-gov.com/api"})
    assert settings.slack_base_url == "https://slack-gov.com/api/"

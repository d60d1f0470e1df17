"""Settings: one frozen, validated object, built once in app.py; secrets masked."""

import base64
import hashlib
import ipaddress
import json
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.domain.candidates import LIST_LENGTH_DEFAULT, LIST_LENGTH_MAX
from bot.domain.identifiers import DEFAULT_FORMATS, Format, Identifiers
from bot.domain.photographs import STANDARD_REPOSITORY
from bot.domain.purposes import OffenseCategory
from bot.errors import FisError

KEY_BYTES = 32


class BadConfiguration(FisError):
    """The start stops here; the message names the setting."""


class Settings(BaseSettings):
    """Read from the environment (``FIS_...``) and from a file ``fis.env`` beside it."""

    model_config = SettingsConfigDict(
        env_prefix="FIS_", env_file="fis.env", frozen=True, extra="forbid"
    )

    data_dir: Path = Path("var")
    encryption_key: SecretStr
    role_map: Path

    slack_bot_token: SecretStr
    slack_signing_secret: SecretStr | None = None
    slack_app_token: SecretStr | None = None
    slack_base_url: str = "https://slack.com/api/"
    slack_team: str
    connection: Literal["http", "socket"] = "http"
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 3000

    request_channel: str
    examiner_channel: str
    supervisor_channel: str

    repository: str = STANDARD_REPOSITORY
    list_length: Annotated[int, Field(ge=2, le=LIST_LENGTH_MAX)] = LIST_LENGTH_DEFAULT
    weak_below: Annotated[float, Field(ge=-1, le=1)] = 0.35
    blind_check_share: Annotated[float, Field(ge=0, le=1)] = 0.2
    offense_whitelist: frozenset[OffenseCategory] = frozenset()
    identifier_formats: dict[str, tuple[str, str]] = {}
    picture_hours: Annotated[int, Field(ge=1)] = 72
    time_zone: str = "America/New_York"

    model: str = "SFace"
    models_dir: Path | None = None
    accept_licences: frozenset[str] = frozenset()
    workers: Annotated[int, Field(ge=0, le=64)] = 1
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    lease_seconds: Annotated[float, Field(gt=0)] = 15.0

    @field_validator("encryption_key")
    @classmethod
    def _is_a_key(cls, value: SecretStr) -> SecretStr:
        try:
            raw = base64.urlsafe_b64decode(value.get_secret_value())
        except ValueError:
            raw = b""
        if len(raw) != KEY_BYTES:
            raise ValueError(
                "must be 32 bytes in URL-safe base64: make one with 'python app.py key'"
            )
        return value

    @field_validator("time_zone")
    @classmethod
    def _is_a_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError) as unknown:
            raise ValueError(
                "is not a known time zone, for example America/New_York"
            ) from unknown
        return value

    @field_validator("slack_base_url")
    @classmethod
    def _ends_with_slash(cls, value: str) -> str:
        return value if value.endswith("/") else value + "/"

    @property
    def key(self) -> bytes:
        return base64.urlsafe_b64decode(self.encryption_key.get_secret_value())

    @property
    def models_home(self) -> Path:
        return self.models_dir if self.models_dir is not None else Path("var/models")

    @property
    def identifiers(self) -> Identifiers:
        """The default number formats, with the configured ones in their place."""
        formats = dict(DEFAULT_FORMATS)
        for kind, (pattern, example) in self.identifier_formats.items():
            formats[kind] = Format(formats[kind].name, pattern, example)
        return Identifiers(formats)

    @property
    def digest(self) -> str:
        """SHA-256 over everything that is no secret: a change of it is an audit event (policy 2.4, R16)."""
        return hashlib.sha256(
            json.dumps(self.public(), sort_keys=True).encode()
        ).hexdigest()

    def public(self) -> dict[str, object]:
        """The settings without secrets and without what belongs to the machine."""
        given = self.model_dump(
            mode="json",
            exclude={
                "encryption_key",
                "slack_bot_token",
                "slack_signing_secret",
                "slack_app_token",
                "data_dir",
                "role_map",
                "models_dir",
                "log_level",
                "host",
                "port",
                "slack_base_url",
            },
        )
        # A set comes in another order in every process, and that is no change.
        in_order = {n: sorted(v) for n, v in self if isinstance(v, frozenset)}
        return given | in_order | {"slack": urlsplit(self.slack_base_url).hostname}


def read_settings(**given: object) -> Settings:
    """Build the settings; raise BadConfiguration with one line per wrong or missing setting."""
    try:
        settings = Settings(**given)  # type: ignore[arg-type]
    except ValidationError as bad:
        lines = [
            f"FIS_{'_'.join(str(p) for p in error['loc']).upper()}: {error['msg']}"
            for error in bad.errors(include_input=False, include_url=False)
        ]
        raise BadConfiguration(
            "Settings cannot be used:\n  " + "\n  ".join(lines)
        ) from None
    check_connection(settings)
    return settings


def check_connection(settings: Settings) -> None:
    """HTTP needs the signing secret, Socket Mode the app-level token."""
    if settings.connection == "http" and settings.slack_signing_secret is None:
        raise BadConfiguration(
            "FIS_SLACK_SIGNING_SECRET is needed when FIS_CONNECTION is http."
        )
    if settings.connection == "socket" and settings.slack_app_token is None:
        raise BadConfiguration(
            "FIS_SLACK_APP_TOKEN is needed when FIS_CONNECTION is socket."
        )
    channels = (
        settings.request_channel,
        settings.examiner_channel,
        settings.supervisor_channel,
    )
    if len(set(channels)) < len(channels):
        raise BadConfiguration(
            "FIS_REQUEST_CHANNEL, FIS_EXAMINER_CHANNEL and FIS_SUPERVISOR_CHANNEL must be three "
            "different channels: whoever asks must not be where candidates are shown."
        )
    unknown = set(settings.identifier_formats) - set(DEFAULT_FORMATS)
    if unknown:
        raise BadConfiguration(
            f"FIS_IDENTIFIER_FORMATS: unknown {sorted(unknown)}; known are {sorted(DEFAULT_FORMATS)}."
        )


def check_place(settings: Settings, *, simulated: bool) -> None:
    """A real Slack and a simulated one must never be taken for each other."""
    address = urlsplit(settings.slack_base_url)
    local = _is_here(address.hostname or "")
    if local and not simulated:
        raise BadConfiguration(
            "FIS_SLACK_BASE_URL points at this machine: that is a simulation. Use 'app.py demo', or "
            "set it to https://slack.com/api/ (https://slack-gov.com/api/ for GovSlack)."
        )
    if simulated and not local:
        raise BadConfiguration(
            "With --sandbox, FIS_SLACK_BASE_URL must be on 127.0.0.1. Nothing was started."
        )
    if not local and address.scheme != "https":
        raise BadConfiguration(
            "FIS_SLACK_BASE_URL must begin with https: the token goes there."
        )


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

"""Settings: one frozen, validated object, built once in app.py; secrets masked."""

import base64
import hashlib
import ipaddress
import json
import re
from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.domain.authorizations import HOURS_DEFAULT, HOURS_MAX
from bot.domain.candidates import (
    LIST_LENGTH_DEFAULT,
    LIST_LENGTH_MAX,
    WEAK_BELOW_DEFAULT,
)
from bot.domain.corroborations import CORROBORATE_DAYS
from bot.domain.identifiers import DEFAULT_FORMATS, Format, Identifiers
from bot.domain.photographs import STANDARD_REPOSITORY
from bot.domain.purposes import OffenseCategory
from bot.domain.queue import HOURS, LEAD_DAYS, Timers
from bot.domain.repositories import Repositories
from bot.domain.watched import BadNames, parse_names
from bot.errors import FisError
from bot.repositories import BadRepositories, read_repositories

KEY_BYTES = 32
_SIMULATED = re.compile(r"(xoxb|xapp)-sandbox-")


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
    commander_channel: str | None = None

    repository: str = STANDARD_REPOSITORY
    repositories: Path | None = None
    authorization_hours: Annotated[int, Field(ge=1, le=HOURS_MAX)] = HOURS_DEFAULT
    sign_off_hours: Annotated[int, Field(ge=1, le=72)] = 24
    corroborate_days: Annotated[int, Field(ge=1, le=90)] = CORROBORATE_DAYS[0]
    corroborate_days_supervisors: Annotated[int, Field(ge=1, le=90)] = CORROBORATE_DAYS[
        -1
    ]
    remind_hours: Annotated[int, Field(ge=1, le=720)] = HOURS[0]
    remind_supervisors_hours: Annotated[int, Field(ge=1, le=720)] = HOURS[1]
    remind_lead_days: Annotated[int, Field(ge=1, le=90)] = LEAD_DAYS
    list_length: Annotated[int, Field(ge=2, le=LIST_LENGTH_MAX)] = LIST_LENGTH_DEFAULT
    weak_below: Annotated[float, Field(ge=-1, le=1)] = WEAK_BELOW_DEFAULT
    blind_check_share: Annotated[float, Field(ge=0, le=1)] = 0.2
    offense_whitelist: frozenset[OffenseCategory] = frozenset()
    identifier_formats: dict[str, tuple[str, str]] = {}
    sealing_feed: Path | None = None
    watched_names: Path | None = None
    picture_hours: Annotated[int, Field(ge=1)] = 72
    time_zone: str = "America/New_York"

    search: Literal["exact", "chroma"] = "exact"
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
    def seal_key(self) -> bytes:
        """What authorizations are sealed with: another key than the one that encrypts (RFC 5869)."""
        derive = HKDF(hashes.SHA256(), KEY_BYTES, None, b"fis-bot authorization seal")
        return derive.derive(self.key)

    @property
    def reminding_days(self) -> tuple[int, int]:
        """When a lead without independent evidence is brought to mind, the last time to supervisors, too."""
        return self.corroborate_days, self.corroborate_days_supervisors

    @property
    def timers(self) -> Timers:
        """When somebody is reminded of what waits."""
        return Timers(
            timedelta(hours=self.remind_hours),
            timedelta(hours=self.remind_supervisors_hours),
            timedelta(days=self.remind_lead_days),
        )

    @property
    def known_repositories(self) -> Repositories:
        """Every repository, as the file named them when it was first asked."""
        return self._known_repositories

    # Kept: a change of the file is one of configuration, and counts from the next start.
    @cached_property
    def _known_repositories(self) -> Repositories:
        return read_repositories(self.repositories, self.repository)

    def model_copy(
        self, *, update: Mapping[str, Any] | None = None, deep: bool = False
    ) -> Self:
        """A copy may name another file: it reads its own."""
        copied = super().model_copy(update=update, deep=deep)
        for kept in ("_known_repositories", "known_names"):
            copied.__dict__.pop(kept, None)
        return copied

    @cached_property
    def known_names(self) -> tuple[str, ...]:
        """Names that are not to be given without notice, as the file had them when it was first asked."""
        if self.watched_names is None:
            return ()
        try:
            return parse_names(self.watched_names.read_text("utf-8"))
        except (OSError, UnicodeDecodeError) as bad:
            raise BadNames(f"{self.watched_names} cannot be read: {bad}") from bad

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
    def governed(self) -> dict[str, object]:
        """What two people decide on, by name: the value approved last is in force, whatever stands here."""
        return {
            "FIS_WEAK_BELOW": self.weak_below,
            "FIS_LIST_LENGTH": self.list_length,
            "FIS_BLIND_CHECK_SHARE": self.blind_check_share,
            "FIS_SEARCH": self.search,
        }

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
                "sealing_feed",
                "watched_names",
                "log_level",
                "host",
                "port",
                "slack_base_url",
            },
        )
        # A set comes in another order in every process, and that is no change.
        in_order = {n: sorted(v) for n, v in self if isinstance(v, frozenset)}
        known = self.known_repositories
        facts = [r.facts() for r in (known.standard, *known.exceptional.values())]
        slack = urlsplit(self.slack_base_url).hostname
        # Which names they are is nobody's business in the log; that the list changed is.
        names = hashlib.sha256("\n".join(self.known_names).encode()).hexdigest()
        about = {"repositories": facts, "slack": slack, "watched_names": names}
        return given | in_order | about


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
    check_repositories(settings)
    check_names(settings)
    check_channels(settings)
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
    unknown = set(settings.identifier_formats) - set(DEFAULT_FORMATS)
    if unknown:
        raise BadConfiguration(
            f"FIS_IDENTIFIER_FORMATS: unknown {sorted(unknown)}; known are {sorted(DEFAULT_FORMATS)}."
        )


def check_repositories(settings: Settings) -> None:
    """The file can be read; whoever decides on an exceptional repository has a channel for it."""
    try:
        exceptional = settings.known_repositories.exceptional
    except BadRepositories as bad:
        raise BadConfiguration(f"FIS_REPOSITORIES: {bad}") from bad
    if exceptional and settings.commander_channel is None:
        raise BadConfiguration(
            f"FIS_COMMANDER_CHANNEL is needed, because FIS_REPOSITORIES names {', '.join(exceptional)}: "
            "commanders are asked there."
        )


def check_names(settings: Settings) -> None:
    """The list of names can be read, and every name is one that can be looked for."""
    try:
        _ = settings.known_names
    except BadNames as bad:
        raise BadConfiguration(f"FIS_WATCHED_NAMES: {bad}") from bad


def check_channels(settings: Settings) -> None:
    """No two of the channels are one."""
    channels = [
        settings.request_channel,
        settings.examiner_channel,
        settings.supervisor_channel,
    ]
    if len(set(channels)) < len(channels):
        raise BadConfiguration(
            "FIS_REQUEST_CHANNEL, FIS_EXAMINER_CHANNEL and FIS_SUPERVISOR_CHANNEL must be three "
            "different channels: whoever asks must not be where candidates are shown."
        )
    if settings.commander_channel in channels:
        raise BadConfiguration(
            "FIS_COMMANDER_CHANNEL must be a channel of its own: what is asked there is for "
            "commanders only."
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
    _check_tokens(settings, simulated=simulated)
    if not local and address.scheme != "https":
        raise BadConfiguration(
            "FIS_SLACK_BASE_URL must begin with https: the token goes there."
        )


def _check_tokens(settings: Settings, *, simulated: bool) -> None:
    """Each place has its own: a real token has no business in a simulation, which writes them down."""
    tokens = {
        "FIS_SLACK_BOT_TOKEN": settings.slack_bot_token,
        "FIS_SLACK_APP_TOKEN": settings.slack_app_token,
    }
    for name, token in tokens.items():
        if token is None:
            continue
        is_simulated = _SIMULATED.match(token.get_secret_value()) is not None
        if is_simulated and not simulated:
            raise BadConfiguration(
                f"{name} is one of a simulation: set the one of your Slack app. Nothing was started."
            )
        if simulated and not is_simulated:
            raise BadConfiguration(
                f"With --sandbox, {name} must be one of a simulation: it begins with xoxb-sandbox- or "
                "xapp-sandbox-. Nothing was started."
            )


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

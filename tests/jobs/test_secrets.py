"""Secrets and faces go where they are needed and nowhere else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from bot.assembly import worker_environment
from bot.config import Settings
from bot.errors import Unavailable
from bot.jobs.uploads import Uploader
from tests.builders import REQUEST, a_picture
from tests.jobs.living import settings_for
from tests.jobs.parts import KEY, PNG, Desk


def _settings(desk: Desk, home: Path) -> Settings:
    return settings_for(home, desk.sandbox, KEY, slack_app_token="xapp-1-secret")


async def test_a_worker_is_given_none_of_slacks_secrets(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = _settings(desk, tmp_path)
    given = worker_environment(settings)
    said = "\n".join(given.values())
    for secret in (desk.sandbox.bot_token, desk.sandbox.signing_secret, "xapp-1"):
        assert secret not in said
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert Settings(_env_file=None).key == settings.key


async def test_a_worker_does_not_find_them_in_the_settings_file_either(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "fis.env"
    file.write_text("FIS_SLACK_APP_TOKEN=xapp-1-secret\n")
    for name, value in worker_environment(_settings(desk, tmp_path)).items():
        monkeypatch.setenv(name, value)
    read = Settings(_env_file=file)
    assert read.slack_app_token is not None
    assert "secret" not in read.slack_app_token.get_secret_value()


@dataclass
class Turning:
    """A place for uploads that sends the face on to somewhere else."""

    base: str = ""
    taken: list[str] = field(default_factory=list)

    async def reserve(self, _request: web.Request) -> web.Response:
        answer = {"ok": True, "file_id": "F-1", "upload_url": f"{self.base}/turn"}
        return web.json_response(answer)

    async def take(self, request: web.Request) -> web.Response:
        self.taken.append(request.path)
        if request.path == "/turn":
            raise web.HTTPTemporaryRedirect(f"{self.base}/elsewhere")
        return web.Response()


@asynccontextmanager
async def turning() -> AsyncIterator[Turning]:
    place = Turning()
    application = web.Application()
    application.router.add_post("/api/files.getUploadURLExternal", place.reserve)
    application.router.add_route("*", "/{path:.*}", place.take)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    place.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield place
    finally:
        await runner.cleanup()


async def test_a_face_is_not_sent_on_to_where_an_upload_is_redirected(
    desk: Desk,
) -> None:
    picture = a_picture(vault_sha256=desk.vault.put(PNG), request_id=REQUEST)
    async with turning() as place:
        client = AsyncWebClient(token="xoxb-1", base_url=f"{place.base}/api/")
        uploader = Uploader(desk.db, desk.vault, client, desk.clock)
        with pytest.raises(Unavailable):
            await uploader.share([picture], "C-EXAMINERS", None)
    assert place.taken == ["/turn"]

"""apps.connections.open: the address of a WebSocket, good for one connection."""

from urllib.parse import urlencode

from bot.sandbox.arguments import Call
from bot.sandbox.records import APP_ID, Json


def open_(call: Call) -> Json:
    query = urlencode({"ticket": call.workspace.issue_ticket(), "app_id": APP_ID})
    return {"url": f"{call.base_url.replace('http', 'ws', 1)}/link/?{query}"}


METHODS = {"apps.connections.open": open_}

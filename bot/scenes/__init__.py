"""What Slack should show of one request, by audience: read from the database, drawn by the views."""

from bot.scenes.scene import Outlook, Rooms, Scene, Wanted, read_scene
from bot.scenes.scenery import Scenery

__all__ = ["Outlook", "Rooms", "Scene", "Scenery", "Wanted", "read_scene"]

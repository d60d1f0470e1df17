"""What a file itself says of where it comes from: marks for people to weigh, never a verdict (policy 7, A19 and A20)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

FOUND_MAX = 120


class Mark(StrEnum):
    """A kind of mark. None of them refuses anything: each can be missing, removed or forged."""

    GENERATOR = "generator"
    EDITOR = "editor"
    CREDENTIALS = "credentials"
    SCREENSHOT = "screenshot"
    DRAWN = "drawn"
    NO_CAMERA = "no_camera"


_SAID: Mapping[Mark, str] = {
    Mark.GENERATOR: "The file says that it was made or changed by a program that generates images",
    Mark.EDITOR: "The file names a program that edits pictures. It may only have cropped or exported it",
    Mark.CREDENTIALS: "The file carries content credentials (C2PA), which tell how it was made. They are not read here",
    Mark.SCREENSHOT: "It looks like a picture of a screen",
    Mark.DRAWN: "Half of the face or more is as white and colourless as paper: a line drawing, or far too bright",
    Mark.NO_CAMERA: "The file names no camera. That is usual for stills of video and for what was sent by a messenger",
}


@dataclass(frozen=True, slots=True)
class Sign:
    """One mark, and what was read or measured for it."""

    mark: Mark
    found: str = ""


def words(sign: Sign) -> str:
    return f"{_SAID[sign.mark]}{f' ({sign.found})' if sign.found else ''}."

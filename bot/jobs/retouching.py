"""What a worker does to show an edit: makes it, and finds the face on it."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from bot.domain.edits import Derivative, Draft, Edit
from bot.domain.pictures import edit_key
from bot.domain.probes import Probe, ProbeFace
from bot.domain.sendings import Picture
from bot.errors import Refusal, Unavailable
from bot.jobs.bench import Bench, probe_face, same_face
from bot.matching import edits, images, sheets
from bot.matching.edits import Edited
from bot.matching.images import Decoded, Image
from storage.vault import Vault


def make(
    bench: Bench, probe: Probe, chain: Sequence[Edit], draft: Draft
) -> tuple[Draft, Picture | None]:
    """Make what somebody wants to look at; ``chain`` leads from the original to its parent.

    What cannot be made comes back with its problem, in the words of whoever looks.
    """
    try:
        original = images.decode(bench.vault.get(probe.sha256)).image
        edited = edits.apply_all(original, [*chain, draft.edit])
    except Refusal as refusal:
        return replace(draft, problem=refusal.message), None
    image = edited.image
    made = replace(
        draft,
        sha256=bench.vault.put(images.encode_png(image)),
        width=image.shape[1],
        height=image.shape[0],
        tool=edits.TOOL,
        tool_version=edits.TOOL_VERSION,
        face=_face(bench, probe, edited),
    )
    key = edit_key(draft.examination_id, draft.id)
    picture = Picture(
        key=key,
        request_id=draft.request_id,
        card=key,
        vault_sha256=bench.vault.put(sheets.photo_card(image)),
        file_name="preview.png",
        title="Preview of an edit",
        alt_text="The still as the edit would make it",
    )
    return made, picture


def _face(bench: Bench, probe: Probe, edited: Edited) -> ProbeFace | None:
    """The face that is searched for, found where the edits have moved it; None if it is not."""
    if (face := probe.face) is None:
        return None
    there = edits.moved(edited.affine, face.points)
    apart = float(np.linalg.norm(there[1] - there[0]))
    wanted = replace(
        face,
        points=tuple((float(x), float(y)) for x, y in there),
        quality=replace(face.quality, inter_eye_px=apart),
    )
    image = edited.image
    try:
        found = same_face(bench.engine.faces(image), wanted)
    except Unavailable:
        return None
    decoded = Decoded(image, "PNG", image.shape[1], image.shape[0], None)
    return probe_face(face.index, found, decoded)


def picture_of(vault: Vault, derivative: Derivative) -> Image:
    """The pixels of a derivative, as they were kept."""
    return edits.from_png(vault.get(derivative.sha256))

"""Makes the edits of a still again, to see that they are what the record says (policy 1.7)."""

from collections.abc import Sequence

import numpy as np

from bot.domain.edits import ChainBroken, Derivative
from bot.domain.probes import Probe
from bot.errors import FisError
from bot.matching import edits, images
from bot.matching.images import Image
from storage.vault import Vault


def repeat(
    vault: Vault,
    probe: Probe,
    chains: Sequence[Sequence[Derivative]],
) -> str:
    """Make each chain again from the original; return what is wrong, empty if nothing is.

    With the tool that made it the same bytes have to come out; with another version, the same pixels.
    """
    try:
        original = images.decode(vault.get(probe.sha256)).image
        for chain in chains:
            _repeat(vault, original, chain)
    except FisError as error:
        return str(error)
    return ""


def _repeat(vault: Vault, original: Image, chain: Sequence[Derivative]) -> None:
    last, kept = chain[-1], vault.get(chain[-1].sha256)
    image = edits.apply_all(original, [one.edit for one in chain]).image
    if not np.array_equal(image, edits.from_png(kept)):
        raise ChainBroken(f"{last.edit.words} leads to other pixels")
    if last.tool_version == edits.TOOL_VERSION and images.encode_png(image) != kept:
        raise ChainBroken(f"{last.edit.words} leads to other bytes")

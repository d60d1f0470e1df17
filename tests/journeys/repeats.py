"""A still that is sent again, as people do it: saved anew, cropped, darker."""

import io
from typing import Any

from PIL import Image, ImageEnhance, ImageOps

from bot.domain.workflow import State
from bot.sandbox import cases
from tests.front import Workplace, still


def edited(image: bytes) -> bytes:
    """Cropped a little, darker, smaller and compressed: another file, the same picture."""
    picture = Image.open(io.BytesIO(image)).convert("RGB")
    width, height = picture.size
    kept = picture.crop(
        (width // 20, height // 20, width - width // 20, height - height // 25)
    )
    darker = ImageEnhance.Brightness(kept).enhance(0.8)
    smaller = darker.resize((int(kept.width * 0.9), int(kept.height * 0.9)))
    saved = io.BytesIO()
    smaller.save(saved, "JPEG", quality=70)
    return saved.getvalue()


def disguised(image: bytes) -> bytes:
    """Mirrored, grey, cropped, dark and compressed: so far from what it was that it is not known at first sight."""
    picture = Image.open(io.BytesIO(image)).convert("RGB")
    width, height = picture.size
    left, top = width // 5, height // 5
    kept = ImageOps.mirror(picture.crop((left, top, width - left, height - top)))
    grey = ImageOps.grayscale(kept).convert("RGB")
    saved = io.BytesIO()
    ImageEnhance.Brightness(grey).enhance(0.6).save(saved, "JPEG", quality=15)
    return saved.getvalue()


async def again(
    workplace: Workplace,
    account: str = cases.DANA,
    image: bytes | None = None,
    case_number: str = "2026-075-001234",
    **changes: Any,
) -> str:
    """One more request with the still of a stranger, unless another image is given."""
    image = image or still("stranger")
    id = await workplace.acts.request(
        account, image, case_number=case_number, changes=changes
    )
    await workplace.settle()
    return id


async def repeated(workplace: Workplace) -> tuple[str, str]:
    """A request that ended with no possible match, and one with the same still that is held."""

    async def reach() -> str:
        await workplace.unanswered()
        held = await again(workplace)
        assert await workplace.state(held) is State.REPEAT_REVIEW
        return held

    held = await workplace.reached("repeated", reach)
    async with workplace.db.snapshot() as snapshot:
        [repeat] = await snapshot.prints.repeats(held)
    return repeat.earlier_id, held

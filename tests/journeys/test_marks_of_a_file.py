"""What the file of a probe says of itself is shown to people who decide, and refuses nothing (policy 7, A19, A20)."""

import io

from PIL import Image as Pillow
from PIL.PngImagePlugin import PngInfo

from bot.domain.audit import Verb
from bot.domain.origins import Mark, Sign, words
from bot.domain.workflow import State
from bot.sandbox import cases
from bot.views.ids import ActionId
from tests.front import Workplace, still, text_of

RECIPE = "portrait of a man, Steps: 20, Sampler: Euler a"
SAID = words(Sign(Mark.GENERATOR, "parameters"))


def generated() -> bytes:
    """The usual still, as a generator of images would have written it."""
    texts, out = PngInfo(), io.BytesIO()
    texts.add_text("parameters", RECIPE)
    with Pillow.open(io.BytesIO(still("mated"))) as picture:
        picture.convert("RGB").save(out, "PNG", pnginfo=texts)
    return out.getvalue()


async def test_a19_the_mark_of_a_generator_is_shown_to_examiner_and_supervisor_only(
    workplace: Workplace,
) -> None:
    id = await workplace.reviewable(image=generated())
    assert (
        await workplace.state(id) is State.SUPERVISOR_REVIEW
    )  # a mark refuses nothing
    sam = await workplace.acts.review(cases.SAM, id)
    assert SAID in text_of(sam.modal)
    [checked] = await workplace.events(Verb.PROBE_CHECKED)
    assert {"mark": "generator", "found": "parameters"} in checked.facts["signs"]

    assert not any("generates images" in said for said in workplace.seen_by(cases.DANA))
    # What a requester has typed into a generator is nobody's to read.
    assert not any(RECIPE in said for said in workplace.seen_by(cases.SAM))


async def test_an_examiner_reads_the_marks_while_the_probe_is_analysed(
    workplace: Workplace,
) -> None:
    id = await workplace.searched(image=generated())
    card = await workplace.acts.examination(id)
    await workplace.acts.sit_down(cases.ERIK, card)
    erik = workplace.person(cases.ERIK)
    await erik.click(cases.EXAMINERS, card["ts"], ActionId.ANALYSE)
    await workplace.settle()
    said = text_of(erik.modal)
    assert SAID in said
    assert "none of them proves anything" in said

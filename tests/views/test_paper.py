"""Pages to print: whatever somebody wrote comes out as text, and the same content as the same bytes."""

import io
from datetime import UTC, datetime

import pytest
from PIL import Image

from bot.views.paper import Paper, printable
from tests.reading_paper import words_of

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOSTILE = '<img src="http://10.0.0.1/x"/><font color="[].__class__">&amp; </para>'


def page(*texts: str) -> bytes:
    paper = Paper("Title " + texts[0][:20], texts[0], AT)
    paper.heading(texts[0])
    for text in texts:
        paper.text(text)
        paper.points([text])
        paper.facts([(text[:30], text), ("empty", "")])
        paper.table(("Head", text[:30]), [(text, text)], (0.3, 0.7))
    return paper.content()


def test_the_same_content_is_the_same_bytes() -> None:
    made = page("Some words.")
    assert made == page("Some words.")
    assert b"/CreationDate (D:20261123120000Z)" in made


def test_markup_that_somebody_wrote_is_text_on_the_page() -> None:
    said = words_of(page(HOSTILE))
    assert '<img src="http://10.0.0.1/x"/>' in said
    assert '<font color="[].__class__">&amp; </para>' in said


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("Żółć Ђорђе Αθηνά علي", "Żółć Ђорђе Αθηνά علي"),
        ("王小明", "[U+738B][U+5C0F][U+660E]"),
        ("a\x00b\x1bc\u202ed", "a[U+0000]b[U+001B]c[U+202E]d"),
        ("\U0001f9d1\ud800", "[U+1F9D1][U+D800]"),
        ("one\r\ntwo\tthree", "one\ntwo    three"),
    ],
)
def test_what_cannot_be_set_is_written_as_its_code_point(
    written: str, printed: str
) -> None:
    assert printable(written) == printed
    assert page(written)


@pytest.mark.parametrize("text", ["x" * 6_000, "word " * 2_000, "\n" * 500, "A"])
def test_nothing_is_too_long_for_a_page(text: str) -> None:
    assert page(text).endswith(b"%%EOF\n")


def test_a_picture_of_any_shape_fits_on_the_page() -> None:
    paper = Paper("Pictures", "foot", AT)
    for size in ((900, 2), (2, 900), (1, 1), (900, 900)):
        file = io.BytesIO()
        Image.new("RGB", size).save(file, "JPEG")
        paper.picture(file.getvalue(), "A picture")
    assert words_of(paper.content()).count("A picture") == 4

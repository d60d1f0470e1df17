"""A still that is too dark: edited, kept, searched and reassigned in a real browser, with the keyboard alone."""

import re

from playwright.sync_api import Locator, expect

from bot.sandbox import cases
from bot.sandbox.editing import SEARCH_WHY, WHY
from tests.browser.keyboard import Keys
from tests.browser.people import At, People, analyse, request, take

CASE = "2026-075-007777"
EDITS, COME = "Edits of the still…", "Preview of the edit above"
_WAIT_MS = 60_000
_MEAN = """img => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [img.naturalWidth, img.naturalHeight];
  const drawing = canvas.getContext("2d");
  drawing.drawImage(img, 0, 0);
  const { data } = drawing.getImageData(0, 0, canvas.width, canvas.height);
  return data.reduce((sum, level, at) => sum + (at % 4 < 3 ? level : 0), 0) / (data.length * 0.75);
}"""
_TO_THE_END = "img => img.scrollIntoView({ block: 'end' })"
_LOADED = "img => img.complete && img.naturalWidth > 0"
_SHAPE = "img => img.naturalWidth / img.naturalHeight"


def test_a_dark_still_is_brightened_and_searched_with_the_keyboard_alone(
    people: People,
) -> None:
    number = request(people(cases.DANA), "dark-1.jpg", CASE)
    erik = people(cases.ERIK)
    keys = Keys(erik.page)
    card = _card(erik, number, 0)
    take(erik, card)

    edits = card.get_by_role("button", name=EDITS)
    edits.focus()
    erik.page.keyboard.press("Enter")
    keys.choose(erik.modal.get_by_role("combobox", name="Edit"), "Exposure")
    dark = _previewed(erik, keys, "1")
    light = _previewed(erik, keys, "2.5")
    assert light > 1.3 * dark
    erik.modal.get_by_role("img").evaluate(_TO_THE_END)
    erik.look("editing")
    keys.type(erik.modal.get_by_role("textbox", name="Why"), WHY)
    keys.press(erik.modal.get_by_role("button", name="Keep"))
    expect(erik.page.get_by_role("dialog")).to_have_count(0, timeout=_WAIT_MS)

    _open_until(erik, keys, edits, "Edit 1")
    keys.press(erik.modal.get_by_role("button", name="Search on an edit…"))
    expect(erik.modal.get_by_role("heading", name="Search on an edit")).to_be_visible()
    keys.type(erik.modal.get_by_role("textbox", name="Why"), SEARCH_WHY)
    erik.look("searching-edited")
    keys.press(erik.modal.get_by_role("button", name="Search", exact=True))
    expect(erik.page.get_by_role("dialog")).to_have_count(0, timeout=_WAIT_MS)

    again = _card(erik, number, 1)
    take(erik, again)
    analyse(erik, again)
    again.get_by_role("button", name=re.compile(r"repl(y|ies)")).click()
    thread = erik.page.get_by_role("complementary", name="Thread")
    sheet = thread.get_by_alt_text(re.compile("^Probe and candidate A side")).last
    expect(sheet).to_be_attached(timeout=_WAIT_MS)
    sheet.locator("..").focus()
    erik.page.keyboard.press("Enter")
    large = erik.modal.get_by_role("img")
    _loads(large)
    # Two faces make about a square; here the original stands beside the edit.
    assert large.evaluate(_SHAPE) > 1.6
    erik.look("edited")
    erik.page.keyboard.press("Escape")

    _reassigned(people, number)


def _reassigned(people: People, number: str) -> None:
    sam, erik = people(cases.SAM), people(cases.ERIK)
    keys = Keys(sam.page)
    card = _card(sam, number, 1)
    card.get_by_role("button", name="Reassign…").focus()
    sam.page.keyboard.press("Enter")
    expect(sam.modal).to_be_visible()
    sam.look("reassigning")
    keys.type(sam.modal.get_by_role("textbox"), "Too short")
    keys.press(sam.modal.get_by_role("button", name="Reassign"))
    expect(sam.modal.get_by_role("textbox")).to_be_focused()
    keys.type(
        sam.modal.get_by_role("textbox"), "Examiner Lund was called away to court."
    )
    keys.press(sam.modal.get_by_role("button", name="Reassign"))
    expect(sam.page.get_by_role("dialog")).to_have_count(0, timeout=_WAIT_MS)
    expect(_card(sam, number, 2).get_by_role("button", name="Take")).to_be_visible(
        timeout=_WAIT_MS
    )
    erik.go_to_bot()
    erik.reads("called away to court")


def _card(person: At, number: str, place: int) -> Locator:
    if person.page.get_by_role("heading", name="# fis-examiners").count() == 0:
        person.go(cases.EXAMINERS)
    messages = person.page.get_by_role("region", name="Messages", exact=True)
    cards = messages.get_by_role("article").filter(has_text=f"Comparison for {number}")
    return cards.nth(place)


def _previewed(person: At, keys: Keys, stops: str) -> float:
    """Ask for a preview and return its mean level, once another picture than before is there."""
    picture = person.modal.get_by_role("img")
    before = picture.get_attribute("src") if picture.count() else ""
    keys.type(
        person.modal.get_by_role("textbox", name="Stops, brighter or darker"), stops
    )
    keys.press(person.modal.get_by_role("button", name="Preview"))
    expect(picture).not_to_have_attribute("src", before or "", timeout=_WAIT_MS)
    expect(person.modal.get_by_text(COME)).to_be_visible(timeout=_WAIT_MS)
    heard = person.page.get_by_role("status").filter(has_text="Picture: The still")
    expect(heard).to_have_count(1)
    _loads(picture)
    level: float = picture.evaluate(_MEAN)
    return level


def _loads(picture: Locator) -> None:
    picture.page.wait_for_function(_LOADED, arg=picture.element_handle())


def _open_until(person: At, keys: Keys, button: Locator, words: str) -> None:
    """Open a form again and again: what was sent may take a moment to be kept."""
    for _ in range(20):
        keys.press(button)
        expect(person.modal).to_be_visible()
        if words in person.modal.inner_text():
            return
        person.page.keyboard.press("Escape")
        expect(person.page.get_by_role("dialog")).to_have_count(0)
    raise AssertionError(f"never said: {words}")

"""People at the page: what they click, type and see, found by role and name as they would find it."""

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from bot.sandbox import cases
from bot.sandbox.acts import BASIS, CARRIED, REASON

PICTURES = os.environ.get("FIS_PICTURES", "")
"""A folder in which the pictures of the documents are made anew; none are made without it."""

_WAIT_MS = 60_000
_TAKES_MAX = 60
_LARGEST = 250_000
_THEMES = ("dark", "light")
_SET_THEME = "theme => { document.documentElement.dataset.theme = theme; }"
# Listens beside the page, on the very connections that the page opens.
_LISTEN = """
window.heard = 0;
const count = (event) => { window.heard += 1; };
for (const kind of ["EventSource", "WebSocket"]) {
  window[kind] = class extends window[kind] {
    constructor(...given) { super(...given); this.addEventListener("message", count); }
  };
}
"""
BOT = "FIS Bot"


class At:
    """One person at one window."""

    def __init__(self, page: Page, address: str, account: str) -> None:
        self.page = page
        self.account = account
        self._address = address
        self.troubles: list[str] = []
        page.set_default_timeout(_WAIT_MS)
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.add_init_script(_LISTEN)

    def go(self, channel: str) -> None:
        """Open a conversation by its link, as a bookmark does."""
        self.page.goto("about:blank")
        self.page.goto(f"{self._address}#as={self.account}&channel={channel}")
        expect(self.page.get_by_role("main")).to_be_visible()

    def go_to_bot(self) -> None:
        self.page.goto("about:blank")
        self.page.goto(f"{self._address}#as={self.account}")
        self.page.get_by_role("button", name=re.compile(f"^{BOT}(?! home)")).click()

    # --- reading

    @property
    def modal(self) -> Locator:
        return self.page.get_by_role("dialog").last

    def message(self, words: str) -> Locator:
        """The last message that says something, in the conversation that is open."""
        messages = self.page.get_by_role("region", name="Messages", exact=True)
        return messages.get_by_role("article").filter(has_text=words).last

    def reads(self, words: str) -> None:
        expect(self.message(words)).to_be_visible(timeout=_WAIT_MS)

    # --- acting

    def says(self, words: str) -> None:
        box = self.page.get_by_role("textbox", name=re.compile("^Message "))
        box.fill(words)
        box.press("Enter")

    def press(self, button: str, on: str) -> None:
        self.message(on).get_by_role("button", name=button).click()

    def fill(self, texts: Mapping[str, str]) -> None:
        for label, text in texts.items():
            self.modal.get_by_role("textbox", name=label).fill(text)

    def choose(self, choices: Mapping[str, str]) -> None:
        for label, option in choices.items():
            self.modal.get_by_role("combobox", name=label).select_option(label=option)

    def tick(self, group: str, *boxes: str) -> None:
        for box in boxes:
            named = self.modal.get_by_role("group", name=group)
            named.get_by_role("checkbox", name=box).check()

    def send(self, button: str) -> None:
        self.modal.get_by_role("button", name=button).click()

    def sends(self, button: str) -> None:
        """Send a form that is complete: its window closes."""
        self.send(button)
        expect(self.page.get_by_role("dialog")).to_have_count(0, timeout=_WAIT_MS)

    # --- looking

    def glances(self, name: str) -> None:
        """Look at the form that was just asked for, and send nothing."""
        expect(self.modal).to_be_visible()
        self.look(name)
        self.page.keyboard.press("Escape")
        expect(self.page.get_by_role("dialog")).to_have_count(0)

    def look(self, name: str) -> None:
        """No serious trouble for anybody who cannot see or use a mouse, by day and by night; and pictures,
        if wanted."""
        # What looks for trouble also scrolls.
        for theme in _THEMES if PICTURES else ():
            self.page.evaluate(_SET_THEME, theme)
            self._keep(name if theme == "light" else f"{name}-{theme}")
        for theme in _THEMES:
            self.page.evaluate(_SET_THEME, theme)
            self._check(f"{name}, {theme}")

    def _keep(self, name: str) -> None:
        """One picture; with faces it would be too much for a document without a palette."""
        path = Path(PICTURES) / f"{name}.png"
        self.page.screenshot(path=path, animations="disabled")
        if path.stat().st_size > _LARGEST:
            with Image.open(path) as whole:
                plain = whole.convert("RGB")
            plain.quantize(palette=plain.quantize(256)).save(path, optimize=True)

    def _check(self, where: str) -> None:
        found = Axe().run(self.page)
        grave = [
            f"{one['id']}: {one['help']} at {[n['target'] for n in one['nodes']][:3]}"
            for one in found.response["violations"]
            if one["impact"] in ("serious", "critical")
        ]
        assert grave == [], f"{where}: {grave}"

    def heard(self) -> int:
        """How many events this page has been sent since it was opened."""
        count: int = self.page.evaluate("window.heard")
        return count

    def status(self, path: str) -> int:
        """What the server answers when this window is taken to an address."""
        answer = self.page.goto(f"{self._address}{path}")
        assert answer is not None
        return answer.status


class People:
    """Opens a window for whoever is asked for."""

    def __init__(self, browser: Browser, address: str) -> None:
        self._browser = browser
        self._address = address
        self._there: dict[str, At] = {}

    def __call__(self, account: str) -> At:
        if account not in self._there:
            context = self._browser.new_context(viewport={"width": 1280, "height": 800})
            self._there[account] = At(context.new_page(), self._address, account)
        return self._there[account]

    def leave(self) -> None:
        for person in self._there.values():
            assert person.troubles == [], person.account
            person.page.context.close()


def fill_request(person: At, still: str, case: str, **changes: str) -> None:
    """Fill in an armed robbery from a shop's camera, as a detective does."""
    person.says(f"/fis-request {case}")
    expect(person.modal).to_be_visible()
    person.choose(
        {
            "Purpose": "Person believed to have committed, or about to commit, a crime",
            "Where the image comes from": changes.get(
                "source", "Camera of a business (shop, bank, transit)"
            ),
        }
    )
    expect(person.modal.get_by_role("textbox", name="Complaint number")).to_be_visible()
    person.choose({"Offense category": changes.get("category", "Robbery")})
    person.fill(
        {
            "Complaint number": "2026-075-001234",
            "Date, time and place of the crime": "2026-11-20, 22:40, 511 Vanderbilt Ave",
            "Factual basis": BASIS,
        }
    )
    person.choose({"A sample still of the simulation": still})
    person.tick(
        "I state that",
        "I do not know who this is, and other means have not told me",
        "The image was lawfully obtained in this investigation",
    )
    person.tick(
        "Does the image show, or is it, any of these?",
        changes.get("image", "None of these"),
    )
    person.tick("Is the search wanted for any of these?", "None of these")


def request(person: At, still: str, case: str, **changes: str) -> str:
    """Send a request and return its number, as the own card shows it."""
    person.go(cases.REQUESTS)
    fill_request(person, still, case, **changes)
    person.sends("Send request")
    person.go_to_bot()
    card = person.message(case)
    expect(card).to_be_visible()
    found = re.search(r"FIS-\d{4}-\d{6}", card.inner_text())
    assert found
    return found[0]


def examine(
    person: At,
    number: str,
    place: int,
    supports: Callable[[], str | None],
    picture: str = "",
) -> None:
    """Take the examination at this place, compare every candidate, and submit.

    ``supports`` tells the letter of whoever is on the probe, as looking tells an examiner.
    """
    person.go(cases.EXAMINERS)
    messages = person.page.get_by_role("region", name="Messages", exact=True)
    cards = messages.get_by_role("article").filter(has_text=f"Comparison for {number}")
    card = cards.nth(place)
    take(person, card)
    analyse(person, card, picture)
    if picture:
        card.get_by_role("button", name="Hand back…").click()
        person.glances("giving")
    card.get_by_role("button", name=re.compile(r"repl(y|ies)")).click()
    thread = person.page.get_by_role("complementary", name="Thread")
    # They come in several messages: the last of them moves the thread.
    told = re.search(r"(\d+) candidates? to compare", card.inner_text())
    assert told
    candidates = thread.get_by_role("group", name=re.compile(r"^Candidate [A-Z]$"))
    expect(candidates).to_have_count(int(told[1]), timeout=_WAIT_MS)
    if picture:
        first = thread.get_by_text("Candidate A", exact=True).last
        first.evaluate("node => node.scrollIntoView({ block: 'start' })")
        person.look("examination")
        shown = thread.get_by_role("button").filter(has=person.page.get_by_role("img"))
        shown.first.click()
        expect(person.modal).to_be_visible()
        person.look("viewer")
        person.page.keyboard.press("Escape")
    letters, match = _letters(thread), supports()
    for letter in letters:
        _decide(person, thread, letter, letter == match, picture)
    receipts = f"{len(letters)} of {len(letters)} decided"
    expect(thread.get_by_text(receipts)).to_be_visible(timeout=_WAIT_MS)
    card.get_by_role("button", name="Submit").click()
    expect(person.modal).to_be_visible()
    if (
        match is not None
    ):  # the stills of the demonstration are small: a warning has to be overridden
        person.fill({"Why the image carries what you propose": CARRIED})
    person.sends("Submit")


def check_context(person: At, number: str, picture: str = "") -> None:
    """Open what is unmasked to whoever compared first, and find nothing against it."""
    person.go_to_bot()
    messages = person.page.get_by_role("region", name="Messages", exact=True)
    told = messages.get_by_role("article").filter(has_text=f"Context check of {number}")
    told.get_by_role("button", name="Check the context…").click()
    expect(person.modal).to_be_visible()
    if picture:
        person.look(picture)
    for menu in person.modal.get_by_role("combobox").all():
        chosen = menu.locator("option:checked").inner_text()
        if chosen not in ("Unknown", "Inconsistent"):
            menu.select_option(label="Consistent")
        if chosen == "Inconsistent":
            menu.select_option(label="Inconsistent, explained in the note")
            person.modal.get_by_role("textbox", name="Note").last.fill(REASON)
    person.sends("Save")


def take(person: At, card: Locator) -> None:
    """Take an examination, as soon as nobody else's candidates are in Slack any more."""
    messages = person.page.get_by_role("region", name="Messages", exact=True)
    notes = messages.get_by_text("are still in Slack")
    for _ in range(_TAKES_MAX):
        told = notes.count()
        card.get_by_role("button", name="Take").click()
        answer = card.get_by_text("Taken by").or_(notes.nth(told))
        expect(answer.first).to_be_visible(timeout=_WAIT_MS)
        if card.get_by_text("Taken by").count():
            return
        person.page.wait_for_timeout(500)
    raise AssertionError("the candidates of another examination stay in Slack")


def analyse(person: At, card: Locator, picture: str = "") -> None:
    """Look at the probe alone, in which everything can be seen."""
    card.get_by_role("button", name="Analyse the probe…").click()
    expect(person.modal).to_be_visible()
    if picture:
        person.look("analysis")
    for choice in (r"^Good", r"^Every component can be seen"):
        person.modal.get_by_role("radio", name=re.compile(choice)).check()
    person.sends("Save for good")


def _letters(thread: Locator) -> list[str]:
    text = thread.inner_text()
    return list(dict.fromkeys(re.findall(r"^Candidate ([A-Z])$", text, re.MULTILINE)))


def _decide(
    person: At, thread: Locator, letter: str, is_match: bool, picture: str
) -> None:
    section = thread.get_by_role("group", name=f"Candidate {letter}", exact=True)
    if is_match:
        section.get_by_role("button", name="Compare…").click()
        expect(person.modal).to_be_visible()
        if picture:
            person.look(picture)
        for component in ("Eyes", "Nose", "Mouth"):
            menu = person.modal.get_by_label(re.compile(rf"^{component}\b"))
            menu.select_option(label="Similar")
        person.modal.get_by_role("radio", name=re.compile(r"^\+2")).check()
        person.fill({"Reasons": REASON})
        person.sends("Save")
    else:
        section.get_by_role("button", name="Exclude", exact=True).click()

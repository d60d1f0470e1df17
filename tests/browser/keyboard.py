"""Somebody at the page who has no mouse."""

from playwright.sync_api import Locator, Page, expect

_STOPS_MAX = 80


class Keys:
    """Goes from stop to stop with Tab, types, and presses Enter."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def reach(self, wanted: Locator) -> None:
        """Tab on until it has the keyboard; refuse to go round for ever."""
        expect(wanted).to_be_visible()
        for _ in range(_STOPS_MAX):
            if self.is_at(wanted):
                return
            self._page.keyboard.press("Tab")
        raise AssertionError(f"cannot be reached by Tab: {wanted}")

    def is_at(self, wanted: Locator) -> bool:
        here: bool = wanted.evaluate("node => node === document.activeElement")
        return here

    def press(self, wanted: Locator) -> None:
        self.reach(wanted)
        self._page.keyboard.press("Enter")

    def type(self, wanted: Locator, text: str) -> None:
        self.reach(wanted)
        self._page.keyboard.press("Control+A")
        self._page.keyboard.type(text)

    def choose(self, wanted: Locator, option: str) -> None:
        """In a menu, by the first letters of what is wanted."""
        self.reach(wanted)
        self._page.keyboard.type(option)
        expect(wanted.locator("option:checked")).to_have_text(option)

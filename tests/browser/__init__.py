"""The page in a real browser, as people use it: run by ``make test-browser``."""

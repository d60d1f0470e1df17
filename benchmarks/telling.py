"""What a benchmark says while it works: on stderr, since its result is the last line of stdout."""

import sys
import time
from collections.abc import Callable

Tell = Callable[[str], None]

_BEGAN = time.monotonic()


def to_stderr(text: str) -> None:
    print(f"{time.monotonic() - _BEGAN:6.0f} s  {text}", file=sys.stderr, flush=True)


def nobody(_text: str) -> None:
    """Where nobody listens."""

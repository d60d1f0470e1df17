"""What a worker process may take: an image made to eat memory ends one attempt, not the machine."""

import resource
from pathlib import Path

HEADROOM_BYTES = 4 * 1024**3


def limit_memory(headroom: int = HEADROOM_BYTES) -> None:
    """Let this process grow by so much and no further; more is a MemoryError in whoever asks.

    Counted is what is its own, from what the loaded engine takes. The files of a gallery, which it
    maps and shares, are not: they may be larger. Where the system does not tell, there is no limit.
    """
    now = _own()
    if now is None:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = now + headroom
    soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def _own() -> int | None:
    """In bytes, what this process alone has and may write to: what RLIMIT_DATA counts."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.is_file() else []
    told = [line.split()[1] for line in lines if line.startswith("VmData:")]
    return int(told[0]) * 1024 if told else None

"""What a worker process may take: an image made to eat memory ends one attempt, not the machine."""

import resource
from pathlib import Path

HEADROOM_BYTES = 4 * 1024**3


def limit_memory(headroom: int = HEADROOM_BYTES) -> None:
    """Let this process grow by so much and no further; more is a MemoryError in whoever asks.

    Counted from what the loaded engine takes, which depends on the machine: libraries reserve
    address space for each core. Where the system does not tell, there is no limit.
    """
    taken = Path("/proc/self/statm")
    if not taken.is_file():
        return
    now = int(taken.read_text().split()[0]) * resource.getpagesize()
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = now + headroom
    soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))

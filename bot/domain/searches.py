"""What a search pins, so that it can be explained and repeated (policy 6.3, 8)."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.galleries import ModelId


@dataclass(frozen=True, slots=True)
class Search:
    """One run of one probe against one gallery version; written together with its candidates."""

    id: str
    request_id: str
    probe_sha256: str
    face_index: int
    model: ModelId
    gallery_version: str
    gallery_digest: str
    gallery_size: int  # templates searched, after filters
    list_length: int
    filters: tuple[str, ...]
    exact: bool
    weak_below: float  # similarity under which a candidate is marked weak in the record
    started_at: datetime
    finished_at: datetime
    authorization_id: str | None = None  # a commander's, if not the standard repository
    concluded_at: datetime | None = (
        None  # when its examination ended with no possible match
    )
    purged_at: datetime | None = None  # when its results were destroyed
    swept_at: datetime | None = None  # when the last of its pictures was destroyed
    sealing_id: str | None = None  # of the order that had its results destroyed

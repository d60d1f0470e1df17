"""The first tables, and the triggers that let the audit log only grow.

There is no way down: it would destroy evidence.
"""

from functools import partial
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _requests()
    _examinations()
    _galleries()
    _slack()
    _record()
    _append_only()


def _column(kind: Any, name: str, *more: Any, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, *more, **{"nullable": False, **options})


_text = partial(_column, sa.String())
_choice = partial(_column, sa.String(40))
_number = partial(_column, sa.Integer())
_real = partial(_column, sa.Double())
_flag = partial(_column, sa.Boolean())
_moment = partial(_column, sa.DateTime(timezone=True))
_date = partial(_column, sa.Date())
_data = partial(_column, sa.LargeBinary())
_json = partial(_column, sa.JSON())


def _requests() -> None:
    op.create_table(
        "request_numbers",
        _number("year", primary_key=True, autoincrement=False),
        _number("last"),
    )
    op.create_table(
        "requests",
        _text("id", primary_key=True),
        _text("case_number", index=True),
        _choice("category"),
        _choice("purpose"),
        _data("particulars"),
        _data("factual_basis"),
        _choice("source"),
        _json("attested"),
        _text("image_file"),
        _number("list_length"),
        _text("requester"),
        _text("requester_account"),
        _text("channel"),
        _moment("submitted_at"),
        _choice("state", index=True),
        _number("round"),
        _data("reason"),
        _moment("closed_at", nullable=True),
        _number("version"),
        _number("change_mark"),
        _number("drawn_mark"),
    )
    op.create_table(
        "probes",
        _text("request_id", sa.ForeignKey("requests.id"), primary_key=True),
        _text("sha256", index=True),
        _number("size"),
        _data("file_name"),
        _moment("stored_at"),
        _text("format"),
        _number("width"),
        _number("height"),
        _json("faces"),
        _number("chosen", nullable=True),
    )
    op.create_table(
        "rulings",
        _number("id", primary_key=True, autoincrement=True),
        _text("request_id", sa.ForeignKey("requests.id"), index=True),
        _number("round"),
        _text("supervisor"),
        _text("ruling"),
        _data("reason"),
        _moment("at"),
        sqlite_autoincrement=True,
    )


def _examinations() -> None:
    op.create_table(
        "searches",
        _number("sequence", primary_key=True, autoincrement=True),
        _text("id", unique=True),
        _text("request_id", sa.ForeignKey("requests.id"), index=True),
        _text("probe_sha256"),
        _number("face_index"),
        _text("gallery_version"),
        _text("gallery_digest"),
        _number("gallery_size"),
        _number("list_length"),
        _json("filters"),
        _flag("exact"),
        _real("weak_below"),
        _moment("started_at"),
        _moment("finished_at"),
        _text("model_name"),
        _text("model_weights_sha256"),
        _number("model_dim"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "candidates",
        _text("id", primary_key=True),
        _text("search_id", sa.ForeignKey("searches.id")),
        _text("subject_id"),
        _text("photo_id"),
        _real("similarity"),
        _number("rank"),
        sa.UniqueConstraint("search_id", "rank"),
        sa.UniqueConstraint("search_id", "subject_id"),
    )
    op.create_table(
        "examinations",
        _text("id", primary_key=True),
        _text("request_id", sa.ForeignKey("requests.id")),
        _text("search_id", sa.ForeignKey("searches.id")),
        _choice("seat"),
        _number("round"),
        _text("seed"),
        _json("order"),
        _moment("opened_at"),
        _text("examiner", nullable=True),
        _moment("taken_at", nullable=True),
        _moment("submitted_at", nullable=True),
        _number("version"),
        sa.UniqueConstraint("request_id", "round", "seat"),
    )
    op.create_table(
        "dispositions",
        _text("examination_id", sa.ForeignKey("examinations.id"), primary_key=True),
        _text("candidate_id", sa.ForeignKey("candidates.id"), primary_key=True),
        _number("conclusion"),
        _data("reason"),
        _moment("at"),
        _choice("exclusion", nullable=True),
    )
    op.create_table(
        "leads",
        _text("request_id", sa.ForeignKey("requests.id"), primary_key=True),
        _text("candidate_id", sa.ForeignKey("candidates.id")),
        _text("subject_id"),
        _text("photo_id"),
        _number("conclusion"),
        _text("examiner"),
        _text("peer"),
        _text("supervisor"),
        _moment("released_at"),
        _text("gallery"),
        _text("text_sha256"),
        _text("disclaimer_version"),
        _moment("acknowledged_at", nullable=True),
    )


def _galleries() -> None:
    op.create_table(
        "photographs",
        _text("id", primary_key=True),
        _text("subject_id", index=True),
        _text("repository", index=True),
        _text("sha256"),
        _text("arrest_number"),
        _date("capture_date", nullable=True),
        _text("sex"),
        _date("birth_date", nullable=True),
        _moment("enrolled_at"),
    )
    op.create_table(
        "templates",
        _text("photo_id", sa.ForeignKey("photographs.id"), primary_key=True),
        _text("model_name", primary_key=True),
        _text("model_weights_sha256", primary_key=True),
        _number("model_dim"),
        _text("subject_id"),
        _data("vector"),
        _json("points"),
    )
    op.create_table(
        "galleries",
        _text("version", primary_key=True),
        _text("repository"),
        _text("digest"),
        _number("size"),
        _moment("built_at"),
        _number("place", unique=True),
        _text("model_name"),
        _text("model_weights_sha256"),
        _number("model_dim"),
    )


def _slack() -> None:
    op.create_table(
        "work",
        _number("id", primary_key=True, autoincrement=True),
        _choice("kind"),
        _text("request_id", sa.ForeignKey("requests.id"), index=True),
        _text("subject"),
        _number("generation"),
        _number("priority"),
        _text("state"),
        _number("attempts"),
        _text("worker"),
        _moment("lease_until"),
        _text("last_error"),
        sa.UniqueConstraint("kind", "request_id", "subject", "generation"),
        sa.Index(None, "state", "priority", "id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "cards",
        _text("key", primary_key=True),
        _text("request_id", index=True),
        _text("channel"),
        _text("digest"),
        _text("ts", nullable=True),
        _text("posted_in", nullable=True),
        sa.Index(None, "posted_in", "ts"),
    )
    op.create_table(
        "pictures",
        _text("key", primary_key=True),
        _text("request_id", sa.ForeignKey("requests.id"), index=True),
        _text("card"),
        _text("vault_sha256"),
        _text("file_name"),
        _text("title"),
        _text("alt_text"),
        _text("slack_file", index=True, nullable=True),
        _moment("shared_at", index=True, nullable=True),
        _moment("removed_at", nullable=True),
    )
    op.create_table(
        "outbox",
        _number("id", primary_key=True, autoincrement=True),
        _text("key", unique=True),
        _choice("kind"),
        _text("request_id", index=True),
        _text("card", index=True),
        _text("channel"),
        _text("thread", nullable=True),
        _data("content"),
        _json("pictures"),
        _moment("created_at", nullable=True),
        _text("state"),
        _number("attempts"),
        _moment("not_before", nullable=True),
        _text("last_error"),
        sa.Index(None, "state", "channel", "id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "deliveries",
        _text("key", primary_key=True),
        _moment("at", index=True),
    )


def _record() -> None:
    op.create_table(
        "audit_log",
        _number("sequence", primary_key=True, autoincrement=False),
        _moment("at"),
        _text("actor"),
        _choice("verb"),
        _text("subject", index=True),
        _data("facts"),
        _text("previous"),
        _text("digest"),
    )
    op.create_table(
        "settings_seen",
        _number("id", primary_key=True, autoincrement=True),
        _text("digest"),
        _moment("at"),
        sqlite_autoincrement=True,
    )


_REFUSED = {
    "update": ("BEFORE UPDATE", ""),
    "delete": ("BEFORE DELETE", ""),
    # Also keeps INSERT OR REPLACE out, which removes a row without any delete trigger.
    "insert": (
        "BEFORE INSERT",
        "WHEN NEW.sequence <> (SELECT COALESCE(MAX(sequence), 0) + 1 FROM audit_log)",
    ),
}


def _append_only() -> None:
    for name, (moment, condition) in _REFUSED.items():
        op.execute(
            f"CREATE TRIGGER audit_log_refuses_{name} {moment} ON audit_log {condition} "
            "BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END"
        )

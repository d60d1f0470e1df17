"""What the examiners' bench keeps: analyses, context checks, edits, repeated probes, corroboration."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("leads", sa.Column("third", sa.String()))
    _sittings()  # before anything refers to examinations
    _prints()
    _corroborations()
    _analyses()
    _context_checks()
    _quality_overrides()
    _edits()


def _analyses() -> None:
    op.create_table(
        "analyses",
        _to("examination_id", "examinations.id", primary_key=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    # Whoever was about to be shown candidates is shown the probe alone first.
    op.execute(
        "UPDATE work SET kind = 'draw_alone' WHERE kind = 'draw' AND state = 'open'"
    )


def _quality_overrides() -> None:
    op.create_table(
        "quality_overrides",
        _to("examination_id", "examinations.id", primary_key=True),
        sa.Column("warned", sa.JSON(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )


def _context_checks() -> None:
    op.create_table(
        "context_checks",
        _to("request_id", "requests.id", primary_key=True),
        sa.Column(
            "round", sa.Integer(), primary_key=True, autoincrement=False, nullable=False
        ),
        _to("candidate_id", "candidates.id", primary_key=True),
        sa.Column("examiner", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
    )


def _prints() -> None:
    op.create_table(
        "probe_prints",
        sa.Column(
            "request_id",
            sa.String(),
            sa.ForeignKey("probes.request_id", ondelete="CASCADE"),
            primary_key=True,
            nullable=False,
        ),
        sa.Column("face", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("is_searched", sa.Boolean(), nullable=False),
        sa.Column("image_hash", sa.BigInteger(), nullable=False),
        sa.Column("face_hash", sa.BigInteger(), nullable=False),
        sa.Column("mirror_hash", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.BigInteger(), nullable=False),
        sa.Column("template", sa.LargeBinary(), nullable=False),
        sa.Column("model_name", sa.String(), nullable=False),
        sa.Column("model_weights_sha256", sa.String(), nullable=False),
        sa.Column("model_dim", sa.Integer(), nullable=False),
    )
    op.create_table(
        "probe_repeats",
        _to("request_id", "requests.id", primary_key=True),
        _to("earlier_id", "requests.id", primary_key=True),
        sa.Column("likeness", sa.String(40), nullable=False),
    )


def _edits() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "derivatives",
        sa.Column("sequence", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(), unique=True, nullable=False),
        _to("request_id", "requests.id", index=True),
        _to("examination_id", "examinations.id"),
        sa.Column("parent_sha256", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), index=True, nullable=False),
        sa.Column("operation", sa.String(40), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("tool", sa.String(), nullable=False),
        sa.Column("tool_version", sa.String(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("why", sa.LargeBinary(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("face", sa.JSON(), nullable=False),
        sa.Column("searched_round", sa.Integer()),
        sa.Column("searched_why", sa.LargeBinary()),
        sa.Column("replayed_at", moment),
        sa.Column("replay_error", sa.String(), nullable=False),
        sa.UniqueConstraint("request_id", "sha256"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "edit_drafts",
        sa.Column("id", sa.String(), primary_key=True, nullable=False),
        _to("request_id", "requests.id", index=True),
        _to("examination_id", "examinations.id", index=True),
        sa.Column("parent_sha256", sa.String(), nullable=False),
        sa.Column("operation", sa.String(40), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("view_id", sa.String(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("sha256", sa.String(), index=True, nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("tool", sa.String(), nullable=False),
        sa.Column("tool_version", sa.String(), nullable=False),
        sa.Column("face", sa.JSON(), nullable=False),
        sa.Column("problem", sa.String(), nullable=False),
        sa.Column("shown", sa.Boolean(), nullable=False),
        sa.Column("dropped", sa.Boolean(), nullable=False),
    )


def _corroborations() -> None:
    op.create_table(
        "corroborations",
        _request_id(),
        sa.Column("evidence", sa.String(40), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("obtained_on", sa.Date(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "lead_reports",
        _request_id(),
        sa.Column("kind", sa.String(40), primary_key=True, nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("corroborated", sa.Boolean(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )


def _request_id() -> sa.Column[str]:
    request = sa.ForeignKey("requests.id")
    return sa.Column("request_id", sa.String(), request, primary_key=True)


def _sittings() -> None:
    """An examination may have several sittings. SQLite cannot change what is unique in a table that
    others refer to: both tables are made anew, the referring one first."""
    op.add_column("requests", sa.Column("moved_at", sa.DateTime(timezone=True)))
    op.rename_table("examinations", "examinations_before")
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "examinations",
        sa.Column("id", sa.String(), primary_key=True, nullable=False),
        _to("request_id", "requests.id"),
        _to("search_id", "searches.id"),
        sa.Column("seat", sa.String(40), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("sitting", sa.Integer(), nullable=False),
        sa.Column("seed", sa.String(), nullable=False),
        sa.Column("order", sa.JSON(), nullable=False),
        sa.Column("opened_at", moment, nullable=False),
        sa.Column("examiner", sa.String()),
        sa.Column("taken_at", moment),
        sa.Column("submitted_at", moment),
        sa.Column("left_at", moment),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.UniqueConstraint("request_id", "round", "seat", "sitting"),
    )
    kept = (
        'id, request_id, search_id, seat, round, seed, "order", opened_at, examiner, '
        "taken_at, submitted_at, version"
    )
    op.execute(
        f"INSERT INTO examinations ({kept}, sitting) "  # noqa: S608  our own words
        f"SELECT {kept}, 1 FROM examinations_before"
    )
    _dispositions()
    op.drop_table("examinations_before")
    op.create_table(
        "hand_backs",
        _to("examination_id", "examinations.id", primary_key=True),
        _to("request_id", "requests.id", index=True),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("at", moment, nullable=False),
    )


def _dispositions() -> None:
    op.rename_table("dispositions", "dispositions_before")
    op.create_table(
        "dispositions",
        _to("examination_id", "examinations.id", primary_key=True),
        _to("candidate_id", "candidates.id", primary_key=True),
        sa.Column("conclusion", sa.Integer(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("exclusion", sa.String(40)),
        sa.Column("findings", sa.LargeBinary()),
        sa.Column("seconds", sa.Integer()),
    )
    kept = "examination_id, candidate_id, conclusion, reason, at, exclusion, findings"
    op.execute(
        f"INSERT INTO dispositions ({kept}) SELECT {kept} FROM dispositions_before"  # noqa: S608
    )
    op.drop_table("dispositions_before")


def _to(name: str, other: str, **more: Any) -> sa.Column[str]:
    return sa.Column(name, sa.String(), sa.ForeignKey(other), nullable=False, **more)

"""Sealed photographs, governed changes, and what is known of a photograph and of a gallery."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "photographs",
        sa.Column("case_state", sa.String(), nullable=False, server_default=""),
    )
    op.create_index("ix_photographs_sha256", "photographs", ["sha256"])
    op.add_column(
        "galleries",
        sa.Column("calibration", sa.JSON(), nullable=False, server_default="[]"),
    )
    op.add_column("dispositions", sa.Column("findings", sa.LargeBinary()))
    op.add_column("searches", sa.Column("sealing_id", sa.String()))
    op.create_index("ix_searches_sealing_id", "searches", ["sealing_id"])
    op.create_table(
        "sealings",
        sa.Column("id", sa.String(), primary_key=True, nullable=False),
        sa.Column("order_reference", sa.String(), nullable=False),
        sa.Column("arrest_hash", sa.String(), index=True, nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "tombstones",
        sa.Column("photo_id", sa.String(), primary_key=True, nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("repository", sa.String(), index=True, nullable=False),
        sa.Column("sha256", sa.String(), index=True, nullable=False),
        sa.Column(
            "sealing_id",
            sa.String(),
            sa.ForeignKey("sealings.id"),
            index=True,
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "changes",
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(), unique=True, nullable=False),
        sa.Column("kind", sa.String(40), index=True, nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("why", sa.LargeBinary(), nullable=False),
        sa.Column("proposed_by", sa.String(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(40), index=True, nullable=False),
        sa.Column("decided_by", sa.String()),
        sa.Column("decided_by_account", sa.String(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("drawn", sa.Integer(), nullable=False),
        sqlite_autoincrement=True,
    )

"""Whose photographs are on a picture that shows several; what the file of a probe tells of its origin."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _picture_photographs()
    op.add_column("probes", sa.Column("signs", sa.LargeBinary(), nullable=True))


def _picture_photographs() -> None:
    op.create_table(
        "picture_photographs",
        sa.Column(
            "picture_key",
            sa.String(),
            sa.ForeignKey("pictures.key", ondelete="CASCADE"),
            primary_key=True,
            nullable=False,
        ),
        sa.Column(
            "photo_id", sa.String(), primary_key=True, index=True, nullable=False
        ),
    )

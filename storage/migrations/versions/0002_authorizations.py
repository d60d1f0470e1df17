"""Authorizations for exceptional repositories, and what a search and a lead owe to one."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "authorizations",
        sa.Column("id", sa.String(), primary_key=True, nullable=False),
        sa.Column(
            "request_id",
            sa.String(),
            sa.ForeignKey("requests.id"),
            index=True,
            nullable=False,
        ),
        *_required(
            sa.String(),
            *("case_number", "probe_sha256", "face_place", "repository"),
            *("asked_by", "asked_by_account"),
            *("decided_by_account", "decided_title", "seal", "ended_by_account"),
        ),
        *_required(sa.Integer(), "face_index", "version"),
        *_required(sa.LargeBinary(), "grounds", "reason", "end_reason"),
        *_required(sa.DateTime(timezone=True), "asked_at", "expires_at"),
        *_required(sa.JSON(), "told"),
        sa.Column("state", sa.String(40), index=True, nullable=False),
        sa.Column("decided_by", sa.String()),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("ended_by", sa.String()),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
    )
    op.add_column("searches", sa.Column("authorization_id", sa.String(), index=True))
    op.add_column("searches", sa.Column("concluded_at", sa.DateTime(timezone=True)))
    op.add_column("searches", sa.Column("purged_at", sa.DateTime(timezone=True)))
    op.add_column("searches", sa.Column("swept_at", sa.DateTime(timezone=True)))
    _conclude_what_was_answered()
    op.add_column("leads", sa.Column("authorization_id", sa.String()))
    op.create_table(
        "discards", sa.Column("sha256", sa.String(), primary_key=True, nullable=False)
    )
    op.create_table(
        "standard_repository",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("name", sa.String(), nullable=False),
    )
    _record_what_was_searched()


def _required(kind: Any, *names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=False) for name in names]


def _record_what_was_searched() -> None:
    """So far there was one repository, which was searched without any authorization."""
    op.execute(
        "INSERT INTO standard_repository (id, name) SELECT 1, MIN(repository) FROM "
        "(SELECT repository FROM galleries UNION SELECT repository FROM photographs) "
        "HAVING COUNT(*) = 1"
    )


def _conclude_what_was_answered() -> None:
    """Of requests that ended before, the last search is the one that was answered."""
    op.execute(
        "UPDATE searches SET concluded_at = "
        "(SELECT closed_at FROM requests WHERE requests.id = searches.request_id) "
        "WHERE request_id IN (SELECT id FROM requests WHERE state = 'no_possible_match') "
        "AND sequence = (SELECT MAX(later.sequence) FROM searches AS later "
        "WHERE later.request_id = searches.request_id)"
    )

"""The audit replaces no row

Revision ID: 0013
Revises: 0012
"""

from __future__ import annotations

from alembic import op

from core.models.audit import NO_REPLACE

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(NO_REPLACE)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER IF EXISTS audit_event_no_replace")

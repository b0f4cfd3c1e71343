"""Unfinished results of a metric, rows the judge is of two minds about, calls that repeat another

Revision ID: 0014
Revises: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_result_state", "result", ["metric_id", "state"])
    op.create_index("ix_metric_review_unstable", "metric_review", ["metric_id", "unstable"])
    op.drop_index("ix_metric_review_labelled", "metric_review")
    op.create_index("ix_metric_review_labelled", "metric_review", ["metric_id", "labelled", "expected_value"])
    op.add_column("call", sa.Column("repeated", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(
        sa.text(
            "UPDATE call SET repeated = true WHERE EXISTS (SELECT * FROM call AS other WHERE "
            "other.project_id = call.project_id AND other.digest = call.digest AND other.id != call.id)"
        )
    )
    op.create_index(
        "ix_call_repeated",
        "call",
        ["project_id", "digest"],
        sqlite_where=sa.text("repeated IS 1"),
        postgresql_where=sa.text("repeated IS true"),
    )


def downgrade() -> None:
    op.drop_index("ix_call_repeated", "call")
    op.drop_column("call", "repeated")
    op.drop_index("ix_metric_review_labelled", "metric_review")
    op.create_index("ix_metric_review_labelled", "metric_review", ["metric_id", "labelled"])
    op.drop_index("ix_metric_review_unstable", "metric_review")
    op.drop_index("ix_result_state", "result")

"""History by time: what the overview and the trends ask for

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("metric_review", schema=None) as batch_op:
        batch_op.create_index("ix_metric_review_labelled_at", ["metric_id", "labelled_at"], unique=False)

    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.create_index("ix_run_project_created", ["project_id", "created_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("run", schema=None) as batch_op:
        batch_op.drop_index("ix_run_project_created")

    with op.batch_alter_table("metric_review", schema=None) as batch_op:
        batch_op.drop_index("ix_metric_review_labelled_at")

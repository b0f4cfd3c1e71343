"""Label history, unstable rows, and identical transcripts of a project found by an index

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import core.db

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "label_change",
        sa.Column("id", KEY, nullable=False),
        sa.Column("review_id", KEY, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("user_id", KEY, nullable=True),
        sa.Column("expected_before", sa.Text(), nullable=True),
        sa.Column("feedback_before", sa.Text(), nullable=False),
        sa.Column("labelled_by_before", KEY, nullable=True),
        sa.Column("labelled_at_before", core.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("expected_after", sa.Text(), nullable=True),
        sa.Column("feedback_after", sa.Text(), nullable=False),
        sa.Column("at", core.db.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["review_id"],
            ["metric_review.id"],
            name=op.f("fk_label_change_review_id_metric_review"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["labelled_by_before"], ["user.id"], name=op.f("fk_label_change_labelled_by_before_user")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_label_change_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label_change")),
        sa.UniqueConstraint("review_id", "revision", name=op.f("uq_label_change_review_id_revision")),
    )
    with op.batch_alter_table("metric_review") as batch:
        batch.add_column(sa.Column("unstable", sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table("call") as batch:
        batch.drop_index("ix_call_digest")
        batch.create_index("ix_call_project_digest", ["project_id", "digest"])


def downgrade() -> None:
    with op.batch_alter_table("call") as batch:
        batch.drop_index("ix_call_project_digest")
        batch.create_index("ix_call_digest", ["digest"])
    with op.batch_alter_table("metric_review") as batch:
        batch.drop_column("unstable")
    op.drop_table("label_change")

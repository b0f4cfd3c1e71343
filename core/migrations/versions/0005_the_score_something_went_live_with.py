"""The score something went live with

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("result", schema=None) as batch_op:
        batch_op.add_column(sa.Column("applied_correct", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("applied_total", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("applied_not_judged", sa.Integer(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("result", schema=None) as batch_op:
        batch_op.drop_column("applied_not_judged")
        batch_op.drop_column("applied_total")
        batch_op.drop_column("applied_correct")

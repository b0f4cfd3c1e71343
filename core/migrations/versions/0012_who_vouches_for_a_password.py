"""Who vouches for a password, and links that make somebody a member

Revision ID: 0012
Revises: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MAKER_OF_THE_LINK = """
UPDATE "user" SET vouched_by = (
  SELECT created_by FROM one_time_link
  WHERE one_time_link.user_id = "user".id AND used_at IS NOT NULL
  ORDER BY used_at DESC LIMIT 1
) WHERE password_hash IS NOT NULL
"""


def upgrade() -> None:
    with op.batch_alter_table("user") as batch:
        batch.add_column(sa.Column("vouched_by", KEY, nullable=True))
        batch.create_foreign_key(batch.f("fk_user_vouched_by_user"), "user", ["vouched_by"], ["id"])
    with op.batch_alter_table("one_time_link") as batch:
        batch.add_column(sa.Column("project_id", KEY, nullable=True))
        batch.add_column(sa.Column("role", sa.Integer(), nullable=True))
        batch.create_foreign_key(
            batch.f("fk_one_time_link_project_id_project"), "project", ["project_id"], ["id"]
        )
    op.execute(MAKER_OF_THE_LINK)


def downgrade() -> None:
    op.execute("DELETE FROM one_time_link WHERE project_id IS NOT NULL")
    with op.batch_alter_table("one_time_link") as batch:
        batch.drop_constraint("fk_one_time_link_project_id_project", type_="foreignkey")
        batch.drop_column("role")
        batch.drop_column("project_id")
    with op.batch_alter_table("user") as batch:
        batch.drop_constraint("fk_user_vouched_by_user", type_="foreignkey")
        batch.drop_column("vouched_by")

"""find what a member has begun."""

from alembic import op

revision = "submissions_0002"
down_revision = "submissions_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("snapshot", schema=None) as batch_op:
        batch_op.create_index(
            "ix_snapshot_cohort_creator_created_at", ["cohort", "creator", "created_at"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("snapshot", schema=None) as batch_op:
        batch_op.drop_index("ix_snapshot_cohort_creator_created_at")

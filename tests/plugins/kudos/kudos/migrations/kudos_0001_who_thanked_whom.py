"""who thanked whom."""

import sqlalchemy as sa
from alembic import op

from nbcohort import api

revision = "kudos_0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "kudos",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("cohort", sa.String(), nullable=False),
        sa.Column("giver", sa.String(), nullable=False),
        sa.Column("receiver", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("given_at", api.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kudos")),
    )

"""Adds the values that people put in place of proposed ones."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "corrections",
        sa.Column("repository", sa.String(), nullable=False),
        sa.Column("spec_path", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("preferred", sa.JSON(), nullable=False),
        sa.Column("learned_at", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("repository", "spec_path", "kind", "subject", "field"),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("corrections")

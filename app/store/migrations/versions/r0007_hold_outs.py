"""Adds which patches were judged on the held-out runs of a version."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "hold_outs",
        sa.Column("repository", sa.String(), nullable=False),
        sa.Column("spec_sha256", sa.String(), nullable=False),
        sa.Column("patch_id", sa.String(), nullable=False),
        sa.Column("judged_at", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("repository", "spec_sha256", "patch_id"),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("hold_outs")

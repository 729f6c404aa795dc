"""Adds the names that telemetry came under before its repository was known by its number."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "telemetry_names",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("repository", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_index("ix_telemetry_names_repository", "telemetry_names", ["repository"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("telemetry_names")

"""Adds to the ledger when a measurement was due, over how many runs of the base, and with which prices."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the columns; what was measured before was measured early."""
    for column in (
        sa.Column("horizon_days", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("base_runs", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("strata", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("relative_effect", sa.Float(), nullable=True),
        sa.Column("price_table", sa.String(), nullable=False, server_default=""),
    ):
        op.add_column("ledger", column)


def downgrade() -> None:
    """Drop them."""
    with op.batch_alter_table("ledger") as table:
        for name in ("price_table", "relative_effect", "strata", "base_runs", "horizon_days"):
            table.drop_column(name)

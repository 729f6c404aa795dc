"""Gives a held proposal its reason, and calls proposed what waits for a decision: staged is what is being tried."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the column; until now every undecided proposal was called staged."""
    op.add_column("proposals", sa.Column("held_because", sa.String(), nullable=True))
    op.execute("UPDATE proposals SET state = 'proposed' WHERE state = 'staged'")


def downgrade() -> None:
    """Drop the column and the distinction."""
    op.execute("UPDATE proposals SET state = 'staged' WHERE state = 'proposed'")
    op.drop_column("proposals", "held_because")

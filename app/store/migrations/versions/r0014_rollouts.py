"""Adds rollouts, and how applied proposals ended by their class."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "rollouts",
        sa.Column("repository", sa.String(), nullable=False),
        sa.Column("proposal_id", sa.String(), nullable=False),
        sa.Column("staged_head", sa.String(), nullable=False),
        sa.Column("staged_base", sa.String(), nullable=False),
        sa.Column("staged_at", sa.String(32), nullable=True),
        sa.Column("given_up_head", sa.String(), nullable=False),
        sa.Column("restaged", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("next_at", sa.String(32), nullable=True),
        sa.Column("plan", sa.JSON(), nullable=True),
        sa.Column("progress", sa.JSON(), nullable=True),
        sa.Column("baked_until", sa.String(32), nullable=True),
        sa.Column("visible", sa.String(), nullable=False),
        sa.Column("revert_number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("repository", "proposal_id"),
        sa.ForeignKeyConstraint(
            ["repository", "proposal_id"], ["proposals.repository", "proposals.id"]
        ),
    )
    op.create_table(
        "class_outcomes",
        sa.Column("repository", sa.String(), nullable=False),
        sa.Column("proposal_id", sa.String(), nullable=False),
        sa.Column("patch_class", sa.String(), nullable=False),
        sa.Column("ending", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("repository", "proposal_id"),
        sa.ForeignKeyConstraint(
            ["repository", "proposal_id"], ["proposals.repository", "proposals.id"]
        ),
    )
    op.create_index("ix_class_outcomes_patch_class", "class_outcomes", ["patch_class"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("class_outcomes")
    op.drop_table("rollouts")

"""Adds our pull requests, and the pages of proposals that they show."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "pull_requests",
        sa.Column("repository", sa.String(), nullable=False),
        sa.Column("proposal_id", sa.String(), nullable=False),
        sa.Column("branch", sa.String(), nullable=False),
        sa.Column("base_branch", sa.String(), nullable=False),
        sa.Column("base_commit", sa.String(), nullable=False),
        sa.Column("head_commit", sa.String(), nullable=False),
        sa.Column("spec_sha256_after", sa.String(), nullable=False),
        sa.Column("opened_at", sa.String(32), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("previous_head", sa.String(), nullable=False),
        sa.Column("rebased_at", sa.String(32), nullable=True),
        sa.Column("body_sha256", sa.String(), nullable=False),
        sa.Column("is_dressed", sa.Boolean(), nullable=False),
        sa.Column("is_left_alone", sa.Boolean(), nullable=False),
        sa.Column("ending", sa.String(), nullable=True),
        sa.Column("ending_reason", sa.String(), nullable=False),
        sa.Column("ended_at", sa.String(32), nullable=True),
        sa.Column("decided_by", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("repository", "proposal_id"),
        sa.ForeignKeyConstraint(
            ["repository", "proposal_id"], ["proposals.repository", "proposals.id"]
        ),
    )
    op.create_index("ix_pull_requests_number", "pull_requests", ["number"])
    op.create_table(
        "pages",
        sa.Column("repository", sa.String(), nullable=False),
        sa.Column("proposal_id", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("usd_per_review_minute", sa.Float(), nullable=False),
        sa.Column("written_at", sa.String(32), nullable=False),
        sa.Column("needs_person", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("repository", "proposal_id"),
        sa.ForeignKeyConstraint(
            ["repository", "proposal_id"], ["proposals.repository", "proposals.id"]
        ),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("pages")
    op.drop_table("pull_requests")

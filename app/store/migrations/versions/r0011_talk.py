"""Adds what the App keeps of its talk with people on GitHub: what it said where, what it read, what it was told."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "sticky_comments",
        sa.Column("repository", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("claimed", sa.BigInteger(), nullable=False),
        sa.Column("told", sa.BigInteger(), nullable=False),
        sa.Column("text_sha256", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("repository", "number", "purpose"),
    )
    op.create_table(
        "kept_settings",
        sa.Column("repository", sa.String(), nullable=False),
        sa.Column("commit", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("repository"),
    )
    op.create_table(
        "reviews",
        sa.Column("repository", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("head_commit", sa.String(), nullable=False),
        sa.Column("told_sha256", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("repository", "number"),
    )
    op.create_index("ix_reviews_head_commit", "reviews", ["head_commit"])
    op.create_table(
        "answered_comments",
        sa.Column("repository", sa.String(), nullable=False),
        sa.Column("comment_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("command", sa.String(), nullable=False),
        sa.Column("answered_at", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("repository", "comment_id"),
    )


def downgrade() -> None:
    """Drop them."""
    for table in ("answered_comments", "reviews", "kept_settings", "sticky_comments"):
        op.drop_table(table)

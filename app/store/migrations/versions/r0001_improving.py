"""The tables of sweeps: proposals, applications, journal, ledger, memory."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Add the tables."""
    _add_proposals()
    _add_applications()
    _add_journal()
    _add_ledger()
    _add_memory()


def downgrade() -> None:
    """Drop the tables, with what is in them."""
    op.drop_table("memory")
    op.drop_table("ledger")
    op.drop_table("journal")
    op.drop_table("applications")
    op.drop_table("proposals")


def _add_proposals() -> None:
    op.create_table(
        "proposals",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("spec_path", sa.String(), nullable=False),
        sa.Column("spec_sha256", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("patch_class", sa.String(), nullable=False),
        sa.Column("tier", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("patch", sa.JSON(), nullable=False),
        sa.Column("rationale", sa.String(), nullable=False),
        sa.Column("low_usd", sa.Float(), nullable=True),
        sa.Column("mid_usd", sa.Float(), nullable=True),
        sa.Column("high_usd", sa.Float(), nullable=True),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_proposals_spec_path", "proposals", ["spec_path"], unique=False)
    op.create_index("ix_proposals_state", "proposals", ["state"], unique=False)


def _add_applications() -> None:
    op.create_table(
        "applications",
        sa.Column("proposal_id", sa.String(), nullable=False),
        sa.Column("commit", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("blob_before", sa.String(), nullable=False),
        sa.Column("blob_after", sa.String(), nullable=False),
        sa.Column("spec_sha256_before", sa.String(), nullable=False),
        sa.Column("spec_sha256_after", sa.String(), nullable=False),
        sa.Column("applied_at", sa.String(32), nullable=False),
        sa.Column("reverted_commit", sa.String(), nullable=False),
        sa.Column("reverted_at", sa.String(32), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["proposal_id"],
            ["proposals.id"],
        ),
        sa.PrimaryKeyConstraint("proposal_id"),
    )
    op.create_index("ix_applications_applied_at", "applications", ["applied_at"], unique=False)


def _add_journal() -> None:
    op.create_table(
        "journal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("closing", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["proposal_id"],
            ["proposals.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_journal_closing", "journal", ["closing"], unique=False)
    op.create_index("ix_journal_proposal_id", "journal", ["proposal_id"], unique=False)


def _add_ledger() -> None:
    op.create_table(
        "ledger",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.String(), nullable=False),
        sa.Column("low_usd", sa.Float(), nullable=False),
        sa.Column("mid_usd", sa.Float(), nullable=False),
        sa.Column("high_usd", sa.Float(), nullable=False),
        sa.Column("realised_usd", sa.Float(), nullable=True),
        sa.Column("runs", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.String(32), nullable=False),
        sa.ForeignKeyConstraint(
            ["proposal_id"],
            ["proposals.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_ledger_proposal_id", "ledger", ["proposal_id"], unique=False)


def _add_memory() -> None:
    op.create_table(
        "memory",
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("until", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint"),
    )

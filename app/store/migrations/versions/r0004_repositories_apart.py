"""Gives every row of sweeps its repository; what was there before belongs to `local`.

The tables are made anew and the rows copied: SQLite can't change a key in place, and both databases go the same way.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_TABLES = ("proposals", "applications", "journal", "ledger", "memory")
"""Parents first: they are filled in this order, and the old ones dropped in the other."""

_NUMBERED = ("journal", "ledger")


def upgrade() -> None:
    """Add the column to all five tables, in their keys and references."""
    for make in (_make_proposals, _make_applications, _make_journal, _make_ledger, _make_memory):
        make()
    for name in _TABLES:
        columns = ", ".join(_columns_of(name))
        op.execute(
            f"INSERT INTO {name}_apart (repository, {columns})"  # noqa: S608 -- our own names
            f" SELECT 'local', {columns} FROM {name}"
        )
    _replace_tables()


def downgrade() -> None:
    """Refuse: rows of several repositories don't fit under the old keys."""
    raise NotImplementedError("a store of several repositories can't go back; restore a back-up")


def _columns_of(name: str) -> list[str]:
    found = sa.inspect(op.get_bind()).get_columns(name)
    return [f'"{column["name"]}"' for column in found]


def _replace_tables() -> None:
    for name in reversed(_TABLES):
        op.drop_table(name)
    for name in _TABLES:
        op.rename_table(f"{name}_apart", name)
    for index in (
        ("proposals", "spec_path"),
        ("proposals", "state"),
        ("applications", "applied_at"),
        ("journal", "closing"),
        ("journal", "proposal_id"),
        ("journal", "repository"),
        ("ledger", "proposal_id"),
        ("ledger", "repository"),
    ):
        op.create_index("ix_{}_{}".format(*index), index[0], [index[1]], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        for name in _NUMBERED:
            op.execute(
                f"SELECT setval(pg_get_serial_sequence('{name}', 'id'),"  # noqa: S608
                f" (SELECT coalesce(max(id), 0) + 1 FROM {name}), false)"
            )


def _make_proposals() -> None:
    op.create_table(
        "proposals_apart",
        sa.Column("repository", sa.String(), nullable=False),
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
        sa.PrimaryKeyConstraint("repository", "id"),
    )


def _make_applications() -> None:
    op.create_table(
        "applications_apart",
        sa.Column("repository", sa.String(), nullable=False),
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
        _to_proposal(),
        sa.PrimaryKeyConstraint("repository", "proposal_id"),
    )


def _make_journal() -> None:
    op.create_table(
        "journal_apart",
        sa.Column("repository", sa.String(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("closing", sa.String(), nullable=True),
        _to_proposal(),
        sa.PrimaryKeyConstraint("id"),
    )


def _make_ledger() -> None:
    op.create_table(
        "ledger_apart",
        sa.Column("repository", sa.String(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.String(), nullable=False),
        sa.Column("low_usd", sa.Float(), nullable=False),
        sa.Column("mid_usd", sa.Float(), nullable=False),
        sa.Column("high_usd", sa.Float(), nullable=False),
        sa.Column("realised_usd", sa.Float(), nullable=True),
        sa.Column("runs", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.String(32), nullable=False),
        _to_proposal(),
        sa.PrimaryKeyConstraint("id"),
    )


def _make_memory() -> None:
    op.create_table(
        "memory_apart",
        sa.Column("repository", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("until", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("repository", "fingerprint"),
    )


def _to_proposal() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["repository", "proposal_id"], ["proposals_apart.repository", "proposals_apart.id"]
    )

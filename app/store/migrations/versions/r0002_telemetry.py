"""The tables of telemetry: tokens, progress, roll-ups, samples."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the tables."""
    _add_ingest_tokens()
    _add_segments()
    _add_ingested_files()
    _add_seen_keys()
    _add_step_rollups()
    _add_quarantined_spans()
    _add_sampled_runs()
    _add_waiting_spans()


def downgrade() -> None:
    """Drop the tables, with what is in them."""
    op.drop_table("waiting_spans")
    op.drop_table("sampled_runs")
    op.drop_table("quarantined_spans")
    op.drop_table("step_rollups")
    op.drop_table("seen_keys")
    op.drop_table("ingested_files")
    op.drop_table("segments")
    op.drop_table("ingest_tokens")


def _add_ingest_tokens() -> None:
    op.create_table(
        "ingest_tokens",
        sa.Column("secret_sha256", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("repository", sa.String(), nullable=False),
        sa.Column("created_at", sa.String(32), nullable=False),
        sa.Column("revoked_at", sa.String(32), nullable=True),
        sa.PrimaryKeyConstraint("secret_sha256"),
    )
    op.create_index("ix_ingest_tokens_id", "ingest_tokens", ["id"], unique=True)
    op.create_index("ix_ingest_tokens_repository", "ingest_tokens", ["repository"], unique=False)


def _add_segments() -> None:
    op.create_table(
        "segments",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("spans", sa.BigInteger(), nullable=False),
        sa.Column("set_aside", sa.LargeBinary(), nullable=False),
        sa.Column("exported_to", sa.String(), nullable=False),
        sa.Column("exported_at", sa.String(32), nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_index("ix_segments_exported_to", "segments", ["exported_to"], unique=False)


def _add_ingested_files() -> None:
    op.create_table(
        "ingested_files",
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("origin"),
    )


def _add_seen_keys() -> None:
    op.create_table(
        "seen_keys",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("window", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("keys", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_seen_keys_window", "seen_keys", ["window"], unique=False)


def _add_step_rollups() -> None:
    op.create_table(
        "step_rollups",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("repository", sa.String(), nullable=False),
        sa.Column("spec_path", sa.String(), nullable=False),
        sa.Column("step_id", sa.String(), nullable=False),
        sa.Column("spec_sha256", sa.String(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("yaml_path", sa.String(), nullable=False),
        sa.Column("spans", sa.BigInteger(), nullable=False),
        sa.Column("runs", sa.BigInteger(), nullable=False),
        sa.Column("executions", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("input_tokens", sa.BigInteger(), nullable=False),
        sa.Column("output_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cost_pico", sa.String(), nullable=False),
        sa.Column("latency", sa.LargeBinary(), nullable=False),
        sa.Column("attempt_latency", sa.LargeBinary(), nullable=False),
        sa.Column("failures_by_class", sa.JSON(), nullable=False),
        sa.Column("first_failures_by_class", sa.JSON(), nullable=False),
        sa.Column("models", sa.JSON(), nullable=False),
        sa.Column("priced", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_step_rollups_hour", "step_rollups", ["hour"], unique=False)
    op.create_index("ix_step_rollups_repository", "step_rollups", ["repository"], unique=False)


def _add_quarantined_spans() -> None:
    op.create_table(
        "quarantined_spans",
        sa.Column("repository", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("spans", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("repository", "reason", "hour"),
    )


def _add_sampled_runs() -> None:
    op.create_table(
        "sampled_runs",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("stratum", sa.String(), nullable=False),
        sa.Column("rank", sa.BigInteger(), nullable=False),
        sa.Column("repository", sa.String(), nullable=False),
        sa.Column("spec_path", sa.String(), nullable=False),
        sa.Column("spec_sha256", sa.String(), nullable=False),
        sa.Column("started_at", sa.String(32), nullable=False),
        sa.Column("run", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_sampled_runs_repository", "sampled_runs", ["repository"], unique=False)
    op.create_index("ix_sampled_runs_started_at", "sampled_runs", ["started_at"], unique=False)
    op.create_index("ix_sampled_runs_stratum", "sampled_runs", ["stratum"], unique=False)


def _add_waiting_spans() -> None:
    op.create_table(
        "waiting_spans",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("trace", sa.String(), nullable=False),
        sa.Column("repository", sa.String(), nullable=False),
        sa.Column("stratum", sa.String(), nullable=False),
        sa.Column("rank", sa.BigInteger(), nullable=False),
        sa.Column("received_ns", sa.BigInteger(), nullable=False),
        sa.Column("spans", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_waiting_spans_trace", "waiting_spans", ["trace"], unique=False)

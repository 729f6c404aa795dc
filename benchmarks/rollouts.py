"""How long it takes to look at many rollouts that bake: `python -m benchmarks.rollouts [ROLLOUTS]`, 10,000 by default.

Each has a plan from 100 runs before and its own row; each look takes in five new runs, judges, and is written down.
"""

import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from app.settings import Settings
from app.store import (
    Application,
    ProposalRecord,
    Store,
    open_store,
    save_application,
    save_proposal,
)
from app.use_cases.bake_rollout import look_at_bake
from telemetry import ErrorClass, Outcome, Run
from trust_tiers import RolloutState

START = datetime(2026, 3, 2, tzinfo=UTC)
EACH_TRANSACTION = 100
SETTINGS = Settings().bake


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder) / "flujo.db")
        records = [_make(number) for number in range(count)]
        for some in _in_blocks(records):
            with store.transaction() as rows:
                for record, application in some:
                    save_proposal(rows, record)
                    save_application(rows, application)
        for look in range(1, 4):
            started, cpu = time.perf_counter(), time.process_time()
            _look_at_all(store, records, START + timedelta(hours=look))
            took, cpu = time.perf_counter() - started, time.process_time() - cpu
            kind = "plan and first look" if look == 1 else "look"
            print(
                f"{count} rollouts, {kind}: {took:.1f} s ({cpu:.1f} s of CPU), {cpu / count * 1e3:.2f} ms each"
            )


def _look_at_all(
    store: Store, records: Sequence[tuple[ProposalRecord, Application]], now: datetime
) -> None:
    for some in _in_blocks(records):
        with store.transaction() as rows:
            for record, application in some:
                look_at_bake(rows, record, application, SETTINGS, _find_runs, now=now)


def _in_blocks(
    records: Sequence[tuple[ProposalRecord, Application]],
) -> list[Sequence[tuple[ProposalRecord, Application]]]:
    starts = range(0, len(records), EACH_TRANSACTION)
    return [records[start : start + EACH_TRANSACTION] for start in starts]


def _make(number: int) -> tuple[ProposalRecord, Application]:
    name = f"p{number}"
    record = ProposalRecord(
        name,
        "a.flow.yaml",
        "before",
        name,
        name,
        "",
        "retries",
        "LOW",
        [],
        START,
        state=RolloutState.BAKING,
    )
    return record, Application(name, "c", "a.flow.yaml", "b", "a", "before", "after", START)


def _run(number: int, sha256: str, at: datetime) -> Run:
    failed = number % 9 == 0
    return Run(
        run_id=str(number),
        spec_sha256=sha256,
        spec_path="a.flow.yaml",
        started_at=at,
        outcome=Outcome.ERROR if failed else Outcome.OK,
        error_class=ErrorClass.TIMEOUT if failed else ErrorClass.NONE,
        latency_ms=900.0 + number % 7,
        cost_usd=Decimal(number % 5) / 1000,
        steps=(),
    )


_BEFORE = [_run(n, "before", START - timedelta(hours=n + 1)) for n in range(100)]
_AFTER = [_run(n, "after", START + timedelta(minutes=12 * n + 1)) for n in range(15)]


def _find_runs(spec_sha256: str, since: datetime) -> list[Run]:
    return [
        run for run in (_BEFORE if spec_sha256 == "before" else _AFTER) if run.started_at >= since
    ]


if __name__ == "__main__":
    main()

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from app.adapters.price_list import reprice
from app.store import (
    Store,
    find_proposal,
    list_applications,
    list_ledger,
    mark_reverted,
    open_store,
)
from app.use_cases.keep_ledger import Measured, keep_ledger
from app.use_cases.read_track_record import read_ledger, read_track_record
from meta_agent import Applications, RoiSettings
from prompt_guard import GUARD_VERSION
from telemetry import Run
from tests.app.sweeping import (
    LETTERS_SPEC,
    NOW,
    Ran,
    compose_retries,
    make_actor,
    make_host,
    read,
    run_often,
    text_of,
)

ROI = RoiSettings(value_per_success_usd=0.25, review_usd_per_hour=6, runs_per_month=3000)


@pytest.fixture(scope="module")
def before() -> Ran:
    return run_often(read(LETTERS_SPEC))


@pytest.fixture(scope="module")
def after(tmp_path_factory: pytest.TempPathFactory, before: Ran) -> Ran:
    host = make_host()
    store = open_store(tmp_path_factory.mktemp("after") / "flujo.db")
    make_actor(host, store).act(compose_retries(3, before), applied_already=False)
    return run_often(read(text_of(host)), seed=1_000)


@pytest.fixture
def store(tmp_path: Path, before: Ran) -> Store:
    store = open_store(tmp_path / "flujo.db")
    make_actor(make_host(), store).act(compose_retries(3, before), applied_already=False)
    return store


def measure(store: Store, runs: Sequence[Run], *, after_days: int = 0) -> tuple[Measured, ...]:
    now = NOW + timedelta(days=after_days)
    return keep_ledger(store, runs, roi=ROI, now=now, reprice=reprice)


def spread(runs: Sequence[Run], *, days: float) -> tuple[Run, ...]:
    """Let runs begin evenly over so many days since the patch was applied."""
    step = timedelta(days=days) / len(runs)
    return tuple(replace(run, started_at=NOW + n * step) for n, run in enumerate(runs, start=1))


def test_what_came_is_written_beside_what_was_predicted(
    store: Store, before: Ran, after: Ran
) -> None:
    (measured,) = measure(store, before.runs + after.runs)
    record = measured.record
    assert record.runs == len(after.runs)
    assert record.realised_usd is not None
    assert record.predicted.low_usd <= record.realised_usd <= record.predicted.high_usd
    with store.transaction() as rows:
        assert list_ledger(rows) == (record,)


def test_the_same_runs_are_measured_once(store: Store, before: Ran, after: Ran) -> None:
    runs = before.runs + after.runs
    assert measure(store, runs)
    assert measure(store, runs) == ()


def test_more_runs_are_a_new_line(store: Store, before: Ran, after: Ran) -> None:
    measure(store, before.runs + after.runs[:60])
    measure(store, before.runs + after.runs)
    with store.transaction() as rows:
        assert [record.runs for record in list_ledger(rows)] == [60, 120]


@pytest.mark.parametrize(("base", "head"), [(0, 120), (29, 120), (120, 29), (120, 0), (0, 0)])
def test_too_few_runs_on_either_side_say_nothing(
    store: Store, before: Ran, after: Ran, base: int, head: int
) -> None:
    assert measure(store, before.runs[:base] + after.runs[:head]) == ()


def test_what_was_taken_back_is_not_measured(store: Store, before: Ran, after: Ran) -> None:
    with store.transaction() as rows:
        (application,) = list_applications(rows)
        mark_reverted(rows, application.proposal_id, commit="f" * 40, reason="slower", at=NOW)
    assert measure(store, before.runs + after.runs) == ()


def test_runs_of_other_versions_do_not_count(store: Store, before: Ran, after: Ran) -> None:
    strangers = [replace(run, spec_sha256="0" * 64, outcome=run.outcome) for run in before.runs]
    (with_strangers,) = measure(store, [*before.runs, *after.runs, *strangers])
    assert with_strangers.record.runs == len(after.runs)


def test_a_busier_month_is_not_the_credit_of_a_patch(
    store: Store, before: Ran, after: Ran, tmp_path: Path
) -> None:
    """The traffic is the one assumed when it was predicted, however fast the runs came since."""
    (calm,) = measure(store, before.runs + after.runs)
    other = open_store(tmp_path / "other.db")
    make_actor(make_host(), other).act(compose_retries(3, before), applied_already=False)
    hurried = [
        replace(run, started_at=NOW + timedelta(seconds=number))
        for number, run in enumerate(after.runs)
    ]
    (busy,) = measure(other, [*before.runs, *hurried])
    assert busy.record.realised_usd == calm.record.realised_usd


class TestHorizons:
    def test_the_first_week_and_the_first_month_are_measured_once(
        self, store: Store, before: Ran, after: Ran
    ) -> None:
        runs = before.runs + spread(after.runs, days=60)
        days = [
            [line.record.horizon_days for line in measure(store, runs, after_days=age)]
            for age in (1, 7, 8, 29, 30, 31, 90)
        ]
        assert days == [[0], [], [], [], [30], [], []]

    def test_only_runs_within_the_horizon_count(
        self, store: Store, before: Ran, after: Ran
    ) -> None:
        runs = before.runs + spread(after.runs, days=14)
        measured = {
            line.record.horizon_days: line.record for line in measure(store, runs, after_days=40)
        }
        assert (measured[7].runs, measured[30].runs) == (60, 120)
        assert measured[7].base_runs == 120

    def test_a_month_late_nothing_early_is_measured_any_more(
        self, store: Store, before: Ran, after: Ran
    ) -> None:
        runs = before.runs + spread(after.runs, days=14)
        assert 0 not in {line.record.horizon_days for line in measure(store, runs, after_days=40)}

    def test_the_longest_horizon_makes_the_record(
        self, store: Store, before: Ran, after: Ran
    ) -> None:
        runs = before.runs + spread(after.runs, days=14)
        for age in (1, 8, 40):
            measure(store, runs, after_days=age)
        with store.transaction() as rows:
            found = read_ledger(rows)
        ((proposal, line),) = found.lines
        assert (line.horizon_days, proposal.patch_class) == (30, "retries")
        (reading,) = found.record.readings
        assert reading.realised == line.realised_usd
        assert found.record.applications == {"retries": Applications(applied=1, reverted=0)}

    def test_both_arms_are_priced_by_one_table_that_is_named(
        self, store: Store, before: Ran, after: Ran
    ) -> None:
        (measured,) = measure(store, before.runs + after.runs)
        assert measured.record.price_table.startswith("genai-prices ")
        assert measured.record.relative_effect is not None


def test_what_is_taken_back_is_in_the_record(store: Store) -> None:
    with store.transaction() as rows:
        (application,) = list_applications(rows)
        mark_reverted(rows, application.proposal_id, commit="f" * 40, reason="slower", at=NOW)
        record = read_track_record(rows)
    assert record.applications == {"retries": Applications(applied=1, reverted=1)}


def test_a_proposal_keeps_what_it_was_made_from(store: Store, before: Ran) -> None:
    with store.transaction() as rows:
        (application,) = list_applications(rows)
        proposal = find_proposal(rows, application.proposal_id)
    assert proposal is not None
    made = proposal.facts["provenance"]
    assert isinstance(made, dict)
    assert made["guard"] == GUARD_VERSION
    assert str(made["price_table"]).startswith("genai-prices ")
    assert (made["runs"], made["recordings"]) == (len(before.runs), len(before.recordings))
    assert str(made["window_from"]) < str(made["window_to"])
    assert (made["model"], made["template_sha256"]) == ("", "")
    assert proposal.facts["steps"] == ["write"]

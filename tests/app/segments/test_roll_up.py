"""The way from the log into the statistics: exactly once, whatever dies in between."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from app.errors import StoreError
from app.segments import blocks
from app.segments import roll_up as roll_up_module
from app.store import list_sampled_runs, list_segment_states, list_waiting
from app.store.salt import SaltRow
from telemetry import Quarantine, SpanRole, assemble_runs, attributes, encode_traces
from telemetry.volume import Encoding
from tests.app.segments.folders import (
    RECEIVED_NS,
    World,
    append,
    make_frame,
    make_run_frames,
    open_world,
    work_off,
)
from tests.telemetry.builders import SHA256, make_run_spans, make_span

LATER_NS = RECEIVED_NS + 3600 * 10**9


@pytest.fixture
def world(tmp_path: Path) -> World:
    return open_world(tmp_path)


def test_what_went_in_is_what_the_statistics_say(world: World) -> None:
    append(world, make_run_frames(range(1, 11)))
    work_off(world)
    (version,) = world.statistics().versions
    assert (version.repository, version.spec_path) == ("acme/support", "flows/triage.flow.yaml")
    assert (version.runs, version.spans) == (10, 60)
    draft = next(step for step in version.steps if step.stats.step_id == "draft")
    assert (draft.stats.runs, draft.stats.executions, draft.stats.attempts) == (10, 10, 20)
    assert draft.stats.total_cost_usd == Decimal("0.035")
    assert draft.stats.yaml_path == "steps.draft"


def test_working_off_again_changes_nothing(world: World) -> None:
    append(world, make_run_frames([1]))
    work_off(world)
    before = world.statistics()
    work_off(world)
    assert world.statistics() == before


def test_a_redelivered_body_is_known_even_by_the_next_worker(world: World) -> None:
    for _ in range(3):
        append(world, make_run_frames([1]))
        work_off(world)
    found = world.statistics()
    assert (found.spans, found.quarantined) == (6, {Quarantine.DUPLICATE_SPAN: 12})


def test_runs_count_once_though_their_spans_came_apart(world: World) -> None:
    spans = make_run_spans(1)
    for span in reversed(spans):
        append(world, [make_frame([span])])
        work_off(world)
    (version,) = world.statistics().versions
    assert version.runs == 1
    assert [step.stats.runs for step in version.steps] == [1, 1]


def test_a_block_that_fails_counts_not_at_all_and_later_in_full(world: World) -> None:
    append(world, make_run_frames(range(1, 4)))
    worker = world.roll_up()
    with world.store.transaction() as rows:
        rows.connection().exec_driver_sql("ALTER TABLE seen_keys RENAME TO away")
    with pytest.raises(StoreError, match="seen_keys"):
        worker.work_off()
    with world.store.transaction() as rows:
        rows.connection().exec_driver_sql("ALTER TABLE away RENAME TO seen_keys")
    assert world.statistics().spans == 0
    work_off(world)
    assert world.statistics().spans == 18


def test_two_tenants_never_meet(world: World) -> None:
    spans = make_run_spans(1)
    append(world, [make_frame(spans, repository=name) for name in ("acme/a", "acme/b")])
    work_off(world)
    found = world.statistics()
    assert [version.repository for version in found.versions] == ["acme/a", "acme/b"]
    assert found.quarantined == {}


def test_a_tenant_cannot_speak_for_another(world: World) -> None:
    frame = make_frame(make_run_spans(1), repository="acme/a")
    body = encode_traces(make_run_spans(1), resource={"flujo.repository": "acme/b"})
    append(world, [replace(frame, body=body, encoding=Encoding.JSON)])
    work_off(world)
    assert world.statistics().quarantined == {Quarantine.FOREIGN: 6}
    assert world.statistics().versions == ()


def test_a_body_nobody_can_read_stops_nobody_else(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    broken = replace(make_run_frames([1])[0], body=b"\xff\xff")
    append(world, [broken, *make_run_frames([2])])
    work_off(world)
    assert world.statistics().spans == 6
    assert world.statistics().quarantined == {"an unreadable body": 1}
    assert [record.getMessage().split()[0] for record in caplog.records] == ["body_unreadable"]


def test_blocks_end_where_memory_would_grow(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "_BLOCK_SPANS", 10)
    append(world, make_run_frames(range(1, 3)))
    append(world, make_run_frames(range(3, 6)))
    worker = world.roll_up()
    worked = 0
    while worker.work_off():
        worked += 1
    assert worked >= 2
    assert world.statistics().spans == 30


def test_who_makes_up_names_gets_no_statistics_for_most_of_them(world: World) -> None:
    def work_off_few() -> None:
        worker = roll_up_module.RollUp(world.folder.segments, world.store, max_new_steps=5)
        while worker.work_off():
            pass

    append(world, make_run_frames([1]))
    work_off_few()
    forged = [
        replace(make_run_frames([number])[0], body=encode_traces([span], resource={}))
        for number in range(2, 22)
        for span in make_run_spans(number)[:1]
    ]
    frames = [
        replace(
            frame,
            encoding=Encoding.JSON,
            body=frame.body.replace(SHA256.encode(), f"{number:064x}".encode()),
        )
        for number, frame in enumerate(forged)
    ]
    append(world, [*frames, *make_run_frames([30])])
    append(world, [replace(make_run_frames([31])[0], repository="acme/other")])
    work_off_few()
    found = world.statistics()
    assert found.quarantined == {Quarantine.TOO_MANY_STEPS: 15}
    assert found.spans == 6 + 5 + 6 + 6
    assert len(found.versions) == 1 + 5 + 1


class TestSamples:
    def sample(self, world: World, *, runs_per_day: int = 200) -> tuple[str, ...]:
        worker = roll_up_module.RollUp(
            world.folder.segments, world.store, runs_per_day=runs_per_day
        )
        while worker.work_off():
            pass
        worker.settle(now_ns=LATER_NS)
        with world.store.snapshot() as rows:
            return tuple(run.run_id for run in list_sampled_runs(rows))

    def test_a_sampled_run_is_the_run_that_was_sent(self, world: World) -> None:
        append(world, make_run_frames([1]))
        self.sample(world)
        with world.store.snapshot() as rows:
            (found,) = list_sampled_runs(rows, repository="acme/support")
        assert found == assemble_runs(make_run_spans(1)).runs[0]

    def test_a_run_waits_for_its_last_spans_through_a_restart(self, world: World) -> None:
        spans = make_run_spans(1)
        append(world, [make_frame(spans[3:])])
        worker = world.roll_up()
        worker.work_off()
        worker.settle(now_ns=RECEIVED_NS + 40 * 10**9)
        append(world, [make_frame(spans[:3])])
        assert self.sample(world) == ("run-1",)

    def test_a_clock_that_was_set_back_keeps_no_run_waiting_for_years(self, world: World) -> None:
        append(world, make_run_frames([1]))
        worker = world.roll_up()
        worker.work_off()
        assert worker.settle(now_ns=RECEIVED_NS - 365 * 86_400 * 10**9) == 1

    def test_a_root_waits_for_its_steps_and_is_no_run_without_them(self, world: World) -> None:
        spans = make_run_spans(1)
        append(world, [make_frame(spans[:1])])
        worker = world.roll_up()
        worker.work_off()
        assert worker.settle(now_ns=RECEIVED_NS + 40 * 10**9) == 0
        append(world, [make_frame(spans[1:])])
        append(world, [make_frame(make_run_spans(2)[:1])])
        assert self.sample(world) == ("run-1",)
        with world.store.snapshot() as rows:
            assert list_waiting(rows) == ()

    def test_which_runs_are_sampled_is_the_secret_of_the_store(
        self, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        samples = set()
        for number in range(3):
            world = open_world(tmp_path_factory.mktemp(f"{number}"))
            append(world, make_run_frames(range(1, 101)))
            samples.add(self.sample(world, runs_per_day=10))
        assert len(samples) == 3

    def test_a_run_that_stays_incomplete_is_given_up(self, world: World) -> None:
        append(world, [make_frame(make_run_spans(1)[1:])])
        assert self.sample(world) == ()
        with world.store.snapshot() as rows:
            assert list_waiting(rows) == ()

    def test_the_sample_is_the_same_however_the_runs_arrive(
        self, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        def sample(order: Iterator[list[int]], name: str) -> tuple[str, ...]:
            world = open_world(tmp_path_factory.mktemp(name))
            with world.store.transaction() as rows:
                rows.add(SaltRow(name="sampling", value=7))
            for traces in order:
                append(world, make_run_frames(traces))
                work_off_few(world)
            return self.sample(world, runs_per_day=10)

        def work_off_few(world: World) -> None:
            worker = roll_up_module.RollUp(world.folder.segments, world.store, runs_per_day=10)
            while worker.work_off():
                pass

        at_once = sample(iter([list(range(1, 101))]), "once")
        in_parts = sample(([*range(100 - n, 90 - n, -1)] for n in range(0, 100, 10)), "parts")
        assert len(at_once) == 10
        assert sorted(at_once) == sorted(in_parts)

    def test_quarantined_spans_are_in_no_sample(self, world: World) -> None:
        spans = make_run_spans(1)
        bad = make_span(
            9, parent=1, role=SpanRole.STEP, step_id="x", more={attributes.OUTCOME: "great"}
        )
        append(world, [make_frame([*spans, bad])])
        self.sample(world)
        with world.store.snapshot() as rows:
            (found,) = list_sampled_runs(rows)
        assert [step.step_id for step in found.steps] == ["classify", "draft"]


def test_segments_remember_which_of_their_spans_were_set_aside(world: World) -> None:
    append(world, make_run_frames([1, 1, 2]))
    work_off(world)
    with world.store.snapshot() as rows:
        (state,) = list_segment_states(rows)
    assert state.spans == 18
    assert state.set_aside.tolist() == list(range(6, 12))

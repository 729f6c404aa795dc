"""How many rows a sender may fill: made-up names, hours and models end at a limit, and are told of."""

import pytest

from telemetry import Quarantine, SpanRole, attributes
from telemetry.volume import (
    HOUR_S,
    Columns,
    Encoding,
    HourlyStats,
    Judged,
    RowReader,
    Rows,
    SeenKeys,
    Source,
    StepHours,
    StepKey,
    StepNames,
    judge_spans,
    merge_hourly,
    to_columns,
)
from telemetry.volume.hourly import MAX_MODELS, OTHER_MODELS
from tests.telemetry.builders import START_NS, make_span
from tests.telemetry.otlp_protobuf import encode_protobuf

HOUR_MS = HOUR_S * 1000


def make_columns(
    hours: int, *, repository: str = "acme/a", from_file: bool = False, step_id: str = "x"
) -> Columns:
    spans = [
        make_span(n, trace=n, role=SpanRole.STEP, step_id=step_id, start_ms=-n * HOUR_MS)
        for n in range(1, hours + 1)
    ]
    read = Rows()
    RowReader().read(encode_protobuf(spans), Encoding.PROTOBUF, read, source=0, tenant="")
    source = Source(repository, START_NS, from_file=from_file)
    return to_columns(read.rows, [source])


def judge(columns: Columns) -> Judged:
    return judge_spans(columns, is_new=SeenKeys().add(columns.span))


def admit(limiter: StepHours, columns: Columns, *, hour: int = 1) -> tuple[int, dict[str, int]]:
    judged = limiter.admit(columns, judge(columns), hour=hour)
    told = {reason.value: spans for (_, reason), spans in judged.quarantined.items()}
    return int(judged.counts.sum()), told


def test_a_year_of_made_up_hours_fills_no_more_rows_than_the_limit() -> None:
    limiter = StepHours(limit=10)
    assert admit(limiter, make_columns(25)) == (10, {Quarantine.TOO_MANY_HOURS: 15})
    assert admit(limiter, make_columns(25)) == (10, {Quarantine.TOO_MANY_HOURS: 15})


def test_the_next_hour_and_another_tenant_have_limits_of_their_own() -> None:
    limiter = StepHours(limit=10)
    admit(limiter, make_columns(10))
    assert admit(limiter, make_columns(3, step_id="y")) == (0, {Quarantine.TOO_MANY_HOURS: 3})
    assert admit(limiter, make_columns(3, repository="acme/b")) == (3, {})
    assert admit(limiter, make_columns(3, step_id="y"), hour=2) == (3, {})


def test_files_may_bring_a_year() -> None:
    assert admit(StepHours(limit=2), make_columns(50, from_file=True)) == (50, {})


def test_what_is_set_aside_already_keeps_its_reason() -> None:
    columns = make_columns(4)
    seen = SeenKeys()
    seen.add(columns.span[:2])
    judged = judge_spans(columns, is_new=seen.add(columns.span))
    after = StepHours(limit=1).admit(columns, judged, hour=1)
    assert after.quarantined == {
        ("acme/a", Quarantine.DUPLICATE_SPAN): 2,
        ("acme/a", Quarantine.TOO_MANY_HOURS): 1,
    }


def test_who_makes_some_names_up_every_hour_comes_to_an_end_too() -> None:
    names = StepNames(limit=5, in_all=8)
    counted = []
    for hour in range(4):
        columns = merge_columns(hour)
        counted.append(int(names.admit(columns, judge(columns), hour=hour).counts.sum()))
    assert counted == [5, 3, 0, 0]


def merge_columns(hour: int) -> Columns:
    spans = [
        make_span(n, trace=hour + 1, role=SpanRole.STEP, step_id=f"made-up-{hour}-{n}")
        for n in range(1, 7)
    ]
    read = Rows()
    RowReader().read(encode_protobuf(spans), Encoding.PROTOBUF, read, source=0, tenant="")
    return to_columns(read.rows, [Source("acme/a", START_NS)])


@pytest.mark.parametrize("models", [3, MAX_MODELS, MAX_MODELS + 1, 500])
def test_of_many_models_the_most_used_are_told_apart_and_all_are_counted(models: int) -> None:
    step = StepKey("acme/a", "x.yaml", "draft", "9f" * 32)
    parts = [HourlyStats(step, 1, models={f"m{n}": n + 1}) for n in range(models)]
    merged = merge_hourly(parts).models
    assert len(merged) == min(models, MAX_MODELS)
    assert sum(merged.values()) == models * (models + 1) // 2
    assert (OTHER_MODELS in merged) == (models > MAX_MODELS)
    assert f"m{models - 1}" in merged
    assert attributes.REQUEST_MODEL not in merged

"""Telemetry at volume: bodies become columns, columns statistics by step and hour, with no object a span.

A front door of its own, because it needs numpy, and most who import `telemetry` don't.
"""

from telemetry.volume import slots
from telemetry.volume.bodies import Checked, Encoding, check_body
from telemetry.volume.columns import Columns, Source, StepKey, mix_keys, to_columns
from telemetry.volume.fold import Folded, fold_spans
from telemetry.volume.free_text import FreeText, find_texts
from telemetry.volume.hourly import HOUR_S, HourlyStats, merge_hourly, to_step_stats
from telemetry.volume.normalise import normalise
from telemetry.volume.populations import (
    RUNS_PER_DAY,
    cap_shares,
    estimate_population,
    even_out,
)
from telemetry.volume.protobuf import encode_response, encode_status
from telemetry.volume.rebuilt_runs import rebuild_runs
from telemetry.volume.rows import RowReader, Rows
from telemetry.volume.seen import KEYS_PER_GENERATION, SeenKeys
from telemetry.volume.slots import Row, pack_rows, to_span, unpack_rows
from telemetry.volume.step_hours import MAX_STEP_HOURS, StepHours
from telemetry.volume.step_names import MAX_NEW_STEPS, StepNames
from telemetry.volume.text import drop_text
from telemetry.volume.trust import Judged, judge_spans

__all__ = [
    "HOUR_S",
    "KEYS_PER_GENERATION",
    "MAX_NEW_STEPS",
    "MAX_STEP_HOURS",
    "RUNS_PER_DAY",
    "Checked",
    "Columns",
    "Encoding",
    "Folded",
    "FreeText",
    "HourlyStats",
    "Judged",
    "Row",
    "RowReader",
    "Rows",
    "SeenKeys",
    "Source",
    "StepHours",
    "StepKey",
    "StepNames",
    "cap_shares",
    "check_body",
    "drop_text",
    "encode_response",
    "encode_status",
    "estimate_population",
    "even_out",
    "find_texts",
    "fold_spans",
    "judge_spans",
    "merge_hourly",
    "mix_keys",
    "normalise",
    "pack_rows",
    "rebuild_runs",
    "slots",
    "to_columns",
    "to_span",
    "to_step_stats",
    "unpack_rows",
]

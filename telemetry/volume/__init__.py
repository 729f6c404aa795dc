"""Telemetry at volume: bodies become columns, columns statistics by step and hour, with no object a span.

A front door of its own, because it needs numpy, and most who import `telemetry` don't.
"""

from telemetry.volume import slots
from telemetry.volume.columns import Columns, Source, StepKey, mix_keys, to_columns
from telemetry.volume.fold import Folded, fold_spans
from telemetry.volume.hourly import HOUR_S, HourlyStats, merge_hourly, to_step_stats
from telemetry.volume.normalise import normalise
from telemetry.volume.protobuf import encode_response, encode_status
from telemetry.volume.rows import Checked, Encoding, RowReader, Rows, check_body
from telemetry.volume.seen import KEYS_PER_GENERATION, SeenKeys
from telemetry.volume.slots import Row, pack_rows, to_span, unpack_rows
from telemetry.volume.step_names import MAX_NEW_STEPS, StepNames
from telemetry.volume.text import drop_text
from telemetry.volume.trust import Judged, judge_spans

__all__ = [
    "HOUR_S",
    "KEYS_PER_GENERATION",
    "MAX_NEW_STEPS",
    "Checked",
    "Columns",
    "Encoding",
    "Folded",
    "HourlyStats",
    "Judged",
    "Row",
    "RowReader",
    "Rows",
    "SeenKeys",
    "Source",
    "StepKey",
    "StepNames",
    "check_body",
    "drop_text",
    "encode_response",
    "encode_status",
    "fold_spans",
    "judge_spans",
    "merge_hourly",
    "mix_keys",
    "normalise",
    "pack_rows",
    "slots",
    "to_columns",
    "to_span",
    "to_step_stats",
    "unpack_rows",
]

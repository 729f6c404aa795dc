"""Telemetry: spans become runs, runs become per-step statistics. Knows paths and hashes as strings, never the spec."""

from telemetry import attributes
from telemetry.assemble import Assembled, Quarantine, assemble_runs
from telemetry.attributes import TRANSIENT, ErrorClass, Outcome, SpanRole
from telemetry.errors import OtlpError, TelemetryError
from telemetry.evidence import MAX_SHARE, limit_sources, set_extremes_apart
from telemetry.histogram import LatencyHistogram
from telemetry.otlp import decode_line, decode_lines, decode_traces, encode_traces
from telemetry.prices import name_price_table, price_usd
from telemetry.rollups import StepStats, collect_step_stats, merge_step_stats
from telemetry.runs import Attempt, Run, StepRun
from telemetry.spans import (
    NO_ATTRIBUTES,
    Attributes,
    AttributeValue,
    Span,
    SpanEvent,
    SpanKind,
    SpanStatus,
)

__all__ = [
    "MAX_SHARE",
    "NO_ATTRIBUTES",
    "TRANSIENT",
    "Assembled",
    "Attempt",
    "AttributeValue",
    "Attributes",
    "ErrorClass",
    "LatencyHistogram",
    "OtlpError",
    "Outcome",
    "Quarantine",
    "Run",
    "Span",
    "SpanEvent",
    "SpanKind",
    "SpanRole",
    "SpanStatus",
    "StepRun",
    "StepStats",
    "TelemetryError",
    "assemble_runs",
    "attributes",
    "collect_step_stats",
    "decode_line",
    "decode_lines",
    "decode_traces",
    "encode_traces",
    "limit_sources",
    "merge_step_stats",
    "name_price_table",
    "price_usd",
    "set_extremes_apart",
]

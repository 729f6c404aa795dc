"""Builds what sends telemetry to an OpenTelemetry collector, when the standard variables name one.

https://opentelemetry.io/docs/specs/otel/protocol/exporter/ says which they are. Nothing is imported when none is set.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from telemetry import Span

if TYPE_CHECKING:
    from app.adapters.otel_export import Signals

_ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
_TRACES = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
_METRICS = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"
_TIMEOUT = "OTEL_EXPORTER_OTLP_TIMEOUT"
_TIMEOUT_S = 3.0
"""Shorter than the standard's 10 s: nobody should wait that long at a prompt for a collector that is down."""


@contextmanager
def open_export(
    *,
    attributes: Mapping[str, str],
    warn: Callable[[str], None],
    environ: Mapping[str, str] = os.environ,
) -> Iterator[Callable[[Sequence[Span]], None] | None]:
    """Give what exports spans, None when no collector is named; leaving sends the rest and warns of what was lost."""
    if not _is_wanted(environ):
        yield None
        return
    try:
        from app.adapters.otel_export import OtelExport
    except ImportError as error:
        warn(
            f"{_ENDPOINT} is set, and nothing is exported: pip install 'flujo-app[otel]' ({error})"
        )
        yield None
        return
    export = OtelExport(_read_signals(environ), attributes=attributes)
    try:
        yield export.export
    finally:
        export.close()
        if export.problem:
            warn(export.problem)


def _is_wanted(environ: Mapping[str, str]) -> bool:
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    return any(environ.get(name, "").strip() for name in (_ENDPOINT, _TRACES, _METRICS))


def _read_signals(environ: Mapping[str, str]) -> "Signals":
    from app.adapters.otel_export import Signals

    def is_named(own: str, exporter: str) -> bool:
        named = environ.get(_ENDPOINT, "").strip() or environ.get(own, "").strip()
        return bool(named) and environ.get(exporter, "otlp").strip() != "none"

    return Signals(
        traces=is_named(_TRACES, "OTEL_TRACES_EXPORTER"),
        metrics=is_named(_METRICS, "OTEL_METRICS_EXPORTER"),
        timeout_s=_read_timeout(environ),
    )


def _read_timeout(environ: Mapping[str, str]) -> float:
    try:
        seconds = float(environ.get(_TIMEOUT, _TIMEOUT_S))
    except ValueError:
        return _TIMEOUT_S
    return seconds if seconds > 0 else _TIMEOUT_S

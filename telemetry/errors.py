"""Errors of this package.

TelemetryError
└── OtlpError        a line or a body that isn't OTLP; carries `line` (1-based, 0 for a whole body) and `reason`
"""


class TelemetryError(Exception):
    """Root of the errors raised by `telemetry`."""


class OtlpError(TelemetryError):
    """Raised for input that isn't OTLP trace data."""

    def __init__(self, reason: str, *, line: int = 0) -> None:
        self.reason = reason
        self.line = line
        super().__init__(f"line {line}: {reason}" if line else reason)

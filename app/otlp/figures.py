"""What the receiver counts, as OpenMetrics text (https://prometheus.io/docs/specs/om/open_metrics_spec/)."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

CONTENT_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"


@dataclass(slots=True)
class Figures:
    """Counts since the start of the process."""

    requests: Counter[int] = field(default_factory=Counter)
    accepted_spans: int = 0
    refused_spans: int = 0
    accepted_bytes: int = 0

    def render(self, gauges: Mapping[str, float], more: Iterable[str] = ()) -> str:
        """Return all figures, some that are measured now, and lines of others."""
        lines = ["# TYPE flujo_ingest_requests counter"]
        lines += [
            f'flujo_ingest_requests_total{{status="{status}"}} {count}'
            for status, count in sorted(self.requests.items())
        ]
        lines += [
            "# TYPE flujo_ingest_spans counter",
            f'flujo_ingest_spans_total{{result="accepted"}} {self.accepted_spans}',
            f'flujo_ingest_spans_total{{result="refused"}} {self.refused_spans}',
            "# TYPE flujo_ingest_bytes counter",
            "# UNIT flujo_ingest_bytes bytes",
            f"flujo_ingest_bytes_total {self.accepted_bytes}",
        ]
        for name, value in gauges.items():
            lines += [f"# TYPE flujo_{name} gauge", f"flujo_{name} {value:g}"]
        return "\n".join([*lines, *more, "# EOF", ""])

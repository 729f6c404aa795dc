"""What the receiver of webhooks counts, as lines of OpenMetrics."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class Figures:
    """Counts since the start of the process: answers by status, accepted deliveries by what became of them."""

    answers: Counter[int] = field(default_factory=Counter)
    deliveries: Counter[str] = field(default_factory=Counter)

    def render(self, gauges: Mapping[str, float]) -> list[str]:
        """Return all counts, and some that are measured now."""
        lines = ["# TYPE flujo_webhook_requests counter"]
        lines += [
            f'flujo_webhook_requests_total{{status="{status}"}} {count}'
            for status, count in sorted(self.answers.items())
        ]
        lines.append("# TYPE flujo_webhook_deliveries counter")
        lines += [
            f'flujo_webhook_deliveries_total{{result="{result}"}} {count}'
            for result, count in sorted(self.deliveries.items())
        ]
        for name, value in gauges.items():
            lines += [f"# TYPE flujo_{name} gauge", f"flujo_{name} {value:g}"]
        return lines

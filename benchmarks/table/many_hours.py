"""Roll-ups of hours of traffic, put into a store directly: only reading them is measured, sending takes minutes."""

import numpy as np

from app.store import Store, add_to_rollups
from telemetry.volume import HourlyStats, StepKey
from telemetry.volume.sketch import sketch_groups

_FIRST_HOUR = 490_000


def fill_hours(store: Store, *, spans: int, steps: int, hours: int) -> int:
    """Fill an empty store with hours in which every step ran; returns how many spans they count."""
    chance = np.random.default_rng(0)
    executions = spans // (2 * steps * hours)
    whose = np.repeat(np.arange(steps), executions)
    for hour in range(_FIRST_HOUR, _FIRST_HOUR + hours):
        sketches = sketch_groups(whose, chance.uniform(100, 4_000, len(whose)))
        with store.transaction() as rows:
            add_to_rollups(
                rows, [_make(step, hour, executions, sketches[step]) for step in range(steps)]
            )
    return 2 * executions * steps * hours


def _make(step: int, hour: int, executions: int, sketch: bytes) -> HourlyStats:
    workflow, place = step % 10, step // 10
    return HourlyStats(
        StepKey(
            "local",
            f"workflows/support-{workflow}.flow.yaml",
            f"route/refund/step_{place}",
            f"{workflow:02x}" * 32,
        ),
        hour,
        f"steps[2].branches.refund.steps[{place}]",
        spans=2 * executions,
        runs=executions,
        executions=executions,
        failures=executions // 50,
        attempts=executions,
        input_tokens=2_100 * executions,
        output_tokens=460 * executions,
        cost_pico=10**9 * executions,
        latency=sketch,
        attempt_latency=sketch,
        failures_by_class={"timeout": executions // 50},
        first_failures_by_class={"timeout": executions // 50},
        models={"gpt-4o-mini": executions},
    )

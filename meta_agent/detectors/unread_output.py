"""Finds steps whose answer nobody reads."""

from typing import Final

from meta_agent.detectors.tell import tell_step
from meta_agent.detectors.window import StepSample, Window
from meta_agent.opportunity import Opportunity
from telemetry import TRANSIENT
from workflow import DataFlow, SideEffects, StepNode

KIND: Final = "unread_output"

_HTTP_GET = "flujo.http.get"


def find_unread_outputs(window: Window) -> list[Opportunity]:
    """Return steps that cost time or money and whose answer no step, exit, test, policy or score reads.

    Read off the data flow; telemetry says what they cost, and that they never stopped a run for a reason of their own:
    a step that refuses is a gate. Steps that may act on the world are left alone, and so is the last step of a block,
    whose answer is the block's.
    """
    flow = window.flow
    read = frozenset[str]().union(*(one.reads for one in flow.steps.values()), flow.mentioned)
    return [
        _describe(sample, window)
        for sample in window.samples
        if sample.node.step_id not in read and _is_dead(sample, flow)
    ]


def _is_dead(sample: StepSample, flow: DataFlow) -> bool:
    node = sample.node
    if flow.ends_block(node.step_id) or not _only_answers(node):
        return False
    return not _is_gate(sample) and not flow.readers(node.step_id)


def _only_answers(node: StepNode) -> bool:
    """Whether all it does is answer: asks a model that has no tools, fetches, or computes."""
    if node.kind != "step" or "fallback" in node.raw:
        return False
    asks = node.uses.startswith("agents.") or node.uses == _HTTP_GET
    return asks or node.side_effects is SideEffects.PURE


def _is_gate(sample: StepSample) -> bool:
    """Whether it checks its answer, or has ever failed for a reason that doesn't pass."""
    checks = any(sample.node.raw.get(key) for key in ("validators", "output_schema"))
    refused = any(one.error_class and one.error_class not in TRANSIENT for one in sample.executions)
    return checks or refused


def _describe(sample: StepSample, window: Window) -> Opportunity:
    runs = len(window.runs)
    spent_usd = float(sum(one.cost_usd for one in sample.executions)) / runs
    took_s = sum(one.latency_ms for one in sample.executions) / 1000 / runs
    return tell_step(
        window,
        KIND,
        sample.node,
        f": nobody reads its answer, which takes ${spent_usd:.4f} and {took_s:.1f} s a run",
        {
            "executions": float(len(sample.executions)),
            "cost_per_run_usd": spent_usd,
            "latency_per_run_s": took_s,
        },
        runs_needed=window.missing_runs,
    )

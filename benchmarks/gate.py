"""Measures judging a patch of a 500-step spec: `python -m benchmarks.gate`; the best of five passes."""

from collections.abc import Callable
from time import perf_counter

from trust_tiers import TierLimits, classify, classify_in_window
from workflow import Workflow, edit_text, parse_patch, parse_workflow

_STEPS, _PASSES, _TARGET_MS = 500, 5, 20.0
_HEAD = """\
version: "0.1"
name: large
agents:
  writer: {model: "sim:large", system_prompt: "Write a kind answer."}
steps:
"""
_STEP = """\
  - name: step_{number}
    uses: flujo.text.normalise
    input: "{{{{ previous_step }}}} and {number}"
    config: {{timeout_s: 60, max_retries: 2}}
"""
_LIMITS = TierLimits(allowed_models=("sim:small",))


def main() -> None:
    """Print the milliseconds for one change, fifty changes, a model swap, and a window of three versions."""
    before = _parse(_HEAD + "".join(_STEP.format(number=number) for number in range(_STEPS)))
    one, fifty = _turn(before, range(1)), _turn(before, range(0, _STEPS, 10))
    swap = _edit(before, [{"op": "replace", "path": "/agents/writer/model", "value": "sim:small"}])
    window = [before, one]
    after = _turn(one, range(250, 251))
    print(f"target: {_TARGET_MS:g} ms")
    _print("one knob", lambda: classify(before, one, _LIMITS))
    _print("fifty knobs", lambda: classify(before, fifty, _LIMITS))
    _print("a model", lambda: classify(before, swap, _LIMITS))
    _print(
        "in a window of two versions",
        lambda: classify_in_window(one, after, _LIMITS, window=window[:1]),
    )


def _print(name: str, judge: Callable[[], object]) -> None:
    best = min(_measure(judge) for _ in range(_PASSES))
    print(f"{name:30}{best * 1000:8.2f} ms")


def _measure(judge: Callable[[], object]) -> float:
    start = perf_counter()
    judge()
    return perf_counter() - start


def _turn(workflow: Workflow, steps: range) -> Workflow:
    return _edit(
        workflow,
        [
            {"op": "replace", "path": f"/steps/{number}/config/max_retries", "value": 3}
            for number in steps
        ],
    )


def _edit(workflow: Workflow, patch: list[dict[str, object]]) -> Workflow:
    return _parse(edit_text(workflow.text, parse_patch(patch)))  # type: ignore[arg-type]


def _parse(text: str) -> Workflow:
    return parse_workflow(text, path="large.yaml")


if __name__ == "__main__":
    main()

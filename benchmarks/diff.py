"""Measures ten changes of a large spec, from two versions to a pull request's whole body, beside plain deepdiff.

Run with `python -m benchmarks.diff`; every figure of ours is the best of five passes, plain deepdiff runs once.
"""

from collections.abc import Callable
from functools import partial
from time import perf_counter

from deepdiff import DeepDiff
from pydantic import JsonValue

from diff_ux import ProposalView, describe_changes, draw_change, list_rewordings, render_pr_body
from workflow import Workflow, diff_workflows, edit_text, parse_patch, parse_workflow

_SIZES = (500, 1_000, 2_000, 5_000)
_TARGETS_S = {500: 0.25, 5_000: 3.0}
_PASSES = 5
_HEAD = """\
version: "0.1"
name: large
agents:
  writer: {model: "sim:large", system_prompt: "Write a kind answer to the ticket, and keep it short."}
steps:
"""
_STEP = """\
  - name: step_{number}
    kind: step
    uses: agents.writer
    input: "{{{{ previous_step }}}} and {number}"
    config: {{timeout_s: 60, max_retries: 2}}
    output_schema:
      type: object
      properties:
        text: {{type: string}}
      required: [text]
"""


def main() -> None:
    """Print the seconds to the body for each size, their ratio, and what deepdiff alone takes and reports."""
    reached: dict[int, float] = {}
    for steps in _SIZES:
        before, after = _make_versions(steps)
        changes = len(diff_workflows(before, after))
        seconds = min(_measure(partial(_render, before, after)) for _ in range(_PASSES))
        reached[steps] = seconds
        target = f"  (target {_TARGETS_S[steps]:g} s)" if steps in _TARGETS_S else ""
        print(f"{steps:>6,} steps: {changes} changes, body in {seconds:.3f} s{target}")
    growth = (reached[_SIZES[-1]] / reached[_SIZES[0]]) / (_SIZES[-1] / _SIZES[0])
    print(f"growth from {_SIZES[0]:,} to {_SIZES[-1]:,} steps: {growth:.2f} times linear")
    _print_deepdiff(_SIZES[0])


def _make_versions(steps: int) -> tuple[Workflow, Workflow]:
    text = _HEAD + "".join(_STEP.format(number=number) for number in range(steps))
    before = parse_workflow(text, path="large.yaml")
    return before, parse_workflow(
        edit_text(text, parse_patch(_list_edits(steps))), path="large.yaml"
    )


def _list_edits(steps: int) -> list[JsonValue]:
    """Ten changes of ten kinds, spread over the spec."""

    def at(tenth: int, field: str = "") -> str:
        return f"/steps/{tenth * steps // 10}{field}"

    return [
        {"op": "replace", "path": "/agents/writer/model", "value": "sim:small"},
        {"op": "replace", "path": "/agents/writer/system_prompt", "value": "Write a short answer."},
        {"op": "replace", "path": at(1, "/config/timeout_s"), "value": 30},
        {"op": "replace", "path": at(2, "/config/max_retries"), "value": 3},
        {"op": "add", "path": at(3, "/validators"), "value": ["flujo.check.length"]},
        {"op": "add", "path": at(4, "/description"), "value": "Half-way."},
        {"op": "replace", "path": at(5, "/name"), "value": "renamed"},
        {"op": "remove", "path": at(6)},
        {"op": "add", "path": at(7), "value": {"name": "new", "uses": "flujo.check.length"}},
        {"op": "move", "from": at(8), "path": at(9)},
    ]


def _render(before: Workflow, after: Workflow) -> str:
    changes = diff_workflows(before, after)
    view = ProposalView(
        title="Ten changes",
        verdict="Better",
        tier="HIGH",
        picture=draw_change(before, after, changes),
        sentences=describe_changes(changes),
        rewordings=list_rewordings(changes),
    )
    return render_pr_body(view)


def _print_deepdiff(steps: int) -> None:
    before, after = _make_versions(steps)
    for ignore_order in (True, False):
        compare = partial(
            DeepDiff, before.document, after.document, ignore_order=ignore_order, view="tree"
        )
        start = perf_counter()
        reported = sum(len(levels) for levels in compare().values())
        seconds = perf_counter() - start
        name = f"DeepDiff(ignore_order={ignore_order})"
        print(f"{name} of {steps:,} steps: {reported:,} changes in {seconds:.3f} s")


def _measure(work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start


if __name__ == "__main__":
    main()

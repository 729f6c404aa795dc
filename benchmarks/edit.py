"""Measures a one-value edit of a 5,500-line spec, beside ruamel.yaml's round trip of the same text in the same run.

Then the patch between two such specs, and between long lists.

Run with `python -m benchmarks.edit [steps]`; every figure is the best of five passes.
"""

import sys
from collections.abc import Callable
from difflib import unified_diff
from functools import partial
from io import StringIO
from random import Random
from time import perf_counter

from pydantic import JsonValue
from ruamel.yaml import YAML

from workflow import (
    apply_patch,
    diff_documents,
    edit_text,
    invert_patch,
    parse_patch,
    parse_yaml,
)

_PASSES = 5
_ITEMS = 5_000
_HEAD = """\
version: "0.1"
name: large   # as large as specs get
agents:
  writer: {model: "sim:large", system_prompt: "Write."}
steps:
"""
_STEP = """\
  # step {number}
  - name: step_{number}
    kind: step
    uses: agents.writer
    input: "{{{{ context.ticket.text }}}}"
    config: {{timeout_s: 60, max_retries: 2}}   # patience
    input_schema:
      type: object
      properties:
        text: {{type: string}}
      required: [text]
"""


def main() -> None:
    """Print the seconds, the changed lines and the ratios."""
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    text = _HEAD + "".join(_STEP.format(number=number) for number in range(steps))
    pointer = f"/steps/{steps // 2}/config/timeout_s"
    patch = parse_patch([{"op": "replace", "path": pointer, "value": 30}])
    document = parse_yaml(text).value
    print(f"{text.count(chr(10)):,} lines, {len(text):,} characters")
    _report("parse_yaml", lambda: parse_yaml(text))
    _report("invert_patch", lambda: invert_patch(document, patch))
    ours = _report("edit_text", lambda: edit_text(text, patch))
    theirs = _report("ruamel.yaml round trip", lambda: _round_trip(text, steps // 2))
    print(f"{theirs / ours:.1f} times faster than ruamel.yaml")
    print(f"lines changed: {_count_changed(text, edit_text(text, patch))}", end=", ")
    print(f"by ruamel.yaml: {_count_changed(text, _round_trip(text, steps // 2))}")
    _measure_diffs(document)


def _measure_diffs(document: JsonValue) -> None:
    first: list[JsonValue] = [
        {"op": "add", "path": "/steps/0", "value": {"name": "new", "uses": "agents.writer"}}
    ]
    turned: list[JsonValue] = [
        {"op": "move", "from": f"/steps/{n}", "path": "/steps/-"} for n in range(10)
    ]
    retries = "/steps/{}/config/max_retries"
    tuned: list[JsonValue] = [
        {"op": "replace", "path": retries.format(n), "value": 3} for n in range(20, 30)
    ]
    for name, operations in [("a step in front", first), ("10 moved, 10 tuned", turned + tuned)]:
        other = apply_patch(document, parse_patch(operations))
        _report(f"diff: {name}", partial(diff_documents, document, other))
    rising: list[JsonValue] = list(range(_ITEMS))
    shuffled = Random(7).sample(rising, _ITEMS)
    _report(f"diff: {_ITEMS:,} shuffled", lambda: diff_documents(rising, shuffled))


def _round_trip(text: str, step: int) -> str:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.indent(mapping=2, sequence=4, offset=2)
    document = yaml.load(text)
    document["steps"][step]["config"]["timeout_s"] = 30
    out = StringIO()
    yaml.dump(document, out)
    return out.getvalue()


def _report(name: str, work: Callable[[], object]) -> float:
    best = min(_seconds(work) for _ in range(_PASSES))
    print(f"{name:<24} {best * 1000:>9.1f} ms")
    return best


def _seconds(work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start


def _count_changed(before: str, after: str) -> int:
    lines = unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return sum(line[0] == "-" and not line.startswith("---") for line in lines)


if __name__ == "__main__":
    main()

"""Specs to compare: ordinary ones, hostile ones, and generated pairs."""

import json
import re
from collections.abc import Sequence

from hypothesis import strategies as st

from tests.diff_ux.naughty import LONG, NAUGHTY
from tests.workflow.containers import CONTAINERS
from workflow import Workflow, parse_workflow

Json = dict[str, object]
_PAIR = re.compile(r"\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}")

_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,200}")

HOSTILE = tuple(text for text in NAUGHTY if _NAME.fullmatch(text))
"""What a spec lets pass as a name."""

_AGENTS: Json = {
    "writer": {"model": "sim:large", "system_prompt": "Write."},
    "judge": {"model": "sim:small", "system_prompt": "Judge."},
}


def step(name: str, **fields: object) -> Json:
    return {"name": name, "uses": "agents.writer", **fields}


def route(name: str, **branches: object) -> Json:
    return {
        "kind": "conditional",
        "name": name,
        "condition_expression": "'x'",
        "branches": branches,
    }


def loop(name: str, *body: Json) -> Json:
    return {"kind": "loop", "name": name, "loop": {"body": list(body)}}


def workflow(*steps: Json, **fields: object) -> Workflow:
    return parse_workflow(write_yaml({"agents": _AGENTS, **fields, "steps": list(steps)}))


def write_yaml(document: Json) -> str:
    """Write JSON that is YAML too: YAML has no surrogate pairs, but `\\U0001f642`."""
    return _PAIR.sub(_to_yaml_escape, json.dumps(document))


def _to_yaml_escape(pair: re.Match[str]) -> str:
    char = json.loads(f'"{pair.group()}"')
    return f"\\U{ord(char):08x}"


def _no_template(text: str) -> str:
    """A text that isn't a (broken) template, which the spec would refuse."""
    return re.sub(r"\{(?=[{%])", "{ ", text)


_letters = st.sampled_from(
    [*"ab\"'`[](){}<>|#&;:%@!*_~-\\/ .", "end", "\N{RIGHT-TO-LEFT OVERRIDE}", "é"]
)
names = st.sampled_from(HOSTILE) | st.lists(_letters, min_size=1, max_size=12).map("".join)
texts = names | st.text(max_size=300) | st.sampled_from(LONG)


def _level(drawn: Sequence[tuple[str, str, object]], kind: str | None) -> list[Json]:
    """Put drawn steps into containers of that kind, one in the other, whose names are drawn too."""
    by_name = {
        name: step(name, input=_no_template(text), meta={"doc": note}) for name, text, note in drawn
    }
    steps = list(by_name.values())
    if len(steps) < 4 or kind is None:
        return steps
    first, second, third, *rest = steps
    outer, inner = str(first["name"]), str(second["name"])
    contain = CONTAINERS[kind]
    nested = contain(inner, [third, step("beside")], (outer, "other"))
    return [contain(outer, [nested, second | {"name": "last"}], (inner, "other")), *rest]


_drawn = st.lists(st.tuples(names, texts, texts), min_size=1, max_size=8)
hostile_workflows = st.builds(
    lambda drawn, kind: workflow(*_level(drawn, kind)),
    _drawn,
    st.sampled_from([None, *CONTAINERS]),
)

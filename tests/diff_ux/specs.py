"""Specs to compare: ordinary ones, hostile ones, and generated pairs."""

import json
import re
from collections.abc import Sequence

from hypothesis import strategies as st

from workflow import Workflow, parse_workflow

Json = dict[str, object]
_PAIR = re.compile(r"\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}")

HOSTILE = (
    'quo"te',
    "brack[et]s {and} (more)",
    "end",
    "END",
    "%%{init: {'theme': 'x'}}%%",
    "graph TD; A-->B",
    'click n0 "javascript:alert(1)"',
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "</details><h1>gotcha</h1>",
    "<!-- hidden -->",
    "![img](https://evil.example/x.png)",
    "[text](https://evil.example)",
    "[ref][1]",
    "<https://evil.example>",
    "https://evil.example/a",
    "www.evil.example",
    "mail@evil.example",
    "@octocat",
    "@org/team",
    "fixes #1",
    "closes octo/repo#12",
    "resolves GH-7",
    "deadbeefdeadbeefdeadbeefdeadbeefdeadbeef",
    "`tick`",
    "``` fence",
    "`````",
    "~~~",
    "| pipe | table |",
    "**bold** _it_ ~~no~~",
    "# heading",
    "1. list",
    "- list",
    "/approve",
    "\N{RIGHT-TO-LEFT OVERRIDE}gpj.exe",
    "zero\N{ZERO WIDTH SPACE}width",
    "tag\U000e0041\U000e0042",
    "non\N{NO-BREAK SPACE}breaking",
    " leads and trails ",
    "$$x^2$$",
    "fa:fa-ban",
    "#quot;#35;&amp;&#64;x",
    "style n0 fill:#f00",
    "\\[escaped\\] \\`x\\`",
    "naïve – “quotes” 漢字 🙂",
    "x" * 199,
    "`" * 60,
    "#" * 60,
)

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
texts = names | st.text(max_size=300)


def _level(drawn: Sequence[tuple[str, str, object]], shape: int) -> list[Json]:
    """Distribute drawn steps over a few containers, whose names are drawn too."""
    steps = list(
        {
            name: step(name, input=_no_template(text), meta={"doc": note})
            for name, text, note in drawn
        }.values()
    )
    if len(steps) < 4 or not shape:
        return steps
    first, second, third, *rest = steps
    nested = route(str(first["name"]), **{str(second["name"]): [second], "other": third})
    return [nested if shape == 1 else loop(str(first["name"]), second, nested), *rest]


_drawn = st.lists(st.tuples(names, texts, texts), min_size=1, max_size=8)
hostile_workflows = st.builds(
    lambda drawn, shape: workflow(*_level(drawn, shape)), _drawn, st.integers(0, 2)
)

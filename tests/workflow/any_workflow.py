"""Generated specs with every kind of step and every part beside the steps, and edits of them."""

import copy
import json
from collections.abc import Iterator
from random import Random

from hypothesis import strategies as st

from tests.workflow.containers import CONTAINERS, LEAVES, Json, leaf
from workflow import SpecError, Workflow, parse_workflow

_NAMES = ("a", "b", "c", "d", "e/f", "g~", "h i", "end", "1", "x", "steps", "body")
_VALUES: tuple[object, ...] = (
    None,
    True,
    1,
    1.0,
    0,
    "",
    "1",
    "text",
    [],
    {},
    [1, {"x": []}],
    {"x": {"y": 1}, "__z": 2},
)
_FIELDS = ("input", "meta", "config", "description", "sink_to", "output_schema", "usage_limits")

_FILES = {"p.md": ("Be kind.", "Be brief."), "o.yaml": ("one", "two")}
_IMPORT = '{{"name": "{}", "steps": [{{"name": "x", "uses": "flujo.value.pass"}}]}}'

_names = st.sampled_from(_NAMES)
_values = st.sampled_from(_VALUES)


def _one_each(steps: list[Json]) -> list[Json]:
    return list({str(step["name"]): step for step in steps}.values())


_simple = st.builds(
    lambda name, uses, value: {
        "name": name,
        "uses": uses,
        "input": value,
        "config": {"max_retries": 1, "timeout_s": 5},
        "sink_to": name,
    },
    _names,
    st.sampled_from(["agents.writer", "agents.judge", "imports.other", "flujo.value.pass"]),
    _values,
)
_steps = st.recursive(
    _simple | st.builds(leaf, st.sampled_from(LEAVES), _names),
    lambda inner: st.builds(
        lambda kind, name, body: CONTAINERS[kind](name, _one_each(body), ("x", "y/z")),
        st.sampled_from(list(CONTAINERS)),
        _names,
        st.lists(inner, min_size=1, max_size=3),
    ),
    max_leaves=8,
)


def _policy(name: str) -> Json:
    return {"id": name, "when": "true", "assert": "result.success", "action": "WARN"}


def _test(name: str) -> Json:
    return {"name": name, "assertions": ["result.success"]}


documents: st.SearchStrategy[Json] = st.builds(
    lambda steps, parts, description: {
        "version": "0.1",
        "description": description,
        "agents": {
            "writer": {"model": "sim:large", "system_prompt": {"from_file": "p.md"}},
            "judge": {"model": "sim:small", "system_prompt": "Judge."},
        },
        "imports": {"other": "o.yaml"},
        "policies": [_policy(name) for name in parts],
        "tests": [_test(name) for name in reversed(parts)],
        "steps": _one_each(steps),
    },
    st.lists(_steps, min_size=2, max_size=6),
    st.permutations(["p", "q", "r"]).map(lambda names: names[:2]),
    st.sampled_from(["", "d"]),
)


def parse_any(document: Json, *, files: int = 0, text: str = "") -> Workflow:
    """Parse a document, or a text that says it; its prompt file and import have the first or the second content."""

    def read(path: str) -> str:
        text = _FILES[path][files]
        return _IMPORT.format(text) if path == "o.yaml" else text

    return parse_workflow(text or json.dumps(document), read=read)


def edit(document: Json, random: Random, edits: int) -> Workflow | None:
    """Change a copy of the document in a few places; None when what comes out is no spec."""
    changed = copy.deepcopy(document)
    for _ in range(edits):
        random.choice(_EDITS)(changed, random)
    try:
        return parse_any(changed, files=random.randrange(2))
    except SpecError:
        return None


def _levels(value: object) -> Iterator[list[Json]]:
    """Find every list of steps."""
    if isinstance(value, list):
        if value and all(isinstance(item, dict) and _is_step(item) for item in value):
            yield value
        for item in value:
            yield from _levels(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _levels(item)


def _all_steps(value: object) -> Iterator[Json]:
    if isinstance(value, dict):
        if _is_step(value):
            yield value
        for item in value.values():
            yield from _all_steps(item)
    elif isinstance(value, list):
        for item in value:
            yield from _all_steps(item)


def _is_step(value: Json) -> bool:
    return "name" in value and ("uses" in value or "kind" in value)


def _set(document: Json, random: Random) -> None:
    step = random.choice(list(_all_steps(document)))
    values: Json = {
        "config": {"max_retries": random.randrange(3)},
        "usage_limits": {"total_tokens_limit": random.randrange(3)},
        "description": random.choice(["", "x", "y"]),
        "sink_to": random.choice(["x", "y"]),
    }
    field = random.choice(_FIELDS)
    value = values.get(field, random.choice(_VALUES))
    step[field] = {"type": "object", "x": value} if field in ("meta", "output_schema") else value


def _unset(document: Json, random: Random) -> None:
    random.choice(list(_all_steps(document))).pop(random.choice(_FIELDS), None)


def _rename(document: Json, random: Random) -> None:
    random.choice(list(_all_steps(document)))["name"] = random.choice([*_NAMES, "new"])


def _move(document: Json, random: Random) -> None:
    source = random.choice(list(_levels(document["steps"])))
    if len(source) > 1:
        step = source.pop(random.randrange(len(source)))
        target = random.choice(list(_levels(document["steps"])))
        target.insert(random.randrange(len(target) + 1), step)


def _swap(document: Json, random: Random) -> None:
    level = max(_levels(document["steps"]), key=len)
    random.shuffle(level)


def _rename_and_set(document: Json, random: Random) -> None:
    """Rename a step whose other fields are many enough to know it by, and change one of them."""
    step = random.choice(list(_all_steps(document["steps"])))
    step["name"] = "new"
    step["input"] = random.choice(_VALUES)


def _insert(document: Json, random: Random) -> None:
    level = random.choice(list(_levels(document["steps"])))
    level.insert(random.randrange(len(level) + 1), {"name": "new", "uses": "agents.writer"})


def _remove(document: Json, random: Random) -> None:
    level = random.choice(list(_levels(document["steps"])))
    if len(level) > 1:
        level.pop(random.randrange(len(level)))


def _tune(document: Json, random: Random) -> None:
    """Change a number of a container, which is a field of its own."""
    for step in _all_steps(document):
        loop = step.get("loop")
        if isinstance(loop, dict):
            loop["max_loops"] = random.randrange(1, 4)
        if step.get("kind") == "parallel":
            step["on_branch_failure"] = random.choice(["propagate", "ignore"])


def _change_parts(document: Json, random: Random) -> None:
    agents, policies, tests = document["agents"], document["policies"], document["tests"]
    assert isinstance(agents, dict)
    assert isinstance(policies, list)
    assert isinstance(tests, list)
    agents["judge"] = {"model": random.choice(["sim:large", "sim:small"]), "max_retries": 1}
    random.shuffle(policies)
    random.choice(policies)["action"] = random.choice(["WARN", "FAIL_RUN"])
    tests[-1:] = [_test(random.choice("stu"))]
    document["imports"] = random.choice(
        [{"other": "o.yaml"}, {"other": "o.yaml", "more": "o.yaml"}]
    )
    document["score"] = random.choice(list(_all_steps(document["steps"])))["name"]


_EDITS = (
    *(_set, _unset, _rename, _rename_and_set, _move, _swap, _swap),
    *(_insert, _remove, _tune, _change_parts),
)

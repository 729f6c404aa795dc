"""Says what harm a patch did, without a line of the code it checks: PyYAML, a walk over RFC 6902, and its own rules.

As a script it reads one JSON object a line, `{"before": YAML, "patch": […], "after": YAML, "models": […]}`, and answers
each with a list of harms; without a patch the two texts alone are compared. A harm is any difference that isn't a
declared knob within its bounds.
"""

import json
import re
import sys
from collections.abc import Iterator
from typing import Any

import yaml

Path = tuple[Any, ...]
GONE = "(nothing)"
_GUARDS = re.compile(
    r"approv|audit|auth|check|complian|fraud|gate|guard|judge|limit|moderat|permission|pii|polic"
    r"|redact|safe|sanit|score|secur|valid|verif",
    re.IGNORECASE,
)
_REGISTERED = {"flujo.check.contains", "flujo.check.length", "flujo.check.schema"}
_STEP_MAPS = {"branches", "states"}
_HOLDERS = {"loop", "map"}


class NotApplicableError(Exception):
    """Raised when a patch can't be applied by the letter of RFC 6902."""


def find_harm(
    before_text: str, patch: list[Any], after_text: str, models: tuple[str, ...] = ()
) -> list[str]:
    """Return what the patched text does beside turning knobs; the text must say what the patch says."""
    before, after = _load(before_text), _load(after_text)
    try:
        patched = apply(before, patch)
    except NotApplicableError as error:
        return [f"the patch can't be applied: {error}"]
    if not _same(patched, after):
        return ["the text isn't what the patch makes of it"]
    return list(compare(before, after, models))


def compare(before: Any, after: Any, models: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield every difference that isn't a knob turned within its bounds."""
    after = _undo_swaps(before, after)
    for path, old, new in _differences(before, after, ()):
        if not _is_allowed(path, old, new, before, models):
            yield f"{'/'.join(map(str, path))}: {old!r} → {new!r}"


def apply(document: Any, patch: list[Any]) -> Any:
    """Apply a JSON Patch to a copy, written from the text of the RFC."""
    document = json.loads(json.dumps(document))
    for operation in patch:
        document = _apply_one(document, operation)
    return document


def _apply_one(document: Any, operation: dict[str, Any]) -> Any:
    path = _split(operation["path"])
    match operation["op"]:
        case "test":
            if not _same(_get(document, path), operation["value"]):
                raise NotApplicableError("a tested value differs")
        case "add":
            _add(document, path, operation["value"])
        case "replace":
            _remove(document, path)
            _add(document, path, operation["value"])
        case "remove":
            _remove(document, path)
        case "move":
            value = _get(document, _split(operation["from"]))
            _remove(document, _split(operation["from"]))
            _add(document, path, value)
        case other:
            raise NotApplicableError(f"no operation {other!r}")
    return document


def _split(pointer: str) -> list[str]:
    if not pointer.startswith("/"):
        raise NotApplicableError("not a pointer into the document")
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer[1:].split("/")]


def _get(document: Any, path: list[str]) -> Any:
    for part in path:
        if isinstance(document, dict) and part in document:
            document = document[part]
        elif isinstance(document, list) and _index(part) < len(document):
            document = document[_index(part)]
        else:
            raise NotApplicableError(f"no {part!r}")
    return document


def _index(part: str) -> int:
    if not re.fullmatch(r"0|[1-9][0-9]*", part, re.ASCII):
        raise NotApplicableError(f"no index: {part!r}")
    return int(part)


def _add(document: Any, path: list[str], value: Any) -> None:
    parent, last = _get(document, path[:-1]), path[-1]
    if isinstance(parent, dict):
        parent[last] = value
        return
    if not isinstance(parent, list):
        raise NotApplicableError("a value has no members")
    index = len(parent) if last == "-" else _index(last)
    if index > len(parent):
        raise NotApplicableError("beyond the end")
    parent.insert(index, value)


def _remove(document: Any, path: list[str]) -> None:
    parent, last = _get(document, path[:-1]), path[-1]
    _get(parent, [last])
    del parent[last if isinstance(parent, dict) else _index(last)]


def _load(text: str) -> Any:
    return yaml.safe_load(text)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, bool) != isinstance(other, bool):
        return False
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)


def _differences(old: Any, new: Any, path: Path) -> Iterator[tuple[Path, Any, Any]]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            yield from _differences(old.get(key, GONE), new.get(key, GONE), (*path, key))
    elif isinstance(new, dict) and old == GONE and path[-1:] in [("config",), ("meta",)] and new:
        for key in new:
            yield from _differences(GONE, new[key], (*path, key))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, pair in enumerate(zip(old, new, strict=True)):
            yield from _differences(*pair, (*path, index))
    elif not _same(old, new):
        yield path, old, new


def _is_allowed(path: Path, old: Any, new: Any, document: Any, models: tuple[str, ...]) -> bool:
    if path == ("description",):
        return _is_documentation(new)
    if len(path) == 3 and path[0] == "agents" and path[2] == "model":
        return new in models and not _runs_on_guard(path[1], document)
    if path[-1:] == ("validators",) or "validators" in path:
        return _only_adds_validators(path, document, new)
    for depth, field in ((1, path[-1:]), (2, path[-2:])):
        step = _step_at(document, path[:-depth])
        if step is not None:
            return _is_knob(field, old, new, step, document)
    return False


def _step_at(document: Any, path: Path) -> dict[str, Any] | None:
    return next((step for where, step in _walk_steps(document, ()) if where == path), None)


def _walk_steps(value: Any, path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield every step with its path, through lists of steps, branches, states and bodies only."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _walk_steps(item, (*path, index))
    elif isinstance(value, dict) and "name" in value and path:
        yield path, value
        for holder in _HOLDERS & value.keys():
            yield from _walk_steps(value[holder].get("body"), (*path, holder, "body"))
        for field in _STEP_MAPS & value.keys():
            for name, branch in value[field].items():
                yield from _walk_steps(branch, (*path, field, name))
    elif isinstance(value, dict) and "steps" in value:
        yield from _walk_steps(value["steps"], (*path, "steps"))


def _is_knob(field: Path, old: Any, new: Any, step: dict[str, Any], document: Any) -> bool:
    if step.get("kind", "step") != "step":
        return False
    if field in (("description",), ("meta", "doc")):
        reaches_model = str(step.get("uses", "")).startswith(("agents.", "imports."))
        return not reaches_model and _is_documentation(new)
    if not isinstance(new, int | float) or isinstance(new, bool) or _is_guard(step, document):
        return False
    was = _in_force(field, old, step, document)
    match field:
        case ("config", "max_retries"):
            return new == int(new) and (was or 0) <= new <= 5
        case ("config", "backoff_s"):
            return (was or 0) <= new <= 60
        case ("config", "timeout_s"):
            return 1 <= new <= 600 and (was is None or was / 4 <= new <= was * 2)
        case ("config", "max_tokens"):
            return was is not None and was / 2 <= new <= was
    return False


def _in_force(field: Path, old: Any, step: dict[str, Any], document: Any) -> float | None:
    if isinstance(old, int | float) and not isinstance(old, bool):
        return old
    agents = document.get("agents") or {}
    agent = agents.get(str(step.get("uses", "")).removeprefix("agents."), {})
    names = {
        "max_retries": agent.get("max_retries"),
        "timeout_s": agent.get("timeout"),
        "max_tokens": (agent.get("model_settings") or {}).get("max_tokens"),
    }
    found = names.get(field[-1])
    return found if isinstance(found, int | float) else None


def _is_guard(step: dict[str, Any], document: Any) -> bool:
    scored = document.get("score")
    named = bool(_GUARDS.search(f"{step.get('name')} {step.get('uses')}"))
    return named or (scored is not None and scored in (step.get("name"), step.get("uses")))


def _runs_on_guard(agent: str, document: Any) -> bool:
    users = [step for _, step in _walk_steps(document, ()) if step.get("uses") == f"agents.{agent}"]
    return any(_is_guard(step, document) for step in users)


def _is_documentation(text: Any) -> bool:
    if not isinstance(text, str) or not 0 < len(text) <= 500:
        return False
    return all(" " <= char <= "~" for char in text) and not re.search(r"\{\{|\{%|\$\{|<|://", text)


def _only_adds_validators(path: Path, document: Any, new: Any) -> bool:
    if path[-1] != "validators" or not isinstance(new, list):
        return False
    step = _step_at(document, path[:-1])
    if step is None:
        return False
    rest = list(step.get("validators") or [])
    added = []
    for item in new:
        if rest and _same(item, rest[0]):
            rest.pop(0)
        else:
            added.append(item)
    return not rest and bool(added) and all(map(_is_registered, added))


def _is_registered(item: Any) -> bool:
    name, params = (
        (item.get("id"), item.get("params", {})) if isinstance(item, dict) else (item, {})
    )
    plain = all(
        isinstance(value, int | float) and not isinstance(value, bool) for value in params.values()
    )
    return name in _REGISTERED and plain


def _undo_swaps(before: Any, after: Any) -> Any:
    """Put neighbours that changed places back, where neither names the other nor whatever ran before."""
    if isinstance(before, dict) and isinstance(after, dict):
        return {key: _undo_swaps(before.get(key, GONE), after[key]) for key in after}
    if not isinstance(before, list) or not isinstance(after, list) or len(before) != len(after):
        return after
    names = [item.get("name") if isinstance(item, dict) else None for item in before]
    found = [item.get("name") if isinstance(item, dict) else None for item in after]
    moved = [index for index in range(len(names)) if names[index] != found[index]]
    is_swap = [found[index] for index in moved[::-1]] == [names[index] for index in moved]
    if len(moved) == 2 and moved[1] == moved[0] + 1 and is_swap and _may_swap(before, *moved):
        after = list(after)
        after[moved[0]], after[moved[1]] = after[moved[1]], after[moved[0]]
    return [_undo_swaps(*pair) for pair in zip(before, after, strict=True)]


def _may_swap(steps: list[Any], left: int, right: int) -> bool:
    if right + 1 >= len(steps):
        return False
    texts = [
        str(steps[index].get("input", "{{ previous_step }}")) for index in (left, right, right + 1)
    ]
    one, other = f"steps.{steps[left]['name']}.", f"steps.{steps[right]['name']}."
    blind = not any("previous_step" in text for text in texts)
    return blind and other not in texts[0] and one not in texts[1]


def main() -> None:
    """Answer one question a line."""
    for line in sys.stdin:
        asked = json.loads(line)
        before, after, models = asked["before"], asked["after"], tuple(asked["models"])
        if "patch" in asked:
            harms = find_harm(before, asked["patch"], after, models)
        else:
            harms = list(compare(_load(before), _load(after), models))
        sys.stdout.write(json.dumps(harms) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

"""Compares what stands beside the steps: agents and imports by name, policies and tests by id or name."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Literal

from pydantic import JsonValue

from workflow.comparison.changes import ABSENT, GraphChange, Subject, Value
from workflow.comparison.entries import Entry, LineOf, change_field, compare_named, number_twins
from workflow.comparison.outline import Difference, Path
from workflow.identity import UnresolvedError, hash_document, read_beside, resolve_document
from workflow.load import Workflow
from workflow.nodes import StepNode
from workflow.yaml_io.yaml_text import parse_yaml

_SECTIONS = {"policy": ("policies", "id"), "test": ("tests", "name")}


def list_part_paths(document: Mapping[str, JsonValue]) -> Iterator[Path]:
    """List where the agents, imports, policies and tests of a document stand."""
    for section in ("agents", "imports"):
        yield from ((section, name) for name in _mapping(document.get(section)))
    for section, _ in _SECTIONS.values():
        yield from ((section, str(index)) for index in range(len(_items(document.get(section)))))


def compare_agents(
    before: Workflow, after: Workflow, old_line: LineOf, new_line: LineOf
) -> Iterator[GraphChange]:
    """Tell agents' changes, each with the steps that use it; a prompt kept in a file counts by content."""
    old, new = _agents(before, old_line), _agents(after, new_line)
    if before.spec_sha256 != after.spec_sha256:
        shared = old.keys() & new.keys()
        old = {
            name: _read_prompt(one, before) if name in shared else one for name, one in old.items()
        }
        new = {
            name: _read_prompt(one, after) if name in shared else one for name, one in new.items()
        }
    return compare_named(old, new, ordered=False)


def compare_imports(
    before: Workflow, after: Workflow, old_line: LineOf, new_line: LineOf
) -> Iterator[GraphChange]:
    """Tell imports' changes; an imported spec counts by the hash of its content, as `content_sha256`."""
    old, new = _imports(before, old_line), _imports(after, new_line)
    yield from compare_named(old, new, ordered=False)
    if before.spec_sha256 == after.spec_sha256:
        return
    for name in new:
        if name in old:
            hashes = _hash_import(old[name], before), _hash_import(new[name], after)
            if hashes[0] != hashes[1]:
                yield change_field(old[name], new[name], Difference(("content_sha256",), *hashes))


def compare_items(
    kind: Literal["policy", "test"],
    before: Workflow,
    after: Workflow,
    old_line: LineOf,
    new_line: LineOf,
) -> Iterator[GraphChange]:
    """Tell the changes of the policies or of the tests, their order included."""
    return compare_named(
        _listed(kind, before, old_line), _listed(kind, after, new_line), ordered=True
    )


def _agents(workflow: Workflow, line_of: LineOf) -> dict[str, Entry]:
    users: dict[str, list[StepNode]] = {}
    for node in workflow.nodes:
        for reference in sorted(_references(node)):
            users.setdefault(reference, []).append(node)
    return {
        name: Entry(
            Subject("agent", name),
            value,
            value,
            ("agents", name),
            line_of,
            users=tuple(users.get(f"agents.{name}", ())),
        )
        for name, value in _mapping(workflow.document.get("agents")).items()
    }


def _references(node: StepNode) -> set[str]:
    """A step names agents in `uses`, and some kinds in fields of their own (`planner`, `proposer`, …)."""
    fields = [node.uses, *node.raw.values(), *_mapping(node.raw.get("router")).values()]
    return {text for text in fields if isinstance(text, str) and text.startswith("agents.")}


def _read_prompt(entry: Entry, workflow: Workflow) -> Entry:
    agent = _mapping(entry.value)
    prompt = _mapping(agent.get("system_prompt"))
    path = prompt.get("from_file")
    if not isinstance(path, str):
        return entry
    try:
        text = read_beside(path, "", workflow.read)
    except UnresolvedError:
        return entry
    value: JsonValue = {**agent, "system_prompt": {**prompt, "text": text}}
    return replace(entry, value=value, own=value)


def _imports(workflow: Workflow, line_of: LineOf) -> dict[str, Entry]:
    return {
        name: Entry(Subject("import", name), path, path, ("imports", name), line_of)
        for name, path in _mapping(workflow.document.get("imports")).items()
    }


def _hash_import(entry: Entry, workflow: Workflow) -> Value:
    def parse(text: str) -> JsonValue:
        return parse_yaml(text, path=workflow.path).value

    try:
        resolved = resolve_document({"imports": {"it": entry.value}}, workflow.read, parse)
        return hash_document(resolved["imports"])
    except UnresolvedError:
        return ABSENT


def _listed(
    kind: Literal["policy", "test"], workflow: Workflow, line_of: LineOf
) -> dict[str, Entry]:
    section, key = _SECTIONS[kind]
    items = _items(workflow.document.get(section))
    names = [str(_mapping(item).get(key, "")) for item in items]
    return {
        f"{twin}:{name}": Entry(Subject(kind, name), item, item, (section, index), line_of)
        for index, (item, (name, twin)) in enumerate(zip(items, number_twins(names), strict=True))
    }


def _mapping(value: JsonValue) -> dict[str, JsonValue]:
    return value if isinstance(value, dict) else {}


def _items(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []

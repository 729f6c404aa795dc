"""Keys that mean something else to readers of YAML 1.1, such as PyYAML: `on:`, `yes:`, `12:30:`."""

from collections.abc import Iterator
from functools import lru_cache
from operator import attrgetter

from yaml import ScalarNode
from yaml.resolver import Resolver

from workflow.diagnostics.diagnostic import Severity
from workflow.diagnostics.findings import Finding
from workflow.lint.draft import Draft
from workflow.patches.pointer import format_pointer
from workflow.yaml_io.yaml_tree import Node

Parts = tuple[str | int, ...]
_TEXT = "tag:yaml.org,2002:str"
_TEXT_OF = attrgetter("text")


def check_keys(draft: Draft) -> Iterator[Finding]:
    """Warn of unquoted keys that are text here and something else to older readers."""
    # What an alias repeats is told once, under its anchor.
    pending: list[tuple[Node, Parts]] = [(draft.root, ())] if draft.root else []
    if not any(map(_meant_by_1_1, _texts_of_keys(draft.root))):
        return
    while pending:
        node, parts = pending.pop()
        if node.keys:
            yield from _check_mapping(node, parts)
        for index, child in enumerate(node.values):
            if child.values and child.kind != "alias":
                part = node.keys[index].text if node.keys else index
                pending.append((child, (*parts, part)))


def _texts_of_keys(root: Node | None) -> set[str]:
    """Return the text of every key, each once: thousands of mappings share a few."""
    texts: set[str] = set()
    pending = [root] if root else []
    while pending:
        node = pending.pop()
        texts.update(map(_TEXT_OF, node.keys))
        pending += [child for child in node.values if child.values and child.kind != "alias"]
    return texts


def _check_mapping(mapping: Node, parts: Parts) -> Iterator[Finding]:
    for key in mapping.keys:
        if key.text == "on" and parts[-2:-1] == ("transitions",):
            # The format's own key, which its readers know.
            continue
        meant = "" if key.style or key.kind == "alias" else _meant_by_1_1(key.text)
        if meant:
            yield Finding(
                "yaml-ambiguous-key",
                format_pointer((*parts, key.text)),
                f"key {key.text!r} is text here, and {meant} to readers of YAML 1.1",
                f'quote it: "{key.text}"',
                Severity.WARNING,
            )


@lru_cache(maxsize=4096)
def _meant_by_1_1(key: str) -> str:
    tag: str = Resolver().resolve(ScalarNode, key, (True, False))  # type: ignore[no-untyped-call]
    return "" if tag == _TEXT else f"a {tag.rpartition(':')[2]}"

"""A patch written into a text, proved by reading the result back."""

from pydantic import JsonValue

from workflow.edit.narrow import narrow_operation
from workflow.edit.rewrite import rewrite_text
from workflow.edit.source import Source, UnspliceableError
from workflow.edit.splicing import splice_operation
from workflow.errors import EditError, SpecError
from workflow.json_data import copy_json, is_identical
from workflow.patches.patch import JsonPatch, apply_operation, apply_patch
from workflow.yaml_io.yaml_text import YamlDocument, parse_yaml
from workflow.yaml_io.yaml_tree import Node


def edit_text(text: str, patch: JsonPatch) -> str:
    """Return the YAML text after a patch, changing only the lines that the patch is about.

    The result reads back as exactly the patched document. Raises `PatchConflictError` when the patch doesn't fit,
    `EditError` when it reaches through an anchor or can't be written faithfully, `SpecError` when the text isn't YAML.
    """
    before = parse_yaml(text)
    after = apply_patch(before.value, patch)
    if is_identical(before.value, after):
        return text
    for literal in (True, False):
        edited = _splice_all(before, patch, literal=literal)
        if edited is not None and _says(edited, after):
            return edited
    if before.root and _has_anchors(before.root):
        raise EditError("this patch can't be written without rewriting a text that has anchors")
    edited = rewrite_text(text, before.root, patch)
    if not _says(edited, after):
        raise EditError("this patch can't be written into the text faithfully")
    return edited


def _splice_all(document: YamlDocument, patch: JsonPatch, *, literal: bool) -> str | None:
    text = document.text
    source = Source(text, document.root, literal)
    running = copy_json(document.value)
    try:
        for operation in patch.operations:
            for small in narrow_operation(running, operation):
                source = source.after(text)
                text = splice_operation(source, running, small)
                running = apply_operation(running, small)
    except (UnspliceableError, SpecError):
        return None
    return text


def _says(text: str, value: JsonValue) -> bool:
    try:
        return is_identical(parse_yaml(text).value, value)
    except SpecError:
        return False


def _has_anchors(root: Node) -> bool:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.is_shared:
            return True
        waiting += [*node.keys, *node.values]
    return False

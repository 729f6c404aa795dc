"""One operation at a time: where it goes in the text, and which replacements of characters make it."""

from collections.abc import Sequence
from typing import cast

from pydantic import JsonValue

from workflow.edit import block, flow
from workflow.edit.layout import Content, is_block, write_key
from workflow.edit.replace import replace_value
from workflow.edit.source import Source, Splice, UnspliceableError, splice
from workflow.json_data import copy_json
from workflow.patches.patch import Operation, apply_operation
from workflow.patches.pointer import format_pointer, locate, parse_index, parse_pointer, resolve
from workflow.yaml_io.yaml_tree import Node

Parts = Sequence[str | int]


def splice_operation(source: Source, document: JsonValue, operation: Operation) -> str:
    """Return the text after one operation that is known to fit the document.

    Raises `UnspliceableError` when it takes more than a splice, `EditError` when it would reach through an anchor.
    """
    match operation.op:
        case "test":
            return source.text
        case "remove":
            return _remove(source, locate(document, operation.path))
        case "move":
            return _move(source, document, operation)
        case "copy":
            return _copy(source, document, operation)
        case "replace":
            parts = locate(document, operation.path)
            return _replace(source, parts, cast("JsonValue", operation.value))
        case "add":
            return _put(source, document, operation.path, cast("JsonValue", operation.value))


def _put(source: Source, document: JsonValue, path: str, content: Content) -> str:
    if not path:
        return _replace(source, (), content)
    *above, last = parse_pointer(path)
    parts = locate(document, format_pointer(above))
    parent = resolve(document, format_pointer(above))
    if isinstance(parent, dict):
        if last in parent:
            return _replace(source, (*parts, last), content)
        return _add_entry(source, parts, last, content)
    assert isinstance(parent, list)
    index = len(parent) if last == "-" else parse_index(last)
    return _insert_item(source, parts, cast("int", index), content)


def _replace(source: Source, parts: Parts, content: Content) -> str:
    nodes = source.trace(parts)
    if not nodes:
        raise UnspliceableError
    source.refuse_shared_inside(nodes[-1], parts)
    return splice(source.text, replace_value(source, nodes, content))


def _add_entry(source: Source, parts: Parts, key: str, content: Content) -> str:
    nodes = source.trace(parts)
    mapping = nodes[-1]
    if _opens_up(nodes, content):
        wrapped = cast("JsonValue", {key: content})
        return splice(source.text, replace_value(source, nodes, wrapped))
    add = flow.add_entry if mapping.flow else block.add_entry
    return splice(source.text, add(source, mapping, key, content))


def _insert_item(source: Source, parts: Parts, index: int, content: Content) -> str:
    nodes = source.trace(parts)
    sequence = nodes[-1]
    if _opens_up(nodes, content):
        wrapped = cast("JsonValue", [content])
        return splice(source.text, replace_value(source, nodes, wrapped))
    insert = flow.insert_item if sequence.flow else block.insert_item
    return splice(source.text, insert(source, sequence, index, content))


def _opens_up(nodes: list[Node], content: Content) -> bool:
    """Whether an empty `{}` or `[]` should become lines because what comes in takes lines."""
    *above, node = nodes
    is_empty = node.flow and not node.values
    return is_empty and is_block(content) and not any(each.flow for each in above)


def _remove(source: Source, parts: Parts) -> str:
    nodes = source.trace(parts)
    source.refuse_shared_inside(nodes[-1], parts)
    parent = nodes[-2]
    if len(parent.values) == 1:
        empty: JsonValue = {} if parent.kind == "mapping" else []
        return splice(source.text, replace_value(source, nodes[:-1], empty))
    index = cast("int", parent.find(parts[-1]))
    remove = flow.remove_child if parent.flow else block.remove_child
    return splice(source.text, remove(source, parent, index))


def _move(source: Source, document: JsonValue, operation: Operation) -> str:
    if operation.path == operation.from_path:
        return source.text
    nearby = _move_nearby(source, document, operation)
    if nearby is not None:
        return splice(source.text, nearby)
    origin = locate(document, operation.from_path)
    node = source.trace(origin)[-1]
    value = copy_json(resolve(document, operation.from_path))
    without = apply_operation(copy_json(document), Operation("remove", operation.from_path))
    rest = source.after(_remove(source, origin))
    return _carry(rest, without, operation.path, block.lift(source, node), value)


def _move_nearby(source: Source, document: JsonValue, operation: Operation) -> list[Splice] | None:
    """Rename a key, or change the place of an item in its list, keeping its lines."""
    *above, last = parse_pointer(operation.path)
    origin = locate(document, operation.from_path)
    if format_pointer(above) != format_pointer(origin[:-1]):
        return None
    parent = resolve(document, format_pointer(above))
    nodes = source.trace(origin)
    index = cast("int", nodes[-2].find(origin[-1]))
    if isinstance(parent, dict) and last not in parent:
        key = nodes[-2].keys[index]
        written = write_key(last, style=key.style, flow=any(node.flow for node in nodes[:-1]))
        return [Splice(key.start, key.end, written)]
    if isinstance(parent, list) and block.has_own_lines(source, nodes[-2]):
        target = len(parent) - 1 if last == "-" else int(last)
        return [] if target == index else block.move_item(source, nodes[-2], index, target)
    return None


def _copy(source: Source, document: JsonValue, operation: Operation) -> str:
    origin = locate(document, operation.from_path)
    nodes = source.trace(origin)
    value = copy_json(resolve(document, operation.from_path))
    if not nodes:
        raise UnspliceableError
    source.refuse_shared_inside(nodes[-1], origin)
    return _carry(source, document, operation.path, block.lift(source, nodes[-1]), value)


def _carry(source: Source, document: JsonValue, path: str, lines: Content, value: JsonValue) -> str:
    """Put a value elsewhere, with its own lines where that is possible."""
    if lines is not None:
        try:
            return _put(source, document, path, lines)
        except UnspliceableError:
            pass
    return _put(source, document, path, value)

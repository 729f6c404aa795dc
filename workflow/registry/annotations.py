"""Python annotations as JSON Schema, read from source without running it; what can't be told is `{}`, anything."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue

Schema = dict[str, JsonValue]

_MAX_DEPTH = 20
_BUILT_IN: Mapping[str, str] = {
    "str": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "list": "array",
    "dict": "object",
    "tuple": "array",
}
_LISTS = frozenset({"list", "List", "Sequence", "Iterable", "Collection"})
_MAPS = frozenset({"dict", "Dict", "Mapping", "MutableMapping"})


@dataclass(frozen=True)
class AnnotationReader:
    """Reads the annotations of one module; a built-in name that the module binds anew means nothing here."""

    records: Mapping[str, ast.ClassDef] = field(default_factory=dict)
    """The `TypedDict`s at the module's top level."""
    rebound: frozenset[str] = frozenset()

    def read(self, annotation: ast.expr | None, depth: int = 0) -> Schema:
        """Return the schema an annotation promises."""
        if depth > _MAX_DEPTH:
            return {}
        match annotation:
            case ast.Constant(value=None):
                return {"type": "null"}
            case ast.Constant(value=str(quoted)):
                return self.read(_parse(quoted), depth + 1)
            case ast.Name(id=name):
                return self._read_name(name, depth)
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return self._read_union([left, right], depth)
            case ast.Subscript(value=value, slice=inner):
                return self._read_generic(last_name(value), inner, depth)
        return {}

    def _read_name(self, name: str, depth: int) -> Schema:
        if name in self.records:
            return self._read_record(self.records[name], depth)
        kind = None if name in self.rebound else _BUILT_IN.get(name)
        return {"type": kind} if kind else {}

    def _read_generic(self, name: str, inner: ast.expr, depth: int) -> Schema:
        parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
        if name in self.rebound & _BUILT_IN.keys():
            return {}
        if name in _LISTS and len(parts) == 1:
            return _with({"type": "array"}, "items", self.read(parts[0], depth + 1))
        if name in _MAPS and len(parts) == 2:
            values = self.read(parts[1], depth + 1)
            return _with({"type": "object"}, "additionalProperties", values)
        return self._read_special(name, parts, depth)

    def _read_special(self, name: str, parts: list[ast.expr], depth: int) -> Schema:
        match name:
            case "Literal":
                constants = [part.value for part in parts if isinstance(part, ast.Constant)]
                plain = [one for one in constants if one is None or isinstance(one, str | int)]
                return {"enum": list(plain)} if len(plain) == len(parts) else {}
            case "Optional":
                return self._read_union([parts[0], ast.Constant(None)], depth)
            case "Union":
                return self._read_union(parts, depth)
            case "Annotated" | "Required" | "NotRequired":
                return self.read(parts[0], depth + 1)
        return {}

    def _read_union(self, parts: list[ast.expr], depth: int) -> Schema:
        """Anything as soon as one part is anything."""
        schemas = [self.read(part, depth + 1) for part in parts]
        flat: list[JsonValue] = []
        for schema in schemas:
            inner = schema.get("anyOf")
            flat += inner if isinstance(inner, list) and len(schema) == 1 else [schema]
        return {"anyOf": flat} if all(schemas) else {}

    def _read_record(self, record: ast.ClassDef, depth: int) -> Schema:
        total = not any(
            word.arg == "total" and isinstance(word.value, ast.Constant) and not word.value.value
            for word in record.keywords
        )
        properties: dict[str, JsonValue] = {}
        required: list[JsonValue] = []
        for name, annotation in _fields_of(record):
            properties[name] = self.read(annotation, depth + 1)
            mark = last_name(annotation.value) if isinstance(annotation, ast.Subscript) else ""
            if mark == "Required" or (total and mark != "NotRequired"):
                required.append(name)
        return {"type": "object", "properties": properties, "required": required}


def open_module(tree: ast.Module) -> AnnotationReader:
    """Return the reader of a module's annotations."""
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    records = {
        node.name: node for node in classes if [last_name(it) for it in node.bases] == ["TypedDict"]
    }
    return AnnotationReader(records, frozenset(_bound_names(tree)))


def last_name(expression: ast.expr) -> str:
    """Return the last name of a dotted one: `skill` of `workflow.skill`."""
    if isinstance(expression, ast.Attribute):
        return expression.attr
    return expression.id if isinstance(expression, ast.Name) else ""


def _fields_of(record: ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    for node in record.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id, node.annotation


def _bound_names(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.name
            case ast.Assign(targets=targets):
                yield from (target.id for target in targets if isinstance(target, ast.Name))
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                yield from (alias.asname or alias.name for alias in names)


def _parse(quoted: str) -> ast.expr | None:
    try:
        return ast.parse(quoted, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _with(schema: Schema, key: str, inner: Schema) -> Schema:
    return {**schema, key: inner} if inner else schema

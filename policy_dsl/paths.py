"""The names an expression depends on, as dotted paths."""

from collections.abc import Iterator

from policy_dsl.syntax import Field, Index, Item, Literal, Name, Node, Quantified, parts_of


def mentioned_paths(tree: Node) -> frozenset[str]:
    """Return the longest paths the tree mentions: `result.score` without `result`, `result.steps.*.cost_usd`."""
    return frozenset(_paths(tree, ()))


def path_of(node: Node, items: tuple[str, ...] = ()) -> str:
    """Return the dotted path of a node, "" if it isn't one; `*` stands for an index that isn't a text as written."""
    match node:
        case Name(name=name):
            return name
        case Item(level=level):
            return items[level - 1]
        case Field(owner=owner, name=name) | Index(owner=owner, index=Literal(value=str(name))):
            return _below(path_of(owner, items), name)
        case Index(owner=owner):
            return _below(path_of(owner, items), "*")
        case _:
            return ""


def _paths(node: Node, items: tuple[str, ...], *, inside: bool = False) -> Iterator[str]:
    """Return the paths in a node; of a node `inside` a longer path, only those in its indexes."""
    path = path_of(node, items)
    if path and not inside:
        yield path
    for part in parts_of(node):
        match node:
            case Quantified(items=listed, condition=condition) if part is condition:
                yield from _paths(part, (*items, _below(path_of(listed, items), "*")))
            case Field(owner=owner) | Index(owner=owner):
                yield from _paths(part, items, inside=bool(path) and part is owner)
            case _:
                yield from _paths(part, items)


def _below(owner: str, name: str) -> str:
    return f"{owner}.{name}" if owner else ""

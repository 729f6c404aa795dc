"""Types of every part of an expression, found before it runs; what can never work is refused with its place."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from policy_dsl.errors import ExpressionError
from policy_dsl.functions import FUNCTIONS, METHODS, Function
from policy_dsl.grammar import QUANTIFIERS
from policy_dsl.schema import (
    ANY,
    BOOL,
    NULL,
    NUMBER,
    TEXT,
    Kind,
    ListType,
    MapType,
    RecordType,
    Type,
    disjoint,
    fits,
    join,
    kind,
    required,
)
from policy_dsl.suggestions import suggest
from policy_dsl.syntax import (
    Arithmetic,
    Both,
    Call,
    Choice,
    Comparison,
    Either,
    Field,
    Index,
    Item,
    ListOf,
    Literal,
    Matches,
    Name,
    Negative,
    Node,
    Not,
    Quantified,
)
from policy_dsl.values import Unknown


@dataclass(frozen=True, slots=True)
class Context:
    """What the names and the quantifiers' items stand for; collects the comparisons that are always false."""

    schema: RecordType | None
    items: tuple[Type, ...] = ()
    never_equal: list[Node] = field(default_factory=list)


def check(node: Node, context: Context) -> Type:
    """Return the node's type; raises `ExpressionError`."""
    return _CHECKS[type(node)](node, context)


def _literal(node: Literal, _context: Context) -> Type:
    match node.value:
        case bool():
            return BOOL
        case str():
            return TEXT
        case None | Unknown():
            return NULL
        case _:
            return NUMBER


def _name(node: Name, context: Context) -> Type:
    if context.schema is None:
        return ANY
    return _field_of(context.schema, node.name, node.end - len(node.name) + 1)


def _item(node: Item, context: Context) -> Type:
    return context.items[node.level - 1]


def _field(node: Field, context: Context) -> Type:
    owner = check(node.owner, context)
    return ANY if owner is ANY else _field_of(owner, node.name, node.end - len(node.name) + 1)


def _field_of(owner: Type, name: str, column: int) -> Type:
    match required(owner):
        case RecordType(fields=fields):
            if name in fields:
                return fields[name]
            raise ExpressionError(f"unknown name {name!r}", column, suggest(name, fields))
        case MapType(value=value):
            return value
        case of_type if fits(of_type):
            return ANY
        case of_type:
            hint = f"call it: .{name}()" if f".{name}" in METHODS else ""
            raise ExpressionError(f"{kind(of_type)} has no field {name!r}", column, hint)


def _index(node: Index, context: Context) -> Type:
    owner, index = required(check(node.owner, context)), check(node.index, context)
    column = node.index.start + 1
    if isinstance(owner, ListType) and fits(index, Kind.NUMBER):
        return owner.item
    if isinstance(owner, RecordType | MapType) and fits(index, Kind.TEXT):
        if isinstance(node.index, Literal) and isinstance(node.index.value, str):
            return _field_of(owner, node.index.value, column)
        return owner.value if isinstance(owner, MapType) else ANY
    if fits(owner) and fits(index, Kind.NUMBER, Kind.TEXT):
        return ANY
    raise ExpressionError(f"{kind(owner)} has no [{kind(index)}]", column)


def _list(node: ListOf, context: Context) -> Type:
    types = [check(item, context) for item in node.items]
    if not types:
        return ListType(ANY)
    item = types[0]
    for other in types[1:]:
        item = join(item, other)
    return ListType(item)


def _negative(node: Negative, context: Context) -> Type:
    _need(node.operand, context, "'-'", Kind.NUMBER)
    return NUMBER


def _arithmetic(node: Arithmetic, context: Context) -> Type:
    accepted = (Kind.NUMBER, Kind.TEXT) if node.sign == "+" else (Kind.NUMBER,)
    left = _need(node.left, context, f"{node.sign!r}", *accepted)
    right = _need(node.right, context, f"{node.sign!r}", *accepted)
    if disjoint(left, right):
        message = f"{node.sign!r} can't join {kind(left)} and {kind(right)}"
        raise ExpressionError(message, node.right.start + 1)
    known = [one for one in (left, right) if kind(one) in accepted]
    return known[0] if known else (ANY if node.sign == "+" else NUMBER)


def _comparison(node: Comparison, context: Context) -> Type:
    types = [check(operand, context) for operand in node.operands]
    for position, sign in enumerate(node.signs):
        left, right = types[position], types[position + 1]
        place = node.operands[position + 1]
        if sign in ("in", "not in"):
            _check_membership(left, right, place, node, context)
        elif sign in ("==", "!="):
            if disjoint(left, right):
                context.never_equal.append(node)
        else:
            _check_order(left, right, place)
    return BOOL


def _check_membership(left: Type, right: Type, place: Node, node: Node, context: Context) -> None:
    if not fits(right, Kind.TEXT, Kind.LIST, Kind.MAP):
        raise ExpressionError(f"nothing can be in {kind(right)}", place.start + 1)
    container = required(right)
    if isinstance(container, ListType):
        if disjoint(left, container.item):
            context.never_equal.append(node)
    elif not fits(right) and not fits(left, Kind.TEXT):
        raise ExpressionError(f"{kind(left)} can't be in {kind(right)}", node.start + 1)


def _check_order(left: Type, right: Type, place: Node) -> None:
    ordered = (Kind.NUMBER, Kind.TEXT)
    if not fits(left, *ordered) or not fits(right, *ordered) or disjoint(left, right):
        raise ExpressionError(f"{kind(left)} and {kind(right)} have no order", place.start + 1)


def _not(node: Not, context: Context) -> Type:
    _need(node.operand, context, "'not'", Kind.BOOL)
    return BOOL


def _logic(node: Both | Either, context: Context) -> Type:
    for part in node.parts:
        _need(part, context, "'and'" if isinstance(node, Both) else "'or'", Kind.BOOL)
    return BOOL


def _choice(node: Choice, context: Context) -> Type:
    _need(node.condition, context, "'if'", Kind.BOOL)
    return join(check(node.then, context), check(node.otherwise, context))


def _matches(node: Matches, context: Context) -> Type:
    _need(node.text, context, "matches()", Kind.TEXT)
    return BOOL


def _call(node: Call, context: Context) -> Type:
    function, name = _function(node), f"{node.function.lstrip('.')}()"
    if not function.takes(len(node.arguments)):
        raise ExpressionError(f"{name} doesn't take that many arguments", node.start + 1)
    types = [
        _need(argument, context, name, *function.kinds(position))
        for position, argument in enumerate(node.arguments)
    ]
    return _found_by_get(*types) if node.function == ".get" else function.result


def _found_by_get(owner: Type, _key: Type, default: Type = NULL) -> Type:
    found = required(owner)
    return join(found.value, default) if isinstance(found, MapType) else ANY


def _function(node: Call) -> Function:
    method = node.function.startswith(".")
    known: Mapping[str, Function] = METHODS if method else FUNCTIONS
    if node.function in known:
        return known[node.function]
    what = "method" if method else "function"
    column = node.arguments[0].end + 2 if method else node.start + 1
    hint = suggest(node.function, METHODS if method else (*FUNCTIONS, *QUANTIFIERS, "matches"))
    raise ExpressionError(f"unknown {what} {node.function.lstrip('.')!r}", column, hint)


def _quantified(node: Quantified, context: Context) -> Type:
    items = required(check(node.items, context))
    name = f"{node.quantifier}()"
    if not fits(items, Kind.LIST):
        raise ExpressionError(f"{name} needs a list, not {kind(items)}", node.items.start + 1)
    item = items.item if isinstance(items, ListType) else ANY
    inside = replace(context, items=(*context.items, item))
    _need(node.condition, inside, f"the condition of {name}", Kind.BOOL)
    return NUMBER if node.quantifier == "count" else BOOL


def _need(node: Node, context: Context, where: str, *accepted: Kind) -> Type:
    """Return the node's type if it can be of one of the kinds; raises `ExpressionError`."""
    found = check(node, context)
    if fits(found, *accepted):
        return found
    message = f"{where} needs {' or '.join(accepted)}, not {kind(found)}"
    raise ExpressionError(message, node.start + 1)


_CHECKS: Mapping[type[Node], Callable[..., Type]] = {
    Literal: _literal,
    Name: _name,
    Item: _item,
    Field: _field,
    Index: _index,
    ListOf: _list,
    Negative: _negative,
    Arithmetic: _arithmetic,
    Comparison: _comparison,
    Not: _not,
    Both: _logic,
    Either: _logic,
    Choice: _choice,
    Matches: _matches,
    Call: _call,
    Quantified: _quantified,
}

"""Why an expression has its value: the same evaluation once more, with every part writing down what it found."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import cast

from policy_dsl.errors import Stopped
from policy_dsl.evaluator import Evaluate, build, build_with
from policy_dsl.syntax import Field, Index, Item, ListOf, Literal, Name, Node, Quantified
from policy_dsl.values import Failure, Scope, Value

_PLAIN_TO_SEE = (Literal, ListOf, Item)


@dataclass(frozen=True, slots=True)
class Explained:
    """A part of an expression as it is written, and its value; in a quoted condition, the last item's."""

    source: str
    value: Value


def explain(source: str, tree: Node, names: Mapping[str, object]) -> tuple[Explained, ...]:
    """Evaluate the tree and return the parts that were evaluated, in the order of the source, the outer ones first."""
    recorder = _Recorder(source)
    run = recorder.build(tree)
    with suppress(Stopped):  # every part it passed through wrote the failure down
        run(Scope(names))
    return recorder.found()


class _Recorder:
    """Builds closures that remember their last value under the part's text."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._values: dict[str, object] = {}
        self._order: dict[str, None] = {}

    def build(self, node: Node) -> Evaluate:
        """Return the closure of a node; literals, lists and `it` say nothing that isn't written there."""
        if not isinstance(node, _PLAIN_TO_SEE):
            self._order[self._text(node)] = None
        evaluate = build_with(node, lambda part: self._part(node, part))
        return evaluate if isinstance(node, _PLAIN_TO_SEE) else self._remember(node, evaluate)

    def found(self) -> tuple[Explained, ...]:
        """Return what was evaluated, as the tree is written."""
        return tuple(
            Explained(text, cast(Value, self._values[text]))
            for text in self._order
            if text in self._values
        )

    def _part(self, node: Node, part: Node) -> Evaluate:
        match node:
            case Field(owner=owner) | Index(owner=owner) if part is owner and _is_path(part):
                return build(part)  # of `result.score`, nobody wants to read all of `result`
            case Quantified(items=items, condition=condition, level=level) if part is condition:
                return self._watch(f"it in {self._text(items)}", level, part)
            case _:
                return self.build(part)

    def _remember(self, node: Node, evaluate: Evaluate) -> Evaluate:
        text = self._text(node)

        def remember(scope: Scope) -> object:
            try:
                value = evaluate(scope)
            except Stopped as stop:
                self._values[text] = Failure(stop.reason)
                raise
            self._values[text] = value
            return value

        return remember

    def _watch(self, text: str, level: int, condition: Node) -> Evaluate:
        self._order[text] = None
        evaluate = self.build(condition)

        def watch(scope: Scope) -> object:
            self._values[text] = scope.items[level - 1]
            return evaluate(scope)

        return watch

    def _text(self, node: Node) -> str:
        return self._source[node.start : node.end]


def _is_path(node: Node) -> bool:
    return isinstance(node, Name | Field | Index)

"""Built-in validators as checks of recorded answers: used as they stand in the spec, or learnt from what worked."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import orjson
from pydantic import JsonValue

from workflow import BUILT_IN_SKILLS, Workflow

_BUILT_IN: Final = "flujo.check."
_LENGTH: Final = "flujo.check.length"
_SCHEMA: Final = "flujo.check.schema"
_MOST_WORDS = 8
_EACH_WORD = 10
"""Words are a closed set where this many answers came to each of them."""
_TYPES: Final[Mapping[type, str]] = {
    str: "string",
    bool: "boolean",
    int: "number",
    float: "number",
    list: "array",
    dict: "object",
    type(None): "null",
}


@dataclass(frozen=True, slots=True)
class AnswerCheck:
    """A built-in validator with its parameters."""

    reference: str
    params: Mapping[str, JsonValue] = field(default_factory=dict)

    def rejects(self, answer: JsonValue) -> bool:
        """Whether it says no; a check that can't look at an answer doesn't."""
        check = BUILT_IN_SKILLS[self.reference].function
        try:
            verdict = check(answer, **self.params)
        except Exception:  # whatever a validator raises on what it wasn't made for
            return False
        return isinstance(verdict, dict) and verdict.get("valid") is False

    def to_json(self) -> JsonValue:
        """Return it as it is written among a step's `validators`."""
        return (
            {"id": self.reference, "params": dict(self.params)} if self.params else self.reference
        )


Learn = Callable[[Sequence[JsonValue], Sequence[JsonValue]], AnswerCheck | None]
"""Makes a check of the answers that worked and those that didn't; None where they aren't of its kind."""


def list_known_checks(workflow: Workflow) -> list[AnswerCheck]:
    """Return the built-in checks that the spec uses somewhere, and those that need no parameters."""
    found = {"flujo.check.pii": AnswerCheck("flujo.check.pii")}
    for node in workflow.nodes:
        for check in read_checks(node.raw.get("validators")):
            found[orjson.dumps(check.to_json(), option=orjson.OPT_SORT_KEYS).decode()] = check
    return list(found.values())


def read_checks(validators: JsonValue) -> list[AnswerCheck]:
    """Return the built-in checks among a step's validators; the others can't be asked here."""
    found = []
    for item in validators if isinstance(validators, list) else []:
        reference, params = item, None
        if isinstance(item, dict):
            reference, params = item.get("id"), item.get("params")
        if isinstance(reference, str) and reference.startswith(_BUILT_IN):
            found.append(AnswerCheck(reference, params if isinstance(params, dict) else {}))
    return found


def learn_length(worked: Sequence[JsonValue], failed: Sequence[JsonValue]) -> AnswerCheck | None:
    """Bound the length of texts half-way between the shortest that worked and the longest shorter one that didn't."""
    sizes = sorted(len(answer) for answer in worked if isinstance(answer, str))
    if not sizes or len(sizes) < len(worked) - _strays(len(worked)):
        return None
    strays = min(_strays(len(sizes)), (len(sizes) - 1) // 2)
    shortest, longest = sizes[strays], sizes[-1 - strays]
    bad = [len(answer) for answer in failed if isinstance(answer, str)]
    below, above = [n for n in bad if n < shortest], [n for n in bad if n > longest]
    if len(below) >= len(above) and below:
        return AnswerCheck(_LENGTH, {"min_chars": _between(max(below), shortest)})
    if above:
        bounds: dict[str, JsonValue] = {"min_chars": 0, "max_chars": _between(longest, min(above))}
        return AnswerCheck(_LENGTH, bounds)
    return None


def learn_schema(worked: Sequence[JsonValue], _: Sequence[JsonValue]) -> AnswerCheck | None:
    """Describe what the answers that worked share: their type, the fields of objects, a closed set of words.

    A few may be otherwise: a bad answer doesn't always do harm.
    """
    schema = _describe(worked)
    if schema.get("type") == "string":
        schema |= _words_of([answer for answer in worked if isinstance(answer, str)])
    if schema.get("type") == "object":
        schema |= _fields_of([answer for answer in worked if isinstance(answer, dict)])
    return AnswerCheck(_SCHEMA, {"schema": schema}) if schema else None


LEARNERS: Final[tuple[Learn, ...]] = (learn_length, learn_schema)
"""The simplest first."""


def _strays(count: int) -> int:
    """Return how many of so many answers may be unlike the others: a fiftieth, and one of ten."""
    return max(count // 50, int(count >= 10))


def _between(low: int, high: int) -> int:
    return (low + high + 1) // 2


def _describe(answers: Sequence[JsonValue]) -> dict[str, JsonValue]:
    counts = Counter(_TYPES[type(answer)] for answer in answers)
    types = sorted(name for name, count in counts.items() if count > _strays(len(answers)))
    if len(types) == 1:
        return {"type": types[0]}
    return {"type": list[JsonValue](types)} if len(types) == 2 else {}


def _words_of(answers: Sequence[str]) -> dict[str, JsonValue]:
    counts = Counter(answers)
    words = sorted(word for word, count in counts.items() if count >= _EACH_WORD)
    others = len(answers) - sum(counts[word] for word in words)
    is_closed = words and len(words) <= _MOST_WORDS and others <= _strays(len(answers))
    return {"enum": list[JsonValue](words)} if is_closed else {}


def _fields_of(answers: Sequence[dict[str, JsonValue]]) -> dict[str, JsonValue]:
    counts = Counter(name for answer in answers for name in answer)
    needed = len(answers) - _strays(len(answers))
    shared = sorted(name for name, count in counts.items() if count >= needed)
    given = {name: [answer[name] for answer in answers if name in answer] for name in shared}
    described = {name: _describe(values) for name, values in given.items()}
    properties: dict[str, JsonValue] = {
        name: {**known} for name, known in described.items() if known
    }
    required: dict[str, JsonValue] = {"required": list[JsonValue](shared)} if shared else {}
    return (required | {"properties": properties}) if properties else required

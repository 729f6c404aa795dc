"""One example of each built-in skill for its page: input, parameters, output."""

from collections.abc import Mapping
from typing import NamedTuple

from pydantic import JsonValue


class Example(NamedTuple):
    """What a skill makes of an input; an adapter's output isn't run, it is shown."""

    data: JsonValue
    params: dict[str, JsonValue]
    output: JsonValue


EXAMPLES: Mapping[str, Example] = {
    "flujo.check.contains": Example(
        "Dear Ann, we are sorry.",
        {"words": ["sorry", "refund"]},
        {"valid": False, "feedback": "missing: refund"},
    ),
    "flujo.check.length": Example(
        "Too short", {"min_chars": 20}, {"valid": False, "feedback": "9 characters; between 20 and 10000 are wanted"}
    ),
    "flujo.check.pii": Example(
        {"reply": "Write to ann@example.org"},
        {"allow": ["phone"]},
        {"valid": False, "feedback": "personal data: email"},
    ),
    "flujo.check.schema": Example(
        {"score": "high"},
        {"schema": {"properties": {"score": {"type": "number"}}}},
        {"valid": False, "feedback": "'high' is not of type 'number'"},
    ),
    "flujo.http.get": Example(
        None,
        {"url": "https://api.example.com/orders", "params": {"page": 2}, "timeout_s": 10},
        {"status": 200, "json": {"orders": []}},
    ),
    "flujo.json.merge": Example(
        [{"user": {"name": "Ann"}, "page": 1}, {"user": {"city": "Oslo"}, "page": 2}],
        {},
        {"user": {"name": "Ann", "city": "Oslo"}, "page": 2},
    ),
    "flujo.json.parse": Example('{"total": 12.5}', {}, {"total": 12.5}),
    "flujo.json.select": Example(
        {"orders": [{"id": "A-1"}, {"id": "A-2"}]}, {"path": "orders[1].id"}, "A-2"
    ),
    "flujo.json.validate": Example(
        {"id": "A-1"}, {"schema": {"required": ["id"]}}, {"id": "A-1"}
    ),
    "flujo.list.chunk": Example([1, 2, 3, 4, 5], {"size": 3, "overlap": 1}, [[1, 2, 3], [3, 4, 5]]),
    "flujo.list.dedupe": Example(
        [{"id": 1, "v": "old"}, {"id": 1, "v": "new"}, {"id": 2, "v": "only"}],
        {"by": "item.id"},
        [{"id": 1, "v": "old"}, {"id": 2, "v": "only"}],
    ),
    "flujo.list.filter": Example(
        [{"total": 5}, {"total": 50}, {}], {"where": "item.total >= 10"}, [{"total": 50}]
    ),
    "flujo.list.sort": Example(
        [{"n": "b", "rank": 2}, {"n": "a", "rank": 3}, {"n": "c"}],
        {"by": "item.rank", "descending": True},
        [{"n": "a", "rank": 3}, {"n": "b", "rank": 2}, {"n": "c"}],
    ),
    "flujo.math.score": Example(
        {"correct": 1, "polite": 0.5}, {"weights": {"correct": 3, "polite": 1}}, 0.875
    ),
    "flujo.math.stats": Example(
        [1, 2, 3],
        {},
        {
            "count": 3,
            "sum": 6.0,
            "mean": 2.0,
            "min": 1.0,
            "max": 3.0,
            "median": 2.0,
            "p95": 2.9,
            "stdev": 1.0,
        },
    ),
    "flujo.text.count": Example("two words\n", {}, {"characters": 10, "words": 2, "lines": 1}),
    "flujo.text.extract_regex": Example(
        "orders A-17 and B-4",
        {"pattern": r"(?P<series>[A-Z])-\d+", "group": "series", "every": True},
        ["A", "B"],
    ),
    "flujo.text.normalise": Example("  Cafe\u0301 \n noir ", {}, "Café noir"),
    "flujo.text.split": Example("red; green;;blue", {"separator": ";"}, ["red", "green", "blue"]),
    "flujo.text.template": Example(
        {"name": "Ann"}, {"text": "Dear {{ this.name | upper }}"}, "Dear ANN"
    ),
    "flujo.text.truncate": Example("A long story", {"max_chars": 6}, "A long"),
    "flujo.value.pass": Example({"a": 1}, {}, {"a": 1}),
    "flujo.value.select": Example(
        {"a": 1, "b": 2}, {"keys": ["a", "c"]}, {"a": 1, "c": None}
    ),
}  # fmt: skip

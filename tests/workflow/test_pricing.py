"""Strict pricing: every model's price is known before anything is asked."""

from decimal import Decimal

from tests.builders import make_reader
from workflow import models_without_price, parse_workflow

TEXT = """\
agents:
  cheap: {model: known}
  dear/est:
    model: unknown
imports: {other: other.yaml}
steps:
  - {name: a, uses: agents.cheap}
  - {name: b, uses: imports.other}
"""
OTHER = "agents: {{x: {{model: {}}}}}\nsteps: [{{name: c, uses: agents.x}}]"


def price_of(model: str, input_tokens: int, output_tokens: int) -> Decimal | None:
    return Decimal(input_tokens + output_tokens) if model == "known" else None


def find(text: str, other: str = "known") -> list[tuple[str, int, int, str]]:
    files = make_reader({"other.yaml": OTHER.format(other)})
    found = models_without_price(parse_workflow(text, path="w.yaml", read=files), price_of)
    return [(one.id, one.line, one.column, one.pointer) for one in found]


def test_a_model_without_a_price_is_told_where_the_agent_names_it() -> None:
    assert find(TEXT) == [("no-price", 4, 5, "/agents/dear~1est/model")]


def test_nothing_is_told_when_every_model_has_a_price() -> None:
    assert find(TEXT.replace("unknown", "known")) == []


def test_the_models_of_an_imported_workflow_count_where_it_is_imported() -> None:
    found = find(TEXT.replace("unknown", "known"), other="strange")
    assert found == [("no-price", 5, 11, "/imports/other")]

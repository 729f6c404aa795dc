"""Strict pricing: whether every model that a workflow may ask has a price, known before the first call."""

from collections.abc import Callable, Iterator
from decimal import Decimal

from workflow.diagnostics.diagnostic import Diagnostic
from workflow.load import Workflow
from workflow.patches.pointer import format_pointer
from workflow.yaml_io.yaml_text import parse_yaml

PriceOf = Callable[[str, int, int], Decimal | None]
"""USD of a model's input and output tokens, None for a model without a price."""

_SAMPLE_TOKENS = 1000


def models_without_price(workflow: Workflow, price_of: PriceOf) -> tuple[Diagnostic, ...]:
    """Return one error for each agent whose model has no price, where the spec names the model or imports it.

    Agents that no step uses count too: who reviews a spec can't tell when they will. Raises `SpecError` for an import
    that isn't a valid spec.
    """
    source = parse_yaml(workflow.text)
    unpriced = [
        (model, pointer)
        for model, pointer in _models_in(workflow)
        if price_of(model, _SAMPLE_TOKENS, _SAMPLE_TOKENS) is None
    ]
    return tuple(
        Diagnostic(
            id="no-price",
            message=f"model {model!r} has no known price",
            hint="use a model with a price, or leave strict pricing away",
            path=workflow.path,
            line=source.position(pointer).line,
            column=source.position(pointer).column,
            pointer=pointer,
        )
        for model, pointer in unpriced
    )


def _models_in(workflow: Workflow) -> Iterator[tuple[str, str]]:
    for name, agent in workflow.spec.agents.items():
        yield agent.model, format_pointer(["agents", name, "model"])
    for name in workflow.spec.imports:
        for model, _ in _models_in(workflow.imported[name]):
            yield model, format_pointer(["imports", name])

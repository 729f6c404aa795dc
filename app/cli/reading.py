"""How commands read a spec: strictly unless asked otherwise, and with every model's price known if asked."""

from pathlib import Path
from typing import Annotated

import typer

from app.adapters.price_list import reprice
from app.adapters.spec_files import open_spec
from app.cli.output import note
from workflow import SpecError, Workflow, models_without_price

LenientOption = Annotated[
    bool, typer.Option("--lenient", help="ignore unknown keys, and say which")
]
StrictPricingOption = Annotated[
    bool, typer.Option("--strict-pricing", help="refuse models without a known price")
]


def open_checked(path: Path, *, lenient: bool = False, strict_pricing: bool = False) -> Workflow:
    """Open a spec; raises `SpecError`, also for models without a price when pricing is strict."""
    workflow = open_spec(path, lenient=lenient)
    unpriced = models_without_price(workflow, reprice) if strict_pricing else ()
    if unpriced:
        raise SpecError(unpriced)
    return workflow


def open_as_asked(path: Path, *, lenient: bool = False, strict_pricing: bool = False) -> Workflow:
    """Open a spec and note each key that was ignored."""
    workflow = open_checked(path, lenient=lenient, strict_pricing=strict_pricing)
    note_ignored(workflow)
    return workflow


def note_ignored(workflow: Workflow) -> None:
    """Say beside the answer which keys a lenient reading left out."""
    for found in workflow.warnings if workflow.lenient else ():
        if found.id == "ignored-key":
            note(str(found))

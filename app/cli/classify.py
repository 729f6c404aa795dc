"""`flujo classify`: how risky is this patch?"""

from pathlib import Path
from typing import Annotated

import typer

from app.adapters.settings_files import settings_beside
from app.adapters.spec_files import open_spec
from app.cli.output import NO, Format, FormatOption, print_json, print_text
from app.cli.patch import read_json
from app.errors import BadInputError
from prompt_guard import Rejection, RejectionReason, check_patch
from trust_tiers import classify as judge

_NOT_A_PATCH = frozenset(
    {RejectionReason.NOT_A_LIST, RejectionReason.EMPTY, RejectionReason.MALFORMED}
)


def classify(
    spec: Annotated[Path, typer.Argument(help="the spec", show_default=False)],
    patch_file: Annotated[
        Path, typer.Argument(metavar="PATCH.json", help="a JSON Patch", show_default=False)
    ],
    output: FormatOption = Format.TEXT,
) -> None:
    """Judge a patch by what it changes: LOW, MEDIUM or HIGH; exit 1 when the guard refuses it."""
    before = open_spec(spec)
    checked = check_patch(before, read_json(patch_file))
    if isinstance(checked, Rejection):
        if checked.reason in _NOT_A_PATCH:
            raise BadInputError(f"{patch_file}: {checked}")
        _print_refusal(checked, output)
        raise typer.Exit(NO)
    decision = judge(before, checked.after, settings_beside(spec).tier_limits)
    if output is Format.JSON:
        print_json(
            {
                "tier": decision.tier.name,
                "reasons": list(decision.reasons),
                "steps": list(decision.steps),
            }
        )
        return
    print_text(decision.tier.name)
    for reason in decision.reasons:
        print_text(f"  {reason}")


def _print_refusal(rejection: Rejection, output: Format) -> None:
    if output is Format.JSON:
        print_json({"refused": rejection.reason, "reasons": [str(rejection)], "steps": []})
    else:
        print_text(f"refused: {rejection}")

"""The page of commands says what the table says; `FLUJO_UPDATE_GOLDEN=1` writes it anew."""

import os
import re
from pathlib import Path

from app.behaviours.commands.table import COMMANDS

PAGE = Path(__file__).parents[3] / "docs/reference/commands.md"
BLOCK = re.compile(r"(<!-- generated: commands -->\n).*?(<!-- /generated -->)", re.DOTALL)


def make_table() -> str:
    forms = ((command.form.replace("|", "\\|"), command.summary) for command in COMMANDS)
    rows = [f"| `{form}` | {summary} |" for form, summary in forms]
    return "\n".join(["", "| command | what it does |", "|---|---|", *rows, "", ""])


def test_the_page_holds_the_table() -> None:
    page = PAGE.read_text(encoding="utf-8")
    written = BLOCK.sub(lambda found: found[1] + make_table() + found[2], page)
    if os.environ.get("FLUJO_UPDATE_GOLDEN"):
        PAGE.write_text(written, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == written


def test_every_command_has_its_own_name() -> None:
    names = [command.name for command in COMMANDS]
    assert len(names) == len(set(names))

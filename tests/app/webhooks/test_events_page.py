"""The page of events says what the table says; `FLUJO_UPDATE_GOLDEN=1` writes it anew."""

import os
import re
from pathlib import Path

from app.webhooks.events import RULES

PAGE = Path(__file__).parents[3] / "docs/reference/events.md"
BLOCK = re.compile(r"(<!-- generated: events -->\n).*?(<!-- /generated -->)", re.DOTALL)


def make_table() -> str:
    rows = [
        f"| `{rule.event}` | {', '.join(f'`{action}`' for action in rule.actions) or 'all'} "
        f"| `{rule.kind}` | {rule.key_name} | {rule.why} |"
        for rule in RULES
    ]
    head = ["| event | actions | work | key | because |", "|---|---|---|---|---|"]
    return "\n".join(["", *head, *rows, "", ""])


def test_the_page_holds_the_table() -> None:
    page = PAGE.read_text(encoding="utf-8")
    written = BLOCK.sub(lambda found: found[1] + make_table() + found[2], page)
    if os.environ.get("FLUJO_UPDATE_GOLDEN"):
        PAGE.write_text(written, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == written

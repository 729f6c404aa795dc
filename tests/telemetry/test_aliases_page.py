"""The page of other emitters' names says what the tables say; `FLUJO_UPDATE_GOLDEN=1` writes it anew."""

import os
from pathlib import Path

from tests.telemetry.aliases_page import write_page

PAGE = Path(__file__).parents[2] / "docs/reference/telemetry-aliases.md"


def test_the_page_is_what_the_tables_say() -> None:
    if os.environ.get("FLUJO_UPDATE_GOLDEN"):
        PAGE.write_text(write_page(), encoding="utf-8")
    assert PAGE.read_text("utf-8") == write_page()

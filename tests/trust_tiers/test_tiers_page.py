"""The page about tiers says what the code does; `FLUJO_UPDATE_GOLDEN=1` writes the life of a rollout anew."""

import os
import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from trust_tiers import (
    TRANSITIONS,
    BakeSettings,
    HoldReason,
    Standing,
    TierLimits,
    draw_rollout,
)
from trust_tiers.shadow import ShadowSettings

PATH = Path(__file__).parents[2] / "docs/reference/tiers.md"
PAGE = PATH.read_text(encoding="utf-8")
START, END = "<!-- generated: life -->\n", "<!-- /generated -->\n"


def _rows(heading: str) -> dict[str, list[str]]:
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.+?) ?\|$", section, re.MULTILINE)
    return {name: [cell.strip() for cell in rest.split("|")] for name, rest in rows}


@pytest.mark.parametrize(
    ("heading", "settings"),
    [("Settings", TierLimits()), ("Baking", BakeSettings()), ("Shadowing", ShadowSettings())],
)
def test_every_setting_is_listed_with_its_default(heading: str, settings: BaseModel) -> None:
    rows = _rows(heading)
    assert list(rows) == list(type(settings).model_fields)
    for name, value in settings:
        told = rows[name][0]
        if isinstance(value, tuple):
            assert told == (", ".join(f"`{item}`" for item in value) or "none")
        else:
            assert told == str(value)


def test_every_ceiling_is_the_one_that_holds() -> None:
    for name, (_, told) in _rows("Settings").items():
        bounds = {
            bound
            for rule in TierLimits.model_fields[name].metadata
            for bound in (getattr(rule, "le", None), getattr(rule, "ge", None))
        }
        number = re.search(r"[\d.]+$", told)
        assert number is None or float(number.group()) in bounds, name


def _name(standing: Standing) -> str:
    return f"HELD ({standing.hold.value})" if standing.hold else standing.state.name


def _write_life() -> str:
    rows = [
        f"| {_name(source)} | {event.name} | {_name(Standing(way.state, way.hold))} | {way.reason} |"
        for (source, event), way in TRANSITIONS.items()
    ]
    table = ["| state | event | next | why |", "|---|---|---|---|", *rows]
    return f"{START}\n```mermaid\n{draw_rollout()}```\n\n" + "\n".join(table) + f"\n\n{END}"


def test_the_life_of_a_patch_is_told_and_drawn_as_the_code_has_it() -> None:
    before, start, rest = PAGE.partition(START)
    told, end, after = rest.partition(END)
    if os.environ.get("FLUJO_UPDATE_GOLDEN"):
        PATH.write_text(before + _write_life() + after, encoding="utf-8")
        return
    assert start + told + end == _write_life()


def test_every_hold_is_drawn_with_its_reason() -> None:
    drawn = draw_rollout()
    assert {f"HELD_{hold.name}" for hold in HoldReason} <= set(re.findall(r"\w+", drawn))
    assert " HELD " not in drawn
    assert drawn.count("--> [*]") == 3

"""The page about tiers says what the code does."""

import itertools
import re
from contextlib import suppress
from pathlib import Path

from trust_tiers import RolloutError, RolloutEvent, RolloutState, TierLimits, advance

PAGE = (Path(__file__).parents[2] / "docs/reference/tiers.md").read_text(encoding="utf-8")


def _rows() -> dict[str, tuple[str, str]]:
    section = PAGE.partition("## Settings")[2].partition("## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| ?(.*?) ?\|$", section, re.MULTILINE)
    return {name: (default, ceiling) for name, default, ceiling in rows}


def test_every_setting_is_listed_with_its_default() -> None:
    rows = _rows()
    assert list(rows) == list(TierLimits.model_fields)
    for name, value in TierLimits():
        told = rows[name][0]
        if isinstance(value, tuple):
            assert told == (", ".join(f"`{item}`" for item in value) or "none")
        else:
            assert told == str(value)


def test_every_ceiling_is_the_one_that_holds() -> None:
    for name, (_, told) in _rows().items():
        bounds = {
            bound
            for rule in TierLimits.model_fields[name].metadata
            for bound in (getattr(rule, "le", None), getattr(rule, "ge", None))
        }
        number = re.search(r"[\d.]+$", told)
        assert number is None or float(number.group()) in bounds, name


def test_the_life_of_a_patch_is_told_transition_by_transition() -> None:
    told = re.findall(r"^\| ([A-Z_]+) \| ([A-Z_]+) \| ([A-Z_]+) \| (.+) \|$", PAGE, re.MULTILINE)
    happens = {}
    for state, event in itertools.product(RolloutState, RolloutEvent):
        with suppress(RolloutError):
            transition = advance(state, event)
            happens[state.name, event.name] = (transition.state.name, transition.reason)
    assert {(state, event): (after, why) for state, event, after, why in told} == happens

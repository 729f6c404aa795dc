"""The reference page names exactly the attributes, values and limits that the code does."""

import re
from pathlib import Path

from telemetry import TRANSIENT, ErrorClass, Outcome, SpanRole, attributes, wire
from telemetry.attempts import MAX_ATTEMPT_USD

_PAGE = (Path(__file__).parents[2] / "docs/reference/span-attributes.md").read_text("utf-8")


def _first_cells(heading: str) -> list[str]:
    section = _PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^\| `([^`]+)`", section, flags=re.MULTILINE)


def test_every_attribute_is_on_the_page_and_no_other() -> None:
    defined = {
        value
        for name, value in vars(attributes).items()
        if name.isupper() and isinstance(value, str) and value.startswith(("flujo.", "gen_ai."))
    }
    told = _first_cells("On every span") + _first_cells("On some spans")
    assert sorted(told) == sorted(defined)


def test_the_attributes_of_every_span_are_told_in_order() -> None:
    assert _first_cells("On every span") == list(attributes.IDENTITY)


def test_every_error_class_is_told_with_whether_it_passes() -> None:
    rows = re.findall(r"^\| `(\w+)` \| .* \| (yes|no) \|$", _PAGE, flags=re.MULTILINE)
    assert dict(rows) == {
        error.value: "yes" if error in TRANSIENT else "no" for error in ErrorClass if error
    }


def test_roles_and_outcomes_are_told() -> None:
    assert [cell.removeprefix("flujo.") for cell in _first_cells("Three roles")] == list(SpanRole)
    assert all(f"`{outcome.value}`" in _PAGE for outcome in Outcome)


def test_limits_are_the_ones_in_force() -> None:
    assert f"| {wire.MAX_LINE_BYTES // 2**20} MiB |" in _PAGE
    assert f"| {wire.MAX_SPANS_PER_LINE:,} |" in _PAGE
    assert f"| {wire.MAX_ATTRIBUTES} |" in _PAGE
    assert f"| {wire.MAX_TEXT_CHARS:,} characters |" in _PAGE
    assert f"| {MAX_ATTEMPT_USD:,} USD |" in _PAGE
    assert f"contract version `{attributes.CONTRACT_VERSION}`" in _PAGE

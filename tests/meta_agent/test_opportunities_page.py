"""The page of opportunities is written from the detectors and proposers; `FLUJO_UPDATE_GOLDEN=1` writes it anew."""

import inspect
import os
import sys
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path

from meta_agent import DETECTORS, Detector, Opportunity
from meta_agent.proposers.heuristic import PROPOSERS

_PAGE = Path(__file__).parents[2] / "docs" / "reference" / "opportunities.md"
_INTRO = """\
# Opportunities

What `flujo suggest` and `flujo sweep` look for in the runs of one version of a spec, in this order, and what they
propose. No model is needed for any of it. Each finding carries its figures, the time the runs span, how many they are,
and how sure it is; below 30 runs, and wherever the data can't tell, it says roughly how many more runs it takes.

Rates are tested against what is tolerated, by exact binomial tests at 5 %, and corrected for the number of steps looked
at (Benjamini and Hochberg). What is proposed passes [the guard](../explanation/the-guard-and-its-limits.md), is weighed
by [evidence](../explanation/how-evidence-and-roi-work.md) and gets a [tier](tiers.md) like any other patch. To add one,
[write a detector](../how-to/write-a-detector.md).

This page is written from `meta_agent/detectors/` and `meta_agent/proposers/heuristic/`.
"""


def test_the_page_says_what_the_detectors_do() -> None:
    page = "\n".join([_INTRO, *(_describe(find) for find in DETECTORS)])
    if os.environ.get("FLUJO_UPDATE_GOLDEN"):
        _PAGE.write_text(page, encoding="utf-8")
    assert _PAGE.read_text(encoding="utf-8") == page


def test_every_detector_has_a_kind_of_its_own() -> None:
    kinds = [_kind_of(find) for find in DETECTORS]
    assert len(set(kinds)) == len(kinds)


def test_every_proposer_answers_a_kind_that_is_detected() -> None:
    assert set(PROPOSERS) <= {_kind_of(find) for find in DETECTORS}


def _describe(find: Detector) -> str:
    kind = _kind_of(find)
    proposer = PROPOSERS.get(kind)
    answer = _paragraphs(proposer) if proposer else ["None: it is told, and left to a person."]
    about = inspect.getdoc(sys.modules[find.__module__]) or ""
    parts = [f"## `{kind}`", _wrap(about.split("\n\n")[0])]
    parts += map(_wrap, _paragraphs(find))
    parts += [_wrap(f"**Proposed**: {' '.join(answer)}")]
    return "\n\n".join(parts) + "\n"


def _kind_of(find: Callable[..., Sequence[Opportunity]]) -> str:
    return str(sys.modules[find.__module__].__dict__["KIND"])


def _paragraphs(function: Callable[..., object]) -> list[str]:
    text = inspect.getdoc(function) or ""
    first, *rest = (" ".join(part.split()) for part in text.split("\n\n"))
    return [first.removeprefix("Return ")[:1].upper() + first.removeprefix("Return ")[1:], *rest]


def _wrap(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), 120, break_long_words=False)

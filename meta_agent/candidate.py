"""A proposed patch before anyone has judged it."""

from dataclasses import dataclass

from meta_agent.opportunity import Opportunity
from workflow import JsonPatch


@dataclass(frozen=True, slots=True)
class Candidate:
    """An opportunity, the patch that takes it, and why; `patch_class` groups patches that should share a prior."""

    opportunity: Opportunity
    patch: JsonPatch
    title: str
    rationale: str
    source: str
    patch_class: str

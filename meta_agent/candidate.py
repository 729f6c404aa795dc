"""A proposed patch before anyone has judged it."""

from dataclasses import dataclass

from meta_agent.opportunity import Opportunity
from workflow import JsonPatch


@dataclass(frozen=True, slots=True)
class Candidate:
    """An opportunity, the patch that takes it, and why; `patch_class` groups patches that should share a prior.

    A `structural` patch touches more than the fields a plan holds; only heuristics may write one, and the guard checks
    it as it checks a person's own. `template_sha256` identifies the prompt a model answered, `""` without one.
    """

    opportunity: Opportunity
    patch: JsonPatch
    title: str
    rationale: str
    source: str
    patch_class: str
    structural: bool = False
    template_sha256: str = ""

"""A step as a node of one version of a workflow: who it is, where it stands, what it runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pydantic import JsonValue


class SideEffects(StrEnum):
    """What running a step again may do; declared by its skill, never guessed."""

    PURE = "pure"
    IDEMPOTENT = "idempotent"
    EFFECT = "effect"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class StepNode:
    """A step of one version; `step_id` is its identity across versions, three others say where it stands in this one.

    `pointer` is a JSON Pointer (RFC 6901), `yaml_path` the same in dotted form, `line` counts from 1. `parent_id` is
    the `step_id` of the enclosing step ("" at the top) and `branch` the name of the branch it lies in.
    """

    step_id: str
    kind: str
    pointer: str
    yaml_path: str
    line: int
    parent_id: str = ""
    branch: str = ""
    uses: str = ""
    model: str = ""
    side_effects: SideEffects = SideEffects.UNKNOWN
    raw: Mapping[str, JsonValue] = field(default_factory=dict, hash=False)

    @property
    def name(self) -> str:
        """The step's own name, the last segment of its `step_id`."""
        return str(self.raw.get("name") or self.raw.get("step") or self.step_id)

    @property
    def is_repeatable(self) -> bool:
        """Whether running the step twice does no more than running it once."""
        return self.side_effects in (SideEffects.PURE, SideEffects.IDEMPOTENT)

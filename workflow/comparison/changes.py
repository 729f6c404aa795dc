"""Two versions of a workflow → the differences a person would name.

Steps are compared by identity, never by position: a step inserted at the front is one `Added`, not a change of every
step behind it.
"""

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Literal

from pydantic import JsonValue

from workflow.nodes import StepNode


class Absent(Enum):
    """The type of `ABSENT`, which stands where a field isn't there at all (`null` is a value)."""

    ABSENT = "absent"


ABSENT = Absent.ABSENT

Value = JsonValue | Absent


class SemanticClass(StrEnum):
    """What a change is about, for whoever must judge it."""

    COST = "cost"
    RELIABILITY = "reliability"
    BEHAVIOUR = "behaviour"
    GUARD = "guard"
    TOOL = "tool"
    PROMPT = "prompt"
    DOCUMENTATION = "documentation"


@dataclass(frozen=True, slots=True)
class Subject:
    """What changed: a step by `step_id`, an agent, policy, test or import by name, or the workflow itself (`""`)."""

    kind: Literal["workflow", "step", "agent", "policy", "test", "import"]
    id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    subject: Subject
    semantic: SemanticClass
    pointer: str
    yaml_path: str
    line: int
    step: StepNode | None = None
    users: tuple[StepNode, ...] = ()
    """For an agent: the steps that use it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Added(_Change):
    """The subject exists only afterwards; the position is the one in the new version."""

    value: JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed(_Change):
    """The subject exists only beforehand; the position is the one in the old version."""

    value: JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved(_Change):
    """The same step stands elsewhere: in another branch, or (`is_reordering`) in another order on the same level."""

    before_yaml_path: str
    before_id: str
    is_reordering: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Renamed(_Change):
    """The same step under another name; `subject` bears the new one."""

    before_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed(_Change):
    """One field of the subject, as deep as it goes: `("config", "max_retries")`; lists are one field, not their items.

    `pointer`, `yaml_path` and `line` are those of the field; a field that is gone has its position in the old version.
    Files a spec names count by content: `("system_prompt", "text")` of an agent, `("content_sha256",)` of an import.
    """

    field: tuple[str, ...]
    before: Value
    after: Value


GraphChange = Added | Removed | Moved | Renamed | Changed

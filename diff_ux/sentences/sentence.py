"""A sentence about a change, and the phrases that sentences share."""

import json
from dataclasses import dataclass

from pydantic import JsonValue

from diff_ux.safe_text import shorten
from diff_ux.words import (
    Aside,
    Data,
    Line,
    Named,
    Piece,
    Verb,
    in_markdown,
    in_text,
    list_names,
)
from workflow import GraphChange, SemanticClass, StepNode, Subject


@dataclass(frozen=True, slots=True)
class Sentence:
    """One change in words; `weight` says how much it matters (higher first), `about` what it is about."""

    icon: str
    pieces: Line
    about: SemanticClass
    weight: int = 0

    @property
    def line(self) -> Line:
        """The whole sentence."""
        return (f"{self.icon} ", *self.pieces)

    @property
    def markdown(self) -> str:
        """The sentence as one safe line of Markdown."""
        return in_markdown(self.line)

    @property
    def text(self) -> str:
        """The sentence as one line of plain text, free of control characters."""
        return in_text(self.line)


def tell(
    change: GraphChange, icon: str, verb: str, *pieces: Piece, weight: int | None = None
) -> Sentence:
    """Compose a sentence; unless told otherwise it weighs what its semantic class does, a warning a little more."""
    chosen = WEIGHTS[change.semantic] if weight is None else weight
    chosen += icon == WARNING
    return Sentence(icon, (Verb(verb), " ", *pieces), change.semantic, chosen)


WARNING = "⚠️"


WEIGHTS: dict[SemanticClass, int] = {
    SemanticClass.GUARD: 70,
    SemanticClass.TOOL: 60,
    SemanticClass.PROMPT: 50,
    SemanticClass.BEHAVIOUR: 40,
    SemanticClass.COST: 30,
    SemanticClass.RELIABILITY: 20,
    SemanticClass.DOCUMENTATION: 10,
}


def name_subject(subject: Subject, *, step: str = "") -> Piece:
    """Name what changed, as in "agent `writer`"; a step is named alone, or as `step` calls it."""
    match subject.kind:
        case "workflow":
            return "the workflow"
        case "step":
            return Named((subject.id,), step)
        case kind:
            return Named((subject.id,), kind)


def name_users(change: GraphChange) -> Aside:
    """Say which steps an agent's change reaches."""
    if change.subject.kind != "agent":
        return Aside(())
    if not change.users:
        return Aside((" (used by no step)",))
    return Aside((" (used by ", *name_steps(change.users, limit=3), ")"))


def name_steps(steps: tuple[StepNode, ...], *, limit: int = 5) -> Line:
    """List steps: "`a`, `b` and 3 more"."""
    return list_names([step.step_id for step in steps], limit=limit)


def show_value(value: JsonValue) -> Data:
    """Show a value briefly: texts in quotes, the rest as JSON."""
    return Data(shorten(json.dumps(value, ensure_ascii=False), 60))


def count(number: int, noun: str) -> str:
    """Write a number with its noun: "1 step", "2 steps"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def seconds(value: float) -> str:
    """Write seconds without needless zeros."""
    return f"{value:g} s"


def is_number(value: object) -> bool:
    """Whether a value is a number; `true` isn't."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def direction(before: float, after: float) -> str:
    """Return the verb that leads from one number to the other."""
    return "Raise" if after > before else "Lower"

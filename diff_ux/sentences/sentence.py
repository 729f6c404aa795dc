"""A sentence about a change: our words and the data's, kept apart until it is written out."""

import json
from dataclasses import dataclass

from pydantic import JsonValue

from diff_ux.safe_text import code_span, shorten, show_invisible, show_spaces
from workflow import GraphChange, SemanticClass, StepNode, Subject


@dataclass(frozen=True, slots=True)
class Verb:
    """What happens, in our words; bold."""

    text: str


@dataclass(frozen=True, slots=True)
class Data:
    """Something from the spec; shown as code."""

    text: str


Piece = str | Verb | Data


@dataclass(frozen=True, slots=True)
class Sentence:
    """One change in words; `weight` says how much it matters (higher first), `about` what it is about."""

    icon: str
    pieces: tuple[Piece, ...]
    about: SemanticClass
    weight: int = 0

    @property
    def markdown(self) -> str:
        """The sentence as one safe line of Markdown."""
        return f"{self.icon} " + "".join(_to_markdown(piece) for piece in self.pieces)

    @property
    def text(self) -> str:
        """The sentence as one line of plain text, free of control characters."""
        return f"{self.icon} " + "".join(_to_text(piece) for piece in self.pieces)


def tell(
    change: GraphChange, icon: str, verb: str, *pieces: Piece, weight: int | None = None
) -> Sentence:
    """Compose a sentence; unless told otherwise it weighs what its semantic class does."""
    chosen = WEIGHTS[change.semantic] if weight is None else weight
    return Sentence(icon, (Verb(verb), " ", *pieces), change.semantic, chosen)


WEIGHTS: dict[SemanticClass, int] = {
    SemanticClass.GUARD: 70,
    SemanticClass.TOOL: 60,
    SemanticClass.PROMPT: 50,
    SemanticClass.BEHAVIOUR: 40,
    SemanticClass.COST: 30,
    SemanticClass.RELIABILITY: 20,
    SemanticClass.DOCUMENTATION: 10,
}


def name_subject(subject: Subject) -> tuple[Piece, ...]:
    """Name what changed, as in "agent `writer`"; a step is named alone."""
    match subject.kind:
        case "workflow":
            return ("the workflow",)
        case "step":
            return (Data(subject.id),)
        case kind:
            return (f"{kind} ", Data(subject.id))


def name_steps(steps: tuple[StepNode, ...], *, limit: int = 5) -> tuple[Piece, ...]:
    """List steps: "`a`, `b` and 3 more"."""
    pieces: list[Piece] = []
    for index, step in enumerate(steps[:limit]):
        pieces += [", "] * bool(index) + [Data(step.step_id)]
    if len(steps) > limit:
        pieces.append(f" and {len(steps) - limit} more")
    return tuple(pieces)


def name_users(change: GraphChange) -> tuple[Piece, ...]:
    """Say which steps an agent's change reaches."""
    if change.subject.kind != "agent":
        return ()
    if not change.users:
        return (" (used by no step)",)
    return (" (used by ", *name_steps(change.users, limit=3), ")")


def show_value(value: JsonValue) -> Data:
    """Show a value briefly: texts in quotes, the rest as JSON."""
    return Data(shorten(_json(value), 60))


def count(number: int, noun: str) -> str:
    """Write a number with its noun: "1 step", "2 steps"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def seconds(value: float) -> str:
    """Write seconds without needless zeros."""
    return f"{value:g} s"


def is_number(value: object) -> bool:
    """Whether a value is a number; `true` isn't."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _json(value: JsonValue) -> str:
    return json.dumps(value, ensure_ascii=False)


def _to_markdown(piece: Piece) -> str:
    match piece:
        case Verb(text):
            return f"**{text}**"
        case Data(text):
            return code_span(text)
        case text:
            return text


def _to_text(piece: Piece) -> str:
    match piece:
        case Verb(text):
            return text
        case Data(text):
            return shorten(show_spaces(show_invisible(text)), 80) or '""'
        case text:
            return text

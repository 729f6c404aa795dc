"""Why a change that no rule knows goes to a person, in a sentence."""

from workflow import Added, GraphChange, Moved, Removed, Renamed, SemanticClass

_ABOUT = {
    SemanticClass.COST: "what it costs",
    SemanticClass.RELIABILITY: "how it deals with failure",
    SemanticClass.BEHAVIOUR: "what it does",
    SemanticClass.GUARD: "a guard",
    SemanticClass.TOOL: "what it runs",
    SemanticClass.PROMPT: "a prompt",
    SemanticClass.DOCUMENTATION: "what is written about it",
}


def explain_unknown(change: GraphChange) -> str:
    """Return one sentence for a person who must judge the change."""
    return f"{_name(change)}: {_say(change)}; that is for a person to judge"


def _name(change: GraphChange) -> str:
    subject = change.subject
    if subject.kind == "step":
        return subject.id
    return f"{subject.kind} {subject.id}".rstrip()


def _say(change: GraphChange) -> str:
    match change:
        case Added():
            return f"the {change.subject.kind} is new"
        case Removed():
            return f"the {change.subject.kind} is removed"
        case Moved():
            return "it moves"
        case Renamed():
            return f"it was {change.before_id}"
    return f"{'.'.join(change.field)} changes {_ABOUT[change.semantic]}"

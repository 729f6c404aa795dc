"""Whole steps: added, removed, moved elsewhere, put in another order, renamed."""

from diff_ux.sentences.sentence import WARNING, Sentence, name_subject, tell
from diff_ux.words import Aside, Data, Line, Named
from workflow import Added, GraphChange, Moved, Removed, Renamed, SemanticClass, StepNode

_WEIGHT = 65


def tell_added_step(change: GraphChange) -> Sentence | None:
    """ "➕ **Add** step `check`, running `agents.writer`"."""
    match change:
        case Added(step=StepNode() as step):
            told = (_what(step), *_runs(step, "running"))
            return tell(change, "➕", "Add", *told, weight=_WEIGHT)
    return None


def tell_removed_step(change: GraphChange) -> Sentence | None:
    """ "➖ **Remove** step `check`, which ran `agents.writer`"; a step that waited for a person is a warning."""
    match change:
        case Removed(step=StepNode() as step):
            told = (_what(step), *_runs(step, "which ran"))
            is_guard = change.semantic is SemanticClass.GUARD
            icon, weight = (WARNING, None) if is_guard else ("➖", _WEIGHT)
            return tell(change, icon, "Remove", *told, weight=weight)
    return None


def tell_moved(change: GraphChange) -> Sentence | None:
    """ "↷ **Move** `check` from `steps[3]` to `steps[1].branches.x[0]`"."""
    match change:
        case Moved(is_reordering=False, before_id=before):
            where = (Data(before), " to ", name_subject(change.subject))
            return tell(change, "↷", "Move", *where, weight=_WEIGHT - 1)
    return None


def tell_reordered(change: GraphChange) -> Sentence | None:
    """ "🔀 **Reorder** `check`, from `steps[3]` to `steps[1]`"; nothing but the order on one level is new."""
    match change:
        case Moved(is_reordering=True, before_yaml_path=before, yaml_path=after):
            where = Aside((", from ", Data(before), " to ", Data(after)))
            weight = _WEIGHT - 1 if change.subject.kind == "step" else None
            return tell(change, "🔀", "Reorder", name_subject(change.subject), where, weight=weight)
    return None


def tell_renamed(change: GraphChange) -> Sentence | None:
    """ "🏷 **Rename** `draft` to `draft_email`"."""
    match change:
        case Renamed(subject=subject, before_id=before):
            told = (Data(before), " to ", name_subject(subject))
            return tell(change, "🏷", "Rename", *told, weight=_WEIGHT - 2)
    return None


def _what(step: StepNode) -> Named:
    return Named((step.step_id,), KINDS.get(step.kind, "step"))


def _runs(step: StepNode, verb: str) -> Line:
    return (f", {verb} ", Data(step.uses)) if step.uses else ()


KINDS = {
    "conditional": "conditional",
    "parallel": "parallel",
    "loop": "loop",
    "map": "map",
    "cache": "cache",
    "hitl": "human step",
    "dynamic_router": "router",
    "agentic_loop": "agentic loop",
    "tree_search": "tree search",
    "StateMachine": "state machine",
}

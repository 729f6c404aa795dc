"""Changes → sentences, most important first."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from diff_ux.sentences.documentation import tell_documentation
from diff_ux.sentences.enclosing import group_enclosed, tell_around
from diff_ux.sentences.fields import tell_field
from diff_ux.sentences.flow import tell_flow
from diff_ux.sentences.limits import tell_limit
from diff_ux.sentences.merging import merge_equal
from diff_ux.sentences.models import tell_model, tell_token_limit
from diff_ux.sentences.prompts import tell_prompt
from diff_ux.sentences.retries import tell_retries
from diff_ux.sentences.schemas import tell_schema
from diff_ux.sentences.sentence import Sentence, count, name_steps
from diff_ux.sentences.tests_and_policies import tell_guarding_part
from diff_ux.sentences.timeouts import add_latency, tell_timeout
from diff_ux.sentences.tools import tell_tool
from diff_ux.sentences.validators import tell_validators
from diff_ux.sentences.whole_parts import tell_part
from diff_ux.sentences.whole_steps import (
    tell_added_step,
    tell_moved,
    tell_removed_step,
    tell_renamed,
    tell_reordered,
)
from diff_ux.words import Aside
from workflow import Added, GraphChange, Removed

Tell = Callable[[GraphChange], Sentence | None]

SENTENCES: tuple[Tell, ...] = (
    tell_validators,
    tell_limit,
    tell_schema,
    tell_guarding_part,
    tell_tool,
    tell_prompt,
    tell_model,
    tell_token_limit,
    tell_retries,
    tell_timeout,
    tell_flow,
    tell_documentation,
    tell_added_step,
    tell_removed_step,
    tell_moved,
    tell_reordered,
    tell_renamed,
    tell_part,
)
"""The first that knows a change tells it; what none knows is told field by field."""


def describe_changes(
    changes: Sequence[GraphChange], *, p99_s: Mapping[str, float] | None = None
) -> tuple[Sentence, ...]:
    """Return what changed, most important first; equal changes of several steps share a sentence.

    So do steps inside a new or removed container, and those that a new one is put around. Equal weights keep the order
    of the changes. `p99_s`: how long 99 % of a step's attempts take, by `step_id`; told beside its timeout.
    """
    contents = _contents(changes)
    enclosed = group_enclosed(changes)
    lying_inside = {id(change) for group in contents.values() for change in group}
    lying_inside |= {id(change) for group in enclosed.values() for change in group}
    told = [
        tell_around(
            _with_contents(_describe(change, p99_s or {}), contents.get(id(change), [])),
            change,
            enclosed.get(id(change), ()),
        )
        for change in changes
        if id(change) not in lying_inside
    ]
    return tuple(sorted(merge_equal(told), key=lambda sentence: -sentence.weight))


def _contents(changes: Sequence[GraphChange]) -> dict[int, list[GraphChange]]:
    """Group what came or went together under the change of the outermost container, by the change's `id()`."""
    groups: dict[int, list[GraphChange]] = {}
    outermost: dict[tuple[type[GraphChange], str], GraphChange] = {}
    for change in changes:
        if not isinstance(change, Added | Removed) or change.step is None:
            continue
        container = outermost.get((type(change), change.step.parent_id))
        outermost[type(change), change.step.step_id] = container or change
        if container:
            groups.setdefault(id(container), []).append(change)
    return groups


def _describe(change: GraphChange, p99_s: Mapping[str, float]) -> Sentence:
    for tell in SENTENCES:
        sentence = tell(change)
        if sentence is not None:
            return add_latency(sentence, change, p99_s.get(change.subject.id))
    return tell_field(change)


def _with_contents(sentence: Sentence, contents: Sequence[GraphChange]) -> Sentence:
    steps = tuple(change.step for change in contents if change.step)
    if not steps:
        return sentence
    inside = Aside((f", with {count(len(steps), 'step')} inside: ", *name_steps(steps)))
    return replace(sentence, pieces=(*sentence.pieces, inside))

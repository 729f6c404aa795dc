"""Changes → sentences, most important first."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from diff_ux.sentences.documentation import tell_documentation
from diff_ux.sentences.fields import tell_field
from diff_ux.sentences.models import tell_model, tell_token_limit
from diff_ux.sentences.prompts import tell_prompt
from diff_ux.sentences.retries import tell_retries
from diff_ux.sentences.sentence import Sentence, count, name_steps
from diff_ux.sentences.timeouts import tell_timeout
from diff_ux.sentences.tools import tell_tool
from diff_ux.sentences.validators import tell_validators
from diff_ux.sentences.whole_parts import tell_part
from diff_ux.sentences.whole_steps import (
    tell_added_step,
    tell_moved,
    tell_removed_step,
    tell_renamed,
)
from workflow import Added, GraphChange, Removed

Tell = Callable[[GraphChange], Sentence | None]

SENTENCES: tuple[Tell, ...] = (
    tell_validators,
    tell_tool,
    tell_prompt,
    tell_model,
    tell_token_limit,
    tell_retries,
    tell_timeout,
    tell_documentation,
    tell_added_step,
    tell_removed_step,
    tell_moved,
    tell_renamed,
    tell_part,
)
"""The first that knows a change tells it; what none knows is told field by field."""


def describe_changes(changes: Sequence[GraphChange]) -> tuple[Sentence, ...]:
    """Return one sentence per change, most important first; steps inside a new or removed container share its sentence.

    Equal weights keep the order of the changes.
    """
    contents = _contents(changes)
    lying_inside = {id(change) for group in contents.values() for change in group}
    told = [
        _with_contents(_describe(change), contents.get(id(change), []))
        for change in changes
        if id(change) not in lying_inside
    ]
    return tuple(sorted(told, key=lambda sentence: -sentence.weight))


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


def _describe(change: GraphChange) -> Sentence:
    for tell in SENTENCES:
        sentence = tell(change)
        if sentence is not None:
            return sentence
    return tell_field(change)


def _with_contents(sentence: Sentence, contents: Sequence[GraphChange]) -> Sentence:
    steps = tuple(change.step for change in contents if change.step)
    if not steps:
        return sentence
    extra = (f", with {count(len(steps), 'step')} inside: ", *name_steps(steps))
    return replace(sentence, pieces=(*sentence.pieces, *extra))

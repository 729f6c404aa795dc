"""Steps that a new container was put around: told with it, not as moves of their own."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from diff_ux.sentences.sentence import Sentence
from diff_ux.words import Data, Line, list_names
from workflow import Added, GraphChange, Moved

_MAX_NAMED = 5


def group_enclosed(changes: Sequence[GraphChange]) -> Mapping[int, list[Moved]]:
    """Group the steps that moved into a new container from where that stands now, by the `id()` of its change."""
    containers = {
        change.step.step_id: change
        for change in changes
        if isinstance(change, Added) and change.step
    }
    enclosed: dict[int, list[Moved]] = {}
    for change in changes:
        if not isinstance(change, Moved) or change.is_reordering or change.step is None:
            continue
        container = containers.get(change.step.parent_id)
        if container and container.step and _stood_beside(change, container.step.step_id):
            enclosed.setdefault(id(container), []).append(change)
    return enclosed


def tell_around(sentence: Sentence, change: GraphChange, enclosed: Sequence[Moved]) -> Sentence:
    """Tell what a new container is put around: ", in which `price` and `stock` run at once"."""
    if not enclosed or change.step is None:
        return sentence
    names = _list([move.before_id for move in enclosed])
    return replace(sentence, pieces=(*sentence.pieces, *_say(change.step.kind, names)))


def _say(kind: str, names: Line) -> Line:
    match kind:
        case "parallel":
            return (", in which ", *names, " run at once")
        case "cache":
            return (", which remembers what ", *names, " gave")
    return (", around ", *names)


def _list(step_ids: list[str]) -> Line:
    """List steps: "`a`, `b` and `c`"; of many the first and how many more."""
    if len(step_ids) > _MAX_NAMED or len(step_ids) == 1:
        return list_names(step_ids, limit=_MAX_NAMED)
    *others, last = step_ids
    return (*list_names(others, limit=_MAX_NAMED), " and ", Data(last))


def _stood_beside(move: Moved, container_id: str) -> bool:
    """Whether the step stood where its new container stands."""
    return move.before_id.rpartition("/")[0] == container_id.rpartition("/")[0]
